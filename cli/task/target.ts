import type { BoardMethods } from '../../board/board-methods.ts';
import type { Task } from '../../board/core/records.ts';
import { BOARD_HELP } from '../source.ts';

/** How a board that can be written is named, for help texts. */
export const TARGET_HELP: string = `a board (${BOARD_HELP}), or the http:// address of a service`;

/** Which tasks are listed. */
export interface TaskFilter {
  readonly statuses?: readonly string[];
  readonly taskTypes?: readonly string[];
  readonly limit: number;
}

/** Some tasks by priority, then by age, and whether there are more of them. */
export interface ListedTasks {
  readonly tasks: readonly Task[];
  readonly hasMore: boolean;
}

/** A board to work on from the command line, wherever it is. */
export interface Target {
  readonly board: BoardMethods;
  listTasks(filter: TaskFilter): Promise<ListedTasks>;
  close(): Promise<void>;
}

/** The options that say which board, and who asks. */
export interface TargetOptions {
  readonly board?: string;
  readonly tokenFile?: string;
}
