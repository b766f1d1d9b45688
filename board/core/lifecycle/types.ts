import type { EdgeKind, StageKind } from '../statuses.ts';

/** A declared step from one status to another and what kind of step it is. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly edge: EdgeKind;
}

/** In a route: the capability is the task's own type. */
export const TASK_TYPE_CAPABILITY = '$task_type';

/**
 * What the Chief may dispatch out of a wait status: where to, and which capability the agent needs. The capability
 * {@link TASK_TYPE_CAPABILITY} stands for the task's type; null needs no agent (APPROVED → COMPLETE).
 */
export interface Route {
  readonly to_status: string;
  readonly capability: string | null;
}

/** A lifecycle as stored on the board and exported: what was declared, before the exits are added. */
export interface LifecycleDefinition {
  readonly name: string;
  /** Statuses in the order they were first declared; a back edge adds none. */
  readonly columns: readonly string[];
  readonly edges: readonly Edge[];
  /** Marks: status → stage kind; they win over what is derived. */
  readonly kinds: Readonly<Record<string, StageKind>>;
  readonly routes: Readonly<Record<string, Route>>;
  /**
   * The steps were observed in an imported event log and declared by nobody: they govern nothing, a task may begin and end in any
   * status, and a board with such a profile is read-only.
   */
  readonly ungoverned?: true;
}

/**
 * An immutable lifecycle profile: which transitions are legal, what kind each is, what a stage in each status is.
 * Iterating yields every legal `[from, to]`, exits included.
 */
export interface Lifecycle extends Iterable<readonly [string, string]> {
  readonly name: string;
  /** Statuses in the order they were first declared; HUMAN_REVIEW and ON_HOLD only where declared. */
  readonly columns: readonly string[];
  /** Every legal step, the exits to HUMAN_REVIEW and ON_HOLD (and, on a resumable board, the ways back) included. */
  readonly edges: readonly Edge[];
  /** States that are only ever destinations, derived before the exits are added; HUMAN_REVIEW and ON_HOLD excluded. */
  readonly terminals: ReadonlySet<string>;
  readonly routes: ReadonlyMap<string, Route>;
  readonly definition: LifecycleDefinition;
  /** Whether it was observed in an imported event log rather than declared ({@link LifecycleDefinition.ungoverned}). */
  readonly isUngoverned: boolean;
  /** Whether the step is legal. */
  has(from: string, to: string): boolean;
  /** What kind of step it is, or null where it is not legal. */
  edgeOf(from: string, to: string): EdgeKind | null;
  /** The legal next statuses, in declared order, exits last. */
  nextOf(status: string): readonly string[];
  /**
   * Whether a task in this status has finished: a terminal, or HUMAN_REVIEW / ON_HOLD unless an edge out is declared. Of an
   * ungoverned lifecycle no status tells: a case is finished by its last row.
   */
  finishes(status: string): boolean;
  /** Whether a `revision` edge leaves this status: leaving it is a review decision. */
  hasRevision(status: string): boolean;
  /**
   * What a stage in `status` is, entered from `from` (null for the post) by a command that did or did not assign an agent.
   */
  stageKind(status: string, from: string | null, assigns: boolean): StageKind;
}
