import { ValidationError } from '../errors.ts';
import type { EdgeKind, StageKind } from '../statuses.ts';
import { createLifecycle } from './lifecycle.ts';
import type { Edge, Lifecycle, LifecycleDefinition, Route } from './types.ts';
import { type Pair, walkPairs } from './walk.ts';

/**
 * Starts a lifecycle profile of your own.
 *
 * ```ts
 * const newsroom = lifecycle('newsroom')
 *   .phase('UNASSIGNED', 'writing')
 *   .phase('writing', 'editing')
 *   .phase('editing', 'published')
 *   .branch('editing', 'rejected')
 *   .revision('editing', 'writing')
 *   .kind('editing', 'review')
 *   .route('UNASSIGNED', 'writing', 'writer')
 *   .build();
 * newsroom.columns; // ['UNASSIGNED', 'writing', 'editing', 'published', 'rejected']
 * [...newsroom.terminals]; // ['published', 'rejected']
 * ```
 */
export function lifecycle(name: string): LifecycleBuilder {
  return new LifecycleBuilder(name);
}

/** Collects what a lifecycle declares; made by {@link lifecycle}. Every method but `build` returns the builder. */
export class LifecycleBuilder {
  readonly #name: string;
  readonly #columns = new Set<string>();
  readonly #edges: Edge[] = [];
  readonly #kinds = new Map<string, StageKind>();
  readonly #routes = new Map<string, Route>();

  constructor(name: string) {
    this.#name = textOf(name, 'the name');
  }

  /** A step of the main path. Both statuses get a column. */
  phase(from: string, to: string): this {
    return this.#add('forward', from, to, [from, to]);
  }

  /** Another way out of a status. The destination gets a column. */
  branch(from: string, to: string): this {
    return this.#add('branch', from, to, [to]);
  }

  /** A step back to do work again: a review's decision against it. */
  revision(from: string, to: string): this {
    return this.#add('revision', from, to, []);
  }

  /** Any other step back. */
  loop(from: string, to: string): this {
    return this.#add('loop', from, to, []);
  }

  /** Marks what a stage in this status is, whatever would be derived. */
  kind(status: string, kind: StageKind): this {
    this.#kinds.set(textOf(status, 'a status'), kind);
    return this;
  }

  /**
   * What the Chief may dispatch out of a wait status, and the capability the agent needs: `$task_type` for the task's own
   * type, null where it takes no agent. A status has one route; a second one is a `ValidationError`.
   */
  route(from: string, to: string, capability: string | null): this {
    if (this.#routes.has(from)) {
      throw new ValidationError('invalid_lifecycle', `${JSON.stringify(from)} has a route already: give it only one`);
    }
    this.#routes.set(textOf(from, 'a status'), { to_status: textOf(to, 'a status'), capability });
    return this;
  }

  /** What was declared so far, before the exits are added. */
  definition(): LifecycleDefinition {
    return {
      name: this.#name,
      columns: [...this.#columns],
      edges: [...this.#edges],
      kinds: Object.fromEntries(this.#kinds),
      routes: Object.fromEntries(this.#routes),
    };
  }

  /**
   * The lifecycle with its exits. Only a profile without any step is refused here; registering it on a board refuses
   * every fault that `faultsOf` lists.
   */
  build(): Lifecycle {
    if (this.#edges.length === 0) {
      throw new ValidationError('invalid_lifecycle', `Lifecycle ${JSON.stringify(this.#name)} declares no step`);
    }
    return createLifecycle(this.definition());
  }

  #add(edge: EdgeKind, from: string, to: string, columns: readonly string[]): this {
    this.#edges.push({ from: textOf(from, 'a status'), to: textOf(to, 'a status'), edge });
    for (const status of columns) this.#columns.add(status);
    return this;
  }
}

/**
 * A lifecycle from plain pairs. A step back to a status that lies on the way to it is a `loop`, every other `forward`; say it with
 * the builder where the difference between `phase`, `branch` and `revision` matters. Columns: a list gives first-seen order,
 * a set depth-first order from the status that is nobody's destination.
 *
 * ```ts
 * lifecycleOf('tiny', [['UNASSIGNED', 'doing'], ['doing', 'done'], ['doing', 'UNASSIGNED']]);
 * ```
 */
export function lifecycleOf(name: string, pairs: readonly Pair[] | ReadonlySet<Pair>): Lifecycle {
  const list = [...pairs].map(([from, to]): Pair => [textOf(from, 'a status'), textOf(to, 'a status')]);
  const { order, back } = walkPairs(list);
  return createLifecycle({
    name: textOf(name, 'the name'),
    columns: pairs instanceof Set ? order : [...new Set(list.flat())],
    edges: list.map(([from, to], index) => ({ from, to, edge: back[index] ? 'loop' : 'forward' })),
    kinds: {},
    routes: {},
  });
}

function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new ValidationError('invalid_lifecycle', `A lifecycle needs text for ${what}, not ${typeof value}`);
}
