import { describe, expect, it } from 'vitest';
import type { Board } from '../../board/board.ts';
import type { AcquireLeaseParams, CallOptions, LeaseSighting } from '../../board/core/intents.ts';
import type { Lease } from '../../board/core/records.ts';
import type { BoardFixture } from '../board-suite.ts';
import { callLoosely, everything, post, refusalOf } from '../support/board-steps.ts';

/** Asks for a Chief's role as `host`. */
function acquire(board: Board, host: string, over: Partial<AcquireLeaseParams> = {}) {
  return board.call('board.acquire_lease', {
    role: 'chief:x',
    kind: 'chief',
    holder: host,
    claims: null,
    duration_ms: 10_000,
    ...over,
  });
}

const seen = ({ role, holder, term, renewals }: Lease): LeaseSighting => ({
  role,
  holder: holder ?? '',
  term,
  renewals,
});

/** Rules of leases: who may take a role, and what a lost one refuses. */
export function leaseRules(on: BoardFixture): void {
  const leases = async () => (await on.board.listLeases()).leases;

  describe('leases', () => {
    it('a free role is taken, its holder renews it, and nobody else does; asking in vain writes nothing', async () => {
      expect(await leases()).toEqual([]);
      const { lease, held } = await acquire(on.board, 'a', { claims: ['memo'] });
      expect(held).toBe(true);
      expect(lease).toMatchObject({ role: 'chief:x', kind: 'chief', holder: 'a', term: 1, renewals: 0 });
      expect(lease.claims).toEqual(['memo']);
      const renewed = (await acquire(on.board, 'a', { claims: ['memo'] })).lease;
      expect(renewed).toEqual({ ...lease, renewals: 1, renewed_at: renewed.renewed_at });
      expect(renewed.renewed_at).toBeGreaterThan(lease.renewed_at);
      const before = await everything(on.board);
      expect(await acquire(on.board, 'b')).toEqual({ lease: renewed, held: false });
      expect(await everything(on.board)).toEqual(before);
      expect(await leases()).toEqual([renewed]);
    });

    it('a role is taken over by whoever names exactly what it saw, once', async () => {
      const first = (await acquire(on.board, 'a')).lease;
      const { lease } = await acquire(on.board, 'a');
      const stale = [
        seen(first),
        { ...seen(lease), term: 2 },
        { ...seen(lease), holder: 'c' },
        { ...seen(lease), role: 'chief:y' },
      ];
      for (const each of stale) {
        expect((await acquire(on.board, 'b', { dead: [each] })).held, JSON.stringify(each)).toBe(false);
      }
      expect(await leases()).toEqual([lease]);
      const taken = await acquire(on.board, 'b', { dead: [seen(lease)] });
      expect(taken).toMatchObject({ held: true, lease: { holder: 'b', term: 2, renewals: 0 } });
      expect(await acquire(on.board, 'c', { dead: [seen(lease)] })).toEqual({ lease: taken.lease, held: false });
      expect(await acquire(on.board, 'a')).toEqual({ lease: taken.lease, held: false });
    });

    it('of many who see the same dead holder at once, one takes the role', async () => {
      const { lease } = await acquire(on.board, 'a');
      const hosts = Array.from({ length: 20 }, (_, index) => `host ${index}`);
      const answers = await Promise.all(hosts.map(host => acquire(on.board, host, { dead: [seen(lease)] })));
      expect(answers.filter(({ held }) => held)).toHaveLength(1);
      expect(new Set(answers.map(each => each.lease.holder)).size).toBe(1);
      expect(await leases()).toMatchObject([{ term: 2 }]);
    });

    it('roles of a kind may not claim the same: the refusal names role, holder and what they share', async () => {
      await acquire(on.board, 'a', { role: 'chief:news', claims: ['article', 'memo', 'ad'] });
      const other = { role: 'chief:other', claims: ['memo', 'ad', 'poem'] };
      const refused = acquire(on.board, 'b', other);
      expect(await refusalOf(refused)).toBe(
        'ConflictError lease_conflict: chief:other cannot be taken: chief:news, held by a, has memo, ad to itself',
      );
      const details = { role: 'chief:news', holder: 'a', term: 1, renewals: 0, claims: ['article', 'memo', 'ad'] };
      await expect(refused).rejects.toMatchObject({ details });
      expect(await refusalOf(acquire(on.board, 'b', { ...other, claims: null }))).toMatch(/has article, memo, ad to/);
      expect(await leases()).toHaveLength(1);
      expect((await acquire(on.board, 'b', { ...other, claims: ['poem'] })).held).toBe(true);
      expect((await acquire(on.board, 'b', { role: 'ombudsman', kind: 'ombudsman' })).held, 'another kind').toBe(true);
      expect((await acquire(on.board, 'a', { role: 'chief:news', claims: null })).held, 'its own renewal').toBe(true);
    });

    it('a role that claims everything leaves nothing for another of its kind, until it is given up', async () => {
      const { lease } = await acquire(on.board, 'a', { role: 'chief:all', claims: null });
      const one = { role: 'chief:one', claims: ['memo'] };
      expect(await refusalOf(acquire(on.board, 'b', one))).toMatch(/chief:all, held by a, has memo to itself/);
      const all = { role: 'chief:too', claims: null };
      expect(await refusalOf(acquire(on.board, 'b', all))).toMatch(/has everything to itself/);
      await on.board.call('board.release_lease', { role: 'chief:all', holder: 'a', term: lease.term });
      expect((await acquire(on.board, 'b', one)).held).toBe(true);
      expect(await refusalOf(acquire(on.board, 'a', { role: 'chief:all' })), 'who comes back').toMatch(
        /lease_conflict: .*chief:one, held by b/,
      );
    });

    it('a dead holder of overlapping claims makes way; where another lives, nobody is disturbed', async () => {
      const dead = (await acquire(on.board, 'a', { role: 'chief:a', claims: ['memo'] })).lease;
      const alive = (await acquire(on.board, 'c', { role: 'chief:c', claims: ['ad'] })).lease;
      const both = { role: 'chief:b', claims: ['memo', 'ad'], dead: [seen(dead)] };
      expect(await refusalOf(acquire(on.board, 'b', both))).toMatch(/chief:c, held by c, has ad to itself/);
      expect(await leases()).toEqual([dead, alive]);
      expect((await acquire(on.board, 'b', { ...both, claims: ['memo'] })).held).toBe(true);
      expect((await leases()).map(each => [each.role, each.holder, each.term])).toEqual([
        ['chief:a', null, 1],
        ['chief:b', 'b', 1],
        ['chief:c', 'c', 1],
      ]);
    });

    it('a role is given up by its holder under its term only, and its terms go on counting', async () => {
      const { lease } = await acquire(on.board, 'a');
      const release = (holder: string, term: number) =>
        on.board.call('board.release_lease', { role: 'chief:x', holder, term });
      expect(await release('b', 1)).toEqual({ released: false });
      expect(await release('a', 2)).toEqual({ released: false });
      expect(await leases()).toEqual([lease]);
      expect(await release('a', 1)).toEqual({ released: true });
      expect(await release('a', 1), 'twice').toEqual({ released: false });
      expect(await leases()).toMatchObject([{ holder: null, term: 1 }]);
      for (const term of [2, 3, 4]) {
        expect((await acquire(on.board, 'b')).lease).toMatchObject({ holder: 'b', term, renewals: 0 });
        await release('b', term);
      }
    });

    it('a write under a lost lease is refused and writes nothing; the others of its batch go on', async () => {
      const { lease } = await acquire(on.board, 'a');
      const under = (term: number, role = 'chief:x'): CallOptions => ({ lease: { role, term } });
      const put = (key: string, options?: CallOptions) =>
        on.board.call('board.put_data', { key, value: 1 }, options).then(
          () => 'ok',
          error => error.code,
        );
      const keys = async () => (await on.board.listData('k')).entries.map(({ key }) => key);
      const batch = [put('k1', under(1)), put('k2', under(2)), put('k3'), put('k4', under(1, 'chief:y'))];
      expect(await Promise.all(batch)).toEqual(['ok', 'lease_lost', 'ok', 'lease_lost']);
      expect(await keys()).toEqual(['k1', 'k3']);
      // The take-over is decided before what is written after it, in the same transaction too.
      const taking = acquire(on.board, 'b', { dead: [seen(lease)] });
      const late = [put('k5', under(1)), put('k6', under(2))];
      expect([(await taking).held, ...(await Promise.all(late))]).toEqual([true, 'lease_lost', 'ok']);
      await on.board.call('board.release_lease', { role: 'chief:x', holder: 'b', term: 2 });
      expect(await put('k7', under(2)), 'given up').toBe('lease_lost');
      expect(await refusalOf(on.board.postTask({ task_type: 'memo', label: 'x' }, under(2)))).toBe(
        'ConflictError lease_lost: The role chief:x is no longer held under term 2: nobody holds it',
      );
      expect((await on.board.streamEvents()).events).toEqual([]);
    });

    it('what was written under a lease is told again by its key, whoever leads now', async () => {
      const { lease } = await acquire(on.board, 'a');
      const params = { task_id: 't', task_type: 'memo', label: 'x' };
      const options = { idempotencyKey: 'k', lease: { role: lease.role, term: lease.term } };
      const first = await on.board.postTask(params, options);
      await acquire(on.board, 'b', { dead: [seen(lease)] });
      expect(await on.board.postTask(params, options)).toEqual(first);
      expect(await refusalOf(on.board.postTask({ ...params, task_id: 'u' }, { ...options, idempotencyKey: 'l' }))).toBe(
        'ConflictError lease_lost: The role chief:x is no longer held under term 1: b holds it under term 2',
      );
    });

    it('refuses what is no lease, no sighting and no claim', async () => {
      const good = { role: 'r', kind: 'k', holder: 'h', claims: null };
      const bad = [
        { ...good, claims: undefined },
        { ...good, claims: 'memo' },
        { ...good, holder: '' },
        { ...good, role: 'x'.repeat(201) },
        ...[5, {}, [null], [{ role: 'r' }], [{ role: 'r', holder: null, term: 1, renewals: 0 }]].map(dead => ({
          ...good,
          dead,
        })),
      ];
      for (const params of bad) {
        const refusal = await refusalOf(callLoosely(on.board, 'board.acquire_lease', params));
        expect(refusal, JSON.stringify(params)).toMatch(/^ValidationError invalid_payload/);
      }
      for (const lease of [
        'r',
        {},
        { role: 'r' },
        { role: 'r', term: 0 },
        { role: '', term: 1 },
        { role: 5, term: 1 },
      ]) {
        const options = { lease } as unknown as CallOptions;
        const refusal = await refusalOf(on.board.call('board.put_data', { key: 'k', value: 1 }, options));
        expect(refusal, JSON.stringify(lease)).toMatch(/^ValidationError invalid_payload: lease/);
      }
      expect(await leases()).toEqual([]);
    });

    it('roles and holders are told apart byte for byte', async () => {
      const odd = ['chief:a', 'chief:A', 'chief:a ', 'chief:ä', 'chief:%'];
      for (const role of odd) await acquire(on.board, `of ${role}`, { role, claims: [role] });
      expect((await leases()).map(each => [each.role, each.holder])).toEqual(
        odd.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map(role => [role, `of ${role}`]),
      );
      expect((await acquire(on.board, 'of chief:A', { role: 'chief:a' })).held).toBe(false);
    });

    it('the open state can be had of some task types only', async () => {
      for (const [id, type] of [
        ['a', 'article'],
        ['m', 'memo'],
        ['M', 'Memo'],
        ['r', 'report'],
      ] as const) {
        await post(on.board, id, type);
      }
      const open = async (task_types?: string[]) => {
        const state = await on.board.call('board.get_open_state', { ...(task_types && { task_types }) });
        return state.tasks.map(task => task.task_id).join('');
      };
      expect(await open()).toBe('amMr');
      expect(await open(['memo', 'report', 'none'])).toBe('mr');
      expect(await open([])).toBe('');
      const many = Array.from({ length: 1_001 }, (_, index) => `t${index}`);
      expect(await refusalOf(open(many))).toMatch(/invalid_payload: task_types must be at most 1000/);
    });

    if (on.outlivesConnection)
      it('another process sees who holds what, and is refused alike', async () => {
        const other = await on.reopen();
        const { lease } = await acquire(on.board, 'a');
        expect((await other.listLeases()).leases).toEqual([lease]);
        expect((await acquire(other, 'b')).held).toBe(false);
        expect((await acquire(other, 'b', { dead: [seen(lease)] })).lease.term).toBe(2);
        const old = { lease: { role: 'chief:x', term: 1 } };
        expect(await refusalOf(on.board.call('board.put_data', { key: 'k', value: 1 }, old))).toMatch(/lease_lost/);
        const elsewhere = await on.reopen({ boardId: `another ${on.board.boardId}` });
        expect((await elsewhere.listLeases()).leases).toEqual([]);
        expect((await acquire(elsewhere, 'b')).lease.term).toBe(1);
      });
  });
}
