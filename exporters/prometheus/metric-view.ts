import type { Metric, Registry, RegistryContentType } from 'prom-client';
import { US_PER_SECOND } from '../../board/core/time.ts';
import type { ExemplarIds } from './exemplar-ids.ts';
import type { Family, Series } from './family.ts';

/** A registry of prom-client, whatever it renders. */
export type AnyRegistry = Registry<RegistryContentType>;

type Labels = Readonly<Record<string, string>>;

/** A line to print, as prom-client's own metrics give it. */
interface Sample {
  readonly value: number;
  /** Labels whose text is written anew each time: none. */
  readonly labels: Labels;
  /** All of its labels; prom-client keeps their text by this very object, which makes most of a line. */
  readonly sharedLabels: Labels;
  /** Where it is not the metric's own. */
  readonly metricName: string | undefined;
  readonly exemplar:
    | { readonly labelSet: Record<string, string>; readonly value: number; readonly timestamp: number }
    | undefined;
}

const NONE: Labels = {};

/**
 * A family as a prom-client metric: the values are ours, so that they can be saved and go on; escaping, bucket lines and
 * both text formats are prom-client's.
 */
export class MetricView {
  /** prom-client's registry writes here when it renders OpenMetrics; what is printed is {@link #shownName}. */
  name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator = 'sum';
  /** What is shown. */
  readonly family: Family;
  readonly #registry: AnyRegistry;
  readonly #exemplarIds: ExemplarIds;

  constructor(family: Family, registry: AnyRegistry, exemplarIds: ExemplarIds) {
    const { name, help, type } = family.spec;
    this.name = name;
    this.help = help;
    this.type = type;
    this.family = family;
    this.#registry = registry;
    this.#exemplarIds = exemplarIds;
  }

  /** Puts the view into its registry; refused there where the name is taken. */
  register(): void {
    // The registry asks of a metric what this class has; its type names prom-client's own four classes.
    this.#registry.registerMetric(this as unknown as Metric);
  }

  /** The samples with each line's labels whole, for `getMetricsAsJSON`. */
  async get(): Promise<object> {
    const samples = this.#samples().map(({ sharedLabels, ...sample }) => ({ ...sample, labels: sharedLabels }));
    return { name: this.#shownName, help: this.help, type: this.type, values: samples, aggregator: this.aggregator };
  }

  /** The samples as the text formats want them. */
  async getForPromString(): Promise<object> {
    const values = this.#samples();
    return { name: this.#shownName, help: this.help, type: this.type, values, aggregator: this.aggregator };
  }

  /** prom-client's `resetMetrics` is for metrics that are counted here; these are counted from a log. */
  reset(): void {}

  /** OpenMetrics names a counter without the `_total` that its lines have. */
  get #shownName(): string {
    const { name, type } = this.family.spec;
    const isBare = type === 'counter' && this.#registry.contentType.startsWith('application/openmetrics-text');
    return isBare ? name.replace(/_total$/, '') : name;
  }

  #samples(): Sample[] {
    const { spec, series } = this.family;
    const { type, unitsPerShown } = spec;
    if (type === 'histogram') return Array.from(series).flatMap(each => this.#histogramSamples(each));
    return Array.from(series, ({ value, labels }) => sample(value / unitsPerShown, labels));
  }

  #histogramSamples(series: Series): Sample[] {
    const { name, unitsPerShown } = this.family.spec;
    const { counts, bucketLabels, labels } = series;
    let count = 0;
    const samples = bucketLabels.map((each, bucket) => {
      count += counts[bucket] ?? 0;
      return sample(count, each, `${name}_bucket`, this.#exemplar(series, bucket));
    });
    const sum = sample(series.value / unitsPerShown, labels, `${name}_sum`);
    return [...samples, sum, sample(count, labels, `${name}_count`)];
  }

  #exemplar({ exemplars }: Series, bucket: number): Sample['exemplar'] {
    const kept = exemplars[bucket];
    const ids = kept === undefined ? undefined : this.#exemplarIds.of(kept);
    if (kept === undefined || ids === undefined) return undefined;
    const value = kept.value / this.family.spec.unitsPerShown;
    return {
      labelSet: { trace_id: ids.traceId, span_id: ids.spanId },
      value,
      timestamp: kept.timestamp / US_PER_SECOND,
    };
  }
}

function sample(value: number, labels: Labels, metricName?: string, exemplar?: Sample['exemplar']): Sample {
  return { value, labels: NONE, sharedLabels: labels, metricName, exemplar };
}
