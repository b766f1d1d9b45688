/** A message of an event stream. */
export interface SseMessage {
  /** The stream's id of it; null where it has none. */
  readonly id: string | null;
  readonly data: string;
}

/**
 * Reads an event stream (`text/event-stream`, WHATWG HTML 9.2) piece by piece. Comments and fields that are not needed here are
 * skipped.
 *
 * @example
 * const parser = new SseParser();
 * parser.push('id: 7\ndata: {}\n\n'); // [{ id: '7', data: '{}' }]
 */
export class SseParser {
  readonly #maxLength: number;
  #rest = '';
  #id: string | null = null;
  #data: string[] = [];
  #length = 0;

  /** @param maxLength The longest message, in UTF-16 units. */
  constructor(maxLength: number = Number.MAX_SAFE_INTEGER) {
    this.#maxLength = maxLength;
  }

  /**
   * Takes the next piece and gives the messages that end in it.
   *
   * @throws RangeError for a message longer than the longest.
   */
  push(text: string): readonly SseMessage[] {
    // A CR at the end may be the first half of a line's end.
    const all = this.#rest + text;
    const whole = all.endsWith('\r') ? all.slice(0, -1) : all;
    const lines = whole.split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '') + all.slice(whole.length);
    if (this.#length + this.#rest.length > this.#maxLength) throw new RangeError('a message of the stream is too long');
    return lines.flatMap(line => this.#line(line));
  }

  #line(line: string): readonly SseMessage[] {
    if (line === '') return this.#end();
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === 'id') this.#id = value;
    if (name === 'data') {
      this.#data.push(value);
      this.#length += value.length;
    }
    return [];
  }

  #end(): readonly SseMessage[] {
    const data = this.#data;
    const id = this.#id;
    this.#data = [];
    this.#length = 0;
    this.#id = null;
    return data.length === 0 ? [] : [{ id, data: data.join('\n') }];
  }
}
