import type { Event } from '../../board/core/records.ts';
import type { Micros } from '../../board/core/time.ts';
import type { TraceOrigin } from '../../board/core/trace-ids.ts';
import type { LogSource } from '../../board/log-source.ts';
import { RecentMap } from '../feed/recent-map.ts';

/** What later events of a task do not repeat. */
export interface Post {
  readonly timestamp: Micros;
  /** What decides the task's trace. */
  readonly origin: TraceOrigin;
}

/** Posts remembered, so that one is read only of a task posted long ago or before this process began. */
const REMEMBERED = 25_000;

/** The posts of tasks: those that passed by, else read as the task's first event. */
export class TaskPosts {
  readonly #source: Pick<LogSource, 'taskEvents'>;
  readonly #posts = new RecentMap<string, Post>(REMEMBERED);

  constructor(source: Pick<LogSource, 'taskEvents'>) {
    this.#source = source;
  }

  /** Remembers the event where it is a post. */
  learn({ edge, task_id, timestamp, payload }: Event): void {
    if (edge !== 'post') return;
    const { traceparent, trace_relation } = payload;
    const origin = { traceparent: traceparent ?? null, trace_relation: trace_relation ?? null };
    this.#posts.set(task_id, { timestamp, origin });
  }

  /** A task's post, or undefined where the log does not have it. */
  async of(taskId: string): Promise<Post | undefined> {
    const known = this.#posts.get(taskId);
    if (known !== undefined) return known;
    const [first] = await this.#source.taskEvents(taskId, 0, 1);
    if (first !== undefined) this.learn(first);
    return this.#posts.get(taskId);
  }
}
