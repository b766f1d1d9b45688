import type { BoardRecord } from './records.ts';
import type { Micros } from './time.ts';

/** The row of a board that has nothing in it yet. */
export function newBoard(boardId: string, boardUid: string, now: Micros): BoardRecord {
  return {
    board_id: boardId,
    board_uid: boardUid,
    created_at: now,
    last_timestamp: now,
    next_sequence_id: 1,
    next_cycle_sequence_id: 1,
    next_tick_sequence_id: 1,
    next_entry_id: 1,
    profiles_version: 0,
    resumable: false,
    imported_until: null,
  };
}
