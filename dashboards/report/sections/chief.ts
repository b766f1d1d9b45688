import { count, counted, duration, instant, percent, times } from '../../../analysis/format.ts';
import type {
  CadenceRow,
  ChiefSeriesRow,
  NoopRateRow,
  Report,
  SleepDistributionRow,
  SleepStudyRow,
  WakeTriggerRow,
} from '../../../analysis/index.ts';
import { type Bar, drawBars } from '../charts/bars.ts';
import { drawColumns } from '../charts/columns.ts';
import { drawAreas, type Series } from '../charts/series.ts';
import { html } from '../html.ts';
import { CHIEF_STATES, type ChiefState, PALE } from '../palette.ts';
import { type Part, type Picture, rowsOf, type Shown, show } from '../shown.ts';
import { cyclesShown } from './chief-cycles.ts';
import { byChief, chiefName, eachChief } from './chiefs.ts';
import { heatmapShown } from './sleep-heatmap.ts';

const STATES = Object.entries(CHIEF_STATES) as readonly [ChiefState, (typeof CHIEF_STATES)[ChiefState]][];

function studyPicture(report: Report, rows: readonly SleepStudyRow[]): Picture {
  const cadences = rowsOf(report, 'cadence');
  const bars = rows.slice(0, 12).map((row): Bar => {
    const life = row.life_seconds || 1;
    const parts = STATES.map(([state, { label, color }]) => {
      const seconds = row[`${state}_seconds`];
      return { value: seconds / life, color, title: `${label}: ${percent(seconds / life)}, ${duration(seconds)}` };
    });
    return { name: chiefName(row, rows), parts, figure: `asleep ${percent(row.dormancy)}` };
  });
  const sentences = rows.slice(0, 3).map(row => {
    const cadence = cadences.find(
      (each: CadenceRow) => each.board_uid === row.board_uid && each.chief_id === row.chief_id,
    );
    const p95 = `95 % at most ${duration(row.p95_seconds)}, the longest ${duration(row.max_seconds)}`;
    const slept =
      row.sleeps === 0
        ? 'It never slept.'
        : `Half of its ${counted(row.sleeps, 'sleep')} lasted at most ${duration(row.p50_seconds)}, ${p95}; it was asleep ${percent(row.dormancy)} of the time.`;
    return `Chief “${chiefName(row, rows)}” woke ${times(row.cycles)}. ${slept} ${cadence?.sentence ?? ''}`;
  });
  const seen = STATES.filter(([state]) => rows.some(row => row[`${state}_seconds`] > 0));
  return { says: sentences.join(' '), legend: seen.map(([, hue]) => hue), chart: pen => drawBars(pen, bars) };
}

/** A share of sleep above which only the rest is drawn: it could not be seen beneath. */
const NEARLY_ALL = 0.9;

function shareOf(row: ChiefSeriesRow, state: ChiefState): number {
  return row.seconds === 0 ? 0 : row[`${state}_seconds`] / row.seconds;
}

/** A Chief's time as shares in steps, a step a bucket. */
function stateSeries(rows: readonly ChiefSeriesRow[], states: typeof STATES): readonly Series[] {
  return states.map(([state, { label, color }]) => ({
    name: label,
    color,
    points: rows.flatMap(row => {
      const value = shareOf(row, state);
      const end = new Date(Date.parse(row.ended_at) - 1).toISOString();
      return [
        { at: row.started_at, value },
        { at: end, value },
      ];
    }),
  }));
}

function timelinePicture(rows: readonly ChiefSeriesRow[]): Picture | null {
  const [first] = rows;
  if (first === undefined) return null;
  const busiest = rows.reduce((most, row) => (shareOf(row, 'sleeping') < shareOf(most, 'sleeping') ? row : most));
  const isNearlyAll = shareOf(busiest, 'sleeping') > NEARLY_ALL;
  const seen = STATES.filter(([state]) => rows.some(row => row[`${state}_seconds`] > 0));
  const states = isNearlyAll ? seen.filter(([state]) => state !== 'sleeping') : seen;
  const awake = rows.map(row => 1 - shareOf(row, 'sleeping')).reduce((a, b) => Math.max(a, b));
  const top = isNearlyAll ? Math.max(awake, 1e-6) * 1.05 : 1;
  const bucket = duration((Date.parse(first.ended_at) - Date.parse(first.started_at)) / 1_000);
  const says =
    `The Chief was least asleep, ${percent(shareOf(busiest, 'sleeping'))}, in the ${bucket} from ${instant(busiest.started_at)} UTC, ` +
    `when it woke ${times(busiest.cycles)}${busiest.noops === 0 ? '' : `, ${count(busiest.noops)} of them for nothing`}.` +
    `${isNearlyAll ? ' Drawn is only the time in which it did not sleep.' : ''}`;
  const chart: Picture['chart'] = pen =>
    html`${eachChief(rows, group => {
      const span = { from: group[0]?.started_at ?? '', to: group.at(-1)?.ended_at ?? '' };
      const options = { ...span, unit: 'share of its time', top, height: 180, tickFormat: percent, withNames: false };
      return drawAreas(pen, stateSeries(group, states), options);
    })}`;
  return { says, legend: states.map(([, hue]) => hue), ...(states.length > 0 && { chart }) };
}

