import type { ProfileRegistry } from './core/decide/profiles.ts';
import { errorOf } from './core/errors.ts';

/**
 * Refuses to write to a board that is an imported event log.
 *
 * @throws StorageError (`board_read_only`)
 */
export function refuseUngoverned(profiles: ProfileRegistry, boardId: string, location: string): void {
  if (!profiles.isUngoverned) return;
  throw errorOf(
    'board_read_only',
    `The board ${boardId} in ${location} is an imported event log, which no lifecycle governs: it can be read, analysed and exported, not written`,
    { details: { board_id: boardId } },
  );
}
