import { ConfigurationError, errorOf } from '../../core/errors.ts';
import { suggestion } from '../../core/lifecycle/closest.ts';

/** What a row of an event log can tell. */
export const LOG_FIELDS = [
  'task_id',
  'status',
  'timestamp',
  'started_at',
  'agent_id',
  'task_type',
  'label',
  'priority',
  'lifecycle',
  'seq',
  'attributes',
] as const;

/** One of {@link LOG_FIELDS}. */
export type LogField = (typeof LOG_FIELDS)[number];

/**
 * Field → the column it is read from. `status` and `attributes` may have several: a list, or a text in which `+` stands between
 * them, unless a column has that very name. In XES a column is an attribute's key, and `case:KEY` one of the trace.
 *
 * @example { task_id: 'case_id', status: 'activity+lifecycle', timestamp: 'timestamp', agent_id: 'resource' }
 */
export type ColumnMap = Readonly<Partial<Record<LogField, string | readonly string[]>>>;

/** A map with its columns found: null where a field has none. */
export interface Columns {
  readonly task_id: string;
  /** Their values, joined by `/`, are the status. */
  readonly status: readonly string[];
  readonly timestamp: string;
  readonly started_at: string | null;
  readonly agent_id: string | null;
  readonly task_type: string | null;
  readonly label: string | null;
  readonly priority: string | null;
  readonly lifecycle: string | null;
  readonly seq: string | null;
  /** Null: every column that no field takes, and `seq`. */
  readonly attributes: readonly string[] | null;
}

type Defaults = Readonly<Partial<Record<LogField, readonly string[]>>>;

/** Field → the columns that are taken for it where none is named: the first that a table has. */
const TABLE_DEFAULTS: Defaults = {
  task_id: ['task_id', 'case:concept:name'],
  status: ['status', 'concept:name'],
  timestamp: ['timestamp', 'time:timestamp'],
  started_at: ['started_at', 'start_timestamp'],
  agent_id: ['agent_id', 'org:resource'],
  task_type: ['task_type'],
  label: ['label'],
  priority: ['priority'],
};

/** The keys of IEEE 1849, which say what they are. */
const XES_DEFAULTS: Defaults = {
  task_id: ['case:concept:name'],
  status: ['concept:name'],
  timestamp: ['time:timestamp'],
  agent_id: ['org:resource'],
};

/** Where columns are looked for. */
export interface ColumnSource {
  /** For messages. */
  readonly file: string;
  /** The names of its columns; null where every row may have others (XES). */
  readonly header: readonly string[] | null;
}

/**
 * Finds the columns of a map.
 *
 * @throws ValidationError (`invalid_source`) where a table lacks one, or has it twice; ConfigurationError for a map that cannot be
 */
export function resolveColumns(map: ColumnMap, source: ColumnSource): Columns {
  checkFields(map);
  const one = (field: LogField): string | null => {
    const [column = null, another] = columnsOf(map, field, source) ?? [];
    if (another === undefined) return column;
    throw new ConfigurationError(
      'invalid_configuration',
      `map: ${field} is read from one column, not from ${column} and ${another}`,
    );
  };
  const named = (field: LogField): string => one(field) ?? missing(field, source);
  return {
    task_id: named('task_id'),
    status: columnsOf(map, 'status', source) ?? [missing('status', source)],
    timestamp: named('timestamp'),
    started_at: one('started_at'),
    agent_id: one('agent_id'),
    task_type: one('task_type'),
    label: one('label'),
    priority: one('priority'),
    lifecycle: one('lifecycle'),
    seq: one('seq'),
    attributes: map.attributes === undefined ? null : (columnsOf(map, 'attributes', source) ?? []),
  };
}

function checkFields(map: ColumnMap): void {
  const unknown = Object.keys(map).find(field => !LOG_FIELDS.some(known => known === field));
  if (unknown === undefined) return;
  const known = `the fields are ${LOG_FIELDS.join(', ')}`;
  throw new ConfigurationError(
    'invalid_configuration',
    `map: there is no field ${unknown}${suggestion(unknown, LOG_FIELDS)}; ${known}`,
  );
}

function columnsOf(map: ColumnMap, field: LogField, source: ColumnSource): readonly string[] | null {
  const given = map[field];
  if (given === undefined) return defaultOf(field, source.header);
  const columns = (typeof given === 'string' ? split(given, source.header) : given).filter(column => column !== '');
  if (columns.length === 0) return null;
  if (source.header !== null) for (const column of columns) checkColumn(column, field, source.file, source.header);
  return columns;
}

function split(text: string, header: readonly string[] | null): readonly string[] {
  return header?.includes(text) ? [text] : text.split('+');
}

function defaultOf(field: LogField, header: readonly string[] | null): readonly string[] | null {
  const columns = (header === null ? XES_DEFAULTS : TABLE_DEFAULTS)[field] ?? [];
  const found = columns.find(column => header?.includes(column) ?? true);
  return found === undefined ? null : [found];
}

function checkColumn(column: string, field: LogField, file: string, header: readonly string[]): void {
  const count = header.filter(each => each === column).length;
  if (count === 1) return;
  if (count > 1)
    throw errorOf('invalid_source', `${file} has the column ${column} (${field}) ${count} times: rename all but one`);
  throw errorOf(
    'invalid_source',
    `${file} has no column ${column} (${field})${suggestion(column, header)}; it has ${header.join(', ')}`,
    { details: { field, column } },
  );
}

function missing(field: LogField, { file, header }: ColumnSource): never {
  const has = header === null ? '' : `; ${file} has the columns ${header.join(', ')}`;
  throw errorOf('invalid_source', `Name the column of ${field} in the map, such as ${field}=COLUMN${has}`, {
    details: { field },
  });
}
