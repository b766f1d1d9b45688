import type { Event } from '../../board/core/records.ts';
import type { Micros } from '../../board/core/time.ts';
import type { LogSource } from '../../board/log-source.ts';
import type { Lookups } from './observe.ts';
import type { TaskPosts } from './task-posts.ts';

/**
 * Finds what a page of events does not say itself: when the tasks that finish in it were posted, and the status of the
 * stages that an import left unlinked. Pages must come in the log's order.
 */
export async function lookUp(
  source: Pick<LogSource, 'events'>,
  posts: TaskPosts,
  events: readonly Event[],
): Promise<Lookups> {
  const postedAt = new Map<string, Micros>();
  const enteredStatus = new Map<number, string>();
  for (const event of events) {
    const { task_id, sequence_id, edge, entered_sequence_id } = event;
    posts.learn(event);
    if (event.finished_sequence_id === sequence_id) {
      const post = await posts.of(task_id);
      if (post !== undefined) postedAt.set(task_id, post.timestamp);
    }
    if (edge === 'unlinked' && entered_sequence_id !== null) {
      const [entering] = await source.events(entered_sequence_id - 1, 1);
      const status = entering?.sequence_id === entered_sequence_id ? entering.to_status : null;
      if (status !== null) enteredStatus.set(entered_sequence_id, status);
    }
  }
  return { postedAt, enteredStatus };
}
