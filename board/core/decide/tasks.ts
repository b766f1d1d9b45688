import { errorOf, ValidationError } from '../errors.ts';
import type { PostTaskParams, ResultOf, TaskAndEvent } from '../intents.ts';
import type { JsonObject } from '../json.ts';
import { NEW_TASK } from '../new-task.ts';
import type { Event, Task } from '../records.ts';
import { NO_STAGE_LEFT } from '../stage-left.ts';
import { parseTraceParent } from '../trace-ids.ts';
import type { Command } from './command.ts';
import { checkFence, checkNotArchived, moveTask } from './move-task.ts';
import { type Effect, type View, viewAfter } from './view.ts';

/** The priority of a task that names none. */
const DEFAULT_PRIORITY = 5;

const MAX_PRIORITY = 2_147_483_647;

function postedPayload(task: Task): JsonObject {
  const { task_type, label, priority, parent_task_id, origin_task_id, scope, traceparent, trace_relation } = task;
  return {
    task_type,
    label,
    priority,
    ...(parent_task_id !== null && { parent_task_id }),
    ...(origin_task_id !== null && { origin_task_id }),
    ...(scope !== null && { scope }),
    ...(traceparent !== null && { traceparent, trace_relation }),
  };
}

/** A task as it stands after its post, the event that posted it, and all events this made. */
export interface PostedTask extends TaskAndEvent {
  readonly events: readonly Event[];
}

/**
 * Posts a task, and holds it back where that is asked for: a second event of the same command.
 *
 * @throws ConflictError (`duplicate_task_id`), ValidationError (`invalid_payload`)
 */
export function postedTask(view: View, params: PostTaskParams, command: Command): PostedTask {
  const { task, event } = newTask(view, params, command);
  if (params.hold == null) return { task, event, events: [event] };
  const { result: held } = moveTask(
    viewAfter(view, 1),
    task,
    { toStatus: 'ON_HOLD', notesAppend: params.hold },
    command,
  );
  return { task: held.task, event, events: [event, held.event] };
}

/** A new task and its event; the board has minted `task_id` where the caller gave none. */
function newTask(view: View, params: PostTaskParams, command: Command): TaskAndEvent {
  const task_id = params.task_id ?? '';
  if (task_id === '') throw new ValidationError('invalid_payload', 'board.post_task: task_id is empty');
  if (view.findTask(task_id) !== undefined) {
    throw errorOf('duplicate_task_id', `Task ${task_id} exists already; an id is never used twice on a board`, {
      details: { task_id },
    });
  }
  const priority = params.priority ?? DEFAULT_PRIORITY;
  if (Math.abs(priority) > MAX_PRIORITY) {
    throw new ValidationError('invalid_payload', `board.post_task: priority must lie within ±${MAX_PRIORITY}`);
  }
  const traceparent = params.traceparent ?? null;
  if (traceparent !== null && parseTraceParent(traceparent) === null) {
    throw new ValidationError('invalid_payload', 'board.post_task: traceparent is not a W3C trace context');
  }
  const { profile, profile_version } = view.profiles.profileOf(params.task_type);
  const stage_kind = view.profiles.lifecycle(profile, profile_version).stageKind('UNASSIGNED', null, false);
  const { now } = view;
  const sequence_id = view.board.next_sequence_id;
  const task: Task = {
    ...NEW_TASK,
    task_id,
    task_type: params.task_type,
    profile,
    profile_version,
    label: params.label,
    priority,
    notes: params.notes ?? [],
    created_at: now,
    updated_at: now,
    status_entered_at: now,
    entered_sequence_id: sequence_id,
    stage_kind,
    entered_cycle_id: command.cycleId,
    visits: { UNASSIGNED: 1 },
    parent_task_id: params.parent_task_id ?? null,
    origin_task_id: params.origin_task_id ?? null,
    scope: params.scope ?? null,
    traceparent,
    trace_relation: traceparent === null ? null : (params.trace_relation ?? 'link'),
  };
  const event: Event = {
    sequence_id,
    event_type: 'task_posted',
    task_id,
    agent_id: null,
    from_status: null,
    to_status: 'UNASSIGNED',
    payload: postedPayload(task),
    idempotency_key: command.idempotencyKey,
    timestamp: now,
    task_type: task.task_type,
    profile,
    assigned_to: null,
    actor: command.actor,
    edge: 'post',
    stage_kind,
    cycle_id: command.cycleId,
    tick_id: command.tickId,
    finished_sequence_id: null,
    ...NO_STAGE_LEFT,
  };
  return { task, event };
}

