import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { Json } from '../board/core/json.ts';
import { isoOf } from '../board/core/time.ts';
import type { DuckDbModule } from '../board/duckdb.ts';

/** How an instant leaves DuckDB: `iso` for people and JSON, `micros` for records. */
export type TimeForm = 'iso' | 'micros';

/** What a result knows of its columns; a reader and a stream both do. */
interface Columns {
  deduplicatedColumnNames(): readonly string[];
  columnTypes(): readonly DuckDBType[];
}

/** A value of DuckDB, which arrives as a plain one. */
type Plain = (value: DuckDBValue, type: DuckDBType) => Json;

/**
 * Integers are numbers while they are safe and text beyond, decimals numbers, what is not finite null, JSON is parsed,
 * instants are as `times` says, anything rarer is DuckDB's own text.
 */
function plainOf(duckdb: DuckDbModule, times: TimeForm): Plain {
  const instant = (micros: bigint): Json => (times === 'iso' ? isoOf(Number(micros)) : Number(micros));
  const plain: Plain = (value, type) => {
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'number') return Number.isFinite(value) ? value : null;
    if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    if (typeof value === 'string') return type.alias === 'JSON' ? (JSON.parse(value) as Json) : value;
    if (value instanceof duckdb.DuckDBTimestampValue) return instant(value.micros);
    if (value instanceof duckdb.DuckDBTimestampTZValue) return instant(value.micros);
    if (value instanceof duckdb.DuckDBDecimalValue) return value.toDouble();
    if (value instanceof duckdb.DuckDBListValue && type instanceof duckdb.DuckDBListType) {
      return value.items.map(item => plain(item, type.valueType));
    }
    if (value instanceof duckdb.DuckDBStructValue && type instanceof duckdb.DuckDBStructType) {
      const entry = (name: string, index: number) => plain(value.entries[name] ?? null, type.entryTypes[index] ?? type);
      return Object.fromEntries(type.entryNames.map((name, index) => [name, entry(name, index)]));
    }
    return String(value);
  };
  return plain;
}

/**
 * Makes rows of DuckDB plain objects. Types are the result's columns': those of its vectors have lost that a text is JSON.
 */
export function rowReader(
  duckdb: DuckDbModule,
  columns: Columns,
  times: TimeForm,
): (rows: readonly (readonly DuckDBValue[])[]) => Record<string, Json>[] {
  const plain = plainOf(duckdb, times);
  const names = columns.deduplicatedColumnNames();
  const types = columns.columnTypes();
  return rows =>
    rows.map(row => {
      const entries = names.map((name, index): [string, Json] => {
        const type = types[index];
        return [name, type === undefined ? null : plain(row[index] ?? null, type)];
      });
      return Object.fromEntries(entries);
    });
}
