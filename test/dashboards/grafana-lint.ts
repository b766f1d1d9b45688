import { parser } from '@prometheus-io/lezer-promql';
import { type DashboardJson, type PanelJson, substituteVariables } from '../../dashboards/index.ts';
import type { MetricSpec } from '../../exporters/prometheus/metric-spec.ts';
import { METRICS } from '../../exporters/prometheus/names.ts';

/** A panel as the lint reads it. */
export interface LintedPanel extends PanelJson {
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly options?: {
    readonly legend?: { readonly showLegend?: boolean };
    readonly reduceOptions?: { readonly calcs: readonly string[] };
  };
  readonly fieldConfig?: {
    readonly defaults?: {
      readonly unit?: string;
      readonly links?: readonly { readonly url?: string }[];
      readonly thresholds?: { readonly steps: readonly { readonly value: number | null }[] };
    };
  };
}

/** A dashboard as the lint reads it. */
export interface LintedDashboard extends DashboardJson {
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly panels: readonly LintedPanel[];
}

type Node = ReturnType<typeof parser.parse>['topNode'];

/** What a scrape adds to every series. */
const TARGET_LABELS = ['board', 'job', 'instance', 'pod'];
const BUILT_IN_VARIABLES = ['__all', '__rate_interval', '__from', '__to', '__field', 'DS_PROMETHEUS'];
const SAMPLE_VALUES = { board: '.*', task_type: '.*', __rate_interval: '1m' };

/** Columns below which a panel cannot be read on a screen of 1,280 pixels, and characters of a title above which. */
const NARROWEST = { stat: 4, other: 6 };
const LONGEST_TITLE = 30;

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}

function descendants(node: Node, name: string): Node[] {
  return childrenOf(node).flatMap(child => [...(child.name === name ? [child] : []), ...descendants(child, name)]);
}

/** The metric of a series' name, and the labels that such a series has, unless somebody asked for more. */
function seriesOf(name: string): { metric: MetricSpec; labels: readonly string[] } | string {
  const exact = METRICS.find(metric => metric.name === name);
  if (exact?.type === 'histogram') return `${name} is a histogram, which has only _bucket, _sum and _count`;
  if (exact !== undefined) return { metric: exact, labels: usualLabels(exact) };
  const [, stem, suffix] = /^(.+)_(bucket|sum|count)$/.exec(name) ?? [];
  const histogram = METRICS.find(metric => metric.name === stem && metric.type === 'histogram');
  if (histogram === undefined) return `no metric is named ${name}`;
  const labels = usualLabels(histogram);
  return { metric: histogram, labels: suffix === 'bucket' ? [...labels, 'le'] : labels };
}

function usualLabels({ labels, optIn }: MetricSpec): readonly string[] {
  return labels.filter(label => !optIn.includes(label));
}

function selectorFaults(selector: Node, textOf: (node: Node) => string): string[] {
  const name = textOf(selector.getChild('Identifier') ?? selector);
  const series = seriesOf(name);
  if (typeof series === 'string') return [series];
  const labels = [...series.labels, ...TARGET_LABELS];
  const used = descendants(selector, 'LabelName').map(textOf);
  const grouped: string[] = [];
  for (let above = selector.parent; above !== null; above = above.parent) {
    const modifier = above.name === 'AggregateExpr' ? above.getChild('AggregateModifier') : null;
    if (modifier !== null) grouped.push(...descendants(modifier, 'LabelName').map(textOf));
  }
  return [...used, ...grouped].filter(label => !labels.includes(label)).map(label => `${name} has no label ${label}`);
}

/**
 * What is wrong with a query.
 *
 * @param shown What is shown of each series: a legend, links; labels in them must be labels of the result.
 */