function distributionPicture(rows: readonly SleepDistributionRow[]): Picture | null {
  const all = rows.reduce((sum, row) => sum + row.count, 0);
  if (all === 0) return null;
  const bounds = [...new Set(rows.map(row => row.lower_seconds))].sort((a, b) => a - b);
  const columnsOf = (group: readonly SleepDistributionRow[]) =>
    bounds.map(lower => ({
      from: lower === 0 ? '0' : duration(lower),
      value: group.reduce((sum, row) => (row.lower_seconds === lower ? sum + row.count : sum), 0),
    }));
  const most = columnsOf(rows).reduce((best, column) => (column.value > best.value ? column : best));
  const upper = rows.find(
    row => (row.lower_seconds === 0 ? '0' : duration(row.lower_seconds)) === most.from,
  )?.upper_seconds;
  const short = rows.reduce(
    (sum, row) => (row.upper_seconds !== null && row.upper_seconds <= 1 ? sum + row.count : sum),
    0,
  );
  const says =
    `Most sleeps, ${percent(most.value / all)} of ${count(all)}, lasted from ${most.from} to ${upper == null ? 'longer' : duration(upper)}; ` +
    `${percent(short / all)} were under a second.`;
  const options = { label: 'length of the sleep, from', unit: 'sleeps', color: CHIEF_STATES.sleeping.color };
  return { says, chart: pen => html`${eachChief(rows, group => drawColumns(pen, columnsOf(group), options))}` };
}

const ACTED = { label: 'acted', color: CHIEF_STATES.acting.color };
const FOUND_NOTHING = { label: 'found nothing to do', color: PALE };

function triggersPicture(rows: readonly WakeTriggerRow[]): Picture {
  const bars = rows.slice(0, 16).map((row): Bar => {
    const acted = Math.round(row.yield * row.wakes);
    const parts = [
      { value: acted, color: ACTED.color, title: `${ACTED.label}: ${count(acted)}` },
      {
        value: row.wakes - acted,
        color: FOUND_NOTHING.color,
        title: `${FOUND_NOTHING.label}: ${count(row.wakes - acted)}`,
      },
    ];
    const chief = byChief(rows).length === 1 ? '' : `${chiefName(row, rows)}: `;
    return {
      name: `${chief}${row.trigger}`,
      parts,
      figure: `${count(row.wakes)} (${percent(row.share)}), ${percent(row.yield)} acted`,
    };
  });
  const wakes = rows.reduce((sum, row) => sum + row.wakes, 0);
  const coalesced = rows.reduce((sum, row) => sum + row.coalesced_wakes, 0);
  const [first] = rows.toSorted((a, b) => b.wakes - a.wakes);
  const says =
    `${counted(wakes, 'wake')}, most of them by ${first?.trigger} (${count(first?.wakes)}, of which ${percent(first?.yield)} acted, ` +
    `${count(first?.actions_per_wake)} actions each on average). ${counted(coalesced, 'further wake')} came meanwhile and were answered by the same cycles.`;
  return { says, legend: [ACTED, FOUND_NOTHING], chart: pen => drawBars(pen, bars) };
}

function noopPicture(report: Report, rows: readonly NoopRateRow[]): Picture | null {
  const reactive = rows.filter(({ reactive_cycles }) => reactive_cycles > 0);
  if (reactive.length === 0) return null;
  const bars = reactive.slice(0, 12).map((row): Bar => {
    const share = row.noops / row.reactive_cycles;
    const parts = [
      { value: 1 - share, color: ACTED.color, title: `acted or failed: ${count(row.reactive_cycles - row.noops)}` },
      { value: share, color: FOUND_NOTHING.color, title: `noops: ${count(row.noops)}` },
    ];
    return { name: chiefName(row, rows), parts, figure: `${percent(row.noop_rate)} noops` };
  });
  const [streak] = rowsOf(report, 'noop_streaks').toSorted((a, b) => b.cycles - a.cycles);
  const longest =
    streak === undefined
      ? ''
      : ` The longest streak was of ${counted(streak.cycles, 'noop')} from ${instant(streak.started_at)} UTC.`;
  const sum = (of: (row: NoopRateRow) => number): number => reactive.reduce((all, row) => all + of(row), 0);
  const says =
    `${count(sum(row => row.noops))} of ${counted(
      sum(row => row.reactive_cycles),
      'reactive cycle',
    )} (woken by a worker or a change on the board) found nothing to do: ` +
    `${percent(sum(row => row.noops) / sum(row => row.reactive_cycles))}, ${duration(sum(row => row.noop_seconds))} of the Chief’s time.${longest}`;
  return { says, legend: [ACTED, FOUND_NOTHING], chart: pen => drawBars(pen, bars) };
}

/** How the Chief sleeps, wakes and spends its time. */
export function chiefPart(report: Report): Part {
  const none = 'No Chief has slept yet.';
  const shown: readonly Shown[] = [
    show(report, {
      title: 'Its time',
      analysis: 'sleep_study',
      also: ['cadence'],
      none: 'No Chief has run.',
      picture: rows => studyPicture(report, rows),
    }),
    show(report, { title: 'Its states over time', analysis: 'chief_series', none, picture: timelinePicture }),
    heatmapShown(report),
    show(report, { title: 'How long it sleeps', analysis: 'sleep_distribution', none, picture: distributionPicture }),
    show(report, {
      title: 'What wakes it',
      analysis: 'wake_triggers',
      none: 'No Chief has run.',
      picture: triggersPicture,
    }),
    show(report, {
      title: 'Woken for nothing',
      analysis: 'noop_rate',
      also: ['noop_streaks'],
      none: 'No cycle was reactive.',
      picture: rows => noopPicture(report, rows),
    }),
    ...cyclesShown(report),
  ];
  return {
    id: 'chief',
    title: 'The Chief’s sleep study',
    about:
      'The Chief sleeps until something wakes it, thinks, acts, and sleeps again. Two sleeps are right: all is dispatched, or there is nothing to do.',
    shown,
  };
}
