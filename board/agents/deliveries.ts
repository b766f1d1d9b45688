import { setImmediate as afterThisTurn } from 'node:timers/promises';
import type { IntentPort } from '../core/intents.ts';
import type { Agent, Event, Task } from '../core/records.ts';
import { WORKING_KINDS } from '../core/statuses.ts';
import type { LogSource } from '../log-source.ts';
import type { EndpointHandler } from '../transport/network.ts';
import { orderOf, REDISPATCH_SECONDS, unbegun } from './dispatcher.ts';
import type { ResolvedSurroundings } from './surroundings.ts';

/** Somebody of this process to whom assignments can be brought: a `Worker`. */
export interface Assignee {
  readonly agentId: string;
  /** Answers `worker.execute_task`. */
  readonly endpoint: EndpointHandler;
  /** Whether it has been told of an assignment that it has not ended yet. */
  isAt(taskId: string, fence: number): boolean;
}

/** What deliveries read of a board. */
export interface DeliveringBoard extends IntentPort, Pick<LogSource, 'board' | 'tasksById'> {
  listAgents(): Promise<readonly Agent[]>;
  readonly traceSampleRatio: number;
}

/** Most assignments that are read at a time. */
const MAX_ORDERS = 500;

/** An assignment as its event tells of it. */
interface Order {
  readonly task_id: string;
  readonly fence: number;
  readonly agent_id: string;
}

/** Whether an agent moved on a task of its own. Most times it goes on working there. */
function isOwnStep({ actor, assigned_to, from_agent_id }: Event): boolean {
  return actor === assigned_to && from_agent_id === assigned_to;
}

/**
 * Brings the workers of this process the assignments that the board's log tells of, whichever process committed them. So no
 * Chief needs to reach them. However often a worker is told of one, by the Chief beside it as well, its claim on the board
 * lets one execution begin.
 */
export class Deliveries {
  readonly #board: DeliveringBoard;
  readonly #assignees: Map<string, Assignee>;
  readonly #surroundings: ResolvedSurroundings;
  /** By fence. */
  readonly #due = new Map<number, Order>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #boardUid: string | null = null;
  #delivering: Promise<void> | null = null;
  #isClosed = false;

  constructor(board: DeliveringBoard, assignees: readonly Assignee[], surroundings: ResolvedSurroundings) {
    this.#board = board;
    this.#assignees = new Map(assignees.map(assignee => [assignee.agentId, assignee]));
    this.#surroundings = surroundings;
  }

  /** Whether there is anybody to bring something to. */
  get isNeeded(): boolean {
    return this.#assignees.size > 0;
  }

  /** Brings what was assigned while nobody was here to hear of it. To be called once the board's events are heard. */
  async start(): Promise<void> {
    if (!this.isNeeded || this.#isClosed) return;
    try {
      const { tasks, agents, board_uid } = await this.#board.call('board.get_open_state', {});
      this.#boardUid = board_uid;
      this.#hand(board_uid, tasks, agents);
    } catch (error) {
      this.#failed('The assignments of this process could not be read', error);
      this.#later(() => void this.start());
    }
  }

  /** Takes notice of what was committed; returns at once. */
  heard(events: readonly Event[]): void {
    for (const event of events) {
      const { task_id, sequence_id: fence, assigned_to: agent_id, stage_kind } = event;
      // A heartbeat has no stage kind.
      if (agent_id === null || !this.#assignees.has(agent_id)) continue;
      if (stage_kind === null || !WORKING_KINDS.has(stage_kind)) continue;
      const order = { task_id, fence, agent_id };
      // Somebody is at it, in whatever process; where it was the last step, the stage is begun like any other.
      if (isOwnStep(event)) this.#later(() => this.#deliverSoon(order));
      else this.#deliverSoon(order);
    }
  }

  /** Brings nothing more; what has been brought, the workers see to. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    await this.#delivering;
  }

  #later(act: () => void): void {
    if (this.#isClosed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, REDISPATCH_SECONDS * 1000).unref();
    this.#timers.add(timer);
  }

  #deliverSoon(order: Order): void {
    this.#due.set(order.fence, order);
    this.#delivering ??= this.#deliverAll();
  }

  /** Reads and hands over what is due, and what falls due meanwhile, many at a time. */
  async #deliverAll(): Promise<void> {
    while (this.#due.size > 0 && !this.#isClosed) {
      // A Chief of this process tells its workers in the turn of its commit; what they have been told of needs no reading.
      await afterThisTurn();
      const taken = [...this.#due.values()].slice(0, MAX_ORDERS);
      for (const { fence } of taken) this.#due.delete(fence);
      const orders = taken.filter(each => !this.#isHandled(each));
      if (orders.length > 0) await this.#deliver(orders);
    }
    // Nothing may be awaited between the last look at what is due and this.
    this.#delivering = null;
  }

  #isHandled({ agent_id, task_id, fence }: Order): boolean {
    return this.#assignees.get(agent_id)?.isAt(task_id, fence) ?? true;
  }

  async #deliver(orders: readonly Order[]): Promise<void> {
    try {
      const ids = orders.map(({ task_id }) => task_id);
      this.#boardUid ??= (await this.#board.board()).board_uid;
      const [tasks, agents] = await Promise.all([this.#board.tasksById(ids), this.#board.listAgents()]);
      this.#hand(this.#boardUid, tasks, agents);
    } catch (error) {
      this.#failed('Assignments could not be read to be delivered', error);
      for (const order of orders) this.#later(() => this.#deliverSoon(order));
    }
  }

  /** Of these tasks, tells their workers of those that nobody has begun. */
  #hand(boardUid: string, tasks: readonly Task[], agents: readonly Agent[]): void {
    if (this.#isClosed) return;
    for (const [task, { agent_id }] of unbegun(tasks, agents)) {
      const order = { task_id: task.task_id, fence: task.entered_sequence_id, agent_id };
      const assignee = this.#assignees.get(agent_id);
      if (assignee === undefined || this.#isHandled(order)) continue;
      this.#tell(assignee, boardUid, task, order).catch(error =>
        this.#failed(`${agent_id} could not be told of its task`, error),
      );
    }
  }

  async #tell(assignee: Assignee, boardUid: string, task: Task, order: Order): Promise<void> {
    const board = { board_uid: boardUid, trace_sample_ratio: this.#board.traceSampleRatio };
    const envelope = orderOf(board, task, this.#surroundings.clock());
    const { ok, error, error_code } = await assignee.endpoint(envelope);
    if (ok) return;
    // What a worker's function threw is on the board already.
    if (error_code !== 'internal_error') this.#failed(`${order.agent_id} refused its task`, error);
    // One that has closed stays closed. Anything else may pass, and an assignment that has begun is not brought again.
    if (error_code === 'closed') this.#assignees.delete(order.agent_id);
    else this.#later(() => this.#deliverSoon(order));
  }

  #failed(what: string, error: unknown): void {
    if (!this.#isClosed) this.#surroundings.onError(what, error);
  }
}
