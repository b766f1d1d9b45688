import { type QuadroError, quadroErrorOf } from '../../board/core/errors.ts';
import type { Cursor } from '../../board/core/records.ts';
import { pause } from '../feed/pause.ts';
import type { ExportProgress, ExportSummary } from './export-options.ts';

/** How to go on after a failure, and who is told. */
export interface RestartOptions {
  /** How long after a failure it is tried anew, in milliseconds. Default 30,000. */
  restartMs?: number;
  /** Told of every failure, and in how many milliseconds it is tried anew; null where it is not. */
  onError?: (error: QuadroError, retryInMs: number | null) => void;
  /** Told where all the runs together stand. */
  onProgress?: (progress: ExportProgress) => void;
  /** Ends the waiting for a further run, which is then the last: it reads to the log's end. */
  drain?: AbortSignal;
  /** Ends it all. */
  signal?: AbortSignal;
}

/** What an export came to, over all its restarts. */
export interface TracingSummary extends Omit<ExportSummary, 'cursor'> {
  /** The place reached, or null where it never began. */
  readonly cursor: Cursor | null;
  /** The last failure, or null. */
  readonly error: QuadroError | null;
}

/** One run of an export. It is told the place that the runs before it sent everything up to, null where none sent anything. */
export type Run = (
  place: Cursor | null,
  onProgress: (progress: ExportProgress) => void,
) => Promise<Omit<TracingSummary, 'error'> & { readonly error?: QuadroError | null }>;

/** Failures that would be the same at every further try. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  'cursor_beyond_log',
  'invalid_configuration',
  'missing_package',
  'closed',
]);

/** Whether a failure would be the same at every further try. */
export function isFinal({ code }: QuadroError): boolean {
  return FINAL_CODES.has(code);
}

const NOTHING: TracingSummary = {
  spans: 0,
  rejected: 0,
  rejected_message: null,
  retries: 0,
  dead_lettered: 0,
  clamped: 0,
  too_old: 0,
  not_sampled: 0,
  cursor: null,
  error: null,
};

/** Runs an export until it ends, again and again where it fails, but for failures that are final. Never rejects. */
export async function restarting(run: Run, options: RestartOptions): Promise<TracingSummary> {
  const { restartMs = 30_000, onError, onProgress, drain, signal } = options;
  let total = NOTHING;
  let place: Cursor | null = null;
  let lag = 0;
  for (;;) {
    let latest: ExportProgress | null = null;
    try {
      const ended = await run(place, progress => {
        latest = progress;
        lag = progress.lag;
        // Whoever waits for its turn tells where the others are.
        if (progress.waiting === null) place = progress.cursor;
        onProgress?.({ ...progress, ...countsOf(total, progress) });
      });
      return sum(total, ended);
    } catch (thrown) {
      const error = quadroErrorOf(thrown);
      total = { ...(latest === null ? total : sum(total, latest)), error };
      const isOver = isFinal(error) || drain?.aborted === true || signal?.aborted === true;
      onError?.(error, isOver ? null : restartMs);
      if (isOver) return total;
      const { error: _, cursor, ...counts } = total;
      const waiting = { reason: error.message, retryInMs: restartMs };
      if (cursor !== null) onProgress?.({ ...counts, cursor, lag, waiting });
      await pause(restartMs, drain, signal);
      if (signal?.aborted) return total;
    }
  }
}

type Counts = Omit<TracingSummary, 'cursor' | 'error'>;

function countsOf(total: Counts, run: Counts): Counts {
  return {
    spans: total.spans + run.spans,
    rejected: total.rejected + run.rejected,
    rejected_message: run.rejected_message ?? total.rejected_message,
    retries: total.retries + run.retries,
    dead_lettered: total.dead_lettered + run.dead_lettered,
    clamped: total.clamped + run.clamped,
    too_old: total.too_old + run.too_old,
    not_sampled: total.not_sampled + run.not_sampled,
  };
}

function sum(total: TracingSummary, run: Awaited<ReturnType<Run>>): TracingSummary {
  return { ...countsOf(total, run), cursor: run.cursor ?? total.cursor, error: run.error ?? total.error };
}
