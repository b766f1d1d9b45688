/** Where the time of tasks went. Columns of the `.sql` files of these names, typed (see `analyses.ts`). */
import type { StageKind } from '../../board/core/statuses.ts';
import type { Figure } from './figure.ts';

/** dwell-by-status.sql */
export interface DwellByStatusRow {
  status: string;
  /** Closed visits. */
  count: number;
  /** Visits not closed yet. */
  open: number;
  mean_seconds: Figure;
  p50_seconds: Figure;
  p95_seconds: Figure;
  max_seconds: Figure;
  total_seconds: Figure;
}

/** dwell-by-stage.sql */
export interface DwellByStageRow extends DwellByStatusRow {
  task_type: string;
  stage_kind: StageKind;
}

/** elapsed.sql; `task_type` null is all of them. */
export interface ElapsedRow {
  task_type: string | null;
  tasks: number;
  finished: number;
  open: number;
  mean_seconds: Figure;
  p50_seconds: Figure;
  p95_seconds: Figure;
  max_seconds: Figure;
  first_to_last_mean_seconds: Figure;
  first_to_last_p50_seconds: Figure;
  first_to_last_p95_seconds: Figure;
  first_to_last_max_seconds: Figure;
}

/** time-split.sql; `task_type` null is all of them. */
export interface TimeSplitRow {
  task_type: string | null;
  finished_tasks: number;
  elapsed_seconds: number;
  active_seconds: number;
  wait_seconds: number;
  lost_seconds: number;
  blocked_seconds: number;
  flow_efficiency: Figure;
  median_flow_efficiency: Figure;
}

/** flight-plans.sql */
export interface FlightPlansRow {
  task_id: string;
  task_type: string;
  label: string;
  priority: number;
  status: string;
  created_at: string;
  terminal_at: string | null;
  revisions: number;
  stale_count: number;
  reassignments: number;
  elapsed_seconds: Figure;
  active_seconds: number;
  wait_seconds: number;
  lost_seconds: number;
  blocked_seconds: number;
  censored: boolean;
}

/** Analysis → a row of it. */
export interface TimeRows {
  dwell_by_status: DwellByStatusRow;
  dwell_by_stage: DwellByStageRow;
  elapsed: ElapsedRow;
  time_split: TimeSplitRow;
  flight_plans: FlightPlansRow;
}

/** The names of {@link TimeRows}, in the order of a report. */
export const TIME_NAMES: readonly (keyof TimeRows)[] = [
  'dwell_by_status',
  'dwell_by_stage',
  'elapsed',
  'time_split',
  'flight_plans',
];
