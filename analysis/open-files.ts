import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { errorOf } from '../board/core/errors.ts';
import { TABLE_NAMES, type TableName } from '../board/core/tables.ts';
import { type DuckDb, selectFile, TABLE_FORMATS, type TableFormat } from '../board/duckdb.ts';
import { createLogTable, logTable } from './load-tables.ts';

/** A file that holds one exported table. */
interface TableFile {
  readonly table: TableName;
  readonly path: string;
  readonly format: TableFormat;
}

const FORMATS_TEXT = TABLE_FORMATS.map(format => `.${format}`).join(', ');

function formatOf(path: string): TableFormat | undefined {
  return TABLE_FORMATS.find(format => extname(path).toLowerCase() === `.${format}`);
}

async function findFiles(path: string): Promise<readonly TableFile[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw errorOf('invalid_source', `There is no ${path}: name an exported folder or a file of events`, { cause });
  });
  if (!found.isDirectory()) {
    const format = formatOf(path);
    if (format !== undefined) return [{ table: 'events', path, format }];
    throw errorOf('invalid_source', `${path} is no exported log: a file of events ends in ${FORMATS_TEXT}`);
  }
  const names = new Set(await readdir(path));
  const files = TABLE_NAMES.flatMap(table => {
    const format = TABLE_FORMATS.find(each => names.has(`${table}.${each}`));
    return format === undefined ? [] : [{ table, path: join(path, `${table}.${format}`), format }];
  });
  if (files.some(({ table }) => table === 'events')) return files;
  throw errorOf('invalid_source', `${path} is no exported log: it has no events file (${FORMATS_TEXT})`);
}

/**
 * Makes the tables of an exported log known to DuckDB: a Parquet file as a view, read when asked; text files as tables,
 * since they would be parsed at every query. Answers which tables the log lacks; those are there without rows.
 *
 * @throws ValidationError (`invalid_source`) naming the file that cannot be read
 */
export async function openFiles(db: DuckDb, path: string): Promise<ReadonlySet<TableName>> {
  const files = await findFiles(path);
  for (const { table, path: file, format } of files) {
    const made = format === 'parquet' ? 'VIEW' : 'TABLE';
    const sql = `CREATE OR REPLACE ${made} ${logTable(table)} AS ${selectFile(table, file, format)}`;
    await db.connection.run(sql).catch((cause: unknown) => {
      const [line = ''] = String(cause instanceof Error ? cause.message : cause).split('\n');
      throw errorOf('invalid_source', `${file} does not hold the table ${table}: ${line}`, { cause });
    });
  }
  await refuseOtherRows(db, path);
  const present = new Set(files.map(({ table }) => table));
  const absent = TABLE_NAMES.filter(table => !present.has(table));
  for (const table of absent) await createLogTable(db, table);
  return new Set(absent);
}

/** Text whose columns are other ones reads as rows of nothing, which would be reported on as if they were events. */
async function refuseOtherRows(db: DuckDb, path: string): Promise<void> {
  const sql = `SELECT 1 FROM ${logTable('events')}
    WHERE board_uid IS NULL OR sequence_id IS NULL OR event_type IS NULL OR task_id IS NULL OR "timestamp" IS NULL LIMIT 1`;
  const found = await db.connection.runAndReadAll(sql);
  if (found.currentRowCount === 0) return;
  throw errorOf('invalid_source', `${path} holds rows that are no events of Quadro: give what \`quadro export\` wrote`);
}
