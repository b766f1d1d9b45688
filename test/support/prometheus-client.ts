/** Labels of a series. */
export type Labels = Readonly<Record<string, string>>;

/** One series' value at an instant. */
export interface InstantSample {
  readonly metric: Labels;
  /** In seconds since 1970. */
  readonly time: number;
  readonly value: number;
}

/** One series over a stretch of time. */
export interface RangeSeries {
  readonly metric: Labels;
  readonly points: readonly { readonly time: number; readonly value: number }[];
}

/** Exemplars of one series. */
export interface ExemplarSeries {
  readonly seriesLabels: Labels;
  readonly exemplars: readonly { readonly labels: Labels; readonly value: number; readonly time: number }[];
}

/** A recording rule or an alert, and how its last evaluation went. */
export interface RuleState {
  readonly name: string;
  readonly type: 'recording' | 'alerting';
  readonly query: string;
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
  /** An alert's: the highest state of its instances. */
  readonly state?: 'inactive' | 'pending' | 'firing';
}

/** A group of rules. */
export interface RuleGroup {
  readonly name: string;
  readonly file: string;
  readonly rules: readonly RuleState[];
}

/** An alert that is pending or fires. */
export interface AlertState {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: 'pending' | 'firing';
  readonly activeAt: string;
  readonly value: string;
}

/** A place that is scraped, and how its last scrape went. */
export interface TargetState {
  readonly scrapeUrl: string;
  readonly labels: Labels;
  readonly health: 'up' | 'down' | 'unknown';
  /** Empty where the last scrape went well. */
  readonly lastError: string;
  /** When, as RFC 3339. */
  readonly lastScrape: string;
}

type Point = readonly [number, string];

type QueryData =
  | { readonly resultType: 'vector'; readonly result: readonly { readonly metric: Labels; readonly value: Point }[] }
  | { readonly resultType: 'scalar' | 'string'; readonly result: Point };

interface RangeData {
  readonly result: readonly { readonly metric: Labels; readonly values: readonly Point[] }[];
}

interface ExemplarData {
  readonly seriesLabels: Labels;
  readonly exemplars: readonly { readonly labels: Labels; readonly value: string; readonly timestamp: number }[];
}

type Answer<Data> =
  | { readonly status: 'success'; readonly data: Data }
  | { readonly status: 'error'; readonly error: string };

const INFINITIES: Readonly<Record<string, number>> = { '+Inf': Number.POSITIVE_INFINITY, '-Inf': -Infinity };

function numberOf(text: string): number {
  return INFINITIES[text] ?? Number(text);
}

function seriesOf({ result }: RangeData): readonly RangeSeries[] {
  return result.map(({ metric, values }) => ({
    metric,
    points: values.map(([time, text]) => ({ time, value: numberOf(text) })),
  }));
}

/** Asks a Prometheus by its HTTP API. Times are seconds since 1970; whatever it refuses is thrown with its reason. */
export class PrometheusClient {
  /** Where it is, such as `http://127.0.0.1:9090`. */
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** The series a query gives at a time, by default now; a scalar is one sample without labels. */
  async query(promql: string, time?: number): Promise<readonly InstantSample[]> {
    const at: Readonly<Record<string, string>> = time === undefined ? {} : { time: String(time) };
    const data = await this.#ask<QueryData>('query', { query: promql, ...at });
    const samples = data.resultType === 'vector' ? data.result : [{ metric: {}, value: data.result }];
    return samples.map(({ metric, value: [seconds, text] }) => ({ metric, time: seconds, value: numberOf(text) }));
  }

  /** The series a query gives from `start` to `end`, every `step` seconds. */
  async queryRange(promql: string, start: number, end: number, step: number): Promise<readonly RangeSeries[]> {
    const range = { start: String(start), end: String(end), step: String(step) };
    return seriesOf(await this.#ask<RangeData>('query_range', { query: promql, ...range }));
  }

  /** Every sample as it was scraped, of a selector with its range, such as `up[5m]`. */
  async samples(selector: string): Promise<readonly RangeSeries[]> {
    return seriesOf(await this.#ask<RangeData>('query', { query: selector }));
  }

  /** The exemplars of the series a query names. */
  async queryExemplars(promql: string, start: number, end: number): Promise<readonly ExemplarSeries[]> {
    const range = { start: String(start), end: String(end) };
    const data = await this.#ask<readonly ExemplarData[]>('query_exemplars', { query: promql, ...range });
    return data.map(({ seriesLabels, exemplars }) => ({
      seriesLabels,
      exemplars: exemplars.map(({ labels, value, timestamp }) => ({ labels, value: numberOf(value), time: timestamp })),
    }));
  }

  /** Every rule it has loaded. */
  async rules(): Promise<readonly RuleGroup[]> {
    return (await this.#ask<{ readonly groups: readonly RuleGroup[] }>('rules')).groups;
  }

  /** The alerts that are pending or fire. */
  async alerts(): Promise<readonly AlertState[]> {
    return (await this.#ask<{ readonly alerts: readonly AlertState[] }>('alerts')).alerts;
  }

  /** What it scrapes. */
  async targets(): Promise<readonly TargetState[]> {
    return (await this.#ask<{ readonly activeTargets: readonly TargetState[] }>('targets')).activeTargets;
  }

  async #ask<Data>(path: string, params: Readonly<Record<string, string>> = {}): Promise<Data> {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(params)}`);
    const answer = (await response.json()) as Answer<Data>;
    if (answer.status === 'success') return answer.data;
    throw new Error(`${params.query ?? path}: ${answer.error}`);
  }
}
