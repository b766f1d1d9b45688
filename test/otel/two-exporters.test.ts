import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Board } from '../../board/index.ts';
import {
  type CursorStore,
  defaultCursorStore,
  fileCursorStore,
  type LeaseRegister,
} from '../../exporters/feed/index.ts';
import { destinationOf, type ExportProgress, exportSpans, traceBoard } from '../../exporters/otel/index.ts';
import { claimed } from '../feed/lease-steps.ts';
import { backendOfUrl } from '../support/backend-of-url.ts';
import { databaseKinds } from '../support/database-kinds.ts';
import { tempDir } from '../support/temp.ts';
import { type Contender, type ContenderOptions, contender, standsBy } from './contender.ts';
import { byId } from './killed-exporter.ts';
import { type OtlpReceiver, otlpReceiver } from './otlp-receiver.ts';
import { testBoard, work } from './worked-board.ts';

/** So short that a dead holder is soon known. */
const SHORT_SECONDS = 3;
/** So long that whoever goes on before has been let. */
const LONG_SECONDS = 600;
const waitOptions = { timeout: 60_000, interval: 20 };

async function receiver(): Promise<OtlpReceiver> {
  const made = await otlpReceiver();
  onTestFinished(() => made.close());
  return made;
}

/** The spans of a board's whole log, by an exporter that has the log to itself. */
async function replayOf(board: Board): Promise<ReturnType<typeof byId>> {
  const { url, spans } = await receiver();
  await exportSpans(board, { url, follow: false });
  return byId(spans);
}

/** Who sent, in order, each once for all requests in a row. */
function turnsOf({ requests }: OtlpReceiver): string[] {
  const names = requests.map(({ headers }) => String(headers['x-exporter']));
  return names.filter((name, index) => name !== names[index - 1]);
}

interface Scene {
  readonly board: Board;
  readonly otlp: OtlpReceiver;
  readonly store: CursorStore;
  start(name: string, options?: Partial<ContenderOptions>): Contender;
  /** Resolves when the receiver has every span of the log. */
  allArrived(): Promise<void>;
  /** Resolves when the receiver has heard `count` requests of an exporter. */
  heard(name: string, count?: number): Promise<void>;
}

/** A worked board in a database, a receiver that takes its time, and processes that export from the one to the other. */
async function scene(url: string): Promise<Scene> {
  const board = await testBoard(url, backendOfUrl(url));
  onTestFinished(() => board.close());
  await work(board, 30);
  const otlp = await receiver();
  otlp.onRequest = () => new Promise(resolve => setTimeout(resolve, 10));
  const store = defaultCursorStore(board.backend, await board.board(), destinationOf(otlp));
  if (store === null) throw new Error('the board keeps no cursors');
  return {
    board,
    otlp,
    store,
    start: (name, options) => contender(url, otlp, { name, follow: true, leaseSeconds: SHORT_SECONDS, ...options }),
    allArrived: async () => {
      const { size } = await replayOf(board);
      await vi.waitFor(() => expect(byId(otlp.spans).size).toBe(size), waitOptions);
    },
    heard: (name, count = 1) =>
      vi.waitFor(() => {
        const heard = otlp.requests.filter(({ headers }) => headers['x-exporter'] === name);
        expect(heard.length).toBeGreaterThanOrEqual(count);
      }, waitOptions),
  };
}

/** What must be so in the end: the receiver has the log's spans, repeats are equal, and the place is the log's end. */
async function expectWhole({ board, otlp, store }: Scene): Promise<void> {
  const whole = await replayOf(board);
  for (const span of otlp.spans) expect(span).toEqual(whole.get(`${span.traceId} ${span.spanId}`));
  expect(byId(otlp.spans)).toEqual(whole);
  expect((await store.load())?.cursor.events).toBe((await board.board()).next_sequence_id - 1);
}

