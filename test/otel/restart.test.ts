import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cursorPath, fileCursorStore } from '../../exporters/feed/index.ts';
import { exportSpans } from '../../exporters/otel/index.ts';
import { tempDir } from '../support/temp.ts';
import { type OtlpReceiver, otlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';
import { testBoard, work } from './worked-board.ts';

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await otlpReceiver();
});
afterEach(() => receiver.close());

const children: ChildProcess[] = [];
function exporter(file: string): ChildProcess {
  const script = join(import.meta.dirname, 'export-child.ts');
  const child = spawn(process.execPath, [script, file, receiver.url], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

const byId = (spans: readonly ReceivedSpan[]): Map<string, ReceivedSpan> =>
  new Map(spans.map(span => [`${span.traceId} ${span.spanId}`, span]));

describe('an exporter process that is killed half-way and started again', () => {
  it('ends with the same spans as one that was not, repeats being equal', async () => {
    const file = join(tempDir(), 'board.db');
    const board = await testBoard(file);
    await work(board, 60);
    await exportSpans(board, { url: receiver.url, follow: false });
    const whole = byId(receiver.spans.splice(0));

    for (const killAt of [80, 200]) {
      const victim = exporter(file);
      receiver.onRequest = taken => void (taken >= killAt && victim.kill('SIGKILL'));
      const [code, signal] = await once(victim, 'exit');
      expect([code, signal]).toEqual([null, 'SIGKILL']);
    }
    receiver.onRequest = () => {};
    expect(byId(receiver.spans).size).toBeLessThan(whole.size);
    const saved = await fileCursorStore(cursorPath(file, 'otlp')).load();
    expect(saved?.cursor.events).toBeGreaterThan(0);

    const [code] = await once(exporter(file), 'exit');
    expect(code).toBe(0);
    for (const span of receiver.spans) expect(span).toEqual(whole.get(`${span.traceId} ${span.spanId}`));
    expect(byId(receiver.spans)).toEqual(whole);
    // The second and third began where the one before had left off, not at the start.
    expect(receiver.spans.length).toBeLessThan(1.5 * whole.size);
    await board.close();
  });
});
