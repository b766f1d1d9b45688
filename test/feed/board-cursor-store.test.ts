import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { JsonObject } from '../../board/core/json.ts';
import { type Board, openBoard } from '../../board/index.ts';
import { backendOf } from '../../cli/source.ts';
import {
  boardCursorStore,
  cursorPath,
  defaultCursorStore,
  fileCursorStore,
  type SavedCursor,
} from '../../exporters/feed/index.ts';
import { destinationOf, exportSpans, type TracingSummary, traceBoard } from '../../exporters/otel/index.ts';
import { type MeasureOptions, measureBoard } from '../../exporters/prometheus/index.ts';
import { byId, exportKilled } from '../otel/killed-exporter.ts';
import { type OtlpReceiver, otlpReceiver } from '../otel/otlp-receiver.ts';
import { testBoard, work } from '../otel/worked-board.ts';
import { mysqlServer, newDatabase, postgresServer } from '../support/servers.ts';
import { withClient } from '../support/sql-client.ts';
import { tempDir } from '../support/temp.ts';

const placed = (events: number): SavedCursor => ({
  board_uid: 'b1',
  destination: 'otlp',
  cursor: { events, chief_cycles: 2, ombudsman_ticks: 3 },
});

/** What a row may hold that is no cursor. */
const NO_CURSORS: readonly JsonObject[] = [
  {},
  { cursor: 1 },
  { board_uid: 'b1', destination: 'otlp', cursor: { events: 1, chief_cycles: 2 } },
  { board_uid: 'b1', destination: 'otlp', cursor: { events: -1, chief_cycles: 2, ombudsman_ticks: 0 } },
  { board_uid: 'b1', destination: 'otlp', cursor: { events: '1', chief_cycles: 2, ombudsman_ticks: 0 } },
  { board_uid: 'b1', destination: 'otlp', cursor: { events: 1, chief_cycles: 2, ombudsman_ticks: 0 }, totals: [] },
];

const SERVERS = [
  { name: 'PostgreSQL', server: postgresServer() },
  { name: 'MariaDB or MySQL', server: mysqlServer() },
];

/** The board of a database, as a process of its own would open it; closed with the test. */
async function opened(url: string, readOnly = false): Promise<Board> {
  const board = await openBoard({ backend: await backendOf(url, { readOnly }), readOnly });
  onTestFinished(() => board.close());
  return board;
}

async function worked(url: string, count: number, prefix?: string): Promise<void> {
  const board = await testBoard(url, await backendOf(url));
  await work(board, count, prefix);
  await board.close();
}

async function receiver(): Promise<OtlpReceiver> {
  const made = await otlpReceiver();
  onTestFinished(() => made.close());
  return made;
}

/** Runs a tracing of the board until it has sent what is there, and closes the board. */
async function traced(url: string, { url: to }: OtlpReceiver, readOnly: boolean): Promise<TracingSummary> {
  const board = await opened(url, readOnly);
  const summary = await traceBoard(board, { url: to, stopWithinMs: 100_000, onError: () => undefined }).stop();
  await board.close();
  return summary;
}

