import { errorOf } from '../errors.ts';
import type {
  Agent,
  BoardRecord,
  ChiefCycle,
  DataEntry,
  Event,
  FlightLogEntry,
  IdempotencyRecord,
  Lease,
  OmbudsmanTick,
  Task,
} from '../records.ts';
import type { Micros } from '../time.ts';
import type { Changes, Snapshot } from '../transaction.ts';
import type { ProfileRegistry } from './profiles.ts';

/** What one accepted command changes. Handlers return it and touch nothing, so a refusal leaves no trace. */
export interface Effect<Result = unknown> {
  readonly result: Result;
  readonly tasks?: readonly Task[];
  readonly agents?: readonly Agent[];
  readonly event?: Event;
  /** Several events in place of one, each a number and a microsecond after the one before. */
  readonly events?: readonly Event[];
  readonly cycle?: ChiefCycle;
  readonly tick?: OmbudsmanTick;
  readonly entry?: FlightLogEntry;
  readonly dataPut?: DataEntry;
  readonly dataDeleted?: string;
  readonly leases?: readonly Lease[];
}

/** The board as a command sees it: the snapshot with every earlier command of the batch applied. */
export interface View {
  readonly board: BoardRecord;
  readonly profiles: ProfileRegistry;
  /** The time of this command: after every earlier one, whatever the clock says. */
  readonly now: Micros;
  /** @throws NotFoundError (`task_not_found`) */
  task(taskId: string): Task;
  findTask(taskId: string): Task | undefined;
  findAgent(agentId: string): Agent | undefined;
  hasData(key: string): boolean;
  findLease(role: string): Lease | undefined;
  /** Every lease of the board. */
  leases(): Iterable<Lease>;
}

/** The view for an event that the same command makes after so many: each takes the next number and the next microsecond. */
export function viewAfter(view: View, events: number): View {
  if (events === 0) return view;
  return {
    board: { ...view.board, next_sequence_id: view.board.next_sequence_id + events },
    profiles: view.profiles,
    now: view.now + events,
    task: taskId => view.task(taskId),
    findTask: taskId => view.findTask(taskId),
    findAgent: agentId => view.findAgent(agentId),
    hasData: key => view.hasData(key),
    findLease: role => view.findLease(role),
    leases: () => view.leases(),
  };
}

/** The evolving state of a batch: a {@link View} that can take effects and give the rows to write. */
export class Draft implements View {
  readonly profiles: ProfileRegistry;
  board: BoardRecord;
  now: Micros;
  readonly #clock: Micros;
  readonly #tasks: Map<string, Task>;
  readonly #agents: Map<string, Agent>;
  readonly #data: Map<string, DataEntry>;
  readonly #idempotency: Map<string, IdempotencyRecord>;
  readonly #leases: Map<string, Lease>;
  readonly #changedTasks = new Map<string, Task>();
  readonly #changedAgents = new Map<string, Agent>();
  readonly #changedData = new Map<string, DataEntry | null>();
  readonly #newIdempotency = new Map<string, IdempotencyRecord>();
  readonly #changedLeases = new Map<string, Lease>();
  readonly #events: Event[] = [];
  readonly #cycles: ChiefCycle[] = [];
  readonly #ticks: OmbudsmanTick[] = [];
  readonly #entries: FlightLogEntry[] = [];

  constructor(snapshot: Snapshot & { readonly board: BoardRecord }, profiles: ProfileRegistry, clock: Micros) {
    this.profiles = profiles;
    this.board = snapshot.board;
    this.#clock = clock;
    this.now = Math.max(clock, snapshot.board.last_timestamp + 1);
    this.#tasks = new Map(snapshot.tasks);
    this.#agents = new Map(snapshot.agents);
    this.#data = new Map(snapshot.data);
    this.#idempotency = new Map(snapshot.idempotency);
    this.#leases = new Map(snapshot.leases);
  }

  task(taskId: string): Task {
    const task = this.#tasks.get(taskId);
    if (task === undefined) throw errorOf('task_not_found', `Task not found: ${taskId}`);
    return task;
  }

  findTask(taskId: string): Task | undefined {
    return this.#tasks.get(taskId);
  }

  findAgent(agentId: string): Agent | undefined {
    return this.#agents.get(agentId);
  }

  hasData(key: string): boolean {
    return this.#data.has(key);
  }

  findLease(role: string): Lease | undefined {
    return this.#leases.get(role);
  }

  leases(): Iterable<Lease> {
    return this.#leases.values();
  }

  findIdempotency(key: string): IdempotencyRecord | undefined {
    return this.#idempotency.get(key);
  }

  /** Applies an accepted command. Its time is taken: the next command's is later. */
  apply(effect: Effect): void {
    // Only its result: the command found nothing to change.
    if (Object.keys(effect).length === 1) return;
    for (const task of effect.tasks ?? []) put(task.task_id, task, this.#tasks, this.#changedTasks);
    for (const agent of effect.agents ?? []) put(agent.agent_id, agent, this.#agents, this.#changedAgents);
    const events = effect.events ?? (effect.event ? [effect.event] : []);
    this.#events.push(...events);
    if (effect.cycle) this.#cycles.push(effect.cycle);
    if (effect.tick) this.#ticks.push(effect.tick);
    if (effect.entry) this.#entries.push(effect.entry);
    for (const lease of effect.leases ?? []) put(lease.role, lease, this.#leases, this.#changedLeases);
    if (effect.dataPut) put(effect.dataPut.key, effect.dataPut, this.#data, this.#changedData);
    if (effect.dataDeleted !== undefined) {
      this.#data.delete(effect.dataDeleted);
      this.#changedData.set(effect.dataDeleted, null);
    }
    const { board } = this;
    const last_timestamp = this.now + Math.max(0, events.length - 1);
    this.board = {
      ...board,
      last_timestamp,
      next_sequence_id: board.next_sequence_id + events.length,
      next_cycle_sequence_id: board.next_cycle_sequence_id + (effect.cycle ? 1 : 0),
      next_tick_sequence_id: board.next_tick_sequence_id + (effect.tick ? 1 : 0),
      next_entry_id: board.next_entry_id + (effect.entry ? 1 : 0),
    };
    this.now = Math.max(this.#clock, last_timestamp + 1);
  }

  remember(record: IdempotencyRecord): void {
    put(record.idempotency_key, record, this.#idempotency, this.#newIdempotency);
  }

  /** The rows to write. */
  changes(idempotencyExpiredBefore: Micros | null): Changes {
    const data = [...this.#changedData];
    return {
      board: this.board,
      tasks: [...this.#changedTasks.values()],
      agents: [...this.#changedAgents.values()],
      events: this.#events,
      chief_cycles: this.#cycles,
      ombudsman_ticks: this.#ticks,
      flight_log: this.#entries,
      idempotency: [...this.#newIdempotency.values()],
      data_put: data.flatMap(([, entry]) => (entry === null ? [] : [entry])),
      data_deleted: data.flatMap(([key, entry]) => (entry === null ? [key] : [])),
      profiles: [],
      task_types: [],
      leases: [...this.#changedLeases.values()],
      idempotency_expired_before: idempotencyExpiredBefore,
    };
  }
}

function put<V>(key: string, value: V, all: Map<string, V>, changed: Map<string, V | null>): void {
  all.set(key, value);
  changed.set(key, value);
}
