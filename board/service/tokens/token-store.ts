import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend } from '../../backends/backend.ts';
import { errorOf } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Micros } from '../../core/time.ts';
import { isJsonObject } from '../../transport/envelope.ts';
import { PERMISSIONS, type Permission } from '../caller.ts';

/** The board whose tokens are meant: a `Board` is one. */
export interface TokenBoard {
  readonly boardId: string;
  readonly backend: Pick<Backend, 'loadCursor' | 'saveCursor' | 'location'>;
}

/** A token as lists show it: everything but its secret, which nobody keeps. */
export interface TokenInfo {
  readonly token_id: string;
  /** Who or what it was made for; events it causes carry the name as their `actor`. */
  readonly name: string;
  readonly permissions: readonly Permission[];
  readonly created_at: Micros;
  /** Null: it does not expire. */
  readonly expires_at: Micros | null;
  /** Null: it has not been revoked. */
  readonly revoked_at: Micros | null;
}

/** A token as it is kept: of its secret only the SHA-256, in hex. */
export interface StoredToken extends TokenInfo {
  readonly secret_sha256: string;
}

/** Under which name a board's tokens are kept beside the places of its readers. */
const DOCUMENT = 'service-tokens';

/** How often a change is tried again where others change the tokens at the same time. */
const MAX_ATTEMPTS = 100;

/** Longest pause before a change is tried again. */
const MAX_PAUSE_MS = 40;

interface ReadTokens {
  readonly tokens: readonly StoredToken[];
  /** What is kept now, word for word. */
  readonly document: JsonObject | null;
}

/**
 * The tokens of a board, in the order they were made in.
 *
 * @throws StorageError, also where what is kept is not what Quadro writes: nobody is let in on a guess.
 */
export async function readTokens(board: TokenBoard): Promise<readonly StoredToken[]> {
  return (await load(board)).tokens;
}

/**
 * Replaces the tokens by what `change` makes of them; of several processes that change them at once none loses anything, so
 * `change` may be called again.
 *
 * @throws StorageError, and what `change` throws; then nothing was written.
 */
export async function changeTokens<Result>(
  board: TokenBoard,
  change: (tokens: readonly StoredToken[]) => { readonly tokens: readonly StoredToken[]; readonly result: Result },
): Promise<Result> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { tokens: before, document } = await load(board);
    const { tokens, result } = change(before);
    if (tokens === before) return result;
    const value = { version: 1, tokens } as unknown as JsonObject;
    if (await board.backend.saveCursor(board.boardId, DOCUMENT, value, { unchangedFrom: document })) return result;
    await sleep(Math.random() * MAX_PAUSE_MS);
  }
  throw errorOf('storage_busy', `The tokens of board ${board.boardId} are being changed all the time: try again`);
}

async function load({ boardId, backend }: TokenBoard): Promise<ReadTokens> {
  const document = await backend.loadCursor(boardId, DOCUMENT);
  if (document === null) return { tokens: [], document };
  const { version, tokens } = document;
  if (version === 1 && Array.isArray(tokens) && tokens.every(isStoredToken)) {
    return { tokens: tokens as unknown as readonly StoredToken[], document };
  }
  throw errorOf(
    'storage_failed',
    `The tokens of board ${boardId} in ${backend.location} are not what this version of Quadro keeps: use the version that wrote them, or delete the row ${DOCUMENT} of the table cursors and make new tokens`,
  );
}

const SHA256_HEX = /^[0-9a-f]{64}$/;

function isStoredToken(value: Json): boolean {
  if (!isJsonObject(value)) return false;
  const { token_id, name, permissions, created_at, expires_at, revoked_at, secret_sha256 } = value;
  const isTime = (time: Json | undefined): boolean => Number.isSafeInteger(time);
  return (
    typeof token_id === 'string' &&
    typeof name === 'string' &&
    Array.isArray(permissions) &&
    permissions.every(each => (PERMISSIONS as readonly Json[]).includes(each)) &&
    isTime(created_at) &&
    (expires_at === null || isTime(expires_at)) &&
    (revoked_at === null || isTime(revoked_at)) &&
    typeof secret_sha256 === 'string' &&
    SHA256_HEX.test(secret_sha256)
  );
}
