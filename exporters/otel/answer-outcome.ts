import { QuadroError } from '../../board/core/errors.ts';
import type { HttpAnswer } from './http-post.ts';
import type { SpanSerializer } from './load-serializer.ts';
import { receiverWords, type Secrets } from './receiver-words.ts';
import { retryAfterMs } from './retry-after.ts';
import type { SendOutcome } from './sink.ts';
import { mayBeSpansFault } from './span-faults.ts';

/** Statuses by which a collector asks for the same request again (OTLP/HTTP). */
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** A request that was answered. */
export interface AnsweredRequest {
  readonly location: string;
  /** How many spans it held. */
  readonly spans: number;
  readonly serializer: SpanSerializer;
  readonly isGzip: boolean;
  readonly secrets: Secrets;
}

/** What an OTLP receiver's answer means for the spans that it was sent. */
export function answerOutcome(answer: HttpAnswer, request: AnsweredRequest): SendOutcome {
  const { status } = answer;
  const reason = `${request.location} answered ${status}`;
  if (status >= 200 && status <= 299) {
    return isWebPage(answer) ? refusedByPage(reason, request, status) : outcomeOfSuccess(answer, request);
  }
  if (RETRYABLE_STATUSES.has(status)) {
    const retryInMs = retryAfterMs(answer.headers);
    return { status: 'later', reason, ...(retryInMs !== undefined && { retryInMs }) };
  }
  if (status === 413) return { status: 'too_large', reason };
  return refusalOf(answer, reason, request);
}

/**
 * A page for people: whatever gave it has not read a span. A backend's own pages answer so to every path, and a portal or a proxy
 * to every host. No content is no page, whatever type a server gives it unasked.
 */
function isWebPage({ headers, body }: HttpAnswer): boolean {
  return /html/i.test(headers['content-type'] ?? '') && /^\s*</.test(Buffer.from(body).toString('latin1'));
}

function refusedByPage(reason: string, { location }: AnsweredRequest, status: number): SendOutcome {
  const words = `${reason} with a web page, as no receiver of spans does: check the URL; its port is usually 4318, its path /v1/traces`;
  return { status: 'refused', error: new QuadroError('delivery_failed', words, { details: { status, location } }) };
}

function refusalOf({ status, body }: HttpAnswer, reason: string, request: AnsweredRequest): SendOutcome {
  const { location, secrets, isGzip } = request;
  const words = receiverWords(Buffer.from(body).toString('utf8'), secrets);
  const said = words === '' ? reason : `${reason} (${words})`;
  return {
    status: 'refused',
    error: new QuadroError('delivery_failed', `${said}: ${adviceFor(status, isGzip)}`, {
      details: { status, location },
    }),
    ...(mayBeSpansFault(status) && { suspects: { reason: said, status } }),
  };
}

/** The receiver's count is only as good as the receiver: it never makes more spans rejected than were sent, nor fewer than 0. */
function outcomeOfSuccess(answer: HttpAnswer, { spans, serializer, secrets }: AnsweredRequest): SendOutcome {
  const { rejectedSpans, errorMessage } = partialSuccessOf(answer, serializer);
  const count = countOf(rejectedSpans);
  const message = typeof errorMessage === 'string' ? receiverWords(errorMessage, secrets) : '';
  return { status: 'sent', rejected: Math.min(count, spans), ...(message !== '' && { message }) };
}

/** JSON writes an int64 as a text, and the reader of protobuf takes a negative one for one beyond its range. */
function countOf(said: unknown): number {
  const count = Math.trunc(Number(said ?? 0));
  return count > 0 && count < 2 ** 63 ? count : 0;
}

interface PartialSuccess {
  readonly rejectedSpans?: unknown;
  readonly errorMessage?: unknown;
}

function partialSuccessOf({ body, headers }: HttpAnswer, serializer: SpanSerializer): PartialSuccess {
  try {
    // The answer says in which encoding it is; to read JSON takes no serializer, and theirs would log what it cannot read.
    const isJson = headers['content-type']?.includes('json') ?? false;
    const answer = isJson ? JSON.parse(Buffer.from(body).toString('utf8')) : serializer.deserializeResponse(body);
    return answer?.partialSuccess ?? {};
  } catch {
    // The status said it was taken; a proxy may have put words of its own in the body.
    return {};
  }
}

function adviceFor(status: number, isGzip: boolean): string {
  if (status === 401 || status === 403) return 'check the credentials (OTEL_EXPORTER_OTLP_HEADERS)';
  if (status === 404 || status === 405) return 'check the URL; its path is usually /v1/traces';
  if (status === 415 && isGzip)
    return 'send it without compression (OTEL_EXPORTER_OTLP_COMPRESSION), or by the other protocol';
  if (status === 415) return 'use the other protocol, http/json or http/protobuf (OTEL_EXPORTER_OTLP_PROTOCOL)';
  if (status === 400) return 'the receiver cannot read the request; look at its log';
  if (status >= 300 && status <= 399) return 'redirects are not followed; give the URL it leads to';
  return status >= 500 ? "look at the receiver's log" : 'check the URL and the headers';
}
