import { pipeline, Readable } from 'node:stream';
import type { CsvError, Options } from 'csv-parse';
import { ConfigurationError, errorOf } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { type ColumnMap, type Columns, resolveColumns } from './column-map.ts';
import { readText } from './read-text.ts';
import { MAX_ROW_CHARACTERS, type SourceRow } from './source-row.ts';

/** How a table of text is read. */
export interface ReadTableOptions {
  readonly map: ColumnMap;
  /** What stands between fields. Default: of comma, semicolon, tab and bar the one that gives the header's columns. */
  readonly delimiter?: string | undefined;
  readonly encoding?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The rows of a file in batches, and where their fields are. */
export interface EventLogSource {
  readonly batches: AsyncIterable<readonly SourceRow[]>;
  /** The columns, known once the first batch has been read. */
  columns(): Columns;
}

/** What csv-parse gives with `raw`: of the row's end only its first character, of empty lines before it the same. */
interface Parsed {
  readonly record: readonly string[];
  readonly raw: string;
}

const DELIMITERS: readonly string[] = [',', ';', '\t', '|'];

/** The header must stand in so many characters. */
const MAX_HEADER = 65_536;

const BATCH_ROWS = 1_000;

/**
 * Opens a table of text (CSV and its like) whose first row names the columns. A quote in the midst of a field is taken as it is.
 *
 * @throws ValidationError (`invalid_source`) where it has no header, lacks a column of the map, or a row that never ends
 */
export async function readTable(file: string, options: ReadTableOptions): Promise<EventLogSource> {
  const { map, encoding, signal } = options;
  const text = readText(file, { encoding, signal });
  const start = await startOf(text);
  const delimiter = options.delimiter ?? (await delimiterOf(start, map));
  checkDelimiter(delimiter);
  const header = await headerOf(start, delimiter);
  if (header.every(name => name === '')) {
    throw errorOf('invalid_source', `${file} has no header: its first row must name the columns`);
  }
  const columns = resolveColumns(map, { file, header });
  return { batches: batchesOf({ file, delimiter, header, text: chained(start, text) }), columns: () => columns };
}

function checkDelimiter(delimiter: string): void {
  if (/^[^"\r\n]{1,8}$/.test(delimiter)) return;
  throw new ConfigurationError(
    'invalid_configuration',
    'delimiter must be one to eight characters, without quotes and ends of lines',
  );
}

/** The first pieces of the text, which hold its header. */
async function startOf(text: AsyncIterator<string>): Promise<string> {
  let start = '';
  while (start.length < MAX_HEADER) {
    const { done, value } = await text.next();
    if (done) break;
    start += value;
  }
  return start;
}

async function* chained(start: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield start;
  yield* rest;
}

const PARSING = {
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_quotes: true,
  skip_empty_lines: true,
  relax_column_count: true,
} satisfies Options;

/** The names of the first row; none where there is no row that can be read. */
async function headerOf(start: string, delimiter: string): Promise<readonly string[]> {
  const { parse } = await import('csv-parse/sync');
  const [header = []] = parse(start, { ...PARSING, delimiter, to: 1, skip_records_with_error: true }) as string[][];
  return header.map(name => name.trim());
}

/** The delimiter by which the header has most of the columns that are asked for, then most columns. */
async function delimiterOf(start: string, map: ColumnMap): Promise<string> {
  const wanted = Object.values(map).flatMap(columns =>
    typeof columns === 'string' ? [columns, ...columns.split('+')] : columns,
  );
  let best = { delimiter: ',', found: -1, columns: 0 };
  for (const delimiter of DELIMITERS) {
    const header = await headerOf(start, delimiter);
    const found = wanted.filter(column => header.includes(column)).length;
    const isBetter = found > best.found || (found === best.found && header.length > best.columns);
    if (isBetter) best = { delimiter, found, columns: header.length };
  }
  return best.delimiter;
}

interface Table {
  readonly file: string;
  readonly delimiter: string;
  readonly header: readonly string[];
  readonly text: AsyncIterable<string>;
}

async function* batchesOf({ file, delimiter, header, text }: Table): AsyncGenerator<readonly SourceRow[]> {
  const { parse } = await import('csv-parse');
  let unclosed: string | null = null;
  const parser = parse({
    ...PARSING,
    delimiter,
    raw: true,
    max_record_size: MAX_ROW_CHARACTERS,
    skip_records_with_error: true,
    on_skip(error, raw = '') {
      if (error?.code !== 'CSV_QUOTE_NOT_CLOSED') throw error;
      unclosed = raw;
      return undefined;
    },
  });
  // What goes wrong is thrown by the reading of its end.
  pipeline(Readable.from(text), parser, () => undefined);
  const names = namesOf(header);
  const place = placer();
  let batch: SourceRow[] = [];
  let isHeader = true;
  try {
    for await (const { record, raw } of parser as AsyncIterable<Parsed>) {
      const at = place(raw);
      if (!isHeader) batch.push(rowOf(record, names, at));
      isHeader = false;
      if (batch.length < BATCH_ROWS) continue;
      yield batch;
      batch = [];
    }
  } catch (error) {
    throw tableError(file, error, place('').line);
  }
  if (unclosed !== null) batch.push(faulty('a quote is opened and never closed', place(unclosed)));
  if (batch.length > 0) yield batch;
}

function tableError(file: string, error: unknown, line: number): unknown {
  if ((error as Partial<CsvError> | null)?.code !== 'CSV_MAX_RECORD_SIZE') return error;
  const message = `${file}, line ${line}: the row that begins there does not end within ${MAX_ROW_CHARACTERS} characters: a quote is not closed, or the delimiter is another`;
  return errorOf('invalid_source', message, { cause: error });
}

/** A name that another column has already is told apart by a number. */
function namesOf(header: readonly string[]): readonly string[] {
  return header.map((name, index) => {
    const earlier = header.slice(0, index).filter(each => each === name).length;
    return name !== '' && earlier > 0 ? `${name} (${earlier + 1})` : name;
  });
}

/** Where a row is, and what it looks like there. */
type Place = Pick<SourceRow, 'line' | 'asFound'>;

/** Counts lines: a row may go over several, in quotes, and there may be empty ones before it. */
function placer(): (raw: string) => Place {
  let next = 1;
  const ends = (text: string): number => text.match(/\r\n|\r|\n/g)?.length ?? 0;
  return raw => {
    const row = raw.replace(/^[\r\n]+/, '');
    const line = next + ends(raw.slice(0, raw.length - row.length));
    next = line + ends(row);
    return { line, asFound: () => row.replace(/[\r\n]+$/, '') };
  };
}

function rowOf(record: readonly string[], names: readonly string[], place: Place): SourceRow {
  if (record.length !== names.length)
    return faulty(`it has ${record.length} fields, the header ${names.length}`, place);
  const values = new Map<string, Json>();
  for (const [index, name] of names.entries()) if (name !== '') values.set(name, record[index] ?? '');
  return { ...place, values, trace: null };
}

function faulty(fault: string, place: Place): SourceRow {
  return { ...place, values: new Map(), trace: null, fault };
}
