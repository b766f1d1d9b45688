/**
 * Statistics of a large board, index → rows and rows a prefix of its columns leaves. Without any, SQLite's planner walks a
 * whole board by its key where an index would find a handful of rows; `ANALYZE` replaces these with the board's own.
 * https://sqlite.org/fileformat2.html#stat1tab
 */
const STATISTICS: readonly (readonly [table: string, index: string, stat: string])[] = [
  ['tasks', 'tasks', '1000000 1000000 1'],
  ['tasks', 'tasks_by_status', '1000000 1000000 100000 10000 1000 2 1'],
  ['events', 'events', '10000000 10000000 1'],
  ['events', 'events_by_task', '10000000 10000000 15 1'],
  ['events', 'events_by_agent', '10000000 10000000 20000 1'],
  ['flight_log', 'flight_log', '1000000 1000000 1'],
  ['flight_log', 'flight_log_by_task', '1000000 1000000 10 1'],
];

/** Statements that give the planner {@link STATISTICS}. */
export const PLAN_STATEMENTS: readonly string[] = [
  'analyze sqlite_schema',
  ...STATISTICS.map(
    ([table, index, stat]) => `insert into sqlite_stat1 (tbl, idx, stat) values ('${table}', '${index}', '${stat}')`,
  ),
  'analyze sqlite_schema',
];
