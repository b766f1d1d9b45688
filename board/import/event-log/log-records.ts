import type { JsonObject } from '../../core/json.ts';
import type { Lifecycle } from '../../core/lifecycle/types.ts';
import { NEW_TASK } from '../../core/new-task.ts';
import type { Agent, Event, Task } from '../../core/records.ts';
import { NO_STAGE_LEFT, type StageLeft } from '../../core/stage-left.ts';
import type { EdgeKind, StageKind } from '../../core/statuses.ts';
import { eventTypeOf } from '../../core/taxonomy.ts';
import { isoOf, type Micros } from '../../core/time.ts';
import { INFERRED_VERSION } from '../fold-log.ts';
import { OBSERVED_PROFILE } from './observed-lifecycle.ts';

/** The type of a case that has none. */
const DEFAULT_TYPE = 'case';
/** The priority of a case that has none, as of a task. */
const DEFAULT_PRIORITY = 5;

/** What rows become records by. */
export interface RecordContext {
  readonly lifecycle: Lifecycle;
  /** Whether cases stay open after their last row. */
  readonly isOpen: boolean;
}

/** A row of a log in its place. */
export interface PlacedRow {
  readonly sequence_id: number;
  readonly task_id: string;
  readonly status: string;
  readonly instant: Micros;
  readonly agent_id: string | null;
  readonly task_type: string | null;
  readonly label: string | null;
  readonly priority: number | null;
  readonly started_at: Micros | null;
  readonly payload: string;
  readonly start_agent_id: string | null;
  readonly start_payload: string | null;
  readonly case_attributes: string | null;
  readonly former_sequence_id: number | null;
  readonly former_instant: Micros | null;
  readonly former_status: string | null;
  readonly second_former_status: string | null;
  readonly former_agent_id: string | null;
  readonly former_visit: number | null;
  readonly former_task_type: string | null;
  readonly former_label: string | null;
  readonly former_priority: number | null;
  readonly is_last: boolean;
  readonly case_type: string | null;
}

/** The last row of a case, once for each of the case's statuses. */
export interface CaseRow
  extends Pick<
    PlacedRow,
    'sequence_id' | 'task_id' | 'status' | 'instant' | 'agent_id' | 'former_status' | 'case_type'
  > {
  readonly visit: number;
  readonly case_created_at: Micros;
  readonly case_label: string | null;
  readonly case_priority: number | null;
  readonly visited: string;
  readonly visits: number;
}

/** Somebody whom a log names. */
export interface AgentRow {
  readonly agent_id: string;
  readonly first_at: Micros;
  readonly last_at: Micros;
}

/** Every step of the log is one of its lifecycle, which was made of them. */
function edgeOf(from: string | null, to: string, { lifecycle }: RecordContext): EdgeKind {
  return from === null ? 'post' : (lifecycle.edgeOf(from, to) ?? 'unlinked');
}

/** The stage in which a case ends is its end, whatever a stay in that status is for others. */
function kindOf(status: string, from: string | null, finishes: boolean, { lifecycle }: RecordContext): StageKind {
  return finishes ? 'terminal' : lifecycle.stageKind(status, from, false);
}

/** The event of a row. */
export function eventOf(row: PlacedRow, context: RecordContext): Event {
  const { sequence_id, task_id, status, instant, agent_id, former_status } = row;
  const finishes = row.is_last && !context.isOpen;
  return {
    sequence_id,
    event_type: eventTypeOf(former_status, status),
    task_id,
    agent_id,
    from_status: former_status,
    to_status: status,
    payload: payloadOf(row),
    idempotency_key: null,
    timestamp: instant,
    task_type: row.case_type ?? DEFAULT_TYPE,
    profile: OBSERVED_PROFILE,
    assigned_to: agent_id,
    actor: null,
    edge: edgeOf(former_status, status, context),
    stage_kind: kindOf(status, former_status, finishes, context),
    cycle_id: null,
    tick_id: null,
    finished_sequence_id: finishes ? sequence_id : null,
    ...stageLeftOf(row, context),
  };
}

