import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Backend } from '../../board/backends/backend.ts';
import type { ServerOptions } from '../../board/backends/server-options.ts';
import { QuadroError } from '../../board/core/errors.ts';
import { refusalOf } from '../support/board-steps.ts';
import { boardRecord, changesOf, eventRecord, keysFor } from '../support/records.ts';
import { holdBoard, type LockHolder, serverKinds } from '../support/server-kinds.ts';
import { newDatabase } from '../support/servers.ts';
import { cuttingProxy } from './cutting-proxy.ts';

const BOARD = 'default';
const ALL_EVENTS = { board_id: BOARD, after: 0, limit: 10_000 };

/** Appends an event of that task; its number. Told what made it try again. */
function append(backend: Backend, task_id: string, retries: string[] = []): Promise<number> {
  return backend.transact(
    keysFor(BOARD),
    ({ board }) => {
      const row = board ?? boardRecord(BOARD);
      const sequence_id = row.next_sequence_id;
      const events = [eventRecord(sequence_id, { task_id })];
      return { changes: changesOf({ ...row, next_sequence_id: sequence_id + 1 }, { events }), result: sequence_id };
    },
    reason => retries.push(reason),
  );
}

const taskIds = async (backend: Backend): Promise<string[]> =>
  (await backend.readEvents(ALL_EVENTS)).map(event => event.task_id);

