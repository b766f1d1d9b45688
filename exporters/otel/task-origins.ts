import type { Json } from '../../board/core/json.ts';
import type { Event, Task, TraceRelation } from '../../board/core/records.ts';
import type { Micros } from '../../board/core/time.ts';
import { type SpanIds, taskSpanId, traceIdOf } from '../../board/core/trace-ids.ts';
import type { LogSource } from '../../board/log-source.ts';
import { RecentMap } from '../feed/recent-map.ts';

/** Where a task came from, decided when it was posted and never changed. */
export interface TaskOrigin {
  /** Of its root span. */
  readonly ids: SpanIds;
  readonly traceparent: string | null;
  readonly trace_relation: TraceRelation | null;
  readonly parent_task_id: string | null;
  readonly origin_task_id: string | null;
  /** When it was posted; 0 where nobody knows it. */
  readonly posted_at: Micros;
}

/** Origins by task id. */
export type TaskOrigins = ReadonlyMap<string, TaskOrigin>;

/** What a post or a task's row says of the task's origin. */
type Told = Omit<TaskOrigin, 'ids'>;

/** The origin of a task that names nobody, or that nobody knows. */
const NOTHING_TOLD: Told = {
  traceparent: null,
  trace_relation: null,
  parent_task_id: null,
  origin_task_id: null,
  posted_at: 0,
};

/** Origins remembered: of tasks at work, and of some that were. */
const REMEMBERED = 10_000;
const ROWS_AT_ONCE = 500;

/** What of a task's row tells its origin: an output and notes may be of any length. */
const COLUMNS = [
  'task_id',
  'traceparent',
  'trace_relation',
  'parent_task_id',
  'origin_task_id',
  'created_at',
] as const satisfies readonly (keyof Task)[];

/**
 * Finds tasks' origins: from the posts that pass by, else from the task's row, else (a log without rows) from its history.
 * Remembers a bounded number of them.
 */
export function originFinder(
  source: LogSource,
  boardUid: string,
): {
  /** Remembers the posts among these events. */
  learn(events: readonly Event[]): void;
  /** Of every task asked for; an unknown one has the origin of a task that names nobody. */
  originsOf(taskIds: Iterable<string>): Promise<TaskOrigins>;
} {
  const cache = new RecentMap<string, TaskOrigin>(REMEMBERED);
  const originOf = (taskId: string, told: Told): TaskOrigin => ({
    ...told,
    ids: { traceId: traceIdOf(boardUid, taskId, told), spanId: taskSpanId(boardUid, taskId) },
  });
  const remember = (taskId: string, told: Told): TaskOrigin => {
    const origin = originOf(taskId, told);
    cache.set(taskId, origin);
    return origin;
  };
  return {
    learn(events) {
      for (const event of events) {
        if (event.edge === 'post') remember(event.task_id, originOfPost(event));
      }
    },
    async originsOf(taskIds) {
      const wanted = new Set(taskIds);
      const found = new Map<string, TaskOrigin>();
      const missing: string[] = [];
      for (const taskId of wanted) {
        const origin = cache.get(taskId);
        if (origin === undefined) missing.push(taskId);
        else found.set(taskId, origin);
      }
      if (missing.length === 0) return found;
      const read = await readOrigins(source, missing);
      for (const taskId of missing) {
        const told = read.get(taskId);
        // An unknown task may be posted yet, so it is not remembered.
        found.set(taskId, told === undefined ? originOf(taskId, NOTHING_TOLD) : remember(taskId, told));
      }
      return found;
    },
  };
}

async function readOrigins(source: LogSource, taskIds: readonly string[]): Promise<Map<string, Told>> {
  const found = new Map<string, Told>();
  for (let start = 0; start < taskIds.length; start += ROWS_AT_ONCE) {
    for (const task of await source.tasksById(taskIds.slice(start, start + ROWS_AT_ONCE), COLUMNS)) {
      found.set(task.task_id, originOfRow(task));
    }
  }
  for (const taskId of taskIds) {
    if (found.has(taskId)) continue;
    const [post] = await source.taskHistory(taskId);
    if (post !== undefined) found.set(taskId, originOfPost(post));
  }
  return found;
}

function originOfRow({ created_at, ...row }: Pick<Task, (typeof COLUMNS)[number]>): Told {
  const { traceparent, trace_relation, parent_task_id, origin_task_id } = row;
  return { traceparent, trace_relation, parent_task_id, origin_task_id, posted_at: created_at };
}

function originOfPost({ payload, timestamp }: Event): Told {
  const { trace_relation } = payload;
  return {
    traceparent: textOrNull(payload.traceparent),
    trace_relation: trace_relation === 'parent' || trace_relation === 'link' ? trace_relation : null,
    parent_task_id: textOrNull(payload.parent_task_id),
    origin_task_id: textOrNull(payload.origin_task_id),
    posted_at: timestamp,
  };
}

function textOrNull(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
