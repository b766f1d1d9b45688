import { FLIGHT_LOG_PREFIX } from '../core/decide/records.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Agent, FlightLogEntry, Task } from '../core/records.ts';
import { WORKING_KINDS } from '../core/statuses.ts';
import type { Micros } from '../core/time.ts';
import { type FoldedLog, type ImportedLifecycles, unposted } from './fold-log.ts';
import type { ReferenceAgent, ReferenceBoard, ReferenceData, ReferenceEvent, ReferenceTask } from './reference-file.ts';
import type { SeenProfiles } from './seen-profiles.ts';

/**
 * The tasks table as it was found, with the running values of the log. Where the two disagree the row's status stays, and
 * says whether the task is open; `check` lists it.
 */
export function importedTasks(
  board: ReferenceBoard,
  folded: FoldedLog,
  profiles: SeenProfiles,
  lifecycles: ImportedLifecycles,
): Task[] {
  return [...board.tasks.values()].map(row => {
    const { isArchived, ...found } = row;
    // A row whose post was never logged has been where it is since it was made, by no event.
    const task =
      folded.tasks.get(row.task_id) ?? unposted({ task_id: row.task_id, timestamp: row.created_at }, row, profiles);
    const isFinished = lifecycles.get(task.profile).finishes(row.status);
    return {
      ...task,
      ...found,
      standing: isArchived ? 'archived' : isFinished ? 'finished' : 'open',
      archived_at: isArchived ? row.updated_at : null,
    };
  });
}

/** Whether a task's assignee is at work on it, by the row's status: the log may have missed the last step. */
function isHeld(task: Task, lifecycles: ImportedLifecycles): boolean {
  const kind = lifecycles.get(task.profile).stageKind(task.status, null, task.assigned_to !== null);
  return task.standing === 'open' && WORKING_KINDS.has(kind);
}

/** The agents, their open assignments found again from the tasks they hold. */
export function importedAgents(
  agents: readonly ReferenceAgent[],
  tasks: readonly Task[],
  events: readonly ReferenceEvent[],
  lifecycles: ImportedLifecycles,
): Agent[] {
  const held = Map.groupBy(
    tasks.filter(task => isHeld(task, lifecycles)).sort((a, b) => a.entered_sequence_id - b.entered_sequence_id),
    task => task.assigned_to,
  );
  const firstSeen = new Map<string, Micros>();
  for (const { agent_id, timestamp } of events) {
    if (agent_id !== null && !firstSeen.has(agent_id)) firstSeen.set(agent_id, timestamp);
  }
  return agents.map(agent => {
    const open_assignments = (held.get(agent.agent_id) ?? []).map(task => task.task_id);
    const resting = agent.status === 'OFFLINE' ? 'OFFLINE' : 'IDLE';
    return {
      ...agent,
      status: open_assignments.length > 0 ? 'BUSY' : resting,
      current_task_id: open_assignments.at(-1) ?? null,
      // The reference keeps no time of registration; this is the earliest that is known.
      registered_at: Math.min(firstSeen.get(agent.agent_id) ?? agent.last_seen_at, agent.last_seen_at),
      open_assignments,
    };
  });
}

/** The entries of the flight logs, which the reference keeps as data: one for each item of a list, else one. */
export function importedFlightLog(data: readonly ReferenceData[]): FlightLogEntry[] {
  const entries = data
    .filter(({ key }) => key.startsWith(FLIGHT_LOG_PREFIX))
    .flatMap(({ key, value, updated_at }) => {
      const items: readonly Json[] = Array.isArray(value) ? value : [value];
      return items.map(payload => ({
        task_id: key.slice(FLIGHT_LOG_PREFIX.length),
        stage: stageOf(payload),
        payload,
        timestamp: updated_at,
      }));
    });
  return entries.map((entry, index) => ({ entry_id: index + 1, ...entry }));
}

function stageOf(payload: Json): string {
  const isObject = payload !== null && typeof payload === 'object' && !Array.isArray(payload);
  const stage = isObject ? (payload as JsonObject).stage : null;
  return typeof stage === 'string' ? stage : '';
}

/** The latest time anywhere on the board: what is written next must be later. */
export function latestTime({ tasks, agents, events, data }: ReferenceBoard): Micros {
  let latest = 0;
  const see = (time: Micros): void => {
    latest = Math.max(latest, time);
  };
  for (const { updated_at, created_at, heartbeat_at } of tasks.values() as Iterable<ReferenceTask>) {
    see(updated_at);
    see(created_at);
    see(heartbeat_at ?? 0);
  }
  for (const { last_seen_at } of agents) see(last_seen_at);
  for (const { timestamp } of events) see(timestamp);
  for (const { updated_at } of data) see(updated_at);
  return latest;
}
