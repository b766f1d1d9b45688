import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import type { ChiefCycle } from '../../board/core/records.ts';
import type { Micros } from '../../board/core/time.ts';
import { openBoard } from '../../board/index.ts';
import { NO_DEPTHS } from '../support/no-depths.ts';

/** When the small log begins. */
export const START: Micros = 1_700_000_000_000_000;

/** The instant so many seconds after the small log's start. */
export const at = (seconds: number): Micros => START + Math.round(seconds * 1_000_000);

/** A board whose clock stands where the test puts it. */
export interface TimedBoard {
  readonly board: Board;
  /** Sets the clock to so many seconds after {@link START}. */
  setSeconds(seconds: number): void;
}

/** Opens an empty board in memory, ten seconds before {@link START}; task type `brief` follows the fast profile. */
export async function openTimedBoard(): Promise<TimedBoard> {
  let now = at(-10);
  const backend = sqlite({ file: ':memory:' });
  const board = await openBoard({ backend, taskTypes: { brief: 'fast' }, clock: () => now });
  return {
    board,
    setSeconds: seconds => {
      now = at(seconds);
    },
  };
}

/** Registers an agent that can do one thing. */
export function register(board: Board, agent_id: string, capability: string): Promise<unknown> {
  const card = { name: agent_id, url: `a2a://${agent_id}`, version: '1', description: '' };
  return board.registerAgent({ agent_id, capabilities: [capability], ...card });
}

/**
 * What happens in the small log, by the second. Four tasks, whose times the tests work out by hand:
 *
 * - it's (an article, sent back once): waits 10, works 20 (a beat at 15), waits 10, review 5 → revision, waits 5,
 *   rework 10, waits 2, review 5 → approved, waits 3. Elapsed 70 = 40 active + 30 wait.
 * - t2 (an article, whose worker goes silent): waits 15, works from 20.25 (a beat at 24.25) until found stale at 40.25, waits 1 + 9,
 *   works 10, waits 10, review 10, waits 5. Elapsed 80 = 24 active + 16 lost + 40 wait.
 * - t3 (a brief, which fails): waits 5, works 65, HUMAN_REVIEW. Elapsed 70.
 * - t4 (an article): posted at 90, still waiting when the log ends at 100.5.
 *
 * No two things happen at one instant: a board's clock would move the second by a microsecond.
 */
const HAPPENINGS: readonly (readonly [seconds: number, task: string, to: string, agent?: string, reason?: string])[] = [
  [0, "it's", 'post'],
  [5.25, 't2', 'post'],
  [10, "it's", 'IN_PROGRESS', 'w1'],
  [15, "it's", 'beat', 'w1'],
  [20.25, 't2', 'IN_PROGRESS', 'w2'],
  [24.25, 't2', 'beat', 'w2'],
  [30, "it's", 'PENDING_REVIEW'],
  [30.5, 't3', 'post'],
  [35.5, 't3', 'IN_PROGRESS', 'w3'],
  [40, "it's", 'IN_PROGRESS', 'r1'],
  [40.25, 't2', 'STALE', undefined, 'stale_heartbeat'],
  [41.25, 't2', 'UNASSIGNED'],
  [45, "it's", 'REVISION_NEEDED'],
  [50, "it's", 'IN_PROGRESS', 'w1'],
  [50.25, 't2', 'IN_PROGRESS', 'w2'],
  [60, "it's", 'PENDING_REVIEW'],
  [60.25, 't2', 'PENDING_REVIEW'],
  [62, "it's", 'IN_PROGRESS', 'r1'],
  [67, "it's", 'APPROVED'],
  [70, "it's", 'COMPLETE'],
  [70.25, 't2', 'IN_PROGRESS', 'r1'],
  [80.25, 't2', 'APPROVED'],
  [85.25, 't2', 'COMPLETE'],
  [90, 't4', 'post'],
  [100.5, 't3', 'HUMAN_REVIEW'],
];

/** [trigger, woke at, slept at, previous slept at, actions, coalesced wakes, error], times in seconds. */
type Cycle = readonly [ChiefCycle['trigger'], number, number, number | null, number, number, string | null];

/** Sleeps of 2, 0.5, 4, 0.5 and 8 s; the cycles last 1, 1, 0.5, 0.5, 2 and 1 s, half of each thinking. */
const CYCLES: readonly Cycle[] = [
  ['seed', 0, 1, null, 1, 0, null],
  ['worker', 3, 4, 1, 0, 0, null],
  ['ombudsman', 4.5, 5, 4, 0, 0, null],
  ['board_event', 9, 9.5, 5, 0, 2, null],
  ['worker', 10, 12, 9.5, 3, 0, null],
  ['worker', 20, 21, 12, 0, 0, 'the policy failed'],
];

async function recordCycles(board: Board): Promise<void> {
  for (const [index, [trigger, woke, slept, previous, actions_taken, coalesced_wakes, error]] of CYCLES.entries()) {
    const half = Math.round(((slept - woke) * 1_000_000) / 2);
    await board.call('board.record_cycle', {
      cycle_id: `c${index + 1}`,
      chief_id: 'chief',
      trigger,
      woke_at: at(woke),
      slept_at: at(slept),
      previous_slept_at: previous === null ? null : at(previous),
      seen_sequence_id: index,
      thinking_us: half,
      acting_us: half,
      actions_taken,
      coalesced_wakes,
      ...NO_DEPTHS,
      draining: false,
      error,
    });
  }
}

/** The documented small log on a board in memory. Its agents are registered at -4 (w1), -3 (w2), -2 (w3) and -1 s (r1). */
export async function openSmallLog(): Promise<Board> {
  const { board, setSeconds } = await openTimedBoard();
  const agents = [
    ['w1', 'article'],
    ['w2', 'article'],
    ['w3', 'brief'],
    ['r1', 'review'],
  ] as const;
  for (const [index, [agent_id, capability]] of agents.entries()) {
    setSeconds(index - agents.length);
    await register(board, agent_id, capability);
  }
  for (const [seconds, task_id, to, agent, reason] of HAPPENINGS) {
    setSeconds(seconds);
    if (to === 'post') {
      await board.postTask({
        task_id,
        task_type: task_id === 't3' ? 'brief' : 'article',
        label: `"${task_id}", a task`,
      });
    } else if (to === 'beat') {
      await board.postAgentHeartbeat({ agent_id: agent ?? '', task_id });
    } else {
      await board.updateTask({
        task_id,
        to_status: to,
        ...(agent && { assigned_to: agent }),
        ...(reason && { reason }),
      });
    }
  }
  await board.appendFlightLog({ task_id: "it's", stage: 'IN_PROGRESS', payload: { tokens: 5, text: 'a "b"\nc' } });
  await recordCycles(board);
  return board;
}
