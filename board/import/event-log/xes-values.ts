import type { Json } from '../../core/json.ts';

/** The elements that are attributes, of IEEE 1849. */
export const XES_TYPES: ReadonlySet<string> = new Set([
  ...['string', 'date', 'int', 'float', 'boolean', 'id', 'list', 'container'],
]);

/** An attribute as it is read, with what stands inside it. */
export interface XesAttribute {
  readonly type: string;
  readonly key: string;
  readonly value: string | null;
  readonly children: (readonly [key: string, value: Json])[];
}

/**
 * What an attribute holds: a text or date as it is written, a number or truth value as such where JSON can say it exactly, of a list
 * its items as objects of one key, of a container an object. One with attributes of its own is `{ value, attributes }`.
 */
export function xesValue({ type, value, children }: XesAttribute): Json {
  if (type === 'list') return children.map(([key, item]) => Object.fromEntries([[key, item]]));
  if (type === 'container') return Object.fromEntries(children);
  const own = value === null ? null : plainValue(type, value);
  return children.length === 0 ? own : { value: own, attributes: Object.fromEntries(children) };
}

function plainValue(type: string, text: string): Json {
  const trimmed = text.trim();
  if (type === 'boolean')
    return trimmed === 'true' || trimmed === '1' || (trimmed === 'false' || trimmed === '0' ? false : text);
  if (type !== 'int' && type !== 'float') return text;
  const number = trimmed === '' ? Number.NaN : Number(trimmed);
  return Number.isFinite(number) && (type === 'float' || Number.isSafeInteger(number)) ? number : text;
}

/** The keys of a classifier: names between spaces, in quotes where they hold one. */
export function classifierKeys(text: string): readonly string[] {
  return [...text.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
