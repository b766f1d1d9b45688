import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Board } from '../../board/index.ts';
import { fileCursorStore } from '../../exporters/feed/index.ts';
import { exportSpans } from '../../exporters/otel/index.ts';
import { measureBoard } from '../../exporters/prometheus/index.ts';
import { sampleOf } from '../support/exposition.ts';
import { tempDir } from '../support/temp.ts';
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

/** A varint of protobuf, negative numbers as their two's complement in 64 bits. */
function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

/** An ExportTraceServiceResponse: partial_success (1) of rejected_spans (1) and error_message (2). */
function partialSuccess(rejected: bigint, message: string): Uint8Array {
  const text = Buffer.from(message);
  const inner = [0x08, ...varint(rejected), 0x12, text.length, ...text];
  return Uint8Array.of(0x0a, inner.length, ...inner);
}

describe('a partial success', () => {
  const said = { partialSuccess: { rejectedSpans: '3', errorMessage: 'too old' } };
  it.each([
    ['http/json', JSON.stringify(said)],
    ['http/json', JSON.stringify({ partialSuccess: { rejectedSpans: 3, errorMessage: 'too old' } })],
    ['http/protobuf', partialSuccess(3n, 'too old')],
  ] as const)('is seen in %s', async (protocol, body) => {
    receiver.misbehaviours.push({ status: 200, body });
    const summary = await exportSpans(board, { ...once, url: receiver.url, protocol });
    expect(summary).toMatchObject({ rejected: 3, rejected_message: 'too old', retries: 0 });
    expect(summary.spans).toBe(receiver.spans.length);
  });

  it('is seen in the encoding that the answer says it has', async () => {
    const headers = { 'content-type': 'application/json' };
    receiver.misbehaviours.push({ status: 200, headers, body: JSON.stringify(said) });
    const summary = await exportSpans(board, { ...once, url: receiver.url, protocol: 'http/protobuf' });
    expect(summary).toMatchObject({ rejected: 3, rejected_message: 'too old' });
  });

  it('may be a warning alone', async () => {
    receiver.misbehaviours.push({ status: 200, body: JSON.stringify({ partialSuccess: { errorMessage: 'soon' } }) });
    const summary = await exportSpans(board, { ...once, url: receiver.url });
    expect(summary).toMatchObject({ rejected: 0, rejected_message: 'soon' });
  });

  it.each([
    ['http/json', '{"partialSuccess":{"rejectedSpans":"99999999"}}', 'all'],
    ['http/protobuf', partialSuccess(99_999_999n, ''), 'all'],
    ['http/json', '{"partialSuccess":{"rejectedSpans":1e400}}', 'none'],
    ['http/json', '{"partialSuccess":{"rejectedSpans":"-4"}}', 'none'],
    ['http/protobuf', partialSuccess(-4n, ''), 'none'],
    ['http/json', '{"partialSuccess":{"rejectedSpans":"many","errorMessage":{"a":1}}}', 'none'],
    ['http/json', '{"partialSuccess":[7]}', 'none'],
    ['http/json', '{"partialSuccess":null}', 'none'],
    ['http/json', 'null', 'none'],
    ['http/json', '<html>OK</html>', 'none'],
    ['http/protobuf', '<html>OK</html>', 'none'],
    ['http/protobuf', partialSuccess(3n, 'cut').slice(0, 5), 'none'],
  ] as const)('that is nonsense in %s, %s, makes no count negative: %s are rejected', async (protocol, body, which) => {
    const measured = await measureBoard(board);
    receiver.misbehaviours.push({ status: 200, body });
    const meter = measured.exporterMeter('traces');
    const summary = await exportSpans(board, { ...once, url: receiver.url, protocol, meter });
    const { text } = await measured.metrics();
    await measured.close();
    const resultOf = (result: string) => sampleOf(text, 'quadro_exporter_spans_total', { signal: 'traces', result });
    const rejected = which === 'all' ? summary.spans : 0;
    expect(summary).toMatchObject({ rejected, rejected_message: null });
    expect(['sent', 'rejected'].map(resultOf)).toEqual([summary.spans - rejected, rejected]);
  });

  it('of a batch that is stopped half-way is not counted: the batch will be sent again', async () => {
    const stop = new AbortController();
    receiver.misbehaviours.push({ status: 413 }, { status: 200, body: JSON.stringify(said) }, 'hang');
    receiver.onRequest = () => void (receiver.requests.length === 3 && stop.abort());
    const options = { ...once, url: receiver.url, signal: stop.signal, closeDeadlineMs: 0 };
    expect(await exportSpans(board, options)).toMatchObject({ spans: 0, rejected: 0, cursor: { events: 0 } });
  });
});

