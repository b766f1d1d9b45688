import type { BoardRecord, ChiefCycle, Cursor, Event, OmbudsmanTick, Task } from './core/records.ts';

/**
 * The three logs of one board, read by `sequence_id`: what every exporter stands on. A `Board` is one; so is an exported
 * log opened by `quadro/analysis`. Pages are ascending; a page shorter than `limit` is the log's end at that moment.
 */
export interface LogSource {
  /** The board's identity and the next numbers of its logs. */
  board(): Promise<BoardRecord>;
  events(after: number, limit: number): Promise<readonly Event[]>;
  chiefCycles(after: number, limit: number): Promise<readonly ChiefCycle[]>;
  ombudsmanTicks(after: number, limit: number): Promise<readonly OmbudsmanTick[]>;
  /** All events of a task, ascending; empty where it is unknown. */
  taskHistory(taskId: string): Promise<readonly Event[]>;
  /** Rows of the named tasks, archived ones too; a source without a tasks table gives none. */
  tasksById(taskIds: readonly string[]): Promise<readonly Task[]>;
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
