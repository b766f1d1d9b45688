import type { Backend } from '../../board/backends/backend.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { type Board, type Event, openBoard } from '../../board/index.ts';
import { cycleRow, tickRow } from './array-log.ts';

/** A board in a file (in memory, on a server), with a clock that moves a second a reading. */
export function testBoard(file = ':memory:', backend: Backend = sqlite({ file })): Promise<Board> {
  let now = 1_790_000_000_000_000;
  return openBoard({
    backend,
    taskTypes: { note: 'fast' },
    clock: () => {
      now += 1_000_000;
      return now;
    },
  });
}

/**
 * Work on a board: `count` tasks, of every ten one is revised, one is found stale first, one fails, one stays open and one
 * is posted within a caller's trace; a cycle row for every task, a tick that found each stale one.
 */
export async function work(board: Board, count: number, prefix = 'w'): Promise<void> {
  for (const name of ['ada', 'bob']) {
    const card = { name, url: `a2a://${name}`, version: '1', description: '', capabilities: ['article'] };
    await board.registerAgent({ agent_id: name, ...card });
  }
  for (let index = 0; index < count; index++) await workOne(board, `${prefix}${index}`, index % 10);
}

async function workOne(board: Board, task_id: string, kind: number): Promise<void> {
  const caller = { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`, trace_relation: 'parent' } as const;
  await board.postTask({ task_id, task_type: 'article', label: `Article ${task_id}`, ...(kind === 4 && caller) });
  if (kind === 3) return;
  const { next_sequence_id } = await board.board();
  const cycle_id = `cycle-${task_id}`;
  const start = { task_id, to_status: 'IN_PROGRESS', assigned_to: 'ada' };
  await board.updateTask(start, { cycleId: cycle_id, actor: 'chief' });
  const row = { cycle_id, actions_taken: 1, seen_sequence_id: next_sequence_id - 1 };
  const { sequence_id: _, ...cycle } = cycleRow(row);
  await board.call('board.record_cycle', cycle);
  await board.postAgentHeartbeat({ agent_id: 'ada', task_id });
  if (kind === 1) await goStale(board, task_id);
  if (kind === 2) {
    await board.updateTask({ task_id, to_status: 'HUMAN_REVIEW', reason: 'worker_error' });
    return;
  }
  if (kind === 0) {
    await board.updateTask({ task_id, to_status: 'REVISION_NEEDED' });
    await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'ada' });
  }
  await board.updateTask({ task_id, to_status: 'APPROVED' });
  await board.updateTask({ task_id, to_status: 'COMPLETE' });
  if (kind === 5) await board.updateTask({ task_id, to_status: 'ON_HOLD' });
}

async function goStale(board: Board, task_id: string): Promise<void> {
  const tick_id = `tick-${task_id}`;
  const { last_timestamp } = await board.board();
  await board.updateTask({ task_id, to_status: 'STALE', reason: 'stale_heartbeat' }, { tickId: tick_id });
  const { sequence_id: _, ...tick } = tickRow({
    tick_id,
    started_at: last_timestamp + 1,
    ended_at: last_timestamp + 2_000_000,
    stale_count: 1,
  });
  await board.call('board.record_tick', tick);
  await board.updateTask({ task_id, to_status: 'UNASSIGNED' });
  await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'bob' });
}

/** Every event of a board. */
export function eventsOf(board: Board): Promise<readonly Event[]> {
  return board.events(0, 100_000);
}
