import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { errorOf } from '../../board/core/errors.ts';
import type { BoardRecord } from '../../board/core/records.ts';
import { TABLE_NAMES, type TableName } from '../../board/core/tables.ts';
import {
  type DuckDb,
  type DuckDbOptions,
  openDuckDb,
  quoteLiteral,
  selectFile,
  TABLE_FORMATS,
  type TableFormat,
} from '../../board/duckdb.ts';
import { expectedRows, readTable, type TableSource } from '../../board/table-source.ts';
import { csvEncoder, ndjsonEncoder, type RowEncoder } from './encode-rows.ts';
import { eventLogFormatOf, exportEventLog } from './event-logs.ts';
import { StagedFiles } from './staged-files.ts';
import { type SqlExport, writeSql } from './write-sql.ts';

/** How far an export is. */
export interface ExportProgress {
  readonly table: TableName;
  /** Rows of the table read so far. */
  readonly rows: number;
  /** Rows it will have, where that is known before reading. */
  readonly expected: number | null;
}

/** What to export, where to, and how. */
export interface ExportOptions extends Pick<DuckDbOptions, 'memoryLimit' | 'tempDirectory'> {
  /**
   * A folder (made where absent); a single `.parquet`, `.ndjson` or `.csv` file for the events alone; or a log for other programs:
   * `.xes`, `.xes.gz` (IEEE 1849-2016), `.ocel.json` (OCEL 2.0).
   */
  to: string;
  /** Default: the file's ending; `parquet` for a folder. */
  format?: TableFormat;
  /** Default: every table the source has. Not for a single file. */
  tables?: readonly TableName[];
  /** Also writes SQL that opens what is exported, and asks it. Not with XES and OCEL. */
  withSql?: SqlExport;
  /** Stops the export; nothing appears under its name. */
  signal?: AbortSignal;
  onProgress?: (progress: ExportProgress) => void;
}

/** A file that an export wrote. */
export interface ExportedFile {
  /** Of a log for other programs: `events`. */
  readonly table: TableName;
  readonly path: string;
  /** Of a log for other programs: its events. */
  readonly rows: number;
}

interface Plan {
  readonly format: TableFormat;
  readonly folder: string;
  readonly files: readonly { readonly table: TableName; readonly path: string }[];
}

function planOf(source: TableSource, options: ExportOptions): Plan {
  const { to, format, tables } = options;
  const ending = TABLE_FORMATS.find(name => extname(to).toLowerCase() === `.${name}`);
  if (ending === undefined) {
    const wanted = tables ?? TABLE_NAMES.filter(table => !source.absentTables?.has(table));
    const used = format ?? 'parquet';
    return { format: used, folder: to, files: wanted.map(table => ({ table, path: join(to, `${table}.${used}`) })) };
  }
  const isEventsOnly = tables === undefined || tables.every(table => table === 'events');
  if (!isEventsOnly || (format !== undefined && format !== ending)) {
    throw errorOf(
      'invalid_configuration',
      `${to} is a single ${ending} file of events: name a folder for anything else`,
    );
  }
  return { format: ending, folder: dirname(to), files: [{ table: 'events', path: to }] };
}

/**
 * Writes a log to files: one a table, with every column of `TABLES`, or as XES or OCEL. Rows are streamed, so memory does not
 * follow the log's length; files appear under their names when all are whole. Parquet, XES and OCEL need the package
 * `@duckdb/node-api`.
 *
 * @throws ValidationError (`invalid_source`) where a wanted table is absent; ConfigurationError (`missing_package`,
 * `invalid_configuration`)
 * @example await exportLog(board, { to: 'log' }) // [{ table: 'events', path: 'log/events.parquet', rows: 2175 }, …]
 */
export async function exportLog(source: TableSource, options: ExportOptions): Promise<readonly ExportedFile[]> {
  const eventLog = eventLogFormatOf(options.to);
  const staged = new StagedFiles();
  try {
    const written = eventLog
      ? await exportEventLog(source, eventLog, options, staged)
      : await exportTables(source, options, staged);
    options.signal?.throwIfAborted();
    await staged.publish();
    return written;
  } finally {
    await staged.discard();
  }
}

async function exportTables(
  source: TableSource,
  options: ExportOptions,
  staged: StagedFiles,
): Promise<readonly ExportedFile[]> {
  const plan = planOf(source, options);
  await mkdir(plan.folder, { recursive: true });
  const board = await source.board();
  const duckdb = plan.format === 'parquet' ? await openDuckDb(options) : null;
  try {
    const written: ExportedFile[] = [];
    for (const { table, path } of plan.files) {
      const rows = await writeTable({ source, board, table, path, staged, duckdb, options, format: plan.format });
      written.push({ table, path, rows });
    }
    if (options.withSql) await writeSql(options.withSql, plan, staged);
    return written;
  } finally {
    await duckdb?.close();
  }
}

interface TableJob {
  readonly source: TableSource;
  readonly board: BoardRecord;
  readonly table: TableName;
  readonly path: string;
  readonly format: TableFormat;
  readonly staged: StagedFiles;
  readonly duckdb: DuckDb | null;
  readonly options: ExportOptions;
}

async function writeTable(job: TableJob): Promise<number> {
  const { table, board, path, staged, duckdb } = job;
  const temporary = staged.stage(path);
  if (duckdb === null) {
    const encoder = job.format === 'csv' ? csvEncoder(table, board) : ndjsonEncoder(table, board);
    return writeText(job, temporary, encoder);
  }
  const scratch = staged.scratch(`${path}.ndjson`);
  const rows = await writeText(job, scratch, ndjsonEncoder(table, board));
  await duckdb.connection.run(
    `COPY (${selectFile(table, scratch, 'ndjson')}) TO ${quoteLiteral(temporary)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  await rm(scratch, { force: true });
  return rows;
}

/** Text is gathered to pieces of this size before it is written. */
const WRITE_CHARACTERS = 1 << 20;

async function writeText(job: TableJob, path: string, encoder: RowEncoder): Promise<number> {
  const handle = await open(path, 'wx');
  try {
    return await writeRows(job, handle, encoder);
  } finally {
    await handle.close();
  }
}

async function writeRows(job: TableJob, handle: FileHandle, encoder: RowEncoder): Promise<number> {
  const { source, board, table, options } = job;
  const expected = expectedRows(table, board);
  let rows = 0;
  let text = encoder.header;
  for await (const page of readTable(source, table, board)) {
    options.signal?.throwIfAborted();
    for (const record of page) {
      text += encoder.line(record);
      if (text.length >= WRITE_CHARACTERS) {
        await handle.appendFile(text);
        text = '';
      }
    }
    rows += page.length;
    options.onProgress?.({ table, rows, expected });
  }
  await handle.appendFile(text);
  return rows;
}
