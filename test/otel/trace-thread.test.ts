import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { errorOf } from '../../board/core/errors.ts';
import type { Board, QuadroError } from '../../board/index.ts';
import { type CursorStore, fileCursorStore, type SavedCursor } from '../../exporters/feed/index.ts';
import {
  type ExportProgress,
  exportSpans,
  type TraceOptions,
  type Tracing,
  traceBoard,
} from '../../exporters/otel/index.ts';
import { measureBoard } from '../../exporters/prometheus/index.ts';
import { databaseKinds } from '../support/database-kinds.ts';
import { sampleOf } from '../support/exposition.ts';
import { tempDir } from '../support/temp.ts';
import { type Break, breakingElsewhere, reopenedBy } from './breaking-backend.ts';
import { byId } from './killed-exporter.ts';
import { type OtlpReceiver, otlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';
import { testBoard, work } from './worked-board.ts';

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await otlpReceiver();
});
afterEach(() => receiver.close());

/** Waits for as long as the test may last. */
const LONG = { timeout: 100_000, interval: 20 };

/** A board in a file of the test, closed with it. */
async function fileBoard(backend = sqlite({ file: join(tempDir(), 'board.db') })): Promise<Board> {
  const board = await testBoard('', backend);
  onTestFinished(() => board.close());
  return board;
}

/** A tracing with all the time in the world to send what is left. */
function traced(board: Board, options?: TraceOptions): Tracing {
  return traceBoard(board, { stopWithinMs: 100_000, ...options });
}

async function anotherReceiver(): Promise<OtlpReceiver> {
  const made = await otlpReceiver();
  onTestFinished(() => made.close());
  return made;
}

/** Every span of a board, by its ids. */
async function wholeOf(board: Board): Promise<Map<string, ReceivedSpan>> {
  const all = await anotherReceiver();
  await exportSpans(board, { url: all.url, follow: false });
  return byId(all.spans);
}

/** Collects what goes wrong. */
function failures(): {
  codes: string[];
  errors: QuadroError[];
  onError(error: QuadroError, retryInMs: number | null): void;
} {
  const errors: QuadroError[] = [];
  const codes: string[] = [];
  return {
    codes,
    errors,
    onError(error, retryInMs) {
      errors.push(error);
      codes.push(retryInMs === null ? `${error.code}, for good` : error.code);
    },
  };
}

