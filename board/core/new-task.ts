import type { Task } from './records.ts';

/** What every task begins with, whoever posted it. */
export const NEW_TASK: Pick<
  Task,
  | 'status'
  | 'standing'
  | 'assigned_to'
  | 'output'
  | 'continuation_token'
  | 'heartbeat_at'
  | 'context_snapshot_hash'
  | 'entered_edge'
  | 'visit'
  | 'heartbeats'
  | 'max_heartbeat_gap_us'
  | 'last_heartbeat_at'
  | 'finished_at'
  | 'finished_sequence_id'
  | 'parent_task_id'
  | 'origin_task_id'
  | 'scope'
  | 'traceparent'
  | 'trace_relation'
  | 'archived_at'
> = {
  status: 'UNASSIGNED',
  standing: 'open',
  assigned_to: null,
  output: null,
  continuation_token: null,
  heartbeat_at: null,
  context_snapshot_hash: null,
  entered_edge: 'post',
  visit: 1,
  heartbeats: 0,
  max_heartbeat_gap_us: null,
  last_heartbeat_at: null,
  finished_at: null,
  finished_sequence_id: null,
  parent_task_id: null,
  origin_task_id: null,
  scope: null,
  traceparent: null,
  trace_relation: null,
  archived_at: null,
};
