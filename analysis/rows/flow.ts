/** How work flows. Columns of the `.sql` files of these names, typed (see `analyses.ts`). */
import type { Figure } from './figure.ts';

/** directly-follows.sql */
export interface DirectlyFollowsRow {
  a: string;
  b: string;
  count: number;
  cases: number;
  mean_seconds: number;
  p50_seconds: number;
  p95_seconds: number;
  max_seconds: number;
}

/** variants.sql */
export interface VariantRow {
  rank: number;
  count: number;
  share: number;
  mean_elapsed_seconds: Figure;
  path: string;
  example_task_id: string;
  /** How many variants there are, the same in every row. */
  variants: number;
}

/** Analysis → a row of it. */
export interface FlowRows {
  directly_follows: DirectlyFollowsRow;
  variants: VariantRow;
}

/** The names of {@link FlowRows}, in the order of a report. */
export const FLOW_NAMES: readonly (keyof FlowRows)[] = ['directly_follows', 'variants'];
