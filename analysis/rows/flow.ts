/** How work flows. Columns of the `.sql` files of these names, typed (see `analyses.ts`). */
import type { EdgeKind, StageKind } from '../../board/core/statuses.ts';
import type { Figure } from './figure.ts';

/** throughput.sql; `task_type` null is all of them. */
export interface ThroughputRow {
  task_type: string | null;
  /** Tasks posted. */
  arrivals: number;
  /** Tasks that first finished. */
  departures: number;
  arrivals_per_hour: Figure;
  departures_per_hour: Figure;
  /** Tasks in the system when the log ends: arrivals − departures. */
  wip: number;
  /** Tasks in the system on average over the log's span, exact. */
  mean_wip: Figure;
  /** The most tasks in the system at the ends of 2,000 equal steps of the log's span. */
  max_wip: number;
}

/** flow-series.sql: a row a bucket of time, all task types; at most 200, without a gap. */
export interface FlowSeriesRow {
  /** Where the bucket begins: a round time in UTC. */
  bucket_at: string;
  /** How long it is; the same in every row. */
  bucket_seconds: number;
  arrivals: number;
  departures: number;
  /** Tasks in the system at the bucket's end. */
  wip: number;
}

/** wip-by-stage.sql: a row a bucket and stage, zeros included. The 20 stages with most time in them; the rest is one with both names null. */
export interface WipByStageRow {
  bucket_at: string;
  bucket_seconds: number;
  /** 1 for the stage that the log enters first, and so on: the order from the first to the last. */
  position: number;
  status: string | null;
  stage_kind: StageKind | null;
  /** Tasks in the stage at the bucket's end; over all stages the `wip` of `flow_series`. */
  wip: number;
}

/** cumulative-flow.sql: a row a bucket and line of the diagram. */
export interface CumulativeFlowRow {
  bucket_at: string;
  bucket_seconds: number;
  /** As in `wip_by_stage`, from 1: the line of all that arrived. The last is the line of departures: `status` null, kind `terminal`. */
  position: number;
  /** Null for the departures, and for the stages taken together. */
  status: string | null;
  stage_kind: StageKind | null;
  /** Tasks that by the bucket's end had come and were in this stage, in one of a higher position, or finished. */
  tasks: number;
}

/** littles-law.sql; `board_uid` null is all boards. */
export interface LittlesLawRow {
  board_uid: string | null;
  started_at: string;
  ended_at: string;
  window_seconds: number;
  arrivals: number;
  departures: number;
  /** L: tasks in the system on average, ∫N dt / ΔT. */
  mean_wip: Figure;
  /** λ. */
  arrivals_per_hour: Figure;
  /** W: mean elapsed time of those that departed. */
  mean_elapsed_seconds: Figure;
  /** λ·W: what L would be if as much left as came. */
  expected_wip: Figure;
  /** (L − λW) / L. */
  gap: Figure;
  /** Whether the gap is at most 0.1 in absolute value; null where there is none. */
  is_stationary: boolean | null;
}

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

/** segments.sql: each step of each task; as long as the log. */
export interface SegmentRow {
  board_uid: string;
  task_id: string;
  task_type: string;
  /** The stage left. */
  a: string;
  /** The stage entered. */
  b: string;
  edge: EdgeKind;
  started_at: string;
  ended_at: string;
  /** The dwell in `a`. */
  seconds: number;
  /** The event that ended it. */
  sequence_id: number;
}

/** What a row of `conformance` is about. */
export type ConformanceKind =
  /** A step that no version of the task's profile declares. */
  | 'outside_profile'
  /** Steps under a profile that the log does not hold. */
  | 'unknown_profile'
  /** An import's event that does not come from where the event before left the task. */
  | 'broken_link'
  /** Tasks that have not finished when the log ends, by where they stand. */
  | 'ended_non_terminal'
  /** Numbers of the log that are missing. */
  | 'sequence_gap'
  /** Events more than one of a number. */
  | 'sequence_duplicate'
  /** Steps earlier than the task's step before. */
  | 'time_goes_back'
  /** A declared step that no task took; its count is 0. */
  | 'unused_edge';

/** conformance.sql */
export interface ConformanceRow {
  kind: ConformanceKind;
  board_uid: string;
  /** Null for what concerns the log as a whole. */
  profile: string | null;
  from_status: string | null;
  to_status: string | null;
  count: number;
  /** The first of them. */
  example_task_id: string | null;
  example_sequence_id: number | null;
}

/** Where an age lies among the closed visits of the same stage and type. */
export type AgeBand = 'up_to_p50' | 'p50_to_p85' | 'p85_to_p95' | 'past_p95';

/** ageing.sql: the 200 open tasks furthest past their stage's p95. */
export interface AgeingRow {
  board_uid: string;
  task_id: string;
  task_type: string;
  status: string;
  stage_kind: StageKind;
  assigned_to: string | null;
  entered_at: string;
  /** How long it has been in this stage when the log ends. */
  age_seconds: number;
  /** How long it has been since it was posted. */
  total_age_seconds: number;
  /** Of the closed visits of its stage and type; null where there is none. */
  p50_seconds: Figure;
  p85_seconds: Figure;
  p95_seconds: Figure;
  /** Null without closed visits to compare with. */
  band: AgeBand | null;
  /** Age / p95: above 1 it is past it. */
  age_to_p95: Figure;
  /** Finished tasks' visits of its stage and type that lasted at least as long: what the estimate stands on. */
  samples: number;
  /** Time to the first finish still to come: one in ten took less, half did, nine in ten did. Null where withheld. */
  remaining_p10_seconds: Figure;
  remaining_p50_seconds: Figure;
  remaining_p90_seconds: Figure;
  /** When half of its like had finished. */
  expected_finish_at: string | null;
  /** Why there is no estimate: its board's window is not stationary (`littles_law`), or there are fewer than 20 samples. */
  withheld: 'not_stationary' | 'few_samples' | null;
}

/** ageing-summary.sql */
export interface AgeingSummaryRow {
  task_type: string;
  status: string;
  stage_kind: StageKind;
  /** Open tasks there. */
  open: number;
  past_p50: number;
  past_p85: number;
  past_p95: number;
  oldest_seconds: number;
  p50_seconds: Figure;
  p85_seconds: Figure;
  p95_seconds: Figure;
}

/** Analysis → a row of it. */
export interface FlowRows {
  throughput: ThroughputRow;
  flow_series: FlowSeriesRow;
  wip_by_stage: WipByStageRow;
  cumulative_flow: CumulativeFlowRow;
  littles_law: LittlesLawRow;
  ageing_summary: AgeingSummaryRow;
  ageing: AgeingRow;
  directly_follows: DirectlyFollowsRow;
  variants: VariantRow;
  segments: SegmentRow;
  conformance: ConformanceRow;
}

/** The names of {@link FlowRows}, in the order of a report. */
export const FLOW_NAMES: readonly (keyof FlowRows)[] = [
  'throughput',
  'flow_series',
  'wip_by_stage',
  'cumulative_flow',
  'littles_law',
  'ageing_summary',
  'ageing',
  'directly_follows',
  'variants',
  'segments',
  'conformance',
];
