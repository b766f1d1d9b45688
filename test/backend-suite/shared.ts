import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../board/core/json.ts';
import type { Lease } from '../../board/core/records.ts';
import type { BackendFixture } from '../backend-suite.ts';
import { keysFor, taskRecord } from '../support/records.ts';
import { byCodePoint, ODD_IDS } from './odd-ids.ts';

function lease(role: string, over: Partial<Lease> = {}): Lease {
  return {
    role,
    kind: 'chief',
    holder: 'a process',
    term: 1,
    renewals: 0,
    claims: null,
    duration_ms: 10_000,
    taken_at: 1_000,
    renewed_at: 2_000,
    ...over,
  };
}

/** Rules of what several processes on one board share: leases, cursors, idempotency keys. */
export function sharedRules(on: BackendFixture): void {
  describe('leases', () => {
    it('by role, written, replaced whole, each board its own', async () => {
      const { backend, boardId } = on;
      const leases = ODD_IDS.map((role, index) => lease(role, { term: index + 1, claims: [role, 'memo'] }));
      await on.write({ leases });
      await on.write({ leases: [lease('a', { term: 99 })] }, `${boardId} too`);
      const sorted = leases.toSorted((a, b) => byCodePoint(a.role, b.role));
      expect(await backend.readLeases(boardId)).toEqual(sorted);
      const free = lease('a ', { term: 7, holder: null, claims: [], renewals: 2 ** 53 - 1 });
      await on.write({ leases: [free] });
      expect(await backend.readLeases(boardId)).toEqual(sorted.map(each => (each.role === 'a ' ? free : each)));
      expect(await backend.readLeases(`${boardId} too`)).toEqual([lease('a', { term: 99 })]);
      expect(await backend.readLeases(`${boardId} three`)).toEqual([]);
    });

    it('are in a snapshot where they are asked for, as they are under the lock', async () => {
      const { backend, boardId } = on;
      await on.write({ leases: [lease('ombudsman'), lease('chief')] });
      const read = (reads_leases: boolean) =>
        backend.transact(keysFor(boardId, { reads_leases }), ({ leases }) => ({ changes: null, result: leases }));
      expect([...(await read(true))]).toEqual([
        ['chief', lease('chief')],
        ['ombudsman', lease('ombudsman')],
      ]);
      expect((await read(false)).size).toBe(0);
    });
  });

  describe('cursors', () => {
    it('none before the first is saved; then the last, whole, by board and destination byte for byte', async () => {
      const { backend, boardId } = on;
      expect(await backend.loadCursor(boardId, 'otel')).toBeNull();
      for (const destination of ODD_IDS) await backend.saveCursor(boardId, destination, { destination, events: 1 });
      await backend.saveCursor(`${boardId} too`, 'a', { events: 5 });
      await backend.saveCursor(boardId, 'a', { chief_cycles: 2 ** 53 - 1, of: ['ä', null] });
      for (const destination of ODD_IDS.filter(id => id !== 'a')) {
        expect(await backend.loadCursor(boardId, destination)).toEqual({ destination, events: 1 });
      }
      expect(await backend.loadCursor(boardId, 'a')).toEqual({ chief_cycles: 2 ** 53 - 1, of: ['ä', null] });
      expect(await backend.loadCursor(`${boardId} too`, 'a')).toEqual({ events: 5 });
      expect(await backend.loadCursor(`${boardId} too`, 'A')).toBeNull();
      expect(await backend.readBoard(boardId), 'a reader makes no board').toBeNull();
    });

    it('saved by many at once: one of them, never a mixture', async () => {
      const { backend, boardId } = on;
      const places = Array.from({ length: 20 }, (_, events) => ({ events, chief_cycles: events }));
      await Promise.all(places.map(place => backend.saveCursor(boardId, 'otel', place)));
      expect(places).toContainEqual(await backend.loadCursor(boardId, 'otel'));
    });

    it('written only over what its writer saw, byte for byte; a refused one changes nothing', async () => {
      const { backend, boardId } = on;
      const save = (value: JsonObject, unchangedFrom: JsonObject | null) =>
        backend.saveCursor(boardId, 'otel', value, { unchangedFrom });
      const load = () => backend.loadCursor(boardId, 'otel');
      expect(await save({ holder: 'Ä' }, { holder: 'a' })).toBe(false);
      expect(await load()).toBeNull();
      expect(await save({ holder: 'Ä' }, null)).toBe(true);
      expect(await save({ holder: 'b' }, null)).toBe(false);
      for (const other of ['ä', 'A', 'Ä ', 'a']) expect(await save({ holder: 'b' }, { holder: other })).toBe(false);
      expect(await load()).toEqual({ holder: 'Ä' });
      expect(await save({ holder: 'b', more: [1.5, null, '\u2028"\\'] }, { holder: 'Ä' })).toBe(true);
      // The same value is the same in any order of its fields, and is there already for who wrote it and was not told.
      expect(await save({ more: [1.5, null, '\u2028"\\'], holder: 'b' }, { holder: 'Ä' })).toBe(true);
      expect(await save({ holder: 'c' }, { more: [1.5, null, '\u2028"\\'], holder: 'b' })).toBe(true);
      expect(await load()).toEqual({ holder: 'c' });
      expect(await backend.saveCursor(boardId, 'otel', { holder: 'd' })).toBe(true);
      expect(await backend.saveCursor(boardId, 'other', { holder: 'e' }, { unchangedFrom: null })).toBe(true);
      expect(await backend.saveCursor(`${boardId} too`, 'otel', { holder: 'f' }, { unchangedFrom: null })).toBe(true);
      expect(await load()).toEqual({ holder: 'd' });
    });

    it('written over the same by many at once: exactly one of them wins, time after time', async () => {
      const { backend, boardId } = on;
      const another = on.outlivesConnection ? await on.openAnother() : backend;
      let unchangedFrom: JsonObject | null = null;
      for (let round = 0; round < 8; round++) {
        const values: JsonObject[] = Array.from({ length: 6 }, (_, writer) => ({ round, writer }));
        const over = { unchangedFrom };
        const won = await Promise.all(
          values.map((value, writer) => (writer % 2 ? another : backend).saveCursor(boardId, 'otel', value, over)),
        );
        const winners: JsonObject[] = values.filter((_, writer) => won[writer]);
        expect(winners).toHaveLength(1);
        unchangedFrom = winners[0] ?? null;
        expect(await another.loadCursor(boardId, 'otel')).toEqual(unchangedFrom);
      }
    });
  });

  describe('idempotency keys', () => {
    it('by key in code-point order, a page at a time without gap or repeat, each board its own', async () => {
      const { backend, boardId } = on;
      const records = ODD_IDS.map((idempotency_key, index) => ({
        idempotency_key,
        fingerprint: `of ${idempotency_key}`,
        result: { index },
        created_at: index,
      }));
      await on.write({ idempotency: records.toReversed() });
      await on.write({ idempotency: records.slice(0, 2) }, `${boardId} too`);
      const sorted = records.toSorted((a, b) => byCodePoint(a.idempotency_key, b.idempotency_key));
      expect(await backend.readIdempotency({ board_id: boardId, limit: 99 })).toEqual(sorted);
      const paged = [];
      for (let after: string | undefined; ; after = paged.at(-1)?.idempotency_key) {
        const query = { board_id: boardId, limit: 3, ...(after !== undefined && { after }) };
        const page = await backend.readIdempotency(query);
        if (page.length === 0) break;
        paged.push(...page);
      }
      expect(paged).toEqual(sorted);
      expect(await backend.readIdempotency({ board_id: `${boardId} three`, limit: 99 })).toEqual([]);
      expect(await backend.readIdempotency({ board_id: boardId, keys: [], limit: 9 })).toEqual([]);
      for (const record of records) {
        const keys = [record.idempotency_key, 'nobody has this'];
        expect(await backend.readIdempotency({ board_id: boardId, keys, limit: 9 })).toEqual([record]);
      }
    });
  });

  describe('task types', () => {
    it('tasks of some types only, byte for byte, with statuses or without', async () => {
      const { backend, boardId } = on;
      await on.write({
        tasks: ODD_IDS.flatMap(type => [
          taskRecord(`open ${type}`, { task_type: type }),
          taskRecord(`done ${type}`, { task_type: type, status: 'COMPLETE', standing: 'finished' }),
        ]),
      });
      const ids = async (query: object): Promise<string[]> =>
        (await backend.readTasks({ board_id: boardId, limit: 99, ...query })).map(task => task.task_id);
      for (const type of ODD_IDS) {
        expect(await ids({ task_types: [type] })).toEqual([`done ${type}`, `open ${type}`]);
        expect(await ids({ task_types: [type], statuses: ['COMPLETE'] })).toEqual([`done ${type}`]);
      }
      expect(await ids({ task_types: ['a', 'A'], standings: ['open'] })).toEqual(['open A', 'open a']);
      expect(await ids({ task_types: ['none'] })).toEqual([]);
      expect(await ids({ task_types: [] })).toEqual([]);
    });
  });

  describe('archived tasks', () => {
    it('those archived at a time or later, in pages', async () => {
      const { backend, boardId } = on;
      const archived = ODD_IDS.map((id, index) => {
        return taskRecord(id, { status: 'COMPLETE', standing: 'archived', archived_at: 100 + index });
      });
      await on.write({ tasks: [...archived, taskRecord('open'), taskRecord('done', { standing: 'finished' })] });
      const query = { board_id: boardId, order: 'task_id', standings: ['archived'] } as const;
      for (const since of [0, 102, 100 + ODD_IDS.length]) {
        const all = await backend.readTasks({ ...query, archived_since: since, limit: 99 });
        const expected = archived.filter(task => (task.archived_at ?? 0) >= since).map(task => task.task_id);
        expect(all.map(task => task.task_id).toSorted()).toEqual(expected.toSorted());
        const first = await backend.readTasks({ ...query, archived_since: since, limit: 1 });
        const after = first[0];
        if (after === undefined) continue;
        const rest = await backend.readTasks({ ...query, archived_since: since, limit: 99, after });
        expect([...first, ...rest]).toEqual(all);
      }
    });
  });
}