function stageLeftOf(row: PlacedRow, context: RecordContext): StageLeft {
  const { former_sequence_id, former_instant, former_status, second_former_status } = row;
  if (former_sequence_id === null || former_status === null) return NO_STAGE_LEFT;
  return {
    entered_at: former_instant,
    entered_sequence_id: former_sequence_id,
    from_stage_kind: kindOf(former_status, second_former_status, false, context),
    from_edge: edgeOf(second_former_status, former_status, context),
    from_agent_id: row.former_agent_id,
    from_cycle_id: null,
    visit: row.former_visit,
    heartbeats: 0,
    max_heartbeat_gap_us: null,
    last_heartbeat_at: null,
  };
}

/** As a board's own: a post tells of its task, a later event of what it changes. What the row says besides follows. */
function payloadOf(row: PlacedRow): JsonObject {
  const isPost = row.former_sequence_id === null;
  const { task_type, label, priority, case_attributes, started_at, start_payload, start_agent_id } = row;
  const posted = {
    task_type: row.case_type ?? DEFAULT_TYPE,
    label: label ?? '',
    priority: priority ?? DEFAULT_PRIORITY,
  };
  const changed = {
    ...(task_type !== null && task_type !== row.case_type && task_type !== row.former_task_type && { task_type }),
    ...(label !== null && label !== row.former_label && { label }),
    ...(priority !== null && priority !== row.former_priority && { priority }),
  };
  // That it is a start is what its place says.
  const { lifecycle: _, ...started } = JSON.parse(start_payload ?? '{}') as JsonObject;
  const start = { ...(start_agent_id !== null && { agent_id: start_agent_id }), ...started };
  return {
    ...(isPost ? posted : changed),
    ...(started_at !== null && { started_at: isoOf(started_at) }),
    ...(JSON.parse(row.payload) as JsonObject),
    ...(Object.keys(start).length > 0 && { start }),
    ...(case_attributes !== null && { case_attributes: JSON.parse(case_attributes) as JsonObject }),
  };
}

/** The tasks of cases, whose rows come one case after another. */
export async function* tasksOf(rows: AsyncIterable<CaseRow>, context: RecordContext): AsyncGenerator<Task> {
  let last: CaseRow | null = null;
  let visits: (readonly [status: string, visits: number])[] = [];
  for await (const row of rows) {
    if (last !== null && last.task_id !== row.task_id) {
      yield taskOf(last, visits, context);
      visits = [];
    }
    visits.push([row.visited, row.visits]);
    last = row;
  }
  if (last !== null) yield taskOf(last, visits, context);
}

function taskOf(row: CaseRow, visits: readonly (readonly [string, number])[], context: RecordContext): Task {
  const { sequence_id, task_id, status, instant, agent_id, former_status } = row;
  const finishes = !context.isOpen;
  return {
    ...NEW_TASK,
    task_id,
    task_type: row.case_type ?? DEFAULT_TYPE,
    profile: OBSERVED_PROFILE,
    profile_version: INFERRED_VERSION,
    label: row.case_label ?? '',
    priority: row.case_priority ?? DEFAULT_PRIORITY,
    status,
    standing: finishes ? 'finished' : 'open',
    assigned_to: agent_id,
    notes: [],
    created_at: row.case_created_at,
    updated_at: instant,
    status_entered_at: instant,
    entered_sequence_id: sequence_id,
    stage_kind: kindOf(status, former_status, finishes, context),
    entered_edge: edgeOf(former_status, status, context),
    entered_cycle_id: null,
    visit: row.visit,
    visits: Object.fromEntries(visits),
    finished_at: finishes ? instant : null,
    finished_sequence_id: finishes ? sequence_id : null,
  };
}

/** Somebody who can be given nothing any more: the log is over. */
export function agentOf({ agent_id, first_at, last_at }: AgentRow): Agent {
  return {
    agent_id,
    name: agent_id,
    status: 'OFFLINE',
    capabilities: [],
    a2a_url: '',
    agent_card: {},
    current_task_id: null,
    version: null,
    last_seen_at: last_at,
    registered_at: first_at,
    open_assignments: [],
  };
}
