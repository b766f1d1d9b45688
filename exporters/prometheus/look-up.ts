import type { Event } from '../../board/core/records.ts';
import type { Micros } from '../../board/core/time.ts';
import type { LogSource } from '../../board/log-source.ts';
import type { Lookups } from './observe.ts';

/** What a {@link lookUps} asks of a log. */
export type LookupSource = Pick<LogSource, 'events' | 'taskHistory'>;

/** Posts remembered, so that a task's history is read only where it was posted long ago or before this process began. */
const MAX_REMEMBERED = 50_000;

/**
 * Finds what a page of events does not say itself: when the tasks that finish in it were posted, and the status of the
 * stages that an import left unlinked. Pages must come in the log's order.
 */
export function lookUps(source: LookupSource): (events: readonly Event[]) => Promise<Lookups> {
  const posts = new Map<string, Micros>();
  const remember = (event: Event): void => {
    posts.set(event.task_id, event.timestamp);
    if (posts.size <= MAX_REMEMBERED) return;
    const [oldest] = posts.keys();
    if (oldest !== undefined) posts.delete(oldest);
  };
  const postOf = async (taskId: string): Promise<Micros | undefined> => {
    const known = posts.get(taskId);
    posts.delete(taskId);
    if (known !== undefined) return known;
    const [first] = await source.taskHistory(taskId);
    return first?.edge === 'post' ? first.timestamp : undefined;
  };
  return async events => {
    const postedAt = new Map<string, Micros>();
    const enteredStatus = new Map<number, string>();
    for (const event of events) {
      const { task_id, sequence_id, edge, entered_sequence_id } = event;
      if (edge === 'post') remember(event);
      if (event.finished_sequence_id === sequence_id) {
        const post = await postOf(task_id);
        if (post !== undefined) postedAt.set(task_id, post);
      }
      if (edge === 'unlinked' && entered_sequence_id !== null) {
        const status = await statusEntered(source, entered_sequence_id);
        if (status !== null) enteredStatus.set(entered_sequence_id, status);
      }
    }
    return { postedAt, enteredStatus };
  };
}

async function statusEntered(source: LookupSource, sequenceId: number): Promise<string | null> {
  const [entering] = await source.events(sequenceId - 1, 1);
  return entering?.sequence_id === sequenceId ? entering.to_status : null;
}
