import { QuadroError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { nameFaultsOf } from '../../core/lifecycle/faults.ts';
import { measureJson } from '../../core/measure-json.ts';
import { MAX_PAYLOAD_BYTES } from '../../core/payload.ts';
import type { Micros } from '../../core/time.ts';
import type { Columns } from './column-map.ts';
import type { ParsedTime, ParseTime } from './parse-time.ts';
import { columnValue, type SourceRow, TRACE_PREFIX } from './source-row.ts';

/** A row of an event log, read. */
export interface LogRow {
  readonly task_id: string;
  readonly status: string;
  readonly timestamp: Micros;
  /** Ranks rows of one time. */
  readonly seq: number;
  readonly agent_id: string | null;
  readonly task_type: string | null;
  readonly label: string | null;
  readonly priority: number | null;
  readonly started_at: Micros | null;
  /** What its lifecycle column says, where that is `start` or `complete`. */
  readonly phase: 'start' | 'complete' | null;
  readonly payload: JsonObject;
  /** The attributes of its trace that no field takes. */
  readonly case_attributes: JsonObject | null;
}

/** Reads a row as its columns say; the text that says why not where it is faulty. */
export type ReadRow = (row: SourceRow) => LogRow | string;

const MAX_PRIORITY = 2_147_483_647;

/** A row that cannot be taken. */
class RowFault extends Error {}

/** Makes the reader of a log's rows. */
export function rowReader(columns: Columns, parseTime: ParseTime): ReadRow {
  const reader = new RowReader(columns, parseTime);
  return row => {
    if (row.fault !== undefined) return row.fault;
    try {
      return reader.read(row);
    } catch (error) {
      if (error instanceof RowFault || error instanceof QuadroError) return error.message;
      throw error;
    }
  };
}

class RowReader {
  readonly #columns: Columns;
  readonly #parseTime: ParseTime;
  /** Columns that a row's own fields tell in full. */
  readonly #taken: ReadonlySet<string>;
  #trace: SourceRow['trace'] = null;
  #caseAttributes: JsonObject | null = null;

  constructor(columns: Columns, parseTime: ParseTime) {
    this.#columns = columns;
    this.#parseTime = parseTime;
    const { task_id, status, timestamp, started_at, agent_id, task_type, label, priority, lifecycle } = columns;
    const taken = [task_id, ...status, timestamp, started_at, agent_id, task_type, label, priority, lifecycle];
    this.#taken = new Set(taken.filter(column => column !== null));
  }

  read(row: SourceRow): LogRow {
    const { task_id, status, timestamp, seq, agent_id, task_type, label, priority, started_at, lifecycle } =
      this.#columns;
    const at = this.#time(row, timestamp) ?? refuse(timestamp, 'it is empty');
    const start = this.#time(row, started_at);
    const phase = textOf(row, lifecycle);
    const payload: JsonObject = {
      ...(!at.isCanonical && { original_timestamp: textOf(row, timestamp) }),
      ...(start !== null && !start.isCanonical && { original_started_at: textOf(row, started_at) }),
      ...(phase !== null && { lifecycle: phase }),
      ...this.#attributes(row),
    };
    const read: LogRow = {
      task_id: nameOf(row, task_id) ?? refuse(task_id, 'it is empty'),
      status: this.#status(row, status),
      timestamp: at.micros,
      seq: wholeOf(row, seq, Number.MAX_SAFE_INTEGER) ?? 0,
      agent_id: nameOf(row, agent_id),
      task_type: nameOf(row, task_type),
      label: textOf(row, label),
      priority: wholeOf(row, priority, MAX_PRIORITY),
      started_at: start?.micros ?? null,
      phase: phaseOf(phase),
      payload,
      case_attributes: this.#caseAttributesOf(row),
    };
    checkSize(read);
    return read;
  }

  #time(row: SourceRow, column: string | null): ParsedTime | null {
    const text = textOf(row, column);
    if (column === null || text === null) return null;
    const time = this.#parseTime(text);
    return typeof time === 'string' ? refuse(column, time) : time;
  }

  #status(row: SourceRow, columns: readonly string[]): string {
    const parts = columns.map(column => textOf(row, column)).filter(part => part !== null);
    const name = columns.join('+');
    return checkName(name, parts.join('/')) ?? refuse(name, 'it is empty');
  }

  /** Under a key of their own: they are another program's, and none of them may pass for one of the board's. */
  #attributes({ values }: SourceRow): JsonObject {
    const { attributes: named, seq } = this.#columns;
    const wanted = (column: string): boolean => named?.includes(column) ?? (column === seq || !this.#taken.has(column));
    const kept = [...values].filter(([column, value]) => wanted(column) && value !== '' && value !== null);
    return kept.length === 0 ? {} : { attributes: Object.fromEntries(kept) };
  }

  /** All events of a trace have the same. */
  #caseAttributesOf({ trace }: SourceRow): JsonObject | null {
    if (trace === this.#trace) return this.#caseAttributes;
    const { attributes: named } = this.#columns;
    const wanted = (key: string): boolean =>
      named?.includes(TRACE_PREFIX + key) ?? !this.#taken.has(TRACE_PREFIX + key);
    const kept = [...(trace ?? [])].filter(([key]) => wanted(key));
    this.#trace = trace;
    this.#caseAttributes = kept.length === 0 ? null : Object.fromEntries(kept);
    return this.#caseAttributes;
  }
}

function refuse(column: string, why: string): never {
  throw new RowFault(`${column}: ${why}`);
}

/** A column as text, null where it is empty; in XES what it holds may have attributes of its own, which are not asked for. */
function textOf(row: SourceRow, column: string | null): string | null {
  if (column === null) return null;
  const found = columnValue(row, column) ?? null;
  const isNested = typeof found === 'object' && found !== null && !Array.isArray(found) && 'value' in found;
  const value: Json = isNested ? (found.value ?? null) : found;
  if (value === null || value === '') return null;
  if (typeof value === 'object') return refuse(column, 'it is no text');
  return String(value);
}

function nameOf(row: SourceRow, column: string | null): string | null {
  const text = textOf(row, column);
  return column === null || text === null ? null : checkName(column, text);
}

/** Names are ids: databases index them. */
function checkName(column: string, name: string): string | null {
  if (name === '') return null;
  const [fault] = nameFaultsOf(name);
  return fault === undefined ? name : refuse(column, fault);
}

function wholeOf(row: SourceRow, column: string | null, most: number): number | null {
  const text = textOf(row, column)?.trim() ?? '';
  if (column === null || text === '') return null;
  const number = Number(text);
  if (/^[+-]?\d+(\.0+)?$/.test(text) && Math.abs(number) <= most) return number;
  return refuse(column, `"${text}" is no whole number${most === MAX_PRIORITY ? ` within ±${MAX_PRIORITY}` : ''}`);
}

function phaseOf(lifecycle: string | null): LogRow['phase'] {
  const word = lifecycle?.trim().toLowerCase();
  return word === 'start' || word === 'complete' ? word : null;
}

/** What a payload of a board may be: its texts can be stored, and it is not too large. */
function checkSize({ label, payload, case_attributes }: LogRow): void {
  const bytes = measureJson({ label, payload, case_attributes }, 'the row', 0);
  if (bytes > MAX_PAYLOAD_BYTES) throw new RowFault(`it is larger than ${MAX_PAYLOAD_BYTES} bytes`);
}
