import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** What a client gets instead of the answer. */
export type Reply =
  | 'whole'
  | 'reset'
  | 'end'
  | 'half'
  | 'garbage'
  | 'wrong_json'
  | 'page_500'
  | 'page_502'
  | 'busy'
  | 'redirect'
  | 'silence'
  | 'drip';

/** What becomes of one request: whether the service gets it, and what the client gets. */
export interface Mishap {
  readonly delivers: boolean;
  readonly reply: Reply;
}

/** A request that arrived at a proxy. */
export interface Arrival {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly authorization: string | undefined;
  readonly accept: string | undefined;
}

/** Nothing goes wrong. */
export const FINE: Mishap = { delivers: true, reply: 'whole' };

/** A proxy before a service that does to each request what it is told. */
export interface FlakyProxy {
  readonly url: string;
  readonly arrivals: readonly Arrival[];
  /** What becomes of each request from now on. */
  happen(mishapOf: (arrival: Arrival) => Mishap): void;
  /** Ends every connection that there is. */
  cut(): void;
}

const BUSY = '{"error":"too many","error_code":"rate_limited","request_id":"x"}';
const RAW: Partial<Record<Reply, string>> = {
  garbage: '\u0000\u0001 this is no HTTP\r\n\r\n',
  wrong_json: 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"ok":1.5',
  page_500: 'HTTP/1.1 500 Oops\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<h1>Oops</h1>',
  page_502: 'HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 12\r\n\r\n<h1>502</h1>',
  busy: `HTTP/1.1 429 Slow\r\ncontent-type: application/json\r\nretry-after: 0\r\ncontent-length: ${BUSY.length}\r\n\r\n${BUSY}`,
};

async function forward(target: string, request: IncomingMessage, body: Buffer, signal: AbortSignal): Promise<Response> {
  const headers = Object.entries(request.headers).filter(([name]) => !/^(host|connection|content-length)$/.test(name));
  return fetch(`${target}${request.url}`, {
    method: request.method ?? 'GET',
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    redirect: 'manual',
    signal,
    ...(body.length > 0 && { body: body.toString('utf8') }),
  });
}

async function pass(answer: Response, response: ServerResponse): Promise<void> {
  const kept = [...answer.headers].filter(
    ([name]) => !/^(connection|keep-alive|transfer-encoding|content-encoding)$/.test(name),
  );
  response.writeHead(answer.status, Object.fromEntries(kept));
  response.flushHeaders();
  for await (const chunk of answer.body ?? []) response.write(chunk);
  response.end();
}

async function misbehave(reply: Reply, text: string, elsewhere: string, response: ServerResponse): Promise<void> {
  const { socket } = response;
  if (socket === null || socket.destroyed) return;
  if (reply === 'reset') return void socket.resetAndDestroy();
  if (reply === 'end') return void socket.end();
  const whole = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
  if (reply === 'half') return void socket.end(whole.slice(0, whole.length - Math.ceil(text.length / 2) - 1));
  if (reply === 'redirect') {
    return void socket.end(`HTTP/1.1 307 Elsewhere\r\nlocation: ${elsewhere}\r\ncontent-length: 0\r\n\r\n`);
  }
  if (reply === 'drip') {
    for (const letter of whole) {
      if (socket.destroyed) return;
      socket.write(letter);
      await sleep(50);
    }
  }
  const raw = RAW[reply];
  if (raw !== undefined) socket.end(raw);
}

/** Starts a proxy before a service, for the test that runs; at first nothing goes wrong. */
export async function flakyProxy(target: string, elsewhere = 'http://127.0.0.1:1/'): Promise<FlakyProxy> {
  const arrivals: Arrival[] = [];
  let mishapOf: (arrival: Arrival) => Mishap = () => FINE;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const { method = '', url = '', headers } = request;
    const arrival = {
      method,
      path: url,
      body: body.toString('utf8'),
      authorization: headers.authorization,
      accept: headers.accept,
    };
    arrivals.push(arrival);
    const { delivers, reply } = mishapOf(arrival);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answered = delivers ? await forward(target, request, body, gone.signal) : null;
    if (reply === 'whole' && answered !== null) return pass(answered, response);
    await misbehave(reply, (await answered?.text()) ?? '{}', elsewhere, response);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.socket?.destroy());
  });
  server.listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>(resolve => server.close(() => resolve()));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals,
    cut: () => server.closeAllConnections(),
    happen: next => {
      mishapOf = next;
    },
  };
}
