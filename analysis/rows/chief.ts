/**
 * How each Chief sleeps, wakes and spends its time. Columns of the `.sql` files of these names, typed (see `analyses.ts`).
 * A Chief is a (`board_uid`, `chief_id`); instants are ISO 8601.
 */
import type { WakeTrigger } from '../../board/core/records.ts';
import type { Figure } from './figure.ts';

/** Which Chief a row is about. */
export interface OfChief {
  board_uid: string;
  chief_id: string;
}

/** sleep-study.sql: one row a Chief. */
export interface SleepStudyRow extends OfChief {
  cycles: number;
  /** How often it began without having slept: when it was first started, and after every stop. */
  starts: number;
  sleeps: number;
  actions: number;
  errors: number;
  first_woke_at: string;
  last_slept_at: string;
  /** From its first wake to its last falling asleep; sleeping + thinking + acting + stopped. */
  life_seconds: number;
  mean_seconds: Figure;
  p5_seconds: Figure;
  p25_seconds: Figure;
  p50_seconds: Figure;
  p75_seconds: Figure;
  p95_seconds: Figure;
  p99_seconds: Figure;
  max_seconds: Figure;
  /** Share of sleeps under a second. */
  short_share: Figure;
  /** (σ − μ) / (σ + μ) of the sleeps: −1 a clock, 0 random, towards 1 bursts. */
  burstiness: Figure;
  /** Σ sleep / (Σ sleep + Σ cycles). */
  dormancy: Figure;
  sleeping_seconds: number;
  thinking_seconds: number;
  acting_seconds: number;
  /** The rest of its life: stopped, or in a cycle that left no row. */
  stopped_seconds: number;
  /** From its last falling asleep to the log's end: asleep or stopped, and in no other figure. */
  open_sleep_seconds: number;
}

/** sleep-distribution.sql: sleeps by length and by what ended them; no row where there is none. */
export interface SleepDistributionRow extends OfChief {
  woken_by: WakeTrigger;
  /** A sleep of exactly this length belongs here. */
  lower_seconds: number;
  /** Null: no bound. */
  upper_seconds: number | null;
  count: number;
  /** Of all sleeps of the Chief. */
  share: number;
}

/** chief-timeline.sql */
export interface ChiefTimelineRow extends OfChief {
  cycle_id: string;
  sequence_id: number;
  state: 'sleeping' | 'thinking' | 'acting';
  started_at: string;
  ended_at: string;
  seconds: number;
}

/** chief-series.sql: a bucket of the timeline, at most about 200 a Chief. */
export interface ChiefSeriesRow extends OfChief {
  started_at: string;
  ended_at: string;
  /** The part of the bucket that lies in the Chief's life; the four times below sum to it. */
  seconds: number;
  sleeping_seconds: number;
  thinking_seconds: number;
  acting_seconds: number;
  stopped_seconds: number;
  sleeping_share: Figure;
  thinking_share: Figure;
  acting_share: Figure;
  /** Cycles that woke in the bucket. */
  cycles: number;
  /** Those of them that were noops. */
  noops: number;
}

/** sleep-heatmap.sql: sleeps by when they ended and how long they lasted; no row where there is none. */
export interface SleepHeatmapRow extends OfChief {
  /** The time bucket, at most about 200 a log. */
  started_at: string;
  ended_at: string;
  lower_seconds: number;
  /** Null: no bound. */
  upper_seconds: number | null;
  /** Sleeps of that length that ended in the time bucket. */
  sleeps: number;
  /** All cycles that woke in the time bucket; the same in each of its rows. */
  bucket_cycles: number;
  /** Median of all sleeps that ended in the time bucket; the same in each of its rows. */
  bucket_p50_seconds: number;
}

/** noop-rate.sql: one row a Chief. */
export interface NoopRateRow extends OfChief {
  cycles: number;
  errors: number;
  reactive_cycles: number;
  noops: number;
  noop_rate: Figure;
  other_cycles: number;
  empties: number;
  empty_rate: Figure;
  longest_streak: number;
  /** Time the noops took. */
  noop_seconds: number;
  /** Of the time of all cycles. */
  noop_time_share: Figure;
}

/** noop-streaks.sql: the twenty longest of each Chief. */
export interface NoopStreakRow extends OfChief {
  /** From 1, the longest first. */
  rank: number;
  /** When its first noop woke. */
  started_at: string;
  /** When its last noop went to sleep. */
  ended_at: string;
  /** Noops in it. */
  cycles: number;
  /** Time these took. */
  seconds: number;
  /** Noops by what woke them. */
  worker_cycles: number;
  board_event_cycles: number;
  /** No cycle has acted since. */
  is_open: boolean;
}

