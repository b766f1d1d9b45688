/**
 * The records of a board. A record's field, its SQL column, its JSON key, its Parquet column and the DuckDB view's column
 * are the same word, so nothing maps names. In memory times are {@link Micros}; on the wire they are ISO 8601.
 */
import type { Json, JsonObject } from './json.ts';
import type { AgentStatus, EdgeKind, EventType, StageKind, TaskStatus } from './statuses.ts';
import type { Micros } from './time.ts';

/** Whether a task is still being worked on, has finished, or was archived after it finished. */
export type Standing = 'open' | 'finished' | 'archived';

/** Whether a caller's `traceparent` is linked from the task's trace (default) or becomes its parent; decided at post. */
export type TraceRelation = 'link' | 'parent';

/** The running values of the stage a task is in; when it leaves, its closing event carries them. */
export interface StageValues {
  /** When the status was entered. */
  status_entered_at: Micros;
  /** The event that entered the status; also the fence of an assignment. */
  entered_sequence_id: number;
  stage_kind: StageKind;
  /** The edge that entered the status. */
  entered_edge: EdgeKind;
  /** The Chief cycle that entered the status, if one did. */
  entered_cycle_id: string | null;
  /** Which visit to this status it is, from 1. */
  visit: number;
  /** Heartbeats of this stage. */
  heartbeats: number;
  /** Largest time between two signs of life in this stage, its entry being the first; null without a heartbeat. */
  max_heartbeat_gap_us: number | null;
  /** The latest heartbeat of this stage. */
  last_heartbeat_at: Micros | null;
}

/** A unit of work on the board. */
export interface Task extends StageValues {
  task_id: string;
  task_type: string;
  /** The lifecycle profile the task follows, pinned at post. */
  profile: string;
  /** The version of that profile, pinned at post; 0 for a built-in. */
  profile_version: number;
  label: string;
  /** Lower goes first; default 5. */
  priority: number;
  status: TaskStatus;
  standing: Standing;
  assigned_to: string | null;
  output: string | null;
  /** Append-only. */
  notes: readonly string[];
  continuation_token: string | null;
  /** The latest heartbeat of the task, whatever stage it was in. */
  heartbeat_at: Micros | null;
  context_snapshot_hash: string | null;
  created_at: Micros;
  updated_at: Micros;
  /** How often each status was entered; `visit` is the value for the present one. */
  visits: Readonly<Record<string, number>>;
  /** When the task first finished (spec.md), null while it never has. */
  finished_at: Micros | null;
  /** The event by which the task first finished. */
  finished_sequence_id: number | null;
  parent_task_id: string | null;
  origin_task_id: string | null;
  /** Stored for later; filters nothing yet. */
  scope: string | null;
  /** W3C trace context of whoever posted the task. */
  traceparent: string | null;
  trace_relation: TraceRelation | null;
  archived_at: Micros | null;
}

/** Somebody who does work, with what it can do. */
export interface Agent {
  agent_id: string;
  name: string;
  status: AgentStatus;
  capabilities: readonly string[];
  a2a_url: string;
  /** The card as it was registered. */
  agent_card: JsonObject;
  /** The newest of `open_assignments`. */
  current_task_id: string | null;
  version: string | null;
  last_seen_at: Micros;
  registered_at: Micros;
  /** Tasks it holds now; BUSY while there is one. */
  open_assignments: readonly string[];
}

/**
 * One line of the immutable log. `sequence_id` is gapless per board and in commit order across all processes.
 * The second half describes the stage now left (for a heartbeat: the stage so far, before this beat), so that no reader
 * needs a join or a memory.
 */
export interface Event {
  sequence_id: number;
  event_type: EventType;
  task_id: string;
  agent_id: string | null;
  from_status: TaskStatus | null;
  to_status: TaskStatus | null;
  payload: JsonObject;
  idempotency_key: string | null;
  timestamp: Micros;

  task_type: string;
  profile: string;
  /** The task's assignee after the event. */
  assigned_to: string | null;
  /** Who asked: an agent, `chief`, `ombudsman`, an operator or a token's name. */
  actor: string | null;
  /** Null for a heartbeat. */
  edge: EdgeKind | null;
  /** Kind of the stage entered; null for a heartbeat. */
  stage_kind: StageKind | null;
  cycle_id: string | null;
  tick_id: string | null;
  /** The event by which the task first finished, if it has by now: the finishing event names itself. */
  finished_sequence_id: number | null;

  entered_at: Micros | null;
  entered_sequence_id: number | null;
  from_stage_kind: StageKind | null;
  from_edge: EdgeKind | null;
  /** The assignee during the stage left. */
  from_agent_id: string | null;
  from_cycle_id: string | null;
  visit: number | null;
  heartbeats: number | null;
  max_heartbeat_gap_us: number | null;
  last_heartbeat_at: Micros | null;
}

