import { QuadroError } from '../../board/core/errors.ts';

/** The three ways in which a tracing is told to stop, each harder than the one before. */
export interface Stops {
  /** Send what is left, and end. */
  readonly drain: AbortSignal;
  /** Send nothing more, and end. */
  readonly signal: AbortSignal;
  /** It is waited for no longer. */
  readonly abandon: AbortSignal;
}

/** How long a tracing whose sending was cut off may still take to note its place and give up its lease, in milliseconds. */
const ABANDON_AFTER_MS = 2_000;

/** A timer fires at once for more than 31 bits of milliseconds. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The stops of a tracing, and how they come about. */
export interface Stopper {
  readonly stops: Stops;
  /** Waits for the work to end, and presses it the longer it takes. */
  stop<Result>(work: Promise<Result>): Promise<Result>;
}

/** @param stopWithinMs How long it may go on sending once it is stopped. */
export function stopper(stopWithinMs: number): Stopper {
  const [drain, cutOff, abandon] = [new AbortController(), new AbortController(), new AbortController()];
  return {
    stops: { drain: drain.signal, signal: cutOff.signal, abandon: abandon.signal },
    async stop(work) {
      drain.abort();
      const timers = [
        setTimeout(() => cutOff.abort(), Math.min(stopWithinMs, MAX_TIMEOUT_MS)),
        setTimeout(() => abandon.abort(), Math.min(stopWithinMs + ABANDON_AFTER_MS, MAX_TIMEOUT_MS)),
      ];
      try {
        return await work;
      } finally {
        for (const timer of timers) clearTimeout(timer);
      }
    },
  };
}

/** The work, or {@link notEnded} once it is waited for no longer. */
export function unlessAbandoned<Result>(work: Promise<Result>, abandon: AbortSignal | undefined): Promise<Result> {
  if (abandon === undefined) return work;
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(notEnded());
    abandon.addEventListener('abort', leave, { once: true });
    if (abandon.aborted) leave();
    work.then(resolve, reject).finally(() => abandon.removeEventListener('abort', leave));
  });
}

/** Why a tracing that was stopped was left behind. */
export function notEnded(): QuadroError {
  return new QuadroError(
    'delivery_failed',
    'The tracing was stopped and did not end in time, so it was left behind. What was not sent goes from the cursor next time.',
  );
}
