import { readFileSync } from 'node:fs';
import { sharedPath } from '../../support/shared.ts';

/** Seconds, as pm4py gives them. */
export interface StepTimes {
  readonly mean: number;
  readonly median: number;
  readonly max: number;
  readonly min: number;
  readonly sum: number;
  /** Of a sample; null for a single one. */
  readonly stdev: number | null;
}

/** The figures that pm4py computed of a shared log; the README beside them says by which rules. */
export interface MiningExpected {
  readonly cases: number;
  readonly events: number;
  readonly first: string;
  readonly last: string;
  readonly activities: Readonly<Record<string, number>>;
  readonly variants: number;
  readonly top_variants: readonly { readonly trace: readonly string[]; readonly count: number }[];
  readonly start_activities: Readonly<Record<string, number>>;
  readonly end_activities: Readonly<Record<string, number>>;
  readonly case_duration: Readonly<Record<'mean' | 'median' | 'min' | 'max' | 'sum' | 'pstdev', number>>;
  readonly rework_cases_per_activity: Readonly<Record<string, number>>;
  readonly cases_with_any_repeated_activity: number;
  /** `a ||| b` → how often. */
  readonly dfg: Readonly<Record<string, number>>;
  readonly performance_dfg: Readonly<Record<string, StepTimes>>;
  /** Their number, or each with its events. */
  readonly resources: number | Readonly<Record<string, number>>;
  readonly events_per_case: Readonly<Record<'mean' | 'min' | 'max' | 'median', number>>;
  readonly events_with_same_timestamp_as_previous_in_case: number;
  readonly service_time_mean?: Readonly<Record<string, number>>;
  readonly service_time_median?: Readonly<Record<string, number>>;
  readonly 'case_duration_first_start_to_last_complete (pandas, not pm4py)'?: Readonly<
    Record<'mean' | 'median' | 'min' | 'max', number>
  >;
}

/** The figures of a shared log, or null where there is no shared folder. */
export function miningExpected(name: string): MiningExpected | null {
  const path = sharedPath(`data/expected/${name}.json`);
  if (path === null) return null;
  // Python writes what is no number as no JSON would.
  return JSON.parse(readFileSync(path, 'utf8').replaceAll(': NaN', ': null')) as MiningExpected;
}
