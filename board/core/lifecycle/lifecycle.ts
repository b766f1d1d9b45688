import type { StageKind } from '../statuses.ts';
import { type EdgeKind, EXIT_STATUSES, isExitStatus, isStandardStatus, STANDARD_STATUSES } from '../statuses.ts';
import { frozenMap, frozenSet } from './frozen.ts';
import { normalDefinition } from './normal.ts';
import type { Edge, Lifecycle, LifecycleDefinition, Route } from './types.ts';

/** The names of the two profiles every board has; a custom profile cannot take them. */
export const BUILTIN_NAMES: ReadonlySet<string> = frozenSet(['review_required', 'fast']);

/** What work in IN_PROGRESS is, by the status it was entered from. */
const WORK_ENTERED_FROM: ReadonlyMap<string | null, StageKind> = new Map<string | null, StageKind>([
  ['UNASSIGNED', 'active'],
  ['PENDING_REVIEW', 'review'],
  ['REVISION_NEEDED', 'rework'],
]);

/** How a lifecycle is expanded. */
export interface LifecycleOptions {
  /** Adds HUMAN_REVIEW → UNASSIGNED and ON_HOLD → UNASSIGNED; both statuses still finish a task. Default false. */
  resumable?: boolean;
}

/**
 * Makes the lifecycle that a definition declares: adds the exits to HUMAN_REVIEW and ON_HOLD from every other declared
 * status (for a built-in from every other standard status), and derives terminals. The result cannot be changed.
 *
 * An ungoverned definition gets no steps but those that were observed. It refuses nothing: `faultsOf(definition)` says whether
 * a board would take it.
 */
export function createLifecycle(definition: LifecycleDefinition, options: LifecycleOptions = {}): Lifecycle {
  return new ExpandedLifecycle(normalDefinition(definition), options.resumable ?? false);
}

class ExpandedLifecycle implements Lifecycle {
  readonly definition: LifecycleDefinition;
  readonly edges: readonly Edge[];
  readonly terminals: ReadonlySet<string>;
  readonly routes: ReadonlyMap<string, Route>;
  readonly #steps: ReadonlyMap<string, ReadonlyMap<string, EdgeKind>>;
  readonly #next: ReadonlyMap<string, readonly string[]>;
  readonly #finishing: ReadonlySet<string>;
  readonly #revised: ReadonlySet<string>;
  readonly #kinds: ReadonlyMap<string, StageKind>;

  constructor(definition: LifecycleDefinition, resumable: boolean) {
    this.definition = definition;
    this.#steps = stepsOf(definition, resumable);
    this.#next = new Map([...this.#steps].map(([from, steps]) => [from, Object.freeze([...steps.keys()])]));
    this.edges = Object.freeze(
      [...this.#steps].flatMap(([from, steps]) => [...steps].map(([to, edge]) => Object.freeze({ from, to, edge }))),
    );
    this.terminals = frozenSet(terminalsOf(definition));
    this.routes = frozenMap(Object.entries(definition.routes));
    const left = new Set(definition.edges.map(edge => edge.from));
    const finishing = [...this.terminals, ...EXIT_STATUSES.filter(status => !left.has(status))];
    this.#finishing = new Set(definition.ungoverned ? [] : finishing);
    this.#revised = new Set(definition.edges.filter(({ edge }) => edge === 'revision').map(({ from }) => from));
    this.#kinds = new Map(Object.entries(definition.kinds));
    Object.freeze(this);
  }

  get name(): string {
    return this.definition.name;
  }

  get isUngoverned(): boolean {
    return this.definition.ungoverned ?? false;
  }

  get columns(): readonly string[] {
    return this.definition.columns;
  }

  has(from: string, to: string): boolean {
    return this.edgeOf(from, to) !== null;
  }

  edgeOf(from: string, to: string): EdgeKind | null {
    return this.#steps.get(from)?.get(to) ?? null;
  }

  nextOf(status: string): readonly string[] {
    return this.#next.get(status) ?? [];
  }

  finishes(status: string): boolean {
    return this.#finishing.has(status);
  }

  hasRevision(status: string): boolean {
    return this.#revised.has(status);
  }

  stageKind(status: string, from: string | null, assigns: boolean): StageKind {
    const marked = this.#kinds.get(status);
    if (marked !== undefined) return marked;
    if (isExitStatus(status)) return 'blocked';
    if (this.terminals.has(status)) return 'terminal';
    const customKind = assigns ? 'active' : 'wait';
    if (status === 'IN_PROGRESS') {
      return WORK_ENTERED_FROM.get(from) ?? (BUILTIN_NAMES.has(this.name) ? 'active' : customKind);
    }
    return isStandardStatus(status) ? 'wait' : customKind;
  }

  *[Symbol.iterator](): Iterator<readonly [string, string]> {
    for (const { from, to } of this.edges) yield [from, to];
  }
}

/** Every status a definition names: its columns, and what only a back edge mentions. */
export function statusesOf(definition: LifecycleDefinition): Set<string> {
  return new Set([...definition.columns, ...definition.edges.flatMap(({ from, to }) => [from, to])]);
}

function stepsOf(definition: LifecycleDefinition, resumable: boolean): Map<string, Map<string, EdgeKind>> {
  const statuses = statusesOf(definition);
  if (BUILTIN_NAMES.has(definition.name)) for (const status of STANDARD_STATUSES) statuses.add(status);
  const steps = new Map([...statuses].map(status => [status, new Map<string, EdgeKind>()]));
  const add = (from: string, to: string, edge: EdgeKind): void => {
    const out = steps.get(from) ?? new Map<string, EdgeKind>();
    if (!out.has(to)) out.set(to, edge);
    steps.set(from, out);
  };
  if (definition.ungoverned) {
    for (const { from, to, edge } of definition.edges) add(from, to, edge);
    return steps;
  }
  for (const { from, to, edge } of definition.edges) if (edge !== 'exit') add(from, to, edge);
  for (const from of statuses) {
    if (!isExitStatus(from)) for (const to of EXIT_STATUSES) add(from, to, 'exit');
  }
  if (resumable) for (const from of EXIT_STATUSES) add(from, 'UNASSIGNED', 'reassign');
  return steps;
}

/** Destinations that no declared edge leaves, in column order; HUMAN_REVIEW and ON_HOLD are none. */
export function terminalsOf(definition: LifecycleDefinition): string[] {
  const sources = new Set(definition.edges.map(({ from }) => from));
  const reached = new Set(definition.edges.map(({ to }) => to));
  return [...statusesOf(definition)].filter(
    status => reached.has(status) && !sources.has(status) && !isExitStatus(status),
  );
}
