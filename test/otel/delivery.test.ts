import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { InMemorySpanExporter, type SpanExporter } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Board } from '../../board/index.ts';
import { cursorPath, fileCursorStore } from '../../exporters/feed/index.ts';
import { type ExportProgress, exportSpans, writeSpans } from '../../exporters/otel/index.ts';
import { measureBoard } from '../../exporters/prometheus/index.ts';
import { sampleOf } from '../support/exposition.ts';
import { tempDir } from '../support/temp.ts';
import { decodeLines, type OtlpReceiver, otlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';
import { eventsOf, testBoard, work } from './worked-board.ts';

let board: Board;
let receiver: OtlpReceiver;
beforeEach(async () => {
  board = await testBoard();
  await work(board, 20);
  receiver = await otlpReceiver();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await receiver.close();
  await board.close();
});

const once = { follow: false, firstRetryMs: 5 } as const;
const keyOf = ({ traceId, spanId }: ReceivedSpan): string => `${traceId} ${spanId}`;

describe('exportSpans', () => {
  it('sends one trace a task, every closed stage once, with the right parents', async () => {
    const summary = await exportSpans(board, { ...once, url: receiver.url, batchSize: 7 });
    const events = await eventsOf(board);
    const closed = events.filter(event => event.edge !== null && event.edge !== 'post');
    const finished = events.filter(event => event.finished_sequence_id === event.sequence_id);
    const named = (name: string) => receiver.spans.filter(span => span.name.startsWith(name));
    expect(named('stage ').map(span => span.attributes['quadro.sequence_id'])).toEqual(closed.map(e => e.sequence_id));
    expect(named('task ').map(span => span.attributes['quadro.sequence_id'])).toEqual(finished.map(e => e.sequence_id));
    expect(named('chief cycle')).toHaveLength(18);
    expect(named('ombudsman tick')).toHaveLength(2);
    expect(summary).toMatchObject({ spans: receiver.spans.length, rejected: 0, retries: 0, clamped: 0 });
    expect(new Set(receiver.spans.map(keyOf)).size).toBe(receiver.spans.length);

    const roots = new Map(named('task ').map(span => [span.attributes['quadro.task_id'], span]));
    const traces = new Map<unknown, Set<string>>();
    for (const stage of named('stage ')) {
      const taskId = stage.attributes['quadro.task_id'];
      traces.set(taskId, (traces.get(taskId) ?? new Set()).add(stage.traceId));
      const root = roots.get(taskId);
      expect(root === undefined || (root.traceId === stage.traceId && root.spanId === stage.parentSpanId)).toBe(true);
    }
    expect([...traces.values()].every(ids => ids.size === 1)).toBe(true);
    const inCallersTrace = named('task ').filter(span => span.traceId === 'c'.repeat(32));
    expect(inCallersTrace.map(span => [span.attributes['quadro.task_id'], span.parentSpanId])).toEqual([
      ['w4', 'd'.repeat(16)],
      ['w14', 'd'.repeat(16)],
    ]);
  });

  it('links cycles to the stages they opened, those back to them, and ticks to the stages they found', async () => {
    await exportSpans(board, { ...once, url: receiver.url });
    const spanOf = (taskId: string, sequence: number) =>
      receiver.spans.find(
        span => span.attributes['quadro.task_id'] === taskId && span.attributes['quadro.visit'] === sequence,
      );
    const cycles = receiver.spans.filter(span => span.name === 'chief cycle');
    expect(cycles.every(cycle => cycle.links.length === 1)).toBe(true);
    const cycle = cycles.find(span => span.attributes['quadro.cycle_id'] === 'cycle-w1');
    const working = receiver.spans.find(
      span => span.attributes['quadro.task_id'] === 'w1' && span.attributes['quadro.from_status'] === 'IN_PROGRESS',
    );
    expect(spanOf('w1', 1)).toBeDefined();
    expect(cycle?.links).toEqual([{ traceId: working?.traceId, spanId: working?.spanId }]);
    expect(working?.links).toEqual([{ traceId: cycle?.traceId, spanId: cycle?.spanId }]);
    const tick = receiver.spans.find(span => span.attributes['quadro.tick_id'] === 'tick-w1');
    expect(tick?.links).toEqual([{ traceId: working?.traceId, spanId: working?.spanId }]);
    expect(tick?.attributes['quadro.statuses_scanned']).toEqual(['IN_PROGRESS']);
  });

  it('says the same in JSON and in protobuf, to a decoder of another make', async () => {
    await exportSpans(board, { ...once, url: receiver.url, protocol: 'http/json' });
    const json = receiver.spans.splice(0);
    await exportSpans(board, { ...once, url: receiver.url, protocol: 'http/protobuf' });
    expect(receiver.spans).toEqual(json);
    expect(json.length).toBeGreaterThan(100);
    expect(receiver.requests.at(-1)?.headers['content-type']).toBe('application/x-protobuf');
  });

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

  it('has one request in flight, however slow the receiver and small the batches', async () => {
    let open = 0;
    let most = 0;
    receiver.onRequest = async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise(resolve => setTimeout(resolve, 5));
      open -= 1;
    };
    await exportSpans(board, { ...once, url: receiver.url, batchSize: 10 });
    expect(receiver.requests.length).toBeGreaterThan(5);
    expect(most).toBe(1);
  });

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

  it.each([
    ['http/json', JSON.stringify({ partialSuccess: { rejectedSpans: '3', errorMessage: 'too old' } })],
    // partial_success (field 1): rejected_spans (1) = 3, error_message (2) = "too old".
    ['http/protobuf', Uint8Array.of(0x0a, 0x0b, 0x08, 0x03, 0x12, 0x07, ...Buffer.from('too old'))],
  ] as const)('sees a partial success in %s', async (protocol, body) => {
    receiver.misbehaviours.push({ status: 200, body });
    const summary = await exportSpans(board, { ...once, url: receiver.url, protocol });
    expect(summary).toMatchObject({ rejected: 3, rejected_message: 'too old', retries: 0 });
  });

  it.each([
    [401, /OTEL_EXPORTER_OTLP_HEADERS/],
    [404, /\/v1\/traces/],
    [415, /OTEL_EXPORTER_OTLP_PROTOCOL/],
    [400, /look at its log/],
    [500, /log/],
  ])('gives up on %i with what to do, the cursor before the refused spans', async (status, advice) => {
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

  it('halves a request that is too large, down to a single span', async () => {
    receiver.misbehaviours.push({ status: 413 }, { status: 413 });
    const summary = await exportSpans(board, { ...once, url: receiver.url });
    expect(receiver.spans).toHaveLength(summary.spans);
    expect(new Set(receiver.spans.map(keyOf)).size).toBe(summary.spans);
    receiver.misbehaviours.push(...Array.from({ length: 10 }, () => ({ status: 413 })));
    await expect(exportSpans(board, { ...once, url: receiver.url })).rejects.toThrow(/request size limit/);
  });

  it('goes on from its saved cursor, and sends nothing twice', async () => {
    const path = cursorPath(join(tempDir(), 'board.db'), 'otlp');
    const options = { ...once, url: receiver.url, cursorStore: fileCursorStore(path) };
    await exportSpans(board, options);
    const first = receiver.spans.splice(0);
    expect(await exportSpans(board, options)).toMatchObject({ spans: 0 });
    await work(board, 10, 'later');
    await exportSpans(board, options);
    const all = [...first, ...receiver.spans.splice(0)];
    await exportSpans(board, { ...once, url: receiver.url });
    expect(new Set(all.map(keyOf)).size).toBe(all.length);
    expect(all.map(keyOf).sort()).toEqual(receiver.spans.map(keyOf).sort());
  });

  it('begins at the event that --from names', async () => {
    await exportSpans(board, { ...once, url: receiver.url, from: 40 });
    const numbers = receiver.spans
      .filter(span => span.name.startsWith('stage'))
      .map(s => s.attributes['quadro.sequence_id']);
    const events = await eventsOf(board);
    const expected = events.filter(e => e.sequence_id >= 40 && e.edge !== null && e.edge !== 'post');
    expect(numbers).toEqual(expected.map(e => e.sequence_id));
    await expect(exportSpans(board, { ...once, url: receiver.url, from: 99_999 })).rejects.toMatchObject({
      code: 'cursor_beyond_log',
    });
  });

  it('refuses the cursor of another board or destination', async () => {
    const store = fileCursorStore(join(tempDir(), 'cursor.json'));
    const options = { ...once, url: receiver.url, cursorStore: store };
    await exportSpans(board, options);
    await expect(exportSpans(board, { ...options, destination: 'else' })).rejects.toThrow(/destination "otlp"/);
    const other = await testBoard();
    await expect(exportSpans(other, options)).rejects.toMatchObject({ code: 'invalid_configuration' });
    await other.close();
  });

  it('follows a board until its signal, then lets the request in flight end', async () => {
    const stop = new AbortController();
    const running = exportSpans(board, { url: receiver.url, signal: stop.signal });
    await vi.waitFor(() => expect(receiver.spans.some(span => span.attributes['quadro.task_id'] === 'w19')).toBe(true));
    receiver.onRequest = () => new Promise(resolve => setTimeout(resolve, 200));
    await work(board, 1, 'later');
    await vi.waitFor(() => expect(receiver.requests.length).toBeGreaterThan(1));
    stop.abort();
    const summary = await running;
    expect(receiver.spans).toHaveLength(summary.spans);
  });

  it('leaves a receiver that never answers once the deadline is over', async () => {
    receiver.misbehaviours.push('hang');
    const stop = new AbortController();
    const running = exportSpans(board, { url: receiver.url, signal: stop.signal, closeDeadlineMs: 100 });
    await vi.waitFor(() => expect(receiver.requests).toHaveLength(1));
    stop.abort();
    expect(await running).toMatchObject({ spans: 0, cursor: { events: 0 } });
  });

  it('tells a measured board of the same process how far it is and what became of its spans', async () => {
    const measured = await measureBoard(board);
    const body = JSON.stringify({ partialSuccess: { rejectedSpans: '3' } });
    receiver.misbehaviours.push({ status: 200, body });
    const { spans, cursor } = await exportSpans(board, {
      ...once,
      url: receiver.url,
      meter: measured.exporterMeter('traces'),
    });
    const { text } = await measured.metrics();
    await measured.close();
    const resultOf = (result: string) => sampleOf(text, 'quadro_exporter_spans_total', { signal: 'traces', result });
    expect(['sent', 'rejected', 'too_old'].map(resultOf)).toEqual([spans - 3, 3, 0]);
    expect(sampleOf(text, 'quadro_exporter_cursor_sequence', { signal: 'traces' })).toBe(cursor.events);
    expect(sampleOf(text, 'quadro_exporter_lag_events', { signal: 'traces' })).toBe(0);
  });

  it('leaves out spans that are too old for the receiver, and counts them', async () => {
    const summary = await exportSpans(board, { ...once, url: receiver.url, maxSpanAgeMs: 1000 });
    const all = await exportSpans(board, { ...once, url: receiver.url });
    expect(summary.too_old).toBeGreaterThan(0);
    expect(summary.too_old + summary.spans).toBe(all.spans);
  });

  it('reads the standard variables', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', new URL(receiver.url).origin);
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'api-key=one,tenant=a');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'api-key=two');
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/protobuf');
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip');
    vi.stubEnv('OTEL_SERVICE_NAME', 'newsroom');
    await exportSpans(board, { ...once, headers: { more: 'yes' } });
    expect(receiver.requests[0]?.headers).toMatchObject({
      'api-key': 'two',
      tenant: 'a',
      more: 'yes',
      'content-type': 'application/x-protobuf',
      'content-encoding': 'gzip',
    });
    expect(receiver.spans[0]?.resource).toMatchObject({ 'service.name': 'newsroom', 'quadro.board_id': 'default' });
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', `${receiver.url}?which=traces`);
    await exportSpans(board, once);
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'grpc');
    await expect(exportSpans(board, once)).rejects.toMatchObject({ code: 'invalid_configuration' });
  });

  it('adds the path to a bare URL, and refuses what is none', async () => {
    await exportSpans(board, { ...once, url: new URL(receiver.url).origin });
    expect(receiver.spans.length).toBeGreaterThan(0);
    await expect(exportSpans(board, { ...once, url: 'localhost:4318' })).rejects.toThrow(/no http or https URL/);
    await expect(exportSpans(board, { ...once, url: receiver.url, file: 'x' })).rejects.toThrow(/Give one of/);
  });

  it('gives up after giveUpAfterMs where that is asked', async () => {
    receiver.misbehaviours.push(...Array.from({ length: 50 }, () => ({ status: 503 })));
    const gaveUp = exportSpans(board, { ...once, url: receiver.url, giveUpAfterMs: 50 });
    await expect(gaveUp).rejects.toMatchObject({ code: 'delivery_failed' });
  });

  it('is not broken by an onProgress that throws', async () => {
    const onProgress = () => {
      throw new Error('mine');
    };
    const summary = await exportSpans(board, { ...once, url: receiver.url, onProgress });
    expect(receiver.spans).toHaveLength(summary.spans);
  });
});

