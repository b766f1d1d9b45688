import { ConfigurationError } from '../../core/errors.ts';
import { type ColumnMap, resolveColumns } from './column-map.ts';
import type { EventLogSource } from './read-table.ts';
import { readText } from './read-text.ts';
import type { SourceRow } from './source-row.ts';
import { XesParser } from './xes-parser.ts';

/** How an XES document is read. */
export interface ReadXesOptions {
  readonly map: ColumnMap;
  /** The classifier of the log whose keys make the status. Default: what the map says, else `concept:name`. */
  readonly classifier?: string | undefined;
  readonly encoding?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens an XES document (IEEE 1849), plain or gzip. */
export async function readXes(file: string, options: ReadXesOptions): Promise<EventLogSource> {
  const { map, classifier, encoding, signal } = options;
  const sax = await import('sax');
  const parser = new XesParser(sax.default, file);
  async function* batches(): AsyncGenerator<readonly SourceRow[]> {
    for await (const text of readText(file, { encoding, declared: declaredEncoding, signal })) {
      const rows = parser.read(text);
      if (rows.length > 0) yield rows;
    }
    parser.end();
  }
  const statusOf = (name: string): ColumnMap => ({ ...map, status: keysOf(parser, name, file) });
  const wanted = (): ColumnMap => (classifier === undefined ? map : statusOf(classifier));
  return { batches: batches(), columns: () => resolveColumns(wanted(), { file, header: null }) };
}

function keysOf({ classifiers }: XesParser, name: string, file: string): readonly string[] {
  const keys = classifiers.get(name);
  if (keys !== undefined) return keys;
  const known = classifiers.size === 0 ? 'has none' : `has ${[...classifiers.keys()].join(', ')}`;
  throw new ConfigurationError('invalid_configuration', `classifier: ${file} has no classifier ${name}; it ${known}`);
}

/** What the XML declaration says, which is written in ASCII whatever follows, unless in UTF-16. */
function declaredEncoding(start: Buffer): string | null {
  if (start.subarray(0, 4).equals(Buffer.from('<\0?\0'))) return 'utf-16le';
  if (start.subarray(0, 4).equals(Buffer.from('\0<\0?'))) return 'utf-16be';
  return /^\s*<\?xml[^>]*\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(start.toString('latin1', 0, 256))?.[1] ?? null;
}
