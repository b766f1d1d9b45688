import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { copyBoard } from '../../board/copy/copy-board.ts';
import { errorOf } from '../../board/core/errors.ts';
import { openBoard } from '../../board/open-board.ts';
import { allows, PERMISSIONS } from '../../board/service/caller.ts';
import { boardAuthorizer } from '../../board/service/tokens/board-authorizer.ts';
import type { TokenBoard } from '../../board/service/tokens/token-store.ts';
import { mintToken, parseBearer, parseToken, tokenText } from '../../board/service/tokens/token-text.ts';
import { createToken, listTokens, revokeToken } from '../../board/service/tokens/tokens.ts';
import { databaseKinds } from '../support/database-kinds.ts';
import { startProcess } from '../support/service-process.ts';

const DAY_US = 86_400_000_000;

/** A board whose document of tokens is in memory, with a count of reads and a switch that takes the database away. */
function memoryBoard() {
  let stored: string | null = null;
  const state = { reads: 0, isAway: false };
  const board: TokenBoard = {
    boardId: 'default',
    backend: {
      location: 'memory',
      loadCursor: async () => {
        state.reads++;
        await sleep(1);
        if (state.isAway) throw errorOf('storage_unavailable', 'away');
        return stored === null ? null : JSON.parse(stored);
      },
      saveCursor: async (_board, _name, value, options) => {
        await sleep(1);
        if (JSON.stringify(options?.unchangedFrom ?? null) !== JSON.stringify(stored && JSON.parse(stored)))
          return false;
        stored = JSON.stringify(value);
        return true;
      },
    },
  };
  return {
    board,
    state,
    store: (text: string) => {
      stored = text;
    },
  };
}

