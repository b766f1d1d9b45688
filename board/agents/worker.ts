import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigurationError, errorOf, NotFoundError, ValidationError } from '../core/errors.ts';
import type { ExecuteTaskParams, IntentPort } from '../core/intents.ts';
import type { JsonObject } from '../core/json.ts';
import { checkPayload } from '../core/payload.ts';
import type { Task } from '../core/records.ts';
import { envelopeOf } from '../transport/board-client.ts';
import { answer } from '../transport/envelope.ts';
import type { EndpointHandler, Network } from '../transport/network.ts';
import { paramsFromWire, resultToWire } from '../transport/wire.ts';
import { Assignment, type Claim } from './assignment.ts';
import type { Assignee } from './deliveries.ts';
import { runExecution, type WorkEnd, type WorkFunction, type WorkStyle } from './execution.ts';
import { StageContext } from './stage-context.ts';
import { messageOf, type ResolvedSurroundings, type Surroundings, surroundingsOf } from './surroundings.ts';

/** The longest time between two beats, in seconds. */
const MAX_BEAT_SECONDS = 30;

/** Without a sign of life for so long, in seconds, work is taken for dead: the Ombudsman's default. */
export const DEFAULT_TIMEOUT_SECONDS = 3000;

/** How long a function has to heed its abort signal when the worker closes. */
const ABORT_GRACE_MS = 500;

/** Later than any time a board may hold: whenever the agent was last seen, it is gone now. */
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

/** How to make a worker. */
export interface WorkerOptions extends Surroundings {
  readonly agentId: string;
  /** Default: the agent's id. */
  readonly name?: string;
  readonly capabilities: readonly string[];
  /** Where it answers `worker.execute_task`. */
  readonly url: string;
  readonly board: IntentPort;
  readonly network: Network;
  readonly execute: WorkFunction;
  /** The function's value is a verdict (Q52). Default false. */
  readonly reviewer?: boolean;
  /** Where a plain output sends a task of a custom lifecycle. Default: the function says so with `moveTo`. */
  readonly next?: string;
  /** The address of the Chief to wake after work. */
  readonly wakes?: string;
  /** The time-out of the status it works in, in seconds: it beats five times within. Default 3,000. */
  readonly timeoutSeconds?: number;
  readonly version?: string;
  readonly description?: string;
}

/** The answer to the Chief (Q50–Q52); `running` where it, or somebody else by its name, is at the task already. */
function replyOf(mode: WorkEnd['mode'] | Exclude<Claim, 'claimed'>, task: Task): JsonObject {
  return { mode, ...resultToWire<'board.get_task'>({ task }) };
}

/**
 * An agent that works: it answers `worker.execute_task`, beats while its function runs, and posts the result under the
 * fence of its assignment.
 *
 * @example
 * const writer = new Worker({
 *   agentId: 'ada', capabilities: ['article'], url: 'a2a://ada', board, network,
 *   execute: async ({ task }) => `An article on ${task.label}`,
 * });
 * await writer.start();
 */
export class Worker implements Assignee {
  readonly agentId: string;
  readonly url: string;
  readonly #options: WorkerOptions;
  readonly #style: WorkStyle;
  readonly #surroundings: ResolvedSurroundings;
  readonly #assignments = new Set<Assignment>();
  /** What it has been told to execute and has not answered yet. */
  readonly #told = new Set<ExecuteTaskParams>();
  readonly #running = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | null = null;
  #unregister: (() => void) | null = null;
  #isBeating = false;
  #isClosing = false;

