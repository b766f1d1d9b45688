import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import root from 'otlp-transformer-independent/build/src/generated/root.js';

/** A span as it arrived, whichever way it was written. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly statusCode: number;
  /** Attributes of the resource and the scope's name and version. */
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope: string;
}

/** An answer of the receiver's own. Below 300 it has taken the spans all the same. */
export interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  /** Close the connection before the answer's body is complete. */
  readonly isCut?: boolean;
  /** Write the body a byte at a time, with so many milliseconds between. */
  readonly dripMs?: number;
}

/** What the receiver does with a request instead of taking it: an answer of its own; `drop` or `reset` the connection; `hang`. */
export type Misbehaviour = 'drop' | 'reset' | 'hang' | Answer;

/** A collector for tests: a real HTTP server that keeps what it took. */
export interface OtlpReceiver {
  readonly url: string;
  /** Every span taken, in order of arrival, repeats included. */
  readonly spans: ReceivedSpan[];
  /** Requests that came, taken or not, with the moment they came. */
  readonly requests: {
    readonly at: number;
    readonly headers: IncomingMessage['headers'];
    readonly spans: number;
    /** The sender's port: requests of one connection have one. */
    readonly port: number | undefined;
  }[];
  /** What to do with the next requests, first to last; then it takes them. */
  readonly misbehaviours: Misbehaviour[];
  /** Asked after those: what to do with a request for what is in it; undefined takes it. */
  judge: (spans: readonly ReceivedSpan[]) => Misbehaviour | undefined;
  /** Looked at before each request is answered. */
  onRequest: (taken: number) => Promise<void> | void;
  close(): Promise<void>;
}

/** Generated code whose declarations leave its contents out. */
interface GeneratedRoot {
  opentelemetry: {
    proto: { collector: { trace: { v1: { ExportTraceServiceRequest: { decode(b: Uint8Array): unknown } } } } };
  };
}
const request = (root as unknown as GeneratedRoot).opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;

/** Starts a receiver on a free port, or on the given one; over https with the certificates of `tls`. */
export async function otlpReceiver(port = 0, tls?: ServerOptions): Promise<OtlpReceiver> {
  const listener: RequestListener = (message, answer) => {
    handle(message, answer).catch(error => {
      answer.writeHead(500).end(String(error));
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  async function handle(message: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of message as AsyncIterable<Uint8Array>) chunks.push(chunk);
    const spans = decode(message.headers, Buffer.concat(chunks));
    const { headers, socket } = message;
    receiver.requests.push({ at: Date.now(), headers, spans: spans.length, port: socket.remotePort });
    await receiver.onRequest(receiver.spans.length);
    const misbehaviour = receiver.misbehaviours.shift() ?? receiver.judge(spans);
    if (misbehaviour === 'hang') return;
    if (misbehaviour === 'drop') socket.destroy();
    else if (misbehaviour === 'reset') socket.resetAndDestroy();
    else {
      const given = misbehaviour ?? { status: 200 };
      if (given.status < 300) receiver.spans.push(...spans);
      await reply(message, answer, given);
    }
  }
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  const receiver: OtlpReceiver = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    spans: [],
    requests: [],
    misbehaviours: [],
    judge: () => undefined,
    onRequest: () => {},
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}

async function reply(message: IncomingMessage, answer: ServerResponse, given: Answer): Promise<void> {
  const type = message.headers['content-type'] ?? '';
  const body = Buffer.from(given.body ?? (type.includes('json') ? '{}' : ''));
  const length = given.isCut ? body.length + 10 : body.length;
  answer.writeHead(given.status, { 'content-type': type, 'content-length': length, ...given.headers });
  for (const byte of given.dripMs === undefined ? [] : body) {
    answer.write(Uint8Array.of(byte));
    await new Promise(resolve => setTimeout(resolve, given.dripMs));
  }
  if (given.isCut) answer.write(body, () => message.socket.destroy());
  else answer.end(given.dripMs === undefined ? body : undefined);
}

/** The requests in a file of OTLP JSON lines. */
export function decodeLines(text: string): ReceivedSpan[] {
  return text
    .split('\n')
    .filter(line => line !== '')
    .flatMap(line => decode({ 'content-type': 'application/json' }, Buffer.from(line)));
}

function decode(headers: IncomingMessage['headers'], body: Buffer): ReceivedSpan[] {
  const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  const isJson = headers['content-type']?.includes('json') ?? false;
  const idOf = isJson
    ? (id: unknown) => String(id ?? '')
    : (id: unknown) => Buffer.from(id as Uint8Array).toString('hex');
  const decoded = (isJson ? JSON.parse(plain.toString('utf8')) : request.decode(plain)) as WireRequest;
  return decoded.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map(span => ({
        traceId: idOf(span.traceId),
        spanId: idOf(span.spanId),
        parentSpanId: idOf(span.parentSpanId ?? ''),
        name: span.name,
        start: BigInt(String(span.startTimeUnixNano)),
        end: BigInt(String(span.endTimeUnixNano)),
        attributes: attributesOf(span.attributes),
        links: (span.links ?? []).map(link => ({ traceId: idOf(link.traceId), spanId: idOf(link.spanId) })),
        statusCode: span.status?.code ?? 0,
        resource: attributesOf(resource.attributes),
        scope: `${scope.name} ${scope.version}`,
      })),
    ),
  );
}

interface WireRequest {
  resourceSpans: {
    resource: { attributes: WireAttribute[] };
    scopeSpans: { scope: { name: string; version: string }; spans: WireSpan[] }[];
  }[];
}

interface WireSpan {
  traceId: unknown;
  spanId: unknown;
  parentSpanId?: unknown;
  name: string;
  startTimeUnixNano: unknown;
  endTimeUnixNano: unknown;
  attributes: WireAttribute[];
  links?: { traceId: unknown; spanId: unknown }[];
  status?: { code?: number };
}

interface WireAttribute {
  key: string;
  value: WireValue;
}

interface WireValue {
  stringValue?: string | null;
  intValue?: unknown;
  doubleValue?: number | null;
  boolValue?: boolean | null;
  arrayValue?: { values: WireValue[] } | null;
}

function attributesOf(attributes: readonly WireAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]));
}

function plainValue({ stringValue, intValue, doubleValue, boolValue, arrayValue }: WireValue): unknown {
  if (arrayValue != null) return arrayValue.values.map(plainValue);
  if (intValue != null) return Number(String(intValue));
  return stringValue ?? doubleValue ?? boolValue;
}
