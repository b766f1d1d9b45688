import { count, duration, percent } from '../../../analysis/format.ts';
import type { BottleneckRow, Report } from '../../../analysis/index.ts';
import { type Bar, drawBars } from '../charts/bars.ts';
import { TIME_KINDS } from '../palette.ts';
import { type Part, type Picture, show } from '../shown.ts';

const MOST_BARS = 12;

/** Where a task waits: its status, and whom it waits for. */
function placeOf({ status, capability }: { readonly status: string; readonly capability: string | null }): string {
  return capability === null ? status : `${status} for ${capability}`;
}

function bottleneckPicture(rows: readonly BottleneckRow[]): Picture | null {
  const scored = rows.filter(({ score }) => score !== null && score > 0);
  const [first] = scored;
  if (first === undefined) return null;
  const bars = scored.slice(0, MOST_BARS).map((row): Bar => {
    const busy = row.busy_share === null ? '' : `, agents ${percent(row.busy_share)} busy`;
    const title = `${placeOf(row)}: ${duration(row.wait_seconds)} of waiting`;
    return {
      name: placeOf(row),
      parts: [{ value: row.score ?? 0, color: TIME_KINDS.wait.color, title }],
      figure: `${row.score?.toFixed(1)}${busy}`,
    };
  });
  const verdict = first.is_bottleneck
    ? 'it is the bottleneck'
    : 'it keeps up with what arrives, and its agents are not busy throughout';
  const saved = (first.mean_elapsed_seconds ?? 0) - (first.mean_elapsed_if_p25_seconds ?? 0);
  const worth =
    saved > 0
      ? ` Were every wait there as short as its shortest quarter, a task would take ${duration(saved)} less.`
      : '';
  const says =
    `Waiting in ${placeOf(first)} is ${percent((first.score ?? 0) / 100)} of all the time that finished tasks took: ${verdict}. ` +
    `${count(first.arrivals)} came and ${count(first.departures)} left; its agents were busy ${percent(first.busy_share)} of the time.${worth}`;
  return { says, chart: pen => drawBars(pen, bars) };
}

/** Why work waited. */
export function waitsPart(report: Report): Part {
  return {
    id: 'waits',
    title: 'Why work waited',
    about: 'Where tasks wait, and what waiting less there would be worth.',
    shown: [
      show(report, {
        title: 'Bottlenecks',
        analysis: 'bottleneck',
        none: 'No finished task has waited.',
        picture: bottleneckPicture,
      }),
    ],
  };
}