describe.each(databaseKinds())('two exporter processes of one destination, on $name', ({ skip, create }) => {
  describe.skipIf(skip !== undefined)(skip ?? 'never send both', () => {
    it('one that freezes with a request in flight, and comes back, neither sends nor moves the place; one that ends lets the other go on', async () => {
      const on = await scene((await create()).url);
      const a = on.start('a');
      await on.heard('a', 2);
      // It goes on before its own lease would be over, once it ends as it should.
      const b = on.start('b', { leaseSeconds: LONG_SECONDS });
      await b.says(standsBy);
      const { onRequest } = on.otlp;
      const frozen = Promise.withResolvers<void>();
      on.otlp.onRequest = async taken => {
        if (!a.child.killed) a.child.kill('SIGSTOP');
        frozen.resolve();
        await onRequest(taken);
      };
      await work(on.board, 10, 'x');
      await frozen.promise;
      await on.heard('b');
      await on.allArrived();
      const requests = on.otlp.requests.length;
      await work(on.board, 5, 'y');
      const again = a.says(standsBy);
      a.child.kill('SIGCONT');
      await again;
      await on.allArrived();
      expect(on.otlp.requests.length).toBeGreaterThan(requests);
      expect(turnsOf(on.otlp)).toEqual(['a', 'b']);
      expect((await on.store.lease?.read())?.term).toBe(2);
      b.child.kill('SIGTERM');
      expect(await b.ended).toMatchObject({ at: 'end' });
      await work(on.board, 5, 'z');
      await on.allArrived();
      expect((await on.store.lease?.read())?.term).toBe(3);
      a.child.kill('SIGTERM');
      expect(await a.ended).toMatchObject({ at: 'end' });
      expect((await on.store.lease?.read())?.holder).toBeNull();
      expect(turnsOf(on.otlp)).toEqual(['a', 'b', 'a']);
      await expectWhole(on);
    });

    it('when the one that sends is killed the other goes on after its time', async () => {
      const on = await scene((await create()).url);
      const a = on.start('a');
      await on.heard('a', 2);
      const b = on.start('b');
      await b.says(standsBy);
      const working = work(on.board, 20, 'x');
      await on.heard('a', 6);
      a.child.kill('SIGKILL');
      await working;
      await on.allArrived();
      b.child.kill('SIGTERM');
      expect(await b.ended).toMatchObject({ at: 'end' });
      expect(turnsOf(on.otlp)).toEqual(['a', 'b']);
      await expectWhole(on);
    });
  });
});

describe('an exporter process beside another', () => {
  it('one that stands by ends at once when it is told to, and has moved nothing', async () => {
    const on = await scene(join(tempDir(), 'board.db'));
    on.start('a', { leaseSeconds: LONG_SECONDS });
    await on.allArrived();
    const saved = await vi.waitFor(async () => {
      const place = await on.store.load();
      expect(place?.cursor.events).toBe((await on.board.board()).next_sequence_id - 1);
      return place;
    }, waitOptions);
    const b = on.start('b', { leaseSeconds: LONG_SECONDS });
    await b.says(standsBy);
    b.child.kill('SIGTERM');
    expect(await b.ended).toEqual({ at: 'end', spans: 0, events: saved?.cursor.events });
    expect(await on.store.load()).toEqual(saved);
  });

  it('one that does not follow is refused while the other lives, in words, and goes on when it is dead', async () => {
    const on = await scene(join(tempDir(), 'board.db'));
    const a = on.start('a');
    await on.allArrived();
    const refused = await on.start('b', { follow: false }).ended;
    expect(refused).toMatchObject({ at: 'error', code: 'lease_conflict' });
    const message = refused?.at === 'error' ? refused.message : '';
    expect(message).toContain(`:${a.child.pid}:`);
    expect(message).toMatch(/Stop it first.*--destination NAME.*--until or --task/);
    a.child.kill('SIGKILL');
    await work(on.board, 5, 'x');
    const late = on.start('c', { follow: false });
    await late.says(standsBy);
    expect(await late.ended).toMatchObject({ at: 'end' });
    expect(turnsOf(on.otlp)).toEqual(['a', 'c']);
    await expectWhole(on);
  });
});

