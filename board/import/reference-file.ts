import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type BetterSqlite3 from 'better-sqlite3';
import { primaryCode, sqliteErrorOf } from '../backends/sqlite/errors.ts';
import { errorOf, type QuadroError } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { EVENT_TYPES, type EventType } from '../core/statuses.ts';
import { type Micros, microsOf } from '../core/time.ts';
import { importPeer } from '../missing-package.ts';

/** A task's row in the reference implementation's file. */
export interface ReferenceTask {
  readonly task_id: string;
  readonly task_type: string;
  readonly label: string;
  readonly priority: number;
  readonly status: string;
  readonly assigned_to: string | null;
  readonly output: string | null;
  readonly notes: readonly string[];
  readonly continuation_token: string | null;
  readonly heartbeat_at: Micros | null;
  readonly context_snapshot_hash: string | null;
  readonly created_at: Micros;
  readonly updated_at: Micros;
  /** Whether it stood in `archived_tasks`. */
  readonly isArchived: boolean;
}

/** An agent's row there; its status and current task are derived again. */
export interface ReferenceAgent {
  readonly agent_id: string;
  readonly name: string;
  readonly status: string;
  readonly capabilities: readonly string[];
  readonly a2a_url: string;
  readonly agent_card: JsonObject;
  readonly version: string | null;
  readonly last_seen_at: Micros;
}

/** A line of the log there. */
export interface ReferenceEvent {
  readonly sequence_id: number;
  readonly event_type: EventType;
  readonly task_id: string;
  readonly agent_id: string | null;
  readonly from_status: string | null;
  readonly to_status: string | null;
  readonly payload: JsonObject;
  readonly idempotency_key: string | null;
  readonly timestamp: Micros;
}

/** A key of its data store. */
export interface ReferenceData {
  readonly key: string;
  readonly value: Json;
  readonly updated_at: Micros;
}

/** Everything that an import takes. A task that is in both tables counts as the one that is not archived. */
export interface ReferenceBoard {
  readonly tasks: ReadonlyMap<string, ReferenceTask>;
  readonly agents: readonly ReferenceAgent[];
  /** Ascending. */
  readonly events: readonly ReferenceEvent[];
  readonly data: readonly ReferenceData[];
}

/** How far reading is, in events. */
export interface ImportProgress {
  readonly done: number;
  readonly total: number;
}

/** What may accompany reading. */
export interface ReadReferenceOptions {
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Row = Readonly<Record<string, unknown>>;
type Database = BetterSqlite3.Database;

const TASK_COLUMNS = [
  ...['task_id', 'task_type', 'label', 'priority', 'status', 'assigned_to', 'output', 'notes_json'],
  ...['continuation_token', 'heartbeat_at', 'context_snapshot_hash', 'created_at', 'updated_at'],
];

/** Table → the columns an import reads. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  tasks: TASK_COLUMNS,
  agents: [
    ...['agent_id', 'name', 'status', 'capabilities_json', 'a2a_url', 'agent_card_json'],
    ...['version', 'last_seen_at'],
  ],
  events: [
    ...['sequence_id', 'event_type', 'task_id', 'agent_id', 'from_status', 'to_status', 'payload_json'],
    ...['idempotency_key', 'timestamp'],
  ],
  data_entries: ['key', 'value_json', 'updated_at'],
  archived_tasks: TASK_COLUMNS,
};

/** Events read between two looks at the signal. */
const PAGE_ROWS = 4096;

/**
 * Reads a board of the reference implementation, all of it at one moment, and writes nothing beside it.
 *
 * @throws ValidationError (`invalid_source`) where the file is no such board, saying what is missing or wrong.
 */
export async function readReferenceFile(file: string, options: ReadReferenceOptions = {}): Promise<ReferenceBoard> {
  const { default: BetterSqlite3 } = await importPeer('better-sqlite3', () => import('better-sqlite3'));
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw errorOf('invalid_source', `There is no file ${file}: check the path`);
  }
  let database: Database | null = null;
  try {
    database = new BetterSqlite3(file, { readonly: true });
    // One read transaction: whoever still writes to the file cannot come between two tables.
    database.exec('begin');
    checkSchema(database, file);
    return await readTables(database, options);
  } catch (error) {
    throw sourceErrorOf(error, file);
  } finally {
    database?.close();
  }
}

function sourceErrorOf(error: unknown, file: string): unknown {
  const code = primaryCode(error);
  if (code === null) return error;
  const message =
    code === 'SQLITE_NOTADB' ? `${file} is no SQLite database` : sqliteErrorOf(error, `read ${file}`).message;
  return errorOf('invalid_source', `${message}; an import needs the board.db of the reference implementation`, {
    cause: error,
  });
}

function checkSchema(database: Database, file: string): void {
  const tables = new Set(database.prepare("select name from sqlite_master where type = 'table'").pluck().all());
  if (tables.has('boards')) {
    throw errorOf(
      'invalid_source',
      `${file} is a board of this implementation already: copy it instead of importing it`,
    );
  }
  const missing = Object.entries(COLUMNS).flatMap(([table, wanted]) => {
    if (!tables.has(table)) return [`the table ${table}`];
    const columns = new Set(database.prepare('select name from pragma_table_info(?)').pluck().all(table));
    return wanted.filter(column => !columns.has(column)).map(column => `the column ${table}.${column}`);
  });
  if (missing.length === 0) return;
  throw errorOf(
    'invalid_source',
    `${file} is no board of the reference implementation: it lacks ${missing.join(', ')}`,
    {
      details: { missing },
    },
  );
}

