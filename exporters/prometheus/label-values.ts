/** What a label's value becomes beyond the cap. */
export const OTHER = '_other';

/** Characters of a label value; statuses and task types may be longer. */
export const MAX_LABEL_CHARACTERS = 200;

// Prometheus reads NUL as the end of its input; the other control characters only break terminals.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\x1f\x7f]/g;

/**
 * A text that can stand as a label value: well-formed, without control characters, at most
 * {@link MAX_LABEL_CHARACTERS} long. Quotes and backslashes stay: rendering escapes them.
 *
 * @example labelValueOf('two\nlines') // 'two lines'
 */
export function labelValueOf(text: string): string {
  const cut = text.length > MAX_LABEL_CHARACTERS ? `${text.slice(0, MAX_LABEL_CHARACTERS - 1)}…` : text;
  return cut.toWellFormed().replace(CONTROL, ' ');
}
