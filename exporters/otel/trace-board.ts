import { type QuadroError, quadroErrorOf } from '../../board/core/errors.ts';
import type { Cursor } from '../../board/core/records.ts';
import { type CursorStore, defaultCursorStore, type StoredLog } from '../feed/index.ts';
import { pause } from '../feed/pause.ts';
import { type ExportOptions, type ExportProgress, type ExportSummary, exportTo, sinkOf } from './export-spans.ts';
import type { SpanSink } from './sink.ts';

/** A board that spans can be taken from while it runs: a `Board`, or any log. */
export interface TraceableBoard extends StoredLog {
  /** Has the board's `close` stop the tracing first. */
  closeWith?(closer: () => Promise<unknown>): void;
}

/** How to trace a running board. */
export interface TraceOptions extends Omit<ExportOptions, 'file' | 'follow' | 'signal' | 'drain'> {
  /** How long after a refusal it is tried anew, in milliseconds. Default 30,000. */
  restartMs?: number;
  /** How long `stop` may take to send what is still unsent, in milliseconds. Default 5,000. */
  stopWithinMs?: number;
  /** Told of every failure. Default: a process warning. */
  onError?: (error: QuadroError) => void;
}

/** A tracing that runs. */
export interface Tracing {
  /** Sends what is left, within `stopWithinMs`, and ends. Never rejects. */
  stop(): Promise<TracingSummary>;
}

/** What a tracing came to, over all its restarts. */
export interface TracingSummary extends Omit<ExportSummary, 'cursor'> {
  /** The place reached, or null where it never began. */
  readonly cursor: Cursor | null;
  /** The last failure, or null. */
  readonly error: QuadroError | null;
}

/** Failures that would be the same at every further try. */
const FINAL_CODES: ReadonlySet<string> = new Set(['cursor_beyond_log', 'invalid_configuration', 'closed']);

/**
 * Sends a board's spans while it runs. It reads the board's log like any other reader, so it can neither fail nor hold up a
 * command; where it fails itself it says so and goes on from its cursor later. The cursor is kept beside a board that lives
 * in a file, and in the database of one on a server; give a `cursorStore` for any other, or spans are sent from the log's start
 * again by the next process. Of several processes on one board, one traces.
 *
 * @example
 * const tracing = traceBoard(board, { url: 'http://localhost:4318' });
 * // … the board works …
 * await tracing.stop();
 */
export function traceBoard(board: TraceableBoard, options: TraceOptions = {}): Tracing {
  const { stopWithinMs = 5_000 } = options;
  const drain = new AbortController();
  const cutOff = new AbortController();
  const running = keepExporting(board, options, drain.signal, cutOff.signal);
  let stopped: Promise<TracingSummary> | undefined;
  const stop = async (): Promise<TracingSummary> => {
    drain.abort();
    const timer = setTimeout(() => cutOff.abort(), stopWithinMs);
    const summary = await running;
    clearTimeout(timer);
    return summary;
  };
  const tracing: Tracing = {
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
  board.closeWith?.(() => tracing.stop());
  return tracing;
}

async function keepExporting(
  board: TraceableBoard,
  options: TraceOptions,
  drain: AbortSignal,
  signal: AbortSignal,
): Promise<TracingSummary> {
  const { restartMs = 30_000, onError = warn } = options;
  let total: TracingSummary = { ...NOTHING };
  let from = options.from;
  let sink: SpanSink | undefined;
  for (let isOver = false; !isOver; isOver ||= signal.aborted) {
    let latest: ExportSummary | null = null;
    const onProgress = (progress: ExportProgress): void => {
      latest = progress;
      options.onProgress?.(progress);
    };
    try {
      sink ??= sinkOf({ ...options, follow: true });
      const cursorStore = options.cursorStore ?? (await storeOf(board));
      const place = { ...(cursorStore && { cursorStore }), ...(from !== undefined && { from }) };
      const run = { ...options, ...place, onProgress, drain, signal, closeDeadlineMs: 0 };
      total = sum(total, await exportTo(sink, board, run));
      isOver = true;
    } catch (error) {
      const failure = quadroErrorOf(error);
      total = { ...(latest === null ? total : sum(total, latest)), error: failure };
      from = total.cursor ?? from;
      tellFailure(onError, failure);
      isOver = FINAL_CODES.has(failure.code) || drain.aborted;
      if (!isOver) await pause(restartMs, drain, signal);
    }
  }
  await sink?.close().catch(error => tellFailure(onError, quadroErrorOf(error)));
  return total;
}

const NOTHING: TracingSummary = {
  spans: 0,
  rejected: 0,
  rejected_message: null,
  retries: 0,
  clamped: 0,
  too_old: 0,
  cursor: null,
  error: null,
};

function sum(total: TracingSummary, run: ExportSummary): TracingSummary {
  return {
    spans: total.spans + run.spans,
    rejected: total.rejected + run.rejected,
    rejected_message: run.rejected_message ?? total.rejected_message,
    retries: total.retries + run.retries,
    clamped: total.clamped + run.clamped,
    too_old: total.too_old + run.too_old,
    cursor: run.cursor,
    error: total.error,
  };
}

async function storeOf(board: TraceableBoard): Promise<CursorStore | undefined> {
  if (board.backend === undefined) return undefined;
  return defaultCursorStore(board.backend, await board.board(), 'otlp') ?? undefined;
}

function warn(error: QuadroError): void {
  process.emitWarning(`Spans are not being sent: ${error.message}`, { code: error.code });
}

/** Whoever hears of a failure cannot break the board. */
function tellFailure(onError: (error: QuadroError) => void, failure: QuadroError): void {
  try {
    onError(failure);
  } catch (error) {
    warn(quadroErrorOf(error));
  }
}
