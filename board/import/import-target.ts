import type { Backend } from '../backends/backend.ts';
import { refuseUnfinishedCopy } from '../copy/copy-mark.ts';
import { errorOf } from '../core/errors.ts';
import type { BoardRecord } from '../core/records.ts';
import type { Changes, MoreRows } from '../core/transaction.ts';

/** What an import writes. */
export interface ImportedRows {
  readonly changes: Changes;
  /** What is too much for one list. */
  readonly more?: () => AsyncIterable<MoreRows>;
}

/**
 * Makes the board of an import, in one transaction: whatever stops it leaves no board, or the whole one.
 *
 * @throws ValidationError (`invalid_source`) where the board is in use; StorageError
 */
export async function writeImport(into: Backend, boardId: string, { changes, more }: ImportedRows): Promise<void> {
  const keys = { board_id: boardId, task_ids: [], agent_ids: [], idempotency_keys: [], data_keys: [] };
  await into.transact({ ...keys, profiles_version: -1, reads_leases: true }, ({ board, leases }) => {
    refuseUnfinishedCopy(leases.values(), boardId, into.location);
    refuseUsed(board, boardId, into.location);
    const resumable = board?.resumable ?? changes.board.resumable;
    return { changes: { ...changes, board: { ...changes.board, resumable } }, result: null, ...(more && { more }) };
  });
}

/**
 * Refuses to import into a board where anything is logged or registered: it would become part of another board's history.
 *
 * @throws ValidationError (`invalid_source`)
 */
export function refuseUsed(board: BoardRecord | null, boardId: string, location: string): void {
  if (board === null) return;
  const numbers = [
    board.next_sequence_id,
    board.next_cycle_sequence_id,
    board.next_tick_sequence_id,
    board.next_entry_id,
  ];
  if (numbers.every(next => next === 1) && board.profiles_version === 0) return;
  throw errorOf(
    'invalid_source',
    `The board ${boardId} in ${location} is in use already: import into a new one (another file, or another board name)`,
    { details: { board_id: boardId } },
  );
}