export function queryFaults(written: string, shown = ''): string[] {
  const expr = substituteVariables(written, SAMPLE_VALUES);
  const tree = parser.parse(expr);
  const textOf = ({ from, to }: Node): string => expr.slice(from, to);
  let isBroken = false;
  tree.iterate({
    enter: ({ type }) => {
      isBroken ||= type.isError;
    },
  });
  if (isBroken) return ['it does not parse'];
  const selectors = descendants(tree.topNode, 'VectorSelector');
  const groups = descendants(tree.topNode, 'GroupingLabels').flatMap(node =>
    descendants(node, 'LabelName').map(textOf),
  );
  return [
    ...(selectors.length === 0 ? ['it asks for no metric'] : []),
    ...selectors.flatMap(selector => selectorFaults(selector, textOf)),
    ...selectors.filter(each => !textOf(each).includes('board=~')).map(each => `${textOf(each)} is of every board`),
    ...[...written.matchAll(/\[([^\]]*)\]/g)]
      .filter(([, range]) => range !== '$__rate_interval')
      .map(([range]) => `${range} is not [$__rate_interval]`),
    ...[...shown.matchAll(/(?:\{\{|__field\.labels\.)(\w+)/g)]
      .filter(([, label = '']) => !groups.includes(label))
      .map(([, label]) => `the result has no label ${label} to show`),
  ];
}

function panelFaults(panel: LintedPanel): string[] {
  const { type, title, description, gridPos, targets = [], fieldConfig, options } = panel;
  if (type === 'row') return [];
  const faults: string[] = [];
  const narrowest = type === 'stat' ? NARROWEST.stat : NARROWEST.other;
  if (title === '' || title.length > LONGEST_TITLE) faults.push(`its title has ${title.length} characters`);
  if ((description ?? '') === '') faults.push('it has no description');
  if (gridPos.w < narrowest) faults.push(`it is ${gridPos.w} columns wide`);
  if (type === 'text') return faults;
  const { unit = '', thresholds, links = [] } = fieldConfig?.defaults ?? {};
  if (unit === '') faults.push('it has no unit');
  if (thresholds?.steps[0]?.value !== null) faults.push('it has no thresholds');
  if (targets.length === 0) faults.push('it asks nothing');
  if (type === 'timeseries' && options?.legend?.showLegend !== true) faults.push('its legend is off');
  if (/^(stat|bargauge)$/.test(type) && options?.reduceOptions?.calcs.length !== 1)
    faults.push('it shows no one number');
  const refIds = targets.map(({ refId }) => refId);
  if (new Set(refIds).size < refIds.length || refIds.includes('')) faults.push('two queries have one refId');
  return [
    ...faults,
    ...targets.flatMap(({ refId, expr, legendFormat }) =>
      queryFaults(expr, [legendFormat, ...links.map(({ url }) => url)].join(' ')).map(
        fault => `query ${refId}: ${fault}`,
      ),
    ),
  ];
}

function gridFaults(panels: readonly LintedPanel[]): string[] {
  return panels.flatMap(({ title, gridPos: a }, index) => [
    ...(a.x < 0 || a.w < 1 || a.h < 1 || a.x + a.w > 24 ? [`${title}: it leaves the grid`] : []),
    ...panels
      .slice(index + 1)
      .filter(({ gridPos: b }) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h)
      .map(other => `${title}: it overlaps ${other.title}`),
  ]);
}

/** Every datasource that something names, wherever it stands. */
function datasources(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]: [string, unknown]) => {
    if (key !== 'datasource') return datasources(each);
    if (typeof each === 'object' && each !== null && 'uid' in each) return [String(each.uid)];
    return [String(each)];
  });
}

/** What is wrong with a dashboard, a line each; none where nothing is. */
export function dashboardFaults(dashboard: LintedDashboard): string[] {
  const { panels, templating } = dashboard;
  const ids = panels.map(({ id }) => id);
  const variables = [...templating.list.map(({ name }) => name), ...BUILT_IN_VARIABLES];
  const used = [...JSON.stringify(dashboard).matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name);
  return [
    ...(new Set(ids).size < ids.length || ids.some(id => !(id > 0)) ? ['two panels have one id'] : []),
    ...panels.flatMap(panel => panelFaults(panel).map(fault => `${panel.title}: ${fault}`)),
    ...gridFaults(panels),
    ...new Set(
      datasources(dashboard)
        .filter(uid => !/^\$\{(datasource|traces)\}$/.test(uid))
        .map(uid => `the datasource ${uid} is hard-coded`),
    ),
    ...new Set(used.filter(name => !variables.includes(name)).map(name => `nothing declares the variable ${name}`)),
  ];
}
