import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorOf } from '../../board/core/errors.ts';
import type { BoardRecord } from '../../board/core/records.ts';
import type { TableName } from '../../board/core/tables.ts';
import { expectedRows, type TableSource } from '../../board/table-source.ts';
import type { ExportedFile, ExportOptions } from './export-log.ts';
import { LoadedLog } from './loaded-log.ts';
import { OCEL_TABLES, ocelTexts } from './ocel.ts';
import type { StagedFiles } from './staged-files.ts';
import { writeTextFile } from './text-file.ts';
import { XES_TABLES, xesTexts } from './xes.ts';

type Counted = (events: number) => void;

/** A log that other programs read, in one file. */
export interface EventLogFormat {
  readonly name: string;
  readonly ending: RegExp;
  readonly gzip: boolean;
  readonly tables: readonly TableName[];
  texts(log: LoadedLog, board: BoardRecord, counted: Counted): AsyncIterable<string>;
}

const XES = { name: 'XES', tables: XES_TABLES, texts: xesTexts };

const FORMATS: readonly EventLogFormat[] = [
  { ...XES, ending: /\.xes$/i, gzip: false },
  { ...XES, ending: /\.xes\.gz$/i, gzip: true },
  {
    name: 'OCEL',
    ending: /\.ocel\.json$/i,
    gzip: false,
    tables: OCEL_TABLES,
    texts: (log, _, counted) => ocelTexts(log, counted),
  },
];

/** The format that a file's ending names, where it is one of these. */
export function eventLogFormatOf(path: string): EventLogFormat | undefined {
  return FORMATS.find(({ ending }) => ending.test(path));
}

/**
 * Writes a log as one of these. Its rows go through a DuckDB file beside it, in which they are put in the order that is wanted.
 *
 * @throws ConfigurationError (`missing_package`, `invalid_configuration`)
 */
export async function exportEventLog(
  source: TableSource,
  format: EventLogFormat,
  options: ExportOptions,
  staged: StagedFiles,
): Promise<readonly ExportedFile[]> {
  const { to, signal, onProgress } = options;
  if (options.tables !== undefined || options.format !== undefined || options.withSql !== undefined) {
    const why = `${format.name} is one log in one file: tables, format and withSql are for tables`;
    throw errorOf('invalid_configuration', `${to}: ${why}`);
  }
  await mkdir(dirname(to), { recursive: true });
  const board = await source.board();
  const onRows = (table: TableName, rows: number): void =>
    onProgress?.({ table, rows, expected: expectedRows(table, board) });
  const log = await LoadedLog.open({
    ...options,
    source,
    board,
    tables: format.tables,
    scratch: staged.scratch(`${to}.duckdb`),
    onRows,
  });
  try {
    let rows = 0;
    const counted = (events: number): void => {
      rows = events;
      signal?.throwIfAborted();
      onProgress?.({ table: 'events', rows, expected: null });
    };
    const { gzip } = format;
    await writeTextFile(staged.stage(to), format.texts(log, board, counted), { gzip, signal });
    return [{ table: 'events', path: to, rows }];
  } finally {
    await log.close();
  }
}
