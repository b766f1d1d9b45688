/**
 * Which traces are kept where only a share of them is: decided by the trace id alone, so that whoever knows the id decides
 * alike, before the work and after it. The rule is W3C's and OpenTelemetry's for consistent probability sampling: the last 56
 * bits of the id are its randomness, and a trace is kept where they reach the threshold.
 */

import { errorOf } from './errors.ts';

/** Hex digits of a trace id that are its randomness: 56 bits. */
const RANDOM_DIGITS = 14;
const RANDOM_RANGE = 2 ** 56;

/**
 * Whether a trace belongs to the share that is kept.
 *
 * @param traceId 32 hex digits.
 * @param ratio from 0 (none) to 1 (all).
 * @example isSampled('4bf92f3577b34da6a3ce929d0e0e4736', 0.5) // true
 */
export function isSampled(traceId: string, ratio: number): boolean {
  if (ratio >= 1) return true;
  const randomness = BigInt(`0x${traceId.slice(-RANDOM_DIGITS)}`);
  return randomness >= BigInt(Math.ceil((1 - ratio) * RANDOM_RANGE));
}

/** @throws ConfigurationError (`invalid_configuration`) for what is no number from 0 to 1. */
export function checkSampleRatio(ratio: number): void {
  if (ratio >= 0 && ratio <= 1) return;
  throw errorOf('invalid_configuration', `sampleRatio must be a number from 0 (none) to 1 (all), not ${ratio}`);
}
