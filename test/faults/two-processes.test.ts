import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { checkLog } from '../../board/check/check.ts';
import { openBoard } from '../../board/open-board.ts';
import { LoadProcess } from '../support/load-process.ts';
import { tempDir } from '../support/temp.ts';

const TASKS_A_CALLER = 30;
const CALLERS = 4;
const COMMANDS_A_TASK = 4;

it('invariant 6: two processes on one file: gapless, in commit order, nothing lost, and no busy database is ever seen', async () => {
  const dir = tempDir();
  const file = join(dir, 'board.db');
  const processes = ['x', 'y'].map(
    run => new LoadProcess({ file, lines: join(dir, `${run}.ndjson`), run, callers: CALLERS, tasks: TASKS_A_CALLER }),
  );
  const board = await openBoard({ backend: sqlite({ file }), taskTypes: { memo: 'fast' } });
  await Promise.all(processes.map(each => each.go()));
  // A reader that follows while they write: what it has passed never changes and nothing appears behind it.
  const followed: number[] = [];
  const total = processes.length * CALLERS * TASKS_A_CALLER * COMMANDS_A_TASK;
  const done = Promise.all(processes.map(each => each.finished()));
  let hasEnded = false;
  void done.then(() => {
    hasEnded = true;
  });
  for (let isLast = false; !isLast; ) {
    isLast = hasEnded;
    const events = await board.events(followed.length, 1_000);
    followed.push(...events.map(event => event.sequence_id));
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  expect(await done).toEqual(processes.map(() => ({ code: 0, stderr: '' })));
  expect(followed).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  expect((await checkLog(board)).faults).toEqual([]);
  const { events } = await board.streamEvents();
  const sequenceOf = new Map(events.map(event => [event.idempotency_key, event.sequence_id]));
  for (const { written } of processes) {
    for (const line of written) if ('sequence_id' in line) expect(sequenceOf.get(line.key)).toBe(line.sequence_id);
  }
  expect(sequenceOf.size).toBe(total);
  const runs = events.map(event => event.idempotency_key?.[0]);
  expect(runs.indexOf('y'), 'they wrote at the same time').toBeLessThan(runs.lastIndexOf('x'));
  expect(runs.indexOf('x')).toBeLessThan(runs.lastIndexOf('y'));
  await board.close();
}, 120_000);
