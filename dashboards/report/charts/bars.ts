import type { Markup } from '../html.ts';
import { INK, MUTED } from '../palette.ts';
import { fitted, type Pen, pixelRows, textWidth } from './pen.ts';

/** A coloured part of a bar. */
export interface BarPart {
  readonly value: number;
  readonly color: string;
  /** What a reader who points at it is told. */
  readonly title: string;
}

/** A bar with its name before it and its figure behind it. */
export interface Bar {
  readonly name: string;
  readonly parts: readonly BarPart[];
  /** The figure in words, with its unit. */
  readonly figure: string;
}

const ROW = 26;
const ROW_WITH_NAME_ABOVE = 42;
const BAR_HEIGHT = 16;
const WIDEST_NAME = 210;
const GAP = 8;
/** Parts narrower than this share of the longest bar are not worth a mark. */
const LEAST_SHARE = 1e-4;

interface Segment extends BarPart {
  readonly row: number;
  readonly from: number;
  readonly to: number;
}

function segmentsOf(bars: readonly Bar[], longest: number): Segment[] {
  return bars.flatMap(({ parts }, row) => {
    let from = 0;
    return parts.flatMap(part => {
      const segment = { ...part, row, from, to: from + part.value };
      from += part.value;
      return part.value > longest * LEAST_SHARE ? [segment] : [];
    });
  });
}

const lengthOf = ({ parts }: Bar): number => parts.reduce((sum, { value }) => sum + value, 0);

/** Horizontal bars, one below the other, each of one part or of several. A narrow chart has the names above the bars. */
export function drawBars(pen: Pen, bars: readonly Bar[]): Markup {
  const { plot, isNarrow } = pen;
  const longest = Math.max(...bars.map(lengthOf), Number.MIN_VALUE);
  const names = bars.map(({ name }) => fitted(name, WIDEST_NAME));
  const height = isNarrow ? ROW_WITH_NAME_ABOVE : ROW;
  const marginLeft = isNarrow ? 0 : Math.max(...names.map(textWidth)) + GAP;
  const marginRight = Math.max(...bars.map(({ figure }) => textWidth(figure))) + GAP;
  const middle = (row: number): number => row * height + height - ROW / 2;
  const segments = segmentsOf(bars, longest);
  const [nameX, nameY] = isNarrow ? [0, 10 - height + ROW / 2] : [-GAP, 0];
  return pen.draw({
    height: bars.length * height + 4,
    margin: 0,
    marginLeft,
    marginRight,
    x: { domain: [0, longest], axis: null },
    y: pixelRows(bars.length * height + 4),
    marks: [
      plot.rect(segments, {
        x1: 'from',
        x2: 'to',
        y1: ({ row }: Segment) => middle(row) - BAR_HEIGHT / 2,
        y2: ({ row }: Segment) => middle(row) + BAR_HEIGHT / 2,
        fill: ({ color }: Segment) => color,
        insetRight: 0.5,
        title: 'title',
      }),
      plot.text(names, {
        x: 0,
        y: (_: string, row: number) => middle(row),
        text: (name: string) => name,
        dx: nameX,
        dy: nameY,
        textAnchor: isNarrow ? 'start' : 'end',
        fill: INK,
      }),
      plot.text(bars, {
        x: lengthOf,
        y: (_: Bar, row: number) => middle(row),
        text: 'figure',
        dx: 6,
        textAnchor: 'start',
        fill: MUTED,
      }),
    ],
  });
}
