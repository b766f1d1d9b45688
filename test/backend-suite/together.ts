import { describe, expect, it } from 'vitest';
import type { Backend } from '../../board/backends/backend.ts';
import type { BackendFixture } from '../backend-suite.ts';
import { boardRecord, changesOf, eventRecord, keysFor } from '../support/records.ts';

/** Rules of several at work on one database at once. */
export function togetherRules(on: BackendFixture): void {
  if (!on.outlivesConnection) return;

  describe('together', () => {
    it('several that make one board at the same moment: one makes it, the others decide again and see it', async () => {
      const backends = [on.backend, ...(await Promise.all([1, 2, 3].map(() => on.openAnother())))];
      for (let round = 0; round < 10; round++) {
        const boardId = `${on.boardId} ${round}`;
        const make = (backend: Backend, board_uid: string) =>
          backend.transact(keysFor(boardId), ({ board }) => {
            const row = board ?? boardRecord(boardId, { board_uid });
            const next = { ...row, next_sequence_id: row.next_sequence_id + 1 };
            const events = [eventRecord(row.next_sequence_id, { task_id: board_uid })];
            return {
              changes: changesOf(next, { events }),
              result: { hasMade: board === null, board_uid: row.board_uid },
            };
          });
        const made = await Promise.all(
          backends.flatMap((each, index) => [make(each, `${index}`), make(each, `${index}`)]),
        );
        expect(made.filter(({ hasMade }) => hasMade)).toHaveLength(1);
        const board = await on.backend.readBoard(boardId);
        expect(board?.next_sequence_id).toBe(made.length + 1);
        expect(new Set(made.map(({ board_uid }) => board_uid))).toEqual(new Set([board?.board_uid]));
        const events = await on.backend.readEvents({ board_id: boardId, after: 0, limit: 99 });
        expect(events.map(event => event.sequence_id)).toEqual(made.map((_, index) => index + 1));
      }
    });

    it('what is decided again after a conflict is decided on what is there then', async () => {
      const backends = [on.backend, await on.openAnother()];
      const seen: number[] = [];
      const add = (backend: Backend) =>
        backend.transact(keysFor(on.boardId, { data_keys: ['sum'] }), ({ board, data }) => {
          const sum = Number(data.get('sum')?.value ?? 0);
          const data_put = [{ key: 'sum', value: sum + 1, updated_at: sum }];
          return { changes: changesOf(board ?? boardRecord(on.boardId), { data_put }), result: sum };
        });
      await Promise.all(
        backends.map(async backend => {
          for (let n = 0; n < 25; n++) seen.push(await add(backend));
        }),
      );
      expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    });

    it('a reader sees a transaction whole or not at all, and is not kept waiting by it', async () => {
      const second = await on.openAnother();
      await on.append(second, 't');
      const count = 3_000;
      let isWriting = true;
      const events = Array.from({ length: count }, (_, index) => eventRecord(index + 2));
      const writing = on.write({ events }, on.boardId, second).finally(() => {
        isWriting = false;
      });
      const counts: number[] = [];
      while (isWriting) {
        counts.push((await on.backend.readEvents({ board_id: on.boardId, after: 0, limit: 9_999 })).length);
      }
      await writing;
      expect(counts.filter(each => each !== 1 && each !== count + 1)).toEqual([]);
      expect(counts[0], 'the first was answered while it was being written').toBe(1);
    });

    it('boards of one database do not wait for each other’s numbers: each is gapless', async () => {
      const second = await on.openAnother();
      const ids = [on.boardId, `${on.boardId} too`, `${on.boardId} `];
      const turns = Array.from({ length: 60 }, (_, index) => ({
        boardId: ids[index % 3] ?? '',
        backend: index % 2 === 0 ? on.backend : second,
      }));
      await Promise.all(turns.map(({ boardId, backend }) => on.append(backend, 't', boardId)));
      for (const board_id of ids) {
        const events = await second.readEvents({ board_id, after: 0, limit: 99 });
        expect(events.map(event => event.sequence_id)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      }
    });
  });
}
