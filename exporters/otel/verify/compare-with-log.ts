import type { LogSource } from '../../../board/log-source.ts';
import { LOG_START } from '../../feed/index.ts';
import { type SelectionOptions, selectionStart, translatedBatches } from '../translated-batches.ts';
import { contentDigest } from './compared-fields.ts';
import { type FaultySpan, faultySpan } from './name-faults.ts';
import type { Reading, Watched } from './read-received.ts';
import { recordOfSpan, type SpanRecord } from './span-record.ts';
import { SEEN, type SpanTable } from './span-table.ts';

/** What the selected part of the log says, against what was received. */
export interface Comparison {
  readonly expected: number;
  readonly found: number;
  readonly missing_count: number;
  readonly differing_count: number;
  /** The first of them. */
  readonly missing: readonly FaultySpan[];
  /** The first of them, by span id, as the log has them. */
  readonly differing: ReadonlyMap<string, SpanRecord>;
}

/** Looks for every span of the selected part of the log among those received. */
export async function compareWithLog(
  source: LogSource,
  { table, format, received }: Reading,
  options: SelectionOptions & Watched & { readonly maxListed: number },
): Promise<Comparison> {
  const { maxListed, signal, onProgress } = options;
  const start = (await selectionStart(source, options)) ?? LOG_START;
  const counts = { expected: 0, found: 0, missing_count: 0, differing_count: 0 };
  const missing: FaultySpan[] = [];
  const differing = new Map<string, SpanRecord>();
  for await (const { spans } of translatedBatches(source, { ...options, follow: false }, start)) {
    for (const span of spans) {
      const record = recordOfSpan(span);
      const { span_id } = record;
      counts.expected += 1;
      table.mark(span_id, SEEN.expected);
      const digest = table.digestOf(span_id);
      if (digest === undefined) {
        counts.missing_count += 1;
        if (missing.length < maxListed) missing.push(faultySpan(record));
      } else if (digest === contentDigest(record, format ?? 'otlp') && !table.has(span_id, SEEN.conflicting)) {
        counts.found += 1;
      } else {
        counts.differing_count += 1;
        if (differing.size < maxListed) differing.set(span_id, record);
      }
    }
    onProgress?.({ received, expected: counts.expected });
  }
  // A feed ends silently where it is stopped.
  signal?.throwIfAborted();
  return { ...counts, missing, differing };
}

/**
 * How many of the received spans the log knows, though the options leave them out. Only the log tells, so it is read once
 * more, whole, where some are left to explain.
 */
export async function countUnselected(
  source: LogSource,
  table: SpanTable,
  { found, differing_count }: Comparison,
  options: SelectionOptions & Watched,
): Promise<number> {
  const { signal } = options;
  const unexpected = table.size - found - differing_count;
  if (unexpected === 0 || !isNarrowed(options)) return 0;
  let unselected = 0;
  for await (const { spans } of translatedBatches(source, { follow: false, ...(signal && { signal }) }, LOG_START)) {
    for (const span of spans) {
      const { spanId } = span.spanContext();
      if (!table.has(spanId, SEEN.received) || table.has(spanId, SEEN.expected)) continue;
      table.mark(spanId, SEEN.unselected);
      unselected += 1;
    }
    if (unselected === unexpected) break;
  }
  signal?.throwIfAborted();
  return unselected;
}

function isNarrowed(options: SelectionOptions): boolean {
  const { from, since, until, taskIds, sampleRatio, maxSpanAgeMs, quietTicks = true } = options;
  return !quietTicks || [from, since, until, taskIds, sampleRatio, maxSpanAgeMs].some(each => each !== undefined);
}
