/** Where the time of tasks went. Columns of the `.sql` files of these names, typed (see `analyses.ts`). */
import type { EdgeKind, StageKind } from '../../board/core/statuses.ts';
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
  board_uid: string;
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

/** flight-lanes.sql: a stage of a task that is worth a look. */
export interface FlightLanesRow {
  /** Why the task is here; it may be here twice. */
  chosen_as: 'slowest' | 'most_revised';
  /** Of the task among those, from 1. */
  rank: number;
  board_uid: string;
  task_id: string;
  task_type: string;
  /** Null where the log has no tasks table. */
  label: string | null;
  /** Post to first finish; null for a task that has not finished. */
  elapsed_seconds: Figure;
  revisions: number;
  stale_count: number;
  /** Of the task, from 1. */
  stage: number;
  status: string;
  stage_kind: StageKind;
  /** Null for an open stage. */
  visit: number | null;
  edge_in: EdgeKind;
  assigned_to: string | null;
  entered_at: string;
  exited_at: string | null;
  /** From the task's post. */
  start_seconds: number;
  /** To the log's end for an open stage. */
  dwell_seconds: number;
  active_seconds: number;
  /** The end of a stage that ended stale, after its last sign of life. */
  lost_seconds: number;
}

/** Analysis → a row of it. */
export interface TimeRows {
  dwell_by_status: DwellByStatusRow;
  dwell_by_stage: DwellByStageRow;
  elapsed: ElapsedRow;
  time_split: TimeSplitRow;
  flight_plans: FlightPlansRow;
  flight_lanes: FlightLanesRow;
}

/** The names of {@link TimeRows}, in the order of a report. */
export const TIME_NAMES: readonly (keyof TimeRows)[] = [
  'dwell_by_status',
  'dwell_by_stage',
  'elapsed',
  'time_split',
  'flight_plans',
  'flight_lanes',
];
