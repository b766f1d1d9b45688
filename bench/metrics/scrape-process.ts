/** Counts a board's log from its start in a fresh process, and is then scraped again and again, with news between. */
import { Registry } from 'prom-client';
import { measureBoard } from '../../exporters/prometheus/index.ts';
import { jobOf } from '../spans/child.ts';
import { finishOneOfEach, openTypedBoard } from './fill-board.ts';
import { plainRegistry } from './plain-registry.ts';

/** What a process came to; times are in milliseconds. */
export interface Scraped {
  readonly events: number;
  /** Counting the whole log. */
  readonly catchUpMs: number;
  /** A scrape as Prometheus makes it: OpenMetrics with exemplars, and what is new in the log counted first. */
  readonly scrapeMs: readonly number[];
  /** A scrape as plain text with nothing new in the log. */
  readonly plainScrapeMs: readonly number[];
  /** The same number of lines, rendered by a registry of prom-client's own metrics. */
  readonly rawRenderMs: readonly number[];
  readonly lines: number;
  readonly peakMib: number;
}

const WARM_UP = 5;
const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0';

async function timed<Result>(work: () => Promise<Result>, times: number[]): Promise<Result> {
  const startedAt = performance.now();
  const result = await work();
  times.push(performance.now() - startedAt);
  return result;
}

const lineCount = (text: string): number =>
  text.split('\n').filter(line => line !== '' && !line.startsWith('#')).length;

process.once('disconnect', () => process.exit());
const { file, name, scrapes } = jobOf<{ file: string; name: string; scrapes: number }>();
const board = await openTypedBoard(file);
const registry = new Registry();
const measured = await measureBoard(board, { registry, cursorStore: null });
const catchUpMs: number[] = [];
await timed(() => measured.catchUp(), catchUpMs);
const { next_sequence_id } = await board.board();
await finishOneOfEach(board, `${name}-first`);
await measured.metrics();
const plain = await plainRegistry(registry);
const times = { scrapeMs: [] as number[], plainScrapeMs: [] as number[], rawRenderMs: [] as number[] };
let lines = 0;
for (let turn = 0; turn < WARM_UP + scrapes; turn++) {
  await finishOneOfEach(board, `${name}-${turn}`);
  await timed(() => measured.metrics(OPEN_METRICS), times.scrapeMs);
  const { text } = await timed(() => measured.metrics(), times.plainScrapeMs);
  const raw = await timed(() => plain.metrics(), times.rawRenderMs);
  lines = lineCount(text);
  if (lines !== lineCount(raw)) throw new Error(`${lines} lines are compared with ${lineCount(raw)}`);
}
for (const each of Object.values(times)) each.splice(0, WARM_UP);
await measured.close();
await board.close();
const scraped: Scraped = {
  events: next_sequence_id - 1,
  catchUpMs: catchUpMs[0] ?? Number.NaN,
  ...times,
  lines,
  peakMib: process.resourceUsage().maxRSS / 1024,
};
process.send?.(scraped);
