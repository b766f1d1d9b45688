import type { Board } from '../../board/board.ts';
import { openBoard } from '../../board/open-board.ts';
import { loadLifecycles } from '../config/load-lifecycles.ts';
import { configurationError, type ResolvedConfig } from '../config/resolve-config.ts';
import { patiently } from '../patiently.ts';
import { backendOf, boardIn } from '../source.ts';

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
    const backend = await backendOf(url);
    try {
      await backend.open();
      return await openBoard({
        backend,
        // As everywhere: a token that was made for the only board is a token of the one that is served.
        boardId: board ?? (await boardIn(backend, undefined)),
        lifecycles,
        taskTypes: task_types,
        traceSampleRatio: trace_sample_ratio,
        // A board keeps it once it is set: to leave it out is not to take it back.
        ...(resumable && { resumable }),
      });
    } catch (error) {
      await backend.close();
      throw error;
    }
  }, signal);
}
