import type { Event, Task } from '../core/records.ts';
import type { StageLeft } from '../core/stage-left.ts';
import type { EdgeKind, StageKind } from '../core/statuses.ts';
import { type Micros, microsOf } from '../core/time.ts';

/**
 * A task as its events alone tell it. Written apart from the board's own rules on purpose: a check that used the writer's
 * code would share its mistakes.
 */
export interface TaskState {
  readonly task_type: string;
  readonly profile: string;
  status: string;
  assigned_to: string | null;
  entered_at: Micros;
  entered_sequence_id: number;
  stage_kind: StageKind | null;
  edge: EdgeKind | null;
  cycle_id: string | null;
  readonly visits: Map<string, number>;
  heartbeats: number;
  max_heartbeat_gap_us: number | null;
  last_heartbeat_at: Micros | null;
  /** The latest beat in whatever stage. */
  heartbeat_at: Micros | null;
  finished_sequence_id: number | null;
  last_sequence_id: number;
  last_timestamp: Micros;
}

/** What an event after this state must say of the stage it leaves; before the first event nothing. */
export function stageLeftOf(state: TaskState | undefined): StageLeft {
  return {
    entered_at: state?.entered_at ?? null,
    entered_sequence_id: state?.entered_sequence_id ?? null,
    from_stage_kind: state?.stage_kind ?? null,
    from_edge: state?.edge ?? null,
    from_agent_id: state?.assigned_to ?? null,
    from_cycle_id: state?.cycle_id ?? null,
    visit: state === undefined ? null : (state.visits.get(state.status) ?? 1),
    heartbeats: state?.heartbeats ?? null,
    max_heartbeat_gap_us: state?.max_heartbeat_gap_us ?? null,
    last_heartbeat_at: state?.last_heartbeat_at ?? null,
  };
}

/** The state after a transition, made of the event alone, so that one wrong event is one fault. */
export function afterTransition(state: TaskState | undefined, event: Event): TaskState {
  const status = event.to_status ?? '';
  const visits = state?.visits ?? new Map<string, number>();
  visits.set(status, (visits.get(status) ?? 0) + 1);
  return {
    task_type: state?.task_type ?? event.task_type,
    profile: state?.profile ?? event.profile,
    status,
    assigned_to: event.assigned_to,
    entered_at: event.timestamp,
    entered_sequence_id: event.sequence_id,
    stage_kind: event.stage_kind,
    edge: event.edge,
    cycle_id: event.cycle_id,
    visits,
    heartbeats: 0,
    max_heartbeat_gap_us: null,
    last_heartbeat_at: null,
    heartbeat_at: state?.heartbeat_at ?? null,
    finished_sequence_id: event.finished_sequence_id,
    last_sequence_id: event.sequence_id,
    last_timestamp: event.timestamp,
  };
}

/** When a heartbeat was made; null where its payload does not say. */
export function beatTime(event: Event): Micros | null {
  const { heartbeat_at } = event.payload;
  return typeof heartbeat_at === 'string' ? microsOf(heartbeat_at) : null;
}

/** Brings the state up to date with a heartbeat; a late one (`payload.fenced`) belongs to no stage. */
export function beat(state: TaskState, event: Event): void {
  state.last_sequence_id = event.sequence_id;
  state.last_timestamp = event.timestamp;
  if (event.payload.fenced === true) return;
  const at = beatTime(event) ?? event.timestamp;
  const gap = at - (state.last_heartbeat_at ?? state.entered_at);
  state.max_heartbeat_gap_us = Math.max(state.max_heartbeat_gap_us ?? 0, gap);
  state.heartbeats += 1;
  state.last_heartbeat_at = at;
  state.heartbeat_at = at;
}

/** Fields of a task's row that must be what its events say (invariant 3). */
export type FoldedFields = Pick<
  Task,
  | 'status'
  | 'assigned_to'
  | 'status_entered_at'
  | 'entered_sequence_id'
  | 'heartbeat_at'
  | 'visit'
  | 'heartbeats'
  | 'max_heartbeat_gap_us'
  | 'last_heartbeat_at'
  | 'finished_sequence_id'
>;

/** What a task's row must hold after its events. */
export function foldedFields(state: TaskState): FoldedFields {
  return {
    status: state.status,
    assigned_to: state.assigned_to,
    status_entered_at: state.entered_at,
    entered_sequence_id: state.entered_sequence_id,
    heartbeat_at: state.heartbeat_at,
    visit: state.visits.get(state.status) ?? 1,
    heartbeats: state.heartbeats,
    max_heartbeat_gap_us: state.max_heartbeat_gap_us,
    last_heartbeat_at: state.last_heartbeat_at,
    finished_sequence_id: state.finished_sequence_id,
  };
}

/** Names of the fields in which two records differ. */
export function differences<R extends object>(expected: R, found: R): (keyof R & string)[] {
  const names = Object.keys(expected) as (keyof R & string)[];
  return names.filter(name => expected[name] !== found[name]);
}
