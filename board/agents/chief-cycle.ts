import { ConflictError, NotFoundError, TransitionError, ValidationError } from '../core/errors.ts';
import type { ChiefCycleParams, IntentPort, OpenState, ParamsOf } from '../core/intents.ts';
import type { Agent, Event, Task, WakeTrigger } from '../core/records.ts';
import type { Micros } from '../core/time.ts';
import type { ChiefTelemetryWriter } from './chief-telemetry.ts';
import { type Dispatcher, undelivered } from './dispatcher.ts';
import { isLeaseLost } from './leased-port.ts';
import { type Policy, runPolicy } from './policy.ts';
import { type Routing, type RoutingOptions, routeTasks } from './routing.ts';
import { errorColumn, type ResolvedSurroundings } from './surroundings.ts';
import { capabilityCounts, type Workload, workloadOf } from './workload.ts';

/** What a cycle needs of its Chief. */
export interface CycleHost {
  readonly chiefId: string;
  readonly board: IntentPort;
  /** Which tasks are its own. */
  readonly scope: ParamsOf<'board.get_open_state'>;
  readonly policy: Policy | null;
  readonly dispatcher: Dispatcher;
  readonly telemetry: ChiefTelemetryWriter;
  readonly surroundings: ResolvedSurroundings;
  /** Asked when it is time to act: draining may begin while the policy thinks. */
  routing(): RoutingOptions;
}

/** Why a cycle runs. */
export interface CycleWake {
  readonly cycle_id: string;
  readonly trigger: WakeTrigger;
  readonly event: Event | null;
  readonly coalesced_wakes: number;
  readonly previous_slept_at: Micros | null;
}

/** How a cycle ended. */
export interface CycleEnd {
  readonly slept_at: Micros;
  /** The last event it saw; null where something failed, for then it has not answered all of them. */
  readonly seen_sequence_id: number | null;
  /** Tasks it left waiting; more than 0 where it did not get so far as to know. */
  readonly left_waiting: number;
  /** What ended it early, to be thrown to whoever woke the Chief; null where it went through. */
  readonly failure: unknown;
}

/** What became of the steps a cycle tried. */
interface Acted {
  readonly taken: readonly { routing: Routing; task: Task }[];
  readonly refused: number;
  /** The first failure that is no refusal. */
  readonly error: unknown;
}

/** Most times a cycle routes: a profile may lead in a circle that needs no agent. */
const MAX_PASSES = 8;

const NO_WORK: Workload = { waiting: 0, in_flight: 0, idle_agents: 0, busy_agents: 0, stranded: 0, by_capability: {} };

function isRefusal(error: unknown): boolean {
  return [TransitionError, ConflictError, NotFoundError, ValidationError].some(refusal => error instanceof refusal);
}

/** Commits every step together, so that they share a transaction, and tells each worker as soon as its own is committed. */
async function act(host: CycleHost, state: OpenState, cycleId: string, routings: readonly Routing[]): Promise<Acted> {
  const taken: { routing: Routing; task: Task }[] = [];
  let refused = 0;
  let error: unknown = null;
  const take = async (routing: Routing): Promise<void> => {
    const { task, to_status, agent } = routing;
    const assignment = agent === null ? {} : { assigned_to: agent.agent_id, require_idle: true };
    const params = { task_id: task.task_id, to_status, fence: task.entered_sequence_id, ...assignment };
    try {
      const { task: moved } = await host.board.call('board.update_task', params, { actor: 'chief', cycleId });
      taken.push({ routing, task: moved });
      if (agent !== null) host.dispatcher.send(state, moved, agent);
    } catch (failure) {
      refused++;
      // Somebody was faster, or the task cannot go: the others still can. Anything else is worth a word in the cycle's row.
      if (!isRefusal(failure)) error ??= failure;
    }
  };
  await Promise.all(routings.map(take));
  return { taken, refused, error };
}

/** The state with a cycle's own steps in it. */
function stateAfter(state: OpenState, { taken }: Acted): OpenState {
  const moved = new Map(taken.map(({ task }) => [task.task_id, task]));
  const busy = new Set(taken.flatMap(({ routing }) => routing.agent?.agent_id ?? []));
  const tasks = state.tasks.map(task => moved.get(task.task_id) ?? task).filter(task => task.standing === 'open');
  const agents = state.agents.map((agent): Agent => (busy.has(agent.agent_id) ? { ...agent, status: 'BUSY' } : agent));
  return { ...state, tasks, agents };
}

/** One decision cycle under way: what it has seen and done so far, so that even a failed one leaves its row. */
class Cycle {
  readonly #host: CycleHost;
  readonly #wake: CycleWake;
  readonly #wokeAt: Micros;
  #actingAt: Micros | null = null;
  #before = NO_WORK;
  #after = NO_WORK;
  #seen: number | null = null;
  #actions = 0;
  #error: unknown = null;

