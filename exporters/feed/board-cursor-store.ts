import type { Backend } from '../../board/backends/backend.ts';
import { QuadroError } from '../../board/core/errors.ts';
import type { JsonObject } from '../../board/core/json.ts';
import type { BoardRecord } from '../../board/core/records.ts';
import type { LogSource } from '../../board/log-source.ts';
import { boardLeaseRegister } from './board-lease-register.ts';
import { assertCursorName, type CursorStore, cursorPath, isSavedCursor, type SavedCursor } from './cursor-store.ts';
import { fileCursorStore } from './file-cursor-store.ts';
import { assertTermHeld } from './held-term.ts';

/** What of a backend keeps the places of readers. */
export type CursorBackend = Pick<Backend, 'isSynchronous' | 'sidecarPath' | 'location' | 'loadCursor' | 'saveCursor'>;

/** A log that may say which database keeps it: a `Board`, or any other source. */
export interface StoredLog extends LogSource {
  readonly backend?: CursorBackend;
}

/**
 * Keeps a cursor in the board's own database, where the reader's next process finds it on whichever machine it runs. A place
 * is one row: the old one or the new; its lease is another. It works on a board that was opened for reading only, and needs the
 * right to write the table `cursors`.
 *
 * @param name The reader's: letters, digits, `.`, `_`, `-`.
 * @example
 * const cursorStore = boardCursorStore(board.backend, board.boardId, 'otlp-archive');
 * await exportSpans(board, { url, cursorStore });
 * @throws QuadroError `invalid_configuration` for a name it cannot take, and from `load` where the row holds no cursor.
 */
export function boardCursorStore(
  backend: Pick<Backend, 'location' | 'loadCursor' | 'saveCursor'>,
  boardId: string,
  name: string,
): CursorStore {
  assertCursorName(name);
  const lease = boardLeaseRegister(backend, boardId, name);
  return {
    lease,
    async load() {
      const value = await backend.loadCursor(boardId, name);
      if (value === null || isSavedCursor(value)) return value;
      throw new QuadroError(
        'invalid_configuration',
        `The cursor "${name}" of board ${boardId} in ${backend.location} cannot be used: it holds no cursor. Repair its row ` +
          'in the table cursors, or remove it to read the log from its start (spans sent before are sent again with the same ids).',
        { details: { board_id: boardId, destination: name } },
      );
    },
    async save(saved, term) {
      const value = rowOf(saved);
      if (term === undefined) {
        await backend.saveCursor(boardId, name, value);
        return;
      }
      for (let isSaved = false; !isSaved; ) {
        // Read before the lease is: whoever freezes between the two, and is overtaken, writes over nothing.
        const unchangedFrom = await backend.loadCursor(boardId, name);
        await assertTermHeld(lease, term, `cursor "${name}"`);
        isSaved = await backend.saveCursor(boardId, name, value, { unchangedFrom });
      }
    },
  };
}

function rowOf({ board_uid, destination, cursor, totals }: SavedCursor): JsonObject {
  return { board_uid, destination, cursor: { ...cursor }, ...(totals && { totals }) };
}

/**
 * Keeps a cursor in a file beside a board's own, or beside an exported log.
 *
 * @param reader Who reads: the name of a destination of spans, `prometheus`, or a name of your own.
 */
export function sidecarCursorStore(
  sidecarPath: string,
  board: Pick<BoardRecord, 'board_id' | 'board_uid'>,
  reader: string,
): CursorStore {
  return fileCursorStore(cursorPath(sidecarPath, sidecarName(board, reader)));
}

/** What tells a reader's files from those of other readers and boards. Parameters as of {@link sidecarCursorStore}. */
export function sidecarName(
  { board_id, board_uid }: Pick<BoardRecord, 'board_id' | 'board_uid'>,
  reader: string,
): string {
  // All boards of a file share one folder; the one that most files hold has the short name.
  return board_id === 'default' ? reader : `${reader}-${board_uid}`;
}

/**
 * Where a reader's place is kept unless somebody says otherwise: beside the file of a board that has one, in the database of
 * a board on a server, and nowhere (null) for one in memory. Parameters as of {@link sidecarCursorStore}.
 */
export function defaultCursorStore(
  backend: CursorBackend,
  board: Pick<BoardRecord, 'board_id' | 'board_uid'>,
  reader: string,
): CursorStore | null {
  if (backend.sidecarPath !== null) return sidecarCursorStore(backend.sidecarPath, board, reader);
  // A driver that blocks has its database in this process: without a file it ends with it, and so would the cursor.
  if (backend.isSynchronous) return null;
  return boardCursorStore(backend, board.board_id, reader);
}
