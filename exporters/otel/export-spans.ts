import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { QuadroError } from '../../board/core/errors.ts';
import type { BoardRecord, Cursor } from '../../board/core/records.ts';
import type { LogSource } from '../../board/log-source.ts';
import {
  type CursorStore,
  cursorAt,
  cursorKeeper,
  type FeedBatch,
  type FeedOptions,
  feed,
  LOG_START,
  loadCursor,
} from '../feed/index.ts';
import { readAhead } from '../feed/read-ahead.ts';
import type { ExporterMeter } from '../prometheus/process-meters.ts';
import { contextReader, type TranslationOptions } from './context.ts';
import { exporterSink } from './exporter-sink.ts';
import { fileSink } from './file-sink.ts';
import type { OtlpOptions } from './otlp-config.ts';
import { otlpSink } from './otlp-sink.ts';
import { type RetryOptions, sendAll } from './send-all.ts';
import type { SpanSink } from './sink.ts';
import { type Translation, translate } from './translate.ts';

/** What an export came to. */
export interface ExportSummary {
  /** Taken by the destination. */
  readonly spans: number;
  /** Of those, refused by a partial success: the destination will not have them. */
  readonly rejected: number;
  /** The destination's words about what it rejected last. */
  readonly rejected_message: string | null;
  /** Attempts that were repeated. */
  readonly retries: number;
  /** Spans whose times went back, given a duration of 0. */
  readonly clamped: number;
  /** Spans left out for `maxSpanAgeMs`. */
  readonly too_old: number;
  /** The place reached: everything up to here is dealt with. */
  readonly cursor: Cursor;
}

/** Where an export stands, told after each batch and before each repeated attempt. */
export interface ExportProgress extends ExportSummary {
  /** Events not read yet. */
  readonly lag: number;
  /** Why nothing moves just now, or null. */
  readonly waiting: { readonly reason: string; readonly retryInMs: number } | null;
}

/** What to export, where to, and how. */
export interface ExportOptions
  extends OtlpOptions,
    TranslationOptions,
    RetryOptions,
    Pick<FeedOptions, 'batchSize' | 'pollMs' | 'follow' | 'signal' | 'drain'> {
  /** Any OpenTelemetry exporter, instead of an OTLP receiver at `url`. It is shut down at the end. */
  exporter?: SpanExporter;
  /** A file of OTLP JSON lines, instead of a receiver; it appears once the export is complete, which is at the log's end. */
  file?: string;
  /** Where the place reached survives this process. Default: it does not. */
  cursorStore?: CursorStore;
  /** Whose place it is in the store. Default `otlp`. */
  destination?: string;
  /** Begin here instead of at the saved place: a cursor, or the number of the first event. */
  from?: Cursor | number;
  /** How often the place is saved at most, in milliseconds. Default 200. */
  saveEveryMs?: number;
  /** Leave out spans that ended longer ago than this, in milliseconds: some backends refuse them. Default: none. */
  maxSpanAgeMs?: number;
  /** How long the request in flight may still take once the signal has aborted, in milliseconds. Default 5,000. */
  closeDeadlineMs?: number;
  /** Where it reports to as metrics: `exporterMeter('traces')` of a board measured in the same process. */
  meter?: ExporterMeter;
  onProgress?: (progress: ExportProgress) => void;
}

/**
 * Sends a board's spans, one request at a time: reads after the cursor, translates, sends, and moves the cursor only once
 * the destination has taken them. So nothing is lost, whatever stops; what was sent but not noted is sent again with the
 * same ids.
 *
 * @throws QuadroError `delivery_failed` where the destination refuses for good; `cursor_beyond_log`;
 * `invalid_configuration`.
 * @example await exportSpans(board, { url: 'http://localhost:4318', follow: false }) // { spans: 1200, rejected: 0, … }
 */
export async function exportSpans(source: LogSource, options: ExportOptions = {}): Promise<ExportSummary> {
  const { file, follow = file === undefined } = options;
  const sink = sinkOf({ ...options, follow });
  try {
    const summary = await exportTo(sink, source, { ...options, follow });
    if (file !== undefined && options.signal?.aborted) {
      throw new QuadroError('delivery_failed', `Stopped before the spans were all in ${file}: it was not written`);
    }
    await sink.complete?.();
    return summary;
  } finally {
    await sink.close();
  }
}

/** The destination that the options name. */
export function sinkOf({ exporter, file, follow, ...otlp }: ExportOptions): SpanSink {
  const given = [otlp.url, exporter, file].filter(each => each !== undefined).length;
  if (given > 1) throw new QuadroError('invalid_configuration', 'Give one of url, exporter and file, not several');
  if (file !== undefined && otlp.cursorStore !== undefined) {
    // It would note as delivered what a file that is never completed does not hold.
    throw new QuadroError(
      'invalid_configuration',
      'A file of spans is written whole: it takes no cursorStore, but from',
    );
  }
  if (exporter !== undefined) return exporterSink(exporter);
  if (file === undefined) return otlpSink(otlp);
  if (!follow) return fileSink(file);
  throw new QuadroError('invalid_configuration', 'A file of spans ends with the log: it cannot follow');
}

