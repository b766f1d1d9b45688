import type { Event } from '../../board/core/records.ts';
import type { LogSource } from '../../board/log-source.ts';
import { lightEvent } from './light-event.ts';

const PAGE_ROWS = 500;
const PAGE_BYTES = 4 * 1_048_576;

/**
 * A log as it is read besides its feed, in pages of bounded bytes, of which only what spans need is kept. A task's history
 * comes without its heartbeats, and of its labels (they may be long) with the one it had when it finished, or has now.
 */
export function lightSource(source: LogSource, { withLabel }: { readonly withLabel: boolean }): LogSource {
  const light = (event: Event): Event => lightEvent(event, withLabel);
  const taskEvents: LogSource['taskEvents'] = async (taskId, after, limit, maxBytes = PAGE_BYTES) =>
    (await source.taskEvents(taskId, after, limit, maxBytes)).map(light);
  return {
    board: () => source.board(),
    async events(after, limit) {
      const events: Event[] = [];
      for (let last = after; events.length < limit; last = events.at(-1)?.sequence_id ?? last) {
        const page = await source.events(last, limit - events.length, PAGE_BYTES);
        if (page.length === 0) break;
        events.push(...page.map(light));
      }
      return events;
    },
    chiefCycles: (after, limit, maxBytes) => source.chiefCycles(after, limit, maxBytes),
    ombudsmanTicks: (after, limit, maxBytes) => source.ombudsmanTicks(after, limit, maxBytes),
    taskEvents,
    async taskHistory(taskId) {
      const history: Event[] = [];
      for await (const event of transitionsOf({ taskEvents }, taskId)) keepOneLabel(history, event);
      return history;
    },
    tasksById: (taskIds, columns) => source.tasksById(taskIds, columns),
    onCommit: listener => source.onCommit(listener),
  };
}

/** The transitions of a task, ascending, up to an event of it; a page of them is held at a time. */
export async function* transitionsOf(
  source: Pick<LogSource, 'taskEvents'>,
  taskId: string,
  before: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<Event, void, void> {
  let after = 0;
  for (;;) {
    const page = await source.taskEvents(taskId, after, PAGE_ROWS, PAGE_BYTES);
    for (const event of page) {
      if (event.sequence_id >= before) return;
      if (event.edge !== null) yield event;
    }
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.sequence_id;
  }
}

/** What a task is called after it first finished is on no span. */
function keepOneLabel(history: Event[], event: Event): void {
  const { label } = event.payload;
  const isAfterFinish = event.finished_sequence_id !== null && event.finished_sequence_id < event.sequence_id;
  if (typeof label === 'string' && !isAfterFinish) {
    const named = history.findLastIndex(each => typeof each.payload.label === 'string');
    const before = history[named];
    if (before !== undefined) history[named] = withoutLabel(before);
  }
  history.push(typeof label === 'string' && isAfterFinish ? withoutLabel(event) : event);
}

function withoutLabel(event: Event): Event {
  const { label: _, ...payload } = event.payload;
  return { ...event, payload };
}
