import type { Cursor } from '../../board/core/records.ts';
import type { ExporterMeter } from '../prometheus/process-meters.ts';
import type { ExportSummary } from './export-options.ts';
import type { SentAll } from './send-all.ts';
import type { TranslatedBatch } from './translated-batches.ts';

/** An export that has done nothing yet. */
export function emptySummary(cursor: Cursor): ExportSummary {
  return {
    spans: 0,
    rejected: 0,
    rejected_message: null,
    retries: 0,
    dead_lettered: 0,
    clamped: 0,
    too_old: 0,
    not_sampled: 0,
    cursor,
  };
}

/** The same with a batch that was dealt with. */
export function withBatch(summary: ExportSummary, batch: TranslatedBatch, sent: SentAll): ExportSummary {
  return {
    spans: summary.spans + batch.spans.length - sent.dead_lettered,
    rejected: summary.rejected + sent.rejected,
    rejected_message: sent.message ?? summary.rejected_message,
    retries: summary.retries,
    dead_lettered: summary.dead_lettered + sent.dead_lettered,
    clamped: summary.clamped + batch.clamped,
    too_old: summary.too_old + batch.too_old,
    not_sampled: summary.not_sampled + batch.not_sampled,
    cursor: batch.cursor,
  };
}

/**
 * Tells a meter of a batch. Every span has one result, so that they add up to what was translated; only those that sampling
 * held back and gives now have had one before, which `sampled_later` takes back: a counter cannot.
 */
export function reportBatch(meter: ExporterMeter, batch: TranslatedBatch, sent: SentAll): void {
  meter.spans('sent', batch.spans.length - sent.rejected - sent.dead_lettered);
  meter.spans('rejected', sent.rejected);
  meter.spans('dead_lettered', sent.dead_lettered);
  meter.spans('too_old', batch.too_old);
  meter.spans('not_sampled', Math.max(0, batch.not_sampled));
  meter.spans('sampled_later', Math.max(0, -batch.not_sampled));
  meter.position(batch.cursor.events, batch.lag);
}
