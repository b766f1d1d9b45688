import { errorOf } from '../board/core/errors.ts';
import { isTableName, type TableName } from '../board/core/tables.ts';
import type { DuckDb } from '../board/duckdb.ts';

/** Views that are made of a table and are empty without it. */
const MADE_OF: Readonly<Record<string, TableName>> = {
  flight_plans: 'tasks',
  sleeps: 'chief_cycles',
  routes: 'profiles',
  profile_edges: 'profiles',
  review_statuses: 'profiles',
  review_decisions: 'profiles',
  reworks: 'profiles',
  usage_entries: 'flight_log',
  stage_costs: 'flight_log',
  authored_decisions: 'profiles',
  cycles: 'chief_cycles',
  chief_lives: 'chief_cycles',
  chief_windows: 'chief_cycles',
  streaks: 'chief_cycles',
};

/** Why a log without this table cannot answer. */
export function absentReason(table: TableName): string {
  return `The log has no ${table} table: it was not exported with the events.`;
}

/** Why a log whose table is there but empty cannot answer; absent: an empty answer is right. */
export const EMPTY_REASONS: Readonly<Partial<Record<TableName, string>>> = {
  chief_cycles:
    'The log has no Chief cycles: no Chief of Quadro has run on this board (the reference implementation keeps none in its log).',
  flight_log: 'The log has no flight-log entries: no worker has recorded what its work used.',
  profiles:
    'The log has no lifecycle profiles: which steps are legal, and which statuses decide a review, is not known.',
  ombudsman_ticks:
    'The log has no Ombudsman ticks: no Ombudsman of Quadro has run on this board (the reference implementation keeps none in its log).',
};

function tablesIn(node: unknown, found: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  if ('type' in node && node.type === 'BASE_TABLE' && 'table_name' in node) found.add(String(node.table_name));
  for (const value of Object.values(node)) tablesIn(value, found);
}

/**
 * Refuses a query over a table the source lacks, where an empty answer would look like a fact.
 *
 * @throws ValidationError (`invalid_source`)
 */
export async function checkTablesPresent(db: DuckDb, query: string, absent: ReadonlySet<TableName>): Promise<void> {
  if (absent.size === 0) return;
  const reader = await db.connection.runAndReadAll('SELECT json_serialize_sql(CAST($1 AS VARCHAR))', [query]);
  const names = new Set<string>();
  tablesIn(JSON.parse(String(reader.getRows()[0]?.[0] ?? 'null')), names);
  for (const name of names) {
    const view = name.replace(/^log_/, '');
    const table = isTableName(view) ? view : MADE_OF[name];
    if (table !== undefined && absent.has(table)) throw errorOf('invalid_source', absentReason(table));
  }
}
