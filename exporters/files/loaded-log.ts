import { rm } from 'node:fs/promises';
import type { DuckDBValue } from '@duckdb/node-api';
import type { BoardRecord } from '../../board/core/records.ts';
import type { TableName } from '../../board/core/tables.ts';
import { type DuckDb, type DuckDbOptions, openDuckDb, quoteLiteral } from '../../board/duckdb.ts';
import { loadTables } from '../../board/load-tables.ts';
import type { TableSource } from '../../board/table-source.ts';

/** What is loaded, and how it is bounded. */
export interface LoadedLogOptions extends Pick<DuckDbOptions, 'memoryLimit' | 'tempDirectory'> {
  readonly source: TableSource;
  readonly board: BoardRecord;
  readonly tables: readonly TableName[];
  /** Where the rows lie meanwhile. */
  readonly scratch: string;
  readonly signal?: AbortSignal | undefined;
  readonly onRows?: (table: TableName, rows: number) => void;
}

/**
 * The tables `log_events`, … of a log in a DuckDB file of their own, to be read in another order than the log's: sorting and
 * joining spill to disk, so memory does not follow the log's length.
 */
export class LoadedLog {
  readonly #db: DuckDb;
  readonly #scratch: string;

  private constructor(db: DuckDb, scratch: string) {
    this.#db = db;
    this.#scratch = scratch;
  }

  static async open(options: LoadedLogOptions): Promise<LoadedLog> {
    const log = new LoadedLog(await openDuckDb(options), options.scratch);
    try {
      await log.#db.connection.run(`ATTACH ${quoteLiteral(options.scratch)} AS scratch; USE scratch`);
      await loadTables(log.#db, options);
      return log;
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  /** The rows of a query as they come, some at a time. */
  async *chunks(sql: string): AsyncGenerator<readonly (readonly DuckDBValue[])[]> {
    // A connection of its own: another query on the same one would end the stream.
    const connection = await this.#db.instance.connect();
    try {
      await connection.run('USE scratch');
      const result = await connection.stream(sql);
      yield* result.yieldRows();
    } finally {
      connection.closeSync();
    }
  }

  /** The rows of a query one by one. */
  async *rows(sql: string): AsyncGenerator<readonly DuckDBValue[]> {
    for await (const chunk of this.chunks(sql)) yield* chunk;
  }

  /** Releases everything, and removes the file. */
  async close(): Promise<void> {
    await this.#db.close();
    for (const path of [this.#scratch, `${this.#scratch}.wal`]) await rm(path, { force: true });
  }
}
