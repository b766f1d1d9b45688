import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Board } from '../../board/index.ts';
import { type VerifyOptions, verifySpans, writeSpans } from '../../exporters/otel/index.ts';
import { tempDir } from '../support/temp.ts';
import { allSpans } from './all-spans.ts';
import {
  jaegerAnswer,
  jaegerData,
  type OtlpResourceSpans,
  type OtlpSpan,
  resourceSpansOf,
  spansIn,
  tempoBatches,
  withSpans,
} from './backend-answers.ts';
import { type SpanBackend, spanBackend } from './span-backend.ts';
import { testBoard, work } from './worked-board.ts';

let board: Board;
let folder: string;
/** What the exporter sends. */
let sent: OtlpResourceSpans[];
let spans: OtlpSpan[];
beforeEach(async () => {
  board = await testBoard();
  await work(board, 20);
  folder = tempDir();
  const file = join(folder, 'sent.ndjson');
  await writeSpans(board, file, { batchSize: 12 });
  sent = resourceSpansOf(readFileSync(file, 'utf8'));
  spans = spansIn(sent);
});
afterEach(() => board.close());

/** Writes a file as somebody received it. */
function received(text: string | Uint8Array): string {
  const file = join(folder, 'received.json');
  writeFileSync(file, text);
  return file;
}

const asDocument = (resourceSpans: unknown): string => JSON.stringify({ resourceSpans });
const asLines = (resourceSpans: readonly unknown[]): string =>
  resourceSpans.map(each => `${JSON.stringify({ resourceSpans: [each] })}\n`).join('');

function verify(text: string | Uint8Array, options: VerifyOptions = {}) {
  return verifySpans(board, received(text), options);
}

/** The spans with one of them changed. */
function tampered(spanId: string, change: (span: OtlpSpan) => void): OtlpResourceSpans[] {
  return withSpans(sent, list => {
    for (const span of list) if (span.spanId === spanId) change(span);
    return list;
  });
}

function spanNamed(name: string, index = 0): OtlpSpan {
  const span = spans.filter(each => each.name === name)[index];
  if (span === undefined) throw new Error(`no span is called ${name}`);
  return span;
}

function attributeOf({ attributes }: OtlpSpan, name: string): Record<string, unknown> {
  const found = attributes.find(({ key }) => key === name);
  if (found === undefined) throw new Error(`it has no ${name}`);
  return found.value;
}

const EQUAL = {
  ok: true,
  missing_count: 0,
  differing_count: 0,
  unknown_count: 0,
  missing: [],
  differing: [],
  unknown: [],
};

