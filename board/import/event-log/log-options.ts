import type { Backend } from '../../backends/backend.ts';
import { ConfigurationError, errorOf } from '../../core/errors.ts';
import { nameFaultsOf } from '../../core/lifecycle/faults.ts';
import { STAGE_KINDS } from '../../core/lifecycle/stage-kinds.ts';
import type { StageKind } from '../../core/statuses.ts';
import type { ColumnMap } from './column-map.ts';
import type { TimeOptions } from './parse-time.ts';

/** What an event log is written in: a table of text, or IEEE 1849; both may be gzip. */
export type EventLogFormat = 'csv' | 'xes';

/** How far an import is, in rows. */
export interface ImportLogProgress {
  readonly done: number;
  /** Null while the file is read: only its end tells how many rows it has. */
  readonly total: number | null;
}

/** How an event log is imported. */
export interface ImportLogOptions extends TimeOptions {
  /** The database to import into; it is opened where it is not yet, and the caller closes it. */
  readonly into: Backend;
  /** The name of the board to make there. Default `default`. */
  readonly boardId?: string;
  /** Default: as the file's ending says, `.csv`, `.tsv` or `.xes`, with `.gz` after it or not. */
  readonly format?: EventLogFormat;
  /**
   * Field → column. Default: the columns that have the field's own name, or its key in XES (`case:concept:name`, `concept:name`,
   * `time:timestamp`, `org:resource`).
   */
  readonly map?: ColumnMap;
  /** Of CSV: what stands between fields. Default: found in the header, among comma, semicolon, tab and bar. */
  readonly delimiter?: string;
  /** A name that the WHATWG knows, such as `windows-1252`. Default: as an XML declaration says, else UTF-8. */
  readonly encoding?: string;
  /** Of XES: the classifier whose keys make the status. Default: `concept:name` alone, or what the map says. */
  readonly classifier?: string;
  /** Status → what a stay in it is. Default: a `wait`, for a log does not say who worked. */
  readonly kinds?: Readonly<Record<string, StageKind>>;
  /** Leaves cases open after their last row, which otherwise finishes them. Default false. */
  readonly open?: boolean;
  /** Stops at the first faulty row, and leaves nothing. Default: such rows are left out. */
  readonly strict?: boolean;
  /** A file for the faulty rows, one JSON object a line, made where there are some. Default: they are only counted and told of. */
  readonly rejectsFile?: string;
  readonly onProgress?: (progress: ImportLogProgress) => void;
  /** Stops the import, which then leaves nothing; it throws the signal's reason. */
  readonly signal?: AbortSignal;
}

const ENDINGS: Readonly<Record<EventLogFormat, RegExp>> = {
  csv: /\.[ct]sv(\.gz)?$/i,
  xes: /\.xes(\.gz)?$/i,
};

/** The format that a file's ending names; null where it names none. */
export function formatOfName(file: string): EventLogFormat | null {
  const formats = Object.keys(ENDINGS) as EventLogFormat[];
  return formats.find(format => ENDINGS[format].test(file)) ?? null;
}

/**
 * The format of a file, its options checked.
 *
 * @throws ConfigurationError (`invalid_configuration`), ValidationError (`invalid_source`)
 */
export function checkedFormat(file: string, options: ImportLogOptions): EventLogFormat {
  const { boardId = 'default', delimiter, classifier, kinds = {}, map = {} } = options;
  const format = options.format ?? formatOfName(file);
  if (format === null) {
    throw errorOf('invalid_source', `${file} ends in none of .csv, .tsv, .xes (and .gz): name its format`);
  }
  const faults = [
    ...(nameFaultsOf(boardId).length > 0 ? ['boardId must be a text of 1 to 200 bytes, without NUL'] : []),
    ...(delimiter !== undefined && format === 'xes' ? ['delimiter is of csv, not of xes'] : []),
    ...(classifier !== undefined && format === 'csv' ? ['classifier is of xes, not of csv'] : []),
    ...(classifier !== undefined && map.status !== undefined
      ? ['status is read by the map or by a classifier, not by both']
      : []),
    ...Object.entries(kinds)
      .filter(([, kind]) => !STAGE_KINDS.includes(kind))
      .map(([status, kind]) => `kinds: ${status} must be one of ${STAGE_KINDS.join(', ')}, not ${kind}`),
  ];
  if (faults.length > 0)
    throw new ConfigurationError('invalid_configuration', faults.join('; '), { details: { faults } });
  return format;
}
