import type { BoardMeter } from '../../board/meter.ts';
import {
  COMMIT_BATCH_SIZE,
  COMMIT_DURATION,
  EXPORTER_CURSOR,
  EXPORTER_LAG,
  EXPORTER_SPANS,
  REFUSALS,
  RETRIES,
} from './names.ts';
import type { Totals } from './totals.ts';

/** Counts what a board tells of its commits. */
export function boardMeter(totals: Totals, backendName: string): BoardMeter {
  const labels = [backendName];
  return {
    commit(seconds, batchSize) {
      totals.apply({ kind: 'observe', metric: COMMIT_DURATION, labels, value: Math.round(seconds * 1_000_000) });
      totals.apply({ kind: 'observe', metric: COMMIT_BATCH_SIZE, labels, value: batchSize });
    },
    refusal: (intent, errorCode) =>
      totals.apply({ kind: 'count', metric: REFUSALS, labels: [intent, errorCode], by: 1 }),
    retry: reason => totals.apply({ kind: 'count', metric: RETRIES, labels: [reason], by: 1 }),
  };
}

/** Told by an exporter of the same process how it gets on. */
export interface ExporterMeter {
  /** Where it stands: the last event it is done with, and how many are still unread. */
  position(sequenceId: number, lagEvents: number): void;
  /** Spans whose delivery ended: `sent`, `rejected`, `dead_lettered`, or left out as `too_old` or `not_sampled`. */
  spans(result: string, count: number): void;
}

/** Counts what an exporter tells. */
export function exporterMeter(totals: Totals, signal: string): ExporterMeter {
  return {
    position(sequenceId, lagEvents) {
      totals.apply({ kind: 'set', metric: EXPORTER_CURSOR, labels: [signal], to: sequenceId });
      totals.apply({ kind: 'set', metric: EXPORTER_LAG, labels: [signal], to: lagEvents });
    },
    spans: (result, count) =>
      totals.apply({ kind: 'count', metric: EXPORTER_SPANS, labels: [signal, result], by: count }),
  };
}
