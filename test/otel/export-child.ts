/** A process that exports a board's spans; tests kill it. Arguments: the board's file, the receiver's URL. */
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { openBoard } from '../../board/index.ts';
import { cursorPath, fileCursorStore } from '../../exporters/feed/index.ts';
import { exportSpans } from '../../exporters/otel/index.ts';

const [, , file = '', url = ''] = process.argv;
const board = await openBoard({ backend: sqlite({ file }), readOnly: true });
const cursorStore = fileCursorStore(cursorPath(file, 'otlp'));
const summary = await exportSpans(board, { url, cursorStore, follow: false, batchSize: 20, saveEveryMs: 5 });
await board.close();
console.log(JSON.stringify(summary));
