import type { EdgeKind, StageKind } from '../statuses.ts';
import { suggestion } from './closest.ts';
import { faultsOf, keyAt, quote, stepFaultsOf } from './faults.ts';
import { STAGE_KINDS } from './stage-kinds.ts';
import type { Edge, LifecycleDefinition, Route } from './types.ts';
import { type Pair, walkPairs } from './walk.ts';

const KEYS = ['name', 'phases', 'transitions', 'branches', 'revisions', 'loops', 'kinds', 'routes'];
const ROUTE_KEYS = ['to_status', 'capability'];
const MAX_SHOWN = 60;
const EMPTY: LifecycleDefinition = { name: '', columns: [], edges: [], kinds: {}, routes: {} };

/** A file's values as a definition, with everything that is wrong with them. */
export interface ReadLifecycle {
  readonly definition: LifecycleDefinition;
  /** A sentence each, beginning with the key (and index) it is about; none where the definition can be used. */
  readonly faults: readonly string[];
}

/** Reads the values of a lifecycle file. Never throws: whatever is wrong is a fault. */
export function readLifecycle(value: unknown): ReadLifecycle {
  const entries = entriesOf(value);
  if (entries === null) {
    return { definition: EMPTY, faults: [`the file must hold keys at its top level, not ${described(value)}`] };
  }
  const fields = new Map(entries);
  const faults = unknownKeyFaults('', [...fields.keys()], KEYS);
  const name = readName(fields.get('name'), faults);
  const known = faults.length;
  const steps = readSteps(fields, faults);
  const isWhole = faults.length === known;
  const definition: LifecycleDefinition = {
    name: name ?? 'unnamed',
    columns: columnsOf(steps),
    edges: steps.map(({ from, to, edge }) => ({ from, to, edge })),
    kinds: Object.fromEntries(readKinds(fields.get('kinds'), faults)),
    routes: Object.fromEntries(readRoutes(fields.get('routes'), faults)),
  };
  // Where a step could not be read, nobody can tell what the others leave out.
  const find = isWhole ? faultsOf : stepFaultsOf;
  const labels = steps.map(({ label }) => label);
  return { definition, faults: [...faults, ...find(definition, labels)] };
}

/** A declared step, and where: `phases[2]`. */
interface Step extends Edge {
  readonly label: string;
  /** The statuses it gives a column. */
  readonly columns: readonly string[];
}

function readName(value: unknown, faults: string[]): string | null {
  if (typeof value === 'string') return value;
  faults.push(value === undefined ? 'name: is missing' : `name: must be text, not ${described(value)}`);
  return null;
}

function readSteps(fields: ReadonlyMap<string, unknown>, faults: string[]): Step[] {
  const step = (key: string, edge: EdgeKind, columns: (from: string, to: string) => string[]): Step[] =>
    readPairs(key, fields.get(key), faults).map(({ pair: [from, to], label }) => ({
      from,
      to,
      edge,
      label,
      columns: columns(from, to),
    }));
  if (fields.has('phases') && fields.has('transitions')) {
    faults.push('transitions: give phases or transitions, not both');
  } else if (!fields.has('phases') && !fields.has('transitions')) {
    faults.push('phases: is missing (transitions would do as well)');
  }
  return [
    ...step('phases', 'forward', (from, to) => [from, to]),
    ...withLoops(step('transitions', 'forward', (from, to) => [from, to])),
    ...step('branches', 'branch', (_, to) => [to]),
    ...step('revisions', 'revision', () => []),
    ...step('loops', 'loop', () => []),
  ];
}

function withLoops(steps: readonly Step[]): Step[] {
  const { back } = walkPairs(steps.map(({ from, to }) => [from, to]));
  return steps.map((step, index) => (back[index] ? { ...step, edge: 'loop' } : step));
}

function columnsOf(steps: readonly Step[]): string[] {
  return [...new Set(steps.flatMap(({ columns }) => columns))];
}

function readPairs(key: string, value: unknown, faults: string[]): { pair: Pair; label: string }[] {
  if (value === undefined) return [];
  const isMainPath = key === 'phases' || key === 'transitions';
  if (!Array.isArray(value) || (isMainPath && value.length === 0)) {
    const found = Array.isArray(value) ? 'an empty one' : described(value);
    faults.push(`${key}: must be a ${isMainPath ? 'non-empty ' : ''}list of [from, to] pairs, not ${found}`);
    return [];
  }
  return value.flatMap((item: unknown, index) => {
    const label = `${key}[${index}]`;
    if (isPair(item)) return [{ pair: item, label }];
    faults.push(`${label}: must be a pair of two statuses, [from, to], not ${described(item)}`);
    return [];
  });
}

function readKinds(value: unknown, faults: string[]): [string, StageKind][] {
  return readTable('kinds', value, faults).flatMap(([status, word]) => {
    const kind = STAGE_KINDS.find(each => each === word);
    if (kind !== undefined) return [[status, kind] satisfies [string, StageKind]];
    const hint = typeof word === 'string' ? suggestion(word, STAGE_KINDS) : '';
    faults.push(`${keyAt('kinds', status)}: must be one of ${STAGE_KINDS.join(', ')}, not ${described(word)}${hint}`);
    return [];
  });
}

function readRoutes(value: unknown, faults: string[]): [string, Route][] {
  return readTable('routes', value, faults).flatMap(([status, json]) => {
    const at = keyAt('routes', status);
    const fields = new Map(readTable(at, json, faults));
    if (entriesOf(json) === null) return [];
    faults.push(...unknownKeyFaults(`${at}: `, [...fields.keys()], ROUTE_KEYS));
    const to = fields.get('to_status');
    // TOML has no null, so leaving the capability out says the same.
    const capability = fields.get('capability') ?? null;
    const isCapability = capability === null || typeof capability === 'string';
    if (!isCapability) faults.push(`${at}.capability: must be text or null, not ${described(capability)}`);
    if (to === undefined) faults.push(`${at}.to_status: is missing`);
    else if (typeof to !== 'string') faults.push(`${at}.to_status: must be text, not ${described(to)}`);
    return typeof to === 'string' && isCapability
      ? [[status, { to_status: to, capability }] satisfies [string, Route]]
      : [];
  });
}

function readTable(key: string, value: unknown, faults: string[]): [string, unknown][] {
  if (value === undefined) return [];
  const entries = entriesOf(value);
  if (entries === null) faults.push(`${key}: must be a table of keys and values, not ${described(value)}`);
  return entries ?? [];
}

function unknownKeyFaults(at: string, written: readonly string[], known: readonly string[]): string[] {
  return written
    .filter(key => !known.includes(key))
    .map(key => `${at}unknown key ${quote(key)}${suggestion(key, known) || ` (known: ${known.join(', ')})`}`);
}

function entriesOf(value: unknown): [string, unknown][] | null {
  const isTable = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
  return isTable ? Object.entries(value) : null;
}

function isPair(value: unknown): value is Pair {
  return Array.isArray(value) && value.length === 2 && value.every(each => typeof each === 'string');
}

/** A value in words short enough for a message. */
function described(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return describedList(value);
  return typeof value === 'object' ? 'a table' : String(value);
}

function describedList(list: readonly unknown[]): string {
  if (list.length > 3 || list.some(item => typeof item === 'object' && item !== null)) return 'a list';
  const items = list.map(described).join(', ');
  return items.length > MAX_SHOWN ? 'a list' : `[${items}]`;
}
