/** The queries' parts: each names a metric by its contract, so that no name and no variable is written twice. */
import type { CounterSpec, GaugeSpec, HistogramSpec, MetricSpec } from '../../exporters/prometheus/metric-spec.ts';

/** Label → what it must match: a value, or `=~`, `!=` or `!~` before a pattern. */
export type Where = Readonly<Record<string, string>>;

/** A text as PromQL and Go read it between double quotes. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A text as a regular expression of PromQL that matches just it. */
export function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function matcher([label, wanted]: readonly [string, string]): string {
  const [, operator = '=', value = wanted] = /^(=~|!=|!~)(.*)$/s.exec(wanted) ?? [];
  return `${label}${operator}${quoted(value)}`;
}

/**
 * A metric's series on the chosen board, of the chosen task types where it has them.
 *
 * @example select(TASKS, { stage_kind: 'wait' })
 * // 'quadro_tasks{board=~"$board",task_type=~"$task_type",stage_kind="wait"}'
 */
function select(metric: MetricSpec, where: Where = {}, suffix = ''): string {
  const chosen: Where = {
    board: '=~$board',
    ...(metric.labels.includes('task_type') && { task_type: '=~$task_type' }),
  };
  return `${metric.name}${suffix}{${Object.entries({ ...chosen, ...where }).map(matcher)}}`;
}

/** The labels that tell apart processes which read one board. */
const READER_LABELS = 'instance, pod';

/**
 * Takes the readers of one board for one: each shows the same totals of the same log, so they must not be added up. What a
 * process alone knows is its own, and adds up.
 */
function onceABoard({ origin }: MetricSpec, expr: string): string {
  return origin === 'process' ? expr : `max without (${READER_LABELS}) (${expr})`;
}

function rate(metric: MetricSpec, where: Where, suffix = ''): string {
  return onceABoard(metric, `rate(${select(metric, where, suffix)}[$__rate_interval])`);
}

/** How much a second a counter grows, added up by these labels. */
export function rateOf(metric: CounterSpec, by: readonly string[] = [], where: Where = {}): string {
  return sumBy(by, rate(metric, where));
}

/** How many a second a histogram observes, added up by these labels. */
export function countOf(metric: HistogramSpec, by: readonly string[] = [], where: Where = {}): string {
  return sumBy(by, rate(metric, where, '_count'));
}

/** How many a histogram observed, by bucket, since the step before: a heatmap's cells. */
export function bucketsOf(metric: HistogramSpec, where: Where = {}): string {
  const grown = `increase(${select(metric, where, '_bucket')}[$__rate_interval])`;
  return sumBy(['le'], onceABoard(metric, grown));
}

/** A quantile of what a histogram observed, by these labels. */
export function quantileOf(q: number, metric: HistogramSpec, by: readonly string[] = [], where: Where = {}): string {
  return `histogram_quantile(${q}, ${sumBy(['le', ...by], rate(metric, where, '_bucket'))})`;
}

/** Values of a gauge, or a counter's totals, added up by these labels. */
export function totalOf(metric: GaugeSpec | CounterSpec, by: readonly string[] = [], where: Where = {}): string {
  return sumBy(by, onceABoard(metric, select(metric, where)));
}

/** Seconds since the earliest (`min`) or latest (`max`) of a gauge's timestamps. */
export function ageOf(which: 'min' | 'max', metric: GaugeSpec, by: readonly string[] = [], where: Where = {}): string {
  return `time() - ${aggregate(which, by, select(metric, where))}`;
}

/** How much a counter grew since the left edge of the panel; what first counted after that counts from 0. */
export function sinceLeftEdge(metric: CounterSpec | HistogramSpec, where: Where = {}): string {
  const selected = select(metric, where, metric.type === 'histogram' ? '_count' : '');
  const now = sumBy([], onceABoard(metric, selected));
  const then = sumBy([], onceABoard(metric, `${selected} @ start()`));
  return `${now} - ${orZero(then, now)}`;
}

/** What may never have been counted: 0 where there is something of the whole, nothing where there is not. */
export function orZero(part: string, whole: string): string {
  return `(${part} or ${whole} * 0)`;
}

/** A share of a whole; both are aggregates, by the same labels. */
export function share(part: string, whole: string): string {
  return `${orZero(part, whole)} / ${whole}`;
}

/** `expr` a minute instead of a second. */
export function perMinute(expr: string): string {
  return `60 * ${expr}`;
}

/** `expr` an hour instead of a second. */
export function perHour(expr: string): string {
  return `3600 * ${expr}`;
}

/** The largest value of a gauge, by these labels. */
export function largest(metric: GaugeSpec, by: readonly string[] = [], where: Where = {}): string {
  return aggregate('max', by, select(metric, where));
}

function sumBy(by: readonly string[], expr: string): string {
  return aggregate('sum', by, expr);
}

function aggregate(how: 'sum' | 'min' | 'max', by: readonly string[], expr: string): string {
  return by.length === 0 ? `${how}(${expr})` : `${how} by (${by.join(', ')}) (${expr})`;
}
