import { count, duration, percent } from '../../../analysis/format.ts';
import type { Report, SleepHeatmapRow } from '../../../analysis/index.ts';
import { type Cell, drawHeat, shadesLegend } from '../charts/heat.ts';
import { type Pen, textWidth } from '../charts/pen.ts';
import { timeAxis } from '../charts/time-axes.ts';
import { html, type Markup } from '../html.ts';
import { type Picture, type Shown, show } from '../shown.ts';
import { eachChief } from './chiefs.ts';

/** Columns of a heatmap, wide and narrow: neighbouring buckets are put together until they are no more. */
const MOST_COLUMNS = { wide: 72, narrow: 24 } as const;

interface Grid {
  readonly from: number;
  readonly to: number;
  /** Milliseconds of a column. */
  readonly step: number;
  readonly columns: number;
  /** Lower bounds of the rows, in seconds. */
  readonly bounds: readonly number[];
}

function gridOf(rows: readonly SleepHeatmapRow[], most: number): Grid {
  const starts = rows.map(row => new Date(row.started_at).getTime());
  const ends = rows.map(row => new Date(row.ended_at).getTime());
  const [from, to] = [starts.reduce((a, b) => Math.min(a, b)), ends.reduce((a, b) => Math.max(a, b))];
  const bucket = Math.max(1, (ends[0] ?? 1) - (starts[0] ?? 0));
  const step = bucket * Math.max(1, Math.ceil((to - from) / bucket / most));
  const bounds = [...new Set(rows.map(row => row.lower_seconds))].sort((a, b) => a - b);
  return { from, to, step, columns: Math.max(1, Math.ceil((to - from) / step)), bounds };
}

function cellsOf(rows: readonly SleepHeatmapRow[], { from, step, bounds }: Grid): readonly Cell[] {
  const cells = new Map<string, Cell>();
  for (const { started_at, lower_seconds, sleeps } of rows) {
    const column = Math.floor((new Date(started_at).getTime() - from) / step);
    const row = bounds.indexOf(lower_seconds);
    const key = `${column} ${row}`;
    cells.set(key, { column, row, value: (cells.get(key)?.value ?? 0) + sleeps });
  }
  return [...cells.values()];
}

/** The grid of a pen's width, over all Chiefs, so that they stand one below the other at the same times. */
function drawSleeps(pen: Pen, rows: readonly SleepHeatmapRow[], grid: Grid): Markup {
  const isoAt = (column: number): string => new Date(grid.from + column * grid.step).toISOString();
  const { tickFormat, label } = timeAxis(isoAt(0), isoAt(grid.columns));
  const lengths = grid.bounds.map(bound => (bound === 0 ? '0' : duration(bound)));
  const every = Math.max(1, Math.ceil(grid.columns / (pen.isNarrow ? 3 : 8)));
  return drawHeat(pen, cellsOf(rows, grid), {
    columns: grid.columns,
    rows: grid.bounds.length,
    columnTicks: Array.from({ length: Math.floor(grid.columns / every) + 1 }, (_, index) => index * every),
    columnTick: column => tickFormat(new Date(isoAt(column))),
    columnLabel: label,
    rowTick: row => lengths[row] ?? '',
    marginLeft: Math.max(...lengths.map(textWidth)) + 8,
  });
}

function heatmapPicture(rows: readonly SleepHeatmapRow[]): Picture {
  const all = rows.reduce((sum, row) => sum + row.sleeps, 0);
  const medians = [
    ...new Map(
      rows.map(row => [`${row.board_uid} ${row.chief_id} ${row.started_at}`, row.bucket_p50_seconds]),
    ).values(),
  ];
  const [least, greatest] = [medians.reduce((a, b) => Math.min(a, b)), medians.reduce((a, b) => Math.max(a, b))];
  const long = rows.reduce((sum, row) => (row.lower_seconds >= 60 ? sum + row.sleeps : sum), 0);
  const grids = { wide: gridOf(rows, MOST_COLUMNS.wide), narrow: gridOf(rows, MOST_COLUMNS.narrow) };
  const most = cellsOf(rows, grids.wide).reduce((max, { value }) => Math.max(max, value), 1);
  const says =
    `${count(all)} sleeps by when they ended and how long they were (from the length at the left). The median sleep of a column lies between ` +
    `${duration(least)} and ${duration(greatest)}; ${percent(long / all)} of the sleeps lasted a minute or longer.`;
  return {
    says,
    legend: shadesLegend(most, 'sleeps'),
    chart: pen => html`${eachChief(rows, group => drawSleeps(pen, group, pen.isNarrow ? grids.narrow : grids.wide))}`,
  };
}

/** Sleeps by time and length. */
export function heatmapShown(report: Report): Shown {
  return show(report, {
    title: 'Its sleeps by time and length',
    analysis: 'sleep_heatmap',
    none: 'No Chief has slept yet.',
    picture: heatmapPicture,
  });
}
