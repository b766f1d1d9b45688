import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { TABLES, type TableColumns } from '../columns.ts';
import type { DialectTraits, SqlTypes } from '../dialect-traits.ts';

const NULLABLE: ReadonlySet<string> = new Set([
  'imported_until',
  'assigned_to',
  'output',
  'continuation_token',
  'heartbeat_at',
  'context_snapshot_hash',
  'max_heartbeat_gap_us',
  'last_heartbeat_at',
  'finished_at',
  'finished_sequence_id',
  'parent_task_id',
  'origin_task_id',
  'scope',
  'traceparent',
  'trace_relation',
  'archived_at',
  'entered_cycle_id',
  'current_task_id',
  'version',
  'previous_slept_at',
  'error',
]);

/** Columns of an event that may be null: all but what every event has. */
const EVENT_REQUIRED: ReadonlySet<string> = new Set([
  'board_id',
  'sequence_id',
  'event_type',
  'task_id',
  'payload',
  'timestamp',
  'task_type',
  'profile',
]);

/** Texts of any length; every other text is an id or a word and can be indexed. */
const LONG_TEXT: ReadonlySet<string> = new Set([
  'label',
  'output',
  'error',
  'continuation_token',
  'traceparent',
  'name',
]);

function isNullable(table: TableColumns, column: string): boolean {
  return table.name === 'events' ? !EVENT_REQUIRED.has(column) : NULLABLE.has(column);
}

function columnType(types: SqlTypes, table: TableColumns, column: string): string {
  const kind = table.kinds[column] ?? 'text';
  return kind === 'text' && LONG_TEXT.has(column) ? types.longText : types[kind];
}

async function createTable(db: Kysely<unknown>, types: SqlTypes, table: TableColumns): Promise<void> {
  let builder: CreateTableBuilder<string, string> = db.schema.createTable(table.name);
  for (const column of table.columns) {
    const type = sql.raw<unknown>(columnType(types, table, column));
    builder = builder.addColumn(column, type, each => (isNullable(table, column) ? each : each.notNull()));
  }
  builder = builder.addPrimaryKeyConstraint(`${table.name}_key`, [...table.key]);
  if (types.clusteredTableSuffix !== '') builder = builder.modifyEnd(sql.raw(types.clusteredTableSuffix));
  await builder.execute();
}

const INDEXES: readonly { readonly name: string; readonly table: string; readonly columns: readonly string[] }[] = [
  // Lists by status, the open tasks of a cycle, and the gauges: all in the order lists have.
  {
    name: 'tasks_by_status',
    table: 'tasks',
    columns: ['board_id', 'standing', 'status', 'priority', 'created_at', 'task_id'],
  },
  { name: 'events_by_task', table: 'events', columns: ['board_id', 'task_id', 'sequence_id'] },
  { name: 'events_by_agent', table: 'events', columns: ['board_id', 'agent_id', 'sequence_id'] },
  { name: 'flight_log_by_task', table: 'flight_log', columns: ['board_id', 'task_id', 'entry_id'] },
  { name: 'idempotency_keys_by_age', table: 'idempotency_keys', columns: ['board_id', 'created_at'] },
];

/** The first schema: every table of spec.md's records, with the words of spec.md as columns. */
export function board0001({ types, planStatements }: DialectTraits): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const table of Object.values(TABLES)) await createTable(db, types, table);
      for (const index of INDEXES) {
        await db.schema
          .createIndex(index.name)
          .on(index.table)
          .columns([...index.columns])
          .execute();
      }
      for (const statement of planStatements) await sql.raw(statement).execute(db);
    },
  };
}
