import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { QuadroError } from '../../board/core/errors.ts';
import { answerOutcome } from './answer-outcome.ts';
import { post, TimeoutError } from './http-post.ts';
import { loadSerializer, type SpanSerializer } from './load-serializer.ts';
import { type OtlpConfig, type OtlpOptions, otlpConfig } from './otlp-config.ts';
import { secretsOf } from './receiver-words.ts';
import type { SendOutcome, SpanSink } from './sink.ts';

const compress = promisify(gzip);

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
 * Sends spans to an OTLP/HTTP receiver, one attempt a call. It uses the stock exporter's serializers, but not its transport,
 * which reports a partial success as a success, gives up after ten seconds and does not tell a `Retry-After` it would not
 * wait for; nor its reading of the environment, which falls back in silence.
 *
 * @throws ConfigurationError `invalid_configuration`.
 */
export function otlpSink(options: OtlpOptions = {}): SpanSink {
  const config = otlpConfig(options);
  const { url, timeoutMs } = config;
  const { protocol, host, pathname } = new URL(url);
  const location = `${protocol}//${host}${pathname}`;
  const secrets = secretsOf(config.headers);
  const agent =
    protocol === 'https:' ? new HttpsAgent({ keepAlive: true, ...config.tls }) : new HttpAgent({ keepAlive: true });
  let loading: Promise<SpanSerializer> | undefined;
  const load = (): Promise<SpanSerializer> => {
    loading ??= loadSerializer(config.protocol);
    return loading;
  };
  return {
    location,
    async open() {
      await load();
    },
    async send(spans, signal) {
      try {
        const serializer = await load();
        const request = await encoded(serializer.serializeRequest(spans), config);
        const answer = await post({ url, agent, timeoutMs, signal, ...request });
        return answerOutcome(answer, { location, spans: spans.length, serializer, isGzip: config.isGzip, secrets });
      } catch (error) {
        if (signal.aborted) return { status: 'later', reason: 'stopped' };
        return outcomeOfFailure(error, location);
      }
    },
    async close() {
      agent.destroy();
    },
  };
}

async function encoded(
  body: Uint8Array = new Uint8Array(),
  { headers, isGzip }: OtlpConfig,
): Promise<{ body: Uint8Array; headers: Readonly<Record<string, string>> }> {
  if (!isGzip) return { body, headers };
  return { body: await compress(body), headers: { ...headers, 'content-encoding': 'gzip' } };
}

function outcomeOfFailure(error: unknown, location: string): SendOutcome {
  if (error instanceof QuadroError) return { status: 'refused', error };
  const { code, message } = faultOf(error);
  const reason = code.startsWith('HPE_')
    ? `${location} does not answer in HTTP (${message}): check the URL; the port is usually 4318, and 4317 speaks gRPC`
    : `${location} cannot be reached: ${message}`;
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
