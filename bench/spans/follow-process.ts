/** Follows a board in a process of its own and sends its spans, as `quadro spans URL --follow` does. */
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { openBoard } from '../../board/index.ts';
import { exportSpans } from '../../exporters/otel/index.ts';
import { jobOf } from './child.ts';

const stop = new AbortController();
process.once('disconnect', () => stop.abort());
const { file, url } = jobOf<{ file: string; url: string }>();
const board = await openBoard({ backend: sqlite({ file, readOnly: true }), readOnly: true });
process.send?.('following');
await exportSpans(board, { url, signal: stop.signal });
await board.close();
