/**
 * The columns of every table and how each value is stored. A field and its column share one name, so a row is decoded by
 * parsing its JSON and boolean columns and nothing else.
 */

import { type ColumnType, TABLES as LOG_TABLES, type TableName as LogTableName } from '../../core/tables.ts';

/** `text`, `int` (64 bit), `bool` (0 or 1), `json` (JSON text). */
export type ColumnKind = 'text' | 'int' | 'bool' | 'json';

/** A table: its columns in the order they are written, and which of them are its key. */
export interface TableColumns {
  readonly name: TableName;
  readonly columns: readonly string[];
  readonly kinds: Readonly<Record<string, ColumnKind>>;
  readonly key: readonly string[];
}

/** The tables of a board database: the exported ones, and those that only the board itself reads. */
export type TableName =
  | LogTableName
  | 'data_entries'
  | 'idempotency_keys'
  | 'task_types'
  | 'leases'
  | 'cursors'
  | 'writers';

const STORED: Readonly<Record<ColumnType, ColumnKind>> = {
  text: 'text',
  int: 'int',
  timestamp: 'int',
  bool: 'bool',
  json: 'json',
  list: 'json',
};

function table(name: TableName, key: readonly string[], kinds: Readonly<Record<string, ColumnKind>>): TableColumns {
  return { name, columns: Object.keys(kinds), kinds, key };
}

/** An exported table as stored: under its board's name in this database instead of its uid, lists as JSON text. */
function logTable(name: LogTableName, key: readonly string[]): TableColumns {
  const columns = LOG_TABLES[name].filter(column => name === 'boards' || column.name !== 'board_uid');
  const kinds = Object.fromEntries(columns.map(column => [column.name, STORED[column.type]]));
  return table(name, ['board_id', ...key], { board_id: 'text', ...kinds });
}

/** Table → columns. */
export const TABLES: Readonly<Record<TableName, TableColumns>> = {
  boards: logTable('boards', []),
  tasks: logTable('tasks', ['task_id']),
  agents: logTable('agents', ['agent_id']),
  events: logTable('events', ['sequence_id']),
  chief_cycles: logTable('chief_cycles', ['sequence_id']),
  ombudsman_ticks: logTable('ombudsman_ticks', ['sequence_id']),
  flight_log: logTable('flight_log', ['entry_id']),
  profiles: logTable('profiles', ['profile', 'profile_version']),
  data_entries: table('data_entries', ['board_id', 'key'], {
    board_id: 'text',
    key: 'text',
    value: 'json',
    updated_at: 'int',
  }),
  idempotency_keys: table('idempotency_keys', ['board_id', 'idempotency_key'], {
    board_id: 'text',
    idempotency_key: 'text',
    fingerprint: 'text',
    result: 'json',
    created_at: 'int',
  }),
  task_types: table('task_types', ['board_id', 'task_type', 'task_type_version'], {
    board_id: 'text',
    task_type: 'text',
    task_type_version: 'int',
    profile: 'text',
    registered_at: 'int',
  }),
  leases: table('leases', ['board_id', 'role'], {
    board_id: 'text',
    role: 'text',
    kind: 'text',
    holder: 'text',
    term: 'int',
    renewals: 'int',
    claims: 'json',
    duration_ms: 'int',
    taken_at: 'int',
    renewed_at: 'int',
  }),
  cursors: table('cursors', ['board_id', 'destination'], {
    board_id: 'text',
    destination: 'text',
    value: 'json',
    saved_at: 'int',
  }),
  writers: table('writers', ['board_id', 'writer_id'], {
    board_id: 'text',
    writer_id: 'text',
    commit_number: 'int',
    committed_at: 'int',
  }),
};

/** A row as a driver gives or takes it. */
export type StoredRow = Record<string, unknown>;

/** A record as the values of a table's columns, in order. */
export function encodeRow(columns: TableColumns, boardId: string, record: object): unknown[] {
  const values = record as StoredRow;
  return columns.columns.map(name => {
    if (name === 'board_id') return boardId;
    const value = values[name];
    switch (columns.kinds[name]) {
      case 'json':
        return JSON.stringify(value ?? null);
      case 'bool':
        return value ? 1 : 0;
      default:
        return value ?? null;
    }
  });
}

/** A driver's row as the record it holds; 64-bit integers that a driver gives as text become numbers. */
export function decodeRow<RecordType>(columns: TableColumns, row: StoredRow): RecordType {
  const record: StoredRow = {};
  for (const name of columns.columns) {
    if (name === 'board_id' && columns.name !== 'boards') continue;
    record[name] = decodeValue(columns.kinds[name], row[name]);
  }
  return record as RecordType;
}

/**
 * The rows of a page of a log as records, made in place; they must have been selected by {@link recordColumns}. Columns of the
 * plain kinds, which the driver gives as they are wanted, are left alone: of a row's 26 there may be one that is not.
 */
export function decodeRows<RecordType>(
  columns: TableColumns,
  rows: readonly StoredRow[],
  plainKinds: ReadonlySet<ColumnKind>,
): readonly RecordType[] {
  const unlike = recordColumns(columns).filter(name => !plainKinds.has(columns.kinds[name] ?? 'text'));
  for (const row of rows) {
    for (const name of unlike) row[name] = decodeValue(columns.kinds[name], row[name]);
  }
  return rows as readonly RecordType[];
}

/** The columns that a table's records have: a log's rows do not name their board. */
export function recordColumns(columns: TableColumns): readonly string[] {
  return columns.columns.filter(name => name !== 'board_id' || columns.name === 'boards');
}

function decodeValue(kind: ColumnKind | undefined, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (kind) {
    case 'json':
      return typeof value === 'string' ? JSON.parse(value) : value;
    case 'bool':
      return Boolean(Number(value));
    case 'int':
      return Number(value);
    default:
      // Columns that compare byte for byte come as bytes from some drivers.
      return Buffer.isBuffer(value) ? value.toString('utf8') : value;
  }
}
