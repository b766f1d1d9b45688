import { createHash } from 'node:crypto';
import { type CursorStore, cursorPath, fileCursorStore } from '../exporters/feed/index.ts';
import type { Source } from './source.ts';

/** How much of an address's hash tells receivers apart in a file's name. */
const HASH_DIGITS = 8;

/**
 * Where a reader's place is kept, beside the board or log, so that the next run goes on from there; null where it has no
 * file. Every board of a database has a place of its own, and every address that is sent to: what one has received says
 * nothing about another.
 */
export async function cursorBeside(
  source: Source,
  reader: string,
  address: string | undefined = undefined,
): Promise<CursorStore | null> {
  const path = source.kind === 'board' ? source.board.backend.sidecarPath : source.path;
  if (path === null) return null;
  const { board_id, board_uid } = await source.tables.board();
  const name = [reader];
  if (board_id !== 'default') name.push(board_uid);
  if (address !== undefined) name.push(createHash('sha256').update(address).digest('hex').slice(0, HASH_DIGITS));
  return fileCursorStore(cursorPath(path, name.join('-')));
}
