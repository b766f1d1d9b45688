import { createHash } from 'node:crypto';
import { ValidationError } from './errors.ts';
import type { Json, JsonObject } from './json.ts';

/** Order of two texts by code point, which differs from JavaScript's by UTF-16 unit above U+D7FF. */
function byCodePoint(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const difference = (a.codePointAt(i) ?? 0) - (b.codePointAt(i) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function textOf(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, unit => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function numberOf(value: number): string {
  if (!Number.isFinite(value)) {
    throw new ValidationError('invalid_payload', `JSON has no number ${value}; give a finite one`);
  }
  if (value === 0 || Math.abs(value) >= 1e-4) return JSON.stringify(value);
  // Python goes over to an exponent earlier, and gives it two digits at least.
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
}

/**
 * The one text of a JSON value that hashes are made of: keys sorted by code point, no spaces, everything but printable
 * ASCII as `\uxxxx`. It is what the reference implementation's `json.dumps(value, sort_keys=True, separators=(",", ":"))`
 * gives, except where JavaScript cannot know: a whole number never has a fraction or, below 1e21, an exponent (Python's
 * float `1.0` stays `1.0`, `1e16` is `1e+16`), and -0 is 0. Fields that are `undefined` are left out.
 *
 * @throws ValidationError (`invalid_payload`) for a number that is not finite.
 * @example canonicalJson({ b: [1, 'é'], a: null }) // '{"a":null,"b":[1,"\\u00e9"]}'
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return textOf(value);
  if (typeof value === 'number') return numberOf(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = Object.keys(value)
    .sort(byCodePoint)
    .flatMap(key => {
      const field = value[key];
      return field === undefined ? [] : [`${textOf(key)}:${canonicalJson(field)}`];
    });
  return `{${fields.join(',')}}`;
}

function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}

/**
 * What tells two uses of an idempotency key apart: SHA-256 (hex) of the intent, a NUL and the payload's canonical JSON.
 * A payload without an optional field and one that spells it `null` are not the same. What holds a post back is left out: a
 * gate decides it, and may decide otherwise when the post is sent again.
 */
export function fingerprint(intent: string, payload: JsonObject): string {
  return createHash('sha256')
    .update(`${intent}\0${canonicalJson(withoutHolds(intent, payload))}`)
    .digest('hex');
}

function withoutHolds(intent: string, payload: JsonObject): JsonObject {
  const withoutHold = ({ hold: _, ...task }: JsonObject): JsonObject => task;
  if (intent === 'board.post_task') return withoutHold(payload);
  if (intent !== 'board.post_tasks') return payload;
  return { ...payload, tasks: (payload.tasks as readonly JsonObject[]).map(withoutHold) };
}
