import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { QuadroError } from '../../board/core/errors.ts';
import type { JsonObject } from '../../board/core/json.ts';
import type { BoardRecord, Cursor } from '../../board/core/records.ts';

/** A reader's place, and whatever it must go on from. */
export interface SavedCursor {
  /** The board whose logs the cursor counts. */
  readonly board_uid: string;
  /** Who reads: `otlp`, `prometheus`, or a name of your own. */
  readonly destination: string;
  readonly cursor: Cursor;
  /** Running totals that belong to this place; saved in the same breath as the cursor. */
  readonly totals?: JsonObject;
}

/** Where a reader's place survives its process. `save` must be atomic: the old place or the new, never a half. */
export interface CursorStore {
  /** What was saved last, or null where nothing ever was. */
  load(): Promise<SavedCursor | null>;
  save(saved: SavedCursor): Promise<void>;
}

const NAME = /^[A-Za-z0-9._-]{1,100}$/;

/**
 * The cursor file of a reader beside a board's own file.
 *
 * @example cursorPath('/var/board.db', 'otlp') // '/var/board.db.cursor-otlp.json'
 */
export function cursorPath(sidecarPath: string, name: string): string {
  assertCursorName(name);
  return `${sidecarPath}.cursor-${name}.json`;
}

/** @throws QuadroError `invalid_configuration` for a name that would lead elsewhere, or is too long for a key. */
export function assertCursorName(name: string): void {
  if (NAME.test(name)) return;
  throw new QuadroError(
    'invalid_configuration',
    `A cursor's name takes up to 100 letters, digits, ".", "_", "-", not "${name}"`,
  );
}

/**
 * Keeps a cursor in a JSON file: written beside it, flushed to the disk, then renamed over it, so that a kill or a full
 * disk leaves the former place. One reader a file.
 *
 * @throws QuadroError `invalid_configuration` from `load` where the file is there but cannot be used.
 */
export function fileCursorStore(path: string): CursorStore {
  return {
    async load() {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw unusable(path, error.message, error);
      });
      return text === null ? null : parseSaved(path, text);
    },
    save: saved => replaceFile(path, `${JSON.stringify(saved)}\n`),
  };
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

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}-${randomUUID().slice(0, 8)}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    const reason = error instanceof Error ? error.message : String(error);
    throw new QuadroError('storage_failed', `The cursor file ${path} could not be written: ${reason}`, {
      cause: error,
    });
  }
}

/** Makes the rename itself durable. Some systems cannot open a folder; there the rename has to do. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

function parseSaved(path: string, text: string): SavedCursor {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unusable(path, 'it holds no JSON', error);
  }
  if (!isSavedCursor(value)) throw unusable(path, 'it holds no cursor');
  return value;
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

function unusable(path: string, reason: string, cause?: unknown): QuadroError {
  return new QuadroError(
    'invalid_configuration',
    `The cursor file ${path} cannot be used: ${reason}. Repair it, or remove it to read the log from its start ` +
      '(spans sent before are sent again with the same ids).',
    cause === undefined ? {} : { cause },
  );
}
