/** Of a dashboard's JSON, what is drawn. */

/** A number from which on a colour holds; null is below all others. */
export interface Threshold {
  readonly value: number | null;
  readonly color: string;
}

/** What a value is shown as. */
export interface ShownState {
  readonly text: string;
  readonly color: string;
}

/** How a panel's figures are shown. */
interface FieldDefaults {
  readonly unit?: string;
  readonly min?: number;
  readonly thresholds?: { readonly steps: readonly Threshold[] };
  readonly mappings?: readonly { readonly options: Readonly<Record<string, ShownState>> }[];
  readonly custom?: {
    readonly stacking?: { readonly mode: string };
    readonly scaleDistribution?: { readonly type: string };
    readonly thresholdsStyle?: { readonly mode: string };
  };
}

/** What differs for one of its series. */
interface FieldOverride {
  readonly matcher: { readonly options: string };
  readonly properties: readonly { readonly id: string; readonly value: unknown }[];
}

/** A panel as Grafana has it. */
export interface DrawnPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly options?: { readonly content?: string };
  readonly fieldConfig?: { readonly defaults: FieldDefaults; readonly overrides: readonly FieldOverride[] };
}

/** A dashboard as Grafana has it. */
export interface DrawnDashboard {
  readonly title: string;
  readonly description?: string;
  readonly panels: readonly DrawnPanel[];
}

/** A line of a panel: the query's legend with the series' labels in it. */
export interface DrawnSeries {
  readonly legend: string;
  readonly refId: string;
  readonly points: readonly { readonly time: number; readonly value: number }[];
  /** Seconds between two points; where there are more, there was nothing. */
  readonly step: number;
}

/** How large a panel's drawing is, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The stretch of time a page shows, in seconds since 1970, and what began when in it. */
export interface Shown {
  readonly from: number;
  readonly to: number;
  readonly marks: readonly { readonly name: string; readonly time: number }[];
}

/** The unit of a panel's figures. */
export function unitOf({ fieldConfig }: DrawnPanel): string {
  return fieldConfig?.defaults.unit ?? '';
}

/** The thresholds of a panel, lowest first. */
export function thresholdsOf({ fieldConfig }: DrawnPanel): readonly Threshold[] {
  return fieldConfig?.defaults.thresholds?.steps ?? [];
}

/** The unit of the series that is drawn against an axis at the right, or null where it is not. */
export function rightAxisUnitOf({ fieldConfig }: DrawnPanel, legend: string): string | null {
  const override = fieldConfig?.overrides.find(({ matcher }) => matcher.options === legend);
  const isRight = override?.properties.some(({ id, value }) => id === 'custom.axisPlacement' && value === 'right');
  const unit = override?.properties.find(({ id }) => id === 'unit')?.value;
  return isRight ? String(unit ?? '') : null;
}
