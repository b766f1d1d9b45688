import { parse as parseToml, TomlError } from 'smol-toml';
import { parseDocument } from 'yaml';

/** What a lifecycle file can be written in. */
export type LifecycleFormat = 'toml' | 'yaml' | 'json';

/** A file's content, or why it cannot be read: each fault names its line and column. */
export type DocumentResult = { readonly value: unknown } | { readonly faults: readonly string[] };

/**
 * Reads TOML, YAML or JSON text into plain values. What the syntax forbids is a fault, and so is text nested so deeply that
 * it fills the parser's stack: each parser guards its own.
 */
export function readDocument(text: string, format: LifecycleFormat): DocumentResult {
  if (format === 'toml') return readToml(text);
  return format === 'yaml' ? readYaml(text) : readJson(text);
}

function readToml(text: string): DocumentResult {
  try {
    return { value: parseToml(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = firstLineOf(error.message).replace(/^Invalid TOML document: /, '');
    return { faults: [at(error.line, error.column, reason)] };
  }
}

function readYaml(text: string): DocumentResult {
  const document = parseDocument(text, { prettyErrors: false });
  const faults = yamlFaultsOf(text, document.errors);
  if (faults.length > 0) return { faults };
  try {
    return { value: document.toJS() };
  } catch (error) {
    // An alias without its anchor, or one that repeats so much that it would fill the memory.
    if (error instanceof ReferenceError) return { faults: [error.message] };
    throw error;
  }
}

function readJson(text: string): DocumentResult {
  try {
    const value: unknown = JSON.parse(text);
    // JSON.parse keeps the last of two equal keys without a word; YAML, of which JSON is a part, refuses them.
    const { errors } = parseDocument(text, { prettyErrors: false, schema: 'json' });
    const repeats = errors.filter(({ code }) => code === 'DUPLICATE_KEY');
    return repeats.length > 0 ? { faults: yamlFaultsOf(text, repeats) } : { value };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const [line, column] = positionOf(text, jsonOffsetOf(text, error.message));
    return {
      faults: [at(line, column, error.message.replace(/( in JSON)? at position .*$|, \S*".* is not valid JSON$/s, ''))],
    };
  }
}

/** Where JSON goes wrong. Not every message of the engine says it; then the YAML reader does, and else it is the end. */
function jsonOffsetOf(text: string, message: string): number {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return Number(position);
  if (message.startsWith('Unexpected end')) return text.length;
  return parseDocument(text, { prettyErrors: false, schema: 'json' }).errors[0]?.pos[0] ?? text.length;
}

function yamlFaultsOf(text: string, errors: readonly { pos: [number, number]; message: string }[]): string[] {
  const faults = errors.map(({ pos, message }) => at(...positionOf(text, pos[0]), firstLineOf(message)));
  return [...new Set(faults)];
}

function positionOf(text: string, offset: number): [line: number, column: number] {
  const before = text.slice(0, offset).split('\n');
  return [before.length, (before.at(-1)?.length ?? 0) + 1];
}

function at(line: number, column: number, reason: string): string {
  return `line ${line}, column ${column}: ${reason}`;
}

function firstLineOf(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}
