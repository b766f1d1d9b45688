/** Grafana's panels, made of ours: each kind with the options that the SDK leaves empty or off. */
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DashboardLink, GridPos, Panel, ThresholdsConfig } from '@grafana/grafana-foundation-sdk/dashboard';
import { barsBuilder, graphBuilder, heatmapBuilder, statBuilder, statesBuilder } from './panel-options.ts';
import type { GridPlace } from './place.ts';
import type { Sdk } from './sdk.ts';
import type { BarsSpec, GraphSpec, HeatmapSpec, PanelSpec, QuerySpec, StatesSpec, StatSpec, TextSpec } from './spec.ts';
import { seriesTracesUrl, type TraceStore } from './trace-links.ts';
import { DATASOURCE } from './variables.ts';

/** What every panel's builder can be told. */
interface PanelBuilder extends Builder<Panel> {
  id(id: number): unknown;
  title(title: string): unknown;
  description(description: string): unknown;
  gridPos(gridPos: GridPos): unknown;
}

/** What the builder of a panel with data can be told besides. */
interface DataPanelBuilder extends PanelBuilder {
  datasource(datasource: typeof DATASOURCE): unknown;
  targets(targets: Builder<Dataquery>[]): unknown;
  unit(unit: string): unknown;
  thresholds(thresholds: Builder<ThresholdsConfig>): unknown;
  dataLinks(links: Builder<DashboardLink>[]): unknown;
}

type DataSpec = GraphSpec | StatSpec | HeatmapSpec | StatesSpec | BarsSpec;

/** A panel as Grafana has it, at its place and with its number. */
export function panelOf(sdk: Sdk, spec: PanelSpec, id: number, place: GridPlace, traces: TraceStore): Panel {
  const builder = spec.kind === 'text' ? textPanel(sdk, spec) : dataPanel(sdk, spec, traces);
  builder.id(id);
  builder.title(spec.title);
  builder.description(spec.about);
  builder.gridPos({ ...place });
  return builder.build();
}

function textPanel({ text }: Sdk, { markdown }: TextSpec): PanelBuilder {
  return new text.PanelBuilder().mode(text.TextMode.Markdown).content(markdown);
}

function dataPanel(sdk: Sdk, spec: DataSpec, traces: TraceStore): PanelBuilder {
  const builder = builderOf(sdk, spec);
  builder.datasource(DATASOURCE);
  builder.unit(spec.unit);
  builder.thresholds(limitsOf(sdk, spec));
  builder.targets(spec.queries.map((query, index) => targetOf(sdk, spec, query, refId(index))));
  if (spec.tracesBy !== undefined) {
    const link = { title: 'Traces', url: seriesTracesUrl(traces, spec.tracesBy), targetBlank: true };
    builder.dataLinks([{ build: () => ({ ...sdk.dashboard.defaultDashboardLink(), placement: undefined, ...link }) }]);
  }
  return builder;
}

function builderOf(sdk: Sdk, spec: DataSpec): DataPanelBuilder {
  switch (spec.kind) {
    case 'graph':
      return graphBuilder(sdk, spec);
    case 'stat':
      return statBuilder(sdk, spec);
    case 'heatmap':
      return heatmapBuilder(sdk, spec);
    case 'states':
      return statesBuilder(sdk, spec);
    case 'bars':
      return barsBuilder(sdk);
  }
}

function limitsOf({ dashboard }: Sdk, { limits: [first, ...from] }: DataSpec): Builder<ThresholdsConfig> {
  const steps = from.map(([value, color]) => ({ value, color }));
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps([{ value: null, color: first }, ...steps]);
}

/** The name of a panel's nth query: A, B, …, Z, AA, AB, … */
function refId(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : `${refId(Math.floor(index / 26) - 1)}${last}`;
}

function targetOf({ prometheus }: Sdk, { kind }: DataSpec, query: QuerySpec, ref: string): Builder<Dataquery> {
  const target = new prometheus.DataqueryBuilder()
    .refId(ref)
    .datasource(DATASOURCE)
    .editorMode(prometheus.QueryEditorMode.Code)
    .expr(query.expr)
    .legendFormat(query.legend)
    .exemplar((kind === 'graph' || kind === 'heatmap') && query.expr.includes('_bucket{'));
  if (kind === 'bars') return target.instant();
  return target
    .range()
    .format(kind === 'heatmap' ? prometheus.PromQueryFormat.Heatmap : prometheus.PromQueryFormat.TimeSeries);
}
