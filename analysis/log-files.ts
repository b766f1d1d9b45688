import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { errorOf } from '../board/core/errors.ts';
import { TABLE_NAMES, type TableName } from '../board/core/tables.ts';
import { quotedColumns, quoteIdentifier, selectFile } from '../board/duckdb.ts';
import { findFiles, folderOf, type TableFile } from './find-files.ts';
import { type LoadOptions, noRows, type RowCounts } from './load-progress.ts';
import { type LogStore, selectStored, storedTable } from './log-store.ts';

/** What a file was when it was looked at: one that was replaced is another. */
interface FileState {
  readonly bytes: number;
  readonly modified_ms: number;
}

/** A file, and the query for its rows. */
export interface FileRows extends TableFile {
  readonly select: string;
  readonly state: FileState;
}

/** What every event has. */
const ESSENTIAL = ['board_uid', 'sequence_id', 'event_type', 'task_id', 'timestamp'];

/** How often it is told how far a file is parsed. */
const WATCH_MS = 250;

/** How a look at files is taken. */
export interface FilesLookOptions extends LoadOptions {
  /** Whether the caller has opened a transaction. Default: each file is loaded in one of its own. */
  readonly isInTransaction?: boolean;
}

/**
 * The files of exported logs. Parquet is read where it lies, when it is asked; text is parsed once into the store, since it
 * would be parsed at every query.
 */
export class LogFiles {
  readonly #store: LogStore;
  readonly #paths: readonly string[];
  #files: readonly FileRows[] = [];

  constructor(store: LogStore, paths: readonly string[]) {
    this.#store = store;
    this.#paths = paths;
  }

  /** The files that were found at the last look: the same list where it found nothing new. */
  get files(): readonly FileRows[] {
    return this.#files;
  }

  /** Remembers which files were found; answers how to go back to that. */
  mark(): () => void {
    const files = this.#files;
    return () => {
      this.#files = files;
    };
  }

  /**
   * Looks which files there are, and loads those of text that are new or other ones than before; answers how many rows.
   *
   * @throws ValidationError (`invalid_source`) naming the file that cannot be read; the signal's reason
   */
  async look(options: FilesLookOptions = {}): Promise<RowCounts> {
    const rows = noRows();
    if (this.#paths.length === 0) return rows;
    const files: FileRows[] = [];
    for (const file of await findFiles(this.#paths)) {
      options.signal?.throwIfAborted();
      files.push(await this.#rowsOf(file, options, rows));
    }
    if (!isDeepStrictEqual(files, this.#files)) this.#files = files;
    return rows;
  }

  async #rowsOf(file: TableFile, options: FilesLookOptions, rows: RowCounts): Promise<FileRows> {
    const { table, path, format } = file;
    const { size: bytes, mtimeMs: modified_ms } = await stat(path);
    const found = { ...file, state: { bytes, modified_ms } };
    if (format === 'parquet') {
      const parquet = { ...found, select: selectFile(table, path, format) };
      if (!this.#files.some(known => isDeepStrictEqual(known, parquet)))
        await this.#check(file, parquet.select, options);
      return parquet;
    }
    const load = () => this.#load(found, options, rows);
    const part = await (options.isInTransaction ? load() : this.#store.transact(load));
    return { ...found, select: selectStored(table, [part]) };
  }

  /** Parses a file of text, unless it is in the store as it is now. */
  async #load(file: Omit<FileRows, 'select'>, options: LoadOptions, rows: RowCounts): Promise<number> {
    const { table, path, format } = file;
    const { part, state } = await this.#store.part<FileState>(`file ${table} ${resolve(path)}`);
    if (isDeepStrictEqual(state, file.state)) return part;
    await this.#store.remove(table, part);
    const insert = `INSERT INTO ${storedTable(table)} SELECT ${part}, ${quotedColumns(table)}`;
    const select = selectFile(table, path, format);
    const watch = this.#watch(table, rows[table], options);
    try {
      rows[table] += await asTable(file, options, this.#store.run(`${insert} FROM (${select})`));
    } finally {
      clearInterval(watch);
    }
    await this.#check(file, selectStored(table, [part]), options);
    await this.#store.setState(part, file.state);
    options.onProgress?.({ table, rows: rows[table], expected: null, share: null });
    return part;
  }

  /** Tells now and then how far a file is parsed. */
  #watch(table: TableName, rows: number, { onProgress }: LoadOptions): NodeJS.Timeout {
    return setInterval(() => {
      const { percentage } = this.#store.db.connection.progress;
      if (percentage > 0) onProgress?.({ table, rows, expected: null, share: percentage / 100 });
    }, WATCH_MS);
  }

  /** Text whose columns are other ones reads as rows of nothing, which would be reported on as if they were events. */
  async #check(file: TableFile, select: string, options: LoadOptions): Promise<void> {
    const lacks = ESSENTIAL.map(name => `${quoteIdentifier(name)} IS NULL`).join(' OR ');
    const sql = file.table === 'events' ? `SELECT 1 FROM (${select}) WHERE ${lacks} LIMIT 1` : `DESCRIBE ${select}`;
    const found = await asTable(file, options, this.#store.rows(sql));
    if (file.table !== 'events' || found.length === 0) return;
    const advice = 'give what `quadro export` wrote';
    throw errorOf('invalid_source', `${file.path} holds rows that are no events of Quadro: ${advice}`);
  }

  /**
   * The boards of the files, with the tables that are there for each: those in a folder with its events. A folder without events
   * has its tables for the boards they name.
   */
  async boards(): Promise<ReadonlyMap<string, ReadonlySet<TableName>>> {
    const boards = new Map<string, Set<TableName>>();
    for (const [, files] of Map.groupBy(this.#files, folderOf)) {
      const events = files.filter(({ table }) => table === 'events');
      for (const uid of await this.#boardsIn(events.length > 0 ? events : files)) {
        const tables = boards.get(uid) ?? new Set();
        for (const { table } of files) tables.add(table);
        boards.set(uid, tables);
      }
    }
    return boards;
  }

  async #boardsIn(files: readonly FileRows[]): Promise<readonly string[]> {
    const selects = files.map(({ select }) => `SELECT board_uid FROM (${select})`);
    const found = await this.#store.rows(`SELECT DISTINCT board_uid FROM (${selects.join(' UNION ALL ')})`);
    return found.map(([uid]) => String(uid));
  }

  /** Tables that some board of the files lacks: an answer over the others alone would look like the whole. */
  async absentTables(): Promise<ReadonlySet<TableName>> {
    if (this.#files.length === 0) return new Set();
    const isOneExport = new Set(this.#files.map(folderOf)).size === 1;
    const ofBoards = isOneExport ? [] : (await this.boards()).values();
    const sets = [new Set(this.#files.map(({ table }) => table)), ...ofBoards];
    return new Set(TABLE_NAMES.filter(table => sets.some(tables => !tables.has(table))));
  }
}

/** @throws ValidationError (`invalid_source`) with DuckDB's words, where a file does not hold its table */
async function asTable<Result>(file: TableFile, { signal }: LoadOptions, reading: Promise<Result>): Promise<Result> {
  return reading.catch((cause: unknown) => {
    signal?.throwIfAborted();
    const [line = ''] = String(cause instanceof Error ? cause.message : cause).split('\n');
    throw errorOf('invalid_source', `${file.path} does not hold the table ${file.table}: ${line}`, { cause });
  });
}
