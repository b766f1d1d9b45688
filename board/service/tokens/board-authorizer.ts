import { timingSafeEqual } from 'node:crypto';
import { systemClock } from '../../clock.ts';
import { errorOf } from '../../core/errors.ts';
import type { Micros } from '../../core/time.ts';
import type { Authorizer, Caller } from '../caller.ts';
import { readTokens, type StoredToken, type TokenBoard } from './token-store.ts';
import { parseBearer } from './token-text.ts';
import { isLive, sha256 } from './tokens.ts';

/** How long what was read is taken for true: so a revocation elsewhere counts after that. */
const MAX_AGE_MS = 2_000;

/** What an unknown token's secret is compared with: as long as any other, and the hash of nothing known. */
const NO_HASH = Buffer.alloc(32);

/** How an authorizer looks at tokens. */
export interface BoardAuthorizerOptions {
  /** The clock that tokens expire by. Default: the system's. */
  readonly now?: () => Micros;
}

/** Tells callers by the tokens of a board. */
export interface BoardAuthorizer extends Authorizer {
  /**
   * Whether a token was ever made for the board. Revoked and expired ones count: taking the last key away must not open the
   * door.
   */
  hasTokens(): Promise<boolean>;
}

interface KnownToken {
  readonly token: StoredToken;
  readonly hash: Buffer;
  readonly caller: Caller;
}

interface Known {
  /** By `performance.now()`, when reading them began. */
  readonly readAt: number;
  readonly tokens: ReadonlyMap<string, KnownToken>;
}

/**
 * An authorizer by the tokens that {@link createToken} makes. It reads them when a request comes and what it knows is two
 * seconds old, one read at a time. While the database is away it refuses everybody once those two seconds are over
 * (`storage_unavailable`): a revocation that cannot be read must not be missed.
 *
 * @example await serveBoard(board, { authorizer: boardAuthorizer(board) });
 */
export function boardAuthorizer(
  board: TokenBoard,
  { now = systemClock() }: BoardAuthorizerOptions = {},
): BoardAuthorizer {
  let known: Known | null = null;
  let reading: Promise<Known> | null = null;
  const read = async (): Promise<Known> => {
    const readAt = performance.now();
    const tokens = await readTokens(board);
    known = { readAt, tokens: new Map(tokens.map(token => [token.token_id, knownToken(token)])) };
    return known;
  };
  const fresh = (): Promise<Known> | Known => {
    if (known !== null && performance.now() - known.readAt < MAX_AGE_MS) return known;
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  };
  return {
    async callerOf(authorization) {
      const parts = parseBearer(authorization);
      if (parts === null) throw unauthorized();
      const { tokens } = await fresh();
      const found = tokens.get(parts.token_id);
      // Compared in any case, so that the time it takes does not tell which ids there are.
      const isSecret = timingSafeEqual(sha256(parts.secret), found?.hash ?? NO_HASH);
      if (found === undefined || !isSecret || !isLive(found.token, now())) throw unauthorized();
      return found.caller;
    },
    async hasTokens() {
      return (await fresh()).tokens.size > 0;
    },
  };
}

function knownToken(token: StoredToken): KnownToken {
  const { token_id, name, permissions, secret_sha256 } = token;
  const caller = { name, token_id, permissions: new Set(permissions) };
  return { token, hash: Buffer.from(secret_sha256, 'hex'), caller };
}

function unauthorized(): Error {
  return errorOf(
    'unauthorized',
    'This needs a token in the header "Authorization: Bearer TOKEN": there is none, or it is unknown, expired or revoked',
  );
}
