import { createHash } from 'node:crypto';
import type { DuckDBValue } from '@duckdb/node-api';
import { errorOf } from '../board/core/errors.ts';
import { TABLE_NAMES, TABLES, type TableName } from '../board/core/tables.ts';
import { DUCKDB_TYPES, type DuckDb, quotedColumns, quoteIdentifier, quoteLiteral } from '../board/duckdb.ts';
import { packageVersion } from '../board/package-version.ts';
import { RowAppender } from '../board/row-appender.ts';
import { interruptible } from './interruptible.ts';

/** The database that loaded rows are in: a file, or memory of its own. A query of somebody's own works beside it. */
const CATALOG = 'loaded';

/** Changes with the tables here that are not the export's. */
const LAYOUT = 1;

/** Changes with every column of an exported table: rows of other columns are no use. */
const SCHEMA = createHash('sha256')
  .update(JSON.stringify([LAYOUT, TABLES]))
  .digest('hex')
  .slice(0, 16);

const PARTS = `${CATALOG}.main.parts`;
const ABOUT = `${CATALOG}.main.about`;

/** What rows were loaded from: a board, or a file of text. */
export interface Part<State> {
  readonly part: number;
  /** How far it is loaded; null before anything is. */
  readonly state: State | null;
}

/**
 * Rows that were loaded into DuckDB, with how far each of their sources is loaded. In a file it is a cache: who opens it
 * again goes on from there. Rows and how far they go are written in one transaction, so a kill leaves no half.
 */
export class LogStore {
  readonly db: DuckDb;
  /** The cache, or null where it is in memory. */
  readonly file: string | null;
  #signal: AbortSignal | undefined;

  private constructor(db: DuckDb, file: string | null) {
    this.db = db;
    this.file = file;
  }

  /**
   * @throws StorageError (`storage_busy`, `storage_not_a_database`, `storage_failed`); ConfigurationError
   * (`invalid_configuration`) where the file is a database of something else, or of another version
   */
  static async open(db: DuckDb, file?: string): Promise<LogStore> {
    const store = new LogStore(db, file ?? null);
    await db.connection.run(`ATTACH ${quoteLiteral(file ?? ':memory:')} AS ${CATALOG}`).catch((cause: unknown) => {
      throw attachError(file ?? '', cause);
    });
    await store.#prepare();
    return store;
  }

  async #prepare(): Promise<void> {
    const tables = await this.rows('SELECT table_name FROM duckdb_tables() WHERE database_name = $1', [CATALOG]);
    if (tables.length === 0) return this.transact(() => this.#create());
    const isOurs = tables.some(([name]) => name === 'about');
    const [about] = isOurs ? await this.rows(`SELECT schema, quadro_version FROM ${ABOUT}`) : [];
    if (about?.[0] === SCHEMA) return;
    const what = about === undefined ? 'is no cache of Quadro' : `is a cache of another version (${about[1]})`;
    throw errorOf('invalid_configuration', `${this.file} ${what}: name another file, or delete it`);
  }

  async #create(): Promise<void> {
    await this.run(`CREATE TABLE ${ABOUT} (schema VARCHAR, quadro_version VARCHAR)`);
    await this.run(`INSERT INTO ${ABOUT} VALUES ($1, $2)`, [SCHEMA, packageVersion()]);
    await this.run(`CREATE TABLE ${PARTS} (part INTEGER, name VARCHAR, state VARCHAR)`);
    for (const table of TABLE_NAMES) {
      const columns = TABLES[table].map(({ name, type }) => `${quoteIdentifier(name)} ${DUCKDB_TYPES[type]}`);
      await this.run(`CREATE TABLE ${storedTable(table)} (part INTEGER, ${columns.join(', ')})`);
    }
  }

  /** Runs writes as one: all of them are there, or none. */
  async transact<Result>(write: () => Promise<Result>): Promise<Result> {
    const { connection } = this.db;
    await connection.run('BEGIN TRANSACTION');
    try {
      const result = await write();
      await connection.run('COMMIT');
      return result;
    } catch (error) {
      // Where DuckDB has ended the transaction itself, there is none to end.
      await connection.run('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  /** Stops what reads and writes from here on, but not the end of a transaction, at this signal; undefined: nothing does. */
  stopAt(signal: AbortSignal | undefined): void {
    this.#signal = signal;
  }

  /** Runs a statement, and answers how many rows it changed. */
  async run(sql: string, parameters: DuckDBValue[] = []): Promise<number> {
    const run = () => this.db.connection.run(sql, parameters);
    return (await interruptible(this.db, this.#signal, run)).rowsChanged;
  }

  async rows(sql: string, parameters: DuckDBValue[] = []): Promise<DuckDBValue[][]> {
    const read = () => this.db.connection.runAndReadAll(sql, parameters);
    return (await interruptible(this.db, this.#signal, read)).getRows();
  }

  /** The part of a name, made where there is none. */
  async part<State>(name: string): Promise<Part<State>> {
    const [found] = await this.rows(`SELECT part, state FROM ${PARTS} WHERE name = $1`, [name]);
    if (found !== undefined) {
      const [part, state] = found;
      return { part: Number(part), state: state === null ? null : (JSON.parse(String(state)) as State) };
    }
    const [[next] = []] = await this.rows(`SELECT coalesce(max(part), 0) + 1 FROM ${PARTS}`);
    const part = Number(next);
    await this.run(`INSERT INTO ${PARTS} VALUES ($1, $2, NULL)`, [part, name]);
    return { part, state: null };
  }

  /** Notes how far a part is loaded: within the transaction of its rows. */
  async setState(part: number, state: object): Promise<void> {
    await this.run(`UPDATE ${PARTS} SET state = $1 WHERE part = $2`, [JSON.stringify(state), part]);
  }

  /** Takes the rows of a part out of a table, all or those of a condition. */
  async remove(table: TableName, part: number, where = 'true', parameters: DuckDBValue[] = []): Promise<void> {
    await this.run(`DELETE FROM ${storedTable(table)} WHERE part = ${part} AND (${where})`, parameters);
  }

  /** Puts rows of a board into a table; `close` it within the transaction. */
  appender(table: TableName, part: number, boardUid: string): Promise<RowAppender> {
    return RowAppender.open(this.db, { table, name: `stored_${table}`, catalog: CATALOG, boardUid, first: [part] });
  }
}

/** Where the rows of a table are, with the part each is of. */
export function storedTable(table: TableName): string {
  return `${CATALOG}.main.${quoteIdentifier(`stored_${table}`)}`;
}

/** The query for the rows of some parts. */
export function selectStored(table: TableName, parts: readonly number[]): string {
  const where = parts.length === 0 ? 'false' : `part IN (${parts.join(', ')})`;
  return `SELECT ${quotedColumns(table)} FROM ${storedTable(table)} WHERE ${where}`;
}

function attachError(file: string, cause: unknown): Error {
  const words = cause instanceof Error ? cause.message : String(cause);
  if (/conflicting lock|being used by another process/i.test(words)) {
    return errorOf('storage_busy', `${file} is in use by another process: wait for it, or name another cache`, {
      cause,
    });
  }
  if (/not a valid DuckDB database/i.test(words)) {
    return errorOf('storage_not_a_database', `${file} is no DuckDB file: name another cache, or delete it`, { cause });
  }
  const [line = ''] = words.split('\n');
  return errorOf('storage_failed', `${file} cannot be opened as a cache: ${line}`, { cause });
}
