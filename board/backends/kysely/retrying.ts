import { setTimeout as sleep } from 'node:timers/promises';

/** Longest pause between two attempts: a commit takes a few milliseconds. */
const MAX_PAUSE_MS = 10;

/** When to try again. */
export interface RetryOptions {
  /** How long, counted from the first attempt. */
  readonly forMs: number;
  readonly isRetryable: (error: unknown) => boolean;
  /** Told of every failure after which it is tried again. */
  readonly onRetry?: (error: unknown) => void;
}

/**
 * Runs until it succeeds, fails for good, or time is up; then it throws the last error. It pauses off the event loop: a
 * driver that waited by blocking could wait for a transaction of this very process, which the block keeps from ending.
 */
export async function retrying<Result>(run: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  const { forMs, isRetryable, onRetry } = options;
  const deadline = performance.now() + forMs;
  for (let longest = 1; ; longest = Math.min(longest * 2, MAX_PAUSE_MS)) {
    try {
      return await run();
    } catch (error) {
      if (!isRetryable(error) || performance.now() >= deadline) throw error;
      onRetry?.(error);
    }
    // A random part, or two that met would meet again.
    await sleep(longest * Math.random());
  }
}
