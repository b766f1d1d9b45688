import type { Json, JsonObject } from '../../board/core/json.ts';
import { isJsonObject } from '../../board/transport/envelope.ts';

/** What somebody may set: how it is checked, read from a text, and shown. */
export interface Setting<Value> {
  /** What holds where nobody sets it. */
  readonly initial: Value;
  /** One sentence for help and docs. */
  readonly help: string;
  /** How a value is written on a command line, such as `<port>`; null for what is only on or off. */
  readonly placeholder: string | null;
  /** What a value must be, after the words "must be". */
  readonly wanted: string;
  accepts(value: unknown): boolean;
  /** What a flag or variable says, as a file would hold it; the text itself where it cannot be read. */
  fromText(text: string): unknown;
  /** The value as it may be shown. Default: as it is. */
  shown?(value: Value): Json;
  /** Whether it is a secret, or holds one: faults do not quote it, and `NAME_file` names a file that holds it. */
  readonly isSecret?: boolean;
  /** The setting without which this one means nothing. */
  readonly needs?: string;
}

/** What every kind of setting takes besides. */
type Common<Value> = Pick<Setting<Value>, 'isSecret' | 'needs'> & {
  readonly help: string;
  readonly shown?: (value: Value) => Json;
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '' && !value.includes('\0');
const NUMBER = /^-?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

function numberOf(text: string): unknown {
  return NUMBER.test(text) ? Number(text) : text;
}

/** JSON where it is meant to be, which its first character tells; undefined where it is none. */
function jsonOf(text: string, start: '[' | '{'): unknown {
  if (!text.trimStart().startsWith(start)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function partsOf(text: string): string[] {
  return text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '');
}

/** A text; null where nobody sets it and it has no default. */
export function text(
  options: Common<string | null> & {
    readonly placeholder: string;
    readonly wanted?: string;
    readonly isGood?: (text: string) => boolean;
  },
): Setting<string | null> {
  const { isGood = () => true, wanted = 'a text', ...rest } = options;
  return { initial: null, wanted, accepts: value => isText(value) && isGood(value), fromText: given => given, ...rest };
}

/** A text that is always there. */
export function textOr(
  initial: string,
  options: Common<string> & { readonly placeholder: string; readonly wanted?: string },
): Setting<string> {
  return { initial, wanted: 'a text', accepts: isText, fromText: given => given, ...options };
}

/** A number in a range, both ends included. */
export function number(
  initial: number,
  [least, most]: readonly [number, number],
  options: Common<number> & { readonly placeholder: string; readonly isWhole?: boolean },
): Setting<number> {
  const { isWhole = true, ...rest } = options;
  return {
    initial,
    wanted: `a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}`,
    accepts: value =>
      typeof value === 'number' && value >= least && value <= most && (!isWhole || Number.isSafeInteger(value)),
    fromText: numberOf,
    ...rest,
  };
}

/** On or off. */
export function toggle(initial: boolean, options: Common<boolean>): Setting<boolean> {
  return {
    initial,
    placeholder: null,
    wanted: 'true or false',
    accepts: value => typeof value === 'boolean',
    fromText: given => (given === 'true' || given === '1' ? true : given === 'false' || given === '0' ? false : given),
    ...options,
  };
}

/** One of several words. */
export function choice<Word extends string>(
  words: readonly Word[],
  initial: Word,
  options: Common<Word>,
): Setting<Word> {
  return {
    initial,
    placeholder: `<${words.join('|')}>`,
    wanted: `one of ${words.join(', ')}`,
    accepts: value => (words as readonly unknown[]).includes(value),
    fromText: given => given,
    ...options,
  };
}

/** Several values, by commas in a text. */
export function list<Item extends Json = string>(
  options: Common<readonly Item[]> & {
    readonly placeholder: string;
    readonly wanted: string;
    readonly isGood?: (item: unknown) => boolean;
  },
): Setting<readonly Item[]> {
  const { isGood = isText, ...rest } = options;
  return {
    initial: [],
    accepts: value => Array.isArray(value) && value.every(isGood),
    fromText: given => jsonOf(given, '[') ?? partsOf(given),
    ...rest,
  };
}

/** Names and what each stands for, by `NAME=VALUE` and commas in a text. */
export function table<Item extends string | number>(
  type: 'text' | 'seconds',
  options: Common<Readonly<Record<string, Item>>> & { readonly placeholder: string; readonly wanted: string },
): Setting<Readonly<Record<string, Item>>> {
  const isGood = (item: Json | undefined): boolean =>
    type === 'text' ? isText(item) : typeof item === 'number' && item > 0 && Number.isFinite(item);
  return {
    initial: {},
    accepts: value =>
      isJsonObject(value as Json) && Object.entries(value as JsonObject).every(([, item]) => isGood(item)),
    fromText: given => jsonOf(given, '{') ?? pairsOf(given, type === 'text' ? item => item : numberOf),
    ...options,
  };
}

function pairsOf(text: string, itemOf: (text: string) => unknown): unknown {
  const pairs = partsOf(text).map(part => /^([^=]+)=(.+)$/.exec(part));
  if (pairs.some(pair => pair === null)) return text;
  return Object.fromEntries(pairs.map(pair => [pair?.[1]?.trim() ?? '', itemOf(pair?.[2]?.trim() ?? '')]));
}
