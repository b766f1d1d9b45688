import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Cursor } from '../../board/core/records.ts';
import type { CursorStore, FeedOptions } from '../feed/index.ts';
import type { ExporterMeter } from '../prometheus/process-meters.ts';
import type { RetryOptions } from './insist.ts';
import type { OtlpOptions } from './otlp-config.ts';
import type { SelectionOptions } from './translated-batches.ts';

/** What an export came to. Every span that the log holds is in one of its counts, but for those beyond what was asked for. */
export interface ExportSummary {
  /** Taken by the destination. */
  readonly spans: number;
  /** Of those, refused by a partial success: the destination will not have them. */
  readonly rejected: number;
  /** The destination's words about what it rejected last. */
  readonly rejected_message: string | null;
  /** Refused for themselves and set aside in the dead-letter file. */
  readonly dead_lettered: number;
  /** Attempts that were repeated. */
  readonly retries: number;
  /** Spans whose times went back, given a duration of 0, or lie where OTLP cannot tell them (before 1970). */
  readonly clamped: number;
  /** Spans left out for `maxSpanAgeMs`. */
  readonly too_old: number;
  /** Spans held back by `sampleRatio`, less those given after all: below 0 where a run before held them back. */
  readonly not_sampled: number;
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
    SelectionOptions,
    RetryOptions,
    Pick<FeedOptions, 'batchSize' | 'pollMs' | 'follow' | 'signal' | 'drain'> {
  /** Any OpenTelemetry exporter, instead of an OTLP receiver at `url`. It is shut down at the end. */
  exporter?: SpanExporter;
  /** A file of OTLP JSON lines, instead of a receiver; it appears once the export is complete, which is at the log's end. */
  file?: string;
  /** Where the place reached survives this process. Default: it does not. */
  cursorStore?: CursorStore;
  /**
   * Names the destination, whose place and lease are kept under this name. Default: `otlp-` and a hash of the receiver's URL, or
   * `exporter`. Give names to two places behind one URL, such as teams told apart by a header.
   */
  destination?: string;
  /**
   * How long this process may be silent before another exporter of the same destination goes on instead, in seconds, where the
   * cursor store has a lease. Default 10.
   */
  leaseSeconds?: number;
  /**
   * Where spans go that the receiver refuses for themselves, while it takes others: appended, one OTLP JSON request a line,
   * and on the disk before the place moves. A span may stand there twice, with equal ids, after a kill. Default: such a
   * span ends the export.
   */
  deadLetterFile?: string;
  /** How often the place is saved at most, in milliseconds. Default 1,000. */
  saveEveryMs?: number;
  /** How long the request in flight may still take once the signal has aborted, in milliseconds. Default 5,000. */
  closeDeadlineMs?: number;
  /** Where it reports to as metrics: `exporterMeter('traces')` of a board measured in the same process. */
  meter?: ExporterMeter;
  onProgress?: (progress: ExportProgress) => void;
}
