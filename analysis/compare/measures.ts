/** What two logs are compared by. */

/** Which direction of a measure is an improvement. */
type Better = 'lower' | 'higher';

/** What is drawn again and again for the interval: tasks that finished, cycles of Chiefs, or stretches of time. */
export type UnitKind = 'task' | 'cycle' | 'stretch';

/** A drawn unit: the columns of its query in `units.ts`, as numbers; null where it has none. */
export type Unit = Readonly<Record<string, number | null>>;

/** Σ over / Σ under; units without a column count 0 there. */
interface Ratio {
  readonly over: string;
  readonly under: string;
  readonly scale: number;
}

/** The q-quantile of a column, over the units that have it. */
interface Quantile {
  readonly of: string;
  readonly q: number;
  readonly scale: number;
}

/** The names of the measures, in the order they are printed. */
export const MEASURE_NAMES = [
  'mean_elapsed_seconds',
  'p50_elapsed_seconds',
  'p95_elapsed_seconds',
  'flow_efficiency',
  'active_seconds',
  'wait_seconds',
  'lost_seconds',
  'blocked_seconds',
  'revision_rate',
  'first_pass_yield',
  'stale_rate',
  'failure_rate',
  'arrivals_per_hour',
  'departures_per_hour',
  'noop_rate',
  'actions_per_wake',
  'p50_sleep_seconds',
  'p95_cycle_seconds',
] as const;
/** One of {@link MEASURE_NAMES}. */
export type MeasureName = (typeof MEASURE_NAMES)[number];

/** A measure of `quadro compare`. */
export interface Measure {
  readonly unit: 'seconds' | 'share' | 'per_hour' | 'per_wake';
  /** Null: neither is better by itself. */
  readonly better: Better | null;
  readonly units: UnitKind;
  readonly formula: Ratio | Quantile;
}

const MICROS = 1e-6;
const HOURS = 3.6e9;

const ofTasks = (unit: Measure['unit'], better: Better | null, formula: Ratio | Quantile): Measure => ({
  unit,
  better,
  units: 'task',
  formula,
});
const elapsed = (q: number): Measure => ofTasks('seconds', 'lower', { of: 'elapsed_us', q, scale: MICROS });
const perTask = (over: string): Measure => ofTasks('seconds', 'lower', { over, under: 'one', scale: MICROS });
const share = (better: Better | null, over: string, under: string): Measure =>
  ofTasks('share', better, { over, under, scale: 1 });
const perHour = (better: Better | null, over: string): Measure => ({
  unit: 'per_hour',
  better,
  units: 'stretch',
  formula: { over, under: 'length_us', scale: HOURS },
});
const ofCycles = (unit: Measure['unit'], better: Better | null, formula: Ratio | Quantile): Measure => ({
  unit,
  better,
  units: 'cycle',
  formula,
});

/** Each measure; seconds are a finished task's, counted up to its first finish. */
export const MEASURES: Readonly<Record<MeasureName, Measure>> = {
  mean_elapsed_seconds: perTask('elapsed_us'),
  p50_elapsed_seconds: elapsed(0.5),
  p95_elapsed_seconds: elapsed(0.95),
  // Work that takes less time beside the same wait lowers it: no reason to stop a release.
  flow_efficiency: share(null, 'active_us', 'elapsed_us'),
  active_seconds: perTask('active_us'),
  wait_seconds: perTask('wait_us'),
  lost_seconds: perTask('lost_us'),
  blocked_seconds: perTask('blocked_us'),
  revision_rate: share('lower', 'revisions', 'decisions'),
  first_pass_yield: share('higher', 'first_pass', 'decided'),
  stale_rate: share('lower', 'stale', 'attempts'),
  failure_rate: share('lower', 'failed', 'one'),
  arrivals_per_hour: perHour(null, 'arrivals'),
  departures_per_hour: perHour('higher', 'departures'),
  noop_rate: ofCycles('share', 'lower', { over: 'noop', under: 'reactive', scale: 1 }),
  actions_per_wake: ofCycles('per_wake', 'higher', { over: 'actions', under: 'one', scale: 1 }),
  p50_sleep_seconds: ofCycles('seconds', null, { of: 'sleep_us', q: 0.5, scale: MICROS }),
  p95_cycle_seconds: ofCycles('seconds', 'lower', { of: 'cycle_us', q: 0.95, scale: MICROS }),
};

/** Computes a measure over units drawn so often each. */
export type Estimate = (counts: ArrayLike<number>) => number | null;

function ratioEstimate(units: readonly Unit[], { over, under, scale }: Ratio): Estimate {
  const column = (name: string): Float64Array => Float64Array.from(units, unit => unit[name] ?? 0);
  const [overs, unders] = [column(over), column(under)];
  return counts => {
    let [sum, of] = [0, 0];
    for (let index = 0; index < overs.length; index++) {
      const count = counts[index] ?? 0;
      sum += count * (overs[index] ?? 0);
      of += count * (unders[index] ?? 0);
    }
    return of === 0 ? null : (scale * sum) / of;
  };
}

/** By linear interpolation, as DuckDB's `quantile_cont` does over the units each repeated as often as it was drawn. */
function quantileEstimate(units: readonly Unit[], { of, q, scale }: Quantile): Estimate {
  const known = units.flatMap((unit, index) => (unit[of] == null ? [] : [{ index, value: unit[of] }]));
  known.sort((a, b) => a.value - b.value);
  return counts => {
    const total = known.reduce((sum, { index }) => sum + (counts[index] ?? 0), 0);
    if (total === 0) return null;
    const place = (total - 1) * q;
    const lower = valueAt(known, counts, Math.floor(place));
    const upper = valueAt(known, counts, Math.ceil(place));
    return scale * (lower + (upper - lower) * (place - Math.floor(place)));
  };
}

function valueAt(
  known: readonly { readonly index: number; readonly value: number }[],
  counts: ArrayLike<number>,
  place: number,
): number {
  let seen = 0;
  for (const { index, value } of known) {
    seen += counts[index] ?? 0;
    if (seen > place) return value;
  }
  return Number.NaN;
}

/** How a measure is computed over these units. */
export function estimateOf({ formula }: Measure, units: readonly Unit[]): Estimate {
  return 'of' in formula ? quantileEstimate(units, formula) : ratioEstimate(units, formula);
}
