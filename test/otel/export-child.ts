/** A process that exports a board's spans; tests kill it. Arguments: the board's file or URL, the receiver's URL. */
import { openBoard } from '../../board/index.ts';
import { backendOf } from '../../cli/source.ts';
import { defaultCursorStore } from '../../exporters/feed/index.ts';
import { exportSpans } from '../../exporters/otel/index.ts';

const [, , source = '', url = ''] = process.argv;
const backend = await backendOf(source, { readOnly: true });
const board = await openBoard({ backend, readOnly: true });
const cursorStore = defaultCursorStore(backend, await board.board(), 'otlp');
if (cursorStore === null) throw new Error(`${backend.location} keeps no cursor`);
const summary = await exportSpans(board, { url, cursorStore, follow: false, batchSize: 20, saveEveryMs: 5 });
await board.close();
console.log(JSON.stringify(summary));
