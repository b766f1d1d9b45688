import { join } from 'node:path';
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { InMemorySpanExporter, type SpanExporter } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Board } from '../../board/index.ts';
import { cursorPath, fileCursorStore } from '../../exporters/feed/index.ts';
import { exportSpans } from '../../exporters/otel/index.ts';
import { measureBoard } from '../../exporters/prometheus/index.ts';
import { sampleOf } from '../support/exposition.ts';
import { tempDir } from '../support/temp.ts';
import { type OtlpReceiver, otlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';
import { eventsOf, testBoard, work } from './worked-board.ts';

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
    await expect(exportSpans(board, { ...options, destination: 'else' })).rejects.toThrow(/destination "otlp-/);
    const other = await testBoard();
    await expect(exportSpans(other, options)).rejects.toMatchObject({ code: 'invalid_configuration' });
    await other.close();
  });

  it.each([{ taskIds: ['w1'] }, { until: 1_790_000_100_000_000 }])(
    'of a part that has an end, %j, neither reads nor moves the saved place',
    async bounded => {
      const cursorStore = fileCursorStore(join(tempDir(), 'cursor.json'));
      await exportSpans(board, { ...once, url: receiver.url, cursorStore, from: 40 });
      const before = await cursorStore.load();
      receiver.spans.splice(0);
      const summary = await exportSpans(board, { ...once, ...bounded, url: receiver.url, cursorStore });
      expect(summary.spans).toBeGreaterThan(0);
      expect(await cursorStore.load()).toEqual(before);
      // Another's place would be refused, were it read.
      const elsewhere = { ...cursorStore, load: () => Promise.reject(new Error('it was read')) };
      await exportSpans(board, { ...once, ...bounded, url: receiver.url, cursorStore: elsewhere });
    },
  );

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
