import { QuadroError } from '../../board/core/errors.ts';
import type { JsonObject } from '../../board/core/json.ts';
import type { BoardRecord, Cursor } from '../../board/core/records.ts';
import type { LeaseRegister } from './lease-register.ts';

/** A reader's place, and whatever it must go on from. */
export interface SavedCursor {
  /** The board whose logs the cursor counts. */
  readonly board_uid: string;
  /** Who reads: the name of the destination of spans, `prometheus`, or a name of your own. */
  readonly destination: string;
  readonly cursor: Cursor;
  /** Running totals that belong to this place; saved in the same breath as the cursor. */
  readonly totals?: JsonObject;
}

/** Where a reader's place survives its process. `save` must be atomic: the old place or the new, never a half. */
export interface CursorStore {
  /** What was saved last, or null where nothing ever was. */
  load(): Promise<SavedCursor | null>;
  /**
   * @param term The term of the lease under which it is saved: where another process has the lease by now, nothing is saved.
   * @throws ConflictError (`lease_lost`) then.
   */
  save(saved: SavedCursor, term?: number): Promise<void>;
  /**
   * Who may move the place. Where it is given, an exporter of spans takes the lease first, and one that does not get it
   * sends nothing.
   */
  readonly lease?: LeaseRegister;
}

const NAME = /^[A-Za-z0-9._-]{1,100}$/;

/** Beside a cursor of any name, its lease is kept under such a name. */
const LEASE_NAME = /\.lease(-\d+)?$/;

/**
 * The cursor file of a reader beside a board's own file.
 *
 * @example cursorPath('/var/board.db', 'prometheus') // '/var/board.db.cursor-prometheus.json'
 */
export function cursorPath(sidecarPath: string, name: string): string {
  assertCursorName(name);
  return `${sidecarPath}.cursor-${name}.json`;
}

/**
 * @throws QuadroError `invalid_configuration` for a name that would lead elsewhere, is too long for a key, or is that of a
 * lease.
 */
export function assertCursorName(name: string): void {
  if (NAME.test(name) && !LEASE_NAME.test(name)) return;
  throw new QuadroError(
    'invalid_configuration',
    `A cursor's name takes up to 100 letters, digits, ".", "_", "-", and does not end in ".lease": not "${name}"`,
  );
}

/**
 * What a store holds for this board and destination, or null where it is empty.
 *
 * @throws QuadroError `invalid_configuration` where it is another board's or another reader's: going on from there would
 * leave rows out.
 */
export async function loadCursor(
  store: CursorStore,
  board: Pick<BoardRecord, 'board_id' | 'board_uid'>,
  destination: string,
): Promise<SavedCursor | null> {
  const saved = await store.load();
  if (saved === null) return null;
  const isOurs = saved.board_uid === board.board_uid && saved.destination === destination;
  if (isOurs) return saved;
  throw new QuadroError(
    'invalid_configuration',
    `The saved cursor belongs to board ${saved.board_uid} and destination "${saved.destination}", not to board ` +
      `${board.board_uid} (${board.board_id}) and "${destination}". Give this reader a cursor of its own, or remove that one.`,
    { details: { saved_board_uid: saved.board_uid, board_uid: board.board_uid, destination } },
  );
}

/** Whether what a store held is a place: a file or a row may hold anything. */
export function isSavedCursor(value: unknown): value is SavedCursor {
  if (!isObject(value) || !isObject(value.cursor)) return false;
  const { events, chief_cycles, ombudsman_ticks } = value.cursor;
  const hasNames = typeof value.board_uid === 'string' && typeof value.destination === 'string';
  const hasTotals = value.totals === undefined || (isObject(value.totals) && !Array.isArray(value.totals));
  return hasNames && hasTotals && [events, chief_cycles, ombudsman_ticks].every(isPlace);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isPlace(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
