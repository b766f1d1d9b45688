import BetterSqlite3 from 'better-sqlite3';
import { DEFAULT_LADDERS, type LadderName, type MetricSpec } from '../../../exporters/prometheus/metric-spec.ts';
import { TASK_BUCKETS } from '../../support/observed-run.ts';
import { OBSERVATIONS, VALUES } from './expected-values.ts';
import { LOG_VIEWS } from './log-views.ts';

/** A series as text, `name{label="value"}`, labels in their order → its value. */
export type SeriesValues = ReadonlyMap<string, number>;

/** How both sides of a comparison write a series. Prometheus has no label whose value is empty. */
export function seriesKey(name: string, labels: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(labels).filter(([, value]) => value !== '');
  return `${name}{${pairs
    .map(([label, value]) => `${label}=${JSON.stringify(String(value))}`)
    .sort()
    .join(',')}}`;
}

const LADDERS: Readonly<Record<LadderName, readonly number[]>> = { ...DEFAULT_LADDERS, task: TASK_BUCKETS };

type Row = Readonly<Record<string, string | number | null>>;

function rowsOf(file: string, sql: string): readonly Row[] {
  const database = new BetterSqlite3(file, { readonly: true });
  try {
    database.exec(LOG_VIEWS);
    return database.prepare<[], Row>(sql).all();
  } finally {
    database.close();
  }
}

/** The rows of a query over a board's file: `value`, by a name and the other columns as labels. */
export function expectedValues(file: string, name: string, sql: string): SeriesValues {
  return new Map(rowsOf(file, sql).map(({ value, ...labels }) => [seriesKey(name, labels), Number(value)]));
}

/** One row a label set: observations up to each bound, their sum and their number. */
function histogramSql(sql: string, labels: readonly string[], bounds: readonly number[]): string {
  const upTo = bounds.map((bound, index) => `sum(us <= ${bound * 1_000_000}) as bucket_${index}`);
  const columns = [...labels, ...upTo, 'sum(us) as total_us', 'count(*) as observations'];
  return `select ${columns.join(', ')} from (${sql}) group by ${labels.join(', ')}`;
}

function histogramSeries(name: string, labelNames: readonly string[], bounds: readonly number[], row: Row) {
  const labels = Object.fromEntries(labelNames.map(label => [label, row[label]]));
  const buckets = [...bounds.map((le, index) => [le, row[`bucket_${index}`]]), ['+Inf', row.observations]];
  return [
    ...buckets.map(([le, count]): [string, number] => [seriesKey(`${name}_bucket`, { ...labels, le }), Number(count)]),
    [seriesKey(`${name}_count`, labels), Number(row.observations)] as const,
    [seriesKey(`${name}_sum`, labels), Number(row.total_us) / 1_000_000] as const,
  ];
}

/**
 * The series that a metric must have, computed by SQL over a board's file and by nothing of what computes the metric.
 *
 * @throws Error for a metric that no query is there for.
 */
export function expectedSeries(file: string, spec: MetricSpec): SeriesValues {
  const { name } = spec;
  const labels = spec.labels.filter(label => !spec.optIn.includes(label));
  const sql = spec.type === 'histogram' ? OBSERVATIONS[name] : VALUES[name];
  if (sql === undefined) throw new Error(`No SQL says what ${name} shall be`);
  if (spec.type !== 'histogram') {
    const all = labels.map((_, index) => index + 1).join(', ');
    return expectedValues(file, name, sql.replace('all_labels', all));
  }
  const bounds = LADDERS[spec.ladder];
  const rows = rowsOf(file, histogramSql(sql, labels, bounds));
  return new Map(rows.flatMap(row => histogramSeries(name, labels, bounds, row)));
}