/** wake-triggers.sql: a Chief's wakes by trigger. */
export interface WakeTriggerRow extends OfChief {
  trigger: WakeTrigger;
  wakes: number;
  /** Of the Chief's wakes. */
  share: number;
  actions: number;
  actions_per_wake: number;
  /** Share of these wakes that acted. */
  yield: number;
  /** Further wakes that were answered by the same cycles. */
  coalesced_wakes: number;
  mean_cycle_seconds: number;
}

/** cycle-by-depth.sql: one row a Chief. Depth is waiting + in flight at wake. */
export interface CycleByDepthRow extends OfChief {
  cycles: number;
  /** Cycles the two figures stand on, chosen by hash: at most 1,000. */
  n: number;
  min_depth: number;
  max_depth: number;
  /** Rank correlation of a cycle's duration with the depth; null where one of them never changes. */
  spearman: Figure;
  /** Theil–Sen: the median slope over all pairs of different depth. */
  slope_seconds_per_task: Figure;
}

/** cycle-depth-deciles.sql: a tenth of a Chief's cycles, the shallowest first. */
export interface CycleDepthDecileRow extends OfChief {
  /** From 1. */
  decile: number;
  cycles: number;
  min_depth: number;
  max_depth: number;
  p50_seconds: number;
  p95_seconds: number;
}

/** rhythm-and-flow.sql: a Chief's rhythm at a time against the board's throughput `lag_seconds` later. */
export interface RhythmAndFlowRow extends OfChief {
  measure: 'wakes_per_minute' | 'noop_rate' | 'median_sleep';
  window_seconds: number;
  /** From −5 to 5; above 0 the rhythm comes first. */
  lag_windows: number;
  lag_seconds: number;
  /** Pairs of windows it stands on. */
  n: number;
  /** Pearson's r; null under three pairs, or where one of the two never changes. */
  correlation: Figure;
}

/** rhythm-anomalies.sql: windows in a row that are far from the Chief's own baseline. */
export interface RhythmAnomalyRow extends OfChief {
  /** In seconds, `noop_rate` as a share. */
  measure: 'median_sleep' | 'noop_rate' | 'cycle_p95';
  direction: 'above' | 'below';
  started_at: string;
  ended_at: string;
  /** It still was so in the Chief's last window. */
  is_open: boolean;
  windows: number;
  window_seconds: number;
  /** The measure's median over all windows. */
  baseline: number;
  /** Its most extreme value in the episode. */
  extreme: number;
  /** Robust z of that value: its distance from the baseline in scaled median absolute deviations; negative below. */
  z: number;
}

/** cadence.sql: one row a Chief. */
export interface CadenceRow extends OfChief {
  /** Null: too few sleeps to tell. */
  has_cadence: boolean | null;
  /** `regular`: yes; `drifting`: only over the whole log; `random`, `bursts`: no; `too_few`: under 20 sleeps. */
  verdict: 'regular' | 'drifting' | 'random' | 'bursts' | 'too_few';
  sleeps: number;
  p5_seconds: Figure;
  p50_seconds: Figure;
  p95_seconds: Figure;
  /** p95 / p5: at most 4 means that nine in ten sleeps lie within a factor four. */
  spread: Figure;
  burstiness: Figure;
  /** Windows that have a median sleep. */
  windows: number;
  window_seconds: Figure;
  /** Share of these windows whose median sleep is within a factor two of the whole log's. */
  steady_share: Figure;
  /** The verdict in words, with its figures. */
  sentence: string;
}

/** Analysis → a row of it. */
export interface ChiefRows {
  sleep_study: SleepStudyRow;
  cadence: CadenceRow;
  sleep_distribution: SleepDistributionRow;
  sleep_heatmap: SleepHeatmapRow;
  chief_series: ChiefSeriesRow;
  noop_rate: NoopRateRow;
  noop_streaks: NoopStreakRow;
  wake_triggers: WakeTriggerRow;
  cycle_by_depth: CycleByDepthRow;
  cycle_depth_deciles: CycleDepthDecileRow;
  rhythm_and_flow: RhythmAndFlowRow;
  rhythm_anomalies: RhythmAnomalyRow;
  chief_timeline: ChiefTimelineRow;
}

/** The names of {@link ChiefRows}, in the order of a report. */
export const CHIEF_NAMES: readonly (keyof ChiefRows)[] = [
  'sleep_study',
  'cadence',
  'sleep_distribution',
  'sleep_heatmap',
  'chief_series',
  'noop_rate',
  'noop_streaks',
  'wake_triggers',
  'cycle_by_depth',
  'cycle_depth_deciles',
  'rhythm_and_flow',
  'rhythm_anomalies',
  'chief_timeline',
];