/** {@link exportSpans} to a destination that the caller closes. */
export async function exportTo(
  sink: SpanSink,
  source: LogSource,
  options: Omit<ExportOptions, 'url' | 'exporter' | 'file'>,
): Promise<ExportSummary> {
  const { cursorStore, destination = 'otlp', saveEveryMs, maxSpanAgeMs = Number.POSITIVE_INFINITY } = options;
  const board = await source.board();
  const cursor = await startOf(source, board, destination, options);
  const keeper = cursorStore && cursorKeeper(cursorStore, saveEveryMs);
  const stops = stopSignals(options.signal, options.closeDeadlineMs);
  let summary: ExportSummary = { ...NOTHING, cursor };
  const tell = (lag: number, waiting: ExportProgress['waiting']): void =>
    guarded(() => options.onProgress?.({ ...summary, lag, waiting }));
  try {
    for await (const { batch, spans, clamped } of translated(source, options, cursor)) {
      if (stops.stop.aborted) break;
      const young = withoutOld(spans, maxSpanAgeMs);
      const sent = await sendAll(sink, young, { ...options, ...stops, onRetry: retry => tell(batch.lag, retry) });
      summary = {
        ...summary,
        rejected: summary.rejected + sent.rejected,
        rejected_message: sent.message ?? summary.rejected_message,
        retries: summary.retries + sent.retries,
      };
      if (!sent.done) break;
      summary = {
        ...summary,
        spans: summary.spans + young.length,
        clamped: summary.clamped + clamped,
        too_old: summary.too_old + spans.length - young.length,
        cursor: batch.cursor,
      };
      await keeper?.moved(placeOf(batch, destination));
      guarded(() => report(options.meter, batch, { spans, young, rejected: sent.rejected }));
      tell(batch.lag, null);
    }
  } finally {
    stops.release();
    await keeper?.flush();
  }
  return summary;
}

/** Every span has one result, so that they add up to what was translated. */
function report(
  meter: ExporterMeter | undefined,
  { cursor, lag }: FeedBatch,
  { spans, young, rejected }: { spans: readonly ReadableSpan[]; young: readonly ReadableSpan[]; rejected: number },
): void {
  meter?.spans('sent', young.length - rejected);
  meter?.spans('rejected', rejected);
  meter?.spans('too_old', spans.length - young.length);
  meter?.position(cursor.events, lag);
}

/** The spans of each batch; the next batch is read and translated while one is being sent. */
function translated(
  source: LogSource,
  options: TranslationOptions & FeedOptions,
  cursor: Cursor,
): AsyncGenerator<Translation & { batch: FeedBatch }, void, void> {
  const leave = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, leave.signal]) : leave.signal;
  const readContext = contextReader(source, options);
  async function* translations(): AsyncGenerator<Translation & { batch: FeedBatch }, void, void> {
    for await (const batch of feed(source, { ...options, cursor, signal })) {
      yield { batch, ...translate(batch, await readContext(batch)) };
    }
  }
  return readAhead(translations(), () => leave.abort());
}

const NOTHING: Omit<ExportSummary, 'cursor'> = {
  spans: 0,
  rejected: 0,
  rejected_message: null,
  retries: 0,
  clamped: 0,
  too_old: 0,
};

function placeOf({ board, cursor }: FeedBatch, destination: string) {
  return { board_uid: board.board_uid, destination, cursor };
}

async function startOf(
  source: LogSource,
  board: BoardRecord,
  destination: string,
  { from, cursorStore }: ExportOptions,
): Promise<Cursor> {
  if (typeof from === 'number') return cursorAt(source, from);
  if (from !== undefined) return from;
  const saved = cursorStore && (await loadCursor(cursorStore, board, destination));
  return saved?.cursor ?? LOG_START;
}

function withoutOld(spans: ReadableSpan[], maxAgeMs: number): ReadableSpan[] {
  if (maxAgeMs === Number.POSITIVE_INFINITY) return spans;
  const oldest = (Date.now() - maxAgeMs) / 1000;
  return spans.filter(({ endTime: [seconds, nanos] }) => seconds + nanos / 1e9 >= oldest);
}

/** The signal that ends the repeating, and the one that cuts off the request in flight a while later. */
function stopSignals(signal: AbortSignal | undefined, deadlineMs = 5_000) {
  const stop = signal ?? new AbortController().signal;
  const cutOff = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onStop = (): void => {
    timer = setTimeout(() => cutOff.abort(), deadlineMs);
  };
  if (stop.aborted) onStop();
  else stop.addEventListener('abort', onStop, { once: true });
  const release = (): void => {
    clearTimeout(timer);
    stop.removeEventListener('abort', onStop);
  };
  return { stop, cutOff: cutOff.signal, release };
}

/** Whoever watches an export cannot break it. */
function guarded(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    process.emitWarning(`A watcher of a span export threw: ${error instanceof Error ? error.message : String(error)}`);
  }
}
