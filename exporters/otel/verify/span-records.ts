import type { LogSource } from '../../../board/log-source.ts';
import { LOG_START } from '../../feed/index.ts';
import { translatedBatches } from '../translated-batches.ts';
import { isOfBoard } from './read-received.ts';
import { type ReceivedOptions, receivedSpans } from './received-spans.ts';
import { recordOfSpan, type SpanRecord } from './span-record.ts';

/**
 * A board's spans as plain data, each once: those its log says, or those a file or a backend's query holds.
 *
 * @param received A file, or an http or https URL, as for `verifySpans`; null for the log's own.
 * @throws QuadroError `invalid_source` where that holds no spans, `remote_error` where the URL does not answer with them.
 * @example
 * for await (const { name, attributes } of spanRecords(board, 'spans.ndjson')) console.log(name, attributes['quadro.task_id']);
 */
export async function* spanRecords(
  source: LogSource,
  received: string | null,
  options: ReceivedOptions = {},
): AsyncGenerator<SpanRecord, void, void> {
  if (received === null) {
    const { signal } = options;
    for await (const { spans } of translatedBatches(source, { follow: false, ...(signal && { signal }) }, LOG_START)) {
      for (const span of spans) yield recordOfSpan(span);
    }
    signal?.throwIfAborted();
    return;
  }
  const { board_uid } = await source.board();
  const seen = new Set<string>();
  for await (const { record } of (await receivedSpans(received, options)).read()) {
    options.signal?.throwIfAborted();
    if (!isOfBoard(record, board_uid) || seen.has(record.span_id)) continue;
    seen.add(record.span_id);
    yield record;
  }
}
