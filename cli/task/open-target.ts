import type { Board } from '../../board/board.ts';
import type { Task } from '../../board/core/records.ts';
import { openBoardToWrite, openOneBoard } from '../source.ts';
import type { ListedTasks, Target, TargetOptions, TaskFilter } from './target.ts';

const IS_SERVED = /^https?:\/\//i;

async function listTasks({ backend, boardId }: Board, filter: TaskFilter): Promise<ListedTasks> {
  const { statuses, taskTypes, limit } = filter;
  // One more than is wanted tells whether there are more.
  const tasks: readonly Task[] = await backend.readTasks({
    board_id: boardId,
    ...(statuses && { statuses }),
    ...(taskTypes && { task_types: taskTypes }),
    limit: limit + 1,
  });
  return { tasks: tasks.slice(0, limit), hasMore: tasks.length > limit };
}

/**
 * Opens a board to work on: one in a database, or one that a service serves.
 *
 * @param access A board that is only read cannot be changed, nor made.
 * @throws ConfigurationError, ValidationError (`invalid_source`), NotFoundError (`board_not_found`), StorageError.
 */
async function openTarget(text: string, access: 'read' | 'write', options: TargetOptions): Promise<Target> {
  if (IS_SERVED.test(text)) return (await import('./served-target.ts')).servedTarget(text, options);
  const open = access === 'read' ? openOneBoard : openBoardToWrite;
  const board = await open(text, options.board);
  return { board, listTasks: filter => listTasks(board, filter), close: () => board.close() };
}

/** Opens a board, does something with it, and closes it whatever happens. */
export async function withTarget<Result>(
  text: string,
  access: 'read' | 'write',
  options: TargetOptions,
  use: (target: Target) => Promise<Result>,
): Promise<Result> {
  const target = await openTarget(text, access, options);
  try {
    return await use(target);
  } finally {
    await target.close();
  }
}