  constructor(options: WorkerOptions) {
    const { agentId, url, execute, reviewer = false, next = null, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = options;
    if (!(timeoutSeconds > 0)) {
      throw new ConfigurationError('invalid_configuration', `${agentId}: timeoutSeconds must be more than 0`);
    }
    this.agentId = agentId;
    this.url = url;
    this.#options = options;
    this.#surroundings = surroundingsOf(options);
    const stages = new StageContext(this.#surroundings.onError);
    this.#style = {
      execute: context => stages.run(context.traceparent, () => execute(context)),
      isReviewer: reviewer,
      next,
    };
  }

  /** How often it beats, in seconds: five times within its time-out, and every 30 s at least. */
  get beatSeconds(): number {
    return Math.min((this.#options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) / 5, MAX_BEAT_SECONDS);
  }

  /** Whom a run brings assignments to. */
  get assignees(): readonly Assignee[] {
    return [this];
  }

  /** Whether it has been told of an assignment that it has not ended yet. */
  isAt(taskId: string, fence: number): boolean {
    const isTold = [...this.#told].some(told => told.task_id === taskId && told.fence === fence);
    return isTold || this.#assignmentOf(taskId, fence) !== undefined;
  }

  /** Answers at its url, registers on the board, and starts to beat. A closed worker stays closed. */
  async start(): Promise<void> {
    if (this.#unregister !== null || this.#isClosing) return;
    const { board, network, capabilities, name, version, description } = this.#options;
    // Its endpoint first: from the moment it is registered the Chief may send it work.
    this.#unregister = network.registerEndpoint(this.url, this.endpoint);
    const card = {
      agent_id: this.agentId,
      name: name ?? this.agentId,
      url: this.url,
      version: version ?? '1',
      capabilities,
      description: description ?? '',
    };
    try {
      await board.call('board.register_agent', card, { actor: this.agentId });
    } catch (error) {
      this.#unregister();
      this.#unregister = null;
      throw error;
    }
    this.#timer = setInterval(() => void this.#beat(), this.beatSeconds * 1000).unref();
  }

  /** Answers the envelopes sent to it; for a transport that is wired by hand. */
  readonly endpoint: EndpointHandler = request =>
    answer(request, async ({ intent, payload }) => {
      if (intent !== 'worker.execute_task') {
        throw new ValidationError('unsupported_intent', `Unsupported worker intent: ${intent}`);
      }
      const params = paramsFromWire(intent, payload);
      checkPayload(intent, { ...params });
      if (this.#isClosing) throw errorOf('closed', `${this.agentId} is closing and takes no work`);
      this.#told.add(params);
      const work = this.#execute(params);
      this.#running.add(work);
      return work.finally(() => {
        this.#told.delete(params);
        this.#running.delete(work);
      });
    });

  /**
   * Takes no more work, waits for what it has, and at the deadline tells the rest to stop. The agent is OFFLINE afterwards;
   * a task it did not finish is found by the Ombudsman.
   */
  async close(deadlineSeconds = 10): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#unregister?.();
    if (!(await this.#idleWithin(deadlineSeconds * 1000))) {
      const reason = errorOf('closed', `${this.agentId} is closing`);
      for (const assignment of this.#assignments) assignment.abort(reason);
      await this.#idleWithin(ABORT_GRACE_MS);
    }
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    const params = { agent_id: this.agentId, if_silent_since: END_OF_TIME };
    try {
      await this.#options.board.call('board.set_agent_offline', params, { actor: this.agentId });
    } catch (error) {
      this.#surroundings.onError(`${this.agentId} could not sign off`, error);
    }
  }

  async #idleWithin(milliseconds: number): Promise<boolean> {
    if (this.#running.size === 0) return true;
    const deadline = new AbortController();
    const idle = Promise.allSettled(this.#running).then(() => true);
    const late = sleep(milliseconds, false, { signal: deadline.signal }).catch(() => false);
    try {
      return await Promise.race([idle, late]);
    } finally {
      deadline.abort();
    }
  }

  async #execute({ task_id, fence, traceparent = null }: ExecuteTaskParams): Promise<JsonObject> {
    const { board } = this.#options;
    const { task } = await board.call('board.get_task', { task_id });
    if (fence != null && fence !== task.entered_sequence_id) return replyOf('fenced', task);
    // Sent again while it is already being worked on: the first execution answers for it.
    if (this.#assignmentOf(task_id, task.entered_sequence_id) !== undefined) return replyOf('running', task);
    const assignment = new Assignment(board, this.agentId, task);
    this.#assignments.add(assignment);
    try {
      const claim = await assignment.claim(this.#surroundings.newId());
      if (claim !== 'claimed') return replyOf(claim, task);
      const end = await runExecution(assignment, this.#style, traceparent);
      if (end.mode !== 'failed') return replyOf(end.mode, end.task);
      throw errorOf('internal_error', `Worker error: ${messageOf(end.error)}`, { cause: end.error });
    } finally {
      this.#assignments.delete(assignment);
      assignment.end();
      if (assignment.hasMoved) void this.#wakeChief(assignment.fence);
    }
  }

  #assignmentOf(taskId: string, fence: number): Assignment | undefined {
    return [...this.#assignments].find(each => each.taskId === taskId && each.fence === fence);
  }

  async #wakeChief(sequence_id: number): Promise<void> {
    const { wakes, network } = this.#options;
    if (wakes === undefined) return;
    try {
      await network.request(wakes, envelopeOf('chief.wake', { sequence_id }, {}, this.#surroundings.clock()));
    } catch (error) {
      // Best-effort: the Chief hears of the commit, or the Ombudsman wakes it.
      if (!(error instanceof NotFoundError))
        this.#surroundings.onError(`${this.agentId} could not wake the Chief`, error);
    }
  }

  /** One beat for everything it works on, or one for the agent alone while it is idle. */
  async #beat(): Promise<void> {
    if (this.#isBeating) return;
    this.#isBeating = true;
    try {
      const beats = [...this.#assignments].map(assignment => assignment.beat());
      if (beats.length === 0) await this.#options.board.call('board.post_agent_heartbeat', { agent_id: this.agentId });
      await Promise.all(beats);
    } catch (error) {
      this.#surroundings.onError(`${this.agentId} could not beat`, error);
    } finally {
      this.#isBeating = false;
    }
  }
}
