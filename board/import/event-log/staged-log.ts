import { tmpdir } from 'node:os';
import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { errorOf } from '../../core/errors.ts';
import { type DuckDb, openDuckDb } from '../../duckdb.ts';
import type { LogRow } from './log-row.ts';
import { DIGEST_SQL, placingSql, STAGED_COLUMNS } from './staging-sql.ts';

/** DuckDB's own vectors hold this many rows. */
const CHUNK_ROWS = 2048;

/** Rows go in when so many characters of payloads wait, however few they are. */
const CHUNK_CHARACTERS = 8 * 1_048_576;

/** What ordering may take in memory; the rest is on disk, under the system's temporary folder. */
const MEMORY_LIMIT = '1GB';

/** Each thread holds memory of its own: more of them would need more of it. */
const THREADS = 2;

/**
 * The rows of a log between reading and writing, in a database of their own: it orders and chains them in bounded memory. Needs
 * the package `@duckdb/node-api`.
 */
export class StagedLog {
  readonly #db: DuckDb;
  readonly #signal: AbortSignal | undefined;
  readonly #interrupt = () => this.#db.connection.interrupt();
  #waiting: DuckDBValue[][] = [];
  #waitingCharacters = 0;
  #rows = 0;
  #hasPhases = false;
  #caseAttributes: LogRow['case_attributes'] = null;

  private constructor(db: DuckDb, signal: AbortSignal | undefined) {
    this.#db = db;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#interrupt);
  }

  /** @throws ConfigurationError (`missing_package`) */
  static async open(signal?: AbortSignal): Promise<StagedLog> {
    const log = new StagedLog(await openDuckDb({ memoryLimit: MEMORY_LIMIT }), signal);
    const columns = Object.entries(STAGED_COLUMNS).map(([name, type]) => `${name} ${type}`);
    try {
      await log.#db.connection.run(`SET threads = ${THREADS}; CREATE TABLE staged (${columns.join(', ')})`);
      return log;
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  /** Rows added so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Adds the next row of the file. */
  async add(row: LogRow): Promise<void> {
    const payload = JSON.stringify(row.payload);
    // Those of a trace come with each of its events, and are kept once.
    const attributes = row.case_attributes === this.#caseAttributes ? null : row.case_attributes;
    this.#caseAttributes = row.case_attributes;
    this.#hasPhases ||= row.phase !== null;
    this.#waiting.push([
      ...[BigInt(this.#rows), row.task_id, row.status, BigInt(row.timestamp), BigInt(row.seq), row.agent_id],
      ...[row.task_type, row.label, bigintOf(row.priority), bigintOf(row.started_at), row.phase, payload],
      attributes === null ? null : JSON.stringify(attributes),
    ]);
    this.#rows += 1;
    this.#waitingCharacters += payload.length;
    if (this.#waiting.length === CHUNK_ROWS || this.#waitingCharacters > CHUNK_CHARACTERS)
      await this.#guarded(this.#flush());
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const { connection, duckdb } = this.#db;
    const appender = await connection.createAppender('staged');
    const types: DuckDBType[] = Object.keys(STAGED_COLUMNS).map((_, index) => appender.columnType(index));
    const chunk = duckdb.DuckDBDataChunk.create(types);
    chunk.setRows(this.#waiting);
    appender.appendDataChunk(chunk);
    appender.closeSync();
    this.#waiting = [];
    this.#waitingCharacters = 0;
  }

  /** Puts the rows in their places; none may be added afterwards. */
  async place(): Promise<void> {
    await this.#guarded(this.#flush());
    for (const sql of placingSql(this.#hasPhases)) await this.#guarded(this.#db.connection.run(sql));
  }

  /** A digest of the rows in their places. */
  async digest(): Promise<string> {
    const [row] = await Array.fromAsync(this.stream<{ digest: string }>(DIGEST_SQL));
    return row?.digest ?? '';
  }

  /** The rows of a query, read as they are wanted; the columns it selects are those of `Row`. */
  async *stream<Row extends object>(sql: string): AsyncGenerator<Row> {
    // A connection of its own: another query on the same one would end the stream.
    const connection = await this.#db.instance.connect();
    try {
      const result = await this.#guarded(connection.stream(sql));
      const names = result.columnNames();
      for await (const rows of result.yieldRows()) {
        this.#signal?.throwIfAborted();
        for (const row of rows) {
          yield Object.fromEntries(row.map((value, index) => [names[index] ?? '', plain(value)])) as Row;
        }
      }
    } finally {
      connection.closeSync();
    }
  }

  /** What interrupts a query is told by the signal's reason. */
  async #guarded<Result>(query: Promise<Result>): Promise<Result> {
    try {
      return await query;
    } catch (cause) {
      this.#signal?.throwIfAborted();
      const [words = ''] = String(cause instanceof Error ? cause.message : cause).split('\n');
      const message = `The rows could not be put in order: ${words}; that needs room in ${tmpdir()} (TMPDIR names another folder)`;
      throw errorOf('storage_failed', message, { cause });
    }
  }

  /** Releases everything, the rows among it. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#interrupt);
    await this.#db.close();
  }
}

function bigintOf(number: number | null): bigint | null {
  return number === null ? null : BigInt(number);
}

/** Every integer here is one that a number holds. */
function plain(value: DuckDBValue): string | number | boolean | null {
  if (typeof value === 'bigint') return Number(value);
  return value === null || typeof value === 'boolean' || typeof value === 'number' ? value : String(value);
}
