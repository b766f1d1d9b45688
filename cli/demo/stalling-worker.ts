import type { Startable } from '../../board/agents/run.ts';
import type { IntentPort } from '../../board/core/intents.ts';
import { answer } from '../../board/transport/envelope.ts';
import type { Network } from '../../board/transport/network.ts';
import { paramsFromWire } from '../../board/transport/wire.ts';

/** Sorts before the pool's writers, so that it is handed the first article there is to write. */
const AGENT_ID = 'writing_staller';
const URL = 'a2a://workers/writing_staller';

/**
 * A writer that takes its first article, beats once, and is never heard of again: what a hung process looks like from outside.
 * The Ombudsman finds its article, and in time the agent itself.
 */
export function stallingWorker(board: IntentPort, network: Network): Startable {
  let unregister: (() => void) | null = null;
  return {
    async start() {
      unregister = network.registerEndpoint(URL, request =>
        answer(request, async ({ payload }) => {
          const { task_id, fence } = paramsFromWire('worker.execute_task', payload);
          await board.call('board.post_agent_heartbeat', {
            agent_id: AGENT_ID,
            task_id,
            ...(fence != null && { fence }),
          });
          return {};
        }),
      );
      await board.call('board.register_agent', {
        agent_id: AGENT_ID,
        name: AGENT_ID,
        url: URL,
        version: '1',
        capabilities: ['writing'],
        description: 'hangs in its first article',
      });
    },
    async close() {
      unregister?.();
    },
  };
}
