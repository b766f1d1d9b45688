import { day, duration } from '../../../analysis/format.ts';

/** Steps of an axis of durations, in seconds, at which people would put them. */
const STEPS: readonly number[] = [
  ...[0.001, 0.01, 0.1, 1].flatMap(unit => [unit, 2 * unit, 5 * unit]),
  ...[10, 15, 30, 60, 120, 300, 600, 900, 1_800],
  ...[1, 2, 3, 6, 12].map(hours => hours * 3_600),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000].map(days => days * 86_400),
];

/** Steps of a logarithmic axis: powers of ten would be odd places on an axis of time. */
const LOG_STEPS: readonly number[] = [
  ...[0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
  ...[10, 30, 60, 180, 600, 1_800, 3_600, 10_800, 36_000],
  ...[1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000].map(days => days * 86_400),
];

/** Where an axis of durations has its ticks: at even numbers of a unit, from zero to the first that is no shorter than the longest. */
export function durationTicks(longest: number, most: number): readonly number[] {
  const step = STEPS.find(each => longest / each <= most) ?? longest;
  return Array.from({ length: Math.ceil(longest / step - 1e-9) + 1 }, (_, index) => index * step);
}

/** The same of a logarithmic axis: from the last that is no longer than the shortest, every second where they are many. */
export function logDurationTicks(shortest: number, longest: number, most: number): readonly number[] {
  const first = LOG_STEPS.findLastIndex(each => each <= shortest);
  const last = LOG_STEPS.findIndex(each => each >= longest);
  const ticks = LOG_STEPS.slice(Math.max(0, first), last < 0 ? LOG_STEPS.length : last + 1);
  const every = Math.ceil(ticks.length / (most + 1));
  return ticks.filter((_, index) => index % every === 0);
}

/** A tick of an axis of durations. */
export const durationTick = (seconds: number): string => (seconds === 0 ? '0' : duration(seconds));

/** Spans in milliseconds up to which ticks show seconds, minutes, days. */
const SECONDS_UP_TO = 240_000;
const MINUTES_UP_TO = 2.5 * 86_400_000;
const DAYS_UP_TO = 400 * 86_400_000;

/** How a horizontal axis of instants is labelled, and the words beneath it. */
export interface TimeAxis {
  readonly domain: readonly [Date, Date];
  readonly tickFormat: (tick: Date) => string;
  readonly label: string;
}

function tickFormatOf(span: number): (tick: Date) => string {
  return tick => {
    const [date, time = ''] = tick.toISOString().split('T');
    const dayText = day(String(date));
    if (span > DAYS_UP_TO) return dayText.replace(/^\d+ /, '');
    if (span > MINUTES_UP_TO) return dayText.replace(/ \d+$/, '');
    if (span <= SECONDS_UP_TO) return time.slice(0, 8);
    return time.startsWith('00:00') ? dayText.replace(/ \d+$/, '') : time.slice(0, 5);
  };
}

/** The axis of what happened between two instants. */
export function timeAxis(from: string, to: string): TimeAxis {
  const domain = [new Date(from), new Date(to)] as const;
  const span = domain[1].getTime() - domain[0].getTime();
  const isOneDay = day(from) === day(to);
  return { domain, tickFormat: tickFormatOf(span), label: isOneDay ? `time on ${day(from)}, UTC` : 'time, UTC' };
}
