import type { Markup } from '../html.ts';
import { INK } from '../palette.ts';
import { fitted, type Pen, pixelRows } from './pen.ts';

/** A way in steps. */
export interface Path {
  readonly name: string;
  readonly steps: readonly { readonly color: string; readonly title: string }[];
}

const ROW = 46;
const TOP = 20;
const STEP_HEIGHT = 16;
const STEP_WIDTH = 22;
const GAP = 2;

/** Ways one below the other, a square a step: loops are seen as what comes again. A way too long for the width is cut. */
export function drawPaths(pen: Pen, paths: readonly Path[]): Markup {
  const { plot, width } = pen;
  const most = Math.floor(width / 8);
  const longest = Math.max(1, ...paths.map(({ steps }) => Math.min(steps.length, most)));
  const step = Math.min(STEP_WIDTH, width / longest);
  const squares = paths.flatMap(({ steps }, row) =>
    steps
      .slice(0, most)
      .map(({ color, title }, index) => ({ x1: index * step, x2: (index + 1) * step - GAP, row, color, title })),
  );
  const height = paths.length * ROW;
  return pen.draw({
    height,
    margin: 0,
    x: { domain: [0, width], range: [0, width], axis: null },
    y: pixelRows(height),
    marks: [
      plot.rect(squares, {
        x1: 'x1',
        x2: 'x2',
        y1: ({ row }: { row: number }) => row * ROW + TOP,
        y2: ({ row }: { row: number }) => row * ROW + TOP + STEP_HEIGHT,
        fill: 'color',
        title: 'title',
      }),
      plot.text(paths, {
        frameAnchor: 'left',
        y: (_: Path, row: number) => row * ROW + 10,
        text: ({ name }: Path) => fitted(name, width),
        textAnchor: 'start',
        fill: INK,
      }),
    ],
  });
}
