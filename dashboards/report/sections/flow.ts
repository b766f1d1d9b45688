import { count, counted, duration, instant, percent, rate } from '../../../analysis/format.ts';
import type {
  CumulativeFlowRow,
  FlowSeriesRow,
  LittlesLawRow,
  Report,
  WipByStageRow,
} from '../../../analysis/index.ts';
import { drawBars } from '../charts/bars.ts';
import { drawAreas, drawLines, type Series } from '../charts/series.ts';
import { type Hue, huesOf, PALE, PLAIN, TIME_KINDS } from '../palette.ts';
import { type Part, type Picture, rowsOf, show } from '../shown.ts';

/** What stands in a row for the stages that are taken together. */
const REST = 'other stages';

/** The end of a row's bucket, at which its counts were taken. */
function bucketEnd({
  bucket_at,
  bucket_seconds,
}: {
  readonly bucket_at: string;
  readonly bucket_seconds: number;
}): string {
  return new Date(new Date(bucket_at).getTime() + bucket_seconds * 1_000).toISOString();
}

interface Bucket {
  readonly bucket_at: string;
  readonly bucket_seconds: number;
}

/** From the first bucket's start to the last one's end. */
function spanOf(rows: readonly Bucket[]): { readonly from: string; readonly to: string } {
  const [first] = rows;
  const last = rows.at(-1);
  return { from: first?.bucket_at ?? '', to: last === undefined ? '' : bucketEnd(last) };
}

/** Points that the chart of arrivals has at most: more buckets are put together, or it would show noise. */
const MOST_POINTS = 48;

/** Arrivals and departures of so many neighbouring buckets in one; what is left at the end is no whole one. */
function coarser(rows: readonly FlowSeriesRow[], together: number): readonly FlowSeriesRow[] {
  return rows.flatMap((row, index) => {
    const group = rows.slice(index, index + together);
    if (index % together !== 0 || group.length < together) return [];
    const sum = (of: (each: FlowSeriesRow) => number): number => group.reduce((all, each) => all + of(each), 0);
    return [{ ...row, arrivals: sum(each => each.arrivals), departures: sum(each => each.departures) }];
  });
}

function openText(report: Report, rows: readonly FlowSeriesRow[]): string {
  const all = rowsOf(report, 'throughput').find(({ task_type }) => task_type === null);
  if (all === undefined) return '';
  const peak = rows.reduce((most, row) => (row.wip > most.wip ? row : most));
  const left = all.wip === 0 ? 'no task was' : `${counted(all.wip, 'task')} ${all.wip === 1 ? 'was' : 'were'}`;
  return ` ${count(all.mean_wip)} were open on average and ${count(all.max_wip)} at most, about ${instant(peak.bucket_at)} UTC; at the log’s end ${left} open.`;
}

function arrivalsPicture(report: Report, rows: readonly FlowSeriesRow[]): Picture {
  const together = Math.ceil(rows.length / MOST_POINTS);
  const [summary] = rowsOf(report, 'log_summary');
  const end = Date.parse(summary?.last_event_at ?? '');
  // The last bucket goes on after the log: less fell into it for that alone.
  const whole = rows.filter(row => Date.parse(bucketEnd(row)) <= end);
  const drawn = coarser(whole.length > 1 ? whole : rows, whole.length > 1 ? together : 1);
  const series: Series[] = [
    { name: 'posted', color: PLAIN, points: drawn.map(row => ({ at: row.bucket_at, value: row.arrivals })) },
    {
      name: 'finished',
      color: TIME_KINDS.terminal.color,
      points: drawn.map(row => ({ at: row.bucket_at, value: row.departures })),
    },
  ];
  const [all] = rowsOf(report, 'throughput').filter(({ task_type }) => task_type === null);
  const rates = all === undefined ? '' : `, ${rate(all.arrivals_per_hour)} and ${rate(all.departures_per_hour)}`;
  const [came, left] = [
    rows.reduce((sum, row) => sum + row.arrivals, 0),
    rows.reduce((sum, row) => sum + row.departures, 0),
  ];
  return {
    says: `${counted(came, 'task')} came and ${count(left)} finished${rates}.${openText(report, rows)}`,
    legend: series.map(({ name, color }) => ({ label: name, color })),
    chart: pen =>
      drawLines(pen, series, {
        ...spanOf(rows),
        unit: `tasks in ${duration((rows[0]?.bucket_seconds ?? 0) * together)}`,
      }),
  };
}

/** The kinds of stage that are drawn, for a legend. */
function kindLegend(rows: readonly (WipByStageRow | CumulativeFlowRow)[]): readonly Hue[] {
  const kinds = new Set(rows.map(({ stage_kind }) => stage_kind));
  const hues = huesOf(TIME_KINDS, kinds);
  return kinds.has(null) ? [...hues, { label: REST, color: PALE }] : hues;
}

/** Rows of one line or band each, the last first: what is nearest to the end lies at the bottom. */
function byPosition<Row extends WipByStageRow | CumulativeFlowRow>(rows: readonly Row[]): readonly (readonly Row[])[] {
  const groups = Map.groupBy(rows, ({ position }) => position);
  return [...groups].sort(([a], [b]) => b - a).map(([, group]) => group);
}

function colorOf({ stage_kind }: WipByStageRow | CumulativeFlowRow): string {
  return stage_kind === null ? PALE : TIME_KINDS[stage_kind].color;
}

