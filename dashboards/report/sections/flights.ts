import { count, counted, duration, times } from '../../../analysis/format.ts';
import type { FlightLanesRow, Report } from '../../../analysis/index.ts';
import { drawLanes, type Lane, type Stretch } from '../charts/lanes.ts';
import { html } from '../html.ts';
import { huesOf, TIME_KINDS, type TimeKind } from '../palette.ts';
import { type Part, type Picture, show } from '../shown.ts';

const GROUPS = [
  ['slowest', 'The slowest'],
  ['most_revised', 'The most revised'],
] as const;

function stretchesOf(row: FlightLanesRow): Stretch[] {
  const visit = row.visit === null || row.visit === 1 ? '' : `, visit ${row.visit}`;
  const who = row.assigned_to === null ? '' : `, ${row.assigned_to}`;
  const title = `${row.status} (${TIME_KINDS[row.stage_kind].label}${visit}): ${duration(row.dwell_seconds)}${who}`;
  const from = row.start_seconds;
  const [to, lostFrom] = [from + row.dwell_seconds, from + row.dwell_seconds - row.lost_seconds];
  if (row.lost_seconds === 0) return [{ from, to, color: TIME_KINDS[row.stage_kind].color, title }];
  return [
    { from, to: lostFrom, color: TIME_KINDS[row.stage_kind].color, title },
    {
      from: lostFrom,
      to,
      color: TIME_KINDS.lost.color,
      title: `${row.status}: ${duration(row.lost_seconds)} without a sign of life${who}`,
    },
  ];
}

/** Where a task has come to its end nothing goes on, however long the log does. */
function isDrawn({ stage_kind, exited_at }: FlightLanesRow): boolean {
  return stage_kind !== 'terminal' && (stage_kind !== 'blocked' || exited_at !== null);
}

function laneOf(rows: readonly FlightLanesRow[]): Lane | null {
  const [first] = rows;
  if (first === undefined) return null;
  const { task_id, label, elapsed_seconds, revisions, stale_count } = first;
  const facts = [
    elapsed_seconds === null ? 'not finished' : duration(elapsed_seconds),
    ...(revisions > 0 ? [counted(revisions, 'revision')] : []),
    ...(stale_count > 0 ? [`${times(stale_count)} stale`] : []),
  ];
  const stretches = rows.filter(isDrawn).flatMap(stretchesOf);
  return { name: label === null ? task_id : `${label} (${task_id})`, figure: facts.join(', '), stretches };
}

/** Where most of a task's time went, in words. */
function longestStage(rows: readonly FlightLanesRow[]): string {
  const sums = new Map<string, number>();
  for (const row of rows.filter(isDrawn)) sums.set(row.status, (sums.get(row.status) ?? 0) + row.dwell_seconds);
  const [most] = [...sums].sort(([, a], [, b]) => b - a);
  return most === undefined ? '' : `, ${duration(most[1])} of it in ${most[0]}`;
}

function lanesPicture(rows: readonly FlightLanesRow[]): Picture {
  const tasks = Map.groupBy(rows, ({ chosen_as, rank }) => `${chosen_as} ${rank}`);
  const groupOf = (wanted: string): (readonly FlightLanesRow[])[] =>
    [...tasks.values()].filter(([first]) => first?.chosen_as === wanted);
  const kinds = new Set<TimeKind>(
    rows.filter(isDrawn).flatMap(row => (row.lost_seconds > 0 ? [row.stage_kind, 'lost'] : [row.stage_kind])),
  );
  const [slow = []] = groupOf('slowest');
  const [revised = []] = groupOf('most_revised');
  const named = ({ label, task_id }: FlightLanesRow): string => (label === null ? task_id : `“${label}” (${task_id})`);
  const slowText =
    slow[0] === undefined
      ? 'No task has finished.'
      : `The slowest task, ${named(slow[0])}, took ${duration(slow[0].elapsed_seconds)}${longestStage(slow)}.`;
  const revisedText =
    revised[0] === undefined
      ? ' No task was sent back.'
      : ` The most revised, ${named(revised[0])}, was sent back ${times(revised[0].revisions)}.`;
  const label = 'time since the task was posted';
  return {
    says: slowText + revisedText,
    legend: huesOf(TIME_KINDS, kinds),
    chart: pen =>
      html`${GROUPS.map(([wanted, title]) => {
        const lanes = groupOf(wanted)
          .map(laneOf)
          .filter(lane => lane !== null);
        return lanes.length === 0
          ? null
          : html`<p class="group">${title} ${count(lanes.length)}</p>${drawLanes(pen, lanes, label)}`;
      })}`,
  };
}

/** Flight plans of the tasks worth a look. */
export function flightsPart(report: Report): Part {
  return {
    id: 'flights',
    title: 'Flight plans',
    about: html`Single tasks from their post to their finish. <code>quadro flight SOURCE TASK_ID</code> tells one with its notes and output.`,
    shown: [
      show(report, {
        title: 'The slowest and the most revised',
        analysis: 'flight_lanes',
        also: ['flight_plans'],
        none: 'No task has finished, and none was sent back.',
        picture: lanesPicture,
      }),
    ],
  };
}
