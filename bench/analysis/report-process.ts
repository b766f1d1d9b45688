/** Opens a log in a fresh process and makes its whole report once, with DuckDB held to a gigabyte. */
import { openAnalysis } from '../../analysis/index.ts';
import { openLog } from '../../analysis/open-log.ts';
import { openDuckDb } from '../../board/duckdb.ts';
import { jobOf } from '../spans/child.ts';

/** What a process came to; times are in milliseconds. */
export interface Reported {
  readonly openMs: number;
  readonly reportMs: number;
  /** Of reading every value of the log's events once, without doing anything with it. */
  readonly scanMs: number;
  readonly peakMib: number;
}

process.once('disconnect', () => process.exit());
const { folder } = jobOf<{ folder: string }>();
const startedAt = performance.now();
const analysis = await openAnalysis(folder, { memoryLimit: '1GB' });
const openedAt = performance.now();
await analysis.report();
const reportedAt = performance.now();
const peakMib = process.resourceUsage().maxRSS / 1024;
await analysis.close();
const db = await openDuckDb({ memoryLimit: '1GB' });
await openLog(db, [folder]);
const scanAt = performance.now();
await db.connection.runAndReadAll('SELECT max(COLUMNS(*)) FROM log_events');
const scanMs = performance.now() - scanAt;
await db.close();
const reported: Reported = { openMs: openedAt - startedAt, reportMs: reportedAt - openedAt, scanMs, peakMib };
process.send?.(reported);
