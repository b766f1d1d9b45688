import type { ColumnType } from '../../board/core/tables.ts';

/** The element that holds a value of a column's type (IEEE 1849-2016, 5.6). */
const ELEMENTS: Readonly<Record<ColumnType, string>> = {
  text: 'string',
  int: 'int',
  timestamp: 'date',
  bool: 'boolean',
  json: 'string',
  list: 'string',
};

/** What XML 1.0 cannot hold in any way (production 2, Char). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const NO_XML = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu;

/** What stands for itself only as a reference: a reader makes spaces of line ends and tabs in an attribute. */
const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Whether a text may have to be written in another way; most have not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const UNUSUAL = /[&<>"\0-\x1f\ud800-\udfff\ufffe\uffff]/;

function quoted(text: string): string {
  return text.replaceAll(/[&<>"\t\n\r]/g, character => REFERENCES[character] ?? character);
}

/** A character that XML cannot hold, to look at: the picture of a control character, else the replacement character. */
function pictureOf(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
}

/**
 * The attributes of one log, trace or event as XES. Texts with characters that XML cannot hold show a picture of each; the
 * attribute `exact_texts` then has the texts themselves, as a JSON object, so that no fact is lost.
 */
export class XesAttributes {
  readonly #indent: string;
  #text = '';
  #exact: Record<string, string> | null = null;

  constructor(indent: string) {
    this.#indent = indent;
  }

  /** Adds an attribute; one without a value is left out, as the standard has it. */
  add(key: string, type: ColumnType, value: string | null): this {
    if (value === null) return this;
    if (!UNUSUAL.test(value)) return this.#element(ELEMENTS[type], key, value);
    const shown = value.replace(NO_XML, pictureOf);
    if (shown !== value) {
      this.#exact ??= {};
      this.#exact[key] = value;
    }
    return this.#element(ELEMENTS[type], key, quoted(shown));
  }

  /** Adds an identifier, which is a UUID. */
  addId(key: string, uuid: string): this {
    return this.#element('id', key, uuid);
  }

  #element(element: string, key: string, value: string): this {
    this.#text += `${this.#indent}<${element} key="${key}" value="${value}"/>\n`;
    return this;
  }

  toString(): string {
    if (this.#exact === null) return this.#text;
    const json = JSON.stringify(this.#exact).replaceAll(/[\ufffe\uffff]/g, each => {
      return `\\u${each.charCodeAt(0).toString(16)}`;
    });
    return `${this.#text}${this.#indent}<string key="exact_texts" value="${quoted(json)}"/>\n`;
  }
}