describe('the right to send', () => {
  const once = { follow: false, firstRetryMs: 5, leaseSeconds: 0.6 } as const;
  /** A board with spans in memory, whose place is kept in a file. */
  async function stage() {
    const board = await testBoard();
    onTestFinished(() => board.close());
    await work(board, 20);
    const otlp = await receiver();
    const cursorStore = fileCursorStore(join(tempDir(), 'cursor.json'));
    const { lease } = cursorStore;
    if (lease === undefined) throw new Error('a file keeps a lease');
    return { board, otlp, cursorStore, lease, options: { ...once, url: otlp.url, cursorStore } };
  }

  it('is one for a board that is traced and whoever exports it from outside', async () => {
    const file = join(tempDir(), 'board.db');
    const board = await testBoard(file);
    onTestFinished(() => board.close());
    const otlp = await receiver();
    const tracing = traceBoard(board, { url: new URL(otlp.url).origin });
    await work(board, 10);
    await vi.waitFor(() => expect(otlp.spans.length).toBeGreaterThan(10), waitOptions);
    const cursorStore = defaultCursorStore(board.backend, await board.board(), destinationOf(otlp)) ?? undefined;
    if (cursorStore === undefined) throw new Error('a board in a file keeps cursors');
    const outside = { follow: false, url: otlp.url, cursorStore };
    await expect(exportSpans(board, outside)).rejects.toMatchObject({ code: 'lease_conflict' });
    // Another destination, and a part of the log, are sent beside it.
    const elsewhere = await receiver();
    const archive = defaultCursorStore(board.backend, await board.board(), 'archive') ?? undefined;
    const { spans } = await exportSpans(board, {
      follow: false,
      url: elsewhere.url,
      destination: 'archive',
      ...(archive && { cursorStore: archive }),
    });
    expect(spans).toBe(elsewhere.spans.length);
    await tracing.stop();
    expect(await exportSpans(board, outside)).toMatchObject({ spans: 0 });
  });

  it('a part of the log that has an end needs none, and leaves the place where it is', async () => {
    const { board, otlp, options, lease, cursorStore } = await stage();
    await lease.replace(null, claimed('host:1:00000000', 1));
    await exportSpans(board, { ...options, until: Date.now() * 1000 });
    expect(otlp.requests.length).toBeGreaterThan(0);
    await exportSpans(board, { ...options, taskIds: ['w1'] });
    expect(await cursorStore.load()).toBeNull();
    expect(await lease.read()).toEqual(claimed('host:1:00000000', 1));
  });

  it('that is taken away while it sends ends an export that does not follow, without a word over the new place', async () => {
    const { board, otlp, options, lease, cursorStore } = await stage();
    const stolen = Promise.withResolvers<void>();
    otlp.onRequest = async taken => {
      if (taken < 30) return;
      const seen = await lease.read();
      if (seen?.term === 1) await lease.replace(seen, claimed('host:1:00000000', 2));
      await stolen.promise;
    };
    const place = { board_uid: (await board.board()).board_uid, destination: destinationOf(otlp) };
    const mine = { ...place, cursor: { events: 7, chief_cycles: 0, ombudsman_ticks: 0 } };
    const running = exportSpans(board, { ...options, batchSize: 20, closeDeadlineMs: 0 });
    const ended = expect(running).rejects.toMatchObject({ code: 'lease_lost' });
    await vi.waitFor(async () => expect((await lease.read())?.term).toBe(2), waitOptions);
    await cursorStore.save(mine, 2);
    await ended;
    stolen.resolve();
    expect(await cursorStore.load()).toEqual(mine);
    expect((await lease.read())?.holder).toBe('host:1:00000000');
  });

  it('that could not be renewed in time, and nobody took, is taken again: an export goes on from its place', async () => {
    const { board, otlp, options, lease, cursorStore } = await stage();
    let changes = 0;
    const slow: LeaseRegister = {
      read: () => lease.read(),
      replace: async (seen, next) => {
        changes += 1;
        if (changes === 2) await new Promise(resolve => setTimeout(resolve, 1_500));
        return lease.replace(seen, next);
      },
    };
    const waits: string[] = [];
    // It sends nothing while it waits, so that it is not done before.
    otlp.onRequest = () => (waits.length > 0 ? undefined : new Promise(resolve => setTimeout(resolve, 500)));
    await exportSpans(board, {
      ...options,
      batchSize: 10,
      cursorStore: { ...cursorStore, lease: slow },
      onProgress: ({ waiting }) => void (waiting && waits.push(waiting.reason)),
    });
    expect(waits[0]).toMatch(/the lease of this destination is not held: .* could not be renewed within 0\.6 s/);
    expect(byId(otlp.spans)).toEqual(await replayOf(board));
    expect((await lease.read())?.term).toBe(1);
  });

  it('that comes back to a follower finds the place where the other left it, whatever it began from', async () => {
    const { board, otlp, options, lease, cursorStore } = await stage();
    const stop = new AbortController();
    const waits: string[] = [];
    const onProgress = ({ waiting }: ExportProgress): void => void (waiting && waits.push(waiting.reason));
    const running = exportSpans(board, { ...options, follow: true, from: 1, signal: stop.signal, onProgress });
    running.catch(() => undefined);
    const isSavedUpTo = (end: number) =>
      vi.waitFor(async () => expect((await cursorStore.load())?.cursor.events).toBe(end), waitOptions);
    await isSavedUpTo((await board.board()).next_sequence_id - 1);
    const before = otlp.spans.length;
    const thief = claimed('host:1:00000000', 2);
    await vi.waitFor(async () => expect(await lease.replace(await lease.read(), thief)).toBe(true), waitOptions);
    await vi.waitFor(() => expect(waits.at(-1)).toMatch(/another exporter \(host:1:00000000\) sends/), waitOptions);
    await work(board, 3, 'x');
    const seen = await cursorStore.load();
    const end = (await board.board()).next_sequence_id - 1;
    if (seen === null) throw new Error('nothing was saved');
    const { cursor } = seen;
    await cursorStore.save({ ...seen, cursor: { ...cursor, events: end - 5 } }, 2);
    await lease.replace(thief, { ...thief, holder: null });
    await isSavedUpTo(end);
    stop.abort();
    await running;
    const sent = otlp.spans.slice(before).map(span => span.attributes['quadro.sequence_id']);
    expect(sent.length).toBeGreaterThan(0);
    for (const sequenceId of sent.filter(each => each !== undefined)) expect(sequenceId).toBeGreaterThan(end - 5);
  });

  it('whose register hangs holds up no end, and one that fails is said', async () => {
    const { board, options } = await stage();
    const hanging = { read: () => new Promise<never>(() => undefined), replace: () => Promise.resolve(false) };
    const stop = new AbortController();
    const running = exportSpans(board, {
      ...options,
      follow: true,
      signal: stop.signal,
      cursorStore: { ...options.cursorStore, lease: hanging },
    });
    stop.abort();
    expect(await running).toMatchObject({ spans: 0 });
    const away = fileCursorStore(join(tempDir(), 'no', 'cursor.json'));
    await expect(exportSpans(board, { ...options, cursorStore: away })).rejects.toMatchObject({
      code: 'storage_failed',
    });
  });

  it('is not asked of a store without a lease', async () => {
    const { board, otlp, options } = await stage();
    const { load, save } = options.cursorStore;
    const cursorStore: CursorStore = { load, save };
    expect(await exportSpans(board, { ...options, cursorStore })).toMatchObject({ spans: otlp.spans.length });
    expect(await options.cursorStore.lease?.read()).toBeNull();
  });

  it.each([0, -1, Number.NaN, 86_401])('takes no leaseSeconds of %d', async leaseSeconds => {
    const { board, options } = await stage();
    const refused = exportSpans(board, { ...options, leaseSeconds });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_configuration' });
  });
});
