import type { Agent } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { QuadroError } from '../../board/core/errors.ts';
import { type HttpAnswer, post, TimeoutError } from './http-post.ts';
import { type OtlpConfig, type OtlpOptions, otlpConfig } from './otlp-config.ts';
import type { SendOutcome, SpanSink } from './sink.ts';

const compress = promisify(gzip);

/** Statuses by which a collector asks for the same request again (OTLP/HTTP). */
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Failures of the network, or of this machine's share of it, that may pass. */
const RETRYABLE_CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOTFOUND',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
]);

/**
 * Sends spans to an OTLP/HTTP receiver, one attempt a call. It uses the stock exporter's serializers and configuration, but
 * not its transport, which reports a partial success as a success, gives up after ten seconds and does not tell a
 * `Retry-After` it would not wait for.
 */
export function otlpSink(options: OtlpOptions = {}): SpanSink {
  const config = otlpConfig(options);
  const { protocol, host, pathname } = new URL(config.url);
  const location = `${protocol}//${host}${pathname}`;
  let agent: Promise<Agent> | undefined;
  return {
    location,
    async send(spans, signal) {
      try {
        agent ??= Promise.resolve(config.agentFactory(protocol));
        const { body, headers } = await requestOf(config, spans);
        const { url, timeoutMs } = config;
        const answer = await post({ url, headers, agent: await agent, body, timeoutMs, signal });
        return outcomeOf(answer, config, location);
      } catch (error) {
        if (signal.aborted) return { status: 'later', reason: 'stopped' };
        return outcomeOfFailure(error, location);
      }
    },
    async close() {
      (await agent)?.destroy();
    },
  };
}

async function requestOf(
  { serializer, headers, isGzip }: OtlpConfig,
  spans: readonly ReadableSpan[],
): Promise<{ body: Uint8Array; headers: Record<string, string> }> {
  const body = serializer.serializeRequest([...spans]) ?? new Uint8Array();
  const given = await headers();
  if (!isGzip) return { body, headers: given };
  return { body: await compress(body), headers: { ...given, 'Content-Encoding': 'gzip' } };
}

function outcomeOf(answer: HttpAnswer, config: OtlpConfig, location: string): SendOutcome {
  const { status, headers, body } = answer;
  if (status >= 200 && status <= 299) return outcomeOfSuccess(body, config);
  const reason = `${location} answered ${status}`;
  if (RETRYABLE_STATUSES.has(status)) {
    const retryInMs = retryAfterMs(headers['retry-after']);
    return { status: 'later', reason, ...(retryInMs !== undefined && { retryInMs }) };
  }
  if (status === 413) return { status: 'too_large', reason };
  const words = Buffer.from(body).toString('utf8').replace(/\s+/g, ' ').trim().slice(0, 200);
  return {
    status: 'refused',
    error: new QuadroError(
      'delivery_failed',
      `${reason}${words === '' ? '' : ` (${words})`}: ${adviceFor(status)}. The cursor stays before the refused spans.`,
      { details: { status, location } },
    ),
  };
}

function outcomeOfSuccess(body: Uint8Array, { serializer }: OtlpConfig): SendOutcome {
  const answer = readResponse(body, serializer);
  // JSON writes an int64 as a text.
  const rejected = Number(answer?.partialSuccess?.rejectedSpans ?? 0);
  const message = answer?.partialSuccess?.errorMessage;
  return { status: 'sent', rejected: Number.isFinite(rejected) ? rejected : 0, ...(message && { message }) };
}

function readResponse(
  body: Uint8Array,
  serializer: OtlpConfig['serializer'],
): ReturnType<OtlpConfig['serializer']['deserializeResponse']> | null {
  try {
    return serializer.deserializeResponse(body);
  } catch {
    // The status said it was taken; a proxy may have put words of its own in the body.
    return null;
  }
}

function adviceFor(status: number): string {
  if (status === 401 || status === 403) return 'check the credentials (OTEL_EXPORTER_OTLP_HEADERS)';
  if (status === 404 || status === 405) return 'check the URL; its path is usually /v1/traces';
  if (status === 415) return 'use the other protocol, http/json or http/protobuf (OTEL_EXPORTER_OTLP_PROTOCOL)';
  if (status === 400) return 'the receiver cannot read the request; look at its log';
  if (status >= 300 && status <= 399) return 'redirects are not followed; give the URL it leads to';
  return status >= 500 ? "look at the receiver's log" : 'check the URL and the headers';
}

/** Milliseconds a `Retry-After` asks for, as seconds or as a date; undefined where there is none to read. */
function retryAfterMs(header: string | undefined, now: number = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function outcomeOfFailure(error: unknown, location: string): SendOutcome {
  const { code, message } = faultOf(error);
  const reason = `${location} cannot be reached: ${message}`;
  if (error instanceof TimeoutError || RETRYABLE_CODES.has(code)) return { status: 'later', reason };
  const details = { location, code };
  return { status: 'refused', error: new QuadroError('delivery_failed', reason, { cause: error, details }) };
}

/** Code and words of a failure; trying several addresses of one host fails with all their errors in one. */
function faultOf(error: unknown): { code: string; message: string } {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const message = first instanceof Error ? first.message : String(first);
  const code = first instanceof Error && 'code' in first ? String(first.code) : '';
  return { code, message };
}
