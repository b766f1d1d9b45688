import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { errorOf } from '../../board/core/errors.ts';
import { type Board, openBoard, type QuadroError } from '../../board/index.ts';
import { type CursorStore, LOG_START, type SavedCursor, type StoredLog } from '../../exporters/feed/index.ts';
import { type ExportProgress, exportSpans, followSpans } from '../../exporters/otel/index.ts';
import { cuttingProxy } from '../faults/cutting-proxy.ts';
import { backendOfUrl } from '../support/backend-of-url.ts';
import { mysqlServer, newDatabase, postgresServer } from '../support/servers.ts';
import { byId } from './killed-exporter.ts';
import { logOf } from './log-of.ts';
import { type OtlpReceiver, otlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';
import { testBoard, work } from './worked-board.ts';

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await otlpReceiver();
});
afterEach(() => receiver.close());

/** Waits for as long as the test may last. */
const LONG = { timeout: 100_000, interval: 20 };

async function wholeOf(board: Board): Promise<Map<string, ReceivedSpan>> {
  const all = await otlpReceiver();
  await exportSpans(board, { url: all.url, follow: false });
  await all.close();
  return byId(all.spans);
}

async function memoryBoard(tasks: number): Promise<Board> {
  const board = await testBoard();
  onTestFinished(() => board.close());
  await work(board, tasks);
  return board;
}

/** The log of a board whose database fails these readings of its row, counted from 1. */
function failingAt(board: Board, isFailing: (reading: number) => boolean): StoredLog {
  let readings = 0;
  return {
    ...logOf(board),
    board() {
      readings += 1;
      return isFailing(readings) ? Promise.reject(errorOf('storage_unavailable', 'it is away')) : board.board();
    },
  };
}

const SERVERS = [
  { name: 'PostgreSQL', server: postgresServer() },
  { name: 'MariaDB or MySQL', server: mysqlServer() },
];

describe.each(SERVERS)('followSpans of a board on $name', ({ server }) => {
  it.skipIf(server.url === null)(
    server.skip ?? 'outlives a server that is away for longer than a reader insists, and loses nothing',
    async () => {
      const url = await newDatabase(server);
      const board = await testBoard('', backendOfUrl(url));
      onTestFinished(() => board.close());
      await work(board, 5);
      const throughProxy = new URL(url);
      const proxy = await cuttingProxy(throughProxy.hostname, Number(throughProxy.port));
      onTestFinished(() => proxy.close());
      throughProxy.hostname = '127.0.0.1';
      throughProxy.port = String(proxy.port);
      const log = await openBoard({ backend: backendOfUrl(throughProxy.href, { readOnly: true }), readOnly: true });
      onTestFinished(() => log.close());
      const stop = new AbortController();
      const told: [code: string, retryInMs: number | null][] = [];
      const following = followSpans(log, {
        url: receiver.url,
        restartMs: 50,
        leaseSeconds: 1,
        signal: stop.signal,
        onError: ({ code }, retryInMs) => void told.push([code, retryInMs]),
      });
      await vi.waitFor(() => expect(receiver.spans.length).toBeGreaterThan(15), LONG);
      await proxy.stop();
      await work(board, 5, 'x');
      await vi.waitFor(() => expect(told.length).toBeGreaterThan(1), LONG);
      await proxy.restart();
      const whole = await wholeOf(board);
      await vi.waitFor(() => expect(byId(receiver.spans).size).toBe(whole.size), LONG);
      stop.abort();
      const summary = await following;
      expect(summary.cursor.events).toBe((await board.board()).next_sequence_id - 1);
      expect(byId(receiver.spans)).toEqual(whole);
      for (const [code, retryInMs] of told) expect([code, retryInMs]).toEqual(['storage_unavailable', 50]);
    },
  );
});

