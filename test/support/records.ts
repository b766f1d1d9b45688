import type { Changes, TransactKeys } from '../../board/backends/backend.ts';
import type { Agent, BoardRecord, Event, Task } from '../../board/core/records.ts';
import { NO_STAGE_LEFT } from '../../board/core/stage-left.ts';
import { NO_CHANGES } from '../../board/core/transaction.ts';

/** A board's row as it is before anything happened. */
export function boardRecord(boardId: string, over: Partial<BoardRecord> = {}): BoardRecord {
  return {
    board_uid: `uid of ${boardId}`,
    board_id: boardId,
    created_at: 1_000,
    last_timestamp: 1_000,
    next_sequence_id: 1,
    next_cycle_sequence_id: 1,
    next_tick_sequence_id: 1,
    next_entry_id: 1,
    profiles_version: 0,
    resumable: false,
    imported_until: null,
    ...over,
  };
}

/** A task in its first stage. */
export function taskRecord(taskId: string, over: Partial<Task> = {}): Task {
  return {
    task_id: taskId,
    task_type: 'article',
    profile: 'review_required',
    profile_version: 0,
    label: 'Bees',
    priority: 5,
    status: 'UNASSIGNED',
    standing: 'open',
    assigned_to: null,
    output: null,
    notes: [],
    continuation_token: null,
    heartbeat_at: null,
    context_snapshot_hash: null,
    created_at: 2_000,
    updated_at: 2_000,
    status_entered_at: 2_000,
    entered_sequence_id: 1,
    stage_kind: 'wait',
    entered_edge: 'post',
    entered_cycle_id: null,
    visit: 1,
    heartbeats: 0,
    max_heartbeat_gap_us: null,
    last_heartbeat_at: null,
    visits: { UNASSIGNED: 1 },
    finished_at: null,
    finished_sequence_id: null,
    parent_task_id: null,
    origin_task_id: null,
    scope: null,
    traceparent: null,
    trace_relation: null,
    archived_at: null,
    ...over,
  };
}

/** An idle agent. */
export function agentRecord(agentId: string, over: Partial<Agent> = {}): Agent {
  return {
    agent_id: agentId,
    name: agentId,
    status: 'IDLE',
    capabilities: ['article'],
    a2a_url: `a2a://${agentId}`,
    agent_card: { agent_id: agentId },
    current_task_id: null,
    version: '1',
    last_seen_at: 2_000,
    registered_at: 2_000,
    open_assignments: [],
    ...over,
  };
}

/** The event of a post. */
export function eventRecord(sequence_id: number, over: Partial<Event> = {}): Event {
  return {
    sequence_id,
    event_type: 'task_posted',
    task_id: 't',
    agent_id: null,
    from_status: null,
    to_status: 'UNASSIGNED',
    payload: {},
    idempotency_key: null,
    timestamp: sequence_id * 1_000,
    task_type: 'article',
    profile: 'review_required',
    assigned_to: null,
    actor: null,
    edge: 'post',
    stage_kind: 'wait',
    cycle_id: null,
    tick_id: null,
    finished_sequence_id: null,
    ...NO_STAGE_LEFT,
    ...over,
  };
}

/** A transaction's keys: nothing named but what `over` names. */
export function keysFor(boardId: string, over: Partial<TransactKeys> = {}): TransactKeys {
  return {
    board_id: boardId,
    task_ids: [],
    agent_ids: [],
    idempotency_keys: [],
    data_keys: [],
    profiles_version: 0,
    reads_leases: false,
    ...over,
  };
}

/** Changes that write the board's row and what `over` names. */
export function changesOf(board: BoardRecord, over: Partial<Changes> = {}): Changes {
  return { ...NO_CHANGES, board, ...over };
}
