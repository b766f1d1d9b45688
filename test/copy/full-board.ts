import type { Backend } from '../../board/backends/backend.ts';
import type { Board } from '../../board/board.ts';
import { type CheckReport, checkLog } from '../../board/check/check.ts';
import { lifecycle } from '../../board/core/lifecycle/builder.ts';
import { openBoard } from '../../board/index.ts';
import { ODD_IDS } from '../backend-suite/odd-ids.ts';
import { post, register, walk } from '../support/board-steps.ts';
import { NO_DEPTHS } from '../support/no-depths.ts';
import { changesOf, keysFor } from '../support/records.ts';

const first = lifecycle('press').phase('UNASSIGNED', 'writing').phase('writing', 'printed').build();
const second = lifecycle('press')
  .phase('UNASSIGNED', 'writing')
  .phase('writing', 'editing')
  .phase('editing', 'printed')
  .revision('editing', 'writing')
  .build();

/** Opens a board of memos and articles for writing; the lifecycle of articles is the second of two. */
export function openFull(backend: Backend, boardId = 'default'): Promise<Board> {
  const taskTypes = { memo: 'fast', article: 'press' };
  return openBoard({ backend, boardId, lifecycles: [second], taskTypes, resumable: true });
}

async function fill(board: Board): Promise<void> {
  await register(board, 'ann ', ['memo']);
  await register(board, 'Ann', ['press']);
  for (const id of ODD_IDS) await post(board, id, id.length > 1 ? 'memo' : 'article');
  await walk(board, 'a ', ['IN_PROGRESS@ann ', 'COMPLETE']);
  await walk(board, 'a%', ['IN_PROGRESS@ann ', 'HUMAN_REVIEW']);
  await walk(board, 'a', ['writing@Ann', 'editing@Ann', 'writing@Ann', 'editing', 'printed']);
  await walk(board, 'ß', ['writing@Ann']);
  await board.postAgentHeartbeat({ agent_id: 'Ann', task_id: 'ß' }, { idempotencyKey: 'beat ' });
  await board.archiveTask('a ');
  for (const [index, id] of ODD_IDS.entries()) {
    await board.putData(id, { [id]: [null, true, 1.5, -0.000001, id], _: { index, z: 1, a: 2 } });
    await board.appendFlightLog({ task_id: 'ß', stage: id, payload: index % 2 === 0 ? id : { words: index } });
    const params = { task_type: 'memo', label: `${id}!`, notes: [id], task_id: `posted ${index}` };
    await board.postTask(params, { idempotencyKey: id, actor: id });
  }
  await board.putData('null', null);
  await record(board);
}

async function record(board: Board): Promise<void> {
  for (let n = 1; n <= 3; n++) {
    const times = { woke_at: n * 1_000, slept_at: n * 1_000 + 10, previous_slept_at: n === 1 ? null : n * 1_000 - 990 };
    await board.call('board.record_cycle', {
      cycle_id: `c${n}`,
      chief_id: 'chief',
      trigger: 'seed',
      ...times,
      seen_sequence_id: n,
      thinking_us: 7,
      acting_us: 3,
      actions_taken: 0,
      coalesced_wakes: 0,
      ...NO_DEPTHS,
      by_capability: { press: { waiting: n } },
      draining: n === 2,
      error: n === 3 ? 'out of ink' : null,
    });
    await board.call('board.record_tick', {
      tick_id: `t${n}`,
      started_at: n * 1_000,
      ended_at: n * 1_000 + 5,
      statuses_scanned: ['writing', ' editing'],
      tasks_scanned: n,
      stale_count: 0,
      error: null,
    });
  }
}

/**
 * Fills a board with some of everything: odd ids in every table, two versions of a lifecycle, tasks open, finished and archived,
 * data, flight log, idempotency keys, cycles, ticks, and a lease and a reader's place, which no copy takes along. The backend
 * stays open.
 */
export async function writeFullBoard(backend: Backend, boardId = 'default'): Promise<void> {
  await backend.open();
  const taskTypes = { memo: 'review_required' };
  // Opened without being closed: closing a board closes its backend, and one in memory would be gone.
  await openBoard({ backend, boardId, lifecycles: [first], taskTypes });
  await fill(await openFull(backend, boardId));
  await backend.saveCursor(boardId, 'spans', { events: 3 });
  await backend.transact(keysFor(boardId, { reads_leases: true }), ({ board }) => {
    if (board === null) throw new Error('the board was just written');
    const lease = { role: 'chief', kind: 'chief', holder: 'me', term: 1, renewals: 0, claims: null };
    return {
      changes: changesOf(board, { leases: [{ ...lease, duration_ms: 1, taken_at: 1, renewed_at: 1 }] }),
      result: null,
    };
  });
}

/** What a check finds on a board; the backend stays open. */
export async function checkOf(backend: Backend, boardId = 'default'): Promise<CheckReport> {
  return checkLog(await openBoard({ backend, boardId, readOnly: true }));
}
