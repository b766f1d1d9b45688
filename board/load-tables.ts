import type { BoardRecord } from './core/records.ts';
import { TABLES, type TableName } from './core/tables.ts';
import { DUCKDB_TYPES, type DuckDb, quoteIdentifier } from './duckdb.ts';
import { RowAppender } from './row-appender.ts';
import { readTable, type TableSource } from './table-source.ts';

/** Which rows are loaded. */
interface TablesToLoad {
  readonly source: TableSource;
  /** Where the logs are cut. */
  readonly board: BoardRecord;
  readonly tables: readonly TableName[];
  readonly signal?: AbortSignal | undefined;
  /** Told after every page how many rows of the table are loaded. */
  readonly onRows?: (table: TableName, rows: number) => void;
}

/**
 * Makes the tables `log_events`, `log_tasks`, … in DuckDB, with the rows that the source has of them; one that it lacks has none.
 */
export async function loadTables(db: DuckDb, { source, board, tables, signal, onRows }: TablesToLoad): Promise<void> {
  for (const table of tables) {
    const name = `log_${table}`;
    const columns = TABLES[table].map(column => `${quoteIdentifier(column.name)} ${DUCKDB_TYPES[column.type]}`);
    await db.connection.run(`CREATE TABLE ${quoteIdentifier(name)} (${columns.join(', ')})`);
    if (source.absentTables?.has(table)) continue;
    const appender = await RowAppender.open(db, { table, name, boardUid: board.board_uid });
    let rows = 0;
    for await (const page of readTable(source, table, board)) {
      signal?.throwIfAborted();
      appender.append(page);
      rows += page.length;
      onRows?.(table, rows);
    }
    appender.close();
  }
}
