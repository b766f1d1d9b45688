import { count } from '../../../analysis/format.ts';
import type { Markup } from '../html.ts';
import type { Hue } from '../palette.ts';
import type { Pen } from './pen.ts';

/** Shades a heatmap has: five, whose limits the legend tells. */
const SHADES = 5;

/** A cell by its column and row, from 0. */
export interface Cell {
  readonly column: number;
  readonly row: number;
  readonly value: number;
}

/** Limits of the shades: on the square root, so that a few large values leave the small ones to be told apart. */
function shadeLimits(most: number): readonly number[] {
  const limits = Array.from({ length: SHADES }, (_, index) => Math.ceil((most * (index + 1) ** 2) / SHADES ** 2));
  return [...new Set(limits)];
}

/** The shade of the nth limit, from 1: where there are fewer limits than shades, the darkest stands for the most. */
function shadeAt(index: number, limits: readonly number[]): number {
  return index + 1 + SHADES - limits.length;
}

/** What the shades of counts up to the most stand for. */
export function shadesLegend(most: number, unit: string): readonly Hue[] {
  const limits = shadeLimits(most);
  return limits.map((limit, index) => {
    const least = (limits[index - 1] ?? 0) + 1;
    const range = least === limit ? count(limit) : `${count(least)} to ${count(limit)}`;
    return {
      label: index === limits.length - 1 ? `${range} ${unit}` : range,
      color: `var(--heat-${shadeAt(index, limits)})`,
    };
  });
}

/** The axes of a heatmap. */
export interface HeatAxes {
  readonly columns: number;
  readonly rows: number;
  /** Ticks at the left edges of columns. */
  readonly columnTicks: readonly number[];
  readonly columnTick: (column: number) => string;
  readonly columnLabel: string;
  readonly rowTick: (row: number) => string;
  readonly marginLeft: number;
  readonly rowHeight?: number;
  /** Whether a cell bears its value. */
  readonly withValues?: boolean;
}

/** Counts as shades, columns from the left and rows from the bottom. */
export function drawHeat(pen: Pen, cells: readonly Cell[], axes: HeatAxes): Markup {
  const { plot } = pen;
  const most = Math.max(1, ...cells.map(({ value }) => value));
  const limits = shadeLimits(most);
  const shadeOf = ({ value }: Cell): number =>
    shadeAt(
      limits.findIndex(limit => value <= limit),
      limits,
    );
  const { rowHeight = 20, withValues = false } = axes;
  const frame = [{ x1: 0, x2: axes.columns, y1: 0, y2: axes.rows }];
  return pen.draw({
    height: axes.rows * rowHeight + 48,
    marginTop: 8,
    marginRight: 12,
    marginBottom: 40,
    marginLeft: axes.marginLeft,
    x: {
      domain: [0, axes.columns],
      ticks: [...axes.columnTicks],
      tickFormat: axes.columnTick,
      label: axes.columnLabel,
    },
    y: {
      domain: [0, axes.rows],
      ticks: Array.from({ length: axes.rows }, (_, row) => row + 0.5),
      tickSize: 0,
      tickFormat: (at: number) => axes.rowTick(at - 0.5),
      label: null,
    },
    marks: [
      plot.rect(frame, { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: 'var(--ground)' }),
      plot.rect(cells, {
        x1: 'column',
        x2: ({ column }: Cell) => column + 1,
        y1: 'row',
        y2: ({ row }: Cell) => row + 1,
        fill: (cell: Cell) => `var(--heat-${shadeOf(cell)})`,
        inset: 0.5,
      }),
      plot.text(withValues ? cells : [], {
        x: ({ column }: Cell) => column + 0.5,
        y: ({ row }: Cell) => row + 0.5,
        text: ({ value }: Cell) => count(value),
        fill: (cell: Cell) => `var(--on-heat-${shadeOf(cell)})`,
      }),
    ],
  });
}