describe.each(serverKinds())('connections: $name', kind => {
  const { server } = kind;
  if (server.skip !== undefined) return it.skip(`skipped: ${server.skip}`);

  /** A backend on a new database that holds a board with one event. */
  async function opened(options: ServerOptions = {}): Promise<{ readonly backend: Backend; readonly url: string }> {
    const url = await newDatabase(server);
    const backend = kind.backend(url, options);
    onTestFinished(() => backend.close());
    await backend.open();
    await append(backend, 'first');
    return { backend, url };
  }

  async function held(url: string): Promise<LockHolder> {
    const holder = await holdBoard(url);
    onTestFinished(() => holder.release());
    return holder;
  }

  it('a board locked for longer than statementTimeoutMs is storage_busy, reading goes on, and later all is well', async () => {
    const { backend, url } = await opened({ statementTimeoutMs: 300 });
    const holder = await held(url);
    const begun = performance.now();
    expect(await refusalOf(append(backend, 'refused'))).toMatch(
      /^StorageError storage_busy: Cannot write to .*statementTimeoutMs/,
    );
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(await taskIds(backend), 'a reader waits for no lock').toEqual(['first']);
    await holder.release();
    expect(await append(backend, 'second')).toBe(2);
    expect(await taskIds(backend)).toEqual(['first', 'second']);
  });

  it('a pool whose connections are all in use is storage_unavailable and names poolSize, and later all is well', async () => {
    const { backend, url } = await opened({ poolSize: 1, acquireTimeoutMs: 300 });
    const holder = await held(url);
    const waiting = append(backend, 'waiting');
    await sleep(50);
    for (const use of [backend.readBoard(BOARD), append(backend, 'refused'), backend.saveCursor(BOARD, 'x', {})]) {
      expect(await refusalOf(use)).toMatch(/^StorageError storage_unavailable: .*raise poolSize or acquireTimeoutMs/);
    }
    await holder.release();
    expect(await waiting).toBe(2);
    expect(await taskIds(backend)).toEqual(['first', 'waiting']);
  });

  it('connections ended while nobody uses them are made anew, however often', async () => {
    const { backend, url } = await opened();
    for (let round = 2; round < 7; round++) {
      await Promise.all([backend.readBoards(), backend.readAgents(BOARD), backend.readLeases(BOARD)]);
      await kind.endConnections(url);
      const [read, number] = await Promise.all([taskIds(backend), append(backend, `${round}`)]);
      expect(number).toBe(round);
      expect(read.length).toBeLessThanOrEqual(round);
    }
    expect(await taskIds(backend)).toEqual(['first', '2', '3', '4', '5', '6']);
  });

  it('one ended while a transaction waits for the lock is made anew, and each is written once', async () => {
    const { backend, url } = await opened();
    const holder = await held(url);
    const retries: string[] = [];
    const names = ['a', 'b', 'c'];
    const waiting = names.map(name => append(backend, name, retries));
    await sleep(100);
    // The holder's too, which frees the lock.
    await kind.endConnections(url);
    expect((await Promise.all(waiting)).toSorted()).toEqual([2, 3, 4]);
    expect((await taskIds(backend)).toSorted()).toEqual(['a', 'b', 'c', 'first']);
    expect(new Set(retries)).toEqual(new Set(['connection_lost']));
    await holder.release();
  });

  it('ended again and again under load: what was acknowledged is there once, and nobody is told a lie', async () => {
    const { backend, url } = await opened();
    const [acknowledged, refused] = [new Map<string, number>(), new Map<string, string>()];
    const callers = Array.from({ length: 8 }, async (_, caller) => {
      for (let n = 0; n < 40; n++) {
        const name = `${caller}.${n}`;
        try {
          acknowledged.set(name, await append(backend, name));
        } catch (error) {
          if (!(error instanceof QuadroError)) throw error;
          refused.set(name, error.code);
        }
      }
    });
    let isOver = false;
    const cutting = (async () => {
      while (!isOver) {
        await sleep(60);
        await kind.endConnections(url);
      }
    })();
    await Promise.all(callers);
    isOver = true;
    await cutting;
    const events = await backend.readEvents(ALL_EVENTS);
    expect(events.map(event => event.sequence_id)).toEqual(events.map((_, index) => index + 1));
    const numbers = Map.groupBy(events, event => event.task_id);
    for (const [name, number] of acknowledged) {
      expect(
        numbers.get(name)?.map(event => event.sequence_id),
        name,
      ).toEqual([number]);
    }
    for (const [name, code] of refused) {
      const times = numbers.get(name)?.length ?? 0;
      expect(times, `${name}: ${code}`).toBeLessThanOrEqual(code === 'storage_uncertain' ? 1 : 0);
    }
    expect(acknowledged.size).toBeGreaterThan(refused.size);
  });

  it('answers lost to several transactions of one backend at once: each is written once', async () => {
    const url = new URL(await newDatabase(server));
    const proxy = await cuttingProxy(url.hostname, Number(url.port));
    onTestFinished(() => proxy.close());
    url.port = String(proxy.port);
    const backend = kind.backend(url.href);
    onTestFinished(() => backend.close());
    await backend.open();
    await append(backend, 'first');
    const retries: string[] = [];
    for (let round = 0; round < 10; round++) {
      proxy.cutNext('answer', 'request', 'answer');
      const names = Array.from({ length: 6 }, (_, index) => `${round}.${index}`);
      await Promise.all(names.map(name => append(backend, name, retries)));
      const written = (await taskIds(backend)).filter(name => name.startsWith(`${round}.`));
      expect(written.toSorted()).toEqual(names);
    }
    expect(retries).toContain('commit_answer_lost');
    expect(proxy.cuts).toBe(30);
  });

  it('a backend closed while a transaction waits and another reads ends them, and can be opened again', async () => {
    const { backend, url } = await opened();
    const holder = await held(url);
    const waiting = Promise.allSettled([append(backend, 'waiting'), append(backend, 'waiting too')]);
    await sleep(50);
    const closing = backend.close();
    await holder.release();
    await closing;
    const outcomes = await waiting;
    await backend.open();
    const written = await taskIds(backend);
    for (const [index, outcome] of outcomes.entries()) {
      const name = ['waiting', 'waiting too'][index] ?? '';
      expect(written.includes(name), `${name}: ${outcome.status}`).toBe(outcome.status === 'fulfilled');
    }
  });
});
