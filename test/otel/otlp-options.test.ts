import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { convertLegacyHttpOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Board } from '../../board/index.ts';
import { exportSpans, type OtlpOptions } from '../../exporters/otel/index.ts';
import { otlpConfig } from '../../exporters/otel/otlp-config.ts';
import { tempDir } from '../support/temp.ts';
import { type OtlpReceiver, otlpReceiver } from './otlp-receiver.ts';
import { testBoard, work } from './worked-board.ts';

let board: Board;
let receiver: OtlpReceiver;
beforeEach(async () => {
  board = await testBoard();
  await work(board, 10);
  receiver = await otlpReceiver();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await receiver.close();
  await board.close();
});

const once = { follow: false, firstRetryMs: 5 } as const;

/** The headers that a request with these options came with. */
async function headersSent(options: OtlpOptions): Promise<OtlpReceiver['requests'][number]['headers']> {
  await exportSpans(board, { ...once, ...options });
  return receiver.requests.at(-1)?.headers ?? {};
}

describe('the options of a receiver', () => {
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

  it('adds the path to a bare URL, and takes one destination at a time', async () => {
    await exportSpans(board, { ...once, url: new URL(receiver.url).origin });
    expect(receiver.spans.length).toBeGreaterThan(0);
    await expect(exportSpans(board, { ...once, url: receiver.url, file: 'x' })).rejects.toThrow(/Give one of/);
  });

  it.each(['http/json', 'http/protobuf'] as const)('compress by gzip in %s, and say the same', async protocol => {
    const plain = await headersSent({ url: receiver.url, protocol });
    const spans = receiver.spans.splice(0);
    const packed = await headersSent({ url: receiver.url, protocol, compression: 'gzip' });
    expect(receiver.spans).toEqual(spans);
    expect([plain['content-encoding'], packed['content-encoding']]).toEqual([undefined, 'gzip']);
    expect(Number(packed['content-length'])).toBeLessThan(Number(plain['content-length']) / 3);
  });

  it('win over the environment, each by itself', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:1');
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip');
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/protobuf');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '1');
    const headers = await headersSent({
      url: receiver.url,
      compression: 'none',
      protocol: 'http/json',
      timeoutMs: 9_000,
    });
    expect(headers['content-type']).toBe('application/json');
    expect(headers['content-encoding']).toBeUndefined();
    expect(receiver.spans.length).toBeGreaterThan(10);
  });

  it("send Honeycomb's key, and whatever else a receiver tells teams apart by", async () => {
    const headers = { 'x-honeycomb-team': 'hcaik_1', 'x-honeycomb-dataset': 'newsroom' };
    expect(await headersSent({ url: receiver.url, headers })).toMatchObject(headers);
  });

  it('name a header in any case, and the option wins over traces, and traces over every signal', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'X-Team=all,x-of-all=1,x-empty=');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'x-team=traces, X-OF-TRACES = a%20b%2Cc ;meta,');
    const byEnvironment = await headersSent({ url: receiver.url });
    expect(byEnvironment).toMatchObject({ 'x-team': 'traces', 'x-of-all': '1', 'x-of-traces': 'a b,c' });
    expect(byEnvironment).not.toHaveProperty('x-empty');
    const headers = {
      'X-TEAM': 'option',
      'Content-Type': 'text/plain',
      'content-length': '1',
      'transfer-encoding': 'x',
    };
    const byOption = await headersSent({ url: receiver.url, headers });
    expect(byOption).toMatchObject({ 'x-team': 'option', 'x-of-all': '1', 'content-type': 'application/json' });
    expect(receiver.spans.length).toBeGreaterThan(20);
  });

  it('take user and password out of a URL, but not over a header', async () => {
    const url = receiver.url.replace('//', '//ada:p%40ss@');
    const basic = `Basic ${Buffer.from('ada:p@ss').toString('base64')}`;
    expect(await headersSent({ url })).toMatchObject({ authorization: basic });
    expect(await headersSent({ url, headers: { Authorization: 'Bearer b' } })).toMatchObject({
      authorization: 'Bearer b',
    });
  });

  it('are plain data: a copy by structuredClone sends the same', async () => {
    const options: OtlpOptions = {
      url: receiver.url,
      headers: { 'x-team': 'a' },
      protocol: 'http/protobuf',
      compression: 'gzip',
      timeoutMs: 5_000,
    };
    const headers = await headersSent(structuredClone(options));
    expect(headers).toMatchObject({
      'x-team': 'a',
      'content-encoding': 'gzip',
      'content-type': 'application/x-protobuf',
    });
  });
});