/** What may start a Chief cycle. */
export type WakeTrigger = 'worker' | 'ombudsman' | 'seed' | 'board_event';

/** One row a Chief cycle: why it woke, what it found, what it did, what it left waiting. */
export interface ChiefCycle {
  sequence_id: number;
  cycle_id: string;
  chief_id: string;
  trigger: WakeTrigger;
  woke_at: Micros;
  slept_at: Micros;
  /** When this Chief last went to sleep; null for its first cycle, so that a stopped Chief is not taken for a sleeping one. */
  previous_slept_at: Micros | null;
  /** The last event the cycle saw. */
  seen_sequence_id: number;
  thinking_us: number;
  acting_us: number;
  actions_taken: number;
  coalesced_wakes: number;
  /** Tasks in a `wait` stage at wake. */
  waiting: number;
  /** Tasks in `active`, `review` or `rework` at wake. */
  in_flight: number;
  idle_agents: number;
  busy_agents: number;
  waiting_after: number;
  in_flight_after: number;
  idle_agents_after: number;
  busy_agents_after: number;
  /** Σ over capabilities of min(routable waiting tasks, idle agents) as it goes back to sleep. */
  stranded_after: number;
  /** capability → {waiting, in_flight, idle_agents, busy_agents} at wake. */
  by_capability: JsonObject;
  /** The same with `stranded` as it goes back to sleep. */
  by_capability_after: JsonObject;
  draining: boolean;
  error: string | null;
}

/** One row an Ombudsman tick. */
export interface OmbudsmanTick {
  sequence_id: number;
  tick_id: string;
  started_at: Micros;
  ended_at: Micros;
  statuses_scanned: readonly string[];
  tasks_scanned: number;
  stale_count: number;
  error: string | null;
}

/** An entry of a task's flight log: what a worker wants remembered of a stage. Append-only, no event. */
export interface FlightLogEntry {
  /** From 1, per board. */
  entry_id: number;
  task_id: string;
  stage: string;
  payload: Json;
  timestamp: Micros;
}

/** A key of the board's data store. */
export interface DataEntry {
  key: string;
  value: Json;
  updated_at: Micros;
}

/** A board's own row: its identity and the next numbers of its logs. */
export interface BoardRecord {
  /** Its name inside a database. */
  board_id: string;
  /** Made once; identifies the board everywhere. */
  board_uid: string;
  created_at: Micros;
  /** The latest time written: the clock never goes below it. */
  last_timestamp: Micros;
  next_sequence_id: number;
  next_cycle_sequence_id: number;
  next_tick_sequence_id: number;
  next_entry_id: number;
  /** Changes with every registration of a profile or task type. */
  profiles_version: number;
  /** Whether HUMAN_REVIEW and ON_HOLD lead back to UNASSIGNED. */
  resumable: boolean;
  /**
   * The last `sequence_id` that an import took over as it was; null for a board that began here, and for an event log, whose rows
   * its import made.
   */
  imported_until: number | null;
}

/** A registered version of a lifecycle profile, as stored on the board. */
export interface ProfileRecord {
  profile: string;
  profile_version: number;
  definition: JsonObject;
  registered_at: Micros;
}

/** Which profile a task type uses from now on; the highest version counts. */
export interface TaskTypeRecord {
  task_type: string;
  /** From 1. */
  task_type_version: number;
  profile: string;
  registered_at: Micros;
}

/** The stored result of an idempotent command. */
export interface IdempotencyRecord {
  idempotency_key: string;
  fingerprint: string;
  result: JsonObject;
  created_at: Micros;
}

/**
 * Who holds a role of a board now: its Chief, its Ombudsman, the sender of an exporter. Kept without a clock: a holder renews,
 * and whoever has watched `renewals` stand still for the lease's time may take the role over.
 */
export interface Lease {
  /** What is held, such as `chief:news`. */
  readonly role: string;
  /** Roles of one kind share the work: no two of them may claim the same. */
  readonly kind: string;
  /** Which process; null where the role is free. */
  readonly holder: string | null;
  /** Counts the holders, from 1: the token that goes with what a holder writes. */
  readonly term: number;
  /** Counts the renewals of this term. */
  readonly renewals: number;
  /** What the role has to itself, such as task types; null: everything of its kind. */
  readonly claims: readonly string[] | null;
  /** How long the holder may be silent before another may take the role over, in milliseconds; as the holder said. */
  readonly duration_ms: number;
  /** When this term began. */
  readonly taken_at: Micros;
  readonly renewed_at: Micros;
}

/** A place in the three logs: the last `sequence_id` of each that was read; zeros before the first. */
export interface Cursor {
  events: number;
  chief_cycles: number;
  ombudsman_ticks: number;
}

/** The names of a board's tables as exported: file names, DuckDB views. */
export const LOG_TABLES = [
  'events',
  'tasks',
  'agents',
  'chief_cycles',
  'ombudsman_ticks',
  'flight_log',
  'boards',
] as const;