/** `board.post_task`. */
export function postTask(view: View, command: Command<'board.post_task'>): Effect<ResultOf<'board.post_task'>> {
  const { task, event, events } = postedTask(view, command.params, command);
  return { result: { task, event }, tasks: [task], events };
}

/** `board.update_task`: always a transition (Q23). */
export function updateTask(view: View, command: Command<'board.update_task'>): Effect<ResultOf<'board.update_task'>> {
  const { params } = command;
  const task = view.task(params.task_id);
  checkFence(task, params.fence);
  checkSilence(task, params.if_silent_since);
  if (params.require_idle && params.assigned_to != null) checkIdle(view, params.assigned_to);
  const move = {
    toStatus: params.to_status,
    assignedTo: params.assigned_to,
    output: params.output,
    label: params.label,
    notesAppend: params.notes_append,
    contextSnapshotHash: params.context_snapshot_hash,
    continuationToken: params.continuation_token,
    reason: params.reason,
  };
  return moveTask(view, task, move, command);
}

function checkSilence(task: Task, since: number | null | undefined): void {
  const sign = task.last_heartbeat_at ?? task.status_entered_at;
  if (since === null || since === undefined || sign <= since) return;
  throw errorOf('fence_conflict', `Task ${task.task_id} has shown a sign of life since`, {
    details: { task_id: task.task_id, last_sign_of_life: sign },
  });
}

function checkIdle(view: View, agentId: string): void {
  const status = view.findAgent(agentId)?.status;
  if (status === 'IDLE') return;
  throw errorOf('fence_conflict', `Agent ${agentId} is ${status ?? 'unknown'}, not IDLE`, {
    details: { agent_id: agentId },
  });
}

/** `worker.post_result`: out of IN_PROGRESS, as the task's profile says (Q33, better-list 19). */
export function postResult(view: View, command: Command<'worker.post_result'>): Effect<ResultOf<'worker.post_result'>> {
  const { params } = command;
  const task = view.task(params.task_id);
  checkFence(task, params.fence);
  checkNotArchived(task);
  if (task.status !== 'IN_PROGRESS') {
    throw errorOf('not_in_progress', `Task ${task.task_id} must be IN_PROGRESS to post result; it is ${task.status}`);
  }
  const toStatus = task.profile === 'review_required' ? 'PENDING_REVIEW' : 'COMPLETE';
  const agentId = params.agent_id ?? null;
  const byAgent = { ...command, actor: command.actor ?? agentId };
  return moveTask(view, task, { toStatus, output: params.output, agentId }, byAgent);
}

/** `board.archive_task`: a finished task leaves the lists; it can still be read, and its id stays taken. */
export function archiveTask(
  view: View,
  command: Command<'board.archive_task'>,
): Effect<ResultOf<'board.archive_task'>> {
  const task = view.task(command.params.task_id);
  if (task.standing === 'archived') return { result: { task, archived: false } };
  if (task.standing !== 'finished') {
    throw errorOf('not_finished', `Only terminal tasks can be archived; task ${task.task_id} is ${task.status}`);
  }
  const archived: Task = { ...task, standing: 'archived', archived_at: view.now, updated_at: view.now };
  return { result: { task: archived, archived: true }, tasks: [archived] };
}
