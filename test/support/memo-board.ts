import { onTestFinished } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import type { BoardOptions } from '../../board/board-options.ts';
import { openBoard } from '../../board/index.ts';

const SECOND_US = 1_000_000;

/** A time the test moves. */
export interface TestClock {
  now: number;
}

/** A board in memory (or where `options` say) whose clock the test moves; closed with the test. */
export async function memoBoard(options: Partial<BoardOptions> = {}): Promise<{ board: Board; clock: TestClock }> {
  const clock = { now: 1_800_000_000 * SECOND_US };
  const backend = sqlite({ file: ':memory:' });
  const board = await openBoard({ backend, taskTypes: { memo: 'fast' }, clock: () => clock.now, ...options });
  onTestFinished(() => board.close());
  return { board, clock };
}

/** Registers an agent. */
export async function addAgent(board: Board, agent_id: string, capabilities: string[]): Promise<void> {
  const card = { name: agent_id, url: `a2a://${agent_id}`, version: '1', description: 'for a test' };
  await board.registerAgent({ agent_id, capabilities, ...card });
}

/**
 * Four events, after a second (the board keeps times apart): a memo that waits 2 s, is worked on by `ann` for 7 s with a
 * heartbeat after 3 s, and is done.
 */
export async function liveMemo(board: Board, clock: TestClock, task_id: string): Promise<void> {
  clock.now += SECOND_US;
  await board.postTask({ task_type: 'memo', label: task_id, task_id });
  clock.now += 2 * SECOND_US;
  await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'ann' });
  clock.now += 3 * SECOND_US;
  await board.postAgentHeartbeat({ agent_id: 'ann', task_id });
  clock.now += 4 * SECOND_US;
  await board.postResult({ task_id, agent_id: 'ann' });
}
