/**
 * A process that posts in bulk: waits for a line on stdin, then several callers post bulk after bulk, each under an
 * idempotency key. Prints the key of every bulk that was acknowledged.
 *
 *     node bulk-worker.ts BOARD_FILE RUN_NAME CALLERS TASKS_A_BULK
 */
import { writeSync } from 'node:fs';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { openBoard } from '../../board/open-board.ts';
import { bulkOf } from './bulk-of.ts';

async function load([file = '', run, callers, size]: readonly string[]): Promise<void> {
  const board = await openBoard({ backend: sqlite({ file }), taskTypes: { memo: 'fast' } });
  async function caller(name: string): Promise<void> {
    for (let n = 0; ; n++) {
      const key = `${name}.${n}`;
      await board.postTasks(bulkOf(key, Number(size)), { idempotencyKey: key });
      // At once, so that what was acknowledged before a kill has been said.
      writeSync(1, `${key}\n`);
    }
  }
  await Promise.all(Array.from({ length: Number(callers) }, (_, index) => caller(`${run}.${index}`)));
}

process.stdin.once('data', () => {
  process.stdin.destroy();
  void load(process.argv.slice(2));
});
writeSync(1, 'ready\n');
