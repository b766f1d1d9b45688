/** Reads a dashboard's queries back out of its JSON, so that they can be run and drawn without a Grafana. */

/** Of a query in a dashboard's JSON, what is read here. */
export interface TargetJson {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat?: string;
  readonly instant?: boolean;
}

/** Of a panel in a dashboard's JSON, what is read here; a row may hold the panels under it. */
export interface PanelJson {
  readonly id: number;
  readonly type: string;
  readonly title?: string;
  readonly fieldConfig?: { readonly defaults?: { readonly unit?: string } };
  readonly targets?: readonly TargetJson[];
  readonly panels?: readonly PanelJson[];
}

/** Of a dashboard's JSON, what is read here. */
export interface DashboardJson {
  readonly title: string;
  readonly panels: readonly PanelJson[];
}

/** One query of a panel, its variables as they stand in the JSON. */
export interface PanelTarget {
  readonly refId: string;
  readonly expr: string;
  /** The legend's template, such as `{{status}}`; empty where the series' labels are the legend. */
  readonly legend: string;
  /** Whether Grafana asks for one moment, the end of the time range, and not for the whole range. */
  readonly isInstant: boolean;
}

/** A panel that asks for data. */
export interface PanelQueries {
  readonly panelId: number;
  readonly title: string;
  /** The panel's plugin: `timeseries`, `stat`, `heatmap`, `state-timeline`, `bargauge` or `table`. */
  readonly kind: string;
  /** As Grafana names it: `s`, `percentunit`, `short`, … */
  readonly unit: string;
  readonly targets: readonly PanelTarget[];
}

function queriesOf({ id, type, title, fieldConfig, targets = [], panels = [] }: PanelJson): PanelQueries[] {
  const own = {
    panelId: id,
    title: title ?? '',
    kind: type,
    unit: fieldConfig?.defaults?.unit ?? '',
    targets: targets.map(({ refId, expr, legendFormat, instant }) => ({
      refId,
      expr,
      legend: legendFormat ?? '',
      isInstant: instant ?? false,
    })),
  };
  return [...(targets.length > 0 ? [own] : []), ...panels.flatMap(queriesOf)];
}

/**
 * Every panel that asks for data, in reading order; rows and texts are left out.
 *
 * @example panelQueries(JSON.parse(text)).map(({ title }) => title) // ['Arrivals', 'Departures', …]
 */
export function panelQueries(dashboard: DashboardJson): PanelQueries[] {
  return dashboard.panels.flatMap(queriesOf);
}

/**
 * Puts values in the place of a query's variables, written `$name`, `${name}` or `${name:format}`. The longest name wins,
 * and a variable without a value stays as it is.
 *
 * @param values By name, without the `$`; `__rate_interval` and its kin are named in the same way.
 * @example substituteVariables('rate(x{board=~"$board"}[$__rate_interval])', { board: '.*', __rate_interval: '15s' })
 * // 'rate(x{board=~".*"}[15s])'
 */
export function substituteVariables(expr: string, values: Readonly<Record<string, string>>): string {
  return expr.replaceAll(/\$\{(\w+)(?::\w+)?\}|\$(\w+)/g, (written, braced?: string, plain?: string) => {
    return values[braced ?? plain ?? ''] ?? written;
  });
}
