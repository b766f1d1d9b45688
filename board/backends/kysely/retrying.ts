import { setTimeout as sleep } from 'node:timers/promises';

/** How long and how often to try again. */
export interface RetryPolicy {
  /** Counted from the first attempt, in milliseconds. */
  readonly forMs: number;
  /** Most attempts, the first one included. */
  readonly attempts: number;
  /** The longest pause between two attempts, in milliseconds; they double from 1 ms. */
  readonly maxPauseMs: number;
}

/** When to try again. */
export interface RetryOptions extends RetryPolicy {
  /** Why it can be tried again, or null where it cannot. */
  readonly reasonOf: (error: unknown) => string | null;
  /** Told of every failure after which it is tried again. */
  readonly onRetry?: (reason: string) => void;
}

/**
 * Runs until it succeeds, fails for good, or time or attempts are used up; then it throws the last error. It pauses off the
 * event loop: a driver that waited by blocking could wait for a transaction of this very process, which the block keeps from
 * ending.
 */
export async function retrying<Result>(run: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  const { forMs, attempts, maxPauseMs, reasonOf, onRetry } = options;
  const deadline = performance.now() + forMs;
  let longest = 1;
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      const reason = reasonOf(error);
      // One that took all the time, on a connection that had fallen silent, is still worth another.
      const isLate = attempt > 1 && performance.now() >= deadline;
      if (reason === null || attempt >= attempts || isLate) throw error;
      onRetry?.(reason);
    }
    // A random part, or two that met would meet again.
    await sleep(longest * Math.random());
    longest = Math.min(longest * 2, maxPauseMs);
  }
}
