import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { QuadroError } from '../../board/index.ts';
import { cursorPath, fileCursorStore } from '../../exporters/feed/index.ts';
import { destinationOf, traceBoard } from '../../exporters/otel/index.ts';
import { tempDir } from '../support/temp.ts';
import { byId } from './killed-exporter.ts';
import { logOf } from './log-of.ts';
import { decodeLines, type OtlpReceiver, otlpReceiver } from './otlp-receiver.ts';
import { eventsOf, testBoard, work } from './worked-board.ts';

/** All the time in the world to send what is left. */
const PATIENT = { stopWithinMs: 100_000 } as const;

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await otlpReceiver();
});
afterEach(() => receiver.close());

describe('traceBoard', () => {
  it('sends what the board commits, and what is left when it stops', async () => {
    const board = await testBoard();
    const tracing = traceBoard(board, { url: receiver.url });
    await work(board, 10);
    const summary = await tracing.stop();
    const stages = receiver.spans.filter(span => span.name.startsWith('stage'));
    const closed = (await eventsOf(board)).filter(event => event.edge !== null && event.edge !== 'post');
    expect(stages).toHaveLength(closed.length);
    expect(summary).toMatchObject({ spans: receiver.spans.length, error: null });
    expect(await tracing.stop()).toBe(summary);
    await board.close();
  });

  it('keeps its cursor beside a board in a file, and is stopped by the board that closes', async () => {
    const file = join(tempDir(), 'board.db');
    const board = await testBoard(file);
    traceBoard(board, { url: receiver.url, ...PATIENT });
    await work(board, 5);
    await board.close();
    const first = receiver.spans.splice(0);
    expect(first.length).toBeGreaterThan(10);
    const again = await testBoard(file);
    const events = await eventsOf(again);
    const saved = await fileCursorStore(cursorPath(file, destinationOf(receiver))).load();
    expect(saved).toMatchObject({
      destination: destinationOf(receiver),
      cursor: { events: events.at(-1)?.sequence_id },
    });
    traceBoard(again, { url: receiver.url, ...PATIENT });
    await again.close();
    expect(receiver.spans).toEqual([]);
  });

  it('never fails or holds up the board: a refusal is told, and it goes on later without loss', async () => {
    const board = await testBoard();
    const errors: QuadroError[] = [];
    receiver.misbehaviours.push({ status: 401 }, { status: 401 });
    const tracing = traceBoard(board, { url: receiver.url, restartMs: 5, onError: error => errors.push(error) });
    await work(board, 5);
    await vi.waitFor(() => expect(receiver.spans.length).toBeGreaterThan(10));
    const summary = await tracing.stop();
    expect(errors.map(error => error.code)).toEqual(['delivery_failed', 'delivery_failed']);
    expect(summary).toMatchObject({ spans: receiver.spans.length, error: errors[1] });
    const closed = (await eventsOf(board)).filter(event => event.edge !== null && event.edge !== 'post');
    expect(receiver.spans.filter(span => span.name.startsWith('stage'))).toHaveLength(closed.length);
    await board.close();
  });

  it('warns once of spans that are refused, where nobody counts them', async () => {
    const board = await testBoard();
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warned.mockRestore());
    const body = JSON.stringify({ partialSuccess: { rejectedSpans: 1, errorMessage: 'too old' } });
    receiver.judge = () => ({ status: 200, body });
    const options = { url: receiver.url, batchSize: 5 };
    await work(board, 5);
    expect((await traceBoard(board, options).stop()).rejected).toBeGreaterThan(1);
    expect(warned.mock.calls.map(([said]) => String(said))).toEqual([
      'The receiver rejects spans (too old); onProgress and the metrics count them',
    ]);
    await traceBoard(board, { ...options, onProgress: () => undefined }).stop();
    expect(warned).toHaveBeenCalledTimes(1);
    await board.close();
  });

  it('lets a board close while its collector is gone', async () => {
    const board = await testBoard();
    const { url } = receiver;
    await receiver.close();
    const tracing = traceBoard(board, { url, stopWithinMs: 100 });
    await work(board, 2);
    await board.close();
    expect(await tracing.stop()).toMatchObject({ spans: 0, error: null });
  });

  it('ends on what cannot get better, without a word to the board', async () => {
    const board = await testBoard();
    const errors: QuadroError[] = [];
    const onError = (error: QuadroError): void => {
      errors.push(error);
      throw new Error('mine');
    };
    const tracing = traceBoard(board, { url: 'ftp://nowhere', onError });
    await work(board, 1);
    expect(await tracing.stop()).toMatchObject({ spans: 0, cursor: null, error: { code: 'invalid_configuration' } });
    expect(errors).toHaveLength(1);
    await board.close();
  });

  it.each([true, false])(
    'sets aside what the receiver refuses for itself, beside the board (thread: %s)',
    async thread => {
      const file = join(tempDir(), 'board.db');
      const board = await testBoard(file);
      receiver.judge = spans => (spans.some(span => span.name === 'stage APPROVED') ? { status: 400 } : undefined);
      const tracing = traceBoard(board, { url: receiver.url, thread, ...PATIENT });
      await work(board, 2);
      const summary = await tracing.stop();
      const path = cursorPath(file, destinationOf(receiver)).replace(/json$/, 'dead-letter.ndjson');
      const refused = decodeLines(readFileSync(path, 'utf8'));
      expect(refused.map(span => span.name)).toEqual(['stage APPROVED', 'stage APPROVED']);
      expect(summary).toMatchObject({ spans: byId(receiver.spans).size, dead_lettered: 2, error: null });
      await board.close();
    },
  );
});

