import { once } from 'node:events';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type { BackendFixture } from '../backend-suite.ts';
import { taskRecord } from '../support/records.ts';

/** A database may be opened again in another thread, by what the backend says of itself. */
export function reopeningRules(on: BackendFixture): void {
  describe('reopening', () => {
    it('is how another thread reads the same board, or null where none could', async () => {
      const { backend, boardId } = on;
      const { reopening } = backend;
      if (!on.outlivesConnection) return expect(reopening).toBeNull();
      if (reopening === null) return;
      await on.write({ tasks: [taskRecord('t', { notes: ['zwei ✓'] })] });
      await on.append(backend, 't');
      const entry = new URL('../support/reopening-worker.ts', import.meta.url);
      const worker = new Worker(entry, { workerData: { reopening, boardId } });
      const exited = once(worker, 'exit');
      const [seen] = await once(worker, 'message');
      await exited;
      expect(seen).toEqual({
        board: await backend.readBoard(boardId),
        tasks: await backend.readTasks({ board_id: boardId, limit: 100 }),
        events: await backend.readEvents({ board_id: boardId, after: 0, limit: 100 }),
      });
      expect(seen.events).toHaveLength(1);
    });

    it('stands in no print of the backend: it may hold a password', () => {
      const { backend } = on;
      expect(inspect(backend, { depth: 9 })).not.toMatch(/reopening/);
      expect(JSON.stringify(backend)).not.toMatch(/reopening/);
    });
  });
}
