import type { Agent, Task } from '../core/records.ts';
import { WORKING_KINDS } from '../core/statuses.ts';
import { type Micros, US_PER_SECOND } from '../core/time.ts';
import { stageTraceparent } from '../core/trace-ids.ts';
import { envelopeOf } from '../transport/board-client.ts';
import type { Network } from '../transport/network.ts';
import type { ResolvedSurroundings } from './surroundings.ts';

/** How long an assignment may be without a heartbeat before it is taken for undelivered. */
export const REDISPATCH_SECONDS = 10;

/**
 * The open assignments whose worker never beat: whoever committed them may have died before it told the worker. Those of
 * agents that are not registered, or OFFLINE, are left out: nobody would answer.
 */
export function undelivered(tasks: readonly Task[], agents: readonly Agent[], now: Micros): readonly [Task, Agent][] {
  const before = now - REDISPATCH_SECONDS * US_PER_SECOND;
  const reachable = new Map(agents.filter(({ status }) => status !== 'OFFLINE').map(agent => [agent.agent_id, agent]));
  return tasks.flatMap((task): [Task, Agent][] => {
    if (!WORKING_KINDS.has(task.stage_kind) || task.heartbeats > 0 || task.status_entered_at > before) return [];
    const agent = task.assigned_to === null ? undefined : reachable.get(task.assigned_to);
    return agent?.open_assignments.includes(task.task_id) ? [[task, agent]] : [];
  });
}

/**
 * Tells workers of their assignments, in the background (Q45). The fence makes repeating it harmless; while an answer is
 * awaited it is not repeated. A worker that cannot be reached is reported, and the Ombudsman finds its task.
 */
export class Dispatcher {
  readonly #network: Network;
  readonly #surroundings: ResolvedSurroundings;
  readonly #underWay = new Set<string>();

  constructor(network: Network, surroundings: ResolvedSurroundings) {
    this.#network = network;
    this.#surroundings = surroundings;
  }

  /** Sends `worker.execute_task` with the fence and the trace context of the stage the task is in. */
  send(boardUid: string, task: Task, agent: Agent): void {
    const fence = task.entered_sequence_id;
    const key = `${task.task_id} ${fence}`;
    if (this.#underWay.has(key)) return;
    this.#underWay.add(key);
    const params = { task_id: task.task_id, fence, traceparent: stageTraceparent(boardUid, task) };
    const envelope = envelopeOf('worker.execute_task', params, {}, this.#surroundings.clock());
    void this.#request(agent, envelope).finally(() => this.#underWay.delete(key));
  }

  async #request(agent: Agent, envelope: Parameters<Network['request']>[1]): Promise<void> {
    try {
      const { ok, error, error_code } = await this.#network.request(agent.a2a_url, envelope);
      // What a worker's function threw is on the board already; any other refusal is known here only.
      if (!ok && error_code !== 'internal_error')
        this.#surroundings.onError(`${agent.agent_id} refused its task`, error);
    } catch (error) {
      this.#surroundings.onError(`${agent.agent_id} at ${agent.a2a_url} could not be told of its task`, error);
    }
  }
}
