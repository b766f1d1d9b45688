import { errorOf } from '../core/errors.ts';
import type { Lease } from '../core/records.ts';

/** The role that whoever copies into a board holds until the copy is whole. */
export const COPY_ROLE = 'copy';

/** Whether a copy into the board that has these leases has begun and not finished. */
export function isUnfinishedCopy(leases: Iterable<Lease>): boolean {
  return [...leases].some(({ role, holder }) => role === COPY_ROLE && holder !== null);
}

/** @throws StorageError (`board_incomplete`) where a copy into the board has begun and not finished. */
export function refuseUnfinishedCopy(leases: Iterable<Lease>, boardId: string, location: string): void {
  if (!isUnfinishedCopy(leases)) return;
  throw errorOf(
    'board_incomplete',
    `The board ${boardId} in ${location} is an unfinished copy: run the same quadro copy again to finish it`,
    { details: { board_id: boardId } },
  );
}
