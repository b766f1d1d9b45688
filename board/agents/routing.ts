import { profileKey } from '../core/decide/profiles.ts';
import type { OpenState } from '../core/intents.ts';
import { type Route, TASK_TYPE_CAPABILITY } from '../core/lifecycle/types.ts';
import type { Agent, Task } from '../core/records.ts';

/** What the default routing would do with one task. */
export interface Routing {
  readonly task: Task;
  readonly to_status: string;
  /** Who shall work on it; null where the step takes no agent. */
  readonly agent: Agent | null;
}

/** What a cycle may do. */
export interface RoutingOptions {
  /** Nothing leaves UNASSIGNED. Default false. */
  readonly isDraining?: boolean;
  /** No agent is given work: the Chief is stopping. Default false. */
  readonly isStopping?: boolean;
}

/** The capability a step out of a wait needs, of this task; null where it takes no agent. */
export function capabilityOf(route: Route, task: Pick<Task, 'task_type'>): string | null {
  return route.capability === TASK_TYPE_CAPABILITY ? task.task_type : route.capability;
}

/** What of a task decides where it may go. */
export type Waiting = Pick<Task, 'profile' | 'profile_version' | 'status' | 'stage_kind'>;

/** The step the Chief may dispatch a task along now, or null: not waiting, no route, or not while draining. */
export function routeOf(state: Pick<OpenState, 'routes'>, task: Waiting, options: RoutingOptions = {}): Route | null {
  if (task.stage_kind !== 'wait') return null;
  if (options.isDraining && task.status === 'UNASSIGNED') return null;
  const route = state.routes[profileKey(task.profile, task.profile_version)]?.[task.status] ?? null;
  if (route !== null && options.isStopping && route.capability !== null) return null;
  return route;
}

/** Hands out idle agents by capability, each once, in the order they were given. */
function reservations(agents: readonly Agent[]): (capability: string) => Agent | null {
  const idle = new Map<string, Agent[]>();
  const taken = new Set<string>();
  for (const agent of agents.toReversed()) {
    if (agent.status !== 'IDLE') continue;
    for (const capability of new Set(agent.capabilities)) {
      const others = idle.get(capability);
      if (others === undefined) idle.set(capability, [agent]);
      else others.push(agent);
    }
  }
  return capability => {
    const candidates = idle.get(capability) ?? [];
    for (let agent = candidates.pop(); agent !== undefined; agent = candidates.pop()) {
      if (taken.has(agent.agent_id)) continue;
      taken.add(agent.agent_id);
      return agent;
    }
    return null;
  };
}

/**
 * The default routing (Q44): every waiting task, by priority, along its profile's route, to the first idle agent with the
 * capability. An agent is given one task at most. Pure: the same state gives the same steps.
 */
export function routeTasks(
  state: Pick<OpenState, 'routes' | 'tasks' | 'agents'>,
  options: RoutingOptions = {},
): readonly Routing[] {
  const reserve = reservations(state.agents);
  const routings: Routing[] = [];
  for (const task of state.tasks) {
    const route = routeOf(state, task, options);
    if (route === null) continue;
    const capability = capabilityOf(route, task);
    const agent = capability === null ? null : reserve(capability);
    if (capability === null || agent !== null) routings.push({ task, to_status: route.to_status, agent });
  }
  return routings;
}
