import { duration } from '../../../analysis/format.ts';
import type { Markup } from '../html.ts';
import { MUTED, PAPER } from '../palette.ts';
import type { Pen } from './pen.ts';

/** A correlation at a lag. */
export interface LagPoint {
  readonly name: string;
  readonly color: string;
  readonly lag: number;
  readonly value: number;
}

/** Correlations by lag, a line a measure, from −1 to 1. */
export function drawLagLines(pen: Pen, points: readonly LagPoint[]): Markup {
  const { plot } = pen;
  const lags = [...new Set(points.map(({ lag }) => lag))].sort((a, b) => a - b);
  const every = pen.isNarrow ? 2 : 1;
  const ticks = lags.filter((_, index) => (index - lags.indexOf(0)) % every === 0);
  return pen.draw({
    height: 240,
    marginTop: 24,
    marginRight: 28,
    marginBottom: 40,
    marginLeft: 46,
    x: {
      domain: [lags[0] ?? 0, lags.at(-1) ?? 0],
      ticks,
      tickFormat: (lag: number) => (lag === 0 ? '0' : duration(lag)),
      label: 'how much later the tasks were finished',
    },
    y: { domain: [-1, 1], ticks: [-1, -0.5, 0, 0.5, 1], grid: true, label: 'correlation' },
    marks: [
      plot.ruleY([0], { stroke: MUTED }),
      plot.ruleX([0], { stroke: MUTED, strokeDasharray: '2 3' }),
      plot.line(points, { x: 'lag', y: 'value', z: 'name', stroke: 'color', strokeWidth: 1.75 }),
      plot.dot(points, { x: 'lag', y: 'value', fill: 'color', stroke: PAPER, r: 3.5 }),
    ],
  });
}
