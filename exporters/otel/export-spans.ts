import { QuadroError } from '../../board/core/errors.ts';
import type { Cursor } from '../../board/core/records.ts';
import { endOf, type LogSource } from '../../board/log-source.ts';
import { type CursorStore, cursorKeeper, LOG_START, loadCursor } from '../feed/index.ts';
import { deadLetterFile } from './dead-letters.ts';
import { destinationOf } from './destination.ts';
import { emptySummary, reportBatch, withBatch } from './export-counts.ts';
import type { ExportOptions, ExportProgress, ExportSummary } from './export-options.ts';
import { exporterSink } from './exporter-sink.ts';
import { fileSink } from './file-sink.ts';
import { checkedGenAi } from './gen-ai.ts';
import { otlpSink } from './otlp-sink.ts';
import { checkSelection } from './selection.ts';
import { batchSender } from './send-all.ts';
import type { SpanSink } from './sink.ts';
import { stopSignals } from './stop-signals.ts';
import { isBounded, selectionStart, translatedBatches } from './translated-batches.ts';
import { inTurns, type Turn } from './turns.ts';

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
  const { file, follow = file === undefined && !isBounded(options) } = options;
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
  options: Omit<ExportOptions, 'file'>,
): Promise<ExportSummary> {
  checkSelection(options);
  checkedGenAi(options.genAi);
  // A part of the log that has an end is sent beside whoever follows: it has no place to keep.
  const cursorStore = isBounded(options) ? undefined : options.cursorStore;
  const destination = cursorStore === undefined ? '' : destinationOf(options);
  const account: Account = { summary: emptySummary(LOG_START) };
  const onStandBy = async (waiting: ExportProgress['waiting']): Promise<void> => {
    const cursor = cursorStore ? await savedPlace(source, cursorStore, destination) : LOG_START;
    account.summary = { ...account.summary, cursor };
    const lag = Math.max(0, endOf(await source.board()).events - cursor.events);
    guarded(() => options.onProgress?.({ ...account.summary, lag, waiting }));
  };
  await sink.open?.();
  await inTurns(sink, { ...options, cursorStore, destination, onStandBy }, turn =>
    exportTurn(turn, source, { ...options, destination }, account),
  );
  return account.summary;
}

/** What an export came to so far, over all its turns. */
interface Account {
  summary: ExportSummary;
}

async function exportTurn(
  { sink, cursorStore, signal, isLater, isLost }: Turn,
  source: LogSource,
  options: Omit<ExportOptions, 'file'> & { readonly destination: string },
  account: Account,
): Promise<void> {
  const { destination, deadLetterFile: path, meter } = options;
  const given = isLater ? null : await selectionStart(source, options);
  const cursor = given ?? (cursorStore ? await savedPlace(source, cursorStore, destination) : LOG_START);
  const keeper = cursorStore && cursorKeeper(cursorStore, options.saveEveryMs);
  const deadLetters = path === undefined ? null : deadLetterFile(path);
  const stops = stopSignals(signal, options.closeDeadlineMs);
  account.summary = { ...account.summary, cursor };
  let lag = 0;
  const tell = (waiting: ExportProgress['waiting']): void =>
    guarded(() => options.onProgress?.({ ...account.summary, lag, waiting }));
  const onRetry = (waiting: ExportProgress['waiting']): void => {
    account.summary = { ...account.summary, retries: account.summary.retries + 1 };
    tell(waiting);
  };
  const send = batchSender(sink, { ...options, ...stops, deadLetters, onRetry });
  try {
    for await (const batch of translatedBatches(source, { ...options, ...(signal && { signal }) }, cursor)) {
      lag = batch.lag;
      const sent = stops.stop.aborted ? null : await send(batch.spans);
      if (sent === null || !sent.done) break;
      account.summary = withBatch(account.summary, batch, sent);
      await keeper?.moved({ board_uid: batch.board_uid, destination, cursor: batch.cursor });
      guarded(() => meter && reportBatch(meter, batch, sent));
      tell(null);
    }
  } finally {
    stops.release();
    await deadLetters?.close();
    // What is not saved yet is for whoever has the turn now: the place may be past it.
    await (isLost() ? keeper?.abandon() : keeper?.flush());
  }
}

async function savedPlace(source: LogSource, store: CursorStore, destination: string): Promise<Cursor> {
  const saved = await loadCursor(store, await source.board(), destination);
  return saved?.cursor ?? LOG_START;
}

/** Whoever watches an export cannot break it. */
function guarded(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    process.emitWarning(`A watcher of a span export threw: ${error instanceof Error ? error.message : String(error)}`);
  }
}
