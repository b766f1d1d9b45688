import type { BoardRecord } from '../../board/core/records.ts';
import { type CursorBackend, cursorPath, sidecarName } from '../feed/index.ts';

/** What says where a log is kept: a board's backend, or an exported log's path. */
export type LogPlace = Pick<CursorBackend, 'sidecarPath'> & Partial<Pick<CursorBackend, 'isSynchronous'>>;

/**
 * The file for a destination's dead letters unless somebody names another: beside the cursor of a board that lives in a file or
 * of an exported log; for a board on a server in the current folder, under the board's and the destination's name; none (null) for
 * a board in memory.
 *
 * @param destination As {@link destinationOf} names it.
 * @throws QuadroError `invalid_configuration` for a destination that can be no file's name.
 * @example
 * defaultDeadLetterFile(board.backend, await board.board(), 'otlp-5122c660')
 * // '/var/board.db.cursor-otlp-5122c660.dead-letter.ndjson', or 'quadro-dead-letter-default-otlp-5122c660.ndjson'
 */
export function defaultDeadLetterFile(
  { sidecarPath, isSynchronous = false }: LogPlace,
  board: Pick<BoardRecord, 'board_id' | 'board_uid'>,
  destination: string,
): string | null {
  const beside = cursorPath(sidecarPath ?? '', sidecarName(board, destination));
  if (sidecarPath !== null) return beside.replace(/\.json$/, '.dead-letter.ndjson');
  // A board's name may hold any character.
  return isSynchronous ? null : `quadro-dead-letter-${encodeURIComponent(board.board_id)}-${destination}.ndjson`;
}
