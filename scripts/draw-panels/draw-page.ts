import { type DashboardJson, panelQueries } from '../../dashboards/grafana/panel-queries.ts';
import type { PrometheusClient } from '../../test/support/prometheus-client.ts';
import { pageHtml } from './page.ts';
import type { DrawnDashboard, DrawnSeries, Shown } from './panel.ts';
import { seriesOf } from './panel-series.ts';

/** Asks a Prometheus for all that a dashboard's JSON shows, and draws it as one page. */
export async function drawPage(prometheus: PrometheusClient, json: string, shown: Shown): Promise<string> {
  const dashboard: DashboardJson & DrawnDashboard = JSON.parse(json);
  const series = new Map<number, readonly DrawnSeries[]>();
  for (const { panelId, kind, targets } of panelQueries(dashboard)) {
    series.set(panelId, await seriesOf(prometheus, kind, targets, shown));
  }
  return pageHtml(dashboard, series, shown);
}
