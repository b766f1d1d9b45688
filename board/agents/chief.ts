import { isReactive } from '../core/cycle-result.ts';
import { ValidationError } from '../core/errors.ts';
import type { IntentPort } from '../core/intents.ts';
import { checkPayload } from '../core/payload.ts';
import type { Event, WakeTrigger } from '../core/records.ts';
import { WORKING_KINDS } from '../core/statuses.ts';
import type { Micros } from '../core/time.ts';
import { answer } from '../transport/envelope.ts';
import type { EndpointHandler, Network } from '../transport/network.ts';
import { paramsFromWire } from '../transport/wire.ts';
import { type CycleHost, type CycleWake, runCycle } from './chief-cycle.ts';
import { checkChiefNames } from './chief-names.ts';
import { type ChiefTelemetry, ChiefTelemetryWriter, DEFAULT_CHIEF_ID, telemetryKeyOf } from './chief-telemetry.ts';
import { Dispatcher, undelivered } from './dispatcher.ts';
import { Draining } from './draining.ts';
import type { LeaseClaim } from './lease-keeper.ts';
import { type HeldLease, isLeaseLost, LeasedPort } from './leased-port.ts';
import { OwnCycles } from './own-cycles.ts';
import type { Policy } from './policy.ts';
import { type RoutingOptions, routeTasks } from './routing.ts';
import { type ResolvedSurroundings, type Surroundings, surroundingsOf } from './surroundings.ts';

/** How to make a Chief. */
export interface ChiefOptions extends Surroundings {
  readonly board: IntentPort;
  /** Carries its assignments to the workers. */
  readonly network: Network;
  /** Names it in its cycles' rows. Default `chief`. Of several processes' Chiefs of one name one leads, the others stand by. */
  readonly chiefId?: string;
  /** The task types it sees to; another Chief may see to others. Default: all. */
  readonly taskTypes?: readonly string[];
  /** Runs before the default routing, in every cycle. */
  readonly policy?: Policy;
  /** Where it answers `chief.wake`; without it, it answers nowhere. */
  readonly url?: string;
}

/** Why the Chief is woken, where that is known. */
export interface WakeReason {
  readonly event?: Event | null;
  /** The number of that event, where the event itself is not at hand. */
  readonly sequence_id?: number | null;
}

/** Told of every wake, before anything else. */
export type WakeListener = (trigger: WakeTrigger) => void;

/** The board as a Chief may use it now, and for how long. */
interface Lead {
  readonly board: IntentPort;
  isHeld(): boolean;
}

/**
 * The coordinator: on every wake it reads the board, runs the policy, sends each waiting task to an idle agent, and goes
 * back to sleep. It never works on a task itself, and all it knows is on the board.
 *
 * @example
 * const chief = new Chief({ board, network });
 * await chief.wake('seed'); // 1, the cycles run
 */
export class Chief {
  readonly chiefId: string;
  /** The task types it sees to; null: all. */
  readonly taskTypes: readonly string[] | null;
  readonly #board: IntentPort;
  readonly #host: Omit<CycleHost, 'board' | 'routing'>;
  readonly #network: Network;
  readonly #url: string | null;
  readonly #telemetry: ChiefTelemetryWriter;
  readonly #surroundings: ResolvedSurroundings;
  readonly #listeners = new Set<WakeListener>();
  readonly #ownCycles = new OwnCycles();
  readonly #draining = new Draining();
  /** Null while it stands by; a Chief that is used by hand needs no lease. */
  #lead: Lead | null;
  /** The events of the wakes that came during a cycle; null where a wake named none. */
  #pending: (number | null)[] = [];
  #cycles: Promise<unknown> | null = null;
  #seen = 0;
  #sleptAt: Micros | null = null;
  /** Whether its last cycle left tasks waiting, so that an agent who becomes free is news. */
  #leftWaiting = true;
  #isStopping = false;
  #isClosed = false;
  #unregister: (() => void) | null = null;

  constructor(options: ChiefOptions) {
    const { board, network, chiefId = DEFAULT_CHIEF_ID, taskTypes, policy = null, url = null } = options;
    this.chiefId = chiefId;
    this.taskTypes = taskTypes === undefined ? null : [...new Set(taskTypes)];
    checkChiefNames(chiefId, this.taskTypes);
    this.#board = board;
    this.#lead = { board, isHeld: () => true };
    this.#network = network;
    this.#url = url;
    this.#surroundings = surroundingsOf(options);
    const { onError } = this.#surroundings;
    this.#telemetry = new ChiefTelemetryWriter(telemetryKeyOf(chiefId), () => this.#lead?.board ?? null, onError);
    this.#host = {
      chiefId,
      scope: this.taskTypes === null ? {} : { task_types: this.taskTypes },
      policy,
      dispatcher: new Dispatcher(network, this.#surroundings),
      telemetry: this.#telemetry,
      surroundings: this.#surroundings,
    };
  }