/** What a stage is called: by its kind too where its status stands for several. */
function stageName(
  { status, stage_kind }: WipByStageRow | CumulativeFlowRow,
  rows: readonly (WipByStageRow | CumulativeFlowRow)[],
): string {
  if (status === null) return stage_kind === 'terminal' ? 'finished' : REST;
  const isOneOfSeveral = rows.some(each => each.status === status && each.stage_kind !== stage_kind);
  return isOneOfSeveral && stage_kind !== null ? `${status}: ${TIME_KINDS[stage_kind].label}` : status;
}

function wipPicture(rows: readonly WipByStageRow[]): Picture | null {
  const series = byPosition(rows).map((group): Series => {
    const [first] = group;
    return {
      name: first === undefined ? REST : stageName(first, rows),
      color: first === undefined ? PALE : colorOf(first),
      points: group.map(row => ({ at: bucketEnd(row), value: row.wip })),
    };
  });
  const mean = series.map(({ name, points }) => ({
    name,
    value: points.reduce((sum, { value }) => sum + value, 0) / (points.length || 1),
  }));
  const total = mean.reduce((sum, { value }) => sum + value, 0);
  if (total === 0) return null;
  const [most] = mean.toSorted((a, b) => b.value - a.value);
  const end = series.reduce((sum, { points }) => sum + (points.at(-1)?.value ?? 0), 0);
  const says =
    `On average ${count(total)} tasks were open at the end of each ${duration(rows[0]?.bucket_seconds)}, most of them in ${most?.name} ` +
    `(${percent((most?.value ?? 0) / total)}); ${counted(end, 'task')} at the end.`;
  return { says, legend: kindLegend(rows), chart: pen => drawAreas(pen, series, { ...spanOf(rows), unit: 'tasks' }) };
}

function cumulativePicture(rows: readonly CumulativeFlowRow[]): Picture | null {
  const lines = byPosition(rows);
  const series = lines.map((line, place): Series => {
    const below = lines[place - 1];
    const [first] = line;
    const points = line.map((row, index) => ({
      at: bucketEnd(row),
      value: Math.max(0, row.tasks - (below?.[index]?.tasks ?? 0)),
    }));
    if (first === undefined) return { name: REST, color: PALE, points };
    // What has finished is the ground that the rest stands on.
    const isFinished = first.status === null && first.stage_kind === 'terminal';
    return { name: stageName(first, rows), color: isFinished ? PALE : colorOf(first), points };
  });
  const [finished = []] = lines;
  const posted = lines.at(-1) ?? [];
  const [all, done] = [posted.at(-1)?.tasks ?? 0, finished.at(-1)?.tasks ?? 0];
  const half = posted[Math.floor(posted.length / 2)];
  const doneByHalf = finished[Math.floor(posted.length / 2)]?.tasks ?? 0;
  const says =
    `Of ${counted(all, 'task')} that came, ${count(done)} had finished at the end; halfway, ${count(doneByHalf)} of ${count(half?.tasks)}. ` +
    'The height of a band is how many tasks were there, its width how long they took to get through.';
  return {
    says,
    legend: [
      ...kindLegend(rows.filter(({ stage_kind }) => stage_kind !== 'terminal')),
      { label: 'finished', color: PALE },
    ],
    chart: pen => drawAreas(pen, series, { ...spanOf(rows), unit: 'tasks so far', height: 300 }),
  };
}

function littlesLawPicture(rows: readonly LittlesLawRow[]): Picture | null {
  const all = rows.find(({ board_uid }) => board_uid === null) ?? rows[0];
  if (all === undefined || all.mean_wip === null || all.expected_wip === null) return null;
  const { mean_wip, expected_wip } = all;
  const bars = [
    {
      name: 'tasks open on average (L)',
      parts: [{ value: mean_wip, color: PLAIN, title: 'L' }],
      figure: count(mean_wip),
    },
    {
      name: 'arrivals × mean elapsed (λW)',
      parts: [{ value: expected_wip, color: PALE, title: 'λW' }],
      figure: count(expected_wip),
    },
  ];
  const verdict = all.is_stationary
    ? 'they agree, so as much leaves as comes, and figures of this log say something about the days to come'
    : 'they differ by more than a tenth, so work piled up or drained away, and the means of this log are no forecast';
  const says =
    `${count(mean_wip)} tasks were open on average; ${rate(all.arrivals_per_hour)} arrived, each for a mean ${duration(all.mean_elapsed_seconds)}, ` +
    `would make ${count(expected_wip)}: ${verdict} (gap ${percent(all.gap)}).`;
  return { says, chart: pen => drawBars(pen, bars) };
}

/** How much came, how much left, and how much was open meanwhile. */
export function flowPart(report: Report): Part {
  const none = 'No task has been posted.';
  return {
    id: 'flow',
    title: 'Flow',
    about: 'How much work came, how much left, and how much was open in between.',
    shown: [
      show(report, {
        title: 'Arrivals and departures',
        analysis: 'flow_series',
        also: ['throughput'],
        none,
        picture: rows => arrivalsPicture(report, rows),
      }),
      show(report, { title: 'Work in progress by stage', analysis: 'wip_by_stage', none, picture: wipPicture }),
      show(report, { title: 'Cumulative flow', analysis: 'cumulative_flow', none, picture: cumulativePicture }),
      show(report, {
        title: 'Little’s law',
        analysis: 'littles_law',
        none: 'Too little has finished to tell.',
        picture: littlesLawPicture,
      }),
    ],
  };
}
