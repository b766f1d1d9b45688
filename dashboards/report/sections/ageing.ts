import { count, counted, duration } from '../../../analysis/format.ts';
import type { AgeBand, AgeingRow, AgeingSummaryRow, Report } from '../../../analysis/index.ts';
import { type Bar, drawBars } from '../charts/bars.ts';
import { durationRanges } from '../charts/duration-ranges.ts';
import type { Range } from '../charts/ranges.ts';
import { FAULT, huesOf, MUTED, PALE, PLAIN, TIME_KINDS } from '../palette.ts';
import { type Part, type Picture, show } from '../shown.ts';

const MOST_ROWS = 14;

const BANDS: Readonly<Record<AgeBand, { readonly label: string; readonly color: string }>> = {
  up_to_p50: { label: 'younger than half', color: PALE },
  p50_to_p85: { label: 'up to 85 %', color: PLAIN },
  p85_to_p95: { label: 'up to 95 %', color: TIME_KINDS.rework.color },
  past_p95: { label: 'older than 95 %', color: FAULT },
};

function summaryPicture(rows: readonly AgeingSummaryRow[]): Picture {
  const open = rows.reduce((sum, row) => sum + row.open, 0);
  const old = rows.reduce((sum, row) => sum + row.past_p95, 0);
  const bars = rows
    .toSorted((a, b) => b.open - a.open)
    .slice(0, MOST_ROWS)
    .map((row): Bar => {
      const values = {
        up_to_p50: row.open - row.past_p50,
        p50_to_p85: row.past_p50 - row.past_p85,
        p85_to_p95: row.past_p85 - row.past_p95,
        past_p95: row.past_p95,
      };
      const parts = (Object.keys(BANDS) as AgeBand[]).map(band => ({
        value: values[band],
        color: BANDS[band].color,
        title: `${BANDS[band].label}: ${count(values[band])}`,
      }));
      return {
        name: `${row.task_type} in ${row.status}`,
        parts,
        figure: `${count(row.open)}, oldest ${duration(row.oldest_seconds)}`,
      };
    });
  const [oldest] = rows.toSorted((a, b) => b.oldest_seconds - a.oldest_seconds);
  const says =
    `${counted(open, 'task')} ${open === 1 ? 'was' : 'were'} open when the log ended; ${count(old)} of them had been in their stage for longer than 95 % of earlier visits there. ` +
    `The oldest has been in ${oldest?.status} for ${duration(oldest?.oldest_seconds)}.`;
  return { says, legend: Object.values(BANDS), chart: pen => drawBars(pen, bars) };
}

function ageText(row: AgeingRow): string {
  if (row.remaining_p50_seconds === null) return duration(row.age_seconds);
  return `${duration(row.age_seconds)}, about ${duration(row.remaining_p50_seconds)} to go`;
}

function ageingPicture(rows: readonly AgeingRow[]): Picture {
  const ranges = rows.slice(0, MOST_ROWS).map((row): Range => {
    const age = row.age_seconds;
    const [low, high] = [row.p50_seconds ?? age, row.p95_seconds ?? age];
    return {
      name: `${row.task_id} in ${row.status}`,
      low,
      middle: age,
      high,
      color: row.band === null ? MUTED : BANDS[row.band].color,
      figure: ageText(row),
    };
  });
  const [first] = rows;
  const estimated = rows.filter(({ remaining_p50_seconds }) => remaining_p50_seconds !== null);
  const [next] = estimated.toSorted((a, b) => (b.remaining_p50_seconds ?? 0) - (a.remaining_p50_seconds ?? 0));
  const forecast =
    next === undefined
      ? rows.some(({ withheld }) => withheld === 'not_stationary')
        ? ' When they will finish cannot be said: what came and what left differed too much.'
        : ' When they will finish cannot be said: too few tasks have come this way.'
      : ` Of the ${counted(estimated.length, 'task')} with an estimate the last to finish is ${next.task_id}: in about ${duration(next.remaining_p50_seconds)}, ` +
        `eight times in ten between ${duration(next.remaining_p10_seconds)} and ${duration(next.remaining_p90_seconds)}.`;
  const past = first?.age_to_p95 == null ? '' : `, ${first.age_to_p95.toFixed(1)} times what 95 % of visits there take`;
  const says = `Farthest beyond the usual is ${first?.task_id}, ${duration(first?.age_seconds)} in ${first?.status}${past}.${forecast}`;
  const shown = new Set(rows.slice(0, MOST_ROWS).map(({ band }) => band));
  const bands = huesOf(BANDS, shown);
  const legend = shown.has(null) ? [...bands, { label: 'nothing to compare with', color: MUTED }] : bands;
  return {
    says,
    legend,
    key: 'Dot: age; line: visits of the same stage and type that have ended, from the median to 95 %.',
    chart: durationRanges(ranges, 'time in the stage'),
  };
}

/** What is still open. */
export function ageingPart(report: Report): Part {
  const none = 'Every task has finished.';
  return {
    id: 'open',
    title: 'What is still open',
    about:
      'How long open tasks have been where they are, against how long it takes others, and when they will finish if it goes on as before.',
    shown: [
      show(report, { title: 'Open tasks by stage', analysis: 'ageing_summary', none, picture: summaryPicture }),
      show(report, { title: 'Tasks to look at first', analysis: 'ageing', none, picture: ageingPicture }),
    ],
  };
}