describe('whatever a backend writes them in', () => {
  const formats: [string, 'otlp' | 'jaeger', (all: OtlpResourceSpans[]) => string][] = [
    ['OTLP JSON lines', 'otlp', asLines],
    ['one OTLP document', 'otlp', asDocument],
    ['one OTLP document, printed for people', 'otlp', all => JSON.stringify({ resourceSpans: all }, null, 2)],
    [
      'with a byte order mark, empty lines and Windows line ends',
      'otlp',
      all => `\ufeff${asLines(all)}\n`.replaceAll('\n', '\r\n'),
    ],
    [
      "a collector's file, other signals among the lines",
      'otlp',
      all => `{"resourceMetrics":[]}\n${asLines(all)}{"resourceLogs":[]}\n`,
    ],
    ['numbers where OTLP has texts', 'otlp', all => asLines(asNumbers(all))],
    ["Tempo's /api/traces", 'otlp', all => JSON.stringify({ batches: tempoBatches(all) })],
    [
      "Tempo's /api/v2/traces",
      'otlp',
      all => JSON.stringify({ trace: { resourceSpans: tempoBatches(all) }, metrics: {} }),
    ],
    ["Jaeger's /api/v3/traces", 'otlp', all => JSON.stringify({ result: { resourceSpans: all } })],
    ["Jaeger's /api/traces", 'jaeger', all => JSON.stringify(jaegerAnswer(all))],
    ["Jaeger's, indented", 'jaeger', all => JSON.stringify(jaegerAnswer(all), null, 4)],
  ];

  it.each(formats)('%s: equal spans are equal', async (_, format, write) => {
    const result = await verify(write(sent));
    expect(result).toMatchObject({ ...EQUAL, format, duplicates: 0, foreign: 0, notes: [] });
    expect(result).toMatchObject({ expected: spans.length, received: spans.length, found: spans.length });
    expect(spans.length).toBe((await allSpans(board)).length);
  });

  it.each(formats)('%s: one dropped, one changed, one added are named, and no other', async (_, __, write) => {
    const [dropped, changed] = [spanNamed('task article', 2), spanNamed('stage IN_PROGRESS', 5)];
    const added: OtlpSpan = { ...structuredClone(spanNamed('chief cycle')), spanId: 'ab'.repeat(8) };
    const faulty = withSpans(
      tampered(changed.spanId, span => {
        attributeOf(span, 'quadro.assigned_to').stringValue = 'eve';
        span.endTimeUnixNano = String(BigInt(span.endTimeUnixNano) + 1_000n);
      }),
      list => list.filter(({ spanId }) => spanId !== dropped.spanId),
    );
    faulty[1]?.scopeSpans[0]?.spans.push(added);
    const result = await verify(write(faulty));
    expect(result).toMatchObject({ ok: false, missing_count: 1, differing_count: 1, unknown_count: 1 });
    expect(result.found).toBe(spans.length - 2);
    expect(result.missing).toEqual([nameOf(dropped)]);
    expect(result.unknown).toEqual([nameOf(added)]);
    expect(result.differing).toEqual([
      {
        ...nameOf(changed),
        differences: [
          {
            field: 'end',
            expected: isoOfSpan(changed.endTimeUnixNano),
            received: expect.stringMatching(/000001\+00:00$/),
          },
          { field: 'attributes.quadro.assigned_to', expected: 'ada', received: 'eve' },
        ],
      },
    ]);
  });

  it.each(formats)(
    '%s: two copies are one span and a duplicate; copies that differ are a fault',
    async (_, __, write) => {
      const twice = await verify(write([...sent, ...sent]));
      expect(twice).toMatchObject({ ...EQUAL, found: spans.length, duplicates: spans.length });
      const changed = spanNamed('task article');
      const faulty = tampered(changed.spanId, span => {
        attributeOf(span, 'quadro.outcome').stringValue = 'ON_HOLD';
      });
      for (const order of [
        [...sent, ...faulty],
        [...faulty, ...sent],
      ]) {
        const result = await verify(write(order));
        expect(result).toMatchObject({
          ok: false,
          found: spans.length - 1,
          differing_count: 1,
          duplicates: spans.length,
        });
        expect(result.differing).toMatchObject([
          { ...nameOf(changed), differences: [{ field: 'attributes.quadro.outcome', received: 'ON_HOLD' }] },
        ]);
      }
    },
  );
});

