import { rect, ruleX } from '@observablehq/plot';
import { formatted } from './format.ts';
import { type DrawnPanel, type DrawnSeries, type Shown, type Size, unitOf } from './panel.ts';
import { svg, timeAxis } from './svg.ts';

interface Bucket {
  /** The upper bound; infinite for the last. */
  readonly bound: number;
  readonly counts: ReadonlyMap<number, number>;
}

function bucketsOf(series: readonly DrawnSeries[]): Bucket[] {
  const buckets = series.map(({ legend, points }) => ({
    bound: legend === '+Inf' ? Number.POSITIVE_INFINITY : Number(legend),
    counts: new Map(points.map(({ time, value }) => [time, value])),
  }));
  return buckets.sort((a, b) => a.bound - b.bound);
}

/** Without the buckets at both ends in which nothing ever fell. */
function usedRows<Row extends { readonly isUsed: boolean }>(rows: readonly Row[]): Row[] {
  return rows.slice(
    rows.findIndex(({ isUsed }) => isUsed),
    rows.findLastIndex(({ isUsed }) => isUsed) + 1,
  );
}

/** How many observations fell in which bucket when: Prometheus counts up to a bound, a cell shows what is its own. */
export function drawHeatmap(panel: DrawnPanel, series: readonly DrawnSeries[], shown: Shown, size: Size): string {
  const buckets = bucketsOf(series);
  const rows = usedRows(
    buckets.map(({ bound, counts }, index) => {
      const below = buckets[index - 1]?.counts;
      const cells = Array.from(counts, ([time, count]) => ({ time, count: count - (below?.get(time) ?? 0) }));
      const filled = cells.filter(({ count }) => count > 1e-9);
      return { bound, cells: filled, isUsed: filled.length > 0 };
    }),
  );
  const times = [...new Set(buckets.flatMap(({ counts }) => [...counts.keys()]))].sort((a, b) => a - b);
  const [first = 0, second = 1] = times;
  const width = second - first;
  const cells = rows.flatMap(({ cells: filled }, row) =>
    filled.map(({ time, count }) => ({ x1: time - width, x2: time, y1: row, y2: row + 1, count })),
  );
  const bound = (row: number): string => {
    const upper = rows[row]?.bound ?? Number.NaN;
    return Number.isFinite(upper) ? `≤ ${formatted(upper, unitOf(panel))}` : 'more';
  };
  return svg(size, {
    marginLeft: 62,
    marginRight: 8,
    marginTop: 6,
    marginBottom: 22,
    x: timeAxis(shown),
    y: {
      domain: [0, rows.length],
      ticks: rows.map((_, row) => row + 0.5),
      tickFormat: (y: number) => bound(y - 0.5),
      label: null,
    },
    color: { type: 'sqrt', scheme: 'Oranges' },
    marks: [
      ruleX(shown.marks, { x: 'time', stroke: '#d3d7dc', strokeDasharray: '1 3' }),
      rect(cells, { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: 'count', inset: 0.5 }),
    ],
  });
}
