/** The options of each kind of panel; the SDK would leave legends off, and figures without a way to get at one number. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { ReduceDataOptions, VizLegendOptions, VizTooltipOptions } from '@grafana/grafana-foundation-sdk/common';
import type { DynamicConfigValue, ValueMap } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Sdk } from './sdk.ts';
import type { GraphSpec, HeatmapSpec, StateNames, StatesSpec, StatSpec } from './spec.ts';

/** The panels' builders of the SDK, by kind. */
type BuilderOf<Kind extends 'timeseries' | 'stat' | 'heatmap' | 'statetimeline' | 'bargauge'> = InstanceType<
  Sdk[Kind]['PanelBuilder']
>;

/** A gap of more than this is drawn as one; shorter ones are scrapes that failed. */
const JOINED_GAP_MS = 300_000;

function legend({ common }: Sdk): Builder<VizLegendOptions> {
  return new common.VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(common.LegendDisplayMode.List)
    .placement(common.LegendPlacement.Bottom)
    .calcs([]);
}

function tooltip({ common }: Sdk): Builder<VizTooltipOptions> {
  return new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending);
}

function lastValue({ common }: Sdk): Builder<ReduceDataOptions> {
  return new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false);
}

function namesOf({ dashboard }: Sdk, states: StateNames): ValueMap {
  const options = Object.entries(states).map(([value, shown], index) => [value, { ...shown, index }]);
  return { type: dashboard.MappingType.ValueToText, options: Object.fromEntries(options) };
}

/** Lines, or areas on top of each other. */
export function graphBuilder(sdk: Sdk, spec: GraphSpec): BuilderOf<'timeseries'> {
  const { common, timeseries } = sdk;
  const limitsStyle = spec.limits.length > 1 && !spec.stacked ? 'Dashed' : 'Off';
  const panel = new timeseries.PanelBuilder()
    .legend(legend(sdk))
    .tooltip(tooltip(sdk))
    .lineWidth(spec.stacked ? 1 : 2)
    .fillOpacity(spec.stacked ? 60 : 5)
    .showPoints(common.VisibilityMode.Never)
    .spanNulls(JOINED_GAP_MS)
    .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode[limitsStyle]));
  if (!spec.logarithmic) panel.min(0);
  else panel.scaleDistribution(new common.ScaleDistributionConfigBuilder().type(common.ScaleDistribution.Log).log(10));
  if (spec.stacked) panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'));
  for (const { legend: name, rightAxisUnit } of spec.queries) {
    if (rightAxisUnit !== undefined) panel.overrideByName(name, rightAxis(sdk, rightAxisUnit));
  }
  return panel;
}

function rightAxis({ common, dashboard }: Sdk, unit: string): DynamicConfigValue[] {
  return [
    { id: 'unit', value: unit },
    { id: 'custom.axisPlacement', value: common.AxisPlacement.Right },
    { id: 'custom.thresholdsStyle', value: { mode: common.GraphThresholdsStyleMode.Off } },
    { id: 'color', value: { mode: dashboard.FieldColorModeId.Fixed, fixedColor: 'text' } },
  ];
}

/** The latest number, above its course. */
export function statBuilder(sdk: Sdk, { states }: StatSpec): BuilderOf<'stat'> {
  const { common, stat } = sdk;
  const panel = new stat.PanelBuilder()
    .reduceOptions(lastValue(sdk))
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(states === undefined ? common.BigValueGraphMode.Area : common.BigValueGraphMode.None)
    .textMode(common.BigValueTextMode.Value);
  if (states !== undefined) panel.mappings([namesOf(sdk, states)]);
  return panel;
}

/** Buckets as they are: Prometheus has counted already. */
export function heatmapBuilder(sdk: Sdk, { unit }: HeatmapSpec): BuilderOf<'heatmap'> {
  const { common, heatmap } = sdk;
  return new heatmap.PanelBuilder()
    .calculate(false)
    .rowsFrame(new heatmap.RowsHeatmapOptionsBuilder().layout(common.HeatmapCellLayout.Auto))
    .color(
      new heatmap.HeatmapColorOptionsBuilder()
        .mode(heatmap.HeatmapColorMode.Scheme)
        .scheme('Oranges')
        .fill('dark-orange')
        .scale(heatmap.HeatmapColorScale.Exponential)
        .exponent(0.5)
        .steps(64)
        .reverse(false),
    )
    .yAxis(new heatmap.YAxisConfigBuilder().unit(unit).axisPlacement(common.AxisPlacement.Left))
    .tooltip(
      new heatmap.HeatmapTooltipBuilder().mode(common.TooltipDisplayMode.Single).yHistogram(true).showColorScale(false),
    )
    .showLegend();
}

/** A row for each query, a colour for each state. */
export function statesBuilder(sdk: Sdk, { states }: StatesSpec): BuilderOf<'statetimeline'> {
  const { common, statetimeline } = sdk;
  return new statetimeline.PanelBuilder()
    .mappings([namesOf(sdk, states)])
    .mergeValues(true)
    .showValue(common.VisibilityMode.Auto)
    .rowHeight(0.8)
    .fillOpacity(80)
    .legend(legend(sdk))
    .tooltip(tooltip(sdk));
}

/** A bar for each series, named at its left. */
export function barsBuilder(sdk: Sdk): BuilderOf<'bargauge'> {
  const { bargauge, common } = sdk;
  return new bargauge.PanelBuilder()
    .reduceOptions(lastValue(sdk))
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .showUnfilled(true)
    .min(0);
}
