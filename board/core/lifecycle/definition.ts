import { errorOf } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { EdgeKind } from '../statuses.ts';
import { createLifecycle, type LifecycleOptions } from './lifecycle.ts';
import { normalDefinition } from './normal.ts';
import { STAGE_KINDS } from './stage-kinds.ts';
import type { Edge, Lifecycle, LifecycleDefinition, Route } from './types.ts';

const EDGE_KINDS: readonly EdgeKind[] = ['forward', 'branch', 'revision', 'loop', 'stale', 'reassign', 'exit'];

/**
 * The lifecycle of a stored definition. A definition survives JSON: decoding what was stored gives an equal one.
 *
 * @throws ValidationError (`invalid_lifecycle`) where the JSON is no definition.
 */
export function lifecycleFromDefinition(definition: JsonObject, options: LifecycleOptions = {}): Lifecycle {
  return createLifecycle(decodeDefinition(definition), options);
}

/**
 * Whether two definitions, as declared or as stored, say the same, so that registering one over the other makes no new
 * version: the same name, columns in the same order, and the same edges, kinds and routes in any order.
 */
export function equalDefinitions(a: LifecycleDefinition | JsonObject, b: LifecycleDefinition | JsonObject): boolean {
  return fingerprintOf(decodeDefinition(a)) === fingerprintOf(decodeDefinition(b));
}

function fingerprintOf(definition: LifecycleDefinition): string {
  const { name, columns, edges, kinds, routes, ungoverned = false } = normalDefinition(definition);
  const sorted = (rows: readonly unknown[]): string[] => rows.map(row => JSON.stringify(row)).sort();
  return JSON.stringify([
    name,
    columns,
    sorted(edges.map(({ from, to, edge }) => [from, to, edge])),
    sorted(Object.entries(kinds)),
    sorted(Object.entries(routes).map(([status, { to_status, capability }]) => [status, to_status, capability])),
    ungoverned,
  ]);
}

function decodeDefinition(json: object): LifecycleDefinition {
  const entries = new Map<string, unknown>(Object.entries(json));
  return {
    name: textOf(entries.get('name'), 'name'),
    columns: listOf(entries.get('columns'), 'columns').map(status => textOf(status, 'columns')),
    edges: listOf(entries.get('edges'), 'edges').map(edgeFrom),
    kinds: Object.fromEntries(
      entriesOf(entries.get('kinds'), 'kinds').map(([status, kind]) => [status, wordOf(kind, STAGE_KINDS, 'kinds')]),
    ),
    routes: Object.fromEntries(
      entriesOf(entries.get('routes'), 'routes').map(([status, route]) => [status, routeFrom(route)]),
    ),
    ...(entries.get('ungoverned') === true && { ungoverned: true }),
  };
}

function edgeFrom(json: unknown): Edge {
  const fields = new Map(entriesOf(json, 'edges'));
  return {
    from: textOf(fields.get('from'), 'edges.from'),
    to: textOf(fields.get('to'), 'edges.to'),
    edge: wordOf(fields.get('edge'), EDGE_KINDS, 'edges.edge'),
  };
}

function routeFrom(json: unknown): Route {
  const fields = new Map(entriesOf(json, 'routes'));
  const capability = fields.get('capability');
  return {
    to_status: textOf(fields.get('to_status'), 'routes.to_status'),
    capability: capability === null ? null : textOf(capability, 'routes.capability'),
  };
}

function textOf(value: unknown, key: string): string {
  return typeof value === 'string' ? value : malformed(key);
}

function listOf(value: unknown, key: string): readonly unknown[] {
  return Array.isArray(value) ? value : malformed(key);
}

function entriesOf(value: unknown, key: string): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : malformed(key);
}

function wordOf<Word extends string>(value: unknown, words: readonly Word[], key: string): Word {
  return words.find(word => word === value) ?? malformed(key);
}

function malformed(key: string): never {
  throw errorOf('invalid_lifecycle', `A stored lifecycle definition is malformed at its key "${key}"`, {
    details: { faults: [`${key}: malformed`] },
  });
}
