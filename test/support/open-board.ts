/**
 * Opens a board and posts to it, and prints the code and message it is refused with. Started by root it does so as
 * somebody whom file permissions bind.
 *
 *     node open-board.ts BOARD_FILE
 */
// Loaded while everything may still be read.
import 'better-sqlite3';
import 'kysely/migration';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { quadroErrorOf } from '../../board/core/errors.ts';
import { openBoard } from '../../board/open-board.ts';

const NOBODY = 65_534;
const [, , file = ''] = process.argv;

const warm = await openBoard({ backend: sqlite({ file: ':memory:' }) });
await warm.close();
if (process.geteuid?.() === 0) process.seteuid?.(NOBODY);
try {
  const board = await openBoard({ backend: sqlite({ file }) });
  await board.postTask({ task_type: 'memo', label: 'x' });
  console.log('accepted');
} catch (error) {
  const { code, message } = quadroErrorOf(error);
  console.log(`${code}: ${message}`);
}
