import { once } from 'node:events';
import type { IntentPort } from '../../board/core/intents.ts';
import { answer } from '../../board/transport/envelope.ts';
import type { Network } from '../../board/transport/network.ts';
import { paramsFromWire } from '../../board/transport/wire.ts';

const BEAT_MS = 250;

/**
 * Adds an agent that waits for a task, beats once for it, and is never heard of again: a process that hangs, seen from outside.
 * Its id sorts before the pool's workers, so it is handed the first task there is. Resolves when it has one.
 */
async function addSilentAgent(board: IntentPort, network: Network, capability: string, name: string): Promise<void> {
  const agent_id = `${capability}_silent_${name}`;
  const url = `a2a://silent/${agent_id}`;
  const told = new EventTarget();
  const unregister = network.registerEndpoint(url, request =>
    answer(request, async ({ payload }) => {
      const { task_id, fence } = paramsFromWire('worker.execute_task', payload);
      await board.call('board.post_agent_heartbeat', { agent_id, task_id, ...(fence != null && { fence }) });
      told.dispatchEvent(new Event('told'));
      return {};
    }),
  );
  const isTold = once(told, 'told');
  const card = { agent_id, name: agent_id, url, version: '1', capabilities: [capability], description: 'hangs' };
  await board.call('board.register_agent', card);
  const beating = setInterval(() => void board.call('board.post_agent_heartbeat', { agent_id }), BEAT_MS);
  await isTold;
  clearInterval(beating);
  unregister();
}

/** Adds one such agent a capability; resolves when all of them hang. */
export async function addSilentAgents(
  board: IntentPort,
  network: Network,
  capabilities: readonly string[],
  name: string,
): Promise<void> {
  await Promise.all(capabilities.map(capability => addSilentAgent(board, network, capability, name)));
}
