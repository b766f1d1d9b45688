import { type CursorStore, defaultCursorStore, sidecarCursorStore } from '../exporters/feed/index.ts';
import type { Source } from './source.ts';

/**
 * Where a reader's place is kept, so that the next run goes on from there: beside the board's file or the log, or in the
 * server's database. Every board of a database has a place of its own.
 *
 * @param reader Who reads: `prometheus`, or the name of the destination that spans are sent to.
 */
export async function cursorBeside(source: Source, reader: string): Promise<CursorStore | null> {
  const board = await source.tables.board();
  if (source.kind === 'board') return defaultCursorStore(source.board.backend, board, reader);
  return sidecarCursorStore(source.path, board, reader);
}
