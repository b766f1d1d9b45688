import { count, counted, duration, instant, percent } from '../../../analysis/format.ts';
import type { CycleDepthDecileRow, Report, RhythmAndFlowRow, RhythmAnomalyRow } from '../../../analysis/index.ts';
import { durationRanges } from '../charts/duration-ranges.ts';
import { drawEpisodes } from '../charts/episodes.ts';
import { drawLagLines } from '../charts/lag-lines.ts';
import type { Range } from '../charts/ranges.ts';
import { html } from '../html.ts';
import { CHIEF_STATES, FAULT, TIME_KINDS } from '../palette.ts';
import { type Picture, rowsOf, type Shown, show } from '../shown.ts';
import { byChief, chiefName, eachChief } from './chiefs.ts';

function depthPicture(report: Report, rows: readonly CycleDepthDecileRow[]): Picture {
  const figures = rowsOf(report, 'cycle_by_depth');
  const rangesOf = (group: readonly CycleDepthDecileRow[]): readonly Range[] =>
    group.map(row => ({
      name:
        row.min_depth === row.max_depth
          ? counted(row.min_depth, 'task')
          : `${count(row.min_depth)} to ${counted(row.max_depth, 'task')}`,
      low: row.p50_seconds,
      middle: row.p50_seconds,
      high: row.p95_seconds,
      color: CHIEF_STATES.thinking.color,
      figure: `${duration(row.p50_seconds)}, 95 % ${duration(row.p95_seconds)}`,
    }));
  const says = figures.slice(0, 3).map(row => {
    const slope = row.slope_seconds_per_task;
    const grows =
      slope === null || slope === 0
        ? ''
        : ` Each further task makes a cycle ${duration(Math.abs(slope))} ${slope < 0 ? 'shorter' : 'longer'} (median slope).`;
    const rank =
      row.spearman === null ? 'do not vary together' : `have a rank correlation of ${row.spearman.toFixed(2)}`;
    return `The length of ${chiefName(row, figures)}’s cycles and the number of tasks waiting or in work (${count(row.min_depth)} to ${count(row.max_depth)}) ${rank}.${grows}`;
  });
  const label = 'length of a cycle';
  return {
    says: says.join(' '),
    key: 'A row: a tenth of the cycles, by the tasks waiting or in work as they began. Dot: median; line: to 95 %.',
    chart: pen => html`${eachChief(rows, group => durationRanges(rangesOf(group), label)(pen))}`,
  };
}

const MEASURES: Readonly<Record<RhythmAndFlowRow['measure'], { readonly label: string; readonly color: string }>> = {
  wakes_per_minute: { label: 'wakes a minute', color: CHIEF_STATES.acting.color },
  noop_rate: { label: 'noop rate', color: TIME_KINDS.rework.color },
  median_sleep: { label: 'median sleep', color: CHIEF_STATES.sleeping.color },
};

function rhythmPicture(rows: readonly RhythmAndFlowRow[]): Picture | null {
  const known = rows.filter(({ correlation }) => correlation !== null);
  const [strongest] = known.toSorted((a, b) => Math.abs(b.correlation ?? 0) - Math.abs(a.correlation ?? 0));
  if (strongest === undefined) return null;
  const points = (group: readonly RhythmAndFlowRow[]) =>
    group.flatMap(row =>
      row.correlation === null
        ? []
        : [{ name: row.measure, color: MEASURES[row.measure].color, lag: row.lag_seconds, value: row.correlation }],
    );
  const lag =
    strongest.lag_seconds === 0
      ? 'at the same time'
      : strongest.lag_seconds > 0
        ? `${duration(strongest.lag_seconds)} later`
        : `${duration(-strongest.lag_seconds)} earlier`;
  const says =
    `Of the Chief’s rhythm, ${MEASURES[strongest.measure].label} goes with throughput most: r = ${(strongest.correlation ?? 0).toFixed(2)} with what was finished ${lag} ` +
    `(${counted(strongest.n, 'pair')} of windows of ${duration(strongest.window_seconds)}). A correlation is no cause.`;
  return {
    says,
    legend: Object.values(MEASURES),
    key: 'Right of 0 the rhythm comes first, left of it the flow.',
    chart: pen => html`${eachChief(known, group => drawLagLines(pen, points(group)))}`,
  };
}

const ANOMALIES: Readonly<Record<RhythmAnomalyRow['measure'], string>> = {
  median_sleep: 'median sleep',
  noop_rate: 'noop rate',
  cycle_p95: 'cycle p95',
};

function anomaliesPicture(report: Report, rows: readonly RhythmAnomalyRow[]): Picture | null {
  const [summary] = rowsOf(report, 'log_summary');
  if (summary?.first_event_at == null || summary.last_event_at === null) return null;
  const figure = ({ measure }: RhythmAnomalyRow, value: number): string =>
    measure === 'noop_rate' ? percent(value) : duration(value);
  const several = byChief(rows).length > 1;
  const episodes = rows.map(row => ({
    row: `${several ? `${chiefName(row, rows)}: ` : ''}${ANOMALIES[row.measure]} ${row.direction} its usual`,
    from: row.started_at,
    to: row.ended_at,
    color: FAULT,
    title: `${figure(row, row.extreme)} against ${figure(row, row.baseline)}, z ${row.z.toFixed(1)}`,
  }));
  const [worst] = rows.toSorted((a, b) => Math.abs(b.z) - Math.abs(a.z));
  if (worst === undefined) return null;
  const says =
    `${counted(rows.length, 'stretch', 'stretches')} in which the rhythm left its own baseline. The farthest began ${instant(worst.started_at)} UTC: ` +
    `${ANOMALIES[worst.measure]} ${figure(worst, worst.extreme)} against ${figure(worst, worst.baseline)} usually (robust z ${worst.z.toFixed(1)}, ` +
    `${counted(worst.windows, 'window')} of ${duration(worst.window_seconds)}).`;
  const span = { from: summary.first_event_at, to: summary.last_event_at };
  return {
    says,
    legend: [{ label: 'outside its usual', color: FAULT }],
    chart: pen => drawEpisodes(pen, episodes, span),
  };
}

/** What a cycle costs, and what its rhythm goes with. */
export function cyclesShown(report: Report): readonly Shown[] {
  return [
    show(report, {
      title: 'Cycles against depth',
      analysis: 'cycle_depth_deciles',
      also: ['cycle_by_depth'],
      none: 'No Chief has run.',
      picture: rows => depthPicture(report, rows),
    }),
    show(report, {
      title: 'Rhythm and flow',
      analysis: 'rhythm_and_flow',
      none: 'Too little has happened to compare the rhythm with the flow.',
      picture: rhythmPicture,
    }),
    show(report, {
      title: 'When the rhythm changed',
      analysis: 'rhythm_anomalies',
      none: 'The rhythm stayed near its own baseline all the time.',
      picture: rows => anomaliesPicture(report, rows),
    }),
  ];
}
