import type { Agent, IncomingMessage, RequestOptions } from 'node:http';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** An answer as it came. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Uint8Array;
}

/** One POST, told whole. */
export interface HttpPost {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly agent: Agent;
  readonly body: Uint8Array;
  /** For the whole exchange, from connecting to the answer's last byte. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Thrown where no answer came in time. */
export class TimeoutError extends Error {}

/** More than any collector says; the rest is not read. */
const MAX_ANSWER_BYTES = 1 << 20;

/** Posts, and resolves with the answer once it is complete; rejects where the connection failed, timed out or was cut off. */
export function post({ url, headers, agent, body, timeoutMs, signal }: HttpPost): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const options: RequestOptions = { method: 'POST', agent, headers: { ...headers, 'Content-Length': body.length } };
    const request = send(url, options, response => {
      readAnswer(response).then(
        answer => settle(() => resolve(answer)),
        error => settle(() => reject(error)),
      );
    });
    const stop = (): void => void request.destroy(new Error('stopped'));
    const timer = setTimeout(() => request.destroy(new TimeoutError(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const settle = (done: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      done();
    };
    request.on('error', error => settle(() => reject(error)));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    else request.end(body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size <= MAX_ANSWER_BYTES) chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}
