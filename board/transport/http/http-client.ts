import { setTimeout as sleep } from 'node:timers/promises';
import { importPeer } from '../../missing-package.ts';
import { DeliveryError } from './delivery-error.ts';
import { exchange, type HttpAnswer, type HttpRequest } from './exchange.ts';

/** Delays between attempts, before jitter. */
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;

/** The longest `Retry-After` that is heeded. */
const MAX_RETRY_AFTER_MS = 30_000;

/** How a request is sent, however often. */
export interface Sending extends HttpRequest {
  /** How long it is tried again; 0: once. */
  readonly patienceMs: number;
  /** Whether it may be sent again where it may have been carried out. */
  readonly isRepeatable: boolean;
  /** Whether an answer asks for the same request again. */
  readonly isPassing: (answer: HttpAnswer) => boolean;
}

/** Whether an answer says that the service takes nothing now, and did nothing. */
export function isBusy({ status }: Pick<HttpAnswer, 'status'>): boolean {
  return status === 408 || status === 429 || status === 503;
}

type End = { readonly answer: HttpAnswer } | { readonly error: unknown };

function endOf(sending: Sending): Promise<End> {
  return exchange(sending).then(
    answer => ({ answer }),
    error => ({ error }),
  );
}

/** How long the other side asks to be left alone; null where the request is not to be sent again. */
function pauseAfter(end: End, { isRepeatable, isPassing }: Sending): number | null {
  if ('answer' in end) {
    return isPassing(end.answer) ? Math.min(end.answer.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS) : null;
  }
  const { error } = end;
  const isAgain = error instanceof DeliveryError && error.isPassing && (isRepeatable || !error.mayBeDone);
  return isAgain ? 0 : null;
}

/** How sending a request ended. */
export interface Sent {
  readonly answer: HttpAnswer;
  /** Whether an attempt before the answer may have been carried out. */
  readonly mayBeDone: boolean;
}

/**
 * Sends a request, and again where that is safe: with growing, scattered delays, and no earlier than `Retry-After` says. The
 * last answer is given, even one that says busy.
 *
 * @throws DeliveryError where no usable answer came; QuadroError (`closed`) where the signal gave it up.
 */
export async function send(sending: Sending): Promise<Sent> {
  const { patienceMs, signal } = sending;
  const until = performance.now() + patienceMs;
  const { ExponentialBackoff } = await importPeer('cockatiel', () => import('cockatiel'));
  let backoff = new ExponentialBackoff({ initialDelay: FIRST_DELAY_MS, maxDelay: MAX_DELAY_MS }).next();
  let mayBeDone = false;
  for (;;) {
    const end = await endOf(sending);
    const pause = pauseAfter(end, sending);
    const delay = Math.max(backoff.duration, pause ?? 0);
    const isLast = pause === null || signal.aborted || performance.now() + delay >= until;
    if (isLast && 'answer' in end) return { answer: end.answer, mayBeDone };
    const { error } = 'error' in end ? end : { error: null };
    // What the last attempt says of itself is not true of those before it.
    if (isLast) throw mayBeDone && error instanceof DeliveryError ? error.afterOneThatMayBeDone() : error;
    mayBeDone ||= error instanceof DeliveryError && error.mayBeDone;
    await sleep(delay, undefined, { signal }).catch(() => undefined);
    backoff = backoff.next(undefined);
  }
}
