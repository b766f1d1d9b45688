import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openBoard } from '../../board/index.ts';
import { backendOf } from '../../cli/source.ts';
import type { SpanVerification } from '../../exporters/otel/index.ts';
import {
  jaegerAnswer,
  type OtlpResourceSpans,
  type OtlpSpan,
  resourceSpansOf,
  spansIn,
  withSpans,
} from '../otel/backend-answers.ts';
import { type SpanBackend, spanBackend } from '../otel/span-backend.ts';
import { work } from '../otel/worked-board.ts';
import { quadro, quadroJson, startQuadro, withoutProgress } from '../support/run-quadro.ts';
import { openSample, runMemo, writeSample } from '../support/sample-board.ts';
import { newDatabase, postgresServer } from '../support/servers.ts';
import { requireShared } from '../support/shared.ts';
import { tempDir } from '../support/temp.ts';

async function backend(): Promise<SpanBackend> {
  const made = await spanBackend();
  onTestFinished(() => made.close());
  return made;
}

async function sample(labels?: readonly string[]): Promise<string> {
  const file = join(tempDir(), 'board.db');
  await writeSample(file, labels === undefined ? {} : { labels });
  return file;
}

/** The spans that `quadro spans --to` writes, and the file. */
async function written(source: string, ...args: string[]): Promise<{ file: string; all: OtlpResourceSpans[] }> {
  const file = join(tempDir(), 'spans.ndjson');
  await quadroJson(['spans', source, '--to', file, ...args]);
  return { file, all: resourceSpansOf(readFileSync(file, 'utf8')) };
}

function save(all: readonly OtlpResourceSpans[]): string {
  const file = join(tempDir(), 'received.json');
  writeFileSync(file, JSON.stringify({ resourceSpans: all }));
  return file;
}

const taskOf = (span: OtlpSpan): unknown =>
  span.attributes.find(({ key }) => key === 'quadro.task_id')?.value.stringValue;

