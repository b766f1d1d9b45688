import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { QuadroError } from '../../board/index.ts';
import { cursorPath, fileCursorStore } from '../../exporters/feed/index.ts';
import { traceBoard } from '../../exporters/otel/index.ts';
import { tempDir } from '../support/temp.ts';
import { type OtlpReceiver, otlpReceiver } from './otlp-receiver.ts';
import { eventsOf, testBoard, work } from './worked-board.ts';

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
    traceBoard(board, { url: receiver.url });
    await work(board, 5);
    await board.close();
    const first = receiver.spans.splice(0);
    expect(first.length).toBeGreaterThan(10);
    const again = await testBoard(file);
    const events = await eventsOf(again);
    const saved = await fileCursorStore(cursorPath(file, 'otlp')).load();
    expect(saved).toMatchObject({ destination: 'otlp', cursor: { events: events.at(-1)?.sequence_id } });
    traceBoard(again, { url: receiver.url });
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
});