/** Runs a process that is traced while it works, and ends. */
async function tracedProcess(
  url: string,
  flags: readonly string[] = [],
): Promise<{ code: unknown; summary: unknown; end: unknown }> {
  const script = join(import.meta.dirname, 'traced-process.ts');
  const child = spawn(process.execPath, [...flags, script, url, receiver.url], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  const [summary = '', end] = output.trim().split('\n');
  return { code, summary: JSON.parse(summary), end };
}

describe.each(databaseKinds())('a board in $name', ({ create, skip }) => {
  describe.skipIf(skip !== undefined)(skip ?? 'traced by a thread', () => {
    it('is sent whole while it works, by a connection of the thread; the next tracing goes on from there', async () => {
      const database = await create();
      const board = await testBoard('', database.backend());
      const reads = vi.spyOn(board.backend, 'readEvents');
      traced(board, { url: receiver.url });
      await work(board, 30);
      await vi.waitFor(() => expect(receiver.spans.length).toBeGreaterThan(20), LONG);
      await work(board, 10, 'x');
      await board.close();
      expect(reads).not.toHaveBeenCalled();
      const sent = receiver.spans.splice(0);
      const again = await testBoard('', database.backend());
      expect(byId(sent)).toEqual(await wholeOf(again));
      expect(sent).toHaveLength(byId(sent).size);
      const summary = await traced(again, { url: receiver.url }).stop();
      expect(summary).toMatchObject({ spans: 0, error: null });
      expect(receiver.spans).toEqual([]);
      await again.close();
    });

    it('lets its process end once it is closed, however slow the receiver is', async () => {
      const { url } = await create();
      receiver.onRequest = () => new Promise(resolve => setTimeout(resolve, 300));
      const { code, summary, end } = await tracedProcess(url);
      expect({ code, end }).toEqual({ code: 0, end: 'ended by itself' });
      expect(summary).toMatchObject({ spans: receiver.spans.length, error: null });
      expect(receiver.spans.length).toBeGreaterThan(50);
    });
  });
});

describe('the thread', () => {
  it('is another: everything arrives while the board’s thread stands still', async () => {
    const board = await fileBoard();
    await work(board, 60);
    const { size } = await wholeOf(board);
    const shared = new SharedArrayBuffer(4);
    const collector = new Worker(new URL('./receiver-worker.ts', import.meta.url), { workerData: shared });
    onTestFinished(() => collector.terminate().then(() => undefined));
    const [url] = (await once(collector, 'message')) as [string];
    const taken = new Int32Array(shared);
    const tracing = traced(board, { url, batchSize: 20 });
    for (let seen = 0; seen < size; seen = Atomics.load(taken, 0)) {
      if (Atomics.wait(taken, 0, seen, 60_000) === 'timed-out') throw new Error(`${seen} of ${size} spans arrived`);
    }
    expect(await tracing.stop()).toMatchObject({ spans: size, error: null });
  });

  it.skipIf(process.platform !== 'linux')('lets the board go first: it alone of its process is nicer', async () => {
    const { summary } = await tracedProcess(join(tempDir(), 'board.db'));
    expect(summary).toMatchObject({ error: null, nicer: ['quadro-spans'] });
  });

  it.each<Break>(['exit', 'throw', 'reject'])(
    'that breaks (%s) is told, and another goes on without loss',
    async how => {
      const folder = tempDir();
      const note = join(folder, 'broken');
      const board = await fileBoard(breakingElsewhere({ file: join(folder, 'board.db'), how, afterPages: 3, note }));
      await work(board, 40);
      const whole = await wholeOf(board);
      const { codes, errors, onError } = failures();
      const options = { url: receiver.url, batchSize: 20, restartMs: 5, leaseSeconds: 0.5, onError };
      const tracing = traced(board, options);
      await vi.waitFor(() => expect(byId(receiver.spans).size).toBe(whole.size), LONG);
      await work(board, 2, 'x');
      const summary = await tracing.stop();
      expect(JSON.parse(readFileSync(note, 'utf8'))).toEqual({ isMainThread: false });
      expect(codes).toEqual(['internal_error']);
      expect(errors[0]?.message).toMatch(how === 'exit' ? /thread ended: exit code 7/ : /thread ended: broken in the/);
      expect(summary.error).toBe(errors[0]);
      expect(byId(receiver.spans)).toEqual(await wholeOf(board));
      for (const span of receiver.spans) expect(byId([span]).size).toBe(1);
    },
  );

  it('that hangs is ended by a stop, which says so', async () => {
    const folder = tempDir();
    const note = join(folder, 'broken');
    const board = await fileBoard(
      breakingElsewhere({ file: join(folder, 'board.db'), how: 'hang', afterPages: 0, note }),
    );
    await work(board, 2);
    const { codes, onError } = failures();
    const tracing = traced(board, { url: receiver.url, stopWithinMs: 50, onError });
    await vi.waitFor(() => readFileSync(note), LONG);
    expect(await tracing.stop()).toMatchObject({ spans: 0, error: { code: 'delivery_failed' } });
    expect(codes).toEqual(['delivery_failed, for good']);
  });

  it('that is not allowed is told with what to do, and the board works on', async () => {
    const flags = ['--permission', '--allow-fs-read=*', '--allow-fs-write=*', '--allow-addons'];
    const { code, summary, end } = await tracedProcess(join(tempDir(), 'board.db'), flags);
    expect({ code, end }).toEqual({ code: 0, end: 'ended by itself' });
    expect(summary).toMatchObject({ spans: 0, cursor: null, error: { code: 'invalid_configuration' } });
  });

  it('that cannot open the board is told with what to do, and not started again', async () => {
    for (const reopening of [
      { module: import.meta.resolve('./breaking-backend.ts'), factory: 'mislaid', options: {} },
      { module: import.meta.resolve('./no-such-module.ts'), factory: 'breaking', options: {} },
    ]) {
      const board = await fileBoard(reopenedBy(sqlite({ file: join(tempDir(), 'board.db') }), reopening));
      const { codes, errors, onError } = failures();
      const summary = await traced(board, { url: receiver.url, onError }).stop();
      expect(summary).toMatchObject({ cursor: null, error: { code: 'invalid_configuration' } });
      expect(codes).toEqual(['invalid_configuration, for good']);
      expect(errors[0]?.message).toContain('thread: false');
    }
  });
});

describe('traceBoard in a thread', () => {
  it('sends a board to several receivers, each from its own place; one is detached while the board goes on', async () => {
    const board = await fileBoard();
    const [a, b] = [receiver, await anotherReceiver()];
    const [toA, toB] = [a, b].map(({ url }) => traced(board, { url }));
    await work(board, 10);
    const first = await toA?.stop();
    const left = a.spans.length;
    await work(board, 10, 'x');
    const second = await toB?.stop();
    expect(first).toMatchObject({ spans: left, error: null });
    expect(a.spans).toHaveLength(left);
    expect(second).toMatchObject({ spans: b.spans.length, error: null });
    expect(byId(b.spans)).toEqual(await wholeOf(board));
    const again = traced(board, { url: a.url });
    await vi.waitFor(() => expect(a.spans).toHaveLength(b.spans.length), LONG);
    await again.stop();
    expect(byId(a.spans)).toEqual(byId(b.spans));
  });

  it.each(['hang', 'drop'] as const)('is stopped under a receiver that does nothing but %s', async misbehaviour => {
    const board = await fileBoard();
    receiver.misbehaviours.push(...Array.from({ length: 1000 }, () => misbehaviour));
    const tracing = traced(board, { url: receiver.url, stopWithinMs: 100, firstRetryMs: 10 });
    await work(board, 5);
    await vi.waitFor(() => expect(receiver.requests.length).toBeGreaterThan(0), LONG);
    expect(await tracing.stop()).toMatchObject({ spans: 0 });
    receiver.misbehaviours.length = 0;
    const again = traced(board, { url: receiver.url });
    await vi.waitFor(() => expect(receiver.spans.length).toBeGreaterThan(10), LONG);
    await again.stop();
    expect(byId(receiver.spans)).toEqual(await wholeOf(board));
  });

  it('is told a refusal as in the thread of the board, and goes on later without loss', async () => {
    const board = await fileBoard();
    receiver.misbehaviours.push({ status: 401 }, { status: 401 });
    const { codes, errors, onError } = failures();
    const waits: ExportProgress['waiting'][] = [];
    const onProgress = ({ waiting }: ExportProgress): void => void waits.push(waiting);
    await work(board, 5);
    const tracing = traced(board, { url: receiver.url, restartMs: 5, onError, onProgress });
    await vi.waitFor(() => expect(receiver.spans.length).toBeGreaterThan(10), LONG);
    const summary = await tracing.stop();
    expect(codes).toEqual(['delivery_failed', 'delivery_failed']);
    expect(errors[0]).toMatchObject({ name: 'QuadroError', details: { status: 401 } });
    expect(summary).toMatchObject({ spans: receiver.spans.length, error: errors[1] });
    expect(waits.at(-1)).toBeNull();
    expect(byId(receiver.spans)).toEqual(await wholeOf(board));
  });

  it('refuses options that no thread can be given, before anything starts', async () => {
    const board = await fileBoard();
    await work(board, 2);
    const { codes, errors, onError } = failures();
    const headers = { key: () => 'secret' } as unknown as Record<string, string>;
    const summary = await traced(board, { url: receiver.url, headers, onError }).stop();
    expect(summary).toMatchObject({ spans: 0, cursor: null, error: { code: 'invalid_configuration' } });
    expect(codes).toEqual(['invalid_configuration, for good']);
    expect(errors[0]?.message).toMatch(/option headers .* thread: false/);
    expect(receiver.requests).toEqual([]);
  });

  it('calls the functions of its caller in the caller’s thread: the meter, the progress, the cursor store', async () => {
    const board = await fileBoard();
    const measured = await measureBoard(board);
    const places: SavedCursor[] = [];
    const cursorStore = {
      load: async () => places.at(-1) ?? null,
      async save(saved: SavedCursor): Promise<undefined> {
        places.push(saved);
        // What nobody asked for may be nothing that a thread could be sent.
        return (() => undefined) as unknown as undefined;
      },
    };
    const told: ExportProgress[] = [];
    const onProgress = (progress: ExportProgress): void => void told.push(progress);
    const meter = measured.exporterMeter('traces');
    const options = { url: receiver.url, batchSize: 20, cursorStore, onProgress, meter };
    const first = traced(board, options);
    await work(board, 20);
    const { spans, cursor } = await first.stop();
    expect(spans).toBe(receiver.spans.length);
    expect(places.at(-1)?.cursor).toEqual(cursor);
    expect(told.at(-1)).toMatchObject({ spans, cursor, lag: 0, waiting: null });
    const { text: exposition } = await measured.metrics();
    await measured.close();
    expect(sampleOf(exposition, 'quadro_exporter_spans_total', { signal: 'traces', result: 'sent' })).toBe(spans);
    expect(sampleOf(exposition, 'quadro_exporter_cursor_sequence', { signal: 'traces' })).toBe(cursor?.events);
    await work(board, 5, 'x');
    await traced(board, options).stop();
    expect(byId(receiver.spans).size).toBe(receiver.spans.length);
    expect(byId(receiver.spans)).toEqual(await wholeOf(board));
  });

  it('is told what a cursor store of its caller refuses with, and its lease holds between two tracings', async () => {
    const board = await fileBoard();
    await work(board, 5);
    const refusal = errorOf('cursor_beyond_log', 'mine', { details: { events: 7 } });
    const broken: CursorStore = { load: () => Promise.reject(refusal), save: () => Promise.reject(refusal) };
    const { codes, errors, onError } = failures();
    const options = { url: receiver.url, restartMs: 5, onError };
    const { error } = await traced(board, { ...options, cursorStore: broken }).stop();
    expect(codes).toEqual(['cursor_beyond_log, for good']);
    expect(errors[0]).toEqual(refusal);
    expect(error).toEqual(refusal);
    const cursorStore = fileCursorStore(join(tempDir(), 'cursor.json'));
    const two = [1, 2].map(() => traced(board, { ...options, cursorStore, leaseSeconds: 0.5 }));
    await vi.waitFor(() => expect(receiver.spans.length).toBeGreaterThan(10), LONG);
    for (const tracing of two) await tracing.stop();
    expect(byId(receiver.spans).size).toBe(receiver.spans.length);
    expect(byId(receiver.spans)).toEqual(await wholeOf(board));
  });

  it('is not broken by functions that throw, or whose promises are rejected', async () => {
    const board = await fileBoard();
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warned.mockRestore());
    const broken = (): never => {
      throw new Error('mine');
    };
    const brokenLater = async (): Promise<void> => broken();
    const { codes, onError } = failures();
    receiver.misbehaviours.push({ status: 401 });
    await work(board, 5);
    const tracing = traced(board, {
      url: receiver.url,
      restartMs: 5,
      onProgress: brokenLater,
      onError(...told) {
        onError(...told);
        return brokenLater();
      },
      meter: { spans: broken, position: broken },
    });
    await vi.waitFor(() => expect(receiver.spans.length).toBeGreaterThan(10), LONG);
    expect(await tracing.stop()).toMatchObject({ spans: receiver.spans.length });
    expect(codes).toEqual(['delivery_failed']);
    expect(byId(receiver.spans)).toEqual(await wholeOf(board));
    expect(warned).toHaveBeenCalledWith('A watcher of the tracing threw: mine');
  });

  it('has the environment of the moment it was asked in', async () => {
    const board = await fileBoard();
    await work(board, 2);
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', new URL(receiver.url).origin);
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'api-key=one');
    vi.stubEnv('OTEL_SERVICE_NAME', 'newsroom');
    const tracing = traced(board);
    vi.unstubAllEnvs();
    await tracing.stop();
    expect(receiver.requests[0]?.headers).toMatchObject({ 'api-key': 'one' });
    expect(receiver.spans[0]?.resource).toMatchObject({ 'service.name': 'newsroom' });
  });

  it('may begin while the board closes, or is closed', async () => {
    const board = await testBoard('', sqlite({ file: join(tempDir(), 'board.db') }));
    await work(board, 2);
    const closing = board.close();
    const whileItCloses = traced(board, { url: receiver.url });
    await closing;
    const tracings = [whileItCloses, traced(board, { url: receiver.url })];
    for (const tracing of tracings) expect(await tracing.stop()).toMatchObject({ error: null });
    expect(byId(receiver.spans).size).toBe(receiver.spans.length);
  });
});
