import type { Backend } from '../../board/backends/backend.ts';
import type { CursorBackend, StoredLog } from '../feed/index.ts';
import type { ExportOptions } from './export-options.ts';
import { type KeepExportingOptions, keepExporting } from './keep-exporting.ts';
import type { RestartOptions, TracingSummary } from './restarting.ts';
import { stopper } from './stops.ts';
import { traceInThread } from './thread/trace-in-thread.ts';
import { guardedWatchers } from './watchers.ts';

/** A board that spans can be taken from while it runs: a `Board`, or any log. */
export interface TraceableBoard extends StoredLog {
  readonly backend?: CursorBackend & Partial<Pick<Backend, 'reopening'>>;
  /** Its name inside its database. */
  readonly boardId?: string;
  /** Has the board's `close` stop the tracing first. */
  closeWith?(closer: () => Promise<unknown>): void;
}

/** How to trace a running board. */
export interface TraceOptions
  extends Omit<
      ExportOptions,
      'file' | 'follow' | 'signal' | 'drain' | 'until' | 'taskIds' | 'onProgress' | 'closeDeadlineMs'
    >,
    Pick<RestartOptions, 'restartMs' | 'onError' | 'onProgress'> {
  /** How long `stop` may take to send what is still unsent, in milliseconds. Default 5,000. */
  stopWithinMs?: number;
  /**
   * Whether it runs in a thread of its own, with a connection of its own, so that the board's thread has nothing to do with
   * it. A board in memory, one whose backend was given functions, a log that is no board, and an `exporter` object are
   * traced in the board's thread all the same. Default true.
   */
  thread?: boolean;
}

/** A tracing that runs. */
export interface Tracing {
  /** Sends what is left, within `stopWithinMs`, and ends. Never rejects. */
  stop(): Promise<TracingSummary>;
}

/**
 * Sends a board's spans while it runs. It reads the board's log like any other reader, so it can neither fail nor hold up a
 * command; where it fails itself it says so and goes on from its cursor later. The cursor is kept beside a board that lives
 * in a file, and in the database of one on a server; give a `cursorStore` for any other, or spans are sent from the log's start
 * again by the next process. Until it is stopped it keeps the process alive, as an open board does; the board's `close` stops it.
 *
 * @example
 * const tracing = traceBoard(board, { url: 'http://localhost:4318' });
 * // … the board works …
 * await tracing.stop();
 */
export function traceBoard(board: TraceableBoard, options: TraceOptions = {}): Tracing {
  const { stopWithinMs = 5_000, thread = true, ...rest } = options;
  const watchers = guardedWatchers(options);
  const { stops, stop } = stopper(stopWithinMs);
  const { abandon, ...sending } = stops;
  const run: KeepExportingOptions = { ...rest, closeDeadlineMs: 0 };
  const { boardId, backend: { reopening } = {} } = board;
  const running =
    thread && reopening && boardId !== undefined && options.exporter === undefined
      ? traceInThread({ reopening, boardId }, run, watchers, stops)
      : keepExporting(() => Promise.resolve(board), { ...run, ...watchers, ...sending }, abandon);
  let stopped: Promise<TracingSummary> | undefined;
  const tracing: Tracing = {
    stop() {
      stopped ??= stop(running);
      return stopped;
    },
  };
  board.closeWith?.(() => tracing.stop());
  return tracing;
}
