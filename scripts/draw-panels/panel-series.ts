import { type PanelTarget, substituteVariables } from '../../dashboards/grafana/panel-queries.ts';
import type { Labels, PrometheusClient } from '../../test/support/prometheus-client.ts';
import type { DrawnSeries, Shown } from './panel.ts';

/** How many points a line has at most. */
const POINTS = 240;
/** How many columns a heatmap has. */
const COLUMNS = 48;
/** A rate wants several scrapes in its window. */
const LEAST_RATE_SECONDS = 4;
/** Over how many points of a line a rate is taken. */
const RATE_POINTS = 10;

function legendOf(template: string, labels: Labels): string {
  const text = template.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? '');
  return text.trim() === '' ? 'all' : text.trim();
}

/** Asks for the series of a panel's queries, as Grafana does for a panel of that kind. */
export async function seriesOf(
  prometheus: PrometheusClient,
  kind: string,
  targets: readonly PanelTarget[],
  { from, to }: Shown,
): Promise<readonly DrawnSeries[]> {
  const isHeatmap = kind === 'heatmap';
  const step = (to - from) / (isHeatmap ? COLUMNS : POINTS);
  const rate = Math.max(isHeatmap ? step : step * RATE_POINTS, LEAST_RATE_SECONDS);
  const variables = { board: '.*', task_type: '.*', __rate_interval: `${Math.round(rate * 1000)}ms` };
  const answers = targets.map(async ({ expr, legend, refId }) => {
    const series = await prometheus.queryRange(substituteVariables(expr, variables), from, to, step);
    return series.map(({ metric, points }) => ({
      legend: legendOf(legend, metric),
      refId,
      points: points.filter(({ value }) => Number.isFinite(value)),
      step,
    }));
  });
  const series = (await Promise.all(answers)).flat();
  return series.filter(({ points }) => points.length > 0);
}
