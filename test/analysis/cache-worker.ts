/**
 * A process that loads a board into a cache.
 *
 *     node cache-worker.ts BOARD_FILE CACHE_FILE [TABLE ROWS]
 *
 * With a table and a number it kills itself once that many rows of the table are loaded; else it says `open`, and closes when its
 * stdin ends.
 */
import { openAnalysis } from '../../analysis/index.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { openBoard } from '../../board/index.ts';

const [file = '', databaseFile = '', lastTable, lastRows] = process.argv.slice(2);
const board = await openBoard({ backend: sqlite({ file, readOnly: true }), readOnly: true });
const analysis = await openAnalysis(board, {
  databaseFile,
  onProgress: ({ table, rows }) => {
    if (table === lastTable && rows >= Number(lastRows)) process.kill(process.pid, 'SIGKILL');
  },
});
process.stdout.write('open\n');
for await (const _ of process.stdin);
await analysis.close();
await board.close();
