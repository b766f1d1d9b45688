import { QuadroError } from '../core/errors.ts';
import type { OpenState } from '../core/intents.ts';
import type { Agent, Task } from '../core/records.ts';
import { WORKING_KINDS } from '../core/statuses.ts';
import { type Micros, US_PER_SECOND } from '../core/time.ts';
import { stageTraceparent } from '../core/trace-ids.ts';
import { envelopeOf } from '../transport/board-client.ts';
import type { RequestEnvelope } from '../transport/envelope.ts';
import type { Network } from '../transport/network.ts';
import type { ResolvedSurroundings } from './surroundings.ts';

/** How long an assignment may be without a heartbeat before it is taken for undelivered. */
export const REDISPATCH_SECONDS = 10;

/** The open assignments of these agents that have not had one beat: nobody works on them yet. */
export function unbegun(tasks: readonly Task[], agents: readonly Agent[]): readonly [Task, Agent][] {
  const byId = new Map(agents.map(agent => [agent.agent_id, agent]));
  return tasks.flatMap((task): [Task, Agent][] => {
    if (!WORKING_KINDS.has(task.stage_kind) || task.heartbeats > 0) return [];
    const agent = task.assigned_to === null ? undefined : byId.get(task.assigned_to);
    return agent?.open_assignments.includes(task.task_id) ? [[task, agent]] : [];
  });
}

/** Whether it has been assigned for so long that somebody should have begun it. */
function isLate(task: Task, now: Micros): boolean {
  return task.status_entered_at <= now - REDISPATCH_SECONDS * US_PER_SECOND;
}

/**
 * The open assignments whose worker should have beaten by now: whoever committed them may have died before it told the
 * worker. Those of agents that are not registered, or OFFLINE, are left out: nobody would answer.
 */
export function undelivered(tasks: readonly Task[], agents: readonly Agent[], now: Micros): readonly [Task, Agent][] {
  const late = tasks.filter(task => isLate(task, now));
  return unbegun(
    late,
    agents.filter(({ status }) => status !== 'OFFLINE'),
  );
}

/** What of a board goes into the trace context of its stages. */
export type TracedBoard = Pick<OpenState, 'board_uid' | 'trace_sample_ratio'>;

/** The envelope that tells a worker of an assignment: the fence, and the trace context of the stage the task is in. */
export function orderOf({ board_uid, trace_sample_ratio }: TracedBoard, task: Task, at: Micros): RequestEnvelope {
  const { task_id, entered_sequence_id: fence } = task;
  const params = { task_id, fence, traceparent: stageTraceparent(board_uid, task, trace_sample_ratio) };
  return envelopeOf('worker.execute_task', params, {}, at);
}

/**
 * Tells workers of their assignments, in the background (Q45). The fence makes repeating it harmless; while an answer is
 * awaited it is not repeated. An address nobody answers at here is no fault by itself: where the worker lives in another
 * process, the board brings it the assignment. Only one that nobody has begun ten seconds later is reported, as is any
 * other failure; the Ombudsman finds its task.
 */
export class Dispatcher {
  readonly #network: Network;
  readonly #surroundings: ResolvedSurroundings;
  readonly #underWay = new Set<string>();

  constructor(network: Network, surroundings: ResolvedSurroundings) {
    this.#network = network;
    this.#surroundings = surroundings;
  }

  /** Sends `worker.execute_task`. */
  send(board: TracedBoard, task: Task, agent: Agent): void {
    const key = `${task.task_id} ${task.entered_sequence_id}`;
    if (this.#underWay.has(key)) return;
    this.#underWay.add(key);
    void this.#request(board, task, agent).finally(() => this.#underWay.delete(key));
  }

  async #request(board: TracedBoard, task: Task, agent: Agent): Promise<void> {
    const now = this.#surroundings.clock();
    try {
      const { ok, error, error_code } = await this.#network.request(agent.a2a_url, orderOf(board, task, now));
      // What a worker's function threw is on the board already; any other refusal is known here only.
      if (!ok && error_code !== 'internal_error')
        this.#surroundings.onError(`${agent.agent_id} refused its task`, error);
    } catch (error) {
      const isElsewhere = error instanceof QuadroError && error.code === 'endpoint_not_found';
      if (isElsewhere && !isLate(task, now)) return;
      this.#surroundings.onError(`${agent.agent_id} at ${agent.a2a_url} could not be told of its task`, error);
    }
  }
}
