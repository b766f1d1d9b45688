import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BoardWatch, type WatchedBoard } from '../../board/agents/board-watch.ts';
import { Chief } from '../../board/agents/chief.ts';
import { runBoard } from '../../board/agents/run.ts';
import { WorkerPool } from '../../board/agents/worker-pool.ts';
import type { Backend } from '../../board/backends/backend.ts';
import { postgres } from '../../board/backends/postgres/index.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import type { BoardOptions } from '../../board/board-options.ts';
import { openBoard } from '../../board/open-board.ts';
import { feed } from '../../exporters/feed/feed.ts';
import { newDatabase, postgresServer } from '../support/servers.ts';
import { tempDir } from '../support/temp.ts';
import { gate, openOffice, post, until } from './office.ts';

/** A backend that hears of other connections' commits when the test says so. */
function signalledBackend(file: string): {
  readonly backend: Backend;
  readonly heard: Set<() => void>;
  signal(): void;
} {
  const backend = sqlite({ file });
  const heard = new Set<() => void>();
  backend.onSignal = (_boardId, listener) => {
    heard.add(listener);
    return () => void heard.delete(listener);
  };
  return { backend, heard, signal: () => heard.forEach(listener => void listener()) };
}

async function open(backend: Backend, options: Partial<BoardOptions> = {}): Promise<Board> {
  const board = await openBoard({ backend, taskTypes: { note: 'fast' }, ...options });
  onTestFinished(() => board.close());
  return board;
}

/** Two processes on one board: the first hears of the second when the test says so. */
async function twoBoards() {
  const file = `${tempDir()}/board.db`;
  const { backend, ...signals } = signalledBackend(file);
  return { board: await open(backend), other: await open(sqlite({ file })), ...signals };
}

/** The board, and how often its row was read. */
function counted(board: Board): WatchedBoard & { reads: number } {
  const watched = {
    reads: 0,
    board: () => {
      watched.reads++;
      return board.board();
    },
    events: (after: number, limit: number) => board.events(after, limit),
    onEvents: (listener: Parameters<Board['onEvents']>[0]) => board.onEvents(listener),
    onSignal: (listener: () => void) => board.onSignal(listener),
  };
  return watched;
}

/** Watches from the log's end. */
async function watch(board: WatchedBoard, pollSeconds = 3600) {
  const seen: number[] = [];
  const errors: unknown[] = [];
  const watching = new BoardWatch(
    board,
    events => void seen.push(...events.map(event => event.sequence_id)),
    (_what, error) => void errors.push(error),
  );
  await watching.start(pollSeconds);
  onTestFinished(() => watching.close());
  return { watching, seen, errors };
}

describe('BoardWatch', () => {
  it('on a signal it looks at once for what another process has committed', async () => {
    const { board, other, signal } = await twoBoards();
    const { seen } = await watch(board);
    await post(other, 'note');
    await post(other, 'note');
    signal();
    await until(() => seen.length > 0);
    expect(seen).toEqual([1, 2]);
  });

  it('its own process’s commits it is told of, and does not look for', async () => {
    const { board, other, signal } = await twoBoards();
    const watched = counted(board);
    const { seen } = await watch(watched);
    for (let index = 0; index < 3; index++) await post(board, 'note');
    expect([seen, watched.reads]).toEqual([[1, 2, 3], 1]);
    await post(other, 'note');
    await post(board, 'note');
    expect(seen).toEqual([1, 2, 3, 5]);
    signal();
    await until(() => seen.includes(4));
    expect(watched.reads).toBe(2);
  });

  it('looks once at a time, and once more for the signals that came meanwhile', async () => {
    const { board, other, signal } = await twoBoards();
    const watched = counted(board);
    const began = gate();
    const held = gate();
    let looks = 0;
    let most = 0;
    const slow: WatchedBoard = {
      ...watched,
      board: async () => {
        const row = await watched.board();
        looks++;
        most = Math.max(most, looks);
        if (watched.reads === 2) {
          began.open();
          await held.opened;
        }
        looks--;
        return row;
      },
    };
    const { seen } = await watch(slow);
    signal();
    await began.opened;
    // What the look that is under way has read says nothing of this.
    await post(other, 'note');
    for (let index = 0; index < 5; index++) signal();
    held.open();
    await until(() => seen.length > 0);
    expect([seen, watched.reads, most]).toEqual([[1], 3, 1]);
  });

  it('a signal that is lost is made up for by the next poll, and a look that fails by the next', async () => {
    const { board, other, heard } = await twoBoards();
    let failures = 2;
    const flaky: WatchedBoard = {
      ...counted(board),
      events: (after, limit) =>
        failures-- > 0 ? Promise.reject(new Error('no answer')) : Promise.resolve(board.events(after, limit)),
    };
    const { seen, errors } = await watch(flaky, 0.01);
    heard.clear();
    await post(other, 'note');
    await until(() => seen.length > 0);
    expect([seen, errors.length]).toEqual([[1], 2]);
  });

  it('after its end it hears and asks nothing, and the database is told so', async () => {
    const { board, other, heard, signal } = await twoBoards();
    const watched = counted(board);
    const { watching, seen } = await watch(watched);
    const listeners = [...heard];
    expect(listeners).toHaveLength(1);
    signal();
    await watching.close();
    const { reads } = watched;
    expect(heard.size).toBe(0);
    await post(other, 'note');
    await post(board, 'note');
    // One that was on its way.
    for (const listener of listeners) listener();
    await new Promise(resolve => setImmediate(resolve));
    expect([seen, watched.reads]).toEqual([[], reads]);
  });
});

