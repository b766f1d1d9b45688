import { describe, expect, it } from 'vitest';
import type { BoardOptions } from '../../board/board-options.ts';
import { lifecycle } from '../../board/core/lifecycle/builder.ts';
import { isoOf } from '../../board/core/time.ts';
import type { BoardFixture } from '../board-suite.ts';
import { callLoosely, post, refusalOf } from '../support/board-steps.ts';

/** Rules of the data store, the flight log and what a board registers as it opens. */
export function dataRules(on: BoardFixture): void {
  describe('data', () => {
    it('Q15: `_col_order` is the first custom profile’s columns, written once', async () => {
      const columns = ['UNASSIGNED', 'writing', 'editing', 'published', 'rejected', 'IN_PROGRESS', 'archived copy'];
      expect((await on.board.getData('_col_order')).value).toEqual(columns);
    });

    it('Q28: any JSON value, overwritten, read, listed by key, deleted; never an event', async () => {
      const values = [null, false, 0, 'x', [1, [null]], { a: { b: [] }, constructor: 1 }];
      for (const [index, value] of values.entries()) await on.board.putData(`k${index}`, value);
      for (const [index, value] of values.entries()) {
        expect(await on.board.getData(`k${index}`)).toEqual({ key: `k${index}`, value });
      }
      await on.board.putData('k0', 'new');
      expect((await on.board.listData('k')).entries).toEqual(
        values.map((value, index) => ({ key: `k${index}`, value: index === 0 ? 'new' : value })),
      );
      expect(await on.board.deleteData('k0')).toEqual({ key: 'k0', deleted: true });
      expect(await on.board.deleteData('k0')).toEqual({ key: 'k0', deleted: false });
      expect(await on.board.getData('k0')).toEqual({ key: 'k0', value: null });
      expect(await refusalOf(callLoosely(on.board, 'board.list_data', { prefix: 1 }))).toMatch(
        /ValidationError invalid_payload: .*prefix must be a text/,
      );
      expect((await on.board.streamEvents()).events).toEqual([]);
    });

    it('Q28, better 9: a prefix is a prefix: `_` and `%` are themselves', async () => {
      for (const key of ['a_b', 'a_bc', 'axb', 'a%b', 'A_b']) await on.board.putData(key, key);
      const keys = async (prefix: string) => (await on.board.listData(prefix)).entries.map(({ key }) => key);
      expect(await keys('a_b')).toEqual(['a_b', 'a_bc']);
      expect(await keys('a%')).toEqual(['a%b']);
      expect(await keys('%')).toEqual([]);
    });

    it('more than a page of entries and tasks comes whole', async () => {
      const numbers = Array.from({ length: 1_100 }, (_, index) => index);
      await Promise.all(numbers.map(n => on.board.putData(`n${n}`, n)));
      await Promise.all(numbers.map(n => post(on.board, `t${n}`)));
      expect((await on.board.listData('n')).entries).toHaveLength(1_100);
      expect((await on.board.streamEvents()).events).toHaveLength(1_100);
      const { tasks } = await on.board.listTasksByStatus(['UNASSIGNED']);
      expect(new Set(tasks.map(task => task.task_id)).size).toBe(1_100);
    });

    it('a flight log is append-only, makes no event, and is read as data; it cannot be overwritten', async () => {
      await post(on.board, 't');
      expect((await on.board.getData('_flight:t')).value).toBeNull();
      const { entry } = await on.board.appendFlightLog({ task_id: 't', stage: 'writing', payload: { words: 9 } });
      await on.board.appendFlightLog({ task_id: 't', stage: 'editing', payload: null });
      expect(entry).toMatchObject({ entry_id: 1, task_id: 't', stage: 'writing', payload: { words: 9 } });
      const { value } = await on.board.getData('_flight:t');
      expect(value).toMatchObject([
        { entry_id: 1, timestamp: isoOf(entry.timestamp) },
        { entry_id: 2, payload: null },
      ]);
      expect(await refusalOf(on.board.putData('_flight:t', 1))).toMatch(/invalid_payload/);
      expect(await refusalOf(on.board.deleteData('_flight:t'))).toMatch(/invalid_payload/);
      expect(await refusalOf(on.board.appendFlightLog({ task_id: 'u', stage: 's', payload: 1 }))).toMatch(
        /task_not_found/,
      );
      expect((await on.board.streamEvents()).events).toHaveLength(1);
    });

    if (on.outlivesConnection) {
      it('an older process cannot overwrite a newer profile or task type, unless it says that it restores', async () => {
        const first = lifecycle('desk').phase('UNASSIGNED', 'drafting').phase('drafting', 'printed').build();
        const second = lifecycle('desk').phase('UNASSIGNED', 'typing').phase('typing', 'printed').build();
        const pinned = async (over: Partial<BoardOptions>, task_id: string) => {
          const board = await on.reopen({ taskTypes: { ad: 'desk' }, ...over });
          const { profile, profile_version } = await post(board, task_id, 'ad');
          return `${profile}@${profile_version}`;
        };
        expect(await pinned({ lifecycles: [first] }, 'a')).toBe('desk@1');
        expect(await pinned({ lifecycles: [second] }, 'b')).toBe('desk@2');
        expect(await pinned({ lifecycles: [first] }, 'c'), 'the older process comes back').toBe('desk@2');
        expect(await pinned({ lifecycles: [second], taskTypes: { ad: 'fast' } }, 'd')).toBe('fast@0');
        expect(await pinned({ lifecycles: [second] }, 'e'), 'with its older task type').toBe('fast@0');
        expect(await pinned({ lifecycles: [first], restoreLifecycles: true }, 'f')).toBe('desk@3');
        expect((await on.board.getTask('a')).task.profile_version, 'what is posted keeps its version').toBe(1);
      });
    }

    it('Q20: listeners get the events of each commit, one that throws harms nobody, and a removed one gets none', async () => {
      const errors: unknown[] = [];
      const board = await on.reopen({ onListenerError: error => errors.push(error) });
      const seen: number[] = [];
      board.onEvents(() => {
        throw new Error('a listener’s fault');
      });
      const stop = board.onEvents(events => seen.push(...events.map(event => event.sequence_id)));
      await post(board, 't');
      await board.putData('k', 1);
      await post(board, 'u');
      stop();
      stop();
      await post(board, 'v');
      expect(seen).toEqual([1, 2]);
      expect(errors).toHaveLength(3);
    });
  });
}
