import type { Markish } from '@observablehq/plot';
import { count } from '../../../analysis/format.ts';
import type { Markup } from '../html.ts';
import { INK, MUTED } from '../palette.ts';
import { type Pen, textWidth } from './pen.ts';

/** A bar of a histogram, from one bound to the next. */
export interface Column {
  /** Its lower bound, in words. */
  readonly from: string;
  readonly value: number;
}

/** The axes of a histogram, and the colour of its columns. */
export interface ColumnsOptions {
  readonly label: string;
  readonly unit: string;
  readonly color: string;
}

/** A column at its place. */
interface Placed {
  readonly place: number;
  readonly value: number;
}

/** Pixels between two bounds. */
const GAP = 12;

function columnMarks({ plot, isNarrow }: Pen, placed: readonly Placed[], color: string): Markish[] {
  const columns = plot.rect(placed, {
    x1: 'place',
    x2: ({ place }: Placed) => place + 1,
    y1: 0,
    y2: 'value',
    fill: color,
    insetLeft: 1,
    insetRight: 1,
    title: ({ value }: Placed) => count(value),
  });
  const values = plot.text(isNarrow ? [] : placed.filter(({ value }) => value > 0), {
    x: ({ place }: Placed) => place + 0.5,
    y: 'value',
    text: ({ value }: Placed) => count(value),
    dy: -8,
    fill: INK,
  });
  return [columns, plot.ruleY([0], { stroke: MUTED }), values];
}

/** A histogram: neighbouring columns, each bound written once where there is room. */
export function drawColumns(pen: Pen, columns: readonly Column[], { label, unit, color }: ColumnsOptions): Markup {
  const placed = columns.map(({ value }, place): Placed => ({ place, value }));
  const top = Math.max(1, ...columns.map(({ value }) => value)) * 1.1;
  const widest = Math.max(...columns.map(({ from }) => textWidth(from))) + GAP;
  const every = Math.ceil((columns.length * widest) / pen.width);
  return pen.draw({
    height: 230,
    marginTop: 24,
    marginRight: 12,
    marginBottom: 40,
    marginLeft: 46,
    x: {
      domain: [0, columns.length],
      ticks: columns.flatMap((_, place) => (place % every === 0 ? [place] : [])),
      tickFormat: (place: number) => columns[place]?.from ?? '',
      label,
    },
    y: {
      domain: [0, top],
      grid: true,
      ticks: Math.min(4, Math.floor(top)),
      label: unit,
      tickFormat: (value: number) => count(value),
    },
    marks: columnMarks(pen, placed, color),
  });
}
