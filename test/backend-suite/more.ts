import { describe, expect, it } from 'vitest';
import type { Backend, MoreRows } from '../../board/backends/backend.ts';
import type { BackendFixture } from '../backend-suite.ts';
import { agentRecord, boardRecord, changesOf, eventRecord, keysFor, taskRecord } from '../support/records.ts';

/** Rules of a decision that has more rows than one list should hold. */
export function moreRules(on: BackendFixture): void {
  const fill = (backend: Backend, more: () => AsyncIterable<MoreRows>): Promise<string> =>
    backend.transact(keysFor(on.boardId), ({ board }) => {
      const row = { ...(board ?? boardRecord(on.boardId)), next_sequence_id: 2_501 };
      return { changes: changesOf(row, { tasks: [taskRecord('t1')] }), result: 'filled', more };
    });
  const written = async (backend: Backend) => ({
    board: await backend.readBoard(on.boardId),
    events: (await backend.readEvents({ board_id: on.boardId, after: 0, limit: 10_000 })).map(each => each.sequence_id),
    tasks: (await backend.readTasks({ board_id: on.boardId, limit: 10 })).map(each => each.task_id),
    agents: (await backend.readAgents(on.boardId)).map(each => each.agent_id),
  });
  const numbers = Array.from({ length: 2_500 }, (_, index) => index + 1);

  async function* batches(): AsyncGenerator<MoreRows> {
    for (let start = 0; start < numbers.length; start += 700) {
      yield { events: numbers.slice(start, start + 700).map(each => eventRecord(each, { task_id: 't1' })) };
    }
    yield {};
    yield { tasks: [taskRecord('t2'), taskRecord('t1', { label: 'the later' })], agents: [agentRecord('a')] };
  }

  describe('more rows than a decision holds', () => {
    it('are written batch after batch, with the decision and not before its end', async () => {
      const { backend, boardId } = on;
      const seen: unknown[] = [];
      const other = on.outlivesConnection ? await on.openAnother() : null;
      async function* watched(): AsyncGenerator<MoreRows> {
        for await (const batch of batches()) {
          if (other !== null) seen.push(await other.readBoard(boardId));
          yield batch;
        }
      }
      expect(await fill(backend, watched)).toBe('filled');
      expect(new Set(seen)).toEqual(new Set(other === null ? [] : [null]));
      expect(await written(other ?? backend)).toEqual({
        board: boardRecord(boardId, { next_sequence_id: 2_501 }),
        events: numbers,
        tasks: ['t1', 't2'],
        agents: ['a'],
      });
      const [task] = await backend.readTasks({ board_id: boardId, task_ids: ['t1'], limit: 1 });
      expect(task?.label).toBe('the later');
    });

    it('leave nothing where their maker throws, and what it threw is given on', async () => {
      const { backend } = on;
      class Stop extends Error {}
      async function* stopping(): AsyncGenerator<MoreRows> {
        yield* batches();
        throw new Stop();
      }
      await expect(fill(backend, stopping)).rejects.toThrow(Stop);
      expect(await written(backend)).toEqual({ board: null, events: [], tasks: [], agents: [] });
      expect(await fill(backend, batches), 'and the next transaction goes through').toBe('filled');
    });

    it('leave nothing where the database refuses one, and their maker is told that it is over', async () => {
      const { backend } = on;
      let isOver = false;
      async function* twice(): AsyncGenerator<MoreRows> {
        try {
          yield* batches();
          yield { events: [eventRecord(1)] };
        } finally {
          isOver = true;
        }
      }
      await expect(fill(backend, twice)).rejects.toMatchObject({ code: 'storage_failed' });
      expect(isOver).toBe(true);
      expect(await written(backend)).toEqual({ board: null, events: [], tasks: [], agents: [] });
    });
  });
}
