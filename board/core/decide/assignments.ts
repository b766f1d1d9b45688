import type { Agent, Task } from '../records.ts';
import { isStandardStatus } from '../statuses.ts';
import type { Micros } from '../time.ts';
import type { View } from './view.ts';

/**
 * Whether entering a status gives its assignee an open assignment (Q36): work in progress always does, a custom status
 * that is no end does when the command itself named the agent.
 */
export function opensAssignment(toStatus: string, isTerminal: boolean, assigns: boolean): boolean {
  return toStatus === 'IN_PROGRESS' || (!isStandardStatus(toStatus) && !isTerminal && assigns);
}

/** An agent with these assignments: BUSY while there is one, whatever it was before. */
function holding(agent: Agent, open_assignments: readonly string[], lastSeenAt: Micros): Agent {
  const isAlive = agent.status !== 'OFFLINE' || lastSeenAt > agent.last_seen_at;
  return {
    ...agent,
    open_assignments,
    current_task_id: open_assignments.at(-1) ?? null,
    status: isAlive ? (open_assignments.length > 0 ? 'BUSY' : 'IDLE') : 'OFFLINE',
    last_seen_at: lastSeenAt,
  };
}

/** An agent that has just shown a sign of life: back from OFFLINE if it was. */
export function seen(agent: Agent, now: Micros): Agent {
  return holding(agent, agent.open_assignments, now);
}

/**
 * The agents that change when a task moves: whoever held it lets go, the new assignee takes it where the stage opens an
 * assignment. `isSignOfLife` is false for what the Chief or the Ombudsman does to an agent's task.
 */
export function agentsAfterMove(
  view: View,
  before: Task,
  after: Task,
  opens: boolean,
  isSignOfLife: boolean,
): readonly Agent[] {
  const changed = new Map<string, Agent>();
  const holder = before.assigned_to === null ? undefined : view.findAgent(before.assigned_to);
  if (holder?.open_assignments.includes(before.task_id)) {
    const rest = holder.open_assignments.filter(id => id !== before.task_id);
    changed.set(holder.agent_id, holding(holder, rest, holder.last_seen_at));
  }
  const id = after.assigned_to;
  const assignee = id === null ? undefined : (changed.get(id) ?? view.findAgent(id));
  if (assignee !== undefined) {
    const open = opens ? [...assignee.open_assignments, after.task_id] : assignee.open_assignments;
    const at = isSignOfLife ? view.now : assignee.last_seen_at;
    if (opens || isSignOfLife) changed.set(assignee.agent_id, holding(assignee, open, at));
  }
  return [...changed.values()];
}