describe('spans --verify', () => {
  it('proves what --to wrote, with the same selection', async () => {
    const file = await sample();
    const { file: spans } = await written(file);
    const { status, stdout, stderr } = await quadro(['spans', file, '--verify', spans]);
    expect({ status, stderr: withoutProgress(stderr) }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(`${spans} holds what the log says: all 6 spans, and each as it should be\n`);
    expect(await quadroJson(['spans', file, '--verify', spans])).toEqual({
      ok: true,
      format: 'otlp',
      expected: 6,
      received: 6,
      found: 6,
      missing_count: 0,
      differing_count: 0,
      unknown_count: 0,
      unselected: 0,
      duplicates: 0,
      foreign: 0,
      missing: [],
      differing: [],
      unknown: [],
      notes: [],
    });
    const options = ['--label', '--gen-ai', 'openai', '--task', 't2'];
    const { file: some } = await written(file, ...options);
    expect(await quadroJson(['spans', file, '--verify', some, ...options])).toMatchObject({ ok: true, expected: 3 });
    expect((await quadro(['spans', file, '--verify', some])).status).toBe(1);
  });

  it('one attribute changed, one span gone, one too many: each is named exactly, and exit is 1', async () => {
    const file = await sample();
    const { all } = await written(file);
    const root = (taskId: string): OtlpSpan =>
      spansIn(all).find(span => span.name === 'task memo' && taskOf(span) === taskId) as OtlpSpan;
    const [gone, changed] = [root('t1'), root('t2')];
    const added = { ...structuredClone(gone), spanId: 'ab'.repeat(8) };
    const faulty = withSpans(all, list => [
      ...list.filter(({ spanId }) => spanId !== gone.spanId),
      ...(list.some(({ spanId }) => spanId === gone.spanId) ? [added] : []),
    ]);
    for (const span of spansIn(faulty)) {
      if (span.spanId !== changed.spanId) continue;
      for (const { key, value } of span.attributes) if (key === 'quadro.outcome') value.stringValue = 'LOST\u001b[2J';
    }
    const received = save(faulty);
    const { status, stdout } = await quadro(['spans', file, '--verify', received]);
    expect(status).toBe(1);
    expect(stdout.split('\n')).toEqual([
      `missing  task memo  trace ${gone.traceId} span ${gone.spanId}  task t1`,
      `differs  task memo  trace ${changed.traceId} span ${changed.spanId}  task t2`,
      '           attributes.quadro.outcome: the log says "COMPLETE", received "LOST\\u001b[2J"',
      `unknown  task memo  trace ${gone.traceId} span ${added.spanId}  task t1`,
      `${received} is not what the log says: 4 of 6 spans are as they should be, 1 missing, 1 differing, 1 unknown to the log`,
      '',
    ]);
    const json = await quadro(['spans', file, '--verify', received, '--json']);
    expect(json.status).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      missing: [{ name: 'task memo', trace_id: gone.traceId, span_id: gone.spanId, task_id: 't1' }],
      differing: [
        {
          span_id: changed.spanId,
          differences: [{ field: 'attributes.quadro.outcome', expected: 'COMPLETE', received: 'LOST\u001b[2J' }],
        },
      ],
      unknown: [{ span_id: added.spanId }],
    });
  });

  it('a terminal sees twenty of each kind and how many more there are, JSON up to a thousand', async () => {
    const file = await sample(Array.from({ length: 15 }, (_, index) => `memo ${index}`));
    const nothing = save([]);
    const { stdout } = await quadro(['spans', file, '--verify', nothing]);
    expect(stdout.match(/^missing {2}(stage|task) /gm)).toHaveLength(20);
    expect(stdout).toContain('\nmissing  … and 25 more\n');
    const json = await quadro(['spans', file, '--verify', nothing, '--json']);
    expect((JSON.parse(json.stdout) as SpanVerification).missing).toHaveLength(45);
  });

  it('what a backend holds after chaos is everything, at least once', async () => {
    const file = join(tempDir(), 'board.db');
    const board = await openBoard({ backend: await backendOf(file), taskTypes: { note: 'fast' } });
    await work(board, 300);
    const { url, chaos, kept } = await backend();
    chaos.push(503, 'drop', 'take and drop', 429, 'take and drop', 502, 'drop', 'take and drop');
    const sent = await quadroJson<{ spans: number }>(['spans', file, '--otlp', url]);
    await board.close();
    const answers = [`${url}/api/traces?service=quadro`, `${url}/api/v3/traces`, `${url}/tempo/api/traces`];
    for (const answer of answers) {
      const result = await quadroJson<SpanVerification>(['spans', file, '--verify', answer]);
      expect(result).toMatchObject({ ok: true, found: sent.spans, received: spansIn(kept).length });
      expect(result.duplicates).toBeGreaterThan(0);
    }
    const [lost] = kept[0]?.scopeSpans[0]?.spans.splice(0, 1) ?? [];
    while (kept.some(each => each.scopeSpans.some(({ spans }) => spans.some(({ spanId }) => spanId === lost?.spanId))))
      kept.shift();
    const { status, stdout } = await quadro(['spans', file, '--verify', `${url}/api/traces?service=quadro`]);
    expect(status).toBe(1);
    expect(stdout).toContain(`span ${lost?.spanId}`);
  });

  it('one trace of a query proves one task; its headers are those of --header alone', async () => {
    const file = await sample();
    const { url, queries } = await backend();
    await quadroJson(['spans', file, '--otlp', url]);
    const { all } = await written(file, '--task', 't1');
    const trace = spansIn(all)[0]?.traceId;
    const env = { OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=s3cret' };
    for (const path of ['/api/v2/traces/', '/tempo/api/traces/', '/api/traces/']) {
      const args = ['spans', file, '--task', 't1', '--verify', `${url}${path}${trace}`, '--header', 'X-Scope-OrgID: 7'];
      expect(await quadroJson(args, { env })).toMatchObject({ ok: true, expected: 3, found: 3 });
    }
    expect(queries.map(headers => [headers['x-scope-orgid'], headers['x-api-key']])).toEqual(
      Array(3).fill(['7', undefined]),
    );
    const none = await quadro(['spans', file, '--task', 't1', '--verify', `${url}/api/traces/${'0'.repeat(31)}1`]);
    expect({ status: none.status, stdout: none.stdout }).toEqual({ status: 2, stdout: '' });
    expect(none.stderr).toMatch(
      /^quadro: \S+ answered 404 \(trace not found\): it has no such trace[^\n]*\(remote_error\)\n$/,
    );
  });

  it('a board on a server, its exported log and its spans say the same', async ({ skip }) => {
    const server = postgresServer();
    if (server.url === null) return skip(server.skip);
    const url = await newDatabase(server);
    const board = await openBoard({ backend: await backendOf(url), taskTypes: { note: 'fast' } });
    onTestFinished(() => board.close());
    await work(board, 30);
    const { file, all } = await written(url);
    const folder = join(tempDir(), 'log');
    await quadroJson(['export', url, '--to', folder]);
    const jaeger = join(tempDir(), 'jaeger.json');
    writeFileSync(jaeger, JSON.stringify(jaegerAnswer(all)));
    for (const source of [url, folder]) {
      for (const received of [file, jaeger]) {
        const result = await quadroJson<SpanVerification>(['spans', source, '--verify', received]);
        expect(result).toMatchObject({ ok: true, found: spansIn(all).length });
      }
    }
    await work(board, 1, 'more');
    const later = await quadro(['spans', url, '--verify', file, '--json']);
    expect(later.status).toBe(1);
    expect(JSON.parse(later.stdout)).toMatchObject({ differing_count: 0, unknown_count: 0 });
    expect((await quadro(['spans', folder, '--verify', file])).status).toBe(0);
  });

  it('a real run of the reference implementation, imported', async context => {
    const file = join(tempDir(), 'newsroom.db');
    await quadroJson(['import', requireShared('data/newsroom.db', context), '--into', file]);
    const { file: spans, all } = await written(file);
    expect(await quadroJson(['spans', file, '--verify', spans])).toMatchObject({
      ok: true,
      expected: 1500,
      found: 1500,
    });
    const [first] = all;
    const kept = first?.scopeSpans[0]?.spans ?? [];
    const late = kept.find(({ name }) => name.startsWith('stage ')) as OtlpSpan;
    late.endTimeUnixNano = String(BigInt(late.endTimeUnixNano) + 1_000n);
    const tampered = await quadro(['spans', file, '--verify', save(all), '--json']);
    expect(tampered.status).toBe(1);
    expect(JSON.parse(tampered.stdout)).toMatchObject({
      found: 1499,
      differing_count: 1,
      missing_count: 0,
      unknown_count: 0,
      differing: [{ span_id: late.spanId, differences: [{ field: 'end' }] }],
    });
  });

  it('refuses what holds no spans, in one line', async () => {
    const file = await sample();
    const { file: spans } = await written(file);
    const bad = join(tempDir(), 'bad.json');
    for (const [text, reason] of [
      ['hello', /neither its first line nor all of it is JSON/],
      ['{"traces":[]}', /holds no spans but traces/],
      [readFileSync(spans, 'utf8').slice(0, 200), /is JSON/],
    ] as const) {
      writeFileSync(bad, text);
      const { status, stdout, stderr } = await quadro(['spans', file, '--verify', bad]);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(withoutProgress(stderr)).toMatch(/^quadro: [^\n]+\(invalid_source\)\n$/);
      expect(stderr).toMatch(reason);
    }
    const missing = await quadro(['spans', file, '--verify', `${bad}.none`]);
    expect(missing.stderr).toMatch(/^quadro: \S+ cannot be read: .*ENOENT.*\(invalid_source\)\n$/);
    const away = await quadro(['spans', file, '--verify', 'http://me:s3cret@127.0.0.1:1/api/traces']);
    expect(away.stderr).toMatch(
      /^quadro: http:\/\/127\.0\.0\.1:1\/api\/traces cannot be asked: [^\n]+ \(remote_error\)\n$/,
    );
    expect(away.stderr).not.toContain('s3cret');
  });

  it('Ctrl-C ends it while a backend thinks', async () => {
    const file = await sample();
    const asked = createServer(() => undefined);
    asked.listen(0, '127.0.0.1');
    await once(asked, 'listening');
    onTestFinished(() => {
      asked.closeAllConnections();
      asked.close();
    });
    const { port } = asked.address() as AddressInfo;
    const verifying = startQuadro(['spans', file, '--verify', `http://127.0.0.1:${port}/api/traces`]);
    await once(asked, 'request');
    const { status, stdout, stderr } = await verifying.stop('SIGINT');
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
    expect(stderr).toMatch(/quadro: interrupted\n$/);
  });

  it('changes nothing: neither the board nor a saved place', async () => {
    const file = await sample();
    const { url, kept } = await backend();
    await quadroJson(['spans', file, '--otlp', url]);
    const board = await openSample(file);
    await runMemo(board, 't3', 'not sent yet');
    await board.close();
    const behind = await quadro(['spans', file, '--verify', save(kept), '--json']);
    expect(JSON.parse(behind.stdout)).toMatchObject({ found: 6, missing_count: 3 });
    expect(await quadroJson(['spans', file, '--otlp', url])).toMatchObject({ spans: 3 });
    expect(await quadroJson(['spans', file, '--verify', save(kept)])).toMatchObject({ ok: true, found: 9 });
  });
});
