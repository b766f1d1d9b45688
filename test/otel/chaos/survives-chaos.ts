import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import type { Board } from '../../../board/index.ts';
import { exportSpans, type OtlpProtocol, verifySpans, writeSpans } from '../../../exporters/otel/index.ts';
import { backendOfUrl } from '../../support/backend-of-url.ts';
import { tempDir } from '../../support/temp.ts';
import { testBoard } from '../worked-board.ts';
import { chaosPlan, KILLS } from './chaos-plan.ts';
import { type ChaosReceiver, chaosReceiver, type Happening } from './chaos-receiver.ts';
import { type ExporterLine, exporterLine } from './exporter-line.ts';
import { jsonForms, type WireForm } from './wire-form.ts';
import { writeOn } from './writing-board.ts';

/** What a test may take where the machine has much else to do, in milliseconds. */
export const CHAOS_TIMEOUT_MS = 240_000;
/** Waits for as long as the test may last. */
const LONG = { timeout: 200_000, interval: 20 };

/** Which board, and how it is sent. */
export interface Variant {
  /** The board's file or URL. */
  readonly source: string;
  readonly protocol: OtlpProtocol;
  /** Decides the order of the faults. */
  readonly seed: number;
}

/** What is there when all is over. */
interface Aftermath {
  readonly board: Board;
  readonly folder: string;
  readonly receiver: ChaosReceiver;
  readonly line: ExporterLine;
  readonly deadLetterFile: string;
}

/** What comes of what is in requests, and how many they are. */
const JUDGED: readonly Happening[] = ['outage', 'too_large', 'poison', 'poison_alone', 'partial', 'taken'];

/** Whether a span is that stage of that task. */
function isStage(task: string, ...statuses: string[]): (span: WireForm) => boolean {
  const names = statuses.map(status => `stage ${status}`);
  return ({ wire: { name, attributes } }) => attributes['quadro.task_id']?.value === task && names.includes(name);
}
const isPoison = isStage('c1-6', 'IN_PROGRESS');
const isRejected = isStage('c3-7', 'UNASSIGNED', 'APPROVED');

/** A board that is written on, exporters that are killed, a receiver that does what it likes, until all of it has happened. */
async function chaos({ source, protocol, seed }: Variant): Promise<Aftermath> {
  const folder = tempDir();
  const deadLetterFile = join(folder, 'dead-letters.ndjson');
  const board = await testBoard(source, backendOfUrl(source));
  onTestFinished(() => board.close());
  const writer = writeOn(board);
  const receiver = await chaosReceiver({
    plan: chaosPlan(seed),
    maxSpans: 8,
    isPoison,
    isRejected,
    kill: () => line.kill(),
    rounds: () => writer.rounds,
  });
  onTestFinished(() => receiver.close());
  const line = exporterLine({
    cacheFolder: join(folder, 'cache'),
    job: { source, protocol, deadLetterFile, url: receiver.url, timeoutMs: 400 },
    onWord(word) {
      if (word.at === 'waited') receiver.waited(word.ms);
    },
    // The board answers while there is no exporter.
    async whileDead(kills) {
      await board.postTask({ task_id: `dead-${kills}`, task_type: 'note', label: 'Posted to nobody' });
      await board.updateTask({ task_id: `dead-${kills}`, to_status: 'ON_HOLD' });
    },
  });
  await vi.waitFor(() => expect(receiver.toCome).toEqual([]), LONG);
  await vi.waitFor(() => expect(line.exits).toHaveLength(KILLS), LONG);
  await writer.stop();
  expect(await line.drain()).toEqual([0, null]);
  return { board, folder, receiver, line, deadLetterFile };
}

/** Every span of the log, by id, as an undisturbed exporter sends it. */
async function replayed(board: Board, protocol: OtlpProtocol): Promise<Map<string, WireForm>> {
  const rules = { maxSpans: Number.POSITIVE_INFINITY, isPoison: () => false, isRejected: () => false };
  const calm = await chaosReceiver({ ...rules, plan: [], kill: async () => {}, rounds: () => 0 });
  onTestFinished(() => calm.close());
  await exportSpans(board, { url: calm.url, protocol, follow: false });
  return new Map(calm.taken.map(span => [span.id, span]));
}

function formsIn(file: string): WireForm[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return lines.filter(line => line !== '').flatMap(line => jsonForms(line));
}

