import { ValidationError } from './errors.ts';

/** How deep a payload may nest: deeper ones only serve to exhaust a reader's stack. */
const MAX_DEPTH = 100;

/** Refuses a payload. */
export function refusePayload(message: string, details: Readonly<Record<string, unknown>> = {}): never {
  throw new ValidationError('invalid_payload', message, { details });
}

function checkText(text: string, where: string): void {
  if (text.includes('\0')) {
    throw new ValidationError('invalid_text', `${where} holds a NUL character, which no database stores as text`);
  }
  if (!text.isWellFormed()) {
    throw new ValidationError('invalid_text', `${where} holds a lone surrogate, which is no valid Unicode text`);
  }
}

/**
 * Checks one value of a payload all the way down and gives a lower bound of its size in bytes as JSON.
 * Refuses what JSON cannot say, `__proto__` keys, NUL and lone surrogates.
 */
export function measureJson(value: unknown, where: string, depth: number): number {
  if (value === null) return 4;
  switch (typeof value) {
    case 'string':
      checkText(value, where);
      return value.length + 2;
    case 'boolean':
      return 4;
    case 'number':
      if (!Number.isFinite(value)) refusePayload(`${where} must be a finite number, not ${value}`);
      return String(value).length;
    case 'object':
      return measureContainer(value, where, depth);
    default:
      return refusePayload(
        `${where} must be a JSON value, not ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}`,
      );
  }
}

function measureContainer(value: object, where: string, depth: number): number {
  if (depth >= MAX_DEPTH) refusePayload(`${where} nests deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    let length = Math.max(2, value.length + 1);
    // By index: a hole in a list must not be passed over.
    for (let index = 0; index < value.length; index++)
      length += measureJson(value[index], `${where}[${index}]`, depth + 1);
    return length;
  }
  checkPlain(value, where);
  const keys = Object.keys(value);
  let size = Math.max(2, keys.length + 1);
  for (const key of keys) {
    if (key === '__proto__') refusePayload(`${where} has the key __proto__, which is not accepted`);
    checkText(key, `a key of ${where}`);
    size += key.length + 3 + measureJson((value as Record<string, unknown>)[key], `${where}.${key}`, depth + 1);
  }
  return size;
}

/** Refuses what is no plain object: one of a class says more than JSON can. */
export function checkPlain(value: object, where: string): void {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) refusePayload(`${where} must be a plain JSON object`);
}
