import type { Board } from '../../board/board.ts';
import { openBoard } from '../../board/open-board.ts';
import { loadLifecycles } from '../config/load-lifecycles.ts';
import { configurationError, type ResolvedConfig } from '../config/resolve-config.ts';
import { patiently } from '../patiently.ts';
import { backendOf } from '../source.ts';

/**
 * Opens the board that a configuration names, makes it where it is not there, and waits for as long as its database is away.
 *
 * @throws ConfigurationError for what the configuration lacks; Interrupted where the signal aborts first.
 */
export async function openServedBoard(resolved: ResolvedConfig, signal: AbortSignal): Promise<Board> {
  const { database_url: url, board, task_types, resumable, trace_sample_ratio } = resolved.config;
  if (url === null) {
    throw configurationError([
      'database_url is missing: give --database-url sqlite:FILE, postgres://… or mysql://…, QUADRO_DATABASE_URL, or a --config file that has it',
    ]);
  }
  const lifecycles = await loadLifecycles(resolved);
  return patiently(async () => {
    return openBoard({
      backend: await backendOf(url),
      boardId: board,
      lifecycles,
      taskTypes: task_types,
      traceSampleRatio: trace_sample_ratio,
      // A board keeps it once it is set: to leave it out is not to take it back.
      ...(resumable && { resumable }),
    });
  }, signal);
}
