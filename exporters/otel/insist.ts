import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { QuadroError } from '../../board/core/errors.ts';
import { pause } from '../feed/pause.ts';
import type { SendOutcome, SpanSink } from './sink.ts';

/** How to insist. */
export interface RetryOptions {
  /** The first wait before an attempt is repeated, in milliseconds; doubled each time. Default 500. */
  firstRetryMs?: number;
  /** The longest wait; a receiver's `Retry-After` may ask for more, up to an hour at a time. Default 30,000. */
  maxRetryMs?: number;
  /** Give up after this long without an answer that settles a request, in milliseconds. Default: never, while it runs. */
  giveUpAfterMs?: number;
  /**
   * What waits between attempts: it resolves after `ms`, or as soon as a signal aborts. Default: a timer. A test gives one that
   * resolves at once, and lets ten minutes of a receiver's absence pass in a moment; `giveUpAfterMs` counts them as waited.
   */
  wait?: (ms: number, ...signals: (AbortSignal | undefined)[]) => Promise<void>;
}

/** Tells that an attempt failed and will be repeated. */
export type OnRetry = (retry: { readonly reason: string; readonly retryInMs: number }) => void;

/** How to insist, and until when: `stop` ends the waiting and the repeating, `cutOff` the attempt in flight. */
export interface InsistOptions extends RetryOptions {
  readonly stop: AbortSignal;
  readonly cutOff: AbortSignal;
  readonly onRetry: OnRetry;
}

/** What became of a request in the end. */
export type SettledOutcome = Exclude<SendOutcome, { status: 'later' }>;

/** Sends a request as often as it takes until the sink has settled it. */
export type Insist = (spans: readonly ReadableSpan[]) => Promise<SettledOutcome>;

/** Thrown where it was stopped before a request was settled. */
export class Stopped extends Error {}

/**
 * Insists on every request.
 *
 * @throws QuadroError `delivery_failed`, from the function returned, once `giveUpAfterMs` is over; {@link Stopped}.
 */
export function insister(sink: SpanSink, options: InsistOptions): Insist {
  const { firstRetryMs = 500, maxRetryMs = 30_000, giveUpAfterMs = Number.POSITIVE_INFINITY, wait = pause } = options;
  const { stop, cutOff, onRetry } = options;
  return async spans => {
    let backoffMs = firstRetryMs;
    let spentMs = 0;
    for (;;) {
      const began = performance.now();
      const outcome = await sink.send(spans, cutOff);
      if (outcome.status !== 'later') return outcome;
      if (stop.aborted) throw new Stopped();
      const retryInMs = Math.max(outcome.retryInMs ?? 0, withJitter(backoffMs));
      spentMs += performance.now() - began + retryInMs;
      if (spentMs > giveUpAfterMs) throw gaveUp(outcome, giveUpAfterMs);
      onRetry({ reason: outcome.reason, retryInMs });
      await wait(retryInMs, stop);
      if (stop.aborted) throw new Stopped();
      backoffMs = Math.min(backoffMs * 2, maxRetryMs);
    }
  };
}

/** Keeps many exporters from coming back together; what a receiver asked for is never undercut by it. */
function withJitter(ms: number): number {
  return ms * (0.75 + Math.random() / 2);
}

function gaveUp(
  { reason, retryInMs = 0 }: Extract<SendOutcome, { status: 'later' }>,
  giveUpAfterMs: number,
): QuadroError {
  const asked = retryInMs > 0 ? `, and asks for ${Math.ceil(retryInMs / 1000)} s` : '';
  return new QuadroError('delivery_failed', `Gave up within ${giveUpAfterMs} ms: ${reason}${asked}`);
}