describe('each field', () => {
  const dispatched = () => spanNamed('stage IN_PROGRESS');
  const changes: [field: string, change: (span: OtlpSpan) => void, jaeger: boolean][] = [
    [
      'trace_id',
      span => {
        span.traceId = 'ef'.repeat(16);
      },
      true,
    ],
    [
      'parent_span_id',
      span => {
        span.parentSpanId = 'ef'.repeat(8);
      },
      true,
    ],
    [
      'parent_span_id',
      span => {
        delete span.parentSpanId;
      },
      true,
    ],
    [
      'name',
      span => {
        span.name = 'stage ELSEWHERE';
      },
      true,
    ],
    [
      'kind',
      span => {
        span.kind = 2;
      },
      true,
    ],
    [
      'start',
      span => {
        span.startTimeUnixNano = String(BigInt(span.startTimeUnixNano) - 1_000n);
      },
      true,
    ],
    [
      'end',
      span => {
        span.endTimeUnixNano = String(BigInt(span.endTimeUnixNano) + 1n);
      },
      false,
    ],
    [
      'status',
      span => {
        span.status = { code: 2 };
      },
      true,
    ],
    [
      'status_message',
      span => {
        span.status = { code: 0, message: 'well' };
      },
      true,
    ],
    [
      'links',
      span => {
        span.links = [];
      },
      true,
    ],
    [
      'links',
      span => {
        span.links?.push({ traceId: '01'.repeat(16), spanId: '02'.repeat(8) });
      },
      true,
    ],
    [
      'links',
      span => {
        for (const link of span.links ?? []) link.attributes = [];
      },
      false,
    ],
    [
      'attributes.quadro.visit',
      span => {
        attributeOf(span, 'quadro.visit').intValue = 7;
      },
      true,
    ],
    [
      'attributes.quadro.visit',
      span => {
        span.attributes = span.attributes.filter(({ key }) => key !== 'quadro.visit');
      },
      true,
    ],
    [
      'attributes.mine',
      span => {
        span.attributes.push({ key: 'mine', value: { stringValue: '' } });
      },
      true,
    ],
    [
      'attributes.__proto__',
      span => {
        span.attributes.push({ key: '__proto__', value: { boolValue: true } });
      },
      true,
    ],
  ];

  it.each(changes)('%s is compared (%#)', async (field, change, isTold) => {
    const { spanId } = dispatched();
    const faulty = tampered(spanId, change);
    const inOtlp = await verify(asLines(faulty));
    expect(inOtlp.differing).toHaveLength(1);
    expect(inOtlp.differing[0]?.differences.map(each => each.field)).toContain(field);
    expect(inOtlp.differing[0]?.span_id).toBe(spanId);
    const inJaeger = await verify(JSON.stringify(jaegerAnswer(faulty)));
    expect(inJaeger.differing.flatMap(({ differences }) => differences.map(each => each.field)).includes(field)).toBe(
      isTold,
    );
    expect(inJaeger.ok).toBe(!isTold);
  });

  it('the resource says which board and service; what a collector adds to it is its own', async () => {
    const withMore = structuredClone(sent);
    for (const { resource } of withMore) resource.attributes.push({ key: 'host.name', value: { stringValue: 'a' } });
    expect((await verify(asLines(withMore))).ok).toBe(true);
    const other = await verify(asLines(sent), { serviceName: 'press' });
    expect(other).toMatchObject({ differing_count: spans.length, found: 0 });
    expect(other.differing[3]?.differences).toEqual([
      { field: 'resource.service.name', expected: 'press', received: 'quadro' },
    ]);
  });

  it('an integer and a double of one value are the same, an integer and its text are not', async () => {
    const { spanId } = spanNamed('stage IN_PROGRESS');
    const as = (value: Record<string, unknown>) =>
      verify(
        asLines(
          tampered(spanId, span => {
            for (const each of span.attributes) if (each.key === 'quadro.visit') each.value = value;
          }),
        ),
      );
    expect((await as({ doubleValue: 1 })).ok).toBe(true);
    expect((await as({ intValue: '1' })).ok).toBe(true);
    expect((await as({ stringValue: '1' })).differing[0]?.differences).toEqual([
      { field: 'attributes.quadro.visit', expected: 1, received: '1' },
    ]);
    expect((await as({ intValue: '9223372036854775807' })).differing[0]?.differences).toEqual([
      { field: 'attributes.quadro.visit', expected: 1, received: '9223372036854775807' },
    ]);
  });
});

