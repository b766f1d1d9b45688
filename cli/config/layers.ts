import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { type LifecycleFormat, readDocument } from '../../board/core/lifecycle/document.ts';
import { isJsonObject } from '../../board/transport/envelope.ts';
import type { Given, Layer } from './given.ts';
import { flagOf, SETTING_LIST, variableOf } from './settings.ts';
import { suggestionFor } from './suggestion.ts';

/** A place that settings come from, and what cannot be read of it. */
export interface ReadLayer {
  readonly layer: Layer;
  readonly faults: readonly string[];
}

/** Every name that may be given: the settings, and the files that hold the secret ones. */
const KNOWN_NAMES: ReadonlySet<string> = new Set(
  [...SETTING_LIST].flatMap(([name, { isSecret }]) => (isSecret ? [name, `${name}_file`] : [name])),
);

/** Variables that other parts of the command line read. */
const FOREIGN: ReadonlySet<string> = new Set(['QUADRO_CONFIG', 'QUADRO_DEBUG', 'QUADRO_TOKEN']);

/** A name in a file that is none of ours. */
function unknown(name: string, path: string): string {
  const suggestion = suggestionFor(name, KNOWN_NAMES);
  return `${name} in ${path} is not known${suggestion === null ? '' : `: did you mean ${suggestion}?`}`;
}

function fromText(name: string, text: string): unknown {
  return SETTING_LIST.get(name)?.fromText(text) ?? text;
}

/** What several flags of one name come to: one list, or one table. */
function fromTexts(name: string, texts: readonly string[]): unknown {
  const values = texts.map(each => fromText(name, each));
  if (values.length === 1) return values[0];
  if (values.every(Array.isArray)) return values.flat();
  return values.every(isJsonObject) ? Object.assign({}, ...values) : values.at(-1);
}

/** The settings among the flags, by their names as files have them. */
export function flagLayer(flags: ReadonlyMap<string, boolean | readonly string[]>): Layer {
  const entries = [...flags].map(([name, value]): [string, Given] => {
    const flag = value === false ? `--no-${name.replaceAll('_', '-')}` : flagOf(name);
    const given = typeof value === 'boolean' ? value : fromTexts(name, value);
    return [name, { value: given, origin: { kind: 'flag', name: flag } }];
  });
  return new Map(entries);
}

/**
 * The settings among the variables. One that is empty is not given; one that is unknown is a fault where it looks like a known
 * one that was misspelt. Others belong to others: Kubernetes sets some of its own beside a Service named quadro.
 */
export function variableLayer(env: Readonly<Record<string, string | undefined>>): ReadLayer {
  const layer = new Map<string, Given>();
  const faults: string[] = [];
  for (const [variable, text = ''] of Object.entries(env)) {
    if (!variable.startsWith('QUADRO_') || text === '' || FOREIGN.has(variable)) continue;
    const name = variable.slice('QUADRO_'.length).toLowerCase();
    const suggestion = KNOWN_NAMES.has(name) ? null : suggestionFor(name, KNOWN_NAMES);
    if (suggestion !== null) {
      faults.push(`the variable ${variable} is not known: did you mean ${variableOf(suggestion)}?`);
    } else if (KNOWN_NAMES.has(name)) {
      layer.set(name, { value: fromText(name, text), origin: { kind: 'variable', name: variable } });
    }
  }
  return { layer, faults };
}

const FORMAT_OF_ENDING: ReadonlyMap<string, LifecycleFormat> = new Map<string, LifecycleFormat>([
  ['.toml', 'toml'],
  ['.yaml', 'yaml'],
  ['.yml', 'yaml'],
  ['.json', 'json'],
]);

/** The settings in a configuration file. */
export async function fileLayer(path: string): Promise<ReadLayer> {
  const none: Layer = new Map();
  const format = FORMAT_OF_ENDING.get(extname(path).toLowerCase());
  if (format === undefined) {
    return {
      layer: none,
      faults: [`a configuration file ends in one of ${[...FORMAT_OF_ENDING.keys()].join(', ')}, unlike ${path}`],
    };
  }
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (text instanceof Error) return { layer: none, faults: [`${path} cannot be read: ${text.code ?? text.message}`] };
  const document = readDocument(text, format);
  if ('faults' in document) return { layer: none, faults: document.faults.map(fault => `${path}: ${fault}`) };
  return tableLayer(path, document.value);
}

function tableLayer(path: string, value: unknown): ReadLayer {
  const layer = new Map<string, Given>();
  // A YAML file of comments alone says nothing.
  if (value === null) return { layer, faults: [] };
  if (!isJsonObject(value)) return { layer, faults: [`${path} must hold names and values`] };
  const faults: string[] = [];
  for (const [name, each] of Object.entries(value)) {
    if (!KNOWN_NAMES.has(name)) faults.push(unknown(name, path));
    else if (each !== null) layer.set(name, { value: each, origin: { kind: 'file', name: path } });
  }
  return { layer, faults };
}
