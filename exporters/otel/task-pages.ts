import { errorOf } from '../../board/core/errors.ts';
import type { Cursor, Event } from '../../board/core/records.ts';
import type { LogSource } from '../../board/log-source.ts';
import type { FeedBatch, FeedOptions } from '../feed/index.ts';
import { pageBounds } from '../feed/page-reader.ts';

/**
 * The events of the named tasks after a place, a task after the other, in pages. Since they are not in the log's order, they
 * move no place; a batch's `lag` counts the tasks after it.
 *
 * @throws NotFoundError `task_not_found`, before the first page.
 */
export async function* taskPages(
  source: LogSource,
  taskIds: readonly string[],
  options: FeedOptions & { readonly cursor: Cursor },
): AsyncGenerator<FeedBatch, void, void> {
  const { cursor, signal } = options;
  const { batchSize, maxPageBytes } = pageBounds(options);
  const board = await source.board();
  const wanted = [...new Set(taskIds)];
  for (const taskId of wanted) await checkTask(source, taskId, board.board_id);
  for (const [index, taskId] of wanted.entries()) {
    const lag = wanted.length - index - 1;
    for await (const events of pagesAfter(cursor.events, after =>
      source.taskEvents(taskId, after, batchSize, maxPageBytes),
    )) {
      if (signal?.aborted) return;
      yield { board, events, chief_cycles: [], ombudsman_ticks: [], cursor, lag };
    }
  }
}

/** All pages; the first even where it is empty, so that each task is told of. */
async function* pagesAfter(
  start: number,
  read: (after: number) => Promise<readonly Event[]>,
): AsyncGenerator<readonly Event[], void, void> {
  let page = await read(start);
  do {
    yield page;
    const last = page.at(-1);
    page = last === undefined ? [] : await read(last.sequence_id);
  } while (page.length > 0);
}

async function checkTask(source: LogSource, taskId: string, boardId: string): Promise<void> {
  const events = await source.taskEvents(taskId, 0, 1);
  if (events.length > 0) return;
  throw errorOf('task_not_found', `The log of board ${boardId} has no task ${taskId}`, {
    details: { task_id: taskId },
  });
}