describe("traceBoard in the board's thread", () => {
  it('is so where it is asked for, and sends the same', async () => {
    const board = await testBoard(join(tempDir(), 'board.db'));
    const reads = vi.spyOn(board.backend, 'readEvents');
    const elsewhere = await otlpReceiver();
    traceBoard(board, { url: elsewhere.url, ...PATIENT });
    await work(board, 5);
    expect(reads).not.toHaveBeenCalled();
    traceBoard(board, { url: receiver.url, thread: false, ...PATIENT });
    await board.close();
    expect(reads).toHaveBeenCalled();
    await elsewhere.close();
    expect(byId(receiver.spans)).toEqual(byId(elsewhere.spans));
  });

  it('hands an exporter of the caller every span, and shuts it down', async () => {
    const board = await testBoard(join(tempDir(), 'board.db'));
    const names: string[] = [];
    const exporter = {
      export: (spans: ReadableSpan[], done: (result: ExportResult) => void) => {
        names.push(...spans.map(span => span.name));
        done({ code: ExportResultCode.SUCCESS });
      },
      shutdown: vi.fn(() => Promise.resolve()),
    };
    const tracing = traceBoard(board, { exporter });
    await work(board, 3);
    expect(await tracing.stop()).toMatchObject({ spans: names.length, error: null });
    expect(names.length).toBeGreaterThan(5);
    expect(exporter.shutdown).toHaveBeenCalledTimes(1);
    await board.close();
  });

  it('takes any log, that of a board somewhere else say', async () => {
    const board = await testBoard(join(tempDir(), 'board.db'));
    await work(board, 3);
    const summary = await traceBoard(logOf(board), { url: receiver.url }).stop();
    expect(summary).toMatchObject({ spans: receiver.spans.length, error: null });
    expect(receiver.spans.length).toBeGreaterThan(5);
    await board.close();
  });

  it('lets a board close whose tracing waits for what never answers, and says so', async () => {
    const board = await testBoard();
    const never = new Promise<never>(() => undefined);
    const cursorStore = { load: () => never, save: () => never };
    const exporter = { export: () => undefined, shutdown: () => never };
    const errors: QuadroError[] = [];
    const common = { stopWithinMs: 10, onError: (error: QuadroError): void => void errors.push(error) };
    const tracings = [
      traceBoard(board, { ...common, url: receiver.url, cursorStore }),
      traceBoard(board, { ...common, exporter }),
    ];
    await work(board, 1);
    await board.close();
    const [waiting, exporting] = await Promise.all(tracings.map(tracing => tracing.stop()));
    expect(waiting).toMatchObject({ spans: 0, cursor: null, error: { code: 'delivery_failed' } });
    // It was cut off in time; its exporter then never ended.
    expect(exporting).toMatchObject({ spans: 0, error: null });
    expect(errors.map(({ code }) => code)).toEqual(['delivery_failed', 'delivery_failed']);
  });
});
