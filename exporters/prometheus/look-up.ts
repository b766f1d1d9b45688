import type { Micros } from '../../board/core/time.ts';
import type { LogSource } from '../../board/log-source.ts';
import type { FeedBatch } from '../feed/index.ts';
import type { DispatchFailures } from './dispatch-failures.ts';
import type { Lookups } from './observe.ts';
import type { TaskPosts } from './task-posts.ts';

/** What is kept of the rows that passed by, so that most of a page needs no reading. */
export interface Passed {
  readonly posts: TaskPosts;
  readonly failures: DispatchFailures;
}

/**
 * Finds what a page of the logs does not say itself: when the tasks that finish in it were posted, the status of the stages
 * that an import left unlinked, and how long dispatch had failed before a cycle. Pages must come in the log's order.
 */
export async function lookUp(
  source: Pick<LogSource, 'events'>,
  { posts, failures }: Passed,
  { events, chief_cycles }: Pick<FeedBatch, 'events' | 'chief_cycles'>,
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
  return { postedAt, enteredStatus, dispatchFailures: await failures.endedIn(chief_cycles) };
}
