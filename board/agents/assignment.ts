import { BoardMethods } from '../board-methods.ts';
import { ConflictError, errorOf, QuadroError } from '../core/errors.ts';
import type { CallOptions, Intent, IntentPort, ParamsOf, ResultOf } from '../core/intents.ts';
import type { Task } from '../core/records.ts';
import { WORKING_KINDS } from '../core/statuses.ts';
import { REDISPATCH_SECONDS } from './dispatcher.ts';
import { retried } from './retry.ts';

/** When work that goes on in another stage beats there, at the latest: before it is taken for undelivered. */
const NEXT_STAGE_BEAT_MS = (REDISPATCH_SECONDS / 2) * 1000;

/** Whether an error says that the assignment it was sent for is over. */
export function isFenceConflict(error: unknown): error is QuadroError {
  return error instanceof QuadroError && error.code === 'fence_conflict';
}

/** What claiming an assignment came to: it is ours to work on, somebody is at it already, or it is over. */
export type Claim = 'claimed' | 'running' | 'fenced';

/** One assignment while it is worked on: its fence, which moves on with the worker's own steps, and its abort signal. */
export class Assignment {
  readonly taskId: string;
  readonly agentId: string;
  /** The board in the name of this assignment: what is written to its task carries the fence. */
  readonly board: BoardMethods;
  readonly #port: IntentPort;
  readonly #abort = new AbortController();
  #task: Task;
  #hasMoved = false;
  #movesUnderWay = 0;
  #isBeating = false;
  #nextStageBeat: NodeJS.Timeout | undefined;

  constructor(port: IntentPort, agentId: string, task: Task) {
    this.#port = port;
    this.agentId = agentId;
    this.taskId = task.task_id;
    this.#task = task;
    this.board = new AssignmentBoard(port, this);
  }

  /** The task's `entered_sequence_id` as this assignment knows it. */
  get fence(): number {
    return this.#task.entered_sequence_id;
  }

  /** The task as this assignment last saw it. */
  get task(): Task {
    return this.#task;
  }

  /** Whether the function has moved the task itself. */
  get hasMoved(): boolean {
    return this.#hasMoved;
  }

  /** Aborted when the assignment is over while its function still runs. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Tells the function to stop; what it writes from now on is refused by the fence. */
  abort(reason: Error): void {
    if (!this.#abort.signal.aborted) this.#abort.abort(reason);
  }

  /**
   * Posts the first beat. It is decided on the board, in the transaction that writes it, so of all who were told of the
   * assignment, in whatever process, one works on it. `claimId` must be unlike any other's: under it the claim can be sent
   * again where nobody knows whether it was taken.
   */
  async claim(claimId: string): Promise<Claim> {
    const { agentId: agent_id, taskId: task_id, fence } = this;
    // The fence keeps apart what is claimed, the id who claims it; short enough for a key whatever the agent is called.
    const options = { actor: agent_id, idempotencyKey: `claim:${fence}:${claimId}` };
    const beat = { agent_id, task_id, fence, claim: true };
    // A plain beat in between would begin the assignment for nobody.
    this.#isBeating = true;
    try {
      const { abort, event, task } = await retried(() => this.#port.call('board.post_agent_heartbeat', beat, options));
      if (!abort) return 'claimed';
      // A refused claim has no event, a late one has.
      const isBegun = event === null && task?.assigned_to === agent_id && task.heartbeats > 0;
      return isBegun ? 'running' : 'fenced';
    } finally {
      this.#isBeating = false;
    }
  }

  /** Nobody works on it any more. */
  end(): void {
    clearTimeout(this.#nextStageBeat);
  }

  /**
   * Posts a heartbeat, unless it would say nothing: the task is no longer worked on here, or a step of our own is under way,
   * after which the fence is another. Answers whether the assignment stands.
   */
  async beat(): Promise<boolean> {
    if (this.signal.aborted || (this.#hasMoved && !this.#isWorking)) return false;
    if (this.#isBeating || this.#movesUnderWay > 0) return true;
    this.#isBeating = true;
    const { agentId: agent_id, taskId: task_id, fence } = this;
    try {
      const { abort } = await this.#port.call(
        'board.post_agent_heartbeat',
        { agent_id, task_id, fence },
        { actor: agent_id },
      );
      // Where we have moved the task meanwhile, the beat was late because of us.
      if (!abort || fence !== this.fence || this.#movesUnderWay > 0) return true;
    } finally {
      this.#isBeating = false;
    }
    this.abort(errorOf('fence_conflict', `The assignment of task ${task_id} with fence ${fence} is over`));
    return false;
  }

  /** Sends a step of the task, with the fence, and goes on with the new one. */
  async move<I extends 'board.update_task' | 'worker.post_result'>(
    intent: I,
    params: ParamsOf<I>,
    options: CallOptions = {},
  ): Promise<ResultOf<I>> {
    const fenced = { ...params, fence: params.fence ?? this.fence };
    this.#movesUnderWay++;
    try {
      const result = await this.#port.call(intent, fenced, { actor: this.agentId, ...options });
      this.#task = result.task;
      this.#hasMoved = true;
      this.#beatInNextStage();
      return result;
    } catch (error) {
      if (isFenceConflict(error) && error instanceof ConflictError) this.abort(error);
      throw error;
    } finally {
      this.#movesUnderWay--;
    }
  }

  get #isWorking(): boolean {
    return WORKING_KINDS.has(this.#task.stage_kind) && this.#task.assigned_to === this.agentId;
  }

  /** Not at once: where the function ends with this step, the stage is an assignment that somebody still has to begin. */
  #beatInNextStage(): void {
    clearTimeout(this.#nextStageBeat);
    if (!this.#isWorking) return;
    // What goes wrong with it is reported of the next beat, if that fares no better.
    const beat = (): void => void this.beat().catch(() => undefined);
    this.#nextStageBeat = setTimeout(beat, NEXT_STAGE_BEAT_MS).unref();
  }
}

/** The board as a worker's function sees it: steps of its own task are fenced, and everything carries the agent's name. */
class AssignmentBoard extends BoardMethods {
  readonly #port: IntentPort;
  readonly #assignment: Assignment;

  constructor(port: IntentPort, assignment: Assignment) {
    super();
    this.#port = port;
    this.#assignment = assignment;
  }

  override call<I extends Intent>(intent: I, params: ParamsOf<I>, options: CallOptions = {}): Promise<ResultOf<I>> {
    const { agentId, taskId } = this.#assignment;
    const isOwn = 'task_id' in params && params.task_id === taskId;
    if (isOwn && intent === 'board.update_task') {
      return this.#assignment.move(intent, params as ParamsOf<'board.update_task'>, options) as Promise<ResultOf<I>>;
    }
    if (isOwn && intent === 'worker.post_result') {
      const result = { agent_id: agentId, ...(params as ParamsOf<'worker.post_result'>) };
      return this.#assignment.move(intent, result, options) as Promise<ResultOf<I>>;
    }
    return this.#port.call(intent, params, { actor: agentId, ...options });
  }
}
