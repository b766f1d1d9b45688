/**
 * How the exported tables look to DuckDB: shared by the file exporters and the analyses, which may not import each other.
 * The package is loaded only when something is opened.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { errorOf } from './core/errors.ts';
import { type ColumnType, TABLES, type TableName } from './core/tables.ts';
import { importPeer } from './missing-package.ts';

/** The package's module, as far as it is used. */
export type DuckDbModule = typeof import('@duckdb/node-api');

/** What bounds a DuckDB instance. */
export interface DuckDbOptions {
  /** Memory it may use before it spills to disk, such as `512MB`. Default `2GB`. */
  memoryLimit?: string;
  /** Where it spills. Default: a folder of its own under the system's temporary folder, removed on close. */
  tempDirectory?: string;
  /** Threads it works with. Default: one a core. */
  threads?: number;
}

/** An open DuckDB instance with one connection. */
export interface DuckDb {
  readonly duckdb: DuckDbModule;
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
  /** Releases everything; a second call does nothing. */
  close(): Promise<void>;
}

/**
 * Opens DuckDB in memory, without its habit of downloading extensions.
 *
 * @throws ConfigurationError (`missing_package`) with the line that installs it, (`invalid_configuration`) for an option
 * that DuckDB does not take
 */
export async function openDuckDb(options: DuckDbOptions = {}): Promise<DuckDb> {
  const { memoryLimit = '2GB', threads } = options;
  if (threads !== undefined && !(Number.isSafeInteger(threads) && threads >= 1)) {
    throw errorOf('invalid_configuration', 'threads must be a whole number from 1');
  }
  const duckdb = await importPeer<DuckDbModule>('@duckdb/node-api', () => import('@duckdb/node-api'));
  const ownFolder = options.tempDirectory === undefined ? await mkdtemp(join(tmpdir(), 'quadro-duckdb-')) : null;
  const removeOwnFolder = async () => {
    if (ownFolder !== null) await rm(ownFolder, { recursive: true, force: true });
  };
  try {
    const instance = await duckdb.DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      temp_directory: options.tempDirectory ?? ownFolder ?? tmpdir(),
      ...(threads !== undefined && { threads: String(threads) }),
    });
    const connection = await instance.connect();
    await connection.run("SET GLOBAL TimeZone = 'UTC'");
    await connection.run(`SET GLOBAL memory_limit = ${quoteLiteral(memoryLimit)}`).catch((cause: unknown) => {
      throw errorOf('invalid_configuration', `memoryLimit is no size such as 512MB or 2GB: ${memoryLimit}`, { cause });
    });
    let isOpen = true;
    const close = async () => {
      if (!isOpen) return;
      isOpen = false;
      connection.closeSync();
      instance.closeSync();
      await removeOwnFolder();
    };
    return { duckdb, instance, connection, close };
  } catch (error) {
    await removeOwnFolder();
    throw error;
  }
}

/** Text as an SQL literal, for the few places where DuckDB takes no parameter (DDL). */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw new RangeError('A NUL cannot stand in an SQL text');
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as an SQL identifier. */
export function quoteIdentifier(name: string): string {
  if (name.includes('\0')) throw new RangeError('A NUL cannot stand in an SQL name');
  return `"${name.replaceAll('"', '""')}"`;
}

/** File formats a table is exported to. */
export const TABLE_FORMATS = ['parquet', 'ndjson', 'csv'] as const;
/** One of {@link TABLE_FORMATS}. */
export type TableFormat = (typeof TABLE_FORMATS)[number];

/** An exported table's columns as DuckDB names them. */
export function quotedColumns(table: TableName): string {
  return TABLES[table].map(({ name }) => quoteIdentifier(name)).join(', ');
}

/** The DuckDB type of a column. */
export const DUCKDB_TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'VARCHAR',
  int: 'BIGINT',
  timestamp: 'TIMESTAMP',
  bool: 'BOOLEAN',
  json: 'JSON',
  list: 'VARCHAR[]',
};

/** Times with an offset are read as such and brought to UTC: a cast straight to TIMESTAMP would drop the offset. */
const READ_TYPES: Readonly<Record<TableFormat, Readonly<Partial<Record<ColumnType, string>>>>> = {
  parquet: {},
  ndjson: { timestamp: 'TIMESTAMPTZ' },
  csv: { timestamp: 'TIMESTAMPTZ', json: 'VARCHAR', list: 'VARCHAR' },
};

function readColumn(name: string, type: ColumnType, format: TableFormat): string {
  const column = quoteIdentifier(name);
  if (format === 'parquet') return `CAST(${column} AS ${DUCKDB_TYPES[type]}) AS ${column}`;
  if (type === 'timestamp') return `timezone('UTC', ${column}) AS ${column}`;
  if (format === 'csv' && type === 'json') return `CAST(${column} AS JSON) AS ${column}`;
  if (format === 'csv' && type === 'list') return `from_json(${column}, '["VARCHAR"]') AS ${column}`;
  return column;
}

/** Rows of tasks hold their outputs and notes: larger than DuckDB's 16 MB for a JSON line and 2 MB for a CSV one. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/**
 * The query that reads a table's file, or several of one format, with its columns typed as {@link TABLES} says; nothing is
 * guessed from content.
 *
 * @example selectFile('boards', "it's.parquet", 'parquet') // SELECT CAST("board_uid" AS VARCHAR) … FROM read_parquet(['it''s.parquet'])
 */
export function selectFile(table: TableName, path: string | readonly string[], format: TableFormat): string {
  const columns = TABLES[table];
  const selected = columns.map(({ name, type }) => readColumn(name, type, format)).join(', ');
  return `SELECT ${selected} FROM ${readFile(table, [path].flat(), format)}`;
}

function readFile(table: TableName, paths: readonly string[], format: TableFormat): string {
  const file = `[${paths.map(path => quoteLiteral(globEscaped(path))).join(', ')}]`;
  if (format === 'parquet') return `read_parquet(${file})`;
  const types = TABLES[table].map(({ name, type }) => {
    return `${quoteLiteral(name)}: ${quoteLiteral(READ_TYPES[format][type] ?? DUCKDB_TYPES[type])}`;
  });
  const columns = `columns = {${types.join(', ')}}`;
  if (format === 'csv') {
    return `read_csv(${file}, ${columns}, header = true, nullstr = '', allow_quoted_nulls = false, auto_detect = false, delim = ',', quote = '"', escape = '"', parallel = false, max_line_size = ${MAX_LINE_BYTES}, buffer_size = ${MAX_LINE_BYTES})`;
  }
  const limit = table === 'tasks' ? `, maximum_object_size = ${MAX_LINE_BYTES}` : '';
  return `read_json(${file}, format = 'newline_delimited', ${columns}${limit})`;
}

/** A path taken as it is: `*`, `?` and `[` are no wildcards. */
function globEscaped(path: string): string {
  return path.replaceAll(/[[*?]/g, character => `[${character}]`);
}