describe('a web page instead of an answer', () => {
  const page = { 'content-type': 'text/html; charset=utf-8' };

  it.each(['http/json', 'http/protobuf'] as const)('is no success in %s, whatever its status', async protocol => {
    const store = fileCursorStore(join(tempDir(), 'cursor.json'));
    receiver.judge = () => ({ status: 200, headers: page, body: '\n<!doctype html><title>Jaeger UI</title>' });
    const refused = exportSpans(board, { ...once, url: receiver.url, protocol, cursorStore: store });
    await expect(refused).rejects.toMatchObject({
      code: 'delivery_failed',
      message: expect.stringMatching(/answered 200 with a web page.*4318.*\/v1\/traces/),
    });
    expect(await store.load()).toBeNull();
  });

  it('is not what says nothing, of whatever type a server makes that', async () => {
    receiver.misbehaviours.push({ status: 200, headers: page, body: '' });
    const summary = await exportSpans(board, { ...once, url: receiver.url });
    expect(summary.spans).toBe(receiver.spans.length);
  });
});

describe('what does not answer in HTTP', () => {
  it('is told with the port that does: a collector speaks gRPC at another', async () => {
    // A server of HTTP/2 begins with its settings, whatever it is sent.
    const settings = Buffer.from('000006040000000000000400100000', 'hex');
    const grpc = createServer(
      socket =>
        void socket
          .on('error', () => undefined)
          .resume()
          .write(settings),
    );
    await new Promise<void>(resolve => grpc.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void grpc.close());
    const url = `http://127.0.0.1:${(grpc.address() as AddressInfo).port}`;
    await expect(exportSpans(board, { ...once, url })).rejects.toMatchObject({
      code: 'delivery_failed',
      message: expect.stringMatching(/does not answer in HTTP \(.*4318.*gRPC/),
    });
  });
});

describe('an answer that refuses', () => {
  it.each([
    [401, /OTEL_EXPORTER_OTLP_HEADERS/],
    [404, /\/v1\/traces/],
    [415, /OTEL_EXPORTER_OTLP_PROTOCOL/],
    [400, /look at its log/],
    [500, /log/],
  ])('by %i ends the export with what to do, the cursor before the refused spans', async (status, advice) => {
    const store = fileCursorStore(join(tempDir(), 'cursor.json'));
    await exportSpans(board, { ...once, url: receiver.url, cursorStore: store });
    const before = await store.load();
    await work(board, 1, 'later');
    receiver.misbehaviours.push({ status, body: 'no\nway' });
    const refused = exportSpans(board, { ...once, url: receiver.url, cursorStore: store });
    await expect(refused).rejects.toMatchObject({ code: 'delivery_failed', message: expect.stringMatching(advice) });
    await expect(refused).rejects.toThrow(/no way/);
    expect(await store.load()).toEqual(before);
  });

  it('by 415 what came compressed is told to come plain', async () => {
    receiver.misbehaviours.push({ status: 415 });
    const refused = exportSpans(board, { ...once, url: receiver.url, compression: 'gzip' });
    await expect(refused).rejects.toThrow(/without compression \(OTEL_EXPORTER_OTLP_COMPRESSION\)/);
  });

  it('halves a request that is too large, down to a single span', async () => {
    receiver.misbehaviours.push({ status: 413 }, { status: 413 });
    const summary = await exportSpans(board, { ...once, url: receiver.url });
    expect(receiver.spans).toHaveLength(summary.spans);
    expect(new Set(receiver.spans.map(keyOf)).size).toBe(summary.spans);
    receiver.misbehaviours.push(...Array.from({ length: 10 }, () => ({ status: 413 })));
    await expect(exportSpans(board, { ...once, url: receiver.url })).rejects.toThrow(/request size limit/);
  });

  it('tells its words on one line, without what a terminal would obey', async () => {
    // A Status of protobuf: code (1) = 3, message (2).
    const message = Buffer.from('bad\u001b[2J attribute\r\n');
    const body = Uint8Array.of(0x08, 0x03, 0x12, message.length, ...message);
    receiver.misbehaviours.push({ status: 400, body });
    const refused = exportSpans(board, { ...once, url: receiver.url, protocol: 'http/protobuf' });
    await expect(refused).rejects.toThrow(/answered 400 \(bad \[2J attribute\): /);
  });

  it('before it has read the whole request is heard', async () => {
    const answer = 'HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
    let isFirst = true;
    const early = createServer(socket => {
      socket.on('error', () => undefined);
      const rest = connect(Number(new URL(receiver.url).port), '127.0.0.1');
      rest.on('error', () => undefined);
      if (isFirst) socket.once('data', () => socket.end(answer));
      else socket.pipe(rest).pipe(socket);
      isFirst = false;
    });
    await new Promise<void>(resolve => early.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(early.address() as AddressInfo).port}/v1/traces`;
    const summary = await exportSpans(board, { ...once, url });
    expect(summary.spans).toBe(receiver.spans.length);
    expect(receiver.requests.length).toBeGreaterThan(1);
    await new Promise(resolve => early.close(resolve));
  });
});
