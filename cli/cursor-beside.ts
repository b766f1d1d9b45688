import { createHash } from 'node:crypto';
import { type CursorStore, defaultCursorStore, sidecarCursorStore } from '../exporters/feed/index.ts';
import type { Source } from './source.ts';

/** How much of an address's hash tells receivers apart in a cursor's name. */
const HASH_DIGITS = 8;

/**
 * Where a reader's place is kept, so that the next run goes on from there: beside the board's file or the log, or in the
 * server's database. Every board of a database has a place of its own, and every address that is sent to: what one has
 * received says nothing about another.
 */
export async function cursorBeside(
  source: Source,
  reader: string,
  address: string | undefined = undefined,
): Promise<CursorStore | null> {
  const receiver =
    address === undefined ? null : createHash('sha256').update(address).digest('hex').slice(0, HASH_DIGITS);
  const board = await source.tables.board();
  if (source.kind === 'board') return defaultCursorStore(source.board.backend, board, reader, receiver);
  return sidecarCursorStore(source.path, board, reader, receiver);
}
