/**
 * What each analysis answers: the columns of its `.sql` file, typed. Names are the files' with `_` for `-`. A share or rate
 * is null where it would divide by zero; instants are ISO 8601.
 */
import type { EdgeKind, EventType, StageKind } from '../board/core/statuses.ts';

/** A rate, share or figure that may have nothing to stand on. */
type Figure = number | null;

/** log-summary.sql: one row. */
export interface LogSummaryRow {
  boards: number;
  tasks: number;
  finished_tasks: number;
  events: number;
  transitions: number;
  heartbeats: number;
  unlinked_events: number;
  first_event_at: string | null;
  last_event_at: string | null;
  span_seconds: Figure;
}

/** events-by-type.sql */
export interface EventsByTypeRow {
  event_type: EventType;
  count: number;
}

/** tasks-by-status.sql */
export interface TasksByStatusRow {
  status: string;
  count: number;
  open: number;
  finished: number;
  archived: number;
}

/** edges.sql */
export interface EdgeRow {
  from_status: string;
  to_status: string;
  edge: EdgeKind;
  count: number;
}

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

/** revisions-by-type.sql; `task_type` null is all of them. */
export interface RevisionsByTypeRow {
  task_type: string | null;
  decisions: Figure;
  revisions: Figure;
  revision_rate: Figure;
  decided_tasks: number;
  first_pass_tasks: number;
  revised_tasks: number;
  first_pass_yield: Figure;
  mean_revisions: Figure;
  p95_revisions: Figure;
  rework_seconds: number;
  rework_share: Figure;
}

/** revisions-by-agent.sql */
export interface RevisionsByAgentRow {
  role: 'author' | 'reviewer';
  agent_id: string | null;
  decisions: number;
  revisions: number;
  revision_rate: Figure;
  decided_tasks: number;
  first_pass_yield: Figure;
  mean_revisions: Figure;
  p95_revisions: Figure;
  rework_seconds: number;
  rework_share: Figure;
}

/** bottleneck.sql */
export interface BottleneckRow {
  status: string;
  capability: string | null;
  score: Figure;
  wait_seconds: number;
  arrivals: number;
  departures: number;
  arrivals_per_departure: Figure;
  p95_seconds: Figure;
  p25_seconds: Figure;
  busy_share: Figure;
  mean_elapsed_seconds: Figure;
  mean_elapsed_if_p25_seconds: Figure;
  is_bottleneck: boolean;
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

/** sleep-study.sql */
export interface SleepStudyRow {
  chief_id: string;
  cycles: number;
  sleeps: number;
  actions: number;
  errors: number;
  first_woke_at: string;
  last_slept_at: string;
  mean_seconds: Figure;
  p5_seconds: Figure;
  p25_seconds: Figure;
  p50_seconds: Figure;
  p75_seconds: Figure;
  p95_seconds: Figure;
  p99_seconds: Figure;
  max_seconds: Figure;
  short_share: Figure;
  burstiness: Figure;
  dormancy: Figure;
  sleeping_seconds: number;
  thinking_seconds: number;
  acting_seconds: number;
}

/** chief-timeline.sql */
export interface ChiefTimelineRow {
  board_uid: string;
  chief_id: string;
  cycle_id: string;
  sequence_id: number;
  state: 'sleeping' | 'thinking' | 'acting';
  started_at: string;
  ended_at: string;
  seconds: number;
}

/** noop-rate.sql */
export interface NoopRateRow {
  chief_id: string;
  cycles: number;
  errors: number;
  reactive_cycles: number;
  noops: number;
  noop_rate: Figure;
  other_cycles: number;
  empties: number;
  empty_rate: Figure;
  longest_streak: number;
  noop_seconds: number;
}

/** wake-triggers.sql */
export interface WakeTriggerRow {
  trigger: string;
  wakes: number;
  share: number;
  actions: number;
  actions_per_wake: number;
  yield: number;
  coalesced_wakes: number;
  mean_cycle_seconds: number;
}

/** Analysis → a row of it. */
export interface AnalysisRows {
  log_summary: LogSummaryRow;
  events_by_type: EventsByTypeRow;
  tasks_by_status: TasksByStatusRow;
  edges: EdgeRow;
  dwell_by_status: DwellByStatusRow;
  dwell_by_stage: DwellByStageRow;
  elapsed: ElapsedRow;
  time_split: TimeSplitRow;
  flight_plans: FlightPlansRow;
  revisions_by_type: RevisionsByTypeRow;
  revisions_by_agent: RevisionsByAgentRow;
  bottleneck: BottleneckRow;
  directly_follows: DirectlyFollowsRow;
  variants: VariantRow;
  sleep_study: SleepStudyRow;
  chief_timeline: ChiefTimelineRow;
  noop_rate: NoopRateRow;
  wake_triggers: WakeTriggerRow;
}

/** The name of an analysis. */
export type AnalysisName = keyof AnalysisRows;

/** The rows of an analysis, or why the log cannot give them. */
export type AnalysisResult<Row> =
  | { readonly available: true; readonly rows: readonly Row[] }
  | { readonly available: false; readonly reason: string };

/** What {@link AnalysisRows} are left out of a report: as long as the log itself. */
export type ReportName = Exclude<AnalysisName, 'chief_timeline'>;

/** Every analysis of a log. */
export type Report = { readonly [Name in ReportName]: AnalysisResult<AnalysisRows[Name]> };

/** The analyses of a report, in its order. */
export const REPORT_NAMES: readonly ReportName[] = [
  'log_summary',
  'events_by_type',
  'tasks_by_status',
  'edges',
  'dwell_by_status',
  'dwell_by_stage',
  'elapsed',
  'time_split',
  'flight_plans',
  'revisions_by_type',
  'revisions_by_agent',
  'bottleneck',
  'directly_follows',
  'variants',
  'sleep_study',
  'noop_rate',
  'wake_triggers',
];

/** Every analysis. */
export const ANALYSIS_NAMES: readonly AnalysisName[] = [...REPORT_NAMES, 'chief_timeline'];
