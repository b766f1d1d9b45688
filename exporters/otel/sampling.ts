import type { Event } from '../../board/core/records.ts';
import { isExitStatus } from '../../board/core/statuses.ts';
import { isSampled } from '../../board/core/trace-sampling.ts';
import type { LogSource } from '../../board/log-source.ts';
import { transitionsOf } from './light-source.ts';
import { closesStage, stageErrorType } from './stage-span.ts';
import type { TaskOrigins } from './task-origins.ts';
import { finishesTask } from './task-span.ts';

/** What sampling says of a batch's events; of those it does not name the spans are due. */
export interface Sampling {
  /** Events whose spans are held back. */
  readonly held: ReadonlySet<number>;
  /** By the event that makes a task worth keeping: its earlier events with spans, which are due with it; null: read them. */
  readonly released: ReadonlyMap<number, readonly Event[] | null>;
}

/** A task whose trace is not sampled. */
interface Unsampled {
  /** Whether it has been worth keeping by now. */
  isKept: boolean;
  /** Its events with spans so far; null where they are not remembered, or not wanted any more. */
  held: Event[] | null;
}

/** Bounds of what is remembered; what is forgotten is read from the log again. */
const MAX_TASKS = 50_000;
const MAX_HELD = 20_000;
const MAX_HELD_OF_TASK = 100;
const READS_AT_ONCE = 8;

/**
 * Whether an event makes its task worth keeping, whatever its trace id says: a stage failed, went stale or was sent back, or the
 * task ended outside its lifecycle. Of the event's own columns, so that it is the same wherever a reader begins.
 */
export function isWorthKeeping(event: Event): boolean {
  const { edge, to_status } = event;
  if (edge === null) return false;
  if (edge === 'revision' || edge === 'stale' || stageErrorType(event) !== null) return true;
  const isUnplanned = (edge === 'exit' || edge === 'unlinked') && event.finished_sequence_id !== null;
  return isUnplanned && to_status !== null && isExitStatus(to_status);
}

/** How many spans an event is the reason for: the stage it closes, the root of the task it finishes. */
export function spansOf(event: Event): number {
  return (closesStage(event) ? 1 : 0) + (finishesTask(event) ? 1 : 0);
}

/**
 * Samples whole tasks by their trace ids, and keeps every task that is worth it from the event on that makes it so. Of a batch it
 * says what a reader that began at the log's start would: what it has not seen it reads.
 *
 * @param source answers `taskEvents` with events that may be kept.
 * @param ratio below 1.
 */
export function taskSampler(
  source: Pick<LogSource, 'taskEvents'>,
  ratio: number,
): (events: readonly Event[], origins: TaskOrigins) => Promise<Sampling> {
  const tasks = new Map<string, Unsampled>();
  let rows = 0;

  const forget = (task: Unsampled): void => {
    rows -= task.held?.length ?? 0;
    task.held = null;
  };

  const remember = (taskId: string, task: Unsampled): Unsampled => {
    tasks.set(taskId, task);
    rows += task.held?.length ?? 0;
    return task;
  };

  const judge = (event: Event, held: Set<number>, released: Map<number, readonly Event[] | null>): void => {
    const { task_id, sequence_id } = event;
    const task = tasks.get(task_id) ?? remember(task_id, { isKept: false, held: [] });
    if (task.isKept) return;
    if (isWorthKeeping(event)) {
      released.set(sequence_id, task.held);
      task.isKept = true;
      forget(task);
    } else if (spansOf(event) > 0) {
      held.add(sequence_id);
      if (task.held === null) return;
      task.held.push(event);
      rows += 1;
      // A task that has finished is seldom heard of again.
      if (task.held.length > MAX_HELD_OF_TASK || event.finished_sequence_id !== null) forget(task);
    }
  };

  /** Down to half of what is too many, so that it is seldom done. */
  const prune = (): void => {
    const mostTasks = tasks.size > MAX_TASKS ? MAX_TASKS / 2 : MAX_TASKS;
    const mostHeld = rows > MAX_HELD ? MAX_HELD / 2 : MAX_HELD;
    for (const [taskId, task] of tasks) {
      if (tasks.size <= mostTasks && rows <= mostHeld) return;
      forget(task);
      if (tasks.size > mostTasks) tasks.delete(taskId);
    }
  };

  return async (events, origins) => {
    const unsampled = events.filter(({ edge, task_id }) => {
      const origin = edge === null ? undefined : origins.get(task_id);
      return origin !== undefined && !isSampled(origin.ids.traceId, ratio);
    });
    const unknown = unknownTasks(unsampled, tasks);
    for (let start = 0; start < unknown.length; start += READS_AT_ONCE) {
      await Promise.all(
        unknown.slice(start, start + READS_AT_ONCE).map(async event => {
          remember(event.task_id, await taskBefore(source, event));
        }),
      );
    }
    const held = new Set<number>();
    const released = new Map<number, readonly Event[] | null>();
    for (const event of unsampled) judge(event, held, released);
    prune();
    return { held, released };
  };
}

/** The first event of each task of which there may be earlier ones that nobody remembers. */
function unknownTasks(events: readonly Event[], known: ReadonlyMap<string, unknown>): readonly Event[] {
  const first = new Map<string, Event>();
  for (const event of events) {
    if (!known.has(event.task_id) && !first.has(event.task_id)) first.set(event.task_id, event);
  }
  return [...first.values()].filter(({ edge }) => edge !== 'post');
}

/** A task as it was before an event. */
async function taskBefore(source: Pick<LogSource, 'taskEvents'>, event: Event): Promise<Unsampled> {
  let held: Event[] | null = [];
  for await (const earlier of transitionsOf(source, event.task_id, event.sequence_id)) {
    if (isWorthKeeping(earlier)) return { isKept: true, held: null };
    if (spansOf(earlier) > 0) held?.push(earlier);
    if ((held?.length ?? 0) > MAX_HELD_OF_TASK || earlier.finished_sequence_id !== null) held = null;
  }
  return { isKept: false, held };
}
