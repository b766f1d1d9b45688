/** A process that measures a board's file over and over, until it is killed. Arguments: board file, cursor file. */
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { openBoard } from '../../board/index.ts';
import { fileCursorStore } from '../../exporters/feed/index.ts';
import { measureBoard } from '../../exporters/prometheus/index.ts';

const [file = '', cursorFile = ''] = process.argv.slice(2);
const board = await openBoard({ backend: sqlite({ file, readOnly: true }), readOnly: true });
const measured = await measureBoard(board, { cursorStore: fileCursorStore(cursorFile) });
for (;;) {
  await measured.catchUp();
  process.stdout.write('.');
}
