import type { HistogramSpec, MetricSpec } from '../../exporters/prometheus/metric-spec.ts';
import { EXPORTER_LAG } from '../../exporters/prometheus/names.ts';
import type { ResolvedRules } from './rule-options.ts';

/** The signal of the reader that counts the metrics themselves. */
const METRICS_SIGNAL = 'metrics';

/**
 * Writes the rules' PromQL. Every reader of a board shows the same totals of the same log, so series are first taken together
 * over the readers (`once`), and only then added up.
 */
export class RuleQueries {
  readonly #replicas: readonly string[];
  readonly #caughtUpEvents: number;

  constructor({ replicaLabels, caughtUpEvents }: Pick<ResolvedRules, 'replicaLabels' | 'caughtUpEvents'>) {
    this.#replicas = replicaLabels;
    this.#caughtUpEvents = caughtUpEvents;
  }

  /** One series where several readers show the same, without some labels of its own. */
  once(expr: string, dropped: readonly string[] = []): string {
    return `max without (${[...this.#replicas, ...dropped].join(', ')}) (${expr})`;
  }

  /** Adds up what differs in the labels of a metric, but for those that are kept. */
  sum(spec: MetricSpec, kept: readonly string[], expr: string): string {
    const dropped = spec.labels.filter(label => !kept.includes(label));
    return dropped.length === 0 ? expr : `sum without (${dropped.join(', ')}) (${expr})`;
  }

  /** Adds up over the processes, each of which knows only its own. */
  sumOfProcesses(expr: string): string {
    return `sum without (${this.#replicas.join(', ')}) (${expr})`;
  }

  /** How fast a counter of the log grows, in a second. */
  rate(selector: string, window: string): string {
    return this.once(`rate(${selector}[${window}])`);
  }

  /**
   * By how much counters of the log have grown in a window, exactly, up to `ago`. A series that was not there when the window
   * began counts from 0: `increase()` would lose the event it began with. A restart changes nothing, for the totals are the
   * log's; where a reader begins anew without its totals, {@link hasWatched} holds back what it shows meanwhile.
   */
  grown(selector: string, window: string, ago?: string): string {
    const end = this.once(ago === undefined ? selector : `${selector} offset ${ago}`);
    return `${end} - (${this.once(`${selector} offset ${window}`)} or 0 * ${end})`;
  }

  /** A quantile of what a histogram of the log observed, by the labels that are kept. */
  quantile(q: number, spec: HistogramSpec, kept: readonly string[], window: string): string {
    const buckets = this.sum(spec, kept, this.rate(`${spec.name}_bucket`, window));
    return `histogram_quantile(${q}, ${buckets})`;
  }

  /** The same of all that it observed in a history, or since the log began where there was no reader that long ago. */
  quantileOfHistory(q: number, spec: HistogramSpec, kept: readonly string[], window: string): string {
    const buckets = this.sum(spec, kept, this.grown(`${spec.name}_bucket`, window));
    return `histogram_quantile(${q}, clamp_min(${buckets}, 0))`;
  }

  /** True where a reader is at the log's end, so that what the log's metrics do not show has not happened. */
  isCaughtUp(): string {
    return this.#atEnd('');
  }

  /** True where one already was when a window began. */
  hasWatched(window: string): string {
    return this.#atEnd(` offset ${window}`);
  }

  #atEnd(offset: string): string {
    const without = [...this.#replicas, ...EXPORTER_LAG.labels].join(', ');
    const lag = `${EXPORTER_LAG.name}{signal="${METRICS_SIGNAL}"}${offset}`;
    return `min without (${without}) (${lag}) <= ${this.#caughtUpEvents}`;
  }
}
