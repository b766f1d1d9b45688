import type { Reopening } from '../../../board/backends/backend.ts';
import { ConfigurationError } from '../../../board/core/errors.ts';
import { isPlainData } from '../../../board/plain-data.ts';
import { beginning, type KeepExportingOptions } from '../keep-exporting.ts';
import { restarting, type TracingSummary } from '../restarting.ts';
import type { Stops } from '../stops.ts';
import type { Watchers } from '../watchers.ts';
import { runThread } from './run-thread.ts';

/** A board that a thread can open for itself. */
export interface ReopenableBoard {
  readonly reopening: Reopening;
  readonly boardId: string;
}

/**
 * Sends a board's spans from a thread that reads the database over a connection of its own, so that the board's thread has
 * nothing to do with it. The caller's functions stay here. A thread that ends before its time is started again. Never rejects.
 */
export function traceInThread(
  { reopening, boardId }: ReopenableBoard,
  options: KeepExportingOptions,
  watchers: Watchers,
  stops: Stops,
): Promise<TracingSummary> {
  const { cursorStore, exporter: _1, meter: _2, onProgress: _3, onError: _4, ...data } = options;
  const { drain, signal } = stops;
  // As the variables are now, however often the thread is started.
  const env = { ...process.env };
  const { restartMs } = options;
  const told = { ...watchers, drain, signal, ...(restartMs !== undefined && { restartMs }) };
  return restarting(async (place, onProgress) => {
    assertPlain(data);
    const from = beginning(options.from, place, true);
    const order = {
      reopening,
      boardId,
      options: { ...data, ...(from !== undefined && { from }) },
      cursorStore: cursorStore === undefined ? null : { hasLease: cursorStore.lease !== undefined },
    };
    return runThread({ order, env, cursorStore, watchers, onProgress, stops });
  }, told);
}

function assertPlain(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (isPlainData(value)) continue;
    throw new ConfigurationError(
      'invalid_configuration',
      `The option ${name} cannot be handed to the tracing's thread: give plain data, or thread: false`,
    );
  }
}
