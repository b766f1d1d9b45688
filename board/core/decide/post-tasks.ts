import { atIndex } from '../at-index.ts';
import { errorOf } from '../errors.ts';
import type { PostTaskParams, ResultOf } from '../intents.ts';
import type { Event } from '../records.ts';
import type { Command } from './command.ts';
import { postedTask } from './tasks.ts';
import { type Effect, type View, viewAfter } from './view.ts';

/** `board.post_tasks`: as many posts as there are tasks, one after another, or none at all. */
export function postTasks(view: View, command: Command<'board.post_tasks'>): Effect<ResultOf<'board.post_tasks'>> {
  const { tasks: given } = command.params;
  checkIds(view, given);
  const events: Event[] = [];
  const posted = given.map((params, index) =>
    atIndex(index, () => {
      const each = postedTask(viewAfter(view, events.length), params, command);
      events.push(...each.events);
      return each;
    }),
  );
  const tasks = posted.map(({ task }) => task);
  return { result: { tasks, events: posted.map(({ event }) => event) }, tasks, events };
}

/** Refuses ids that are taken, all of them at once: whoever mints them need not be told of one after another. */
function checkIds(view: View, tasks: readonly PostTaskParams[]): void {
  const met = new Set<string>();
  const taken: { readonly index: number; readonly task_id: string }[] = [];
  for (const [index, { task_id }] of tasks.entries()) {
    if (task_id === null || task_id === undefined) continue;
    if (met.has(task_id) || view.findTask(task_id) !== undefined) taken.push({ index, task_id });
    met.add(task_id);
  }
  const [first] = taken;
  if (first === undefined) return;
  const message = `tasks[${first.index}]: Task ${first.task_id} exists already, on the board or before it in the list; an id is never used twice on a board`;
  throw errorOf('duplicate_task_id', message, { details: { ...first, task_ids: taken.map(({ task_id }) => task_id) } });
}