  constructor(host: CycleHost, wake: CycleWake) {
    this.#host = host;
    this.#wake = wake;
    this.#wokeAt = host.surroundings.clock();
  }

  async run(): Promise<CycleEnd> {
    let failure: unknown = null;
    try {
      await this.#act(await this.#think());
    } catch (error) {
      failure = error;
      this.#error = error;
    }
    const slept_at = this.#now();
    const { trigger } = this.#wake;
    if (failure === null) {
      this.#host.telemetry.sleeping({ trigger, woke_at: this.#wokeAt, slept_at, actions_taken: this.#actions });
    }
    await Promise.all([this.#record(slept_at), this.#host.telemetry.settled()]);
    const isWhole = this.#error === null;
    return {
      slept_at,
      seen_sequence_id: isWhole ? this.#seen : null,
      left_waiting: isWhole ? this.#after.waiting : 1,
      failure,
    };
  }

  async #think(): Promise<OpenState> {
    const { board, policy, telemetry } = this.#host;
    telemetry.thinking(this.#wake.trigger, this.#wokeAt);
    const state = await this.#read();
    this.#before = workloadOf(state, this.#host.routing());
    this.#after = this.#before;
    if (policy === null) return state;
    // A policy may look at the telemetry, and may think for long: the board says so before it starts.
    await telemetry.settled();
    this.#actions += await runPolicy(policy, board, state, this.#wake);
    return this.#read();
  }

  async #read(): Promise<OpenState> {
    const state = await this.#host.board.call('board.get_open_state', this.#host.scope);
    this.#seen = state.seen_sequence_id;
    return state;
  }

  async #act(state: OpenState): Promise<void> {
    const { board, scope, dispatcher, telemetry } = this.#host;
    this.#actingAt = this.#now();
    telemetry.acting();
    const options = this.#host.routing();
    if (!options.isStopping) {
      for (const [task, agent] of undelivered(state.tasks, state.agents, this.#actingAt)) {
        dispatcher.send(state, task, agent);
      }
    }
    let after = state;
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const acted = await act(this.#host, after, this.#wake.cycle_id, routeTasks(after, options));
      this.#actions += acted.taken.length;
      this.#error ??= acted.error;
      // A refusal means that the board is no longer what was read.
      after = acted.refused > 0 ? await board.call('board.get_open_state', scope) : stateAfter(after, acted);
      // Its own commits do not wake the Chief, so what a step without an agent makes possible (STALE → UNASSIGNED) is done now.
      if (!acted.taken.some(({ routing, task }) => routing.agent === null && task.standing === 'open')) break;
    }
    this.#after = workloadOf(after, options);
  }

  /** A clock that somebody sets back must not make the cycle end before it began. */
  #now(): Micros {
    return Math.max(this.#host.surroundings.clock(), this.#actingAt ?? this.#wokeAt);
  }

  async #record(sleptAt: Micros): Promise<void> {
    const { chiefId, board, surroundings } = this.#host;
    const { cycle_id, trigger, coalesced_wakes, previous_slept_at } = this.#wake;
    const actingAt = this.#actingAt ?? sleptAt;
    const row: ChiefCycleParams = {
      cycle_id,
      chief_id: chiefId,
      trigger,
      woke_at: this.#wokeAt,
      slept_at: sleptAt,
      previous_slept_at: previous_slept_at === null ? null : Math.min(previous_slept_at, this.#wokeAt),
      seen_sequence_id: this.#seen ?? 0,
      thinking_us: actingAt - this.#wokeAt,
      acting_us: sleptAt - actingAt,
      actions_taken: this.#actions,
      coalesced_wakes,
      waiting: this.#before.waiting,
      in_flight: this.#before.in_flight,
      idle_agents: this.#before.idle_agents,
      busy_agents: this.#before.busy_agents,
      waiting_after: this.#after.waiting,
      in_flight_after: this.#after.in_flight,
      idle_agents_after: this.#after.idle_agents,
      busy_agents_after: this.#after.busy_agents,
      stranded_after: this.#after.stranded,
      by_capability: capabilityCounts(this.#before, false),
      by_capability_after: capabilityCounts(this.#after, true),
      draining: this.#host.routing().isDraining ?? false,
      error: errorColumn(this.#error),
    };
    try {
      await board.call('board.record_cycle', row, { actor: 'chief', cycleId: cycle_id });
    } catch (error) {
      // Whoever keeps the lease has told of its loss.
      if (!isLeaseLost(error)) surroundings.onError('A Chief cycle could not leave its row', error);
    }
  }
}

/** Runs one decision cycle: read, policy, default routing, dispatch, row. It never rejects. */
export function runCycle(host: CycleHost, wake: CycleWake): Promise<CycleEnd> {
  return new Cycle(host, wake).run();
}
