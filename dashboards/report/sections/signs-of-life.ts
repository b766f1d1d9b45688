import { count, counted, duration, percent } from '../../../analysis/format.ts';
import type { HeartbeatGapsRow, OmbudsmanSummaryRow, Report, TimeoutAdvisorRow } from '../../../analysis/index.ts';
import { durationRanges } from '../charts/duration-ranges.ts';
import type { Range } from '../charts/ranges.ts';
import { PLAIN } from '../palette.ts';
import { type Picture, type Shown, show } from '../shown.ts';

const MOST_ROWS = 12;

function gapsPicture(rows: readonly HeartbeatGapsRow[]): Picture | null {
  const all = rows.find(({ task_type }) => task_type === null);
  if (all === undefined || all.gaps === 0) return null;
  const types = rows
    .filter(({ task_type, gaps }) => task_type !== null && gaps > 0)
    .toSorted((a, b) => b.gaps - a.gaps);
  const ranges = types.slice(0, MOST_ROWS).map((row): Range => {
    const [middle, high] = [row.p50_seconds ?? 0, row.p99_seconds ?? 0];
    return {
      name: row.task_type ?? '',
      low: middle,
      middle,
      high,
      mark: row.max_seconds ?? high,
      color: PLAIN,
      figure: `${duration(middle)}, 99 % ${duration(high)}`,
    };
  });
  const says =
    `Workers gave a sign of life every ${duration(all.p50_seconds)} (median), 99 % within ${duration(all.p99_seconds)}, the longest gap ${duration(all.max_seconds)}. ` +
    `${all.without_beat === 0 ? 'None' : count(all.without_beat)} of ${counted(all.attempts, 'attempt')} that ended by themselves never beat; 99 % of these attempts were at no time silent for longer than ${duration(all.silence_p99_seconds)}.`;
  return {
    says,
    chart: durationRanges(ranges, 'time between two signs of life'),
    key: 'Dot: median; line: to 99 %; stroke: the longest.',
  };
}

function advisorPicture(rows: readonly TimeoutAdvisorRow[]): Picture | null {
  const advised = rows
    .filter(({ suggested_timeout_seconds }) => suggested_timeout_seconds !== null)
    .toSorted((a, b) => b.alive_attempts - a.alive_attempts);
  const [first] = advised;
  if (first === undefined) return null;
  const ranges = advised.slice(0, MOST_ROWS).map((row): Range => {
    const [low, high] = [row.silence_p99_seconds ?? 0, row.silence_max_seconds ?? 0];
    const middle = row.suggested_timeout_seconds ?? 0;
    const figure = `${duration(middle)}, ${percent(row.suggested_false_stale_rate)} wrong`;
    return {
      name: `${row.task_type} in ${row.status}`,
      low,
      middle,
      high,
      mark: row.detection_min_seconds ?? middle,
      color: PLAIN,
      figure,
    };
  });
  // Whose silent workers would be found how much sooner.
  const [sooner] = advised
    .map(row => ({ row, seconds: (row.detection_p50_seconds ?? 0) - (row.suggested_detection_seconds ?? 0) }))
    .filter(({ row, seconds }) => row.suggested_detection_seconds !== null && seconds > 0)
    .toSorted((a, b) => b.seconds - a.seconds)
    .map(({ row }) => row);
  const gain =
    sooner === undefined
      ? ''
      : ` For ${sooner.task_type} in ${sooner.status} a silent worker would be found after ${duration(sooner.suggested_detection_seconds)} instead of ${duration(sooner.detection_p50_seconds)}.`;
  const says =
    `For ${first.task_type} in ${first.status}, the most frequent, a time-out of ${duration(first.suggested_timeout_seconds)} would have taken ${percent(first.suggested_false_stale_rate)} of ` +
    `${counted(first.alive_attempts, 'attempt')} that were alive for dead; at present ${percent(first.false_stale_rate)} are.${gain}`;
  return {
    says,
    key: 'Dot: time-out suggested; line: longest silences of those that were alive, from 99 % of them to all; stroke: soonest found at present.',
    chart: durationRanges(ranges, 'time without a sign of life'),
  };
}

function ombudsmanPicture(rows: readonly OmbudsmanSummaryRow[]): Picture | null {
  const ranges = rows.flatMap((row, index): Range[] => {
    const [middle, high, mark] = [row.interval_p50_seconds, row.interval_p95_seconds, row.interval_max_seconds];
    if (middle === null || high === null || mark === null) return [];
    const name = rows.length === 1 ? 'from tick to tick' : `board ${index + 1}`;
    return [
      { name, low: middle, middle, high, mark, color: PLAIN, figure: `${duration(middle)}, at most ${duration(mark)}` },
    ];
  });
  const says = rows.slice(0, 3).map(row => {
    const errors = row.errors === 0 ? '' : ` ${counted(row.errors, 'tick')} failed.`;
    return (
      `${counted(row.ticks, 'tick')}, one every ${duration(row.interval_p50_seconds)} (median), each over ${count(row.mean_tasks_scanned)} tasks on average and done in ${duration(row.duration_p50_seconds)}; ` +
      `${counted(row.found, 'task')} found stale. None has looked in the last ${duration(row.since_last_seconds)} of the log.${errors}`
    );
  });
  if (ranges.length === 0) return { says: says.join(' ') };
  return {
    says: says.join(' '),
    key: 'Dot: median; line: to 95 %; stroke: the longest.',
    chart: durationRanges(ranges, 'time from the start of a tick to the next'),
  };
}

/** How workers show that they are alive, and who looks. */
export function signsOfLifeShown(report: Report): readonly Shown[] {
  return [
    show(report, {
      title: 'Signs of life',
      analysis: 'heartbeat_gaps',
      none: 'No worker has beaten.',
      picture: gapsPicture,
    }),
    show(report, {
      title: 'Which time-out would do',
      analysis: 'timeout_advisor',
      none: 'Too few attempts, under twenty of each kind, to advise a time-out.',
      picture: advisorPicture,
    }),
    show(report, {
      title: 'The Ombudsman',
      analysis: 'ombudsman_summary',
      none: 'No Ombudsman has looked.',
      picture: ombudsmanPicture,
    }),
  ];
}
