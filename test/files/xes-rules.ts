import sax from 'sax';

/** An attribute of XES. */
export interface XesAttribute {
  readonly type: string;
  readonly value: string;
}

/** A log, a trace or an event: its attributes by key. */
export type XesAttributes = ReadonlyMap<string, XesAttribute>;

/** What a document holds, once every rule was found kept. */
export interface XesLog {
  readonly attributes: XesAttributes;
  readonly traces: readonly { readonly attributes: XesAttributes; readonly events: readonly XesAttributes[] }[];
  readonly classifiers: ReadonlyMap<string, readonly string[]>;
}

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
}

const NAME = /^[\p{L}_:][\p{L}\p{N}_:.-]*$/u;
const NC_NAME = /^[\p{L}_][\p{L}\p{N}_.-]*$/u;
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Element → what its value must be: the lexical forms of XML Schema's types. */
const VALUES: Readonly<Record<string, (value: string) => boolean>> = {
  string: () => true,
  date: value => DATE_TIME.test(value) && !Number.isNaN(Date.parse(value)),
  int: value => /^[+-]?\d+$/.test(value) && BigInt(value) >= -(2n ** 63n) && BigInt(value) < 2n ** 63n,
  float: value => /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$|^(INF|-INF|NaN)$/.test(value),
  boolean: value => /^(true|false|0|1)$/.test(value),
  id: value => UUID.test(value),
};

function treeOf(xml: string): Element {
  const roots: Element[] = [];
  const open: Element[] = [];
  // Strict: not well-formed is an error, and so is a namespace that is not declared.
  const parser = sax.parser(true, { xmlns: true });
  parser.onerror = error => {
    throw error;
  };
  parser.onopentag = tag => {
    const attributes = Object.entries(tag.attributes as sax.QualifiedTag['attributes']);
    const { uri } = tag as sax.QualifiedTag;
    if (uri !== 'http://www.xes-standard.org/') throw new Error(`${tag.name} is in the namespace ${uri}`);
    const element = {
      name: tag.name,
      attributes: Object.fromEntries(attributes.map(([name, { value }]) => [name, value])),
      children: [],
    };
    (open.at(-1)?.children ?? roots).push(element);
    open.push(element);
  };
  parser.onclosetag = () => void open.pop();
  parser.ontext = text => {
    if (text.trim() !== '') throw new Error(`There is text between elements: ${text}`);
  };
  parser.write(xml).close();
  const [root] = roots;
  if (root === undefined || roots.length !== 1) throw new Error('There must be one root');
  return root;
}

function must(isKept: boolean, rule: string): void {
  if (!isKept) throw new Error(`A rule of IEEE 1849-2016 is broken: ${rule}`);
}

function attributesIn(elements: readonly Element[], where: string): XesAttributes {
  const attributes = new Map<string, XesAttribute>();
  for (const { name, attributes: given, children } of elements) {
    const { key = '', value } = given;
    must(NAME.test(key), `the key ${key} in ${where} is no xs:Name`);
    must(!attributes.has(key), `the key ${key} stands twice in ${where}`);
    must(children.length === 0, `${key} in ${where} has attributes of its own, which features do not say`);
    must(value !== undefined && VALUES[name]?.(value) === true, `${key} in ${where} is no ${name}: ${value}`);
    attributes.set(key, { type: name, value: value ?? '' });
  }
  return attributes;
}

/** The children of an element by name, which must stand in this order (the sequence of the schema). */
function inOrder(element: Element, order: readonly (readonly string[])[]): readonly (readonly Element[])[] {
  const groups = order.map((): Element[] => []);
  let at = 0;
  for (const child of element.children) {
    const group = order.findIndex(names => names.includes(child.name));
    must(group >= at, `${child.name} is not expected here in ${element.name}`);
    at = group;
    groups[group]?.push(child);
  }
  return groups;
}

const ATTRIBUTE_NAMES = Object.keys(VALUES);

/** Checks the rules of the standard and of its XML schema, and gives what the document holds. */
export function checkedXes(xml: string): XesLog {
  must(xml.startsWith('<?xml version="1.0" encoding="UTF-8"?>'), 'the declaration');
  const root = treeOf(xml);
  must(root.name === 'log' && /^\d+(\.\d+)?$/.test(root.attributes['xes.version'] ?? ''), 'a log has a version');
  const [extensions = [], globals = [], classifiers = [], logAttributes = [], traces = []] = inOrder(root, [
    ['extension'],
    ['global'],
    ['classifier'],
    ATTRIBUTE_NAMES,
    ['trace'],
  ]);
  const prefixes = new Set<string>();
  for (const { attributes } of extensions) {
    const { name = '', prefix = '', uri = '' } = attributes;
    must(NC_NAME.test(name) && NC_NAME.test(prefix) && URL.canParse(uri), `the extension ${name}`);
    prefixes.add(prefix);
  }
  const globalsOf = (scope: string): XesAttributes =>
    attributesIn(
      globals.filter(each => each.attributes.scope === scope).flatMap(each => each.children),
      `globals of ${scope}`,
    );
  const ofTrace = globalsOf('trace');
  const ofEvent = globalsOf('event');
  const keysOf = new Map<string, readonly string[]>();
  for (const { attributes } of classifiers) {
    const { name = '', keys = '', scope } = attributes;
    must(
      NC_NAME.test(name) && keys === keys.trim() && (scope === 'event' || scope === 'trace'),
      `the classifier ${name}`,
    );
    for (const key of keys.split(' '))
      must((scope === 'event' ? ofEvent : ofTrace).has(key), `${name}: ${key} is no global`);
    keysOf.set(name, keys.split(' '));
  }
  const component = (elements: readonly Element[], global: XesAttributes, where: string): XesAttributes => {
    const attributes = attributesIn(elements, where);
    for (const key of attributes.keys()) {
      const [prefix, rest] = key.split(':');
      must(rest === undefined || prefixes.has(prefix ?? ''), `${key} is of no extension that is declared`);
    }
    for (const [key, { type }] of global) must(attributes.get(key)?.type === type, `${where} lacks the global ${key}`);
    return attributes;
  };
  return {
    attributes: component(logAttributes, new Map(), 'log'),
    classifiers: keysOf,
    traces: traces.map(trace => {
      const [attributes = [], events = []] = inOrder(trace, [ATTRIBUTE_NAMES, ['event']]);
      return {
        attributes: component(attributes, ofTrace, 'a trace'),
        events: events.map(event => component(event.children, ofEvent, 'an event')),
      };
    }),
  };
}

/** A text as it was before what XML cannot hold was replaced. */
export function exactText(attributes: XesAttributes, key: string): string | null {
  const exact = JSON.parse(attributes.get('exact_texts')?.value ?? '{}') as Readonly<Record<string, string>>;
  return exact[key] ?? attributes.get(key)?.value ?? null;
}
