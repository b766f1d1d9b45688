/**
 * Whether a value is the same in another thread or process: texts, numbers, booleans, bytes, and lists and plain objects of
 * them. A structured clone takes more and says nothing of what it leaves behind, such as the methods of a class.
 */
export function isPlainData(value: unknown, within: readonly unknown[] = []): boolean {
  if (value === null || ['undefined', 'string', 'number', 'boolean', 'bigint'].includes(typeof value)) return true;
  if (typeof value !== 'object' || within.includes(value)) return false;
  if (ArrayBuffer.isView(value)) return true;
  const inner = [...within, value];
  if (Array.isArray(value)) return value.every(each => isPlainData(each, inner));
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlainObject = prototype === Object.prototype || prototype === null;
  return isPlainObject && Object.values(value).every(each => isPlainData(each, inner));
}
