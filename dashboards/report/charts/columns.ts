import { count } from '../../../analysis/format.ts';
import type { Markup } from '../html.ts';
import { INK, MUTED } from '../palette.ts';
import type { Pen } from './pen.ts';

/** A bar of a histogram, from one bound to the next. */
export interface Column {
  /** Its lower bound, in words. */
  readonly from: string;
  readonly value: number;
}

/** A histogram: neighbouring columns, each bound written once where there is room. */
export function drawColumns(
  pen: Pen,
  columns: readonly Column[],
  options: { readonly label: string; readonly unit: string; readonly color: string },
): Markup {
  const { plot } = pen;
  const { label, unit, color } = options;
  const top = Math.max(1, ...columns.map(({ value }) => value)) * 1.1;
  const every = Math.ceil((columns.length * 56) / pen.width);
  return pen.draw({
    height: 230,
    marginTop: 24,
    marginRight: 12,
    marginBottom: 40,
    marginLeft: 46,
    x: {
      domain: [0, columns.length],
      ticks: columns.flatMap((_, index) => (index % every === 0 ? [index] : [])),
      tickFormat: (index: number) => columns[index]?.from ?? '',
      label,
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: {
      domain: [0, top],
      grid: true,
      ticks: Math.min(4, Math.floor(top)),
      label: unit,
      labelArrow: 'none',
      tickFormat: (value: number) => count(value),
    },
    marks: [
      plot.rect(columns, {
        x1: (_: Column, index: number) => index,
        x2: (_: Column, index: number) => index + 1,
        y1: 0,
        y2: 'value',
        fill: color,
        insetLeft: 1,
        insetRight: 1,
        title: ({ value }: Column) => count(value),
      }),
      plot.ruleY([0], { stroke: MUTED }),
      ...(pen.isNarrow
        ? []
        : [
            plot.text(
              columns.map(({ value }, index) => ({ value, index })).filter(({ value }) => value > 0),
              {
                x: ({ index }: { index: number }) => index + 0.5,
                y: 'value',
                text: ({ value }: { value: number }) => count(value),
                dy: -8,
                fill: INK,
              },
            ),
          ]),
    ],
  });
}
