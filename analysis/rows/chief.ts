/** How the Chief sleeps and wakes. Columns of the `.sql` files of these names, typed (see `analyses.ts`). */
import type { Figure } from './figure.ts';

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
export interface ChiefRows {
  sleep_study: SleepStudyRow;
  noop_rate: NoopRateRow;
  wake_triggers: WakeTriggerRow;
  chief_timeline: ChiefTimelineRow;
}

/** The names of {@link ChiefRows}, in the order of a report. */
export const CHIEF_NAMES: readonly (keyof ChiefRows)[] = [
  'sleep_study',
  'noop_rate',
  'wake_triggers',
  'chief_timeline',
];
