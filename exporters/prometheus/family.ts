import { OTHER } from './label-values.ts';
import { DEFAULT_LADDERS, type Ladders, type MetricSpec } from './metric-spec.ts';
import type { ExemplarRef, LabelValues } from './observation.ts';

/** How metrics are kept. Totals kept otherwise cannot be gone on with: the log is then read again from its start. */
export interface FamilyOptions {
  /** Bucket bounds by ladder; those left out keep their default. */
  readonly buckets?: Partial<Ladders>;
  /** Labels to leave out of every metric; what they told apart is added up. */
  readonly disabledLabels?: readonly string[];
  /** Labels that are left out unless they are named here: `agent_id`. Default: none. */
  readonly enabledLabels?: readonly string[];
  /**
   * Label sets a metric may have; in later ones the open labels are `_other`, and those that had to be enabled already in the
   * second half. Default 1,000.
   */
  readonly maxLabelSets?: number;
}

/** Label sets a metric may have where the option does not say. */
export const DEFAULT_MAX_LABEL_SETS = 1000;

/** An example kept in a bucket, with its value in the metric's kept units. */
export interface KeptExemplar extends ExemplarRef {
  readonly value: number;
}

/** One label set's value. */
export interface Series {
  /** The same object for the series' whole life: rendering caches its text by it. */
  readonly labels: Readonly<Record<string, string>>;
  /** The same with each bucket's `le`, one a count; empty where there are no buckets. */
  readonly bucketLabels: readonly Readonly<Record<string, string>>[];
  readonly values: LabelValues;
  /** A counter's or gauge's value, or a histogram's sum, in kept units. */
  value: number;
  /** A histogram's counts by bucket, not cumulative, the last one above all bounds; empty for the others. */
  readonly counts: number[];
  readonly exemplars: (KeptExemplar | undefined)[];
}

/** All series of one metric. */
export class Family {
  readonly spec: MetricSpec;
  readonly labelNames: readonly string[];
  /** Upper bounds as shown; empty for what is no histogram. */
  readonly bounds: readonly number[];
  readonly #keptBounds: readonly number[];
  readonly #places: readonly number[];
  readonly #open: readonly boolean[];
  readonly #optIn: readonly boolean[];
  readonly #maxSeries: number;
  readonly #series = new Map<string, Series>();

  constructor(spec: MetricSpec, options: FamilyOptions = {}) {
    const { buckets = {}, disabledLabels = [], enabledLabels = [], maxLabelSets = DEFAULT_MAX_LABEL_SETS } = options;
    this.spec = spec;
    const isLeftOut = (label: string): boolean =>
      disabledLabels.includes(label) || (spec.optIn.includes(label) && !enabledLabels.includes(label));
    this.#places = spec.labels.flatMap((label, place) => (isLeftOut(label) ? [] : [place]));
    this.labelNames = spec.labels.filter(label => !isLeftOut(label));
    this.#open = this.labelNames.map(label => spec.open.includes(label));
    this.#optIn = this.labelNames.map(label => spec.optIn.includes(label));
    this.#maxSeries = maxLabelSets;
    this.bounds = spec.type === 'histogram' ? (buckets[spec.ladder] ?? DEFAULT_LADDERS[spec.ladder]) : [];
    this.#keptBounds = this.bounds.map(bound => bound * spec.unitsPerShown);
  }

  /** Every series there is, oldest first. */
  get series(): Iterable<Series> {
    return this.#series.values();
  }

  /**
   * The series of a label set, made where it is new.
   *
   * @param values one for each of the metric's labels, those that are left out included.
   */
  at(values: LabelValues): Series {
    return this.atKept(this.#places.map(place => values[place] ?? ''));
  }

  /** The same by the values of {@link labelNames} alone, as saved totals have them. */
  atKept(values: LabelValues): Series {
    const found = this.#series.get(values.join('\0'));
    if (found !== undefined) return found;
    const taken = this.#capped(values);
    const key = taken.join('\0');
    const series = this.#series.get(key) ?? this.#newSeries(taken);
    this.#series.set(key, series);
    return series;
  }

  /** Adds a value to a histogram's series. */
  observe(series: Series, value: number, exemplar: ExemplarRef | undefined): void {
    const place = this.#keptBounds.findIndex(bound => value <= bound);
    const bucket = place === -1 ? this.#keptBounds.length : place;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.value += value;
    if (exemplar !== undefined) series.exemplars[bucket] = { ...exemplar, value };
  }

  /** Forgets a series. */
  remove({ values }: Series): void {
    this.#series.delete(values.join('\0'));
  }

  /** Forgets every series. */
  clear(): void {
    this.#series.clear();
  }

  /** A new label set as there is room for it: agents must not crowd out task types. */
  #capped(values: LabelValues): LabelValues {
    const { size } = this.#series;
    if (size < this.#maxSeries / 2) return values;
    const merged = size < this.#maxSeries ? this.#optIn : this.#open;
    return values.map((value, index) => (merged[index] ? OTHER : value));
  }

  #newSeries(values: LabelValues): Series {
    const labels = Object.fromEntries(this.labelNames.map((name, index) => [name, values[index] ?? '']));
    const bounds = this.spec.type === 'histogram' ? [...this.bounds.map(String), '+Inf'] : [];
    const bucketLabels = bounds.map(le => ({ ...labels, le }));
    return { labels, bucketLabels, values, value: 0, counts: bounds.map(() => 0), exemplars: [] };
  }
}
