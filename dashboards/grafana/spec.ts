/** What a dashboard is made of, as plain data: the boards are written in it, and render.ts makes Grafana's JSON of it. */

/** One query of a panel. */
export interface QuerySpec {
  readonly expr: string;
  /** The legend: a text, or a template over the series' labels, `{{status}}`. */
  readonly legend: string;
  /** Drawn against an axis of its own, at the right, in this unit. */
  readonly rightAxisUnit?: string;
}

/** From which value on a panel takes which colour. The first stands for whatever is below the second. */
export type Limits = readonly [first: string, ...from: readonly (readonly [value: number, color: string])[]];

/** What every panel says of itself. */
interface Common {
  readonly title: string;
  /** What the panel shows, and how to read it. */
  readonly about: string;
  /** Columns of 24. Default: an equal share of what the others of its band leave. */
  readonly width?: number;
}

/** What every panel with data says of itself. */
interface WithData extends Common {
  /** As Grafana names it: `s`, `percentunit`, `short`, … */
  readonly unit: string;
  readonly limits: Limits;
  readonly queries: readonly QuerySpec[];
  /** The series' labels by which traces of what it shows are found. Default: none, and no link. */
  readonly tracesBy?: readonly TraceLabel[];
}

/** A label that a panel's series have, and that spans have as an attribute. */
export type TraceLabel = 'task_type' | 'status' | 'stage_kind' | 'trigger' | 'result' | 'outcome';

/** Lines over time. */
export interface GraphSpec extends WithData {
  readonly kind: 'graph';
  /** Draws the series on top of each other, as areas. */
  readonly stacked?: boolean;
  /** A logarithmic axis, for durations from milliseconds to days. */
  readonly logarithmic?: boolean;
}

/** One number, or a few. */
export interface StatSpec extends WithData {
  readonly kind: 'stat';
  /** Value → text and colour, for a number that stands for a state. */
  readonly states?: StateNames;
}

/** How many observations fell in which bucket when. */
export interface HeatmapSpec extends WithData {
  readonly kind: 'heatmap';
}

/** States over time, a row for each query. */
export interface StatesSpec extends WithData {
  readonly kind: 'states';
  readonly states: StateNames;
}

/** A bar for each series, as it is now. */
export interface BarsSpec extends WithData {
  readonly kind: 'bars';
}

/** Words, in Markdown. */
export interface TextSpec extends Common {
  readonly kind: 'text';
  readonly markdown: string;
}

/** A number that stands for a state → how it is shown. */
export type StateNames = Readonly<Record<number, { readonly text: string; readonly color: string }>>;

/** One panel. */
export type PanelSpec = GraphSpec | StatSpec | HeatmapSpec | StatesSpec | BarsSpec | TextSpec;

/** Panels side by side, all of one height. */
export interface Band {
  readonly height: number;
  readonly panels: readonly PanelSpec[];
}

/** Bands under a heading. */
export interface Section {
  readonly title: string;
  readonly bands: readonly Band[];
}

/** One dashboard. */
export interface BoardSpec {
  /** The name of its file, without `.json`, and of its link. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly sections: readonly Section[];
}

/** A figure without a limit that would hold for every board. */
export const NEUTRAL: Limits = ['blue'];

/** Good up to the first value, worrying from there, bad from the second on. */
export function goodBelow(worrying: number, bad: number): Limits {
  return ['green', [worrying, 'orange'], [bad, 'red']];
}

/** Bad from this value on. */
export function badFrom(value: number): Limits {
  return ['green', [value, 'red']];
}

/** Grafana's names for the units of these boards. */
export const UNIT = {
  seconds: 's',
  share: 'percentunit',
  count: 'short',
  perMinute: 'suffix:/min',
  perHour: 'suffix:/h',
} as const;

/** Panels side by side. */
export function band(height: number, ...panels: readonly PanelSpec[]): Band {
  return { height, panels };
}

/** Bands under a heading. */
export function section(title: string, ...bands: readonly Band[]): Section {
  return { title, bands };
}

/** A panel without its kind and title. */
type Rest<Spec extends PanelSpec> = Omit<Spec, 'kind' | 'title'>;

/** Lines over time. */
export function graph(title: string, rest: Rest<GraphSpec>): GraphSpec {
  return { kind: 'graph', title, ...rest };
}

/** One number. */
export function stat(title: string, rest: Rest<StatSpec>): StatSpec {
  return { kind: 'stat', title, ...rest };
}

/** Observations by bucket and time. */
export function heatmap(title: string, rest: Rest<HeatmapSpec>): HeatmapSpec {
  return { kind: 'heatmap', title, ...rest };
}

/** States over time. */
export function states(title: string, rest: Rest<StatesSpec>): StatesSpec {
  return { kind: 'states', title, ...rest };
}

/** A bar for each series. */
export function bars(title: string, rest: Rest<BarsSpec>): BarsSpec {
  return { kind: 'bars', title, ...rest };
}

/** Words. */
export function text(title: string, rest: Rest<TextSpec>): TextSpec {
  return { kind: 'text', title, ...rest };
}
