import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Board } from '../../board/index.ts';
import { type ExportProgress, exportSpans } from '../../exporters/otel/index.ts';
import { retryAfterMs } from '../../exporters/otel/retry-after.ts';
import { byId } from './killed-exporter.ts';
import { type OtlpReceiver, otlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';
import { testBoard, work } from './worked-board.ts';

let board: Board;
let receiver: OtlpReceiver;
beforeEach(async () => {
  board = await testBoard();
  await work(board, 20);
  receiver = await otlpReceiver();
});
afterEach(async () => {
  await receiver.close();
  await board.close();
});

const once = { follow: false, firstRetryMs: 5 } as const;
const keyOf = ({ traceId, spanId }: ReceivedSpan): string => `${traceId} ${spanId}`;

/** Time that passes as soon as somebody waits for it. */
function simulatedTime() {
  const time = {
    now: 0,
    waits: [] as number[],
    wait: async (ms: number): Promise<void> => {
      time.now += ms;
      time.waits.push(ms);
    },
  };
  return time;
}

describe('a receiver that is away for a while', () => {
  it.each([503, 502, 504, 429])('loses nothing to a receiver that answers %i for a while', async status => {
    receiver.misbehaviours.push({ status }, { status }, { status });
    const summary = await exportSpans(board, { ...once, url: receiver.url, batchSize: 20 });
    expect(summary.retries).toBe(3);
    expect(receiver.spans).toHaveLength(summary.spans);
    expect(new Set(receiver.spans.map(keyOf)).size).toBe(summary.spans);
  });

  it('loses nothing to dropped connections, time-outs and a receiver that starts late', async () => {
    receiver.misbehaviours.push('drop', 'hang', 'drop');
    const options = { ...once, url: receiver.url, timeoutMs: 300 };
    expect(await exportSpans(board, options)).toMatchObject({ retries: 3, rejected: 0 });
    const whole = receiver.spans.splice(0);
    const port = Number(new URL(receiver.url).port);
    await receiver.close();
    const late = exportSpans(board, options);
    await new Promise(resolve => setTimeout(resolve, 100));
    receiver = await otlpReceiver(port);
    expect((await late).retries).toBeGreaterThan(0);
    expect(receiver.spans).toEqual(whole);
  });

  it('for ten minutes gets every span once it is back, and was asked ever more seldom', async () => {
    const time = simulatedTime();
    receiver.judge = () => (time.now < 600_000 ? { status: 503 } : undefined);
    const told: ExportProgress[] = [];
    const onProgress = (progress: ExportProgress) => void told.push(progress);
    const summary = await exportSpans(board, { follow: false, url: receiver.url, wait: time.wait, onProgress });
    expect(receiver.spans).toHaveLength(summary.spans);
    expect(new Set(receiver.spans.map(keyOf)).size).toBe(summary.spans);

    expect(summary.retries).toBe(time.waits.length);
    expect(told.map(progress => progress.waiting?.retryInMs ?? null)).toEqual([...time.waits, null]);
    expect(told.at(-2)?.retries).toBe(summary.retries);
    const longest = time.waits.map((_, attempt) => Math.min(500 * 2 ** attempt, 30_000));
    for (const [attempt, waited] of time.waits.entries()) {
      expect(waited / (longest[attempt] ?? 0)).toBeGreaterThanOrEqual(0.75);
      expect(waited / (longest[attempt] ?? 0)).toBeLessThanOrEqual(1.25);
    }
    expect(new Set(time.waits.slice(-10)).size).toBeGreaterThan(5);
  });

  it('is given up after giveUpAfterMs of that time, where it is asked', async () => {
    const time = simulatedTime();
    receiver.judge = () => ({ status: 503 });
    const options = { follow: false, url: receiver.url, wait: time.wait, giveUpAfterMs: 300_000 };
    const gaveUp = exportSpans(board, options);
    await expect(gaveUp).rejects.toMatchObject({
      code: 'delivery_failed',
      message: expect.stringMatching(/300000 ms/),
    });
    expect(time.now).toBeGreaterThan(250_000);
    expect(time.now).toBeLessThan(300_000);
  });

  it('is given up at once where it asks for more than that, which is said', async () => {
    const time = simulatedTime();
    receiver.judge = () => ({ status: 503, headers: { 'retry-after': '301' } });
    const options = { follow: false, url: receiver.url, wait: time.wait, giveUpAfterMs: 300_000 };
    await expect(exportSpans(board, options)).rejects.toThrow(/Gave up within 300000 ms: .* 503, and asks for 301 s$/);
    expect(time.now).toBe(0);
  });

  it('is given up after as long without an answer, not after as long in all', async () => {
    const time = simulatedTime();
    let count = 0;
    receiver.judge = () => {
      count += 1;
      return count % 2 === 1 ? { status: 503 } : undefined;
    };
    const options = { follow: false, url: receiver.url, wait: time.wait, giveUpAfterMs: 2_000, batchSize: 5 };
    const summary = await exportSpans(board, options);
    expect(time.now).toBeGreaterThan(5_000);
    expect(receiver.spans).toHaveLength(summary.spans);
  });

  it('is left as soon as the signal aborts', async () => {
    const stop = new AbortController();
    receiver.judge = () => ({ status: 503, headers: { 'retry-after': '3000' } });
    const onProgress = () => stop.abort();
    const summary = await exportSpans(board, { url: receiver.url, signal: stop.signal, onProgress });
    expect(summary).toMatchObject({ spans: 0, retries: 1, cursor: { events: 0 } });
  });
});

describe('Retry-After', () => {
  it('waits until the date that Retry-After gives', async () => {
    const until = Math.ceil(Date.now() / 1000) * 1000 + 1000;
    receiver.misbehaviours.push({ status: 503, headers: { 'retry-after': new Date(until).toUTCString() } });
    const { retries } = await exportSpans(board, { ...once, url: receiver.url });
    expect(retries).toBe(1);
    expect(receiver.requests[1]?.at).toBeGreaterThanOrEqual(until - 10);
  });

  it('waits as long as Retry-After asks', async () => {
    receiver.misbehaviours.push({ status: 429, headers: { 'retry-after': '1' } });
    const waits: number[] = [];
    const onProgress = ({ waiting }: ExportProgress) => void (waiting && waits.push(waiting.retryInMs));
    await exportSpans(board, { ...once, url: receiver.url, onProgress });
    const [first, second] = receiver.requests;
    expect(waits).toEqual([1000]);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('of days is an hour, and another one where the receiver says so again', async () => {
    const time = simulatedTime();
    const headers = { 'retry-after': '864000' };
    receiver.misbehaviours.push({ status: 503, headers }, { status: 503, headers });
    await exportSpans(board, { ...once, url: receiver.url, wait: time.wait });
    expect(time.waits).toEqual([3_600_000, 3_600_000]);
  });

  const now = Date.parse('Sun, 06 Nov 1994 08:49:37 GMT');
  it.each([
    ['120', 120_000],
    [' 7 ', 7_000],
    ['0', 0],
    ['1.5', 1_500],
    ['9'.repeat(400), 3_600_000],
    ['Sun, 06 Nov 1994 08:50:37 GMT', 60_000],
    ['Sunday, 06-Nov-94 08:50:37 GMT', 60_000],
    ['Sun Nov  6 08:50:37 1994', 60_000],
    ['Sun, 06 Nov 1994 07:00:00 GMT', 0],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 3_600_000],
    ['-5', undefined],
    ['soon', undefined],
    ['Sunday, perhaps', undefined],
    ['', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
  ])('"%s" asks for %s ms', (text, ms) => {
    expect(retryAfterMs({ 'retry-after': text }, now)).toBe(ms);
  });

  it("is a date by the receiver's own clock, whatever the sender's says", () => {
    const headers = { 'retry-after': 'Sun, 06 Nov 1994 08:50:37 GMT', date: 'Sun, 06 Nov 1994 08:50:27 GMT' };
    expect(retryAfterMs(headers, now + 86_400_000)).toBe(10_000);
    expect(retryAfterMs(headers, now - 86_400_000)).toBe(10_000);
    expect(retryAfterMs({ ...headers, date: 'nonsense' }, now)).toBe(60_000);
  });

  it('that is nonsense leaves the wait to the exporter', async () => {
    const time = simulatedTime();
    receiver.misbehaviours.push({ status: 503, headers: { 'retry-after': 'tomorrow, or so' } });
    await exportSpans(board, { ...once, url: receiver.url, wait: time.wait });
    expect(time.waits).toHaveLength(1);
    expect(time.waits[0]).toBeLessThan(10);
  });
});

describe('a connection that breaks', () => {
  it.each([
    ['http/json', '{"partialSuccess":{}}'],
    ['http/protobuf', Uint8Array.of(0x0a, 0x02, 0x08, 0x00)],
  ] as const)('in the middle of a 200 in %s: sent again, for its end may have said more', async (protocol, body) => {
    receiver.misbehaviours.push({ status: 200, body, isCut: true });
    const summary = await exportSpans(board, { ...once, url: receiver.url, protocol });
    expect(summary).toMatchObject({ retries: 1, rejected: 0 });
    expect(receiver.spans).toHaveLength(2 * summary.spans);
    const [first, second] = [receiver.spans.slice(0, summary.spans), receiver.spans.slice(summary.spans)];
    expect(second).toEqual(first);
  });

  it('right after the head of a 200: sent again', async () => {
    receiver.misbehaviours.push({ status: 200, body: '', isCut: true });
    const summary = await exportSpans(board, { ...once, url: receiver.url });
    expect(summary.retries).toBe(1);
    expect(byId(receiver.spans).size).toBe(summary.spans);
  });

  it('in the middle of a 413 or a 401: the status has said enough', async () => {
    receiver.misbehaviours.push({ status: 413, body: 'too mu', isCut: true });
    const summary = await exportSpans(board, { ...once, url: receiver.url });
    expect(summary).toMatchObject({ retries: 0, spans: receiver.spans.length });
    expect(receiver.requests).toHaveLength(3);
    receiver.misbehaviours.push({ status: 401, body: 'who are y', isCut: true });
    const refused = exportSpans(board, { ...once, url: receiver.url });
    await expect(refused).rejects.toMatchObject({ code: 'delivery_failed', details: { status: 401 } });
  });

  it('by a reset, before an answer or within one that was to be repeated: sent again', async () => {
    receiver.misbehaviours.push('reset', { status: 503, body: 'no', isCut: true }, 'reset', 'drop');
    const summary = await exportSpans(board, { ...once, url: receiver.url });
    expect(summary.spans).toBe(receiver.spans.length);
    expect(summary.retries).toBe(4);
  });

  it('between two requests, as an idle one does: sent again at once, which is no retry', async () => {
    const misbehave = { 2: 'drop', 4: 'reset' } as const;
    receiver.onRequest = () => {
      const misbehaviour = misbehave[receiver.requests.length as keyof typeof misbehave];
      if (misbehaviour !== undefined) receiver.misbehaviours.push(misbehaviour);
    };
    const time = simulatedTime();
    const summary = await exportSpans(board, { ...once, url: receiver.url, batchSize: 30, wait: time.wait });
    expect(summary).toMatchObject({ spans: receiver.spans.length, retries: 0 });
    expect(time.waits).toEqual([]);
    const ports = receiver.requests.map(({ port }) => port);
    expect(ports[1]).toBe(ports[0]);
    expect(ports[2]).not.toBe(ports[1]);
    expect(ports[3]).toBe(ports[2]);
    expect(ports[4]).not.toBe(ports[3]);
  });

  it('whenever it is used again: every batch on a new one, none without end', async () => {
    const used = new Set<number | undefined>();
    receiver.judge = () => {
      const port = receiver.requests.at(-1)?.port;
      if (used.has(port)) return 'reset';
      used.add(port);
      return undefined;
    };
    const summary = await exportSpans(board, { ...once, url: receiver.url, batchSize: 30 });
    expect(summary).toMatchObject({ spans: receiver.spans.length, retries: 0 });
    expect(byId(receiver.spans).size).toBe(summary.spans);
  });
});

describe('an answer that comes slowly', () => {
  it('is waited for within timeoutMs, to its last byte', async () => {
    const body = JSON.stringify({ partialSuccess: { rejectedSpans: '1' } });
    receiver.misbehaviours.push({ status: 200, body, dripMs: 3 });
    expect(await exportSpans(board, { ...once, url: receiver.url })).toMatchObject({ rejected: 1, retries: 0 });
  });

  it('and beyond it is cut off, and the spans are sent again', async () => {
    receiver.misbehaviours.push({ status: 200, body: ' '.repeat(100), dripMs: 20 });
    const summary = await exportSpans(board, { ...once, url: receiver.url, timeoutMs: 200 });
    expect(summary).toMatchObject({ retries: 1, rejected: 0 });
    expect(byId(receiver.spans).size).toBe(summary.spans);
  });
});
