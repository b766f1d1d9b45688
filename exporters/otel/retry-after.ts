import type { IncomingHttpHeaders } from 'node:http';

/** The longest wait that a receiver is granted at a time. */
const MAX_WAIT_MS = 3_600_000;

const DAY_NAME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/**
 * Milliseconds that a `Retry-After` asks for, as seconds or as a date; undefined where there is none to read. A date is
 * measured by the answer's own `Date`, so that neither clock need be right. At most an hour: a receiver that means longer
 * says so again then, and one slip of a proxy does not silence an exporter for days.
 *
 * @example retryAfterMs({ 'retry-after': '120' }) // 120_000
 */
export function retryAfterMs(headers: IncomingHttpHeaders, now: number = Date.now()): number | undefined {
  const text = headers['retry-after']?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, MAX_WAIT_MS);
  const until = parseDate(text);
  if (until === null) return undefined;
  return Math.min(Math.max(0, until - (parseDate(headers.date ?? '') ?? now)), MAX_WAIT_MS);
}

/** HTTP's three forms of a date, all in GMT; V8 alone would read a year into "-5". */
function parseDate(text: string): number | null {
  if (!DAY_NAME.test(text)) return null;
  const time = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(time) ? null : time;
}
