/** Dashboards, rules and alerts over the metrics of a board. docs/dashboards.md and docs/alerts.md say what each answers. */
export { type GrafanaDashboard, type GrafanaOptions, grafanaDashboards } from './grafana/index.ts';
export {
  type DashboardJson,
  type PanelJson,
  type PanelQueries,
  type PanelTarget,
  panelQueries,
  substituteVariables,
  type TargetJson,
} from './grafana/panel-queries.ts';
export type { TraceStore } from './grafana/trace-links.ts';
export * from './prometheus/index.ts';
