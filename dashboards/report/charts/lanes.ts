import type { Markup } from '../html.ts';
import { INK, MUTED } from '../palette.ts';
import { fitted, type Pen, pixelRows, textWidth } from './pen.ts';
import { durationTick, durationTicks } from './time-axes.ts';

/** A stretch of a lane. */
export interface Stretch {
  /** Seconds from the beginning of the lane. */
  readonly from: number;
  readonly to: number;
  readonly color: string;
  /** What a reader who points at it is told. */
  readonly title: string;
}

/** A task's way through time. */
export interface Lane {
  readonly name: string;
  /** Its length and what happened to it, in words. */
  readonly figure: string;
  readonly stretches: readonly Stretch[];
}

const ROW = 44;
const LANE_HEIGHT = 16;
const AXIS_HEIGHT = 40;
/** Pixels below which a stretch would not be seen. */
const LEAST_WIDTH = 0.75;

/** Lanes one below the other, all beginning at the left: each task's name and figures above its stretches. */
export function drawLanes(pen: Pen, lanes: readonly Lane[], label: string): Markup {
  const { plot, width } = pen;
  const longest = Math.max(1e-6, ...lanes.flatMap(({ stretches }) => stretches.map(({ to }) => to)));
  const bottom = lanes.length * ROW;
  const top = (row: number): number => row * ROW + 22;
  const margin = 10;
  const least = (LEAST_WIDTH * longest) / (width - 2 * margin);
  const stretches = lanes.flatMap(({ stretches: each }, row) =>
    each.map(({ from, to, color, title }) => ({ from, to: Math.max(to, from + least), color, title, row })),
  );
  return pen.draw({
    height: bottom + AXIS_HEIGHT,
    marginTop: 0,
    marginBottom: AXIS_HEIGHT,
    marginLeft: margin,
    marginRight: margin + 20,
    x: {
      domain: [0, longest],
      ticks: [...durationTicks(longest, pen.isNarrow ? 4 : 9).filter(tick => tick <= longest)],
      tickFormat: durationTick,
      grid: true,
      label,
    },
    y: pixelRows(bottom),
    marks: [
      plot.rect(stretches, {
        x1: 'from',
        x2: 'to',
        y1: ({ row }: { row: number }) => top(row),
        y2: ({ row }: { row: number }) => top(row) + LANE_HEIGHT,
        fill: 'color',
        title: 'title',
      }),
      plot.text(lanes, {
        frameAnchor: 'left',
        y: (_: Lane, row: number) => top(row) - 9,
        text: ({ name, figure }: Lane) => fitted(name, width - textWidth(figure) - 24),
        textAnchor: 'start',
        fill: INK,
      }),
      plot.text(lanes, {
        frameAnchor: 'right',
        y: (_: Lane, row: number) => top(row) - 9,
        text: 'figure',
        dx: 20,
        textAnchor: 'end',
        fill: MUTED,
      }),
    ],
  });
}
