import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cursorPath, fileCursorStore } from '../../exporters/feed/index.ts';
import { destinationOf, exportSpans } from '../../exporters/otel/index.ts';
import { tempDir } from '../support/temp.ts';
import { byId, exportKilled } from './killed-exporter.ts';
import { type OtlpReceiver, otlpReceiver } from './otlp-receiver.ts';
import { testBoard, work } from './worked-board.ts';

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await otlpReceiver();
});
afterEach(() => receiver.close());

describe('an exporter process that is killed half-way and started again', () => {
  it('ends with the same spans as one that was not, repeats being equal', async () => {
    const file = join(tempDir(), 'board.db');
    const board = await testBoard(file);
    await work(board, 60);
    await exportSpans(board, { url: receiver.url, follow: false });
    const whole = byId(receiver.spans.splice(0));

    await exportKilled(file, receiver, [80, 200]);
    const saved = await fileCursorStore(cursorPath(file, destinationOf(receiver))).load();
    expect(saved?.cursor.events).toBe((await board.board()).next_sequence_id - 1);
    for (const span of receiver.spans) expect(span).toEqual(whole.get(`${span.traceId} ${span.spanId}`));
    expect(byId(receiver.spans)).toEqual(whole);
    // The second and third began where the one before had left off, not at the start.
    expect(receiver.spans.length).toBeLessThan(1.5 * whole.size);
    await board.close();
  });
});
