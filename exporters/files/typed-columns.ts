import type { DuckDBValue } from '@duckdb/node-api';
import { type Column, type ColumnType, TABLES, type TableName } from '../../board/core/tables.ts';
import { quoteIdentifier } from '../../board/duckdb.ts';

/** Columns of a table in its order, all but some. */
export function columnsBut(table: TableName, left: readonly string[]): readonly Column[] {
  return TABLES[table].filter(({ name }) => !left.includes(name));
}

/** Columns of a table in its order, only some. */
export function columnsOf(table: TableName, names: readonly string[]): readonly Column[] {
  return TABLES[table].filter(({ name }) => names.includes(name));
}

const TEXTS: Readonly<Partial<Record<ColumnType, (column: string) => string>>> = {
  timestamp: column => `strftime(${column}, '%Y-%m-%dT%H:%M:%S.%f+00:00')`,
  list: column => `CAST(to_json(${column}) AS VARCHAR)`,
};

/** A column as text: instants ISO 8601 with six digits, JSON and lists as JSON. */
export function asText({ name, type }: Pick<Column, 'name' | 'type'>, from: string): string {
  const column = `${from}.${quoteIdentifier(name)}`;
  return TEXTS[type]?.(column) ?? `CAST(${column} AS VARCHAR)`;
}

/** Texts as one column, which is several times as fast to read as a column each. */
export function packed(texts: readonly string[]): string {
  return `CAST(to_json([${texts.join(', ')}]) AS VARCHAR)`;
}

/** What {@link packed} has put together. */
export function unpacked(value: DuckDBValue | undefined): readonly (string | null)[] {
  return JSON.parse(String(value)) as readonly (string | null)[];
}
