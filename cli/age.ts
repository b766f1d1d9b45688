import { InvalidArgumentError } from 'commander';
import { type Micros, microsOf } from '../board/core/time.ts';

/** Milliseconds of each unit. */
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const AGE = /^(\d{1,9})([smhd])$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * An age in milliseconds.
 *
 * @throws InvalidArgumentError for what is none.
 * @example ageMs('90m') // 5400000
 */
export function ageMs(text: string): number {
  const [, count, unit = ''] = AGE.exec(text) ?? [];
  const milliseconds = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (milliseconds > 0) return milliseconds;
  throw new InvalidArgumentError('Give an age: a whole number and s, m, h or d, such as 30s, 90m, 24h, 7d.');
}

/**
 * An instant: a time, a day (its beginning), or an age before now. What names no offset is UTC.
 *
 * @throws InvalidArgumentError for what is none.
 * @example instantOf('2026-11-21') // 1795219200000000
 */
export function instantOf(text: string): Micros {
  if (AGE.test(text)) return (Date.now() - ageMs(text)) * 1_000;
  const micros = microsOf(DAY.test(text) ? `${text}T00:00Z` : text);
  if (micros !== null) return micros;
  throw new InvalidArgumentError(
    'Give a time, such as 2026-11-21T02:10 (UTC unless it names an offset) or 2026-11-21, or an age: 30s, 90m, 24h, 7d.',
  );
}
