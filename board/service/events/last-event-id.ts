import { errorOf } from '../../core/errors.ts';

/**
 * From where a client wants events: after `Last-Event-ID`, which a browser sends by itself when it connects again, else after
 * `since`; null: from now on. An empty id counts as none, as browsers mean it.
 *
 * @throws ValidationError (`invalid_payload`) where it is no whole number from 0
 */
export function lastEventId(header: string | undefined, since: string | undefined): number | null {
  const [name, text] = header ? ['Last-Event-ID', header] : ['since', since];
  if (text === undefined) return null;
  const after = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(after)) return after;
  throw errorOf('invalid_payload', `${name} must be the number of an event, or 0`, { details: { field: name } });
}
