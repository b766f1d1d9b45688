import fc from 'fast-check';
import { FAST, REVIEW_REQUIRED } from '../../board/core/lifecycle/builtins.ts';
import { register, type TimedBoard } from './small-log.ts';

/** What happens next: which task, which of the moves it has (or a beat), after how long, by whom. */
export interface Step {
  task: number;
  choice: number;
  micros: number;
  agent: string;
  isBeat: boolean;
  isStale: boolean;
}

/** A step of any kind. */
export const STEP: fc.Arbitrary<Step> = fc.record({
  task: fc.nat(4),
  choice: fc.nat(3),
  micros: fc.integer({ min: 1, max: 5_000_000_000 }),
  agent: fc.constantFrom('w1', "o'hara", 'r"1"'),
  isBeat: fc.boolean(),
  isStale: fc.boolean(),
});

/** Task ids as nobody should choose them. */
const TASK_IDS = ["it's", 'a"b', "'; DROP VIEW events; --", '$1', 'Ω\n\\'];

/** Takes the steps on a board, from so many seconds on; answers when the last was. */
export async function play(
  { board, setSeconds }: TimedBoard,
  steps: readonly Step[],
  since: number = 0,
): Promise<number> {
  let seconds = since;
  for (const agent of ['w1', "o'hara", 'r"1"']) await register(board, agent, 'article');
  for (const { task, choice, micros, agent, isBeat, isStale } of steps) {
    seconds += micros / 1_000_000;
    setSeconds(seconds);
    const task_id = TASK_IDS[task] ?? '';
    const [known] = await board.tasksById([task_id]);
    if (known === undefined) {
      const hold = isStale && choice === 3 ? { hold: 'held back' } : {};
      const task_type = task % 2 === 0 ? 'article' : 'brief';
      await board.postTask({ task_id, task_type, label: `label of ${task_id}`, ...hold });
    } else if (isBeat) {
      await board.postAgentHeartbeat({ agent_id: agent, task_id });
    } else {
      const moves = (known.profile === 'fast' ? FAST : REVIEW_REQUIRED).nextOf(known.status);
      const to_status = moves[choice % Math.max(moves.length, 1)];
      if (to_status === undefined) continue;
      const reason = isStale ? { reason: 'stale_heartbeat' } : {};
      await board.updateTask({ task_id, to_status, assigned_to: agent, ...reason });
    }
  }
  return seconds;
}
