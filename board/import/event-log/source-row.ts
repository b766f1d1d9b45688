import type { Json } from '../../core/json.ts';

/** A row of an event log as it was found. */
export interface SourceRow {
  /** The line on which it begins, from 1. */
  readonly line: number;
  /** Column → value: text in a table; in XES whatever an event's attribute holds. */
  readonly values: ReadonlyMap<string, Json>;
  /** The attributes of the trace that an event of XES belongs to, the same for all its events; null in a table. */
  readonly trace: ReadonlyMap<string, Json> | null;
  /** Why it cannot be taken, where that is known already. */
  readonly fault?: string;
  /** The row to be kept aside where it is faulty. */
  readonly asFound: () => Json;
}

/** The columns of a trace, as a map names them. */
export const TRACE_PREFIX = 'case:';

/** The value of a column; undefined where the row has none. */
export function columnValue({ values, trace }: SourceRow, column: string): Json | undefined {
  const value = values.get(column);
  if (value !== undefined || trace === null || !column.startsWith(TRACE_PREFIX)) return value;
  return trace.get(column.slice(TRACE_PREFIX.length));
}

/** Most characters of a row: what is larger is no row, but a quote or a tag that was never closed. */
export const MAX_ROW_CHARACTERS: number = 2 * 1_048_576;
