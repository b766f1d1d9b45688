import type { BaseTag, QualifiedTag, SAXOptions, SAXParser, Tag } from 'sax';
import { errorOf } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { MAX_ROW_CHARACTERS, type SourceRow } from './source-row.ts';
import { classifierKeys, XES_TYPES, type XesAttribute, xesValue } from './xes-values.ts';

type Sax = typeof import('sax');

/** Deeper ones only serve to exhaust a reader. */
const MAX_DEPTH = 100;

/** A trace or an event while it is read. */
interface Owner {
  readonly line: number;
  readonly values: Map<string, Json>;
  /** Characters of its keys and values. */
  size: number;
}

/** What an element that is open stands for: all that is no part of an event is passed over. */
type Open = 'log' | 'trace' | 'event' | 'values' | 'other' | XesAttribute;

/**
 * Reads XES piece by piece, with no memory but of the trace and event it is in. What a document type declares is not read: an entity
 * of its own is an error, and none is ever expanded.
 */
export class XesParser {
  /** Name → keys, of the log's head. */
  readonly classifiers: Map<string, readonly string[]> = new Map();
  readonly #file: string;
  readonly #sax: SAXParser;
  readonly #open: Open[] = [];
  #rows: SourceRow[] = [];
  #trace: Owner | null = null;
  #event: Owner | null = null;
  #traces = 0;
  #eventsOfTrace = 0;
  #line = 1;
  #silent = 0;

  constructor(sax: Sax, file: string) {
    this.#file = file;
    const options: SAXOptions & { readonly strictEntities: boolean } = { position: true, strictEntities: true };
    const parser = new sax.SAXParser(true, options);
    // Its own limit, of 64 KiB, would refuse a long text; ours is below.
    (parser as SAXParser & { bufferCheckPosition: number }).bufferCheckPosition = Number.POSITIVE_INFINITY;
    parser.onerror = error => this.#refuse(error.message.split('\n')[0] ?? '');
    parser.onopentagstart = () => {
      this.#line = parser.line + 1;
    };
    parser.onopentag = tag => this.#opened(tag);
    parser.onclosetag = () => this.#closed();
    this.#sax = parser;
  }

  /**
   * Reads a piece, and gives the events that ended in it.
   *
   * @throws ValidationError (`invalid_source`) where it is no XES, with the line
   */
  read(text: string): readonly SourceRow[] {
    this.#rows = [];
    this.#silent += text.length;
    this.#sax.write(text);
    if (this.#silent > MAX_ROW_CHARACTERS) this.#refuse(`no element ends within ${MAX_ROW_CHARACTERS} characters`);
    return this.#rows;
  }

  /** Says that there is no more. */
  end(): void {
    this.#sax.close();
  }

  #refuse(what: string): never {
    throw errorOf('invalid_source', `${this.#file}, line ${this.#sax.line + 1}: it is no XES document: ${what}`);
  }

  #opened(tag: BaseTag & (Tag | QualifiedTag)): void {
    this.#silent = 0;
    if (this.#open.length >= MAX_DEPTH) this.#refuse(`it nests deeper than ${MAX_DEPTH} elements`);
    const attributes = tag.attributes as Tag['attributes'];
    this.#open.push(this.#meaningOf(localName(tag.name), attributes));
  }

  #meaningOf(name: string, attributes: Tag['attributes']): Open {
    const parent = this.#open.at(-1);
    if (parent === undefined) return name === 'log' ? 'log' : this.#refuse(`its root is ${name}, not log`);
    if (name === 'classifier' && parent === 'log') {
      this.classifiers.set(attributes.name ?? '', classifierKeys(attributes.keys ?? ''));
    }
    if (name === 'trace' && parent === 'log') {
      this.#trace = this.#owner();
      this.#traces += 1;
      this.#eventsOfTrace = 0;
      return 'trace';
    }
    if (name === 'event' && (parent === 'trace' || parent === 'log')) {
      this.#event = this.#owner();
      return 'event';
    }
    const isInside = parent === 'trace' || parent === 'event' || parent === 'values' || typeof parent === 'object';
    if (isInside && name === 'values') return 'values';
    if (!isInside || !XES_TYPES.has(name)) return 'other';
    return { type: name, key: attributes.key ?? '', value: attributes.value ?? null, children: [] };
  }

  #owner(): Owner {
    return { line: this.#line, values: new Map(), size: 0 };
  }

  #closed(): void {
    this.#silent = 0;
    const closed = this.#open.pop();
    if (typeof closed === 'object') this.#attributeEnds(closed);
    if (closed === 'event' && this.#event !== null) this.#eventEnds(this.#event);
    if (closed === 'trace') this.#trace = null;
  }

  #attributeEnds(attribute: XesAttribute): void {
    const owner = this.#event ?? this.#trace;
    if (owner === null) return;
    owner.size += attribute.key.length + (attribute.value?.length ?? 0);
    if (owner.size > MAX_ROW_CHARACTERS) return;
    // The values of a list stand in an element of their own, which is no level.
    const parent = this.#open.findLast(each => each !== 'values');
    if (typeof parent === 'object') parent.children.push([attribute.key, xesValue(attribute)]);
    else if (this.#event === null && this.#eventsOfTrace > 0) this.#late(attribute);
    else owner.values.set(attribute.key, xesValue(attribute));
  }

  /** The standard puts a trace's attributes before its events; those have been given on already. */
  #late(attribute: XesAttribute): void {
    this.#rows.push({
      line: this.#line,
      values: new Map(),
      trace: null,
      fault: `the attribute ${attribute.key} of a trace stands after its events`,
      asFound: () => ({ trace: { [attribute.key]: xesValue(attribute) } }),
    });
  }

  #eventEnds({ line, values, size }: Owner): void {
    const trace = this.#trace;
    this.#event = null;
    this.#eventsOfTrace += 1;
    // A trace need not have a name, and is a case all the same.
    if (trace !== null && !trace.values.has('concept:name')) trace.values.set('concept:name', `trace ${this.#traces}`);
    const total = Math.max(size, trace?.size ?? 0);
    const fault = trace === null ? 'it stands in no trace' : `it is larger than ${MAX_ROW_CHARACTERS} characters`;
    this.#rows.push({
      line,
      values,
      trace: trace?.values ?? null,
      ...((trace === null || total > MAX_ROW_CHARACTERS) && { fault }),
      asFound: () => ({ trace: Object.fromEntries(trace?.values ?? []), event: Object.fromEntries(values) }),
    });
  }
}

/** Without the prefix of its namespace. */
function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
