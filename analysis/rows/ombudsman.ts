/** Work whose worker went silent, and who finds it. Columns of the `.sql` files of these names, typed (see `analyses.ts`). */
import type { Figure } from './figure.ts';

/** What stale work is counted by. */
export type StaleDimension = 'status' | 'agent' | 'task_type';

/**
 * stale.sql. An attempt is a visit to a stage of kind active, review or rework; it is stale if it ended because its worker
 * had gone silent.
 */
export interface StaleRow {
  dimension: 'all' | StaleDimension;
  /** The status, agent or task type; null for `all`, and for attempts without an agent. */
  key: string | null;
  /** The agent's board; null for the other dimensions, which are over all boards. */
  board_uid: string | null;
  /** Attempts that have ended. */
  attempts: number;
  open_attempts: number;
  stale: number;
  /** Stale / attempts. */
  stale_rate: Figure;
  /** Of all stale attempts. */
  stale_share: Figure;
  /** Of all active time. */
  active_share: Figure;
  /** stale_share / active_share: above 1, more than its part of the work would explain. */
  concentration: Figure;
  /** From the last sign of life to being found stale, in sum. */
  lost_seconds: number;
  /** The same by attempt. */
  detection_p50_seconds: Figure;
  detection_p95_seconds: Figure;
  /** From being found stale to the task's next attempt. */
  recovery_p50_seconds: Figure;
  recovery_p95_seconds: Figure;
  /** Stale attempts with no next attempt. */
  unrecovered: number;
  /** Stale attempts whose agent beat or reported for the task afterwards: it had been alive. */
  false_stale: number;
  /** Of the stale attempts. */
  false_stale_share: Figure;
}

/** stale-concentration.sql: one row a dimension. */
export interface StaleConcentrationRow {
  dimension: StaleDimension;
  /** Statuses, agents or task types that had attempts. */
  keys: number;
  /** Those of them with a stale attempt. */
  stale_keys: number;
  stale: number;
  /** Σ share² of the stale attempts: 1 if all are of one key. */
  concentration: Figure;
  /** The same of the active time: what it would be if stale work followed work. */
  expected_concentration: Figure;
  /** The key with the most stale attempts; null where there is none, or where it is nobody. */
  top_key: string | null;
  top_board_uid: string | null;
  top_share: Figure;
}

/** ombudsman-summary.sql: one row a board. */
export interface OmbudsmanSummaryRow {
  board_uid: string;
  ticks: number;
  errors: number;
  first_started_at: string;
  last_ended_at: string;
  mean_tasks_scanned: number;
  /** Tasks found stale. */
  found: number;
  /** Ticks that found any. */
  finding_ticks: number;
  duration_p50_seconds: number;
  duration_p95_seconds: number;
  duration_max_seconds: number;
  /** From the start of a tick to the start of the next. */
  interval_p50_seconds: Figure;
  interval_p95_seconds: Figure;
  interval_max_seconds: Figure;
  /** From the end of the last tick to the log's end: no tick has looked since. */
  since_last_seconds: number;
}

/** heartbeat-gaps.sql; `task_type` null is all of them. */
export interface HeartbeatGapsRow {
  task_type: string | null;
  /** Times between two signs of life: entering the stage, and each heartbeat. */
  gaps: number;
  p50_seconds: Figure;
  p99_seconds: Figure;
  max_seconds: Figure;
  /** Attempts that ended by themselves, not for being silent. */
  attempts: number;
  /** Those of them that never beat. */
  without_beat: number;
  /** Their longest silences, an attempt's end being a sign of life too: what a time-out has to endure. */
  silence_p50_seconds: Figure;
  silence_p99_seconds: Figure;
  silence_max_seconds: Figure;
}

/** timeout-advisor.sql: by task type and working status. */
export interface TimeoutAdvisorRow {
  task_type: string;
  status: string;
  /** Attempts known to have been alive: ended by themselves, or stale by mistake. */
  alive_attempts: number;
  stale: number;
  false_stale: number;
  /** At present: false_stale / alive_attempts. */
  false_stale_rate: Figure;
  /** At present; the time-out in force is at most the shortest. */
  detection_min_seconds: Figure;
  detection_p50_seconds: Figure;
  /** The longest silences of the attempts that were alive. */
  silence_p99_seconds: Figure;
  silence_max_seconds: Figure;
  /** The shortest time-out of the ladder under which at most 1 % of the living would have been found stale; null under 20 of them. */
  suggested_timeout_seconds: Figure;
  /** What false_stale_rate would have been with it. */
  suggested_false_stale_rate: Figure;
  /** What the median detection would have been with it: the time-out and half an interval between ticks. */
  suggested_detection_seconds: Figure;
}

/** Analysis → a row of it. */
export interface OmbudsmanRows {
  stale: StaleRow;
  stale_concentration: StaleConcentrationRow;
  ombudsman_summary: OmbudsmanSummaryRow;
  heartbeat_gaps: HeartbeatGapsRow;
  timeout_advisor: TimeoutAdvisorRow;
}

/** The names of {@link OmbudsmanRows}, in the order of a report. */
export const OMBUDSMAN_NAMES: readonly (keyof OmbudsmanRows)[] = [
  'stale',
  'stale_concentration',
  'ombudsman_summary',
  'heartbeat_gaps',
  'timeout_advisor',
];