describe('signals of a board', () => {
  it('the database is asked to tell from the first listener to the last', async () => {
    const { board, heard } = await twoBoards();
    expect(heard.size).toBe(0);
    const listener = (): void => undefined;
    const stops = [board.onSignal(listener), board.onCommit(listener), board.onCommit(listener)];
    expect(heard.size).toBe(1);
    for (const stop of stops.slice(0, 2)) {
      stop();
      stop();
    }
    expect(heard.size, 'the same function twice is two listeners').toBe(1);
    stops[2]?.();
    expect(heard.size).toBe(0);
    board.onSignal(listener)();
    expect(heard.size).toBe(0);
  });

  it('onCommit tells of commits of this process and of others, onSignal of others alone; one that throws harms nobody', async () => {
    const errors: unknown[] = [];
    const { backend, signal } = signalledBackend(`${tempDir()}/board.db`);
    const board = await open(backend, { onListenerError: error => errors.push(error) });
    const told = { commit: 0, signal: 0 };
    board.onSignal(() => {
      throw new Error('a listener’s fault');
    });
    board.onSignal(() => void told.signal++);
    const stop = board.onCommit(() => void told.commit++);
    await post(board, 'note');
    expect(told).toEqual({ commit: 1, signal: 0 });
    signal();
    expect(told).toEqual({ commit: 2, signal: 1 });
    const listener = (): void => void told.commit++;
    const again = [board.onCommit(listener), board.onCommit(listener)];
    stop();
    again[0]?.();
    await post(board, 'note');
    signal();
    expect([told, errors.length]).toEqual([{ commit: 4, signal: 2 }, 2]);
  });

  it('wake a feed that waits', async () => {
    const { board, other, heard, signal } = await twoBoards();
    const batches = feed(board, { pollMs: 3_600_000 });
    const first = batches.next();
    await until(() => heard.size > 0);
    await post(other, 'note');
    signal();
    expect((await first).value?.events).toHaveLength(1);
    await batches.return();
    expect(heard.size).toBe(0);
  });
});

const server = postgresServer();

describe.skipIf(server.skip !== undefined)(`on PostgreSQL${server.skip ? ` (skipped: ${server.skip})` : ''}`, () => {
  it('a Chief wakes, and a worker is brought its task, by NOTIFY alone', async () => {
    const url = await newDatabase(server);
    const [one, other] = [
      await openOffice({ backend: postgres({ url }), boardId: 'b' }),
      await openOffice({ backend: postgres({ url }), boardId: 'b' }),
    ];
    const pool = new WorkerPool({ ...other.surroundings, capabilities: { note: { execute: () => randomUUID() } } });
    const runs = [
      await runBoard(one.board, { chief: new Chief(one.surroundings), pollSeconds: 3600 }),
      await runBoard(other.board, { workers: pool, pollSeconds: 3600 }),
    ];
    for (let index = 0; index < 5; index++) {
      const { task_id } = await post(other.board, 'note');
      await until(async () => (await other.board.getTask(task_id)).task.status === 'COMPLETE');
    }
    await Promise.all(runs.map(run => run.close()));
    expect([...one.reported, ...other.reported]).toEqual([]);
  });
});
