import { errorOf } from '../board/core/errors.ts';
import { TABLES, type TableName } from '../board/core/tables.ts';
import { quotedColumns, quoteIdentifier } from '../board/duckdb.ts';
import type { FileRows } from './log-files.ts';
import type { LogStore } from './log-store.ts';

/** How rows of one table in several files come together. */
interface Merge {
  /** What tells two rows apart, beside the board. */
  readonly key: readonly string[];
  /** Of rows that are replaced: what the newest has most of. Absent: rows never change, so two of one key must be the same. */
  readonly newest?: readonly string[];
}

const MERGES: Readonly<Record<TableName, Merge>> = {
  events: { key: ['sequence_id'] },
  chief_cycles: { key: ['sequence_id'] },
  ombudsman_ticks: { key: ['sequence_id'] },
  flight_log: { key: ['entry_id'] },
  profiles: { key: ['profile', 'profile_version'] },
  tasks: { key: ['task_id'], newest: ['updated_at'] },
  agents: { key: ['agent_id'], newest: ['last_seen_at'] },
  boards: { key: [], newest: ['next_sequence_id', 'last_timestamp'] },
};

function keyOf(table: TableName): readonly string[] {
  return ['board_uid', ...MERGES[table].key].map(quoteIdentifier);
}

/** The rows of all files, each with the number of its file. */
function numbered(files: readonly FileRows[]): string {
  return files.map(({ select }, index) => `SELECT ${index} AS file, * FROM (${select})`).join(' UNION ALL ');
}

/** Rows whose key is in several files, with the first of them. */
function repeated(table: TableName): string {
  return `SELECT ${keyOf(table).join(', ')}, min(file) AS first_file FROM files GROUP BY ALL HAVING min(file) <> max(file)`;
}

async function isRepeated(store: LogStore, table: TableName, files: readonly FileRows[]): Promise<boolean> {
  const [number, ...others] = MERGES[table].key;
  // A log's rows are numbered, so that ranges mostly tell, at the price of two columns.
  const isLog = MERGES[table].newest === undefined && others.length === 0;
  if (isLog && number !== undefined && (await areApart(store, number, files))) return false;
  const sql = `WITH files AS (${numbered(files)}) SELECT 1 FROM (${repeated(table)}) LIMIT 1`;
  return (await store.rows(sql)).length > 0;
}

/** Whether no two files hold numbers of one board in ranges that overlap. */
async function areApart(store: LogStore, number: string, files: readonly FileRows[]): Promise<boolean> {
  const column = quoteIdentifier(number);
  const sql = `WITH ranges AS (
      SELECT file, board_uid, min(${column}) AS low, max(${column}) AS high FROM (${numbered(files)}) GROUP BY ALL
    ), neighbours AS (SELECT low, lag(high) OVER (PARTITION BY board_uid ORDER BY low, high) AS before FROM ranges)
    SELECT 1 FROM neighbours WHERE low <= before LIMIT 1`;
  return (await store.rows(sql)).length === 0;
}

/** @throws ValidationError (`invalid_source`) where two files say different things of one row of a log */
async function refuseConflicts(store: LogStore, table: TableName, files: readonly FileRows[]): Promise<void> {
  const key = keyOf(table).join(', ');
  // JSON is compared as DuckDB writes it, since one file may have spaces where another has none.
  const values = TABLES[table].map(({ name, type }) => {
    const column = quoteIdentifier(name);
    return type === 'json' ? `json(${column}) AS ${column}` : column;
  });
  const sql = `WITH files AS (${numbered(files)}), repeats AS (${repeated(table)}), said AS (
      SELECT ${values.join(', ')}, min(file) AS file FROM files SEMI JOIN repeats USING (${key}) GROUP BY ALL
    ) SELECT min(file), max(file), ${key} FROM said GROUP BY ${key} HAVING count(*) > 1 ORDER BY ${key} LIMIT 1`;
  const [conflict] = await store.rows(sql);
  if (conflict === undefined) return;
  const [first, second, board, ...rest] = conflict;
  const [one, other] = [first, second].map(file => files[Number(file)]?.path);
  throw errorOf(
    'invalid_source',
    `${one} and ${other} say different things of row ${rest.join(' ')} of ${table} of board ${board}: take one of them out`,
    { details: { board_uid: String(board), table, files: [one, other] } },
  );
}

/**
 * The query for the rows of a table in several files, each row once. Rows of a log that are in several files must be the same
 * there; of tasks, agents and boards, which are replaced, the newest row counts, and of two as new the one of the later file.
 * Null where no row is in two files.
 *
 * @throws ValidationError (`invalid_source`) where files say different things of one row of a log
 */
export async function mergedRows(
  store: LogStore,
  table: TableName,
  files: readonly FileRows[],
): Promise<string | null> {
  if (files.length < 2 || !(await isRepeated(store, table, files))) return null;
  const { newest } = MERGES[table];
  const [columns, key] = [quotedColumns(table), keyOf(table).join(', ')];
  if (newest !== undefined) {
    const order = [...newest, 'file'].map(name => `${quoteIdentifier(name)} DESC`).join(', ');
    return `SELECT ${columns} FROM (${numbered(files)}) QUALIFY row_number() OVER (PARTITION BY ${key} ORDER BY ${order}) = 1`;
  }
  await refuseConflicts(store, table, files);
  return `WITH files AS (${numbered(files)}), repeats AS (${repeated(table)})
    SELECT ${columns} FROM files LEFT JOIN repeats USING (${key}) WHERE first_file IS NULL OR first_file = file`;
}
