import type { BoardRecord, ChiefCycle, Cursor, Event, OmbudsmanTick, Task } from './core/records.ts';

/**
 * The three logs of one board, read by `sequence_id`: what every exporter stands on. A `Board` is one; so is an exported
 * log opened by `quadro/analysis`. Pages are ascending; a page shorter than `limit` is the log's end at that moment.
 *
 * With `maxBytes` a page ends before the row with which its payloads (of cycles and ticks their JSON and errors) would come
 * to more bytes than that, but has one row at least; only an empty page is then the log's end.
 */
export interface LogSource {
  /** The board's identity and the next numbers of its logs. */
  board(): Promise<BoardRecord>;
  events(after: number, limit: number, maxBytes?: number): Promise<readonly Event[]>;
  chiefCycles(after: number, limit: number, maxBytes?: number): Promise<readonly ChiefCycle[]>;
  ombudsmanTicks(after: number, limit: number, maxBytes?: number): Promise<readonly OmbudsmanTick[]>;
  /** The events of one task, a page of them; empty where it is unknown. */
  taskEvents(taskId: string, after: number, limit: number, maxBytes?: number): Promise<readonly Event[]>;
  /** All events of a task, ascending; empty where it is unknown. */
  taskHistory(taskId: string): Promise<readonly Event[]>;
  /**
   * Rows of the named tasks, archived ones too; a source without a tasks table gives none. With `columns` only those are
   * read: an output and notes may be long.
   */
  tasksById<Column extends keyof Task = keyof Task>(
    taskIds: readonly string[],
    columns?: readonly Column[],
  ): Promise<readonly Pick<Task, Column>[]>;
  /**
   * Up to which event times may go back. Absent: the board's `imported_until`, for a board's own clock never goes back.
   */
  readonly unorderedUntil?: number;
  /**
   * Calls back after every commit of this process, and soon after another's where the database can tell of it, which is no
   * promise; answers how to stop. A source that cannot change never calls.
   */
  onCommit(listener: () => void): () => void;
}

/** Where a log stands: the last `sequence_id` of each. */
export function endOf(board: BoardRecord): Cursor {
  return {
    events: board.next_sequence_id - 1,
    chief_cycles: board.next_cycle_sequence_id - 1,
    ombudsman_ticks: board.next_tick_sequence_id - 1,
  };
}