describe('which spans', () => {
  it('those of workers, services and other boards in the same traces are ignored, and counted', async () => {
    const worker = withSpans(sent.slice(0, 1), list =>
      list.slice(0, 3).map(span => ({ ...span, spanId: `0${span.spanId.slice(1)}` })),
    );
    for (const { scopeSpans } of worker) for (const group of scopeSpans) group.scope.name = 'newsroom-agent';
    const neighbour = structuredClone(sent.slice(0, 1));
    for (const { resource } of neighbour) {
      for (const each of resource.attributes) if (each.key === 'quadro.board_uid') each.value.stringValue = 'another';
    }
    const count = 3 + spansIn(neighbour).length;
    const all = [...sent, ...worker, ...neighbour];
    for (const text of [asLines(all), JSON.stringify(jaegerAnswer(all))]) {
      expect(await verify(text)).toMatchObject({ ...EQUAL, foreign: count, received: spans.length + count });
    }
    const none = await verify(asLines(neighbour));
    expect(none).toMatchObject({ ok: false, missing_count: spans.length });
    expect(none.notes).toEqual([
      expect.stringMatching(/^none of the \d+ spans is of board default \(quadro\.board_uid /),
    ]);
  });

  it('one trace proves one task; of the others all are missing', async () => {
    const { traceId } = spanNamed('task article', 4);
    const trace = withSpans(sent, list => list.filter(span => span.traceId === traceId));
    const count = spansIn(trace).length;
    const taskId = String(attributeOf(spansIn(trace)[0] as OtlpSpan, 'quadro.task_id').stringValue);
    expect(await verify(asLines(trace), { taskIds: [taskId] })).toMatchObject({
      ...EQUAL,
      found: count,
      expected: count,
    });
    expect(await verify(asLines(trace))).toMatchObject({
      ok: false,
      found: count,
      missing_count: spans.length - count,
    });
    const whole = await verify(asLines(sent), { taskIds: [taskId] });
    expect(whole).toMatchObject({ ...EQUAL, found: count, unselected: spans.length - count });
  });

  it('beyond the selection the log is still asked, so that nothing passes for known that it does not know', async () => {
    const added: OtlpSpan = { ...structuredClone(spanNamed('task article')), spanId: 'ab'.repeat(8) };
    const faulty = withSpans(sent, list => list);
    faulty[0]?.scopeSpans[0]?.spans.push(added);
    const result = await verify(asLines(faulty), { from: 100 });
    expect(result).toMatchObject({ ok: false, unknown_count: 1, missing_count: 0, differing_count: 0 });
    expect(result.unknown).toEqual([nameOf(added)]);
    expect(result.found + result.unselected).toBe(spans.length);
    expect(result.unselected).toBeGreaterThan(0);
  });

  it('a label is only there where both sides have it', async () => {
    const result = await verify(asLines(sent), { withLabel: true });
    const [first] = result.differing;
    expect(result.differing_count).toBe(spans.filter(({ name }) => name === 'task article').length);
    expect(first?.differences).toEqual([
      { field: 'attributes.quadro.label', expected: `Article ${first?.task_id}`, received: null },
    ]);
  });

  it('a board that is worked on meanwhile has more to send, and nothing that is wrong', async () => {
    await work(board, 3, 'later');
    const result = await verify(asLines(sent));
    expect(result).toMatchObject({ ok: false, found: spans.length, differing_count: 0, unknown_count: 0 });
    expect(result.missing.every(({ task_id }) => task_id === null || task_id.startsWith('later'))).toBe(true);
  });

  it('of many faults so many are named as were asked for, and all are counted', async () => {
    const faulty = withSpans(sent, list => list.map(span => ({ ...span, name: `${span.name}!` })));
    const result = await verify(asLines(faulty), { maxListed: 5 });
    expect(result).toMatchObject({ differing_count: spans.length, found: 0 });
    expect(result.differing.map(({ span_id }) => span_id)).toEqual(spans.slice(0, 5).map(({ spanId }) => spanId));
    const nothing = await verify('', { maxListed: 2 });
    expect(nothing).toMatchObject({ format: null, received: 0, missing_count: spans.length });
    expect(nothing.missing).toHaveLength(2);
    const strangers = withSpans(sent, list =>
      list.map((span, index) => ({ ...span, spanId: `not an id ${index} ${span.name}` })),
    );
    const unknown = await verify(asLines(strangers), { maxListed: 3 });
    expect(unknown.unknown).toHaveLength(3);
    expect(unknown.received).toBe(unknown.unknown_count + unknown.duplicates);
  });
});

describe('what holds no spans', () => {
  it.each([
    ['prose', 'hello', /neither its first line nor all of it is JSON/],
    ['a list', '[1,2]', /line 1, cannot be read as spans: it is no JSON object/],
    [
      "Tempo's search",
      '{"traces":[{"traceID":"1"}],"metrics":{}}',
      /holds no spans but traces, metrics; give OTLP JSON/,
    ],
    ['another shape', '{"resourceSpans":{"a":1}}', /resourceSpans is no list/],
    ['spans that are none', '{"resourceSpans":[{"scopeSpans":[{"spans":[7]}]}]}', /a span is no object/],
    ['a time beyond all', '{"data":[{"spans":[{"startTime":1e999}]}]}', /cannot be read as spans/],
    [
      'a Jaeger error',
      '{"data":null,"errors":[{"code":404,"msg":"trace not found"}]}',
      /holds no spans but data, errors/,
    ],
  ])('%s is refused with a reason', async (_, text, reason) => {
    await expect(verify(text)).rejects.toMatchObject({
      code: 'invalid_source',
      message: expect.stringMatching(reason),
    });
  });

  it('a file that was cut off, mixed, or is no UTF-8 is told with its line', async () => {
    const whole = asLines(sent);
    await expect(verify(whole.slice(0, -40))).rejects.toThrow(new RegExp(`line ${sent.length} is cut off or no JSON`));
    const mixed = asLines(sent.slice(0, 2)) + JSON.stringify({ data: jaegerData(sent.slice(2)) });
    await expect(verify(mixed)).rejects.toThrow(/line 3, .*mixed/);
    const broken = Buffer.concat([Buffer.from(asLines(sent.slice(0, 1))), Buffer.from([0x22, 0xff, 0x22])]);
    await expect(verify(broken)).rejects.toThrow(/line 2 is no UTF-8/);
  });

  it('a pipe is read once, and compared as a file is', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const { spanId } = spanNamed('task article');
    const faulty = withSpans(sent, list => list.map(span => (span.spanId === spanId ? { ...span, name: 'x' } : span)));
    const writing = writeFile(pipe, asLines(faulty));
    expect(await verifySpans(board, pipe)).toMatchObject({ found: spans.length - 1, differing: [{ span_id: spanId }] });
    await writing;
    const tooMuch = writeFile(pipe, asLines(sent)).catch(() => undefined);
    await expect(verifySpans(board, pipe, { maxDocumentBytes: 5_000 })).rejects.toThrow(/more than can be kept/);
    await tooMuch;
  });

  it('a folder, and a file that is not there', async () => {
    mkdirSync(join(folder, 'spans'));
    await expect(verifySpans(board, join(folder, 'spans'))).rejects.toMatchObject({ code: 'invalid_source' });
    await expect(verifySpans(board, join(folder, 'none'))).rejects.toMatchObject({ code: 'invalid_source' });
  });

  it('a document larger than the limit; of lines only each one counts', async () => {
    const lines = asLines(sent);
    const limit = Math.max(...lines.split('\n').map(line => line.length)) + 100;
    expect(lines.length).toBeGreaterThan(3 * limit);
    expect((await verify(lines, { maxDocumentBytes: limit })).ok).toBe(true);
    for (const text of [asDocument(sent), JSON.stringify({ resourceSpans: sent }, null, 1)]) {
      await expect(verify(text, { maxDocumentBytes: limit })).rejects.toThrow(
        /JSON document of more than .* ask for less/,
      );
    }
  });

  it('an abort ends it', async () => {
    const stop = new AbortController();
    const stopped = verify(asLines(sent), { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) });
    await expect(stopped).rejects.toThrow('enough');
  });

  it('lines that a collector appends meanwhile are not half read', async () => {
    const file = received(asLines(sent));
    const onProgress = () => appendFileSync(file, '{"resourceSpans":[{');
    expect((await verifySpans(board, file, { onProgress })).ok).toBe(true);
  });
});

