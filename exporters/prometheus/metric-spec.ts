/** What a metric is, before it has a name: its kind, where its value comes from, its labels and its ladder. */

/** A ladder of histogram bounds, by name, so that it can be set once for all metrics that use it. */
export type LadderName = 'task' | 'chief' | 'sleep' | 'commit' | 'batch';

/** Upper bounds of the buckets: seconds, but `batch`, which counts commands. */
export type Ladders = Readonly<Record<LadderName, readonly number[]>>;

/** The ladders where none are given. Boards whose stages last less than a second want a shorter `task`. */
export const DEFAULT_LADDERS: Ladders = {
  task: [1, 5, 15, 60, 300, 900, 1800, 3600, 14_400, 43_200, 86_400, 259_200, 604_800],
  chief: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  sleep: [0.05, 0.25, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400],
  commit: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
  batch: [1, 2, 4, 8, 16, 32, 64, 128, 256],
};

/**
 * Where a metric's value comes from: `log` is counted once from the event log and goes on over restarts, `state` is read
 * when scraped, `process` is known only to the process that commits or exports, and begins again with it.
 */
export type MetricOrigin = 'log' | 'state' | 'process';

interface SpecBase {
  readonly name: string;
  readonly help: string;
  readonly origin: MetricOrigin;
  readonly labels: readonly string[];
  /** Those of `labels` whose values people choose; they become `_other` beyond the cap. */
  readonly open: readonly string[];
  /** Those of `labels` that are left out unless somebody asks for them; they become `_other` beyond half of the cap. */
  readonly optIn: readonly string[];
  /**
   * How many kept units make one shown: 1,000,000 where durations are kept in integer microseconds and shown in seconds, so
   * that sums are exact; else 1.
   */
  readonly unitsPerShown: number;
}

/** A value that only grows. */
export interface CounterSpec extends SpecBase {
  readonly type: 'counter';
}

/** A value that goes up and down. */
export interface GaugeSpec extends SpecBase {
  readonly type: 'gauge';
}

/** A distribution. */
export interface HistogramSpec extends SpecBase {
  readonly type: 'histogram';
  readonly ladder: LadderName;
}

/** One metric of the table. */
export type MetricSpec = CounterSpec | GaugeSpec | HistogramSpec;

type Labels = readonly string[];
/** Microseconds a second. */
export const US_PER_SECOND = 1_000_000;

/** A counter of whole units. */
export function counter(name: string, origin: MetricOrigin, labels: Labels, open: Labels, help: string): CounterSpec {
  return { type: 'counter', name, origin, labels, open, optIn: [], help, unitsPerShown: 1 };
}

/** A gauge that shows what is kept. */
export function gauge(name: string, origin: MetricOrigin, labels: Labels, open: Labels, help: string): GaugeSpec {
  return { type: 'gauge', name, origin, labels, open, optIn: [], help, unitsPerShown: 1 };
}

/** A histogram of durations, counted from the log. */
export function seconds(name: string, ladder: LadderName, labels: Labels, open: Labels, help: string): HistogramSpec {
  const units = { ladder, unitsPerShown: US_PER_SECOND };
  return { type: 'histogram', name, origin: 'log', labels, open, optIn: [], help, ...units };
}

/** The same by agent, where that is asked for: there may be any number of them, and their names come and go. */
export function byAgent<Spec extends MetricSpec>(spec: Spec): Spec {
  return { ...spec, labels: [...spec.labels, 'agent_id'], open: [...spec.open, 'agent_id'], optIn: ['agent_id'] };
}
