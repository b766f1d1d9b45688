import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { TABLE_NAMES, TABLES, type TableName } from '../../board/core/tables.ts';
import { DUCKDB_TYPES, quoteIdentifier, selectFile, type TableFormat } from '../../board/duckdb.ts';
import type { StagedFiles } from './staged-files.ts';

/** SQL to be written beside an export. */
export interface SqlExport {
  /** The folder; made where absent. */
  readonly to: string;
  /** What to write, as `sqlFiles` of `quadro/analysis` gives it. */
  readonly files: readonly SqlText[];
}

/** A file of SQL. */
export interface SqlText {
  /** Without its ending. */
  readonly name: string;
  readonly sql: string;
  /** The tables without which it has no answer. */
  readonly needs: readonly TableName[];
  /** Whether it makes views that the others stand on: these go into the file that opens the log, in this order. */
  readonly isViews: boolean;
}

/** What was exported. */
interface Exported {
  readonly format: TableFormat;
  readonly files: readonly { readonly table: TableName; readonly path: string }[];
}

/**
 * Writes `open.sql`, which makes the exported files known to DuckDB and the views upon them, and a file for each analysis that
 * they can answer: where a table was not exported an empty answer would look like a fact.
 */
export async function writeSql({ to, files }: SqlExport, exported: Exported, staged: StagedFiles): Promise<void> {
  await mkdir(to, { recursive: true });
  const present = new Set(exported.files.map(({ table }) => table));
  const views = files.filter(({ isViews }) => isViews).map(({ sql }) => sql);
  const write = (name: string, sql: string): Promise<void> => writeFile(staged.stage(join(to, `${name}.sql`)), sql);
  await write('open', [head(exported, files, present), ...tablesOf(to, exported), '', ...views].join('\n'));
  for (const { name, sql, needs, isViews } of files) {
    if (!isViews && needs.every(table => present.has(table))) await write(name, sql);
  }
}

function head({ files }: Exported, all: readonly SqlText[], present: ReadonlySet<TableName>): string {
  const left = all.filter(({ needs, isViews }) => !isViews && !needs.every(table => present.has(table)));
  const absent = TABLE_NAMES.filter(table => !present.has(table));
  const note = [
    ...(absent.length > 0 ? [`-- Not exported, and without rows here: ${absent.join(', ')}.`] : []),
    ...(left.length > 0
      ? [`-- Analyses left out, since they need these: ${left.map(({ name }) => name).join(', ')}.`]
      : []),
  ];
  return `-- Opens the exported log (${files.length} ${files.length === 1 ? 'table' : 'tables'}) in DuckDB, in this folder:
--
--   duckdb
--   .read open.sql
--   .read dwell-by-status.sql
--
-- Started elsewhere, DuckDB finds the files after SET file_search_path = 'PATH OF THIS FOLDER'.
${note.map(line => `${line}\n`).join('')}SET TimeZone = 'UTC';
`;
}

/** Parquet is read where it lies; text is parsed once, or every query would parse it. */
function tablesOf(folder: string, { format, files }: Exported): readonly string[] {
  return TABLE_NAMES.map(table => {
    const file = files.find(each => each.table === table);
    const name = quoteIdentifier(`log_${table}`);
    if (file === undefined) {
      const columns = TABLES[table].map(column => `${quoteIdentifier(column.name)} ${DUCKDB_TYPES[column.type]}`);
      return `CREATE OR REPLACE TABLE ${name} (${columns.join(', ')});`;
    }
    const path = relative(resolve(folder), resolve(file.path)).replaceAll(sep, '/');
    const made = format === 'parquet' ? 'VIEW' : 'TABLE';
    return `CREATE OR REPLACE ${made} ${name} AS\n${selectFile(table, path, format)};`;
  });
}
