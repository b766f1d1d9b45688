import { labelOf, registerCallers, TRANSITIONS_A_LIFE, takeAndComplete } from './callers.ts';
import { groupsOf, type LifeRun, timeLives } from './life.ts';
import { openBoardAt } from './open-board-at.ts';
import { type BenchDatabase, expectNumber } from './place.ts';

/** Callers that take and complete; every one has one call in flight. */
export const LIFE_CALLERS = 256;
/** Tasks a `postTasks`: the most it takes. */
const BULK = 1_000;

/** The board: posted in bulk, then taken and completed by the callers, with its three events a life. */
export async function runBoardLife(database: BenchDatabase, lives: number): Promise<LifeRun> {
  const board = await openBoardAt(database.url);
  await registerCallers(board, { callers: LIFE_CALLERS, firstCaller: 0, forMs: 0 });
  const numbers = Array.from({ length: lives }, (_, n) => n).values();
  const run = await timeLives(
    lives,
    async () => {
      const groups = groupsOf(lives, BULK).map(group =>
        group.map(n => ({ task_id: `task-${n}`, task_type: 'work', label: labelOf(n) })),
      );
      await Promise.all(groups.map(tasks => board.postTasks(tasks)));
    },
    async () => {
      const call = async (caller: number) => {
        for (const n of numbers) await takeAndComplete(board, `task-${n}`, caller);
      };
      await Promise.all(Array.from({ length: LIFE_CALLERS }, (_, caller) => call(caller)));
    },
  );
  await board.close();
  await expectNumber(database, "select count(*) as n from tasks where status = 'COMPLETE'", lives);
  await expectNumber(database, 'select count(*) as n from events', lives * TRANSITIONS_A_LIFE);
  return run;
}