describe('what cannot be', () => {
  it.each<[OtlpOptions, RegExp]>([
    [{ url: 'localhost:4318' }, /The OTLP URL "localhost:4318" is no http or https URL/],
    [{ url: '' }, /no http or https URL/],
    [{ url: 'ftp://receiver' }, /no http or https URL/],
    [{ protocol: 'grpc' as 'http/json' }, /protocol "grpc" is not known: use http\/json or http\/protobuf/],
    [{ compression: 'zstd' as 'gzip' }, /compression "zstd" is not known: use gzip or none/],
    [{ timeoutMs: 0 }, /timeoutMs must be a number of milliseconds above 0, not 0/],
    [{ timeoutMs: Number.NaN }, /timeoutMs/],
    [{ headers: { 'a b': 'c' } }, /a name that cannot be one/],
    [{ headers: { 'x-team': 'a\nb' } }, /header x-team .* a value that cannot be sent/],
    [{ url: 'http://receiver', tls: {} }, /not https/],
    [{ url: 'https://receiver', tls: { ca: 'nonsense', cert: 'nonsense' } }, /certificates .* cannot be used/],
  ])('%j is told at the start', async (options, message) => {
    const refused = exportSpans(board, { ...once, ...options });
    await expect(refused).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4317'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'nowhere'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', 'soon'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '-1'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=1,nonsense'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%E0%A4%A'],
  ])('%s=%s is told at the start with its name', (name, text) => {
    vi.stubEnv(name, text);
    expect(() => otlpConfig()).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
    expect(() => otlpConfig()).toThrow(name.replace('TRACES_PROTOCOL', 'PROTOCOL'));
  });

  it('a file of certificates that is not there, too', () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', join(tempDir(), 'none.pem'));
    expect(() => otlpConfig({ url: 'https://receiver' })).toThrow(/OTEL_EXPORTER_OTLP_CERTIFICATE .*ENOENT/);
    const file = join(tempDir(), 'ca.pem');
    writeFileSync(file, 'nonsense');
    vi.stubEnv('OTEL_EXPORTER_OTLP_CLIENT_KEY', file);
    vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', '');
    expect(() => otlpConfig({ url: 'https://receiver' })).toThrow(/cannot be used/);
    expect(otlpConfig({ url: 'http://receiver' }).tls).toEqual({});
  });
});

describe('the environment', () => {
  const host = fc.constantFrom('localhost', '127.0.0.1', 'collector.example', '[::1]');
  const path = fc.constantFrom('', '/', '/otlp', '/otlp/', '/a/b%20c', '/v1/traces');
  const url = fc
    .tuple(fc.constantFrom('http', 'https'), host, fc.constantFrom('', ':4318', ':80'), path)
    .map(([protocol, name, port, rest]) => `${protocol}://${name}${port}${rest}`);
  const headerName = fc.constantFrom('x-honeycomb-team', 'api-key', 'authorization', 'tenant');
  const headerValue = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 }).map(encodeURIComponent);
  const pair = fc
    .tuple(headerName, headerValue, fc.constantFrom('', ';meta=1'), fc.constantFrom('', ' '))
    .map(([name, value, meta, space]) => `${space}${name}${space}=${space}${value}${space}${meta}`);
  const pairs = fc.array(fc.oneof(pair, fc.constant('')), { maxLength: 4 }).map(each => each.join(','));
  const settings = {
    ENDPOINT: url,
    HEADERS: pairs,
    TIMEOUT: fc.constantFrom('1', '2500', ' 30000 ', '0.5', ''),
    COMPRESSION: fc.constantFrom('gzip', 'none', ' gzip ', ''),
  };
  const variables = fc.record(
    Object.fromEntries(
      Object.entries(settings).flatMap(([name, value]) => [
        [`OTEL_EXPORTER_OTLP_${name}`, value],
        [`OTEL_EXPORTER_OTLP_TRACES_${name}`, value],
      ]),
    ),
    { requiredKeys: [] },
  );
  const given = fc.record(
    {
      headers: fc.dictionary(headerName, fc.constantFrom('one', 'two')),
      timeoutMs: fc.constantFrom(1, 4_000),
      compression: fc.constantFrom('gzip' as const, 'none' as const),
    },
    { requiredKeys: [] },
  );

  it("says what it says to OpenTelemetry's own exporter", async () => {
    await fc.assert(
      fc.asyncProperty(variables, given, async (environment, options) => {
        vi.unstubAllEnvs();
        for (const [name, text] of Object.entries(environment)) vi.stubEnv(name, text);
        const { headers, timeoutMs, compression } = options;
        const stock = convertLegacyHttpOptions(
          {
            ...(headers && { headers }),
            ...(timeoutMs !== undefined && { timeoutMillis: timeoutMs }),
            ...(compression && { compression: compression as CompressionAlgorithm }),
          },
          'TRACES',
          'v1/traces',
          { 'content-type': 'application/json' },
        );
        const ours = otlpConfig(options);
        expect(ours).toEqual({
          url: new URL(stock.url).href,
          protocol: 'http/json',
          headers: await stock.headers(),
          timeoutMs: stock.timeoutMillis,
          isGzip: stock.compression === 'gzip',
          tls: {},
        });
      }),
      { numRuns: 300 },
    );
  });
});
