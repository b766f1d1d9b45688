import { open, stat } from 'node:fs/promises';
import { QuadroError } from '../../../board/core/errors.ts';
import type { SpanFormat } from './compared-fields.ts';
import { fetchAnswer } from './fetch-answer.ts';
import { type JsonDocument, jsonDocuments } from './json-documents.ts';
import { isFields, type JsonFields, textOf } from './json-reading.ts';
import { recordsOfJaeger } from './read-jaeger.ts';
import { recordsOfOtlp } from './read-otlp-json.ts';
import type { SpanRecord } from './span-record.ts';

/** How to get at the spans a backend holds. */
export interface ReceivedOptions {
  /** Sent with the request for a URL: a query's credentials are seldom those of the receiver. */
  headers?: Readonly<Record<string, string>>;
  /** How long a URL's answer may take, whole, in milliseconds. Default 60,000. */
  timeoutMs?: number;
  /** The largest JSON document that is read, and the largest answer of a URL, in bytes. Default 128 MiB. */
  maxDocumentBytes?: number;
  signal?: AbortSignal;
}

/** A received span, and what it was written in. */
export interface Received {
  readonly record: SpanRecord;
  readonly format: SpanFormat;
}

/** Spans as somebody received them; may be read several times, and is the same each time. */
export interface ReceivedSpans {
  /** What to call it in messages; holds no credentials. */
  readonly location: string;
  /** @throws QuadroError `invalid_source` where it holds something else than spans. */
  read(): AsyncGenerator<Received, void, void>;
  /** What a backend said about its answer. */
  readonly notes: ReadonlySet<string>;
}

const MAX_DOCUMENT_BYTES = 128 * 1024 ** 2;

/**
 * Opens a file of spans, or fetches the answer of a URL. A file is read as far as it goes now: a collector may be writing on.
 *
 * @throws QuadroError `invalid_source` where there is none, `remote_error` where the URL does not answer with one.
 */
export async function receivedSpans(received: string, options: ReceivedOptions = {}): Promise<ReceivedSpans> {
  const { maxDocumentBytes = MAX_DOCUMENT_BYTES } = options;
  if (!/^https?:\/\//i.test(received)) return spansIn(received, maxDocumentBytes, await openFile(received, options));
  const { location, body } = await fetchAnswer(received, { ...options, maxBytes: maxDocumentBytes });
  return spansIn(location, maxDocumentBytes, () => bytesOnce(body));
}

type Chunks = () => AsyncIterable<Uint8Array>;

function spansIn(location: string, maxDocumentBytes: number, chunks: Chunks): ReceivedSpans {
  const notes = new Set<string>();
  return {
    location,
    notes,
    async *read() {
      let format: SpanFormat | null = null;
      for await (const document of jsonDocuments(chunks(), { location, maxDocumentBytes })) {
        for (const received of spansOfDocument(document, location, notes)) {
          format ??= received.format;
          if (received.format !== format) throw unreadable(location, document, 'Jaeger and OTLP JSON are mixed in it');
          yield received;
        }
      }
    },
  };
}

async function openFile(path: string, { maxDocumentBytes = MAX_DOCUMENT_BYTES }: ReceivedOptions): Promise<Chunks> {
  const found = await stat(path).catch(error => {
    throw new QuadroError('invalid_source', `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  });
  if (found.isDirectory()) throw new QuadroError('invalid_source', `${path} is a folder: give a file of spans`);
  // A pipe can be read but once.
  if (!found.isFile()) {
    const body = await collect(fileChunks(path), maxDocumentBytes, path);
    return () => bytesOnce(body);
  }
  return () => fileChunks(path, found.size);
}

async function* fileChunks(path: string, size?: number): AsyncGenerator<Uint8Array, void, void> {
  if (size === 0) return;
  const file = await open(path);
  try {
    const stream = file.createReadStream({ autoClose: false, ...(size !== undefined && { end: size - 1 }) });
    yield* stream as AsyncIterable<Uint8Array>;
  } finally {
    await file.close();
  }
}

async function* bytesOnce(body: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield body;
}

async function collect(chunks: AsyncIterable<Uint8Array>, maxBytes: number, location: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new QuadroError(
        'invalid_source',
        `${location} gives more than can be kept: give a file, which is read twice`,
      );
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

/** The spans of a document, told by its fields what wrote it. */
function* spansOfDocument(
  document: JsonDocument,
  location: string,
  notes: Set<string>,
): Generator<Received, void, void> {
  try {
    yield* spansOfValue(document.value, notes);
  } catch (error) {
    throw unreadable(location, document, reasonOf(error), error);
  }
}

function* spansOfValue(value: unknown, notes: Set<string>): Generator<Received, void, void> {
  if (!isFields(value)) throw new Error('it is no JSON object');
  noteWarnings(value, notes);
  const { resourceSpans, batches, trace, result, data } = value;
  if (isFields(trace)) yield* spansOfValue(trace, notes);
  else if (isFields(result)) yield* spansOfValue(result, notes);
  else if (resourceSpans !== undefined || batches !== undefined) {
    for (const record of recordsOfOtlp(resourceSpans ?? batches)) yield { record, format: 'otlp' };
  } else if (data !== undefined && data !== null) {
    for (const record of recordsOfJaeger(data)) yield { record, format: 'jaeger' };
  } else if (!isEmpty(value)) {
    throw new Error(
      `it holds no spans but ${Object.keys(value).slice(0, 5).join(', ')}; give OTLP JSON (resourceSpans), or the answer ` +
        'of Tempo (/api/traces/ID, /api/v2/traces/ID) or Jaeger (/api/traces)',
    );
  }
}

/** Answers without a span, and the lines of other signals that a collector writes into the same file. */
function isEmpty(value: JsonFields): boolean {
  const names = Object.keys(value);
  return names.length === 0 || names.every(name => name === 'resourceMetrics' || name === 'resourceLogs');
}

/** Tempo says where it left spans out, Jaeger which traces it did not find. */
function noteWarnings({ status, message, errors }: JsonFields, notes: Set<string>): void {
  if (status === 'PARTIAL' || status === 1) notes.add(`the answer is partial: ${textOf(message)}`);
  for (const error of Array.isArray(errors) ? errors : []) {
    if (isFields(error)) notes.add(`the answer has an error: ${textOf(error.msg)}`);
  }
}

function unreadable(location: string, { line }: JsonDocument, reason: string, cause?: unknown): QuadroError {
  return new QuadroError('invalid_source', `${location}, line ${line}, cannot be read as spans: ${reason}`, { cause });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
