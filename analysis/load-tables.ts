import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { type Column, columnValue, TABLE_NAMES, TABLES, type TableName } from '../board/core/tables.ts';
import { DUCKDB_TYPES, type DuckDb, type DuckDbModule, quoteIdentifier } from '../board/duckdb.ts';
import { expectedRows, readTable, type TableSource } from '../board/table-source.ts';

/** How far opening a source is. */
export interface LoadProgress {
  readonly table: TableName;
  /** Rows of the table loaded so far. */
  readonly rows: number;
  /** Rows it will have, where that is known before reading. */
  readonly expected: number | null;
}

/** The DuckDB table that holds an exported table; the base views are built on these. */
export function logTable(table: TableName): string {
  return quoteIdentifier(`log_${table}`);
}

/** Makes an exported table without rows. */
export async function createLogTable(db: DuckDb, table: TableName): Promise<void> {
  const columns = TABLES[table].map(({ name, type }) => `${quoteIdentifier(name)} ${DUCKDB_TYPES[type]}`);
  await db.connection.run(`CREATE OR REPLACE TABLE ${logTable(table)} (${columns.join(', ')})`);
}

function duckDbValue(value: unknown, column: Column, duckdb: DuckDbModule): DuckDBValue {
  if (value === null || value === undefined) return null;
  switch (column.type) {
    case 'int':
      return BigInt(Number(value));
    case 'timestamp':
      return new duckdb.DuckDBTimestampValue(BigInt(Number(value)));
    case 'bool':
      return value === true;
    case 'json':
      return JSON.stringify(value);
    case 'list':
      return duckdb.listValue(value as readonly string[] as string[]);
    default:
      return String(value);
  }
}

/** DuckDB's own vectors hold this many rows. */
const CHUNK_ROWS = 2048;

/**
 * Copies every table of a board into DuckDB, cut where its logs ended when it began. Rows go in by columns, a chunk at a
 * time, so only DuckDB's memory follows the log's length.
 */
export async function loadTables(
  db: DuckDb,
  source: TableSource,
  options: { signal?: AbortSignal; onProgress?: (progress: LoadProgress) => void } = {},
): Promise<void> {
  const board = await source.board();
  for (const table of TABLE_NAMES) {
    await createLogTable(db, table);
    if (source.absentTables?.has(table)) continue;
    const columns = TABLES[table];
    const appender = await db.connection.createAppender(`log_${table}`);
    const types: DuckDBType[] = columns.map((_, index) => appender.columnType(index));
    const expected = expectedRows(table, board);
    let rows = 0;
    for await (const page of readTable(source, table, board)) {
      options.signal?.throwIfAborted();
      for (let start = 0; start < page.length; start += CHUNK_ROWS) {
        const part = page.slice(start, start + CHUNK_ROWS);
        const chunk = db.duckdb.DuckDBDataChunk.create(types);
        chunk.setColumns(
          columns.map(column =>
            part.map(row => duckDbValue(columnValue(row, column, board.board_uid), column, db.duckdb)),
          ),
        );
        appender.appendDataChunk(chunk);
      }
      rows += page.length;
      options.onProgress?.({ table, rows, expected });
    }
    appender.closeSync();
  }
}
