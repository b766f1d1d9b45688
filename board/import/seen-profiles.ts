import { isBuiltinProfile } from '../core/lifecycle/builtins.ts';
import type { SeenProfile, SeenStep } from './infer-lifecycle.ts';
import type { ReferenceBoard, ReferenceEvent } from './reference-file.ts';

/** The profile of a task type that names none, there as here. */
const DEFAULT_PROFILE = 'review_required';

/** Which profile each task followed, and what the log shows of those that are not built in. */
export interface SeenProfiles {
  /** Task → task type: of its row, else as its post says. */
  readonly typeOfTask: ReadonlyMap<string, string>;
  readonly profileOfTask: ReadonlyMap<string, string>;
  /** Task type → profile, without those that use the default. */
  readonly profileOfType: ReadonlyMap<string, string>;
  readonly custom: readonly SeenProfile[];
}

/** The profile a transition says it was checked against. */
export function statedProfile(event: ReferenceEvent): string | null {
  const { profile } = event.payload;
  return typeof profile === 'string' && event.event_type !== 'task_heartbeat' ? profile : null;
}

/** Finds the profiles of a board of the reference implementation, which stores none. */
export function seenProfiles(board: ReferenceBoard): SeenProfiles {
  const typeOfTask = typesOf(board);
  const stated = new Map<string, string>();
  for (const event of board.events) {
    const profile = statedProfile(event);
    if (profile !== null) stated.set(event.task_id, profile);
  }
  const ofType = new Map<string, string>();
  for (const [task, profile] of stated) ofType.set(typeOfTask.get(task) ?? profile, profile);
  const columnOrder = columnOrderOf(board);
  const isAnyCustom = [...ofType.values()].some(profile => !isBuiltinProfile(profile));
  for (const type of typeOfTask.values()) {
    // Never moved: the order of columns can only be its own where no other type's profile shows.
    const fallback = columnOrder !== null && !isAnyCustom && !isBuiltinProfile(type) ? type : DEFAULT_PROFILE;
    if (!ofType.has(type)) ofType.set(type, fallback);
  }
  const profileOfTask = new Map(
    [...typeOfTask].map(([task, type]) => [task, stated.get(task) ?? ofType.get(type) ?? DEFAULT_PROFILE]),
  );
  return {
    typeOfTask,
    profileOfTask,
    profileOfType: new Map([...ofType].filter(([, profile]) => profile !== DEFAULT_PROFILE)),
    custom: customProfiles(board, profileOfTask, columnOrder),
  };
}

function typesOf({ tasks, events }: ReferenceBoard): Map<string, string> {
  const types = new Map<string, string>();
  for (const { task_id, event_type, payload } of events) {
    if (event_type === 'task_posted' && typeof payload.task_type === 'string') types.set(task_id, payload.task_type);
    else if (!types.has(task_id)) types.set(task_id, 'unknown');
  }
  for (const { task_id, task_type } of tasks.values()) types.set(task_id, task_type);
  return types;
}

function columnOrderOf({ data }: ReferenceBoard): readonly string[] | null {
  const value = data.find(({ key }) => key === '_col_order')?.value;
  return Array.isArray(value) && value.every(each => typeof each === 'string') ? value : null;
}

interface Gathered {
  readonly steps: Map<string, SeenStep & { readonly agents: Set<string> }>;
  readonly beaten: Set<string>;
}

function customProfiles(
  { events }: ReferenceBoard,
  profileOfTask: ReadonlyMap<string, string>,
  columnOrder: readonly string[] | null,
): SeenProfile[] {
  const names = [...new Set(profileOfTask.values())].filter(name => !isBuiltinProfile(name));
  const all = new Map<string, Gathered>(names.map(name => [name, { steps: new Map(), beaten: new Set() }]));
  for (const event of events) {
    const profile = statedProfile(event) ?? profileOfTask.get(event.task_id) ?? '';
    const gathered = all.get(profile);
    if (gathered !== undefined) gather(gathered, event);
  }
  // The reference keeps the order of one profile only: the first that was declared.
  const owner = names.toSorted((a, b) => overlap(all.get(b), columnOrder) - overlap(all.get(a), columnOrder))[0];
  return [...all].map(([name, { steps, beaten }]) => ({
    name,
    steps: [...steps.values()],
    beaten,
    columnOrder: name === owner ? columnOrder : null,
  }));
}

function gather({ steps, beaten }: Gathered, event: ReferenceEvent): void {
  const { from_status: from, to_status: to, agent_id } = event;
  if (to === null) return;
  if (event.event_type === 'task_heartbeat') beaten.add(to);
  if (event.event_type === 'task_heartbeat' || from === null) return;
  const key = JSON.stringify([from, to]);
  const step = steps.get(key) ?? { from, to, agents: new Set<string>() };
  if (agent_id !== null) step.agents.add(agent_id);
  steps.set(key, step);
}

function overlap(gathered: Gathered | undefined, columnOrder: readonly string[] | null): number {
  const seen = new Set([...(gathered?.steps.values() ?? [])].map(({ to }) => to));
  return (columnOrder ?? []).filter(status => seen.has(status)).length;
}
