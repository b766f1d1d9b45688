import { createHash } from 'node:crypto';
import { systemClock } from '../../clock.ts';
import { errorOf } from '../../core/errors.ts';
import { nameFaultsOf } from '../../core/lifecycle/faults.ts';
import type { Micros } from '../../core/time.ts';
import { PERMISSIONS, type Permission } from '../caller.ts';
import { changeTokens, readTokens, type StoredToken, type TokenBoard, type TokenInfo } from './token-store.ts';
import { mintToken, tokenText } from './token-text.ts';

/** Most tokens of a board that are neither revoked nor expired. */
const MAX_LIVE_TOKENS = 1_000;

/** Most tokens kept that are; beyond it the oldest go. */
const MAX_DEAD_TOKENS = 1_000;

/** What a new token is for. */
export interface CreateTokenParams {
  /** 1 to 200 bytes, no control characters; no other live token of the board may have it. */
  readonly name: string;
  /** At least one. */
  readonly permissions: readonly Permission[];
  /** Default: it does not expire. */
  readonly expiresAt?: Micros | null;
}

/** What the functions on tokens can be told. */
export interface TokenOptions {
  /** Default: the system's clock. */
  readonly now?: () => Micros;
}

/** A token that was just made, with the only sight of its text. */
export interface CreatedToken extends TokenInfo {
  readonly token: string;
}

/** Whether a token is neither revoked nor expired. */
export function isLive({ expires_at, revoked_at }: TokenInfo, now: Micros): boolean {
  return revoked_at === null && (expires_at === null || now < expires_at);
}

/**
 * Makes a token. Its text is in the answer and nowhere else: the board keeps the SHA-256 of its secret.
 *
 * @example const { token } = await createToken(board, { name: 'ci', permissions: ['post'] });
 * @throws ValidationError (`invalid_payload`), StorageError; then there is no new token. After `storage_uncertain` there may
 * be one whose text nobody has: revoke it.
 */
export async function createToken(
  board: TokenBoard,
  params: CreateTokenParams,
  { now = systemClock() }: TokenOptions = {},
): Promise<CreatedToken> {
  const created_at = now();
  checkParams(params, created_at);
  const parts = mintToken();
  const token: StoredToken = {
    token_id: parts.token_id,
    name: params.name,
    permissions: PERMISSIONS.filter(each => params.permissions.includes(each)),
    created_at,
    expires_at: params.expiresAt ?? null,
    revoked_at: null,
    secret_sha256: sha256(parts.secret).toString('hex'),
  };
  await changeTokens(board, tokens => {
    checkRoom(board, tokens, token);
    return { tokens: [...withoutOldest(tokens, created_at), token], result: null };
  });
  return { ...infoOf(token), token: tokenText(parts) };
}

/** Every token of a board in the order they were made in, the revoked and expired too. */
export async function listTokens(board: TokenBoard): Promise<readonly TokenInfo[]> {
  return (await readTokens(board)).map(infoOf);
}

/**
 * Revokes a token: services that run refuse it within two seconds. It stays in the list. One that is revoked already keeps
 * the time it was first revoked at.
 *
 * @throws NotFoundError (`token_not_found`), StorageError
 */
export function revokeToken(
  board: TokenBoard,
  tokenId: string,
  { now = systemClock() }: TokenOptions = {},
): Promise<TokenInfo> {
  return changeTokens(board, tokens => {
    const known = tokens.find(({ token_id }) => token_id === tokenId);
    if (known === undefined) throw errorOf('token_not_found', `Board ${board.boardId} has no token ${tokenId}`);
    if (known.revoked_at !== null) return { tokens, result: infoOf(known) };
    const revoked = { ...known, revoked_at: now() };
    return { tokens: tokens.map(each => (each === known ? revoked : each)), result: infoOf(revoked) };
  });
}

/** The hash a secret is kept as: a secret of 256 random bits needs no salt and no slow one. */
export function sha256(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function infoOf({ secret_sha256: _, ...info }: StoredToken): TokenInfo {
  return info;
}

function fail(message: string): never {
  throw errorOf('invalid_payload', message);
}

function checkParams({ name, permissions, expiresAt }: CreateTokenParams, now: Micros): void {
  if (typeof name !== 'string' || nameFaultsOf(name).length > 0 || /\p{Cc}/u.test(name)) {
    fail('The name of a token must be a text of 1 to 200 bytes, without control characters');
  }
  if (name === 'anonymous') fail('anonymous is the name of callers without a token: choose another');
  const unknown = permissions.filter(each => !PERMISSIONS.includes(each));
  if (permissions.length === 0 || unknown.length > 0) {
    fail(`A token needs at least one of the permissions ${PERMISSIONS.join(', ')}, and no other`);
  }
  if (expiresAt == null) return;
  if (!Number.isSafeInteger(expiresAt) || expiresAt <= now) fail('A token must expire in the future, or never');
}

function checkRoom({ boardId }: TokenBoard, tokens: readonly StoredToken[], { name, created_at }: StoredToken): void {
  const live = tokens.filter(each => isLive(each, created_at));
  // Two tokens of one name could not be told apart in the audit.
  const namesake = live.find(each => each.name === name);
  if (namesake !== undefined) {
    fail(
      `Board ${boardId} has a token named ${name} already, ${namesake.token_id}: revoke it first, or choose another`,
    );
  }
  if (live.length >= MAX_LIVE_TOKENS) {
    fail(`Board ${boardId} has ${MAX_LIVE_TOKENS} tokens already: revoke those that nobody uses`);
  }
}

function withoutOldest(tokens: readonly StoredToken[], now: Micros): readonly StoredToken[] {
  const dead = tokens.filter(each => !isLive(each, now));
  const dropped = new Set(dead.slice(0, Math.max(0, dead.length - MAX_DEAD_TOKENS)));
  return tokens.filter(each => !dropped.has(each));
}