describe('the text of a token', () => {
  it('is parsed back to what it was made of, and is what its pattern says', () => {
    for (let n = 0; n < 1_000; n++) {
      const parts = mintToken();
      const text = tokenText(parts);
      expect(text).toMatch(/^qdr_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/);
      expect(parseToken(text)).toEqual(parts);
      expect(parseBearer(`Bearer ${text}`)).toEqual(parts);
      expect(parseBearer(`bearer   ${text}`)).toEqual(parts);
    }
  });

  it('has one spelling: whatever else is parsed is written the same again', () => {
    const near = fc.tuple(fc.constant(tokenText(mintToken())), fc.nat(59), fc.string({ minLength: 0, maxLength: 2 }));
    fc.assert(
      fc.property(near, ([text, at, put]) => {
        const changed = text.slice(0, at) + put + text.slice(at + 1);
        const parts = parseToken(changed);
        if (parts === null) return;
        expect(tokenText(parts)).toBe(changed);
        expect(Buffer.from(parts.secret, 'base64url').toString('base64url')).toBe(parts.secret);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(fc.property(fc.string(), text => parseToken(text) === null));
    const text = tokenText(mintToken());
    for (const header of [undefined, '', text, `Basic ${text}`, `Bearer ${text} x`, `Bearer ${text}\n`, `Bearer  `]) {
      expect(parseBearer(header), String(header)).toBeNull();
    }
  });
});

describe('the authorizer', () => {
  it('compares in constant time, an unknown id too, and says the same of every refusal', async () => {
    const { board } = memoryBoard();
    let now = 1_000_000;
    const options = { now: () => now };
    const good = await createToken(board, { name: 'a', permissions: ['read'] }, options);
    const expiring = await createToken(board, { name: 'b', permissions: ['read'], expiresAt: 2_000_000 }, options);
    const revoked = await createToken(board, { name: 'c', permissions: ['read'] }, options);
    await revokeToken(board, revoked.token_id, options);
    const authorizer = boardAuthorizer(board, options);
    const compared: number[] = [];
    const original = crypto.timingSafeEqual;
    crypto.timingSafeEqual = (a, b) => {
      compared.push(a.byteLength, b.byteLength);
      return original(a, b);
    };
    syncBuiltinESMExports();
    onTestFinished(() => {
      crypto.timingSafeEqual = original;
      syncBuiltinESMExports();
    });
    expect((await authorizer.callerOf(`Bearer ${expiring.token}`)).name).toBe('b');
    now = 2_000_000;
    const caller = await authorizer.callerOf(`Bearer ${good.token}`);
    expect(caller).toMatchObject({ name: 'a', token_id: good.token_id });
    expect([allows(caller, 'read'), allows(caller, 'post'), allows(caller, 'admin')]).toEqual([true, false, false]);
    const wrongSecret = tokenText({ token_id: good.token_id, secret: mintToken().secret });
    const unknown = tokenText(mintToken());
    const refusals = await Promise.all(
      [undefined, 'Bearer nonsense', wrongSecret, unknown, expiring.token, revoked.token].map((text, index) =>
        authorizer.callerOf(index > 1 ? `Bearer ${text}` : text).catch(error => error),
      ),
    );
    expect(new Set(refusals.map(({ code, message, details }) => JSON.stringify([code, message, details]))).size).toBe(
      1,
    );
    expect(refusals[0].code).toBe('unauthorized');
    expect(compared).toEqual(Array(12).fill(32));
  });

  it('reads once however many ask, and at most every two seconds', async () => {
    const { board, state } = memoryBoard();
    const { token } = await createToken(board, { name: 'a', permissions: ['admin'] });
    state.reads = 0;
    const authorizer = boardAuthorizer(board);
    await Promise.all(Array.from({ length: 500 }, () => authorizer.callerOf(`Bearer ${token}`)));
    for (let n = 0; n < 500; n++) await authorizer.callerOf(`Bearer ${token}`);
    expect(state.reads).toBe(1);
  });

  it('refuses everybody while the tokens cannot be read, and goes on when they can', async () => {
    const { board, state } = memoryBoard();
    const { token } = await createToken(board, { name: 'a', permissions: ['admin'] });
    const authorizer = boardAuthorizer(board);
    state.isAway = true;
    await expect(authorizer.callerOf(`Bearer ${token}`)).rejects.toMatchObject({ code: 'storage_unavailable' });
    await expect(authorizer.hasTokens()).rejects.toMatchObject({ code: 'storage_unavailable' });
    state.isAway = false;
    expect((await authorizer.callerOf(`Bearer ${token}`)).name).toBe('a');
    state.isAway = true;
    await sleep(2_100);
    await expect(authorizer.callerOf(`Bearer ${token}`)).rejects.toMatchObject({ code: 'storage_unavailable' });
  });

  it.each(['{}', '{"version":2,"tokens":[]}', '{"version":1,"tokens":[{}]}', '{"version":1,"tokens":{}}'])(
    'lets nobody in on a document that is not its own: %s',
    async text => {
      const { board, store } = memoryBoard();
      store(text);
      await expect(boardAuthorizer(board).hasTokens()).rejects.toMatchObject({ code: 'storage_failed' });
      await expect(createToken(board, { name: 'a', permissions: ['read'] })).rejects.toMatchObject({
        code: 'storage_failed',
      });
    },
  );
});

describe('a new token', () => {
  it('is refused where a thousand are live; of the others the newest thousand are kept', async () => {
    const { board } = memoryBoard();
    let now = 1_000_000;
    const make = (n: number) =>
      createToken(board, { name: `${n}`, permissions: ['read'], expiresAt: now + 1 }, { now: () => now });
    for (let n = 0; n < 1_000; n++) await make(n);
    await expect(make(1_000)).rejects.toMatchObject({
      code: 'invalid_payload',
      message: expect.stringContaining('1000'),
    });
    now++;
    for (let n = 1_000; n < 1_003; n++) {
      await make(n);
      now++;
    }
    const names = (await listTokens(board)).map(({ name }) => Number(name));
    expect(names).toEqual(Array.from({ length: 1_001 }, (_, n) => n + 2));
    expect(await boardAuthorizer(board).hasTokens()).toBe(true);
  });

  it.each([
    { name: '' },
    { name: 'x'.repeat(201) },
    { name: 'a\nb' },
    { name: '\ud800' },
    { name: 'anonymous' },
    { permissions: [] },
    { permissions: ['root'] },
    { expiresAt: 1 },
    { expiresAt: Number.NaN },
  ])('refuses %j', async over => {
    const { board } = memoryBoard();
    const params = { name: 'a', permissions: ['read'], ...over } as Parameters<typeof createToken>[1];
    await expect(createToken(board, params)).rejects.toMatchObject({ code: 'invalid_payload' });
    expect(await listTokens(board)).toEqual([]);
  });
});

describe.each(databaseKinds())('tokens on $name', kind => {
  const open = async (options: { board?: string } = {}) => {
    const database = await kind.create();
    const board = await openBoard({ backend: database.backend(), boardId: options.board ?? 'default' });
    onTestFinished(() => board.close());
    return { database, board };
  };
  const test = it.skipIf(kind.skip !== undefined);

  test('keeps everything but the secret, and keeps the revoked', async () => {
    const { board, database } = await open();
    expect(await boardAuthorizer(board).hasTokens()).toBe(false);
    const first = await createToken(board, { name: 'ci ä', permissions: ['work', 'read', 'work'] });
    const second = await createToken(board, {
      name: 'ops',
      permissions: ['admin'],
      expiresAt: first.created_at + DAY_US,
    });
    expect(first.permissions).toEqual(['read', 'work']);
    const { token: _, ...info } = second;
    expect(await listTokens(board)).toMatchObject([{ name: 'ci ä', expires_at: null, revoked_at: null }, info]);
    const revoked = await revokeToken(board, first.token_id);
    expect(revoked.revoked_at).toBeGreaterThanOrEqual(first.created_at);
    expect(await revokeToken(board, first.token_id), 'a second time').toEqual(revoked);
    expect((await listTokens(board))[0]).toEqual(revoked);
    const rows = JSON.stringify(await database.query('select * from cursors'));
    for (const { token } of [first, second]) {
      expect(rows).not.toContain(token.slice(-43));
      expect(rows).toContain(token.slice(4, 16));
    }
    await expect(revokeToken(board, 'nobody')).rejects.toMatchObject({ code: 'token_not_found' });
  });

  test('has one live token a name; a revoked or expired one leaves it free', async () => {
    const { board } = await open();
    let now = 1_000_000;
    const options = { now: () => now };
    const make = (over = {}) => createToken(board, { name: 'a', permissions: ['read'], ...over }, options);
    const first = await make({ expiresAt: 2_000_000 });
    await expect(make()).rejects.toMatchObject({
      code: 'invalid_payload',
      message: expect.stringContaining(first.token_id),
    });
    now = 2_000_000;
    const second = await make();
    await expect(make()).rejects.toMatchObject({ code: 'invalid_payload' });
    await revokeToken(board, second.token_id, options);
    await make();
    expect((await listTokens(board)).map(({ name }) => name)).toEqual(['a', 'a', 'a']);
  });

  test('loses none of those that two processes make and revoke at once', async () => {
    const { board, database } = await open();
    const doomed = await createToken(board, { name: 'doomed', permissions: ['read'] });
    const names = (who: string): string[] => Array.from({ length: 12 }, (_, n) => `${who}${n}`);
    const children = ['p', 'q'].map(who => startProcess('token-maker', [database.url, ...names(who)]));
    const own = Promise.all(names('own').map(name => createToken(board, { name, permissions: ['post'] })));
    await Promise.all([own, revokeToken(board, doomed.token_id), ...children.map(({ ended }) => ended)]);
    const all = await listTokens(board);
    expect(all.map(({ name }) => name).sort()).toEqual(
      ['doomed', ...names('own'), ...names('p'), ...names('q')].sort(),
    );
    expect(all.filter(({ revoked_at }) => revoked_at !== null).map(({ name }) => name)).toEqual(['doomed']);
  });

  test('a revocation by another process counts within two seconds', async () => {
    const { board, database } = await open();
    const { token, token_id } = await createToken(board, { name: 'a', permissions: [...PERMISSIONS] });
    const authorizer = boardAuthorizer(board);
    expect((await authorizer.callerOf(`Bearer ${token}`)).token_id).toBe(token_id);
    await startProcess('token-maker', [database.url, '--revoke', token_id]).ended;
    await sleep(2_000);
    await expect(authorizer.callerOf(`Bearer ${token}`)).rejects.toMatchObject({ code: 'unauthorized' });
    expect(await authorizer.hasTokens(), 'the last one revoked does not open the board').toBe(true);
  });

  test('belong to one board, and do not travel with a copy', async () => {
    const { board, database } = await open();
    const { token } = await createToken(board, { name: 'a', permissions: ['admin'] });
    const other = await openBoard({ backend: database.backend(), boardId: 'other' });
    onTestFinished(() => other.close());
    await expect(boardAuthorizer(other).callerOf(`Bearer ${token}`)).rejects.toMatchObject({ code: 'unauthorized' });
    const [from, into] = [database.backend(), database.backend()];
    await copyBoard({ from, into, intoBoardId: 'copy' });
    expect(await listTokens({ boardId: 'copy', backend: into })).toEqual([]);
    await from.close();
    await into.close();
  });
});