async function readTables(database: Database, options: ReadReferenceOptions): Promise<ReferenceBoard> {
  const rows = (table: string): Row[] =>
    (database.prepare(`select * from ${table} order by 1`).all() as Row[]).map(row => ({ ...row, table }));
  const events = await readEvents(database, options);
  const archived = rows('archived_tasks').map(row => taskOf(row, true));
  const tasks = rows('tasks').map(row => taskOf(row, false));
  return {
    tasks: new Map([...archived, ...tasks].map(task => [task.task_id, task])),
    agents: rows('agents').map(agentOf),
    events,
    data: rows('data_entries').map(row => ({
      key: textOf(row, 'key'),
      value: jsonOf(row, 'value_json'),
      updated_at: timeOf(row, 'updated_at'),
    })),
  };
}

async function readEvents(database: Database, options: ReadReferenceOptions): Promise<ReferenceEvent[]> {
  const { onProgress, signal } = options;
  const total = Number(database.prepare('select count(*) from events').pluck().get());
  const events: ReferenceEvent[] = [];
  for (const row of database.prepare('select * from events order by sequence_id').iterate()) {
    events.push(eventOf({ ...(row as Row), table: 'events' }));
    if (events.length % PAGE_ROWS !== 0) continue;
    onProgress?.({ done: events.length, total });
    await setImmediate();
    signal?.throwIfAborted();
  }
  onProgress?.({ done: events.length, total });
  signal?.throwIfAborted();
  return events;
}

function taskOf(row: Row, isArchived: boolean): ReferenceTask {
  return {
    task_id: textOf(row, 'task_id'),
    task_type: textOf(row, 'task_type'),
    label: textOf(row, 'label'),
    priority: wholeOf(row, 'priority'),
    status: textOf(row, 'status'),
    assigned_to: textOrNull(row, 'assigned_to'),
    output: textOrNull(row, 'output'),
    notes: textsOf(row, 'notes_json'),
    continuation_token: textOrNull(row, 'continuation_token'),
    heartbeat_at: row.heartbeat_at === null ? null : timeOf(row, 'heartbeat_at'),
    context_snapshot_hash: textOrNull(row, 'context_snapshot_hash'),
    created_at: timeOf(row, 'created_at'),
    updated_at: timeOf(row, 'updated_at'),
    isArchived,
  };
}

function agentOf(row: Row): ReferenceAgent {
  return {
    agent_id: textOf(row, 'agent_id'),
    name: textOf(row, 'name'),
    status: textOf(row, 'status'),
    capabilities: textsOf(row, 'capabilities_json'),
    a2a_url: textOf(row, 'a2a_url'),
    agent_card: objectOf(row, 'agent_card_json'),
    version: textOrNull(row, 'version'),
    last_seen_at: timeOf(row, 'last_seen_at'),
  };
}

function eventOf(row: Row): ReferenceEvent {
  const event_type = EVENT_TYPES.find(type => type === row.event_type);
  if (event_type === undefined) throw wrong(row, 'event_type', 'is none of the frozen taxonomy');
  const event = {
    sequence_id: wholeOf(row, 'sequence_id'),
    event_type,
    task_id: textOf(row, 'task_id'),
    agent_id: textOrNull(row, 'agent_id'),
    from_status: textOrNull(row, 'from_status'),
    to_status: textOrNull(row, 'to_status'),
    payload: objectOf(row, 'payload_json'),
    idempotency_key: textOrNull(row, 'idempotency_key'),
    timestamp: timeOf(row, 'timestamp'),
  };
  if (event.sequence_id < 1) throw wrong(row, 'sequence_id', 'is no number from 1');
  if (event.to_status === null) throw wrong(row, 'to_status', 'is missing');
  return event;
}

function wrong(row: Row, column: string, what: string): QuadroError {
  const [key] = COLUMNS[String(row.table)] ?? [];
  const where = `${String(row.table)} ${String(row[key ?? ''])}`;
  return errorOf('invalid_source', `In ${where} of the file, ${column} ${what}: ${JSON.stringify(row[column])}`);
}

function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw wrong(row, column, 'is no text');
  return value;
}

function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : textOf(row, column);
}

function wholeOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrong(row, column, 'is no whole number');
  return value;
}

function timeOf(row: Row, column: string): Micros {
  const time = microsOf(textOf(row, column));
  if (time === null) throw wrong(row, column, 'is no ISO 8601 time');
  return time;
}

function jsonOf(row: Row, column: string): Json {
  try {
    return JSON.parse(textOf(row, column)) as Json;
  } catch {
    throw wrong(row, column, 'is no JSON');
  }
}

function objectOf(row: Row, column: string): JsonObject {
  const value = jsonOf(row, column);
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw wrong(row, column, 'is no JSON object');
  return value as JsonObject;
}

function textsOf(row: Row, column: string): readonly string[] {
  const value = jsonOf(row, column);
  if (!Array.isArray(value) || !value.every(each => typeof each === 'string')) {
    throw wrong(row, column, 'is no JSON list of texts');
  }
  return value;
}
