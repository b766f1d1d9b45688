import { errorOf } from '../errors.ts';
import type { ResultOf } from '../intents.ts';
import type { Agent, Event, Task } from '../records.ts';
import { stageLeft } from '../stage-left.ts';
import { WORKING_KINDS } from '../statuses.ts';
import { isoOf } from '../time.ts';
import { seen } from './assignments.ts';
import type { Command } from './command.ts';
import { checkNotArchived } from './move-task.ts';
import type { Effect, View } from './view.ts';

function agentOf(view: View, agentId: string): Agent {
  const agent = view.findAgent(agentId);
  if (agent === undefined) throw errorOf('agent_not_found', `Agent not found: ${agentId}`);
  return agent;
}

/** `board.register_agent`: adds the agent or brings its card up to date; its open assignments stay (Q30). */
export function registerAgent(
  view: View,
  command: Command<'board.register_agent'>,
): Effect<ResultOf<'board.register_agent'>> {
  const { agent_id, name, url, version, capabilities, description, status = 'IDLE' } = command.params;
  const known = view.findAgent(agent_id);
  const open_assignments = known?.open_assignments ?? [];
  const agent: Agent = {
    agent_id,
    name,
    status: open_assignments.length > 0 && status === 'IDLE' ? 'BUSY' : status,
    capabilities,
    a2a_url: url,
    agent_card: { agent_id, name, url, version, capabilities, description, status },
    current_task_id: open_assignments.at(-1) ?? null,
    version,
    last_seen_at: view.now,
    registered_at: known?.registered_at ?? view.now,
    open_assignments,
  };
  return { result: { agent }, agents: [agent] };
}

/**
 * `board.post_agent_heartbeat`: a sign of life of an agent and, with `task_id`, of its work (Q31). A beat whose fence is
 * old is logged with `payload.fenced`, changes no row, and its answer says `abort`.
 *
 * With `claim` it is the beat that begins an assignment, and only the first one counts: to whoever comes later, or was
 * assigned nothing, the answer says `abort`. That leaves no event: nothing has happened to the task, and it must not look
 * like a late beat of the agent that works on it. Like any refusal it is not kept under its idempotency key.
 */
export function postAgentHeartbeat(
  view: View,
  command: Command<'board.post_agent_heartbeat'>,
): Effect<ResultOf<'board.post_agent_heartbeat'>> {
  const { agent_id, task_id, fence, claim = false } = command.params;
  const agent = agentOf(view, agent_id);
  if (task_id === null || task_id === undefined) {
    if (claim) throw errorOf('invalid_payload', 'A claim needs the task_id of the assignment it begins');
    const alive = seen(agent, view.now);
    return { result: { agent: alive, task: null, event: null, abort: false }, agents: [alive] };
  }
  const task = view.task(task_id);
  if (fence !== null && fence !== undefined && fence !== task.entered_sequence_id) {
    const event = heartbeatEvent(view, task, agent_id, command, true);
    return { result: { agent, task, event, abort: true }, event };
  }
  checkNotArchived(task);
  if (claim && !isUnbegun(task, agent_id)) return { result: { agent, task, event: null, abort: true } };
  const alive = seen(agent, view.now);
  const event = heartbeatEvent(view, task, agent_id, command, false);
  const beaten = beat(task, view.now);
  return { result: { agent: alive, task: beaten, event, abort: false }, tasks: [beaten], agents: [alive], event };
}

/** Whether an agent has been given a task that nobody has begun in this stage. */
function isUnbegun(task: Task, agentId: string): boolean {
  return WORKING_KINDS.has(task.stage_kind) && task.assigned_to === agentId && task.heartbeats === 0;
}

function beat(task: Task, now: number): Task {
  const gap = now - (task.last_heartbeat_at ?? task.status_entered_at);
  return {
    ...task,
    heartbeat_at: now,
    updated_at: now,
    heartbeats: task.heartbeats + 1,
    last_heartbeat_at: now,
    max_heartbeat_gap_us: Math.max(gap, task.max_heartbeat_gap_us ?? 0),
  };
}

function heartbeatEvent(view: View, task: Task, agentId: string, command: Command, isFenced: boolean): Event {
  return {
    sequence_id: view.board.next_sequence_id,
    event_type: 'task_heartbeat',
    task_id: task.task_id,
    agent_id: agentId,
    from_status: task.status,
    to_status: task.status,
    payload: { heartbeat_at: isoOf(view.now), ...(isFenced && { fenced: true }) },
    idempotency_key: command.idempotencyKey,
    timestamp: view.now,
    task_type: task.task_type,
    profile: task.profile,
    assigned_to: task.assigned_to,
    actor: command.actor ?? agentId,
    edge: null,
    stage_kind: null,
    cycle_id: command.cycleId,
    tick_id: command.tickId,
    finished_sequence_id: task.finished_sequence_id,
    ...stageLeft(task),
  };
}

/** `board.set_agent_offline`: refused silently (`offline` false) where the agent has been seen since. */
export function setAgentOffline(
  view: View,
  command: Command<'board.set_agent_offline'>,
): Effect<ResultOf<'board.set_agent_offline'>> {
  const agent = agentOf(view, command.params.agent_id);
  if (agent.last_seen_at > command.params.if_silent_since) return { result: { agent, offline: false } };
  const offline: Agent = { ...agent, status: 'OFFLINE' };
  return { result: { agent: offline, offline: true }, agents: [offline] };
}