function expectAllHappened({ receiver, line }: Aftermath, { seed }: Variant): void {
  for (const { fault } of chaosPlan(seed).filter(step => step.fault !== 'outage')) {
    const times = chaosPlan(seed).filter(step => step.fault === fault).length;
    expect(receiver.happened).toMatchObject({ [fault]: times });
  }
  expect(JUDGED.filter(what => !receiver.happened[what])).toEqual([]);
  expect(line.exits).toEqual(Array.from({ length: KILLS }, () => [null, 'SIGKILL']));
  // One exporter after the other: none sends again after the next has begun.
  expect(receiver.senders.filter((name, index, all) => name !== all[index - 1])).toEqual([
    ...new Set(receiver.senders),
  ]);
  const words = line.words.flat();
  const waits = words.flatMap(word => (word.at === 'progress' && word.waiting !== null ? [word.waiting] : []));
  const reasons = new Set(waits.map(({ reason }) => reason));
  for (const seen of [/answered 503/, /answered 429/, /no answer within 400 ms/, /another exporter/]) {
    expect([...reasons]).toContainEqual(expect.stringMatching(seen));
  }
  expect(waits.filter(({ retryInMs }) => retryInMs >= 33_000).length).toBeGreaterThan(1);
}

/** Every word of the log arrived or is accounted for, and nothing else did. */
async function expectWhole(aftermath: Aftermath, protocol: OtlpProtocol): Promise<void> {
  const { board, folder, receiver, deadLetterFile } = aftermath;
  const whole = await replayed(board, protocol);
  const arrived = [...receiver.taken, ...receiver.rejected];
  const notAsLogged = arrived.filter(({ id, bytes }) => whole.get(id)?.bytes !== bytes);
  expect(notAsLogged.slice(0, 3).map(({ id, bytes }) => ({ bytes, logged: whole.get(id)?.bytes }))).toEqual([]);
  const taken = new Set(receiver.taken.map(({ id }) => id));
  expect(taken.size).toBeLessThan(receiver.taken.length);
  const missing = [...whole.values()].filter(({ id }) => !taken.has(id));
  expect(missing.length).toBe(3);
  const [poison, ...rejected] = [...missing].sort((a, b) => Number(isPoison(b)) - Number(isPoison(a)));
  expect([poison, ...rejected].map(span => span && [isPoison(span), isRejected(span)])).toEqual([
    [true, false],
    [false, true],
    [false, true],
  ]);
  expect(new Set(receiver.rejected.map(({ id }) => id))).toEqual(new Set(rejected.map(({ id }) => id)));

  const written = join(folder, 'written.ndjson');
  await writeSpans(board, written);
  const inJson = new Map(formsIn(written).map(span => [span.id, span]));
  expect(new Set(inJson.keys())).toEqual(new Set(whole.keys()));
  const letters = formsIn(deadLetterFile).map(({ line }) => spanLine(line));
  expect(new Set(letters)).toEqual(new Set([spanLine(inJson.get(poison?.id ?? '')?.line ?? '')]));

  const received = join(folder, 'received.ndjson');
  writeFileSync(received, receiver.taken.map(({ line }) => `${line}\n`).join(''));
  const verified = await verifySpans(board, received);
  expect(verified).toMatchObject({ missing_count: 3, differing_count: 0, unknown_count: 0, foreign: 0 });
  expect(verified).toMatchObject({ found: taken.size, duplicates: receiver.taken.length - taken.size });
  expect(new Set(verified.missing.map(({ trace_id, span_id }) => `${trace_id} ${span_id}`))).toEqual(
    new Set(missing.map(({ id }) => id)),
  );
}

/** What exporters said of what was refused: each that was not killed before it could. */
async function expectTold({ line, board }: Aftermath): Promise<void> {
  const ends = line.words.map(words => words.findLast(word => word.at === 'progress'));
  const total = (count: 'rejected' | 'dead_lettered'): number =>
    ends.reduce((sum, word) => sum + (word?.[count] ?? 0), 0);
  expect(total('rejected')).toBeGreaterThanOrEqual(2);
  expect(ends.map(word => word?.rejected_message)).toContain('not these');
  const failures = line.words.flat().filter(word => word.at === 'failed');
  expect(failures.filter(({ code }) => code !== 'delivery_failed')).toEqual([]);
  const { next_sequence_id } = await board.board();
  expect(line.words.flat().at(-1)).toEqual({ at: 'end', events: next_sequence_id - 1 });
}

/** A line without what a dead letter adds. */
function spanLine(line: string): string {
  return JSON.stringify({ ...JSON.parse(line), quadro: undefined });
}

/**
 * A board is written on without a pause, the process that sends its spans is killed ten times, and the receiver fails in every
 * way there is: in the end no span is lost, none is changed, and what the receiver refused is known by name.
 */
export async function survivesChaos(variant: Variant): Promise<void> {
  const aftermath = await chaos(variant);
  expectAllHappened(aftermath, variant);
  await expectWhole(aftermath, variant.protocol);
  await expectTold(aftermath);
}
