/**
 * A receiver in a process of its own, as the bench forks it: takes every request, or fails at every second of them; counts the
 * spans it took, and answers the count so far to any message.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { jobOf } from './child.ts';

/** What a receiver is told. */
export interface ReceiverJob {
  /** Whether it fails at every second request, in one way after the other. Default false. */
  readonly isFailing?: boolean;
  /** Whether it looks for spans in the bytes instead of decoding requests, as no collector can. Default false. */
  readonly isSkimming?: boolean;
}

// Whoever started it is gone: nobody sends any more.
process.once('disconnect', () => process.exit());

const { isFailing = false, isSkimming = false } = jobOf<ReceiverJob>();

/** What a failing receiver does to one request after the other; null takes it. */
const FAILINGS = ['unavailable', null, 'hang', null, 'reset', null, 'cut', null] as const;
/** How long it keeps one hanging before it ends the connection. */
const HANG_MS = 100;
let requests = 0;

/** A field that each span has once, whatever else it has. */
const SPAN_MARK = Buffer.from('"startTimeUnixNano"');

let spans = 0;

function skimmed(body: Buffer): number {
  let marks = 0;
  for (let at = body.indexOf(SPAN_MARK); at !== -1; at = body.indexOf(SPAN_MARK, at + SPAN_MARK.length)) marks += 1;
  return marks;
}

interface TraceRequest {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly unknown[] }[] }[];
}

function decoded(body: Buffer): number {
  const { resourceSpans }: TraceRequest = JSON.parse(body.toString('utf8'));
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans).reduce((sum, scope) => sum + scope.spans.length, 0);
}

async function take(request: IncomingMessage, answer: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  spans += isSkimming ? skimmed(body) : decoded(body);
  answer.writeHead(200, { 'content-type': 'application/json' }).end('{}');
}

async function fail(request: IncomingMessage, answer: ServerResponse): Promise<void> {
  const failing = FAILINGS[requests++ % FAILINGS.length] ?? null;
  if (failing === null) return take(request, answer);
  await finished(request.resume(), { writable: false });
  if (failing === 'hang') await sleep(HANG_MS);
  if (failing === 'reset' || failing === 'hang') request.socket.resetAndDestroy();
  else if (failing === 'unavailable') answer.writeHead(503).end();
  else answer.writeHead(200, { 'content-length': 20 }).write('{', () => request.socket.destroy());
}

const server = createServer((request, answer) => {
  (isFailing ? fail : take)(request, answer).catch(error => answer.destroy(error));
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.(`http://127.0.0.1:${port}/v1/traces`);
});
process.on('message', () => process.send?.(spans));
