import { errorOf } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { isJsonObject } from '../envelope.ts';
import { DeliveryError, deliveryErrorOf, lateError, strangeError } from './delivery-error.ts';

/** One HTTP request. */
export interface HttpRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  /** Sent as JSON. */
  readonly body?: object;
  readonly token?: string | null;
  /** How long the whole answer may take. */
  readonly timeoutMs: number;
  /** Larger answers are refused unread. */
  readonly maxAnswerBytes: number;
  /** Gives the request up. */
  readonly signal: AbortSignal;
}

/** An answer in JSON that comes from one of ours: a success, or an error with a code. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: JsonObject;
  /** What `Retry-After` says; null where it says nothing. */
  readonly retryAfterMs: number | null;
}

/** Statuses of proxies and servers that are not ready: they pass. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504]);

/** Characters of a strange answer that an error shows. */
const SHOWN_LENGTH = 120;

/** An address as messages and statistics may show it: no credentials, no query. */
export function shownUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

/** What a header can hold. */
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * The header that carries a token; none without one.
 *
 * @throws ConfigurationError (`invalid_configuration`), which does not show the token.
 */
export function bearerOf(token: string | null | undefined): Record<string, string> {
  if (token == null) return {};
  if (TOKEN.test(token)) return { authorization: `Bearer ${token}` };
  throw errorOf(
    'invalid_configuration',
    'The token must be printable ASCII without spaces; is there a line end after it?',
  );
}

/** @throws ValidationError (`invalid_payload`) for what JSON cannot hold. */
function jsonOf(body: object): string {
  try {
    return JSON.stringify(body);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw errorOf('invalid_payload', `The request is no JSON: ${why}`, { cause: error });
  }
}

function initOf({ method, body, token }: HttpRequest): RequestInit {
  return {
    method,
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...bearerOf(token),
    },
    // A redirect would carry the token to wherever it points.
    redirect: 'manual',
    ...(body !== undefined && { body: jsonOf(body) }),
  };
}

/** Seconds, or a date. */
function retryAfterOf(header: string | null): number | null {
  if (header === null) return null;
  const seconds = Number(header);
  const milliseconds = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(milliseconds) ? null : Math.max(0, milliseconds);
}

async function textOf(response: Response, shown: string, maxAnswerBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxAnswerBytes) {
      throw strangeError(
        shown,
        `answered with more than ${maxAnswerBytes} bytes; raise maxAnswerBytes if that is right`,
        false,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function answerOf(response: Response, shown: string, maxAnswerBytes: number): Promise<HttpAnswer> {
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    await response.body?.cancel();
    throw strangeError(
      shown,
      `answered with a redirect (${status}), which is not followed: give the final address`,
      false,
    );
  }
  const text = await textOf(response, shown, maxAnswerBytes);
  const body = parsed(text);
  const retryAfterMs = retryAfterOf(headers.get('retry-after'));
  if (isJsonObject(body) && (response.ok || typeof body.error_code === 'string')) return { status, body, retryAfterMs };
  // A garbled success may be right the next time; an error that does not pass, hardly.
  const isPassing = response.ok || PASSING_STATUSES.has(status);
  const said = JSON.stringify(text.slice(0, SHOWN_LENGTH));
  throw strangeError(shown, `answered ${status} with what is no answer of a Quadro service: ${said}`, isPassing);
}

/**
 * Sends one request, once, and reads its answer.
 *
 * @throws DeliveryError where no usable answer came; QuadroError (`closed`) where the signal gave it up.
 */
export async function exchange(request: HttpRequest): Promise<HttpAnswer> {
  const { url, timeoutMs, maxAnswerBytes, signal } = request;
  const init = initOf(request);
  const shown = shownUrl(url);
  const giveUp = new AbortController();
  const late = lateError(shown, timeoutMs);
  const timer = setTimeout(() => giveUp.abort(late), timeoutMs);
  const close = (): void =>
    giveUp.abort(errorOf('closed', `The request to ${shown} was given up: its sender is closing`));
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  try {
    const response = await fetch(url, { ...init, signal: giveUp.signal });
    return await answerOf(response, shown, maxAnswerBytes);
  } catch (error) {
    if (giveUp.signal.aborted) throw giveUp.signal.reason;
    throw error instanceof DeliveryError ? error : deliveryErrorOf(shown, error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', close);
  }
}
