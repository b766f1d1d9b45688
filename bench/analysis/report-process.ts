/** Opens a log in a fresh process and makes its whole report once, with DuckDB held to a gigabyte. */
import { openAnalysis } from '../../analysis/index.ts';
import { jobOf } from '../spans/child.ts';

/** What a process came to; times are in milliseconds. */
export interface Reported {
  readonly openMs: number;
  readonly reportMs: number;
  /** Of reading every value of the log's events once, without doing anything with it. */
  readonly scanMs: number;
  readonly peakMib: number;
  /** How long each analysis took, the materializing before the first counted to it. */
  readonly analyses: Readonly<Record<string, number>>;
}

process.once('disconnect', () => process.exit());
const { folder } = jobOf<{ folder: string }>();
const startedAt = performance.now();
const analysis = await openAnalysis(folder, { memoryLimit: '1GB' });
const openedAt = performance.now();
const analyses: Record<string, number> = {};
let before = openedAt;
await analysis.report({
  onProgress: ({ analysis: name }) => {
    const now = performance.now();
    analyses[name] = now - before;
    before = now;
  },
});
const reportedAt = performance.now();
const peakMib = process.resourceUsage().maxRSS / 1024;
await analysis.close();
const other = await openAnalysis(folder, { memoryLimit: '1GB' });
const scanAt = performance.now();
await other.sql('SELECT max(COLUMNS(*)) FROM log_events');
const scanMs = performance.now() - scanAt;
await other.close();
const reported: Reported = { openMs: openedAt - startedAt, reportMs: reportedAt - openedAt, scanMs, peakMib, analyses };
process.send?.(reported);
