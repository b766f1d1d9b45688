/** Small readers for JSON that others wrote: what is absent is empty, what has the wrong shape throws. */

/** An object of JSON, its fields not looked at. */
export type JsonFields = Readonly<Record<string, unknown>>;

/** Whether a value is an object with fields. */
export function isFields(value: unknown): value is JsonFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of an object; of an absent one, none. @throws Error where it is something else. */
export function fieldsOf(value: unknown, what: string): JsonFields {
  if (value === undefined || value === null) return {};
  if (isFields(value)) return value;
  throw new Error(`${what} is no object`);
}

/** The items of a list; of an absent one, none. @throws Error where it is something else. */
export function listOf(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new Error(`${what} is no list`);
}

/** A text; of an absent one, the empty one. A number becomes its digits. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** A count; of an absent or unreadable one, 0. */
export function countOf(value: unknown): number {
  const count = Number(value ?? 0);
  return Number.isFinite(count) ? count : 0;
}

const INTEGER = /^-?\d+$/;

/** An integer of 64 bits, which JSON writes as a text; as a number where it fits one. */
export function integerOf(value: unknown): number | bigint | string {
  if (typeof value === 'number') return value;
  const text = textOf(value);
  if (!INTEGER.test(text)) return text;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/**
 * Nanoseconds since 1970. As a number of JSON they have lost their last digits, so such a one is taken to the nearest
 * microsecond, which is as fine as a board's times are.
 */
export function nanosecondsOf(value: unknown): bigint {
  if (typeof value === 'number') return BigInt(Math.round(value / 1000)) * 1000n;
  const text = textOf(value);
  return INTEGER.test(text) ? BigInt(text) : 0n;
}