describe('an exporter of the caller', () => {
  it('gets every span', async () => {
    const exporter = new InMemorySpanExporter();
    let got = 0;
    const kept: SpanExporter = {
      export: (spans, done) => {
        got += spans.length;
        exporter.export(spans, done);
      },
      shutdown: () => exporter.shutdown(),
    };
    const summary = await exportSpans(board, { ...once, exporter: kept });
    expect(got).toBe(summary.spans);
  });

  it('may be the stock one; its failures are tried again, refusals for good are not', async () => {
    receiver.misbehaviours.push({ status: 401 });
    const refused = exportSpans(board, { ...once, exporter: new OTLPTraceExporter({ url: receiver.url }) });
    await expect(refused).rejects.toMatchObject({ code: 'delivery_failed' });
    let failures = 2;
    const stock = new OTLPTraceExporter({ url: receiver.url });
    const shaky: SpanExporter = {
      export: (spans, done) => {
        failures -= 1;
        if (failures >= 0) done({ code: ExportResultCode.FAILED, error: new Error('not now') });
        else stock.export(spans, done);
      },
      shutdown: () => stock.shutdown(),
    };
    const summary = await exportSpans(board, { ...once, exporter: shaky });
    expect(summary.retries).toBe(2);
    expect(receiver.spans).toHaveLength(summary.spans);
  });
});

