import type {
  Agent,
  BoardRecord,
  ChiefCycle,
  Event,
  FlightLogEntry,
  OmbudsmanTick,
  ProfileRecord,
  Task,
} from './records.ts';

/**
 * What a column holds, whatever the file format:
 *
 * | type | in memory | NDJSON | CSV | Parquet, DuckDB |
 * |---|---|---|---|---|
 * | text | string | string | text | VARCHAR |
 * | int | number | number | digits | BIGINT |
 * | timestamp | Micros | ISO, six digits | ISO, six digits | TIMESTAMP (UTC) |
 * | bool | boolean | true, false | true, false | BOOLEAN |
 * | json | any JSON | the value | JSON text | JSON |
 * | list | string[] | array of strings | JSON text | VARCHAR[] |
 *
 * Null is null everywhere, and an empty field in CSV; a JSON null and an absent value are the same.
 */
export type ColumnType = 'text' | 'int' | 'timestamp' | 'bool' | 'json' | 'list';

/** A column of an exported table; its name is the record's field. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** Table → the record a row of it is. Every row also carries `board_uid`. */
export interface TableRecords {
  events: Event;
  tasks: Task;
  agents: Agent;
  chief_cycles: ChiefCycle;
  ombudsman_ticks: OmbudsmanTick;
  flight_log: FlightLogEntry;
  boards: BoardRecord;
  profiles: ProfileRecord;
}

/** The name of an exported table: its file's name and its DuckDB view's. */
export type TableName = keyof TableRecords;

/** Naming every field of the record, so that a field added to it cannot be forgotten here. */
type Columns<Row> = Readonly<Record<keyof Row, ColumnType>>;

const STAGE_VALUES = {
  status_entered_at: 'timestamp',
  entered_sequence_id: 'int',
  stage_kind: 'text',
  entered_edge: 'text',
  entered_cycle_id: 'text',
  visit: 'int',
  heartbeats: 'int',
  max_heartbeat_gap_us: 'int',
  last_heartbeat_at: 'timestamp',
} as const;

const EVENTS: Columns<Event> = {
  sequence_id: 'int',
  event_type: 'text',
  task_id: 'text',
  agent_id: 'text',
  from_status: 'text',
  to_status: 'text',
  payload: 'json',
  idempotency_key: 'text',
  timestamp: 'timestamp',
  task_type: 'text',
  profile: 'text',
  assigned_to: 'text',
  actor: 'text',
  edge: 'text',
  stage_kind: 'text',
  cycle_id: 'text',
  tick_id: 'text',
  finished_sequence_id: 'int',
  entered_at: 'timestamp',
  entered_sequence_id: 'int',
  from_stage_kind: 'text',
  from_edge: 'text',
  from_agent_id: 'text',
  from_cycle_id: 'text',
  visit: 'int',
  heartbeats: 'int',
  max_heartbeat_gap_us: 'int',
  last_heartbeat_at: 'timestamp',
};

const TASKS: Columns<Task> = {
  task_id: 'text',
  task_type: 'text',
  profile: 'text',
  profile_version: 'int',
  label: 'text',
  priority: 'int',
  status: 'text',
  standing: 'text',
  assigned_to: 'text',
  output: 'text',
  notes: 'list',
  continuation_token: 'text',
  heartbeat_at: 'timestamp',
  context_snapshot_hash: 'text',
  created_at: 'timestamp',
  updated_at: 'timestamp',
  ...STAGE_VALUES,
  visits: 'json',
  finished_at: 'timestamp',
  finished_sequence_id: 'int',
  parent_task_id: 'text',
  origin_task_id: 'text',
  scope: 'text',
  traceparent: 'text',
  trace_relation: 'text',
  archived_at: 'timestamp',
};

const AGENTS: Columns<Agent> = {
  agent_id: 'text',
  name: 'text',
  status: 'text',
  capabilities: 'list',
  a2a_url: 'text',
  agent_card: 'json',
  current_task_id: 'text',
  version: 'text',
  last_seen_at: 'timestamp',
  registered_at: 'timestamp',
  open_assignments: 'list',
};

const CHIEF_CYCLES: Columns<ChiefCycle> = {
  sequence_id: 'int',
  cycle_id: 'text',
  chief_id: 'text',
  trigger: 'text',
  woke_at: 'timestamp',
  slept_at: 'timestamp',
  previous_slept_at: 'timestamp',
  seen_sequence_id: 'int',
  thinking_us: 'int',
  acting_us: 'int',
  actions_taken: 'int',
  coalesced_wakes: 'int',
  waiting: 'int',
  in_flight: 'int',
  idle_agents: 'int',
  busy_agents: 'int',
  waiting_after: 'int',
  in_flight_after: 'int',
  idle_agents_after: 'int',
  busy_agents_after: 'int',
  stranded_after: 'int',
  by_capability: 'json',
  by_capability_after: 'json',
  draining: 'bool',
  error: 'text',
};

const OMBUDSMAN_TICKS: Columns<OmbudsmanTick> = {
  sequence_id: 'int',
  tick_id: 'text',
  started_at: 'timestamp',
  ended_at: 'timestamp',
  statuses_scanned: 'list',
  tasks_scanned: 'int',
  stale_count: 'int',
  error: 'text',
};

const FLIGHT_LOG: Columns<FlightLogEntry> = {
  entry_id: 'int',
  task_id: 'text',
  stage: 'text',
  payload: 'json',
  timestamp: 'timestamp',
};

const BOARDS: Columns<BoardRecord> = {
  board_uid: 'text',
  board_id: 'text',
  created_at: 'timestamp',
  last_timestamp: 'timestamp',
  next_sequence_id: 'int',
  next_cycle_sequence_id: 'int',
  next_tick_sequence_id: 'int',
  next_entry_id: 'int',
  profiles_version: 'int',
  resumable: 'bool',
  imported_until: 'int',
};

const PROFILES: Columns<ProfileRecord> = {
  profile: 'text',
  profile_version: 'int',
  definition: 'json',
  registered_at: 'timestamp',
};

function tableOf(columns: Readonly<Record<string, ColumnType>>): readonly Column[] {
  const { board_uid = 'text', ...rest } = columns;
  return Object.entries({ board_uid, ...rest }).map(([name, type]) => ({ name, type }));
}

/** Every exported table with its columns in order, `board_uid` first. */
export const TABLES: Readonly<Record<TableName, readonly Column[]>> = {
  events: tableOf(EVENTS),
  tasks: tableOf(TASKS),
  agents: tableOf(AGENTS),
  chief_cycles: tableOf(CHIEF_CYCLES),
  ombudsman_ticks: tableOf(OMBUDSMAN_TICKS),
  flight_log: tableOf(FLIGHT_LOG),
  boards: tableOf(BOARDS),
  profiles: tableOf(PROFILES),
};

/** The names of {@link TABLES}. */
export const TABLE_NAMES: readonly TableName[] = Object.keys(TABLES) as TableName[];

/** Whether a text names an exported table. */
export function isTableName(name: string): name is TableName {
  return Object.hasOwn(TABLES, name);
}

/** The value of a record's column; `board_uid` comes from the caller, since only a board's own row holds it. */
export function columnValue(record: object, column: Column, boardUid: string): unknown {
  if (column.name === 'board_uid') return boardUid;
  return (record as Readonly<Record<string, unknown>>)[column.name] ?? null;
}