describe.each(SERVERS)('a board on $name', ({ server }) => {
  describe.skipIf(server.url === null)(server.skip ?? 'keeps the places of its readers', () => {
    it('gives back what was saved, totals too, to each name of each board', async () => {
      const url = await newDatabase(server);
      const { backend } = await opened(url);
      const store = boardCursorStore(backend, 'default', 'otlp');
      expect(await store.load()).toBeNull();
      await store.save(placed(1));
      const withTotals = { ...placed(7), totals: { transitions: [{ edge: 'forward', count: 4.5 }], note: 'é\u2028"' } };
      await store.save(withTotals);
      await boardCursorStore(backend, 'default', 'prometheus').save(placed(2));
      await boardCursorStore(backend, 'kitchen', 'otlp').save(placed(3));
      const elsewhere = (await opened(url, true)).backend;
      expect(await boardCursorStore(elsewhere, 'default', 'otlp').load()).toEqual(withTotals);
      expect(await boardCursorStore(elsewhere, 'default', 'prometheus').load()).toEqual(placed(2));
      expect(await boardCursorStore(elsewhere, 'kitchen', 'otlp').load()).toEqual(placed(3));
    });

    it('keeps the old place or the new when saves overlap, and a board opened for reading saves too', async () => {
      const url = await newDatabase(server);
      await opened(url);
      const { backend } = await opened(url, true);
      const store = boardCursorStore(backend, 'default', 'otlp');
      await Promise.all(Array.from({ length: 20 }, (_, n) => store.save(placed(n))));
      const saved = await store.load();
      expect(saved).toEqual(placed(saved?.cursor.events ?? -1));
    });

    it('refuses a row that holds anything else instead of starting anew', async () => {
      const { backend } = await opened(await newDatabase(server));
      const store = boardCursorStore(backend, 'default', 'otlp');
      for (const value of NO_CURSORS) {
        await backend.saveCursor('default', 'otlp', value);
        await expect(store.load(), JSON.stringify(value)).rejects.toMatchObject({
          code: 'invalid_configuration',
          message: expect.stringContaining(`The cursor "otlp" of board default in ${backend.location} cannot be used`),
        });
        expect(await backend.loadCursor('default', 'otlp')).toEqual(value);
      }
    });

    it('an exporter process that is killed half-way goes on where it was, repeats being equal', async () => {
      const url = await newDatabase(server);
      await worked(url, 40);
      const board = await opened(url, true);
      const whole = await receiver();
      await exportSpans(board, { url: whole.url, follow: false });
      const spans = byId(whole.spans);
      const killed = await receiver();
      await exportKilled(url, killed, [50, 120]);
      const saved = await boardCursorStore(board.backend, 'default', destinationOf(killed)).load();
      expect(saved?.cursor.events).toBe((await board.board()).next_sequence_id - 1);
      expect(byId(killed.spans)).toEqual(spans);
      // The second and third began where the one before had left off, not at the start.
      expect(killed.spans.length).toBeLessThan(1.6 * spans.size);
    });

    it('traceBoard keeps its place there by itself: the next process sends what is new, and nothing else', async () => {
      const url = await newDatabase(server);
      await worked(url, 10);
      const otlp = await receiver();
      const first = await traced(url, otlp, false);
      expect(first).toMatchObject({ error: null, spans: otlp.spans.length });
      expect(first.spans).toBeGreaterThan(20);
      expect(await traced(url, otlp, true)).toMatchObject({ error: null, spans: 0, cursor: first.cursor });
      await worked(url, 5, 'x');
      const second = await traced(url, otlp, true);
      expect(second.spans).toBeGreaterThan(5);
      expect(otlp.spans).toHaveLength(first.spans + second.spans);
      expect(byId(otlp.spans).size).toBe(otlp.spans.length);
    });

    it('of a board put back to an older state a reader is told, and sends nothing of another history', async () => {
      const url = await newDatabase(server);
      await worked(url, 10);
      const otlp = await receiver();
      await traced(url, otlp, true);
      const sent = otlp.spans.length;
      const measured = await measureBoard(await opened(url, true));
      await measured.catchUp();
      await measured.close();
      await withClient(url, async client => {
        await client.query('delete from events where sequence_id > 20');
        await client.query('update boards set next_sequence_id = 21');
      });
      expect((await traced(url, otlp, true)).error).toMatchObject({ code: 'cursor_beyond_log' });
      const again = await measureBoard(await opened(url, true));
      await expect(again.metrics()).rejects.toMatchObject({ code: 'cursor_beyond_log' });
      expect(otlp.spans).toHaveLength(sent);
      // What docs/backends.md says to do about it.
      await withClient(url, client => client.query("delete from cursors where board_id = 'default'"));
      expect((await traced(url, otlp, true)).cursor).toMatchObject({ events: 20 });
    });

    it('measureBoard keeps its totals there by itself, and with null reads the log anew', async () => {
      const url = await newDatabase(server);
      await worked(url, 10);
      const linesOf = async (options?: MeasureOptions): Promise<{ lines: string[]; after: number | undefined }> => {
        const board = await opened(url, true);
        const events = vi.spyOn(board, 'events');
        const measured = await measureBoard(board, options);
        const { text } = await measured.metrics();
        await measured.close();
        const lines = text
          .split('\n')
          .filter(line => /^quadro_(task_transitions|task_duration|chief_cycle)/.test(line));
        return { lines, after: events.mock.calls[0]?.[0] };
      };
      const first = await linesOf();
      expect(first.lines.length).toBeGreaterThan(5);
      expect(first.after).toBe(0);
      const end = (await (await opened(url, true)).board()).next_sequence_id - 1;
      await worked(url, 5, 'x');
      const second = await linesOf();
      expect(second.after).toBe(end);
      const anew = await linesOf({ cursorStore: null });
      expect(anew.after).toBe(0);
      expect(second.lines).toEqual(anew.lines);
    });
  });
});

describe('defaultCursorStore', () => {
  const board = { board_id: 'default', board_uid: 'b1' };

  it("is a file beside a board's own, where it has always been", async () => {
    const file = join(tempDir(), 'board.db');
    const backend = sqlite({ file });
    await defaultCursorStore(backend, board, 'otlp')?.save(placed(1));
    await defaultCursorStore(backend, { ...board, board_id: 'news' }, 'otlp')?.save(placed(2));
    expect(await fileCursorStore(cursorPath(file, 'otlp')).load()).toEqual(placed(1));
    expect(await fileCursorStore(cursorPath(file, 'otlp-b1')).load()).toEqual(placed(2));
  });

  it('is nowhere for a board that ends with its process', () => {
    expect(defaultCursorStore(sqlite({ file: ':memory:' }), board, 'otlp')).toBeNull();
  });
});

describe('boardCursorStore', () => {
  it('takes no name that a file could not have, so that a board can move from one to the other', async () => {
    const { backend } = await testBoard();
    for (const name of ['', '../x', 'a b', 'x'.repeat(101)])
      expect(() => boardCursorStore(backend, 'default', name)).toThrow(/letters/);
  });
});
