import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.ts';
import type { Json } from '../core/json.ts';
import type { DataEntry, IdempotencyRecord, TaskTypeRecord } from '../core/records.ts';
import { type ColumnType, TABLES, type TableName } from '../core/tables.ts';

/** The tables that make a board what it is; leases and the saved places of readers belong to a database. */
export type DigestedTable = TableName | 'data_entries' | 'idempotency_keys' | 'task_types';

/** SHA-256 of each table of a board, in hexadecimal. */
export type TableDigestValues = Readonly<Record<DigestedTable, string>>;

/** Naming every field of the record, so that a field added to it cannot be forgotten here. */
type Columns<Row> = Readonly<Record<keyof Row, ColumnType>>;

const DATA_ENTRIES: Columns<DataEntry> = { key: 'text', value: 'json', updated_at: 'timestamp' };

const IDEMPOTENCY_KEYS: Columns<IdempotencyRecord> = {
  idempotency_key: 'text',
  fingerprint: 'text',
  result: 'json',
  created_at: 'timestamp',
};

const TASK_TYPES: Columns<TaskTypeRecord> = {
  task_type: 'text',
  task_type_version: 'int',
  profile: 'text',
  registered_at: 'timestamp',
};

type ColumnTypes = readonly (readonly [name: string, type: ColumnType])[];

/** Every column but the board's name, and in its own row its uid as well: a copy may have another name, and is the same board. */
function exported(table: TableName): ColumnTypes {
  const left = table === 'boards' ? 'board_id' : 'board_uid';
  return TABLES[table].filter(({ name }) => name !== left).map(({ name, type }) => [name, type]);
}

/** In the order of the board's digest. */
const COLUMNS: Readonly<Record<DigestedTable, ColumnTypes>> = {
  boards: exported('boards'),
  events: exported('events'),
  chief_cycles: exported('chief_cycles'),
  ombudsman_ticks: exported('ombudsman_ticks'),
  flight_log: exported('flight_log'),
  tasks: exported('tasks'),
  agents: exported('agents'),
  profiles: exported('profiles'),
  task_types: Object.entries(TASK_TYPES),
  data_entries: Object.entries(DATA_ENTRIES),
  idempotency_keys: Object.entries(IDEMPOTENCY_KEYS),
};

/**
 * SHA-256 over the rows of a table: of each row one line, a JSON array of its columns in their order, times as microseconds and
 * JSON as its canonical text. The same rows give the same digest whatever they are stored in.
 */
export class TableDigest {
  readonly #columns: ColumnTypes;
  readonly #hash = createHash('sha256');

  constructor(table: DigestedTable) {
    this.#columns = COLUMNS[table];
  }

  add(row: object): void {
    const record = row as Readonly<Record<string, Json | undefined>>;
    const values = this.#columns.map(([name, type]) => {
      const value = record[name] ?? null;
      return type === 'json' ? canonicalJson(value) : value;
    });
    this.#hash.update(`${JSON.stringify(values)}\n`);
  }

  /** In hexadecimal; more rows may follow. */
  value(): string {
    return this.#hash.copy().digest('hex');
  }
}

/** The digests of all tables of a board. */
export class TableDigests {
  readonly #tables = new Map<DigestedTable, TableDigest>();

  add(table: DigestedTable, row: object): void {
    this.#digestOf(table).add(row);
  }

  #digestOf(table: DigestedTable): TableDigest {
    const digest = this.#tables.get(table) ?? new TableDigest(table);
    this.#tables.set(table, digest);
    return digest;
  }

  /** One for each table; of an empty one it is the digest of nothing. */
  values(): TableDigestValues {
    const tables = Object.keys(COLUMNS) as DigestedTable[];
    return Object.fromEntries(tables.map(table => [table, this.#digestOf(table).value()])) as TableDigestValues;
  }
}

/** SHA-256 over the digests of all tables: two boards that have the same hold the same, whatever their names and databases. */
export function boardDigest(tables: TableDigestValues): string {
  const hash = createHash('sha256');
  for (const table of Object.keys(COLUMNS) as DigestedTable[]) hash.update(`${table} ${tables[table]}\n`);
  return hash.digest('hex');
}
