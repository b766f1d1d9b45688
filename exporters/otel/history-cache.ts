import type { Event } from '../../board/core/records.ts';
import type { LogSource } from '../../board/log-source.ts';

/** Events kept at most, a long label counting for several: some tens of megabytes. */
const MAX_WEIGHT = 20_000;
const CHARACTERS_PER_EVENT = 1_000;

/**
 * The transitions of tasks, without asking the source where all of a task's have just passed by: a reader far behind would
 * else read the whole log twice, a task at a time.
 */
export function historyCache(source: LogSource): {
  /** Takes in events in the order of the log. */
  learn(events: readonly Event[]): void;
  /** The task's events up to one that has been taken in; heartbeats may be missing. */
  historyOf(event: Event): Promise<readonly Event[]>;
  /** Forgets finished tasks, and the oldest of too many. */
  prune(): void;
} {
  const tasks = new Map<string, Event[]>();
  let weight = 0;

  const forget = (taskId: string): void => {
    for (const event of tasks.get(taskId) ?? []) weight -= weightOf(event);
    tasks.delete(taskId);
  };

  return {
    learn(events) {
      for (const event of events) {
        // Only a history that begins with the post is whole.
        if (event.edge === 'post') tasks.set(event.task_id, []);
        if (event.edge === null) continue;
        const history = tasks.get(event.task_id);
        if (history === undefined) continue;
        history.push(event);
        weight += weightOf(event);
      }
    },
    async historyOf(event) {
      const history = tasks.get(event.task_id) ?? (await source.taskHistory(event.task_id));
      return history.filter(({ sequence_id }) => sequence_id <= event.sequence_id);
    },
    prune() {
      for (const [taskId, history] of tasks) {
        if (weight > MAX_WEIGHT || history.at(-1)?.finished_sequence_id != null) forget(taskId);
      }
    },
  };
}

function weightOf({ payload }: Event): number {
  return 1 + (typeof payload.label === 'string' ? Math.floor(payload.label.length / CHARACTERS_PER_EVENT) : 0);
}
