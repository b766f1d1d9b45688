import { profileKey } from '../core/decide/profiles.ts';
import type { OpenState } from '../core/intents.ts';
import type { JsonObject } from '../core/json.ts';
import type { Agent, Task } from '../core/records.ts';
import { WORKING_KINDS } from '../core/statuses.ts';
import { capabilityOf, type RoutingOptions, routeOf } from './routing.ts';

/** The work of a board and who is there to do it, for one capability. */
export interface CapabilityLoad {
  /** Tasks that wait for an agent with the capability, whether or not they may be dispatched now. */
  waiting: number;
  in_flight: number;
  idle_agents: number;
  busy_agents: number;
  /** min(tasks that may be dispatched now, idle agents): work that could move and does not. */
  stranded: number;
}

/** The same for the board as a whole. */
export interface Workload {
  /** Tasks in a `wait` stage. */
  readonly waiting: number;
  /** Tasks in `active`, `review` or `rework`. */
  readonly in_flight: number;
  readonly idle_agents: number;
  readonly busy_agents: number;
  /** Σ of `stranded` over the capabilities. */
  readonly stranded: number;
  readonly by_capability: Readonly<Record<string, CapabilityLoad>>;
}

type State = Pick<OpenState, 'routes' | 'tasks' | 'agents'>;

/** The capability at work on a task, of the routes that lead to its status: the one its agent has. */
function workingCapability(state: State, task: Task, agent: Agent | undefined): string | null {
  const routes = Object.values(state.routes[profileKey(task.profile, task.profile_version)] ?? {});
  const needed = routes
    .filter(route => route.to_status === task.status)
    .map(route => capabilityOf(route, task))
    .filter(capability => capability !== null);
  // An agent may both write and review: then the kind of the stage says which it is.
  if (task.stage_kind === 'review' && needed.includes('review')) return 'review';
  return needed.find(capability => agent?.capabilities.includes(capability)) ?? needed[0] ?? null;
}

class Loads {
  readonly #loads = new Map<string, CapabilityLoad & { routable: number }>();

  of(capability: string): CapabilityLoad & { routable: number } {
    const known = this.#loads.get(capability);
    if (known !== undefined) return known;
    const load = { waiting: 0, in_flight: 0, idle_agents: 0, busy_agents: 0, stranded: 0, routable: 0 };
    this.#loads.set(capability, load);
    return load;
  }

  result(): Record<string, CapabilityLoad> {
    const sorted = [...this.#loads].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(
      sorted.map(([capability, { routable, ...load }]) => [
        capability,
        { ...load, stranded: Math.min(routable, load.idle_agents) },
      ]),
    );
  }
}

function countTasks(state: State, options: RoutingOptions, loads: Loads): { waiting: number; in_flight: number } {
  const agents = new Map(state.agents.map(agent => [agent.agent_id, agent]));
  const counts = { waiting: 0, in_flight: 0 };
  for (const task of state.tasks) {
    if (task.stage_kind === 'wait') {
      counts.waiting++;
      const route = routeOf(state, task);
      const capability = route && capabilityOf(route, task);
      if (capability === null) continue;
      const load = loads.of(capability);
      load.waiting++;
      if (routeOf(state, task, options) !== null) load.routable++;
    } else if (WORKING_KINDS.has(task.stage_kind)) {
      counts.in_flight++;
      const agent = task.assigned_to === null ? undefined : agents.get(task.assigned_to);
      const capability = workingCapability(state, task, agent);
      if (capability !== null) loads.of(capability).in_flight++;
    }
  }
  return counts;
}

/** Counts the work of an open board. An agent counts in each of its capabilities, and once in the whole. */
export function workloadOf(state: State, options: RoutingOptions = {}): Workload {
  const loads = new Loads();
  const tasks = countTasks(state, options, loads);
  const agents = { idle_agents: 0, busy_agents: 0 };
  for (const agent of state.agents) {
    if (agent.status === 'OFFLINE') continue;
    const column = agent.status === 'IDLE' ? 'idle_agents' : 'busy_agents';
    agents[column]++;
    for (const capability of new Set(agent.capabilities)) loads.of(capability)[column]++;
  }
  const by_capability = loads.result();
  const stranded = Object.values(by_capability).reduce((sum, load) => sum + load.stranded, 0);
  return { ...tasks, ...agents, stranded, by_capability };
}

/** The by-capability counts as a cycle's row holds them, with or without what was left stranded. */
export function capabilityCounts({ by_capability }: Workload, withStranded: boolean): JsonObject {
  const row = ({ stranded, ...counts }: CapabilityLoad): JsonObject =>
    withStranded ? { ...counts, stranded } : { ...counts };
  return Object.fromEntries(Object.entries(by_capability).map(([capability, load]) => [capability, row(load)]));
}
