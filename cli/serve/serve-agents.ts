import { Chief } from '../../board/agents/chief.ts';
import { Ombudsman } from '../../board/agents/ombudsman.ts';
import type { BoardRun } from '../../board/agents/run.ts';
import type { Board } from '../../board/board.ts';
import type { HttpNetwork } from '../../board/transport/http/index.ts';
import type { Config } from '../config/config.ts';

/** Told of what failed and was carried on from. */
export type OnError = (what: string, error: unknown) => void;

function chiefOf(board: Board, network: HttpNetwork, config: Config, onError: OnError): Chief {
  const { chief_id: chiefId, chief_task_types: taskTypes } = config;
  return new Chief({ board, network, chiefId, onError, ...(taskTypes.length > 0 && { taskTypes }) });
}

function ombudsmanOf(board: Board, { timeout_seconds, status_timeouts }: Config, onError: OnError): Ombudsman {
  return new Ombudsman({ board, timeoutSeconds: timeout_seconds, statusTimeouts: status_timeouts, onError });
}

/** Starts the Chief and the Ombudsman that a configuration asks for; null where it asks for neither. */
export async function serveAgents(
  board: Board,
  network: HttpNetwork,
  config: Config,
  onError: OnError,
): Promise<BoardRun | null> {
  if (!config.chief && !config.ombudsman) return null;
  return board.run({
    ...(config.chief && { chief: chiefOf(board, network, config, onError) }),
    ...(config.ombudsman && { ombudsman: ombudsmanOf(board, config, onError) }),
    tickSeconds: config.tick_seconds,
    deadlineSeconds: config.grace_seconds,
    onError,
  });
}
