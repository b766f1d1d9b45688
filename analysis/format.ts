/** How figures are written for people. What is not known is a dash. */
import type { Figure } from './rows/figure.ts';

/** What stands where there is no figure. */
export const NOTHING = '–';

/** Between a number and its unit, where a line must not break. */
const GAP = '\u00a0';

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

const INTEGERS: Intl.NumberFormat = new Intl.NumberFormat('en');
const THREE_DIGITS: Intl.NumberFormat = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const TWO_DIGITS: Intl.NumberFormat = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });

/** A number with its thousands apart; what is no whole number with three digits. */
export function count(value: Figure | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  return Number.isInteger(value) || Math.abs(value) >= 1_000
    ? INTEGERS.format(Math.round(value))
    : THREE_DIGITS.format(value);
}

function secondsText(seconds: number): string {
  if (seconds >= 10) return `${Math.round(seconds)}${GAP}s`;
  if (seconds >= 1) return `${TWO_DIGITS.format(seconds)}${GAP}s`;
  if (seconds === 0) return `0${GAP}s`;
  if (seconds >= 0.000_1) return `${TWO_DIGITS.format(seconds * 1_000)}${GAP}ms`;
  return seconds < 0.000_001 ? `under 1${GAP}µs` : `${TWO_DIGITS.format(seconds * 1_000_000)}${GAP}µs`;
}

/**
 * A number of seconds, in its two largest units.
 *
 * @example duration(4800) // '1 h 20 min'
 */
export function duration(seconds: Figure | undefined): string {
  if (seconds === null || seconds === undefined) return NOTHING;
  if (seconds < 0) return `−${duration(-seconds)}`;
  if (seconds < 59.5) return secondsText(seconds);
  // Rounded to the smaller of its two units first, so that 59.9 min is 1 h.
  const shown = seconds < 3_600 ? Math.round(seconds) : Math.round(seconds / 60) * 60;
  const at = UNITS.findIndex(([size]) => shown >= size);
  const [size, name] = UNITS[at] ?? [60, 'min'];
  const [smaller, smallerName] = UNITS[at + 1] ?? [1, 's'];
  const whole = Math.floor(shown / size);
  const rest = Math.round((shown - whole * size) / smaller);
  return `${INTEGERS.format(whole)}${GAP}${name}${rest === 0 ? '' : ` ${rest}${GAP}${smallerName}`}`;
}

/** A share as a percentage. */
export function percent(share: Figure | undefined): string {
  if (share === null || share === undefined) return NOTHING;
  const percents = share * 100;
  if (percents > 0 && percents < 0.1) return `under 0.1${GAP}%`;
  // Not all, and not to be taken for it.
  if (percents > 99 && percents < 100)
    return percents > 99.9 ? `over 99.9${GAP}%` : `${Math.floor(percents * 10) / 10}${GAP}%`;
  const isWhole = Math.abs(percents) >= 10 || Number.isInteger(percents);
  return `${isWhole ? INTEGERS.format(Math.round(percents)) : percents.toFixed(1)}${GAP}%`;
}

/** A number an hour, in the unit of time that makes it one people can picture. */
export function rate(perHour: Figure | undefined): string {
  if (perHour === null || perHour === undefined) return NOTHING;
  if (perHour >= 600) return `${count(perHour / 60)} a minute`;
  return perHour >= 1 || perHour === 0 ? `${count(perHour)} an hour` : `${count(perHour * 24)} a day`;
}

const DAY: Intl.DateTimeFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});

/** The day of an instant, in UTC. */
export function day(instant: string): string {
  return DAY.format(new Date(instant));
}

/** The time of day of an instant to the second, in UTC. */
function timeOfDay(instant: string): string {
  return new Date(instant).toISOString().slice(11, 19);
}

/** An instant to the second, in UTC. */
export function instant(text: string | null | undefined): string {
  return text === null || text === undefined ? NOTHING : `${day(text)}, ${timeOfDay(text)}`;
}

/** From when to when, naming the day once where it is one. */
export function period(from: string, to: string): string {
  const end = day(from) === day(to) ? timeOfDay(to) : instant(to);
  return `${instant(from)} to ${end} UTC`;
}

/** So many of a thing. @example counted(2, 'task') // '2 tasks' */
export function counted(number: number, one: string, many: string = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** How often, in words. */
export function times(number: number): string {
  if (number === 1) return 'once';
  return number === 2 ? 'twice' : `${count(number)} times`;
}

/** Words as a list in a sentence; of very many the first. @example listed(['a', 'b', 'c']) // 'a, b and c' */
export function listed(words: readonly string[], most: number = 8): string {
  const shown = words.length > most ? [...words.slice(0, most), `${count(words.length - most)} more`] : words;
  const last = shown.at(-1) ?? '';
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} and ${last}`;
}
