/** What the work cost. Columns of the `.sql` files of these names, typed (see `analyses.ts`). */
import type { Figure } from './figure.ts';

/** What flight-log entries with token usage or a cost come to. */
interface Cost {
  /** Runs of the stage: entries, those with one `fence` counted once. */
  attempts: number;
  /** Attempts after a task's first of the stage: work done again. */
  reruns: number;
  entries: number;
  /** Cached ones included. */
  input_tokens: number;
  cached_input_tokens: number;
  output_tokens: number;
  /** Of the entries that have a cost or whose prices are known; null where none has. */
  cost_usd: Figure;
  /** The part of it that went into reruns. */
  rerun_cost_usd: Figure;
  /** Entries with tokens whose price is not known: their cost is in no sum. */
  unpriced_entries: number;
}

/** cost-by-stage.sql; `stage` null is all of them. */
export interface CostByStageRow extends Cost {
  stage: string | null;
  /** Null for all task types, in the row whose `stage` is null too. */
  task_type: string | null;
  tasks: number;
  /** Cost / tasks. */
  cost_per_task_usd: Figure;
  /** Of the cost of all stages. */
  cost_share: Figure;
}

/** cost-by-task.sql: the hundred that cost most. */
export interface CostByTaskRow extends Cost {
  board_uid: string;
  task_id: string;
  task_type: string;
  /** Null where the log has no tasks table. */
  label: string | null;
}

/** Analysis → a row of it. */
export interface CostRows {
  cost_by_stage: CostByStageRow;
  cost_by_task: CostByTaskRow;
}

/** The names of {@link CostRows}, in the order of a report. */
export const COST_NAMES: readonly (keyof CostRows)[] = ['cost_by_stage', 'cost_by_task'];
