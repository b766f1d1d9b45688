const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** What HTML cannot hold even as a character reference, and what turns the direction of the writing around it. */
const UNSEEN = /(?![\t\n\r])[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

/** Text of a log as HTML, in an element or in a quoted attribute: what would disguise it is shown as `�`. */
export function escaped(text: string): string {
  return text.replace(UNSEEN, '\ufffd').replace(/[&<>"']/g, character => ESCAPES[character] ?? character);
}

/** Text that is HTML already. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in HTML: text, which is escaped; markup and lists of both, which are not; nothing. */
export type Content = Markup | string | number | null | undefined | readonly Content[];

function textOf(content: Content): string {
  if (content === null || content === undefined) return '';
  if (content instanceof Markup) return content.toString();
  return typeof content === 'object' ? content.map(textOf).join('') : escaped(String(content));
}

/**
 * HTML in which every value is escaped unless it is markup itself, so that a label cannot become an element.
 *
 * @example html`<p>${label}</p>`
 */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.reduce((text, part, index) => text + textOf(values[index - 1]) + part));
}
