import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { ConfigurationError, ValidationError } from '../board/core/errors.ts';
import type { StageKind } from '../board/core/statuses.ts';
import { type ColumnMap, LOG_FIELDS } from '../board/import/event-log/column-map.ts';
import { type EventLogFormat, formatOfName, type ImportLogOptions } from '../board/import/event-log/log-options.ts';
import { isBoardFile } from './source.ts';

/** The options of `quadro import`, as the command line gives them. */
export interface ImportOptions {
  readonly into: string;
  readonly board?: string;
  readonly format?: ImportFormat;
  readonly map?: ColumnMap;
  readonly delimiter?: string;
  readonly encoding?: string;
  readonly classifier?: string;
  readonly timeFormat?: string;
  readonly timeZone?: string;
  readonly kind?: Readonly<Record<string, StageKind>>;
  readonly open?: boolean;
  readonly strict?: boolean;
  readonly rejects?: string;
  readonly json?: boolean;
}

/** What a file may be: a board of the reference implementation, or an event log. */
export type ImportFormat = 'quadro' | EventLogFormat;

/** Options of event logs alone. */
const LOG_OPTIONS = [
  ...([
    'map',
    'delimiter',
    'encoding',
    'classifier',
    'timeFormat',
    'timeZone',
    'kind',
    'open',
    'strict',
    'rejects',
  ] as const),
];

/**
 * What a file is taken for.
 *
 * @throws ConfigurationError (`invalid_configuration`) where neither option nor ending tells, or an option is of another format;
 * ValidationError (`invalid_source`) where there is no such file
 */
export function importFormatOf(file: string, options: ImportOptions): ImportFormat {
  const format = options.format ?? formatOfName(file) ?? (isBoardFile(file) ? 'quadro' : null);
  if (format === null && !existsSync(file)) {
    throw new ValidationError('invalid_source', `There is no file ${file}: check the path`);
  }
  if (format === null) {
    throw new ConfigurationError(
      'invalid_configuration',
      `The ending of ${file} does not say what it is: add --format quadro, csv or xes`,
    );
  }
  const [other] = format === 'quadro' ? LOG_OPTIONS.filter(name => options[name] !== undefined) : [];
  if (other === undefined) return format;
  const flag = `--${other.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
  throw new ConfigurationError(
    'invalid_configuration',
    `${flag} is of event logs (--format csv or xes), not of the reference implementation's board.db`,
  );
}

/** The options of an event log, as the library takes them. Faulty rows go into a file of the current folder. */
export function logOptionsOf(file: string, options: ImportOptions): Omit<ImportLogOptions, 'into'> {
  const { board, format, map, delimiter, encoding, classifier, timeFormat, timeZone, kind, open, strict } = options;
  return {
    ...(board !== undefined && { boardId: board }),
    ...(format !== undefined && format !== 'quadro' && { format }),
    ...(map !== undefined && { map }),
    ...(delimiter !== undefined && { delimiter }),
    ...(encoding !== undefined && { encoding }),
    ...(classifier !== undefined && { classifier }),
    ...(timeFormat !== undefined && { timeFormat }),
    ...(timeZone !== undefined && { timeZone }),
    ...(kind !== undefined && { kinds: kind }),
    ...(open !== undefined && { open }),
    ...(strict !== undefined && { strict }),
    rejectsFile: options.rejects ?? `${basename(file)}.rejects.ndjson`,
  };
}

/**
 * `FIELD=COLUMN,…`: a column goes on to the next field's name, so that it may hold a comma. May be repeated.
 *
 * @throws InvalidArgumentError
 */
export function columnMap(text: string, before: ColumnMap = {}): ColumnMap {
  const starts = [...text.matchAll(new RegExp(`(?:^|,) *(${LOG_FIELDS.join('|')})=`, 'g'))];
  if (starts[0]?.index !== 0) {
    throw new InvalidArgumentError(`It is written FIELD=COLUMN,FIELD=COLUMN; the fields are ${LOG_FIELDS.join(', ')}.`);
  }
  const pairs = starts.map((start, index) => {
    const column = text.slice(start.index + start[0].length, starts[index + 1]?.index);
    return [start[1] ?? '', column] as const;
  });
  return { ...before, ...Object.fromEntries(pairs) };
}

/** `STATUS=KIND`; a status may hold an equals sign. May be repeated. @throws InvalidArgumentError */
export function stageKinds(
  text: string,
  before: Readonly<Record<string, StageKind>> = {},
): Readonly<Record<string, StageKind>> {
  const place = text.lastIndexOf('=');
  if (place < 1) throw new InvalidArgumentError('It is written STATUS=KIND, such as "In Progress=active".');
  // That it is a kind is checked with the rest.
  return { ...before, [text.slice(0, place)]: text.slice(place + 1) as StageKind };
}

/** A delimiter, which a shell may not let through. */
export function delimiterText(text: string): string {
  return text === 'tab' || text === '\\t' ? '\t' : text;
}
