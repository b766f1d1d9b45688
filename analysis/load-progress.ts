import { TABLE_NAMES, type TableName } from '../board/core/tables.ts';

/** How far opening a source is. */
export interface LoadProgress {
  readonly table: TableName;
  /** Rows of the table loaded so far. */
  readonly rows: number;
  /** Rows it will have, where that is known before reading. */
  readonly expected: number | null;
  /** How much of a file of text is parsed, from 0 to 1, as DuckDB estimates it; null where rows are counted. */
  readonly share: number | null;
}

/** How loading is watched and stopped. */
export interface LoadOptions {
  /** Stops the loading, which then throws its reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: LoadProgress) => void;
}

/** Rows that were read, by table. */
export type RowCounts = Record<TableName, number>;

/** No rows of any table. */
export function noRows(): RowCounts {
  return Object.fromEntries(TABLE_NAMES.map(table => [table, 0])) as RowCounts;
}