describe('a URL', () => {
  let backend: SpanBackend;
  beforeEach(async () => {
    backend = await spanBackend();
    backend.kept.push(...sent);
  });
  afterEach(() => backend.close());

  it.each(['/api/traces?service=quadro&limit=1000', '/api/v3/traces', '/tempo/api/traces'])(
    '%s of a backend is asked, with the headers given',
    async path => {
      const headers = { 'X-Scope-OrgID': 'press' };
      expect(await verifySpans(board, `${backend.url}${path}`, { headers })).toMatchObject(EQUAL);
      expect(backend.queries).toMatchObject([{ 'x-scope-orgid': 'press', accept: 'application/json' }]);
    },
  );

  it('takes a user and password out of the URL, and shows neither', async () => {
    const url = `${backend.url.replace('//', '//press:s%40cret@')}/api/v2/traces/`;
    const { traceId } = spanNamed('task article');
    const taskIds = [String(attributeOf(spanNamed('task article'), 'quadro.task_id').stringValue)];
    expect((await verifySpans(board, `${url}${traceId}`, { taskIds })).ok).toBe(true);
    expect(backend.queries[0]?.authorization).toBe(`Basic ${Buffer.from('press:s@cret').toString('base64')}`);
    const refused = await verifySpans(board, `${url}${'0'.repeat(31)}1?token=s3cret`).catch((error: Error) => error);
    expect(refused).toMatchObject({ code: 'remote_error' });
    expect(String(refused)).toMatch(/answered 404 \(trace not found\): it has no such trace/);
    expect(String(refused)).not.toMatch(/cret/);
  });

  it('takes no redirect along with its headers, and prints no credentials that cannot be sent', async () => {
    const away = createServer((_, answer) => answer.writeHead(302, { location: backend.url }).end());
    away.listen(0, '127.0.0.1');
    await once(away, 'listening');
    onTestFinished(() => void away.close());
    const url = `http://127.0.0.1:${(away.address() as AddressInfo).port}/api/traces`;
    await expect(verifySpans(board, url)).rejects.toThrow(/answered 302: redirects are not followed/);
    expect(backend.queries).toEqual([]);
    for (const [given, headers] of [
      [url.replace('//', '//me:s3cret%@'), {}],
      [url, { 'x-key': 's3cret\nx' }],
      [url, { 's3cret key': 'x' }],
    ] as const) {
      const error = await verifySpans(board, given, { headers }).catch(String);
      expect(error).toMatch(/cannot be sent as they are/);
      expect(error).not.toContain('s3cret');
    }
  });

  it('that is not there, is none, or says too much, is one error', async () => {
    const { url } = backend;
    await expect(verifySpans(board, `${url}/api/traces`, { maxDocumentBytes: 5_000 })).rejects.toThrow(/larger than/);
    await expect(verifySpans(board, 'http://')).rejects.toMatchObject({ code: 'invalid_source' });
    await backend.close();
    await expect(verifySpans(board, `${url}/api/traces`)).rejects.toMatchObject({
      code: 'remote_error',
      message: expect.stringMatching(/cannot be asked: .*ECONNREFUSED/),
    });
    backend = await spanBackend();
  });
});

