/** Replays a log to a receiver as `quadro spans LOG` does, in a fresh process: how long it took, and its largest memory. */
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { openBoard } from '../../board/index.ts';
import { exportSpans } from '../../exporters/otel/index.ts';
import { jobOf } from './child.ts';

/** What a replay came to. */
export interface Replayed {
  readonly spans: number;
  readonly seconds: number;
  readonly peakMib: number;
}

process.once('disconnect', () => process.exit());
const { file, url } = jobOf<{ file: string; url: string }>();
const board = await openBoard({ backend: sqlite({ file, readOnly: true }), readOnly: true });
const startedAt = performance.now();
const { spans } = await exportSpans(board, { url, follow: false });
const seconds = (performance.now() - startedAt) / 1000;
await board.close();
const replayed: Replayed = { spans, seconds, peakMib: process.resourceUsage().maxRSS / 1024 };
process.send?.(replayed);
