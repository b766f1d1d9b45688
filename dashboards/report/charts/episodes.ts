import type { Markup } from '../html.ts';
import { INK } from '../palette.ts';
import { fitted, type Pen, pixelRows } from './pen.ts';
import { timeAxis } from './time-axes.ts';

/** Something that lasted for a while. */
export interface Episode {
  readonly row: string;
  readonly from: string;
  readonly to: string;
  readonly color: string;
  /** What a reader who points at it is told. */
  readonly title: string;
}

const ROW = 40;
const BAR_TOP = 18;
const BAR_HEIGHT = 16;
const AXIS_HEIGHT = 40;
/** Pixels below which an episode would not be seen. */
const LEAST_WIDTH = 2;
const MARGIN = 12;

/** When things happened and how long they lasted: a row each, its name above it. */
export function drawEpisodes(
  pen: Pen,
  episodes: readonly Episode[],
  span: { readonly from: string; readonly to: string },
): Markup {
  const { plot, width } = pen;
  const { domain, tickFormat, label } = timeAxis(span.from, span.to);
  const rows = [...new Set(episodes.map(({ row }) => row))];
  const least = ((domain[1].getTime() - domain[0].getTime()) * LEAST_WIDTH) / (width - 2 * MARGIN);
  const top = (row: string): number => rows.indexOf(row) * ROW + BAR_TOP;
  const bars = episodes.map(({ from, to, ...rest }) => {
    const start = new Date(from).getTime();
    return { ...rest, start: new Date(start), end: new Date(Math.max(new Date(to).getTime(), start + least)) };
  });
  return pen.draw({
    height: rows.length * ROW + AXIS_HEIGHT,
    marginTop: 0,
    marginBottom: AXIS_HEIGHT,
    marginLeft: MARGIN,
    marginRight: MARGIN,
    x: {
      type: 'utc',
      domain: [...domain],
      ticks: Math.max(2, Math.floor(width / 100)),
      tickFormat,
      grid: true,
      label,
    },
    y: pixelRows(rows.length * ROW),
    marks: [
      plot.rect(bars, {
        x1: 'start',
        x2: 'end',
        y1: ({ row }: Episode) => top(row),
        y2: ({ row }: Episode) => top(row) + BAR_HEIGHT,
        fill: 'color',
        title: 'title',
      }),
      plot.text(rows, {
        frameAnchor: 'left',
        y: (row: string) => top(row) - 8,
        text: (row: string) => fitted(row, width - 2 * MARGIN),
        textAnchor: 'start',
        fill: INK,
      }),
    ],
  });
}
