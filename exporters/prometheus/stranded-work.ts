import { capabilityOf, type RoutingOptions, routeOf } from '../../board/agents/routing.ts';
import type { TaskCount } from '../../board/backends/backend.ts';
import type { OpenState } from '../../board/core/intents.ts';

/** What of a board tells which of its work is stranded. */
export interface DispatchState extends Pick<OpenState, 'agents' | 'routes'> {
  readonly tasks: readonly TaskCount[];
}

/**
 * Work that could be dispatched now and is not, by capability: the smaller of the tasks that may go and the agents that are
 * idle, by the routes that the Chief itself goes by. Every capability is in it that an agent has or a waiting task needs.
 */
export function strandedByCapability(
  { tasks, agents, routes }: DispatchState,
  options: RoutingOptions = {},
): ReadonlyMap<string, number> {
  const routable = new Map<string, number>();
  for (const tasksAlike of tasks) {
    const route = routeOf({ routes }, tasksAlike);
    const capability = route && capabilityOf(route, tasksAlike);
    if (capability === null) continue;
    const count = routeOf({ routes }, tasksAlike, options) === null ? 0 : tasksAlike.count;
    routable.set(capability, (routable.get(capability) ?? 0) + count);
  }
  const idle = new Map<string, number>();
  for (const { status, capabilities } of agents) {
    for (const capability of new Set(capabilities)) {
      idle.set(capability, (idle.get(capability) ?? 0) + (status === 'IDLE' ? 1 : 0));
    }
  }
  const all = new Set([...routable.keys(), ...idle.keys()]);
  return new Map(Array.from(all, each => [each, Math.min(routable.get(each) ?? 0, idle.get(each) ?? 0)]));
}
