import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import type { TableColumns } from '../columns.ts';
import type { DialectTraits } from '../dialect-traits.ts';

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
  'holder',
]);

/** Columns of an event that may not be null: all that every event has. */
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
  'context_snapshot_hash',
  'traceparent',
  'name',
  'a2a_url',
  'version',
]);

function isNullable(table: TableColumns, column: string): boolean {
  return table.name === 'events' ? !EVENT_REQUIRED.has(column) : NULLABLE.has(column);
}

function columnType({ types }: DialectTraits, table: TableColumns, column: string): string {
  const kind = table.kinds[column] ?? 'text';
  return kind === 'text' && LONG_TEXT.has(column) ? types.longText : types[kind];
}

/** An index of a table that a migration makes. */
export interface IndexColumns {
  readonly name: string;
  readonly columns: readonly string[];
}

/**
 * Makes a table and its indexes where they are not there yet: a database without transactions for its schema may have been
 * left half-way by a process that was killed.
 */
export async function createTable(
  db: Kysely<unknown>,
  traits: DialectTraits,
  table: TableColumns,
  indexes: readonly IndexColumns[] = [],
): Promise<void> {
  let builder: CreateTableBuilder<string, string> = db.schema.createTable(table.name).ifNotExists();
  for (const column of table.columns) {
    const type = sql.raw<unknown>(columnType(traits, table, column));
    builder = builder.addColumn(column, type, each => (isNullable(table, column) ? each : each.notNull()));
  }
  builder = builder.addPrimaryKeyConstraint(`${table.name}_key`, [...table.key]);
  // Where an index cannot be made only if it is missing, it is made with its table, in one statement.
  if (traits.indexesWithTable) {
    for (const { name, columns } of indexes) builder = builder.addIndex(name, [...columns]);
  }
  const suffix = traits.tableSuffix(table.name);
  if (suffix !== '') builder = builder.modifyEnd(sql.raw(suffix));
  await builder.execute();
  if (traits.indexesWithTable) return;
  for (const { name, columns } of indexes) {
    await db.schema
      .createIndex(name)
      .ifNotExists()
      .on(table.name)
      .columns([...columns])
      .execute();
  }
}