  /** The role under which it works in a run. */
  get claim(): LeaseClaim {
    return { role: `chief:${this.chiefId}`, kind: 'chief', claims: this.taskTypes };
  }

  /** From now on it works under that lease, as long as it is held; starts with a seed wake and gives what that gives. */
  async lead(lease: HeldLease): Promise<number> {
    if (lease.isTakeOver) await this.#resumeDraining();
    if (!lease.isHeld()) return 0;
    this.#lead = { board: new LeasedPort(this.#board, lease), isHeld: () => lease.isHeld() };
    this.#seen = 0;
    this.#sleptAt = null;
    this.#leftWaiting = true;
    return this.wake('seed');
  }

  /** From now on it runs no cycle until it leads (again); what a cycle under way still writes is refused by the board. */
  standBy(): void {
    if (this.#lead !== null && this.#lead.board !== this.#board) this.#draining.standBy();
    this.#lead = null;
    this.#pending = [];
  }

  get #isLeading(): boolean {
    return this.#lead?.isHeld() ?? false;
  }

  async #resumeDraining(): Promise<void> {
    try {
      const { value } = await this.#board.call('board.get_data', { key: telemetryKeyOf(this.chiefId) });
      this.#draining.resume(value);
      this.#telemetry.draining(this.isDraining);
    } catch (error) {
      this.#surroundings.onError('A Chief that takes over could not see whether it shall drain', error);
    }
  }

  /** Answers `chief.wake` at its url, if it has one. */
  start(): void {
    if (this.#url !== null) this.#unregister ??= this.#network.registerEndpoint(this.#url, this.#endpoint);
  }

  /**
   * Wakes it, and answers how many cycles that ran: 0 where one was under way, which another then follows (Q41), and
   * where a worker or a commit wakes it with an event that an earlier cycle has seen, and while it stands by. Rejects with
   * what a policy threw.
   */
  async wake(trigger: WakeTrigger = 'worker', reason: WakeReason = {}): Promise<number> {
    this.#tell(trigger);
    if (this.#isClosed || !this.#isLeading) return 0;
    const event = reason.event ?? null;
    const sequenceId = event?.sequence_id ?? reason.sequence_id ?? null;
    if (this.#cycles !== null) {
      this.#pending.push(isReactive(trigger) ? sequenceId : null);
      return 0;
    }
    if (isReactive(trigger) && sequenceId !== null && sequenceId <= this.#seen) return 0;
    const cycles = this.#run({ trigger, event, coalesced_wakes: 0 });
    this.#cycles = cycles;
    return cycles;
  }

  /**
   * Wakes it where a worker has not once beaten for its assignment in ten seconds, so that it is sent again, and where a step
   * is there to be taken that no event told of (an agent that has come); answers how many cycles that ran. Whoever committed
   * the assignment may have died before it told the worker.
   */
  async redeliver(): Promise<number> {
    if (this.#isClosed || this.#isStopping || this.#cycles !== null || !this.#isLeading) return 0;
    const state = await this.#board.call('board.get_open_state', this.#host.scope);
    const late = undelivered(state.tasks, state.agents, this.#surroundings.clock());
    const missed = routeTasks(state, { isDraining: this.isDraining });
    return late.length + missed.length === 0 ? 0 : this.wake('seed');
  }

  /** Whether an event is news for it: of one of its task types, or the end of work whose agent it has a task waiting for. */
  concerns(event: Event): boolean {
    if (this.taskTypes === null || this.taskTypes.includes(event.task_type)) return true;
    const { from_agent_id, from_stage_kind } = event;
    const freesAgent = from_agent_id !== null && from_stage_kind !== null && WORKING_KINDS.has(from_stage_kind);
    // During a cycle nobody knows yet what it will leave; one that has seen the event is followed by no other.
    return freesAgent && (this.#leftWaiting || this.#cycles !== null);
  }

  /** The same as {@link wake}, with the trigger a person starting a board means. */
  nudge(trigger: WakeTrigger = 'seed'): Promise<number> {
    return this.wake(trigger);
  }

  /** Calls back on every wake, coalesced ones too; answers how to stop. What a listener throws is reported. */
  onWake(listener: WakeListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What it is doing, as the data key `_chief_telemetry` (`_chief_telemetry:{chiefId}` where it has a name) has it. */
  get telemetry(): ChiefTelemetry {
    return this.#telemetry.value;
  }

  /** Whether nothing leaves UNASSIGNED. */
  get isDraining(): boolean {
    return this.#draining.isDraining;
  }

  /**
   * Stops or resumes handing out new work; what has begun goes on. Resolves when the telemetry says so. A Chief that stands by
   * keeps it in mind until it leads.
   */
  async setDraining(isDraining: boolean): Promise<void> {
    this.#draining.tell(isDraining);
    this.#telemetry.draining(isDraining);
    await this.#telemetry.settled();
  }

  /** Whether a cycle of this Chief caused the event, which is then no reason to wake it. */
  isOwn(event: Event): boolean {
    return this.#ownCycles.has(event.cycle_id);
  }

  /** From now on no agent is given work; steps that take no agent still go. */
  stopDispatching(): void {
    this.#isStopping = true;
  }

  /** Resolves when no cycle is under way, and none is due. */
  async whenAsleep(): Promise<void> {
    // Whoever woke it is told of a failure; here it only matters that it is over.
    await this.#cycles?.catch(() => undefined);
  }

  /** Takes no more wakes, and waits for the cycles that are under way or due. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#isStopping = true;
    this.#unregister?.();
    this.#unregister = null;
    await this.whenAsleep();
    await this.#telemetry.settled();
  }

  readonly #endpoint: EndpointHandler = request =>
    answer(request, async ({ intent, payload }) => {
      if (intent !== 'chief.wake') {
        throw new ValidationError('unsupported_intent', `Unsupported chief intent: ${intent}`);
      }
      const params = paramsFromWire(intent, payload);
      checkPayload(intent, { ...params });
      await this.wake(params.trigger, { sequence_id: params.sequence_id ?? null });
      return {};
    });

  /** Runs cycles until no wake is left over. Nothing may be awaited between the last look at them and giving up the lock. */
  async #run(first: Pick<CycleWake, 'trigger' | 'event' | 'coalesced_wakes'>): Promise<number> {
    let failure: unknown = null;
    let cyclesRun = 0;
    let next: typeof first | null = first;
    while (next !== null) {
      cyclesRun++;
      const ended = await this.#cycle(next);
      failure ??= ended;
      next = this.#takePending();
    }
    this.#cycles = null;
    if (failure !== null) throw failure;
    return cyclesRun;
  }

  async #cycle(wake: Pick<CycleWake, 'trigger' | 'event' | 'coalesced_wakes'>): Promise<unknown> {
    const cycle_id = this.#surroundings.newId();
    this.#ownCycles.add(cycle_id);
    const lead = this.#lead;
    if (lead === null) return null;
    const routing = (): RoutingOptions => ({
      isDraining: this.isDraining,
      isStopping: this.#isStopping || !lead.isHeld(),
    });
    const host = { ...this.#host, board: lead.board, routing };
    const end = await runCycle(host, { ...wake, cycle_id, previous_slept_at: this.#sleptAt });
    // What another lead has seen and when it slept is not this one's.
    if (lead === this.#lead) {
      this.#sleptAt = end.slept_at;
      this.#seen = Math.max(this.#seen, end.seen_sequence_id ?? 0);
      this.#leftWaiting = end.left_waiting > 0;
    }
    // That its lease was lost under way is no fault of the cycle's; the new holder does what it could not.
    return isLeaseLost(end.failure) ? null : end.failure;
  }

  /** The wakes that came meanwhile, as one; those whose event the cycle has already seen are answered by it. */
  #takePending(): Pick<CycleWake, 'trigger' | 'event' | 'coalesced_wakes'> | null {
    const left = this.#pending.filter(sequenceId => sequenceId === null || sequenceId > this.#seen);
    this.#pending = [];
    if (left.length === 0) return null;
    return { trigger: 'worker', event: null, coalesced_wakes: left.length };
  }

  #tell(trigger: WakeTrigger): void {
    for (const listener of this.#listeners) {
      try {
        listener(trigger);
      } catch (error) {
        this.#surroundings.onError('A wake listener threw', error);
      }
    }
  }
}
