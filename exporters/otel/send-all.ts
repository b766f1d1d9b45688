import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { QuadroError } from '../../board/core/errors.ts';
import { pause } from '../feed/pause.ts';
import type { SpanSink } from './sink.ts';

/** How to insist. */
export interface RetryOptions {
  /** The first wait before an attempt is repeated, in milliseconds; doubled each time. Default 500. */
  firstRetryMs?: number;
  /** The longest wait; a receiver's `Retry-After` may ask for more. Default 30,000. */
  maxRetryMs?: number;
  /** Give up after this long without success, in milliseconds. Default: never, while the exporter runs. */
  giveUpAfterMs?: number;
}

/** What a run of attempts came to. */
export interface SentAll {
  /** False where it was stopped before everything was taken. */
  readonly done: boolean;
  readonly rejected: number;
  /** The receiver's words about what it rejected. */
  readonly message: string | null;
  readonly retries: number;
}

/** Tells that an attempt failed and will be repeated. */
export type OnRetry = (retry: { readonly reason: string; readonly retryInMs: number }) => void;

/**
 * Sends spans until the sink has taken them all, a request at a time: repeats what may pass, halves what is too large.
 *
 * @param stop ends the waiting and the repeating. @param cutOff ends the attempt in flight.
 * @throws QuadroError `delivery_failed` where the sink refuses for good, or `giveUpAfterMs` is over.
 */
export async function sendAll(
  sink: SpanSink,
  spans: readonly ReadableSpan[],
  options: RetryOptions & { stop: AbortSignal; cutOff: AbortSignal; onRetry: OnRetry },
): Promise<SentAll> {
  const { firstRetryMs = 500, maxRetryMs = 30_000, giveUpAfterMs = Number.POSITIVE_INFINITY } = options;
  const { stop, cutOff, onRetry } = options;
  const deadline = performance.now() + giveUpAfterMs;
  const waiting = spans.length === 0 ? [] : [spans];
  const sent = { done: false, rejected: 0, message: null as string | null, retries: 0 };
  let backoffMs = firstRetryMs;
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const outcome = await sink.send(part, cutOff);
    if (outcome.status === 'sent') {
      sent.rejected += outcome.rejected;
      sent.message = outcome.message ?? sent.message;
      backoffMs = firstRetryMs;
      continue;
    }
    if (outcome.status === 'refused') throw outcome.error;
    if (outcome.status === 'too_large') {
      waiting.push(...halvesOf(part, outcome.reason));
      continue;
    }
    if (stop.aborted) return sent;
    // Jitter keeps many exporters from coming back together; it never goes below what the receiver asked for.
    const retryInMs = Math.max(outcome.retryInMs ?? 0, backoffMs * (0.75 + Math.random() / 2));
    if (performance.now() + retryInMs > deadline) throw gaveUp(outcome.reason, giveUpAfterMs);
    onRetry({ reason: outcome.reason, retryInMs });
    sent.retries += 1;
    await pause(retryInMs, stop);
    if (stop.aborted) return sent;
    backoffMs = Math.min(backoffMs * 2, maxRetryMs);
    waiting.push(part);
  }
  return { ...sent, done: true };
}

/** The second half first: the stack gives the first half back first. */
function halvesOf(part: readonly ReadableSpan[], reason: string): (readonly ReadableSpan[])[] {
  if (part.length < 2) {
    throw new QuadroError('delivery_failed', `${reason} to a single span: raise the receiver's request size limit`, {
      details: { spans: part.length },
    });
  }
  const middle = Math.ceil(part.length / 2);
  return [part.slice(middle), part.slice(0, middle)];
}

function gaveUp(reason: string, giveUpAfterMs: number): QuadroError {
  return new QuadroError('delivery_failed', `Gave up after ${giveUpAfterMs} ms: ${reason}`);
}