describe('followSpans', () => {
  it('outlives a receiver that refuses, tells the reason and the next attempt, and sends each span once', async () => {
    const board = await memoryBoard(10);
    receiver.misbehaviours.push({ status: 403 }, { status: 403 });
    const stop = new AbortController();
    const errors: QuadroError[] = [];
    const waits: ExportProgress['waiting'][] = [];
    const following = followSpans(board, {
      url: receiver.url,
      batchSize: 20,
      restartMs: 5,
      signal: stop.signal,
      onError: error => void errors.push(error),
      onProgress: ({ waiting }) => void (waiting && waits.push(waiting)),
    });
    await vi.waitFor(() => expect(receiver.spans.length).toBeGreaterThan(30), LONG);
    receiver.misbehaviours.push({ status: 403 });
    await work(board, 5, 'x');
    const whole = await wholeOf(board);
    await vi.waitFor(() => expect(receiver.spans).toHaveLength(whole.size), LONG);
    stop.abort();
    expect(await following).toMatchObject({ spans: whole.size, cursor: (await endOf(board)).cursor });
    expect(byId(receiver.spans)).toEqual(whole);
    expect(errors.map(({ code }) => code)).toEqual(['delivery_failed', 'delivery_failed', 'delivery_failed']);
    expect(waits.at(-1)).toEqual({ reason: errors[2]?.message, retryInMs: 5 });
  });

  it('ends with what would be the same at every further try', async () => {
    const board = await memoryBoard(2);
    const options = { url: receiver.url, restartMs: 5, onError: vi.fn() };
    await expect(followSpans(board, { ...options, from: 9_999 })).rejects.toMatchObject({ code: 'cursor_beyond_log' });
    await expect(followSpans(board, { ...options, url: 'ftp://x' })).rejects.toMatchObject({
      code: 'invalid_configuration',
    });
    await board.close();
    await expect(followSpans(board, options)).rejects.toMatchObject({ code: 'closed' });
    expect(options.onError.mock.calls.map(([, retryInMs]) => retryInMs)).toEqual([null, null, null]);
  });

  it('that is stopped before it ever began ends with the reason', async () => {
    const log = failingAt(await memoryBoard(1), () => true);
    const stop = new AbortController();
    const onError = (): void => stop.abort();
    const following = followSpans(log, { url: receiver.url, restartMs: 60_000, signal: stop.signal, onError });
    await expect(following).rejects.toMatchObject({ code: 'storage_unavailable' });
  });

  it('goes on from where it was: of a place that was asked for, and of a log that keeps none', async () => {
    const board = await memoryBoard(20);
    const { cursor } = await endOf(board);
    let saved: SavedCursor | null = null;
    const cursorStore: CursorStore = {
      load: () => Promise.resolve(saved),
      save: place => {
        saved = place;
        return Promise.resolve();
      },
    };
    // Every seventh reading of the board's row fails, however far it has come.
    const follow = async (options: Parameters<typeof followSpans>[1]): Promise<number> => {
      const log = failingAt(board, reading => reading % 7 === 0);
      const stop = new AbortController();
      const onProgress = (progress: ExportProgress): void => {
        if (progress.cursor.events === cursor.events && progress.waiting === null) stop.abort();
      };
      const common = { url: receiver.url, batchSize: 10, restartMs: 1, onError: () => undefined };
      await followSpans(log, { ...common, ...options, signal: stop.signal, onProgress });
      const { size } = byId(receiver.spans);
      expect(receiver.spans.splice(0), 'none was sent twice').toHaveLength(size);
      return size;
    };
    const { size } = await wholeOf(board);
    expect(await follow({})).toBe(size);
    expect(await follow({ cursorStore })).toBe(size);
    expect(await follow({ cursorStore, from: LOG_START })).toBe(size);
  });
});

async function endOf(board: Board): Promise<Pick<ExportProgress, 'cursor'>> {
  const { next_sequence_id, next_cycle_sequence_id, next_tick_sequence_id } = await board.board();
  const [events, chief_cycles, ombudsman_ticks] = [next_sequence_id, next_cycle_sequence_id, next_tick_sequence_id];
  return {
    cursor: { events: events - 1, chief_cycles: chief_cycles - 1, ombudsman_ticks: ombudsman_ticks - 1 },
  };
}
