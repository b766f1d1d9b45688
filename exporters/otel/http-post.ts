import { type Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
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
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly body: Uint8Array;
  /** For the whole exchange, from connecting to the answer's last byte. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Thrown where no answer came in time. */
export class TimeoutError extends Error {}

/** Thrown where the connection, kept from an earlier exchange, turned out to be closed: nothing is wrong with the receiver. */
class StaleConnectionError extends Error {}

/** More than any collector says; the rest is not read. */
const MAX_ANSWER_BYTES = 1 << 20;

/** setTimeout fires at once for more. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Posts, and resolves with the answer: of a success, once its last byte is there, since the end of it may say what was not
 * taken; of any other, with what came of it. Rejects where the connection failed, timed out or was cut off.
 */
export async function post(exchange: HttpPost): Promise<HttpAnswer> {
  for (;;) {
    try {
      return await postOnce(exchange);
    } catch (error) {
      // Each takes a kept connection out of the agent, so this comes to a new one.
      if (!(error instanceof StaleConnectionError)) throw error;
    }
  }
}

function postOnce({ url, headers, agent, body, timeoutMs, signal }: HttpPost): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const options = { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } };
    let answer: AnswerSoFar | undefined;
    const request = send(url, options, response => {
      answer = readAnswer(response, error => settle(error));
    });
    const settle = (error: Error | null): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      if (answer !== undefined && (error === null || !answer.isSuccess)) resolve(answer.told());
      else reject(error);
      // An answer that came before the whole request was read ends it; its connection is of no further use.
      if (error !== null || !request.writableFinished) request.destroy();
    };
    const stop = (): void => settle(new Error('stopped'));
    const onTimeout = (): void => settle(new TimeoutError(`no answer within ${timeoutMs} ms`));
    const timer = setTimeout(onTimeout, Math.min(timeoutMs, MAX_TIMEOUT_MS));
    request.on('error', error => settle(isStale(error, request, answer) ? new StaleConnectionError() : error));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    else request.end(body);
  });
}

/** A receiver may close an idle connection at the moment it is used again; only a used one tells nothing by that. */
function isStale(error: Error, request: ClientRequest, answer: AnswerSoFar | undefined): boolean {
  const code = 'code' in error ? error.code : '';
  return request.reusedSocket && answer === undefined && (code === 'ECONNRESET' || code === 'EPIPE');
}

/** An answer whose head has come. */
interface AnswerSoFar {
  readonly isSuccess: boolean;
  told(): HttpAnswer;
}

/** Reads a body; `onEnd` is called with null at its last byte, with an error where it was cut off. */
function readAnswer(response: IncomingMessage, onEnd: (error: Error | null) => void): AnswerSoFar {
  const { statusCode: status = 0, headers } = response;
  const chunks: Uint8Array[] = [];
  let size = 0;
  response.on('data', (chunk: Uint8Array) => {
    size += chunk.length;
    if (size <= MAX_ANSWER_BYTES) chunks.push(chunk);
  });
  response.on('end', () => onEnd(null));
  response.on('error', onEnd);
  return {
    isSuccess: status >= 200 && status <= 299,
    told: () => ({ status, headers, body: Buffer.concat(chunks) }),
  };
}
