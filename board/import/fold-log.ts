import { BUILTIN_VERSION, builtinLifecycle, isBuiltinProfile } from '../core/lifecycle/builtins.ts';
import { createLifecycle } from '../core/lifecycle/lifecycle.ts';
import type { Lifecycle, LifecycleDefinition } from '../core/lifecycle/types.ts';
import { NEW_TASK } from '../core/new-task.ts';
import type { Event, Task } from '../core/records.ts';
import { NO_STAGE_LEFT, stageLeft } from '../core/stage-left.ts';
import { microsOf } from '../core/time.ts';
import type { ReferenceEvent, ReferenceTask } from './reference-file.ts';
import { type SeenProfiles, statedProfile } from './seen-profiles.ts';

/** The version under which an inferred profile is registered. */
export const INFERRED_VERSION = 1;

/** The log as ours, and each task as the log alone tells it. */
export interface FoldedLog {
  readonly events: readonly Event[];
  readonly tasks: ReadonlyMap<string, Task>;
}

/** Lifecycles by name: the built-in ones and those that were inferred. */
export class ImportedLifecycles {
  readonly #inferred: ReadonlyMap<string, Lifecycle>;

  constructor(definitions: readonly LifecycleDefinition[]) {
    this.#inferred = new Map(definitions.map(each => [each.name, createLifecycle(each)]));
  }

  get(profile: string): Lifecycle {
    if (isBuiltinProfile(profile)) return builtinLifecycle(profile);
    const found = this.#inferred.get(profile);
    if (found === undefined) throw new Error(`Profile ${profile} was not inferred`);
    return found;
  }
}

/** The version of a profile that an imported task pins. */
function versionOf(profile: string): number {
  return isBuiltinProfile(profile) ? BUILTIN_VERSION : INFERRED_VERSION;
}

/** Folds the reference's log: fills in what our events say of the stage left, and keeps the running values of each task. */
export function foldLog(
  log: readonly ReferenceEvent[],
  rows: ReadonlyMap<string, ReferenceTask>,
  profiles: SeenProfiles,
  lifecycles: ImportedLifecycles,
): FoldedLog {
  const tasks = new Map<string, Task>();
  const events = log.map(line => {
    const known = tasks.get(line.task_id);
    const identity = {
      task_type: profiles.typeOfTask.get(line.task_id) ?? 'unknown',
      profile: statedProfile(line) ?? profiles.profileOfTask.get(line.task_id) ?? '',
    };
    if (line.event_type === 'task_heartbeat') {
      const event = heartbeat(line, identity, known);
      if (known !== undefined) tasks.set(line.task_id, beaten(known, event));
      return event;
    }
    const before = known ?? unposted(line, rows.get(line.task_id), profiles);
    const { event, task } = transition(line, identity, before, known !== undefined, lifecycles.get(identity.profile));
    tasks.set(line.task_id, task);
    return event;
  });
  return { events, tasks };
}

/** A task of which the log has nothing yet. */
export function unposted(
  { task_id, timestamp }: Pick<ReferenceEvent, 'task_id' | 'timestamp'>,
  row: ReferenceTask | undefined,
  profiles: SeenProfiles,
): Task {
  const profile = profiles.profileOfTask.get(task_id) ?? '';
  return {
    ...NEW_TASK,
    task_id,
    task_type: profiles.typeOfTask.get(task_id) ?? 'unknown',
    profile,
    profile_version: versionOf(profile),
    label: row?.label ?? '',
    priority: row?.priority ?? 0,
    notes: [],
    created_at: row?.created_at ?? timestamp,
    updated_at: timestamp,
    status_entered_at: timestamp,
    entered_sequence_id: 0,
    stage_kind: 'wait',
    entered_cycle_id: null,
    visits: {},
  };
}

type Identity = Pick<Event, 'task_type' | 'profile'>;

function transition(
  line: ReferenceEvent,
  identity: Identity,
  before: Task,
  isKnown: boolean,
  lifecycle: Lifecycle,
): { event: Event; task: Task } {
  const { sequence_id, timestamp, from_status: from } = line;
  const to = line.to_status ?? '';
  const assigned_to = assigneeAfter(line, before);
  const stage_kind = lifecycle.stageKind(to, from, line.agent_id !== null);
  const edge = edgeOf(line, before, isKnown, lifecycle);
  const finishes = lifecycle.finishes(to);
  const visit = (before.visits[to] ?? 0) + 1;
  const finished_sequence_id = before.finished_sequence_id ?? (finishes ? sequence_id : null);
  const task: Task = {
    ...before,
    status: to,
    standing: finishes ? 'finished' : 'open',
    assigned_to,
    updated_at: timestamp,
    status_entered_at: timestamp,
    entered_sequence_id: sequence_id,
    stage_kind,
    entered_edge: edge,
    visit,
    visits: { ...before.visits, [to]: visit },
    heartbeats: 0,
    max_heartbeat_gap_us: null,
    last_heartbeat_at: null,
    finished_at: before.finished_at ?? (finishes ? timestamp : null),
    finished_sequence_id,
  };
  const event: Event = {
    ...line,
    ...identity,
    assigned_to,
    actor: null,
    edge,
    stage_kind,
    cycle_id: null,
    tick_id: null,
    finished_sequence_id,
    ...(isKnown ? stageLeft(before) : NO_STAGE_LEFT),
  };
  return { event, task };
}

function edgeOf(
  line: ReferenceEvent,
  before: Task,
  isKnown: boolean,
  lifecycle: Lifecycle,
): NonNullable<Event['edge']> {
  const { from_status: from, to_status: to } = line;
  if (!isKnown && from === null) return 'post';
  if (!isKnown || from === null || from !== before.status) return 'unlinked';
  return lifecycle.edgeOf(from, to ?? '') ?? 'branch';
}

/** The reference logs the assignee as `agent_id`, but for a result whoever posted it, who may have given no name. */
function assigneeAfter({ agent_id, from_status, to_status }: ReferenceEvent, before: Task): string | null {
  const isResult = from_status === 'IN_PROGRESS' && (to_status === 'PENDING_REVIEW' || to_status === 'COMPLETE');
  return agent_id ?? (isResult ? before.assigned_to : null);
}

function heartbeat(line: ReferenceEvent, identity: Identity, task: Task | undefined): Event {
  return {
    ...line,
    ...identity,
    assigned_to: task?.assigned_to ?? null,
    actor: null,
    edge: null,
    stage_kind: null,
    cycle_id: null,
    tick_id: null,
    finished_sequence_id: task?.finished_sequence_id ?? null,
    ...(task === undefined ? NO_STAGE_LEFT : stageLeft(task)),
  };
}

function beaten(task: Task, { payload, timestamp }: Event): Task {
  // The event is logged a little after the beat it reports.
  const at = (typeof payload.heartbeat_at === 'string' ? microsOf(payload.heartbeat_at) : null) ?? timestamp;
  const gap = at - (task.last_heartbeat_at ?? task.status_entered_at);
  return {
    ...task,
    heartbeat_at: at,
    heartbeats: task.heartbeats + 1,
    last_heartbeat_at: at,
    max_heartbeat_gap_us: Math.max(gap, task.max_heartbeat_gap_us ?? 0),
  };
}
