import { counted, duration, listed, percent } from '../../../analysis/format.ts';
import type { DwellByStatusRow, ElapsedRow, Report, TimeSplitRow } from '../../../analysis/index.ts';
import { type Bar, drawBars } from '../charts/bars.ts';
import { durationRanges } from '../charts/duration-ranges.ts';
import type { Range } from '../charts/ranges.ts';
import { PLAIN, TIME_KINDS } from '../palette.ts';
import { type Part, type Picture, show } from '../shown.ts';

/** Bars that a chart has at most. */
const MOST_BARS = 12;

const SPLIT = [
  ['active_seconds', TIME_KINDS.active],
  ['wait_seconds', TIME_KINDS.wait],
  ['lost_seconds', TIME_KINDS.lost],
  ['blocked_seconds', TIME_KINDS.blocked],
] as const;

function splitPicture(rows: readonly TimeSplitRow[]): Picture | null {
  const all = rows.find(({ task_type }) => task_type === null);
  if (all === undefined || all.elapsed_seconds === 0) return null;
  const types = rows.filter(({ task_type }) => task_type !== null);
  const kept = (types.length === 1 ? types : [all, ...types]).filter(({ elapsed_seconds }) => elapsed_seconds > 0);
  const shown = kept.slice(0, MOST_BARS);
  const bars = shown.map((row): Bar => {
    const parts = SPLIT.map(([column, { label, color }]) => {
      const value = row[column] / row.elapsed_seconds;
      return { value, color, title: `${label}: ${percent(value)}, ${duration(row[column])}` };
    });
    return { name: row.task_type ?? 'all tasks', parts, figure: `${percent(row.flow_efficiency)} work` };
  });
  const share = (seconds: number): string => percent(seconds / all.elapsed_seconds);
  const spent = [
    `${share(all.active_seconds)} was work`,
    `${share(all.wait_seconds)} waiting`,
    ...(all.lost_seconds > 0 ? [`${share(all.lost_seconds)} lost to workers that had gone silent`] : []),
    ...(all.blocked_seconds > 0 ? [`${share(all.blocked_seconds)} blocked on a person`] : []),
  ];
  const says =
    `Of ${duration(all.elapsed_seconds)} that ${counted(all.finished_tasks, 'finished task')} took together, ${listed(spent)}. ` +
    `In the median task ${percent(all.median_flow_efficiency)} was work.`;
  return {
    says,
    legend: SPLIT.flatMap(([column, hue]) => (all[column] > 0 ? [hue] : [])),
    chart: pen => drawBars(pen, bars),
  };
}

function elapsedPicture(rows: readonly ElapsedRow[]): Picture | null {
  const all = rows.find(({ task_type }) => task_type === null);
  if (all === undefined || all.p50_seconds === null) return null;
  const types = rows.filter(({ task_type, p50_seconds }) => task_type !== null && p50_seconds !== null);
  const slowestFirst = types.toSorted((a, b) => (b.p50_seconds ?? 0) - (a.p50_seconds ?? 0));
  const [slowest] = slowestFirst;
  const shown = slowestFirst.slice(0, MOST_BARS);
  const ranges = shown.map(({ task_type, p50_seconds, p95_seconds, max_seconds }): Range => {
    const [middle, high] = [p50_seconds ?? 0, p95_seconds ?? 0];
    const figure = `${duration(middle)}, 95 % ${duration(high)}`;
    return { name: task_type ?? '', low: middle, middle, high, mark: max_seconds ?? high, color: PLAIN, figure };
  });
  const most =
    types.length > 1 && slowest !== undefined
      ? ` The slowest type is ${slowest.task_type}: ${duration(slowest.p50_seconds)}.`
      : '';
  const open =
    all.open === 0
      ? ''
      : ` ${counted(all.open, 'task')} had not finished and ${all.open === 1 ? 'is' : 'are'} in none of these figures.`;
  const says = `Half of the finished tasks took at most ${duration(all.p50_seconds)}, 95 % at most ${duration(all.p95_seconds)}, the slowest ${duration(all.max_seconds)}.${most}${open}`;
  return {
    says,
    key: 'Dot: median; line: to 95 %; stroke: the slowest.',
    chart: durationRanges(ranges, 'time from post to first finish'),
  };
}

function dwellPicture(rows: readonly DwellByStatusRow[]): Picture | null {
  const closed = rows.filter(({ p50_seconds }) => p50_seconds !== null);
  const longestFirst = closed.toSorted((a, b) => (b.total_seconds ?? 0) - (a.total_seconds ?? 0));
  const [first] = longestFirst;
  if (first === undefined) return null;
  const total = closed.reduce((sum, { total_seconds }) => sum + (total_seconds ?? 0), 0);
  const ranges = longestFirst.slice(0, MOST_BARS).map(({ status, p50_seconds, p95_seconds }): Range => {
    const [middle, high] = [p50_seconds ?? 0, p95_seconds ?? 0];
    return {
      name: status,
      low: middle,
      middle,
      high,
      color: PLAIN,
      figure: `${duration(middle)}, 95 % ${duration(high)}`,
    };
  });
  const says =
    `Tasks spent most time in ${first.status}: ${percent((first.total_seconds ?? 0) / (total || 1))} of all, half of the ${counted(first.count, 'visit')} ` +
    `at most ${duration(first.p50_seconds)} and 95 % at most ${duration(first.p95_seconds)}.`;
  return { says, key: 'Dot: median; line: to 95 %.', chart: durationRanges(ranges, 'length of a visit') };
}

/** Where the time of tasks went. */
export function timePart(report: Report): Part {
  return {
    id: 'time',
    title: 'Where the time went',
    about: 'From the moment a task is posted to the moment it first finishes, it is worked on, or it waits.',
    shown: [
      show(report, {
        title: 'Work and waiting',
        analysis: 'time_split',
        none: 'No task has finished yet.',
        picture: splitPicture,
      }),
      show(report, {
        title: 'From post to finish',
        analysis: 'elapsed',
        none: 'No task has finished yet.',
        picture: elapsedPicture,
      }),
      show(report, {
        title: 'How long tasks stay in each status',
        analysis: 'dwell_by_status',
        also: ['dwell_by_stage'],
        none: 'No visit to a status has ended yet.',
        picture: dwellPicture,
      }),
    ],
  };
}
