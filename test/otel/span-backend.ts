import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { jaegerAnswer, type OtlpResourceSpans, spansIn, tempoBatches, withSpans } from './backend-answers.ts';

/** A backend for tests: takes OTLP JSON, keeps it, and answers queries as Tempo and Jaeger do. */
export interface SpanBackend {
  /** Its root: `/v1/traces` takes spans, `/api/v2/traces/ID`, `/tempo/api/traces/ID`, `/api/traces`, `/api/v3/traces` tell them. */
  readonly url: string;
  /** Every request taken, repeats included. */
  readonly kept: OtlpResourceSpans[];
  /** Headers of the queries. */
  readonly queries: IncomingMessage['headers'][];
  /** What to do with the next requests instead of taking them: a status, or `drop` the connection, before or after taking it. */
  readonly chaos: (number | 'drop' | 'take and drop')[];
  close(): Promise<void>;
}

/** Starts one on a free port. */
export async function spanBackend(): Promise<SpanBackend> {
  const [kept, queries, chaos]: [OtlpResourceSpans[], SpanBackend['queries'], SpanBackend['chaos']] = [[], [], []];
  const server = createServer((message, answer) => {
    handle(message, answer).catch(error => answer.writeHead(500).end(String(error)));
  });
  async function handle(message: IncomingMessage, answer: ServerResponse): Promise<void> {
    if (message.method === 'POST') return take(message, answer);
    queries.push(message.headers);
    const { status, body } = answerTo(message.url ?? '', kept);
    answer.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }
  async function take(message: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of message as AsyncIterable<Uint8Array>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const text = (message.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
    const fault = chaos.shift();
    if (fault === undefined || fault === 'take and drop') kept.push(...JSON.parse(text).resourceSpans);
    if (fault === 'drop' || fault === 'take and drop') message.socket.destroy();
    else answer.writeHead(fault ?? 200, { 'content-type': 'application/json' }).end('{}');
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    kept,
    queries,
    chaos,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answerTo(url: string, kept: readonly OtlpResourceSpans[]): { status: number; body: string } {
  const { pathname } = new URL(url, 'http://backend');
  const [, prefix = '', id] = /^(.*\/traces)(?:\/([0-9a-f]+))?$/.exec(pathname) ?? [];
  const found = id === undefined ? kept : withSpans(kept, spans => spans.filter(({ traceId }) => traceId === id));
  if (id !== undefined && spansIn(found).length === 0) return { status: 404, body: 'trace not found' };
  const answers: Record<string, () => unknown> = {
    '/api/traces': () => jaegerAnswer(found),
    '/api/v3/traces': () => ({ result: { resourceSpans: found } }),
    '/tempo/api/traces': () => ({ batches: tempoBatches(found) }),
    '/api/v2/traces': () => ({ trace: { resourceSpans: tempoBatches(found) }, metrics: {} }),
  };
  const body = answers[prefix];
  return body === undefined
    ? { status: 404, body: '404 page not found' }
    : { status: 200, body: JSON.stringify(body()) };
}
