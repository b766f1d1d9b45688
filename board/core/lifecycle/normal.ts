import { type EdgeKind, isExitStatus } from '../statuses.ts';
import type { Edge, LifecycleDefinition, Route } from './types.ts';

/**
 * What kind of step an edge is, whatever way it was declared: a way out of HUMAN_REVIEW or ON_HOLD and STALE → UNASSIGNED
 * are `reassign`, a way to HUMAN_REVIEW or ON_HOLD is `exit`, a way to STALE is `stale`; else it stays as declared.
 */
export function edgeKindOf(from: string, to: string, declared: EdgeKind): EdgeKind {
  if (isExitStatus(from)) return 'reassign';
  if (isExitStatus(to)) return 'exit';
  if (to === 'STALE') return 'stale';
  if (from === 'STALE' && to === 'UNASSIGNED') return 'reassign';
  return declared;
}

/**
 * The definition as it is stored: every edge of its exact kind, the route out of STALE where a profile declares the edge
 * and no route of its own, and nothing that can be changed. Applying it again changes nothing.
 */
export function normalDefinition(definition: LifecycleDefinition): LifecycleDefinition {
  const edges = definition.edges.map(({ from, to, edge }) =>
    Object.freeze({ from, to, edge: edgeKindOf(from, to, edge) }),
  );
  return Object.freeze({
    name: definition.name,
    columns: Object.freeze([...definition.columns]),
    edges: Object.freeze(edges),
    kinds: Object.freeze(Object.fromEntries(Object.entries(definition.kinds))),
    routes: Object.freeze(Object.fromEntries(routesWithStale(definition, edges))),
    ...(definition.ungoverned && { ungoverned: true }),
  });
}

function routesWithStale(definition: LifecycleDefinition, edges: readonly Edge[]): [string, Route][] {
  const routes = Object.entries(definition.routes).map(([status, { to_status, capability }]): [string, Route] => [
    status,
    Object.freeze({ to_status, capability }),
  ]);
  const comesBack = edges.some(({ from, to }) => from === 'STALE' && to === 'UNASSIGNED');
  if (comesBack && !definition.ungoverned && !Object.hasOwn(definition.routes, 'STALE')) {
    routes.push(['STALE', Object.freeze({ to_status: 'UNASSIGNED', capability: null })]);
  }
  return routes;
}
