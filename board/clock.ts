import { performance } from 'node:perf_hooks';
import type { Micros } from './core/time.ts';

/** How far the fine clock may stand from the system's before it is set again. */
const MAX_DRIFT_US = 2_000;

/**
 * The system's clock in microseconds. `Date.now()` counts milliseconds, so the digits below come from the monotonic clock,
 * which is set again whenever somebody sets the system's.
 */
export function systemClock(): () => Micros {
  let offset = 0;
  return () => {
    const wall = Date.now() * 1000;
    const fine = Math.round(performance.now() * 1000);
    if (Math.abs(fine + offset - wall) > MAX_DRIFT_US) offset = wall - fine;
    return fine + offset;
  };
}
