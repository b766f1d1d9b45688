import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { TABLES, type TableName } from '../columns.ts';
import type { DialectTraits } from '../dialect-traits.ts';
import { createTable, type IndexColumns } from './create-table.ts';

/** The tables of this schema and their indexes, in the order they are made. */
const FIRST_TABLES: readonly (readonly [table: TableName, ...indexes: IndexColumns[]])[] = [
  ['boards'],
  [
    'tasks',
    // Lists by status, the open tasks of a cycle, and the gauges: all in the order lists have.
    {
      name: 'tasks_by_status',
      columns: ['board_id', 'standing', 'status', 'priority', 'created_at', 'task_id'],
    },
  ],
  ['agents'],
  [
    'events',
    { name: 'events_by_task', columns: ['board_id', 'task_id', 'sequence_id'] },
    { name: 'events_by_agent', columns: ['board_id', 'agent_id', 'sequence_id'] },
  ],
  ['chief_cycles'],
  ['ombudsman_ticks'],
  ['flight_log', { name: 'flight_log_by_task', columns: ['board_id', 'task_id', 'entry_id'] }],
  ['profiles'],
  ['data_entries'],
  ['idempotency_keys', { name: 'idempotency_keys_by_age', columns: ['board_id', 'created_at'] }],
  ['task_types'],
];

/** The first schema: every table of spec.md's records, with the words of spec.md as columns. */
export function board0001(traits: DialectTraits): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const [name, ...indexes] of FIRST_TABLES) await createTable(db, traits, TABLES[name], indexes);
      for (const statement of traits.planStatements) await sql.raw(statement).execute(db);
    },
  };
}
