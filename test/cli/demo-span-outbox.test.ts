import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Span, SpanStatusCode } from '@opentelemetry/api';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AgentCalls } from '../../cli/demo/agent-calls.ts';
import { SpanOutbox } from '../../cli/demo/span-outbox.ts';
import { fileSink } from '../../exporters/otel/file-sink.ts';
import { otlpSink } from '../../exporters/otel/otlp-sink.ts';
import { decodeLines, type OtlpReceiver, otlpReceiver } from '../otel/otlp-receiver.ts';
import { tempDir } from '../support/temp.ts';

/** An outbox with a receiver, and a tracer whose spans fall into it. */
async function openOutbox(folder = tempDir()) {
  const receiver = await otlpReceiver();
  onTestFinished(() => receiver.close());
  const file = join(folder, 'spans.ndjson');
  const outbox = new SpanOutbox(fileSink(file), otlpSink({ url: receiver.url, timeoutMs: 60_000 }));
  const tracer = new TracerProvider({ spanProcessors: [outbox] }).getTracer('a test');
  const make = (count: number): void => {
    for (let n = 0; n < count; n++) tracer.startSpan(`span ${n}`).end();
  };
  return { receiver, outbox, file, make, folder, tracer };
}

const idsOf = (spans: readonly { spanId: string }[]): string[] => spans.map(span => span.spanId).toSorted();

function inFile(file: string): string[] {
  return idsOf(decodeLines(readFileSync(file, 'utf8')));
}

const later = (receiver: OtlpReceiver, times: number): void => {
  for (let n = 0; n < times; n++) receiver.misbehaviours.push({ status: 503 });
};

describe("the demo's spans of its workers", () => {
  it('are all in the file and with the receiver at the end, however many, each once', async () => {
    const { receiver, outbox, file, make } = await openOutbox();
    make(300);
    await outbox.forceFlush();
    make(2_000);
    const summary = await outbox.stop();
    expect(summary).toEqual({ spans: 2_300, delivered: 2_300, obstacle: null });
    expect(new Set(idsOf(receiver.spans)).size).toBe(2_300);
    expect(inFile(file)).toEqual(idsOf(receiver.spans));
    expect(Math.max(...receiver.requests.map(request => request.spans))).toBeLessThanOrEqual(512);
  });

  it('wait for a receiver that is away for a while', async () => {
    const { receiver, outbox, file, make } = await openOutbox();
    later(receiver, 2);
    for (let n = 0; n < 3; n++) {
      make(10);
      await outbox.forceFlush();
    }
    while (receiver.requests.length < 2) {
      await outbox.forceFlush();
      await setImmediate();
    }
    expect(await outbox.stop()).toEqual({ spans: 30, delivered: 30, obstacle: null });
    expect(inFile(file)).toEqual(idsOf(receiver.spans));
  });

  it.each([
    ['is away at the end', { status: 503 }, 0, /answered 503/],
    ['will not have them', { status: 400, body: 'no thanks' }, 0, /answered 400 .*no thanks/],
    ['wants less', { status: 413 }, 0, /answered 413/],
    [
      'rejects some',
      { status: 200, body: '{"partialSuccess":{"rejectedSpans":"3","errorMessage":"old"}}' },
      7,
      /^old$/,
    ],
  ])('are in the file where the receiver %s, and it says why', async (_, misbehaviour, delivered, reason) => {
    const { receiver, outbox, file, make } = await openOutbox();
    receiver.misbehaviours.push(misbehaviour, misbehaviour, misbehaviour);
    make(10);
    const summary = await outbox.stop();
    expect(summary).toMatchObject({ spans: 10, delivered, obstacle: expect.stringMatching(reason) });
    expect(inFile(file)).toHaveLength(10);
  });

  it('are in the file where the receiver never answers, and the end does not wait for it', async () => {
    const { receiver, outbox, file, make } = await openOutbox();
    receiver.misbehaviours.push('hang');
    make(10);
    await outbox.forceFlush();
    make(10);
    // The receiver's own time limit is a minute.
    expect(await outbox.stop()).toEqual({ spans: 20, delivered: 0, obstacle: 'it was too slow' });
    expect(inFile(file)).toHaveLength(20);
  });

  it('that cannot be written are a failure that names the file; the receiver has them all the same', async () => {
    const folder = join(tempDir(), 'nowhere');
    const { receiver, outbox, file, make } = await openOutbox(folder);
    make(10);
    await expect(outbox.stop()).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringContaining(file),
    });
    expect(receiver.spans).toHaveLength(10);
    expect(existsSync(folder)).toBe(false);
  });

  it('are an empty file where none was made, and nothing is left beside it', async () => {
    const { outbox, file, folder } = await openOutbox();
    expect(await outbox.stop()).toEqual({ spans: 0, delivered: 0, obstacle: null });
    expect(readdirSync(folder)).toEqual(['spans.ndjson']);
    expect(readFileSync(file, 'utf8')).toBe('');
  });
});

describe("the demo's calls", () => {
  it('take the time of the clock they are given, to the microsecond', async () => {
    const { outbox, file, tracer } = await openOutbox();
    let now = 1_795_260_466_556_904;
    const calls = new AgentCalls(tracer, () => now);
    const call = { model: 'm', inputTokens: 1, outputTokens: 2 };
    await calls.chat(call, async () => {
      now += 1_000_001;
    });
    await outbox.stop();
    const [span] = decodeLines(readFileSync(file, 'utf8'));
    expect([span?.start, span?.end]).toEqual([1_795_260_466_556_904_000n, 1_795_260_467_556_905_000n]);
  });

  it('that fail say so and how, and fail as they did', async () => {
    const ended: Span[] = [];
    const { tracer } = await openOutbox();
    const noting = { ...tracer, startSpan: (name: string) => track(tracer.startSpan(name)) } as typeof tracer;
    function track(span: Span): Span {
      ended.push(span);
      return span;
    }
    const calls = new AgentCalls(noting, () => 1);
    const failure = Object.assign(new Error('gone'), { code: '502' });
    await expect(calls.executeTool('t', () => Promise.reject(failure))).rejects.toBe(failure);
    await expect(calls.executeTool('t', () => Promise.reject(new TypeError('odd')))).rejects.toThrow('odd');
    const told = { status: { code: SpanStatusCode.ERROR, message: 'gone' }, attributes: { 'error.type': '502' } };
    expect(ended).toMatchObject([told, { attributes: { 'error.type': 'TypeError' } }]);
    expect(ended.map(span => span.isRecording())).toEqual([false, false]);
  });
});
