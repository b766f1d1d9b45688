import type { DateTime } from 'luxon';
import { ConfigurationError } from '../../core/errors.ts';
import type { Micros } from '../../core/time.ts';

/** How the times of a file are written. */
export interface TimeOptions {
  /**
   * Luxon's tokens, such as `dd.MM.yyyy HH:mm:ss`, month names in English; `X` for seconds and `x` for milliseconds since 1970.
   * Default: ISO 8601.
   */
  readonly timeFormat?: string | undefined;
  /**
   * The zone of times that name no offset: an IANA name, `UTC+2` or `+02:00`. A time that it has twice is the first of the two,
   * one that it skips is an hour later. Default: UTC.
   */
  readonly timeZone?: string | undefined;
}

/** An instant that was read. */
export interface ParsedTime {
  readonly micros: Micros;
  /** Whether the text says no more than the instant does: it is ISO 8601 in UTC, with at most six digits. */
  readonly isCanonical: boolean;
}

/** Reads a time; the text that says why not where it is none. */
export type ParseTime = (text: string) => ParsedTime | string;

/** Milliseconds of a local time in the zone of a file. */
type ReadLocal = (date: string, time: string) => number;

type Luxon = typeof import('luxon');

const DAY_MS = 86_400_000;

/** Days whose offset is remembered at once. */
const MAX_DAYS = 10_000;

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:(?:T| +)(\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d+))?)? *(?:(Z)|([+-]\d{2}):?(\d{2})?)?$/i;

/**
 * Makes the reader of a file's times.
 *
 * @throws ConfigurationError (`invalid_configuration`) for a zone or format that nobody knows
 */
export async function timeParser({ timeFormat, timeZone }: TimeOptions): Promise<ParseTime> {
  const luxon = timeFormat === undefined && timeZone === undefined ? null : await import('luxon');
  if (luxon !== null && timeZone !== undefined) checkZone(luxon, timeZone);
  if (timeFormat === 'X') return text => epochOf(text, 6);
  if (timeFormat === 'x') return text => epochOf(text, 3);
  if (luxon !== null && timeFormat !== undefined) return formatParser(luxon, timeFormat, timeZone ?? 'UTC');
  const readLocal = luxon !== null && timeZone !== undefined ? localReader(luxon, timeZone) : utcOf;
  return text => isoTime(text, readLocal);
}

function checkZone({ DateTime }: Luxon, zone: string): void {
  if (DateTime.local({ zone }).isValid) return;
  throw new ConfigurationError(
    'invalid_configuration',
    `timeZone: there is no zone ${zone}: give one such as UTC+2 or Europe/Berlin`,
  );
}

const utcOf: ReadLocal = (date, time) => Date.parse(`${date}T${time}Z`);

function isoTime(given: string, readLocal: ReadLocal): ParsedTime | string {
  const text = given.trim();
  const match = ISO.exec(text);
  if (match === null) return `"${text}" is no ISO 8601 time`;
  const [, year, month, day, time = '00:00', fraction = '', utc, hours, minutes = '00'] = match;
  const date = `${year}-${month}-${day}`;
  // Date.parse takes the 30th of February for the 1st of March.
  if (new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() !== Number(day)) {
    return `"${text}": there is no such day`;
  }
  const hasOffset = utc !== undefined || hours !== undefined;
  const offset = hours === undefined ? 'Z' : `${hours}:${minutes}`;
  const millis = hasOffset ? Date.parse(`${date}T${time}${offset}`) : readLocal(date, time);
  if (Number.isNaN(millis)) return `"${text}" is no ISO 8601 time`;
  const isUtc = utc !== undefined || /^[+-]00:00$/.test(offset);
  return timeOf(text, millis, fraction, hasOffset && isUtc && fraction.length <= 6);
}

/** Digits after the sixth are dropped. */
function timeOf(text: string, millis: number, fraction: string, isCanonical: boolean): ParsedTime | string {
  const micros = millis * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
  return Number.isSafeInteger(micros) ? { micros, isCanonical } : `"${text}" lies outside the years 1685 to 2255`;
}

/** Few days have more than one offset, and asking for it costs more than the rest. */
function localReader({ DateTime }: Luxon, zone: string): ReadLocal {
  const { zone: rules } = DateTime.local({ zone });
  const offsets = new Map<string, number | null>();
  const offsetOf = (date: string): number | null => {
    const known = offsets.get(date);
    if (known !== undefined) return known;
    const midnight = Date.parse(`${date}T00:00Z`);
    const before = rules.offset(midnight - DAY_MS);
    const offset = before === rules.offset(midnight + 2 * DAY_MS) ? before : null;
    if (offsets.size >= MAX_DAYS) offsets.clear();
    offsets.set(date, offset);
    return offset;
  };
  return (date, time) => {
    const offset = offsetOf(date);
    if (offset !== null) return utcOf(date, time) - offset * 60_000;
    return firstOf(DateTime.fromISO(`${date}T${time}`, { zone }));
  };
}

/** Luxon by itself chooses by the offset of the day on which it is asked. */
function firstOf(time: DateTime): number {
  return time.getPossibleOffsets()[0]?.toMillis() ?? Number.NaN;
}

function formatParser(luxon: Luxon, format: string, zone: string): ParseTime {
  const { DateTime } = luxon;
  checkFormat(luxon, format, zone);
  const options = { locale: 'en', zone };
  const parser = DateTime.buildFormatParser(format, { locale: 'en' });
  return given => {
    const text = given.trim();
    const time = DateTime.fromFormatParser(text, parser, options);
    if (!time.isValid) return `"${text}" does not have the form ${format}`;
    const millis = firstOf(time);
    // Luxon's own fraction ends with the thousandths.
    const hasMore = /[.,]\d{4}/.test(text);
    const digits: unknown = hasMore ? DateTime.fromFormatExplain(text, format, options).matches?.u : undefined;
    if (typeof digits !== 'string') return timeOf(text, millis, '', false);
    return timeOf(text, Math.floor(millis / 1000) * 1000, digits, false);
  };
}

/** What a format leaves out Luxon takes from today, and not all that it writes can it read. */
function checkFormat({ DateTime }: Luxon, format: string, zone: string): void {
  const options = { locale: 'en', zone };
  const example = DateTime.fromMillis(0, { zone }).toFormat(format, { locale: 'en' });
  let fault = 'it names no year';
  try {
    const { result } = DateTime.fromFormatExplain(example, format, options);
    if (!DateTime.fromFormat(example, format, options).isValid) fault = 'no time can be read by it';
    else if (result?.year !== undefined || result?.weekYear !== undefined) return;
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error);
  }
  throw new ConfigurationError('invalid_configuration', `timeFormat: ${format} is no form of a time: ${fault}`);
}

/** A count since 1970, to the microsecond: `digits` are those of a unit's fraction that count. */
function epochOf(given: string, digits: 6 | 3): ParsedTime | string {
  const text = given.trim();
  const match = /^(-?)(\d+)(?:[.,](\d+))?$/.exec(text);
  const unit = digits === 6 ? 'seconds' : 'milliseconds';
  if (match === null) return `"${text}" is no number of ${unit} since 1970`;
  const [, sign, whole = '', fraction = ''] = match;
  const micros = Number(`${sign}${whole}${fraction.slice(0, digits).padEnd(digits, '0')}`);
  return Number.isSafeInteger(micros)
    ? { micros, isCanonical: false }
    : `"${text}" lies outside the years 1685 to 2255`;
}
