import type { Markish } from '@observablehq/plot';
import type { Markup } from '../html.ts';
import { INK, MUTED } from '../palette.ts';
import { fitted, type Pen, pixelRows, textWidth } from './pen.ts';

/** A row of a chart that shows where values lie: a thick dot in a line from low to high. */
export interface Range {
  readonly name: string;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
  readonly color: string;
  /** The figures in words. */
  readonly figure: string;
  /** One more value, drawn as a stroke across. */
  readonly mark?: number;
}

/** The axis of a chart of ranges. */
export interface RangeAxis {
  readonly label: string;
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  readonly tickFormat: (value: number) => string;
  /** Whether equal distances are equal factors; no value may be 0 then. */
  readonly isLogarithmic?: boolean;
}

/** A range with its values where they are drawn. */
interface Row {
  readonly name: string;
  readonly figure: string;
  readonly color: string;
  readonly x1: number;
  readonly x: number;
  readonly x2: number;
  readonly mark: number | null;
  readonly y: number;
}

const ROW = 26;
const ROW_WITH_NAME_ABOVE = 42;
const WIDEST_NAME = 210;
const AXIS_HEIGHT = 40;
const GAP = 10;
/** Height of the stroke across. */
const MARK = 14;

function rangeMarks({ plot }: Pen, rows: readonly Row[]): Markish[] {
  const crossed = rows.filter(({ mark }) => mark !== null);
  return [
    plot.link(rows, {
      x1: 'x1',
      x2: 'x2',
      y: 'y',
      stroke: 'color',
      strokeWidth: 3,
      strokeOpacity: 0.55,
      strokeLinecap: 'round',
    }),
    plot.dot(rows, { x: 'x', y: 'y', r: 5, fill: 'color' }),
    plot.ruleX(crossed, {
      x: 'mark',
      y1: ({ y }: Row) => y - MARK / 2,
      y2: ({ y }: Row) => y + MARK / 2,
      stroke: INK,
      strokeWidth: 1.5,
    }),
  ];
}

/** Names at the left and figures at the right; where the chart is narrow, both above. */
function rangeTexts({ plot, isNarrow }: Pen, rows: readonly Row[]): Markish[] {
  const dy = isNarrow ? -ROW / 2 - 4 : 0;
  return [
    plot.text(rows, {
      frameAnchor: 'left',
      y: 'y',
      text: ({ name }: Row) => fitted(name, WIDEST_NAME),
      dx: isNarrow ? -8 : -GAP,
      dy,
      textAnchor: isNarrow ? 'start' : 'end',
      fill: INK,
    }),
    plot.text(rows, {
      frameAnchor: 'right',
      y: 'y',
      text: 'figure',
      dx: isNarrow ? 20 : GAP,
      dy,
      textAnchor: isNarrow ? 'end' : 'start',
      fill: MUTED,
    }),
  ];
}

/** Ranges one below the other, over one axis. */
export function drawRanges(pen: Pen, ranges: readonly Range[], axis: RangeAxis): Markup {
  const { isNarrow } = pen;
  const place = (value: number): number => (axis.isLogarithmic ? Math.log10(value) : value);
  const height = isNarrow ? ROW_WITH_NAME_ABOVE : ROW;
  const bottom = ranges.length * height;
  const rows = ranges.map(({ name, figure, color, low, middle, high, mark }, row): Row => {
    const y = row * height + height - ROW / 2;
    return {
      name,
      figure,
      color,
      x1: place(low),
      x: place(middle),
      x2: place(high),
      mark: mark === undefined ? null : place(mark),
      y,
    };
  });
  const widest = (texts: readonly string[]): number => Math.max(24, ...texts.map(textWidth));
  return pen.draw({
    height: bottom + AXIS_HEIGHT,
    marginTop: 0,
    marginBottom: AXIS_HEIGHT,
    marginLeft: isNarrow ? 8 : widest(ranges.map(({ name }) => fitted(name, WIDEST_NAME))) + 2 * GAP,
    marginRight: isNarrow ? 24 : widest(ranges.map(({ figure }) => figure)) + GAP,
    x: {
      domain: axis.domain.map(place),
      ticks: axis.ticks.map(place),
      tickFormat: (_: number, index: number) => axis.tickFormat(axis.ticks[index] ?? 0),
      label: axis.label,
      grid: true,
    },
    y: pixelRows(bottom),
    marks: [...rangeMarks(pen, rows), ...rangeTexts(pen, rows)],
  });
}