describe('writeSpans', () => {
  it('writes one OTLP request a line, the spans a receiver gets', async () => {
    const file = join(tempDir(), 'spans.ndjson');
    const summary = await writeSpans(board, file, { batchSize: 50 });
    await exportSpans(board, { ...once, url: receiver.url, batchSize: 50 });
    const text = readFileSync(file, 'utf8');
    expect(decodeLines(text)).toEqual(receiver.spans);
    expect(summary.spans).toBe(receiver.spans.length);
    expect(
      text
        .split('\n')
        .filter(line => line !== '')
        .every(line => line.startsWith('{"resourceSpans":[')),
    ).toBe(true);
    const again = join(tempDir(), 'again.ndjson');
    await writeSpans(board, again, { batchSize: 50 });
    expect(readFileSync(again, 'utf8')).toBe(text);
  });

  it('of a board without spans is an empty file', async () => {
    const empty = await testBoard();
    const file = join(tempDir(), 'spans.ndjson');
    expect(await writeSpans(empty, file)).toMatchObject({ spans: 0 });
    expect(readFileSync(file, 'utf8')).toBe('');
    await empty.close();
  });

  it('takes no cursor store: a file that is never completed would be noted as delivered', async () => {
    const folder = tempDir();
    const cursorStore = fileCursorStore(join(folder, 'cursor.json'));
    const written = exportSpans(board, { file: join(folder, 'spans.ndjson'), cursorStore });
    await expect(written).rejects.toMatchObject({ code: 'invalid_configuration' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that is stopped half-way leaves no half of a file', async () => {
    const dir = tempDir();
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    const stopped = writeSpans(board, join(dir, 'spans.ndjson'), { batchSize: 10, signal: stop.signal, onProgress });
    await expect(stopped).rejects.toThrow(/Stopped before/);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('that fails leaves the older file, and nothing beside it', async () => {
    const dir = tempDir();
    const file = join(dir, 'spans.ndjson');
    writeFileSync(file, 'older');
    const broken = { ...sourceOf(board), events: failingAfter(40) };
    await expect(writeSpans(broken, file, { batchSize: 20 })).rejects.toThrow(/disk is gone/);
    expect(readFileSync(file, 'utf8')).toBe('older');
    expect(readdirSync(dir)).toEqual(['spans.ndjson']);
    await expect(writeSpans(board, join(dir, 'no', 'folder.ndjson'))).rejects.toMatchObject({ code: 'storage_failed' });
    expect(existsSync(join(dir, 'no'))).toBe(false);
  });
});

/** Pages of events, until they are asked for beyond a number. */
function failingAfter(sequence: number): Board['events'] {
  return async (after, limit) => {
    if (after >= sequence) throw new Error('the disk is gone');
    return board.events(after, limit);
  };
}

function sourceOf(source: Board) {
  return {
    board: () => source.board(),
    events: (after: number, limit: number) => source.events(after, limit),
    chiefCycles: (after: number, limit: number) => source.chiefCycles(after, limit),
    ombudsmanTicks: (after: number, limit: number) => source.ombudsmanTicks(after, limit),
    taskHistory: (taskId: string) => source.taskHistory(taskId),
    tasksById: (ids: readonly string[]) => source.tasksById(ids),
    onCommit: (listener: () => void) => source.onCommit(listener),
  };
}
