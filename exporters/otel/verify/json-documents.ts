import { QuadroError } from '../../../board/core/errors.ts';

/** A JSON document, and the line it begins in. */
export interface JsonDocument {
  readonly line: number;
  readonly value: unknown;
}

/** Where bytes come from, and how many of them may stand in one document. */
export interface JsonInput {
  readonly location: string;
  readonly maxDocumentBytes: number;
}

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';

/**
 * The JSON documents in a stream of bytes: one a line, or a single one over all lines, as somebody prints it for people.
 * Memory holds one document at a time.
 *
 * @throws QuadroError `invalid_source` where a line holds no JSON, or a document is larger than the limit.
 */
export async function* jsonDocuments(
  chunks: AsyncIterable<Uint8Array>,
  input: JsonInput,
): AsyncGenerator<JsonDocument, void, void> {
  let line = 0;
  let isLines: boolean | null = null;
  let whole: string[] = [];
  let wholeBytes = 0;
  for await (const bytes of linesOf(chunks, input)) {
    line += 1;
    const text = textOfLine(bytes, line, input);
    if (isLines === false) {
      wholeBytes += bytes.length + 1;
      if (wholeBytes > input.maxDocumentBytes) throw tooLarge(input);
      whole.push(text);
      continue;
    }
    if (text.trim() === '') continue;
    const value = parsed(text);
    if (value === undefined && isLines) throw noJson(input, `line ${line} is cut off or no JSON`);
    isLines = value !== undefined;
    if (value !== undefined) yield { line, value };
    else whole = [text];
  }
  if (isLines !== false) return;
  const value = parsed(whole.join('\n'));
  if (value === undefined) throw noJson(input, 'neither its first line nor all of it is JSON');
  yield { line: 1, value };
}

/** The value of a JSON text; undefined, which no JSON has, where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The lines of a stream, without their ends. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>, input: JsonInput): AsyncGenerator<Buffer, void, void> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  const take = (part: Uint8Array): void => {
    bytes += part.length;
    if (bytes > input.maxDocumentBytes) throw tooLarge(input);
    parts.push(part);
  };
  const line = (): Buffer => {
    const whole = Buffer.concat(parts);
    parts = [];
    bytes = 0;
    return whole;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      take(chunk.subarray(start, end));
      yield line();
      start = end + 1;
    }
    take(chunk.subarray(start));
  }
  yield line();
}

function textOfLine(bytes: Buffer, line: number, input: JsonInput): string {
  try {
    // Broken UTF-8 would else become replacement characters, and look like a difference of the spans.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return line === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  } catch (error) {
    throw noJson(input, `line ${line} is no UTF-8`, error);
  }
}

function noJson({ location }: JsonInput, reason: string, cause?: unknown): QuadroError {
  const message = `The spans of ${location} cannot be read: ${reason}. Give OTLP JSON, or an answer of Tempo or Jaeger`;
  return new QuadroError('invalid_source', message, { cause });
}

function tooLarge({ location, maxDocumentBytes }: JsonInput): QuadroError {
  return new QuadroError(
    'invalid_source',
    `${location} holds a JSON document of more than ${Math.floor(maxDocumentBytes / 1024 ** 2)} MiB: ask for less ` +
      'at a time (a trace, and --task), or give OTLP JSON lines, which may be as many as you like',
    { details: { location, maxDocumentBytes } },
  );
}
