import { type TSchema, Type } from 'typebox';
import type { Lease } from '../../core/records.ts';
import type { FlightPlan, Stage } from '../../core/stages.ts';
import { EVENT_TYPES } from '../../core/statuses.ts';
import { closed, json, nullable, oneOf, recordSchema, ref, time } from './record.ts';

const EDGES = ['post', 'forward', 'branch', 'revision', 'loop', 'stale', 'reassign', 'exit', 'unlinked'];
const STAGE_KINDS = ['wait', 'active', 'review', 'rework', 'blocked', 'terminal'];
const TRIGGERS = ['worker', 'ombudsman', 'seed', 'board_event'];
const RELATIONS = ['link', 'parent'];

const TASK = recordSchema(
  'tasks',
  {
    assigned_to: true,
    output: true,
    continuation_token: true,
    heartbeat_at: true,
    context_snapshot_hash: true,
    entered_cycle_id: true,
    max_heartbeat_gap_us: true,
    last_heartbeat_at: true,
    finished_at: true,
    finished_sequence_id: true,
    parent_task_id: true,
    origin_task_id: true,
    scope: true,
    traceparent: true,
    trace_relation: true,
    archived_at: true,
  },
  {
    standing: oneOf(['open', 'finished', 'archived']),
    stage_kind: oneOf(STAGE_KINDS),
    entered_edge: oneOf(EDGES),
    trace_relation: oneOf(RELATIONS),
    visits: Type.Record(Type.String(), Type.Integer()),
  },
);

const AGENT = recordSchema(
  'agents',
  { current_task_id: true, version: true },
  { status: oneOf(['IDLE', 'BUSY', 'OFFLINE']) },
);

const EVENT = recordSchema(
  'events',
  {
    agent_id: true,
    from_status: true,
    to_status: true,
    idempotency_key: true,
    assigned_to: true,
    actor: true,
    edge: true,
    stage_kind: true,
    cycle_id: true,
    tick_id: true,
    finished_sequence_id: true,
    entered_at: true,
    entered_sequence_id: true,
    from_stage_kind: true,
    from_edge: true,
    from_agent_id: true,
    from_cycle_id: true,
    visit: true,
    heartbeats: true,
    max_heartbeat_gap_us: true,
    last_heartbeat_at: true,
  },
  {
    event_type: oneOf(EVENT_TYPES),
    edge: oneOf(EDGES),
    stage_kind: oneOf(STAGE_KINDS),
    from_stage_kind: oneOf(STAGE_KINDS),
    from_edge: oneOf(EDGES),
  },
);

const CHIEF_CYCLE = recordSchema(
  'chief_cycles',
  { previous_slept_at: true, error: true },
  { trigger: oneOf(TRIGGERS) },
);
const OMBUDSMAN_TICK = recordSchema('ombudsman_ticks', { error: true });
const BOARD = recordSchema('boards', { imported_until: true });
const FLIGHT_LOG_ENTRY = recordSchema('flight_log', {} as never, { payload: json() });

const STAGE_FIELDS: Readonly<Record<keyof Stage, TSchema>> = {
  status: Type.String(),
  stage_kind: oneOf(STAGE_KINDS),
  visit: Type.Integer(),
  entered_at: time(),
  exited_at: nullable(time()),
  dwell_seconds: nullable(Type.Number()),
  assigned_to: nullable(Type.String()),
  cycle_id: nullable(Type.String()),
  entered_sequence_id: Type.Integer(),
  exited_sequence_id: nullable(Type.Integer()),
  edge_in: oneOf(EDGES),
  edge_out: nullable(oneOf(EDGES)),
  heartbeats: Type.Integer(),
  last_heartbeat_at: nullable(time()),
  max_heartbeat_gap_seconds: nullable(Type.Number()),
};

const PLAN_FIELDS: Readonly<Record<keyof FlightPlan, TSchema>> = {
  task_id: Type.String(),
  task_type: Type.String(),
  label: Type.String(),
  priority: Type.Integer(),
  status: Type.String(),
  created_at: time(),
  stages: Type.Array(ref('Stage')),
  output: nullable(Type.String()),
  notes: Type.Array(Type.String()),
  flight_log: Type.Array(ref('FlightLogEntry')),
  events: Type.Array(ref('Event')),
  active_seconds: Type.Number(),
  wait_seconds: Type.Number(),
  lost_seconds: Type.Number(),
  blocked_seconds: Type.Number(),
  terminal_at: nullable(time()),
  elapsed_seconds: nullable(Type.Number()),
  revisions: Type.Integer(),
  stale_count: Type.Integer(),
  reassignments: Type.Integer(),
  censored: Type.Boolean(),
};

const LEASE_FIELDS: Readonly<Record<keyof Lease, TSchema>> = {
  role: Type.String(),
  kind: Type.String(),
  holder: nullable(Type.String()),
  term: Type.Integer(),
  renewals: Type.Integer(),
  claims: nullable(Type.Array(Type.String())),
  duration_ms: Type.Integer(),
  taken_at: time(),
  renewed_at: time(),
};

/** Name → the record as it travels. */
export const RECORDS: Readonly<Record<string, TSchema>> = {
  Task: TASK,
  Agent: AGENT,
  Event: EVENT,
  Board: BOARD,
  ChiefCycle: CHIEF_CYCLE,
  OmbudsmanTick: OMBUDSMAN_TICK,
  FlightLogEntry: FLIGHT_LOG_ENTRY,
  Stage: closed(STAGE_FIELDS, 'One visit of a task to a status'),
  FlightPlan: closed(PLAN_FIELDS, "Where a task's time went"),
  Lease: closed(LEASE_FIELDS, 'Who holds a role of the board'),
};