it('keeps a digest a span: 100 thousand received ones take no more than a few dozen megabytes', async () => {
  const file = join(folder, 'many.ndjson');
  const one = structuredClone(sent[0]) as OtlpResourceSpans;
  const [group] = one.scopeSpans;
  const [span] = group?.spans ?? [];
  if (group === undefined || span === undefined) throw new Error('there is a span');
  for (let line = 0; line < 100; line++) {
    group.spans = Array.from({ length: 1_000 }, (_, index) => ({
      ...span,
      spanId: (line * 1_000 + index + 1).toString(16).padStart(16, '0'),
    }));
    appendFileSync(file, `${JSON.stringify({ resourceSpans: [one] })}\n`);
  }
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const onProgress = () => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  };
  const result = await verifySpans(board, file, { maxListed: 10, onProgress });
  expect(result).toMatchObject({ received: 100_000, unknown_count: 100_000, missing_count: spans.length });
  expect(most).toBeLessThan(24 * 1024 ** 2);
});

function nameOf({ name, traceId, spanId, attributes }: OtlpSpan) {
  const task_id = attributes.find(({ key }) => key === 'quadro.task_id')?.value.stringValue ?? null;
  return { name, trace_id: traceId, span_id: spanId, task_id };
}

function isoOfSpan(nanos: string | number): string {
  return new Date(Number(BigInt(nanos) / 1_000_000n)).toISOString().replace('Z', '000+00:00');
}

/** Times as numbers, which lose their last digits, and integers as texts. */
function asNumbers(all: readonly OtlpResourceSpans[]): OtlpResourceSpans[] {
  return withSpans(all, list =>
    list.map(span => ({
      ...span,
      startTimeUnixNano: Number(span.startTimeUnixNano),
      endTimeUnixNano: Number(span.endTimeUnixNano),
      attributes: span.attributes.map(({ key, value }) => ({
        key,
        value: 'intValue' in value ? { intValue: String(value.intValue) } : value,
      })),
    })),
  );
}
