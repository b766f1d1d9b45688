/**
 * An instant: integer microseconds since 1970-01-01T00:00:00Z. Storage, records in memory and all arithmetic use it;
 * the wire and NDJSON use ISO 8601 with six digits ({@link isoOf}). Safe as a number until the year 2255.
 */
export type Micros = number;

/** Microseconds in a second. */
export const US_PER_SECOND = 1_000_000;

/**
 * ISO 8601 in UTC with six digits and an explicit offset, the wire form of every time.
 *
 * @example isoOf(1_500_000) // '1970-01-01T00:00:01.500000+00:00'
 */
export function isoOf(micros: Micros): string {
  const millis = Math.floor(micros / 1000);
  const rest = micros - millis * 1000;
  return `${new Date(millis).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}+00:00`;
}

const ISO = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * The instant an ISO 8601 text names, or null where it is none. A text without an offset is UTC, as every time of a
 * board is; digits after the sixth are dropped.
 *
 * @example microsOf('1970-01-01T00:00:01.5Z') // 1500000
 */
export function microsOf(iso: string): Micros | null {
  const match = ISO.exec(iso.trim());
  if (match === null) return null;
  const [, date, time, fraction = '', offset = 'Z'] = match;
  const zone =
    /^z$/i.test(offset) || offset.includes(':') ? offset.toUpperCase() : `${offset.slice(0, 3)}:${offset.slice(3)}`;
  const millis = Date.parse(`${date}T${time}${zone}`);
  if (Number.isNaN(millis)) return null;
  return millis * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}
