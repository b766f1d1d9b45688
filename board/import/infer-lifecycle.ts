import { terminalsOf } from '../core/lifecycle/lifecycle.ts';
import { edgeKindOf } from '../core/lifecycle/normal.ts';
import type { Edge, LifecycleDefinition, Route } from '../core/lifecycle/types.ts';
import { type EdgeKind, isExitStatus, type StageKind } from '../core/statuses.ts';

/** A step that was seen in a log. */
export interface SeenStep {
  readonly from: string;
  readonly to: string;
  /** Who held the task after it. */
  readonly agents: ReadonlySet<string>;
}

/** What a log tells of a profile that nobody declared. */
export interface SeenProfile {
  readonly name: string;
  /** Each step once, in the order in which it was first seen. */
  readonly steps: readonly SeenStep[];
  /** Statuses in which a heartbeat was logged. */
  readonly beaten: ReadonlySet<string>;
  /** The statuses in their declared order, where the board kept it. */
  readonly columnOrder: readonly string[] | null;
}

/** What each registered agent can do. */
export type Capabilities = ReadonlyMap<string, readonly string[]>;

/**
 * The lifecycle that a log shows (spec.md, Importing): backwards out of an active status is a `revision`, out of another a
 * `loop`; forwards the nearest destination is `forward`, the others `branch`. Every status is marked with its kind, so that a
 * stage after the import is what it was before.
 *
 * A status of the column order that no task had reached yet is taken to follow the one before it, unless that one is an end.
 */
export function inferLifecycle(seen: SeenProfile, capabilities: Capabilities): LifecycleDefinition {
  const order = orderOf(seen);
  const path = order.filter(status => status === 'UNASSIGNED' || isWork(status));
  const reached = new Set(['UNASSIGNED', ...seen.steps.map(step => step.to)]);
  const left = new Set(seen.steps.map(step => step.from));
  const isFinished = (status: string): boolean => {
    const next = path[path.indexOf(status) + 1];
    return !left.has(status) && (next === undefined || reached.has(next));
  };
  const active = new Set(order.filter(status => seen.beaten.has(status) && isWork(status) && !isFinished(status)));
  const observed = order.flatMap(from => edgesFrom(from, seen.steps, order, active.has(from)));
  const edges = withUnreached(observed, path, reached, active).sort(
    (a, b) => order.indexOf(a.from) - order.indexOf(b.from),
  );
  const named = new Set(['UNASSIGNED', ...edges.flatMap(({ from, to }) => [from, to])]);
  const columns = order.filter(status => named.has(status));
  const bare: LifecycleDefinition = { name: seen.name, columns, edges, kinds: {}, routes: {} };
  const kinds = kindsOf(bare, active);
  return { ...bare, kinds, routes: routesOf(bare, seen.steps, active, capabilities) };
}

/** A late beat says nothing about these. */
function isWork(status: string): boolean {
  return status !== 'UNASSIGNED' && status !== 'STALE' && !isExitStatus(status);
}

function orderOf({ steps, columnOrder }: SeenProfile): string[] {
  const left = new Set(steps.map(step => step.from));
  const seen = steps.flatMap(({ from, to }) => [from, to]);
  const start = columnOrder?.includes('UNASSIGNED') ? [] : ['UNASSIGNED'];
  return [...new Set([...start, ...(columnOrder ?? []), ...seen])].filter(
    status => !isExitStatus(status) || left.has(status),
  );
}

function edgesFrom(from: string, steps: readonly SeenStep[], order: readonly string[], isActive: boolean): Edge[] {
  const here = order.indexOf(from);
  // The exits are legal from everywhere without being declared.
  const destinations = order.filter(
    to => !isExitStatus(to) && steps.some(step => step.from === from && step.to === to),
  );
  const nearest = destinations.find(to => order.indexOf(to) > here && edgeKindOf(from, to, 'forward') === 'forward');
  return destinations.map(to => {
    const isBack = order.indexOf(to) <= here;
    const back: EdgeKind = isActive && to !== from ? 'revision' : 'loop';
    const ahead: EdgeKind = to === nearest ? 'forward' : 'branch';
    return { from, to, edge: edgeKindOf(from, to, isBack ? back : ahead) };
  });
}

function withUnreached(
  observed: readonly Edge[],
  path: readonly string[],
  reached: ReadonlySet<string>,
  active: ReadonlySet<string>,
): Edge[] {
  const edges = [...observed];
  const added = new Set(['UNASSIGNED']);
  for (const [index, to] of path.entries()) {
    const from = path[index - 1];
    if (from === undefined || reached.has(to)) continue;
    const isFollowed = observed.some(edge => edge.from === from);
    if (!isFollowed && !active.has(from) && !added.has(from)) continue;
    added.add(to);
    const hasForward = edges.some(edge => edge.from === from && edge.edge === 'forward');
    edges.push({ from, to, edge: hasForward ? 'branch' : 'forward' });
  }
  return edges;
}

function kindsOf(definition: LifecycleDefinition, active: ReadonlySet<string>): Record<string, StageKind> {
  const terminals = new Set(terminalsOf(definition));
  const revised = new Set(definition.edges.filter(({ edge }) => edge === 'revision').map(({ from }) => from));
  const marked = definition.columns.filter(status => isWork(status) && !terminals.has(status));
  const kindOf = (status: string): StageKind => {
    if (!active.has(status)) return 'wait';
    return revised.has(status) ? 'review' : 'active';
  };
  return Object.fromEntries(marked.map(status => [status, kindOf(status)]));
}

/**
 * A wait that led to one active status only, always to agents with one capability in common: that is its route. Anything less
 * plain is left out, for a route is what a Chief would dispatch by.
 */
function routesOf(
  definition: LifecycleDefinition,
  steps: readonly SeenStep[],
  active: ReadonlySet<string>,
  capabilities: Capabilities,
): Record<string, Route> {
  const routes = definition.columns
    .filter(status => !active.has(status))
    .flatMap(status => {
      const out = steps.filter(({ from, to }) => from === status && active.has(to));
      const [step] = out;
      if (step === undefined || out.length > 1) return [];
      const [capability, another] = commonOf([...step.agents].map(agent => capabilities.get(agent) ?? []));
      if (capability === undefined || another !== undefined) return [];
      return [[status, { to_status: step.to, capability }] satisfies [string, Route]];
    });
  return Object.fromEntries(routes);
}

function commonOf(lists: readonly (readonly string[])[]): string[] {
  const [first = [], ...rest] = lists;
  return first.filter(each => rest.every(list => list.includes(each)));
}
