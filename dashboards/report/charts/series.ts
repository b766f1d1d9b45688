import { count } from '../../../analysis/format.ts';
import type { Markup } from '../html.ts';
import { INK, MUTED, PAPER } from '../palette.ts';
import type { Pen } from './pen.ts';
import { timeAxis } from './time-axes.ts';

/** A value at an instant. */
export interface Point {
  readonly at: string;
  readonly value: number;
}

/** One of several series of values over the same time. */
export interface Series {
  readonly name: string;
  readonly color: string;
  readonly points: readonly Point[];
}

/** What a chart of values over time shows, besides the series. */
export interface SeriesOptions {
  readonly from: string;
  readonly to: string;
  /** The unit of the values: what stands over their axis. */
  readonly unit: string;
  readonly height?: number;
  readonly tickFormat?: (value: number) => string;
  /** Where the axis of values ends, if not at the highest. */
  readonly top?: number;
}

interface Placed extends Point {
  readonly name: string;
  readonly color: string;
  readonly date: Date;
}

const HEIGHT = 240;
const MARGINS = { marginTop: 24, marginRight: 12, marginBottom: 40, marginLeft: 46 } as const;
/** Pixels of the axis that a tick wants for itself. */
const TICK_WIDTH = 100;

function placed(series: readonly Series[]): Placed[] {
  return series.flatMap(({ name, color, points }) =>
    points.map(point => ({ ...point, name, color, date: new Date(point.at) })),
  );
}

/** Ticks of the axis of values: of counts none between two numbers, of shares a few. */
function tickCount(top: number): number {
  return top < 1 ? 3 : Math.max(1, Math.min(4, Math.floor(top)));
}

const COMPACT: Intl.NumberFormat = new Intl.NumberFormat('en', { notation: 'compact' });

/** A tick of an axis of counts, short enough for its margin. */
const countTick = (value: number): string => (value >= 10_000 ? COMPACT.format(value) : count(value));

function frameOf(
  pen: Pen,
  { from, to, unit, height = HEIGHT, tickFormat = countTick }: SeriesOptions,
  top: number,
): object {
  const { domain, tickFormat: timeTick, label } = timeAxis(from, to);
  return {
    ...MARGINS,
    height,
    x: {
      type: 'utc',
      domain,
      ticks: Math.max(2, Math.floor(pen.width / TICK_WIDTH)),
      tickFormat: timeTick,
      label,
    },
    y: {
      domain: [0, top],
      grid: true,
      ticks: tickCount(top),
      label: unit,
      tickFormat,
    },
  };
}

/** Lines over time. */
export function drawLines(pen: Pen, series: readonly Series[], options: SeriesOptions): Markup {
  const { plot } = pen;
  const points = placed(series);
  const top = options.top ?? Math.max(1, ...points.map(({ value }) => value)) * 1.05;
  return pen.draw({
    ...frameOf(pen, options, top),
    marks: [
      plot.ruleY([0], { stroke: MUTED }),
      plot.line(points, { x: 'date', y: 'value', z: 'name', stroke: 'color', strokeWidth: 1.75 }),
    ],
  });
}

/** The name of a band, and where it is thickest. */
interface BandLabel {
  readonly name: string;
  readonly date: Date;
  readonly y: number;
  readonly thickness: number;
}

function bandLabels(series: readonly Series[]): BandLabel[] {
  const beneath = new Map<string, number>();
  return series.map(({ name, points }) => {
    let best: BandLabel = { name, date: new Date(0), y: 0, thickness: 0 };
    for (const [index, { at, value }] of points.entries()) {
      const base = beneath.get(at) ?? 0;
      // Not at the very ends, where the words would leave the chart.
      const isInside = index > points.length * 0.12 && index < points.length * 0.88;
      if (isInside && value > best.thickness)
        best = { name, date: new Date(at), y: base + value / 2, thickness: value };
      beneath.set(at, base + value);
    }
    return best;
  });
}

/** Pixels a band must be thick to bear its name. */
const THICK_ENOUGH = 15;

/** Areas on top of each other over time, the first at the bottom; where there is room a band bears its name. */
export function drawAreas(
  pen: Pen,
  series: readonly Series[],
  options: SeriesOptions & { readonly withNames?: boolean },
): Markup {
  const { plot } = pen;
  const { height = HEIGHT, withNames = true } = options;
  const points = placed(series);
  const sums = new Map<string, number>();
  for (const { at, value } of points) sums.set(at, (sums.get(at) ?? 0) + value);
  const top = options.top ?? Math.max(1, ...sums.values()) * 1.02;
  const scale = (height - MARGINS.marginTop - MARGINS.marginBottom) / top;
  const labels = bandLabels(series).filter(
    ({ thickness }) => withNames && !pen.isNarrow && thickness * scale > THICK_ENOUGH,
  );
  return pen.draw({
    ...frameOf(pen, options, top),
    marks: [
      plot.areaY(
        points,
        plot.stackY({
          x: 'date',
          y: 'value',
          z: 'name',
          fill: 'color',
          ...(withNames && { stroke: PAPER, strokeWidth: 0.5 }),
          order: series.map(({ name }) => name),
        }),
      ),
      plot.text(labels, {
        x: 'date',
        y: 'y',
        text: 'name',
        fill: INK,
        stroke: PAPER,
        strokeWidth: 3,
        fontWeight: 500,
      }),
      plot.ruleY([0], { stroke: MUTED }),
    ],
  });
}
