import { errorOf } from '../board/core/errors.ts';
import { TABLE_NAMES, type TableName } from '../board/core/tables.ts';
import { type DuckDb, quoteIdentifier, selectFile } from '../board/duckdb.ts';
import type { TableSource } from '../board/table-source.ts';
import { BoardPart } from './board-part.ts';
import type { TableFile } from './find-files.ts';
import { type LoadOptions, noRows, type RowCounts } from './load-progress.ts';
import { type FileRows, LogFiles } from './log-files.ts';
import { LogStore, selectStored } from './log-store.ts';
import { mergedRows } from './merge-files.ts';

/** What can be opened: boards, and exported logs by the paths of their folders or files, or by patterns for them. */
export type LogSources = readonly (TableSource | string)[];

/** How sources are opened. */
export interface OpenLogOptions extends LoadOptions {
  /**
   * Keeps loaded rows in this file instead of in memory: who opens the same sources with it again reads what is new. One process
   * at a time may have it open.
   */
  readonly databaseFile?: string;
}

/** The DuckDB table or view of an exported table; the base views are built on these. */
export function logTable(table: TableName): string {
  return quoteIdentifier(`log_${table}`);
}

/**
 * Makes the tables of all sources known to DuckDB as one log: the views `log_events`, `log_tasks`, …
 *
 * @throws ValidationError (`invalid_source`) naming what cannot be read; StorageError and ConfigurationError of the database file;
 * the signal's reason
 */
export async function openLog(db: DuckDb, sources: LogSources, options: OpenLogOptions = {}): Promise<OpenedLog> {
  if (sources.length === 0)
    throw errorOf('invalid_source', 'There is nothing to open: give a board or an exported log');
  // How far a statement is can be asked only where DuckDB keeps count of it.
  await db.connection.run('SET enable_progress_bar = true; SET enable_progress_bar_print = false');
  const store = await LogStore.open(db, options.databaseFile);
  store.stopAt(options.signal);
  const boards: BoardPart[] = [];
  for (const source of sources) {
    if (typeof source === 'string') continue;
    const board = await store.transact(() => BoardPart.open(store, source));
    if (boards.some(({ boardUid }) => boardUid === board.boardUid)) throw twice(board.boardUid);
    boards.push(board);
  }
  const paths = sources.filter(source => typeof source === 'string');
  const log = new OpenedLog(store, boards, new LogFiles(store, paths));
  await log.open(options);
  store.stopAt(undefined);
  return log;
}

function twice(boardUid: string): Error {
  return errorOf(
    'invalid_source',
    `Two of the sources are the board ${boardUid}: a board has all of its log, so give it once`,
  );
}

/** How the rows of a table are put together. */
interface TableView {
  readonly table: TableName;
  /** The rows of files that hold some of them twice; null where none do. */
  readonly merged: string | null;
  readonly select: string;
}

/** The sources of a log, as far as they were looked at. */
export class OpenedLog {
  readonly #store: LogStore;
  readonly #boards: readonly BoardPart[];
  readonly #files: LogFiles;
  #absent: ReadonlySet<TableName> = new Set();

  constructor(store: LogStore, boards: readonly BoardPart[], files: LogFiles) {
    this.#store = store;
    this.#boards = boards;
    this.#files = files;
  }

  /** Tables that some source lacks; they are there, with the rows of the others. */
  get absentTables(): ReadonlySet<TableName> {
    return this.#absent;
  }

  /** The first look: what it has loaded stays where it is stopped, and the next one goes on from there. */
  async open(options: LoadOptions): Promise<void> {
    await this.#files.look(options);
    for (const board of this.#boards) await board.look(options);
    await this.#makeViews(await this.#plan());
  }

  /**
   * Reads what is new, and answers how many rows that was. Where it fails or is stopped, nothing has changed.
   *
   * @throws as {@link openLog}
   */
  async refresh(options: LoadOptions): Promise<{ readonly rows: RowCounts; readonly hasChanged: boolean }> {
    this.#store.stopAt(options.signal);
    const undo = [...this.#boards.map(board => board.mark()), this.#files.mark()];
    const { files } = this.#files;
    const look = { ...options, isInTransaction: true };
    const rows = noRows();
    let views: readonly TableView[] = [];
    try {
      await this.#store.transact(async () => {
        addTo(rows, await this.#files.look(look));
        for (const board of this.#boards) addTo(rows, await board.look(look));
        if (this.#files.files !== files) views = await this.#plan();
      });
    } catch (error) {
      for (const each of undo) each();
      throw error;
    } finally {
      this.#store.stopAt(undefined);
    }
    // What is new is there now, and nothing stops the views on their way to it.
    await this.#makeViews(views);
    return { rows, hasChanged: this.#files.files !== files || Object.values(rows).some(count => count > 0) };
  }

  /** Finds out how the tables are to be put together; whatever the sources can be refused for is found here. */
  async #plan(): Promise<readonly TableView[]> {
    await this.#refuseBoardsTwice();
    const parts = this.#boards.map(({ part }) => part);
    const views: TableView[] = [];
    for (const table of TABLE_NAMES) {
      const files = this.#files.files.filter(file => file.table === table);
      const merged = await mergedRows(this.#store, table, files);
      const ofFiles = merged === null ? selectFiles(table, files) : [`SELECT * FROM ${mergedTable(table)}`];
      const ofBoards = parts.length > 0 || ofFiles.length === 0 ? [selectStored(table, parts)] : [];
      views.push({ table, merged, select: [...ofBoards, ...ofFiles].join(' UNION ALL ') });
    }
    return views;
  }

  async #makeViews(views: readonly TableView[]): Promise<void> {
    for (const { table, merged, select } of views) {
      // Once, since every query would compare all rows anew.
      if (merged !== null) await this.#store.run(`CREATE OR REPLACE TABLE ${mergedTable(table)} AS ${merged}`);
      await this.#store.run(`CREATE OR REPLACE VIEW ${logTable(table)} AS ${select}`);
    }
    const ofBoards = this.#boards.flatMap(({ tables }) => TABLE_NAMES.filter(table => !tables.includes(table)));
    this.#absent = new Set([...ofBoards, ...(await this.#files.absentTables())]);
  }

  async #refuseBoardsTwice(): Promise<void> {
    if (this.#boards.length === 0 || this.#files.files.length === 0) return;
    const known = await this.#files.boards();
    for (const { boardUid } of this.#boards) if (known.has(boardUid)) throw twice(boardUid);
  }
}

function mergedTable(table: TableName): string {
  return quoteIdentifier(`merged_${table}`);
}

/** Parquet files of a table are one scan, files of text one query of the store. */
function selectFiles(table: TableName, files: readonly FileRows[]): readonly string[] {
  const parquet = files.filter(({ format }: TableFile) => format === 'parquet').map(({ path }) => path);
  const texts = files.filter(({ format }) => format !== 'parquet').map(({ select }) => select);
  return [...(parquet.length > 0 ? [selectFile(table, parquet, 'parquet')] : []), ...texts];
}

function addTo(total: RowCounts, counts: RowCounts): void {
  for (const table of TABLE_NAMES) total[table] += counts[table];
}
