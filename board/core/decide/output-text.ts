import type { Json } from '../json.ts';

/**
 * A task's output as stored (Q23): text as it is, objects and lists as JSON with a space after `,` and `:`, the rest as
 * the reference implementation, which is written in Python, prints it.
 *
 * @example outputText({ a: [1, true] }) // '{"a": [1, true]}'
 * @example outputText(false) // 'False'
 */
export function outputText(output: Exclude<Json, null>): string {
  if (typeof output === 'string') return output;
  if (typeof output === 'boolean') return output ? 'True' : 'False';
  return spacedJson(output);
}

function spacedJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(spacedJson).join(', ')}]`;
  const fields = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${spacedJson(item)}`);
  return `{${fields.join(', ')}}`;
}

// Array.isArray does not narrow a readonly array.
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
