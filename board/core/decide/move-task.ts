import { errorOf } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Event, Task } from '../records.ts';
import { stageLeft } from '../stage-left.ts';
import { isStandardStatus } from '../statuses.ts';
import { eventTypeOf } from '../taxonomy.ts';
import { agentsAfterMove, opensAssignment } from './assignments.ts';
import type { Command } from './command.ts';
import { outputText } from './output-text.ts';
import type { Effect, View } from './view.ts';

/** A transition somebody wants, whichever intent asked for it. */
export interface Move {
  readonly toStatus: string;
  /** Undefined: the assignee stays. */
  readonly assignedTo?: string | null | undefined;
  readonly output?: Json | undefined;
  readonly label?: string | undefined;
  readonly notesAppend?: string | undefined;
  readonly contextSnapshotHash?: string | null | undefined;
  readonly continuationToken?: string | null | undefined;
  readonly reason?: string | null | undefined;
  /** The event's `agent_id`; undefined: the assignee after the move. */
  readonly agentId?: string | null | undefined;
}

/**
 * Refuses a write that comes from an assignment that is over.
 *
 * @throws ConflictError (`fence_conflict`)
 */
export function checkFence(task: Task, fence: number | null | undefined): void {
  if (fence === null || fence === undefined || fence === task.entered_sequence_id) return;
  throw errorOf(
    'fence_conflict',
    `The assignment of task ${task.task_id} with fence ${fence} is over: the task has been in ${task.status} since event ${task.entered_sequence_id}`,
    { details: { task_id: task.task_id, fence, entered_sequence_id: task.entered_sequence_id } },
  );
}

/** @throws TransitionError (`task_archived`) */
export function checkNotArchived(task: Task): void {
  if (task.standing === 'archived') {
    throw errorOf('task_archived', `Task ${task.task_id} is archived: it can be read, not changed`);
  }
}

function transitionPayload(task: Task, move: Move, eventType: string): JsonObject {
  return {
    profile: task.profile,
    ...(move.reason != null && { reason: move.reason }),
    ...(move.label !== undefined && move.label !== task.label && { label: move.label }),
    ...(move.toStatus === 'ON_HOLD' && eventType === 'task_failed' && { on_hold: true }),
  };
}

/**
 * One transition of one task: its row, its event, the agents it concerns.
 *
 * @throws TransitionError (`illegal_transition`, `task_archived`)
 */
export function moveTask(view: View, task: Task, move: Move, command: Command): Effect<{ task: Task; event: Event }> {
  checkNotArchived(task);
  const lifecycle = view.profiles.lifecycle(task.profile, task.profile_version);
  const from = task.status;
  const to = move.toStatus;
  const edge = lifecycle.edgeOf(from, to);
  if (edge === null) {
    throw errorOf('illegal_transition', `Illegal transition for ${task.profile}: ${from} -> ${to}`, {
      details: { task_id: task.task_id, profile: task.profile, from_status: from, to_status: to },
    });
  }
  const { now } = view;
  const sequence_id = view.board.next_sequence_id;
  const assigns = move.assignedTo != null;
  const stage_kind = lifecycle.stageKind(to, from, assigns);
  const finishes = lifecycle.finishes(to);
  // A status may be called `constructor`, which every object inherits.
  const visit = (Object.hasOwn(task.visits, to) ? (task.visits[to] ?? 0) : 0) + 1;
  const after: Task = {
    ...task,
    label: move.label ?? task.label,
    status: to,
    standing: finishes ? 'finished' : 'open',
    assigned_to: move.assignedTo === undefined ? task.assigned_to : move.assignedTo,
    output: move.output === undefined || move.output === null ? task.output : outputText(move.output),
    notes: move.notesAppend === undefined ? task.notes : [...task.notes, move.notesAppend],
    continuation_token: move.continuationToken === undefined ? task.continuation_token : move.continuationToken,
    context_snapshot_hash:
      move.contextSnapshotHash === undefined ? task.context_snapshot_hash : move.contextSnapshotHash,
    updated_at: now,
    status_entered_at: now,
    entered_sequence_id: sequence_id,
    stage_kind,
    entered_edge: edge,
    entered_cycle_id: command.cycleId,
    visit,
    visits: { ...task.visits, [to]: visit },
    heartbeats: 0,
    max_heartbeat_gap_us: null,
    last_heartbeat_at: null,
    finished_at: task.finished_at ?? (finishes ? now : null),
    finished_sequence_id: task.finished_sequence_id ?? (finishes ? sequence_id : null),
  };
  const event_type = eventTypeOf(from, to);
  const event: Event = {
    sequence_id,
    event_type,
    task_id: task.task_id,
    agent_id: move.agentId === undefined ? after.assigned_to : move.agentId,
    from_status: from,
    to_status: to,
    payload: transitionPayload(task, move, event_type),
    idempotency_key: command.idempotencyKey,
    timestamp: now,
    task_type: task.task_type,
    profile: task.profile,
    assigned_to: after.assigned_to,
    actor: command.actor,
    edge,
    stage_kind,
    cycle_id: command.cycleId,
    tick_id: command.tickId,
    finished_sequence_id: after.finished_sequence_id,
    ...stageLeft(task),
  };
  const isTerminal = lifecycle.terminals.has(to) && !isStandardStatus(to);
  const opens = opensAssignment(to, isTerminal, assigns);
  // What the Chief, the Ombudsman or another caller by name does to a task says nothing of whether its agent lives.
  const { actor, cycleId, tickId } = command;
  const isSignOfLife = cycleId === null && tickId === null && (actor === null || actor === after.assigned_to);
  const agents = agentsAfterMove(view, task, after, opens, isSignOfLife);
  return { result: { task: after, event }, tasks: [after], agents, event };
}
