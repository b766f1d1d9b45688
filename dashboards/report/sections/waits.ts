import { count, counted, duration, instant, listed, percent } from '../../../analysis/format.ts';
import type {
  BottleneckRow,
  DispatchFailureEpisodesRow,
  DispatchFailureRow,
  InversionsRow,
  Report,
  ResourceAllocationRow,
  WaitCausesRow,
  WhatIfRow,
} from '../../../analysis/index.ts';
import { type Bar, drawBars } from '../charts/bars.ts';
import { drawEpisodes } from '../charts/episodes.ts';
import { FAULT, PLAIN, TIME_KINDS, WAIT_CAUSES } from '../palette.ts';
import { type Part, type Picture, rowsOf, show } from '../shown.ts';

const MOST_BARS = 12;
/** Capabilities that are named in a sentence. */
const MOST_NAMED = 3;

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
  const cause =
    first.main_cause == null
      ? ''
      : ` Mostly because ${WAIT_CAUSES[first.main_cause].because} (${percent(first.main_cause_share)} of the wait).`;
  const saved = (first.mean_elapsed_seconds ?? 0) - (first.mean_elapsed_if_p25_seconds ?? 0);
  const worth =
    saved > 0
      ? ` Were every wait there as short as its shortest quarter, a task would take ${duration(saved)} less.`
      : '';
  const says =
    `Waiting in ${placeOf(first)} is ${percent((first.score ?? 0) / 100)} of all the time that finished tasks took: ${verdict}. ` +
    `${count(first.arrivals)} came and ${count(first.departures)} left; its agents were busy ${percent(first.busy_share)} of the time.${cause}${worth}`;
  return { says, chart: pen => drawBars(pen, bars) };
}

const CAUSES = Object.entries(WAIT_CAUSES) as readonly [
  keyof typeof WAIT_CAUSES,
  (typeof WAIT_CAUSES)[keyof typeof WAIT_CAUSES],
][];

const secondsOf = (row: WaitCausesRow, cause: keyof typeof WAIT_CAUSES): number => row[`${cause}_seconds`];

function waitCausesPicture(rows: readonly WaitCausesRow[]): Picture | null {
  const places = rows.filter(({ task_type, wait_seconds }) => task_type === null && wait_seconds > 0);
  const longestFirst = places.toSorted((a, b) => b.wait_seconds - a.wait_seconds);
  const total = places.reduce((sum, { wait_seconds }) => sum + wait_seconds, 0);
  const [first] = longestFirst;
  if (first === undefined) return null;
  const bars = longestFirst.slice(0, MOST_BARS).map((row): Bar => {
    const parts = CAUSES.map(([cause, { label, color }]) => {
      const value = secondsOf(row, cause);
      return { value, color, title: `${label}: ${duration(value)}, ${percent(value / row.wait_seconds)}` };
    });
    return { name: placeOf(row), parts, figure: duration(row.wait_seconds) };
  });
  const sums = CAUSES.map(([cause, hue]) => ({
    hue,
    seconds: places.reduce((sum, row) => sum + secondsOf(row, cause), 0),
  }));
  const found = sums.filter(({ seconds }) => seconds > 0).toSorted((a, b) => b.seconds - a.seconds);
  const says =
    `Tasks waited ${duration(total)} together: ${listed(found.map(({ hue, seconds }) => `${percent(seconds / total)} because ${hue.because}`))}. ` +
    `The longest waits, ${duration(first.wait_seconds)} in all, were in ${placeOf(first)}.`;
  return {
    says,
    legend: sums.filter(({ seconds }) => seconds > 0).map(({ hue }) => hue),
    chart: pen => drawBars(pen, bars),
  };
}

const SCENARIOS: Readonly<Record<WhatIfRow['scenario'], string>> = {
  wait_at_p25: 'waits as short as the shortest quarter',
  no_contention: 'always a free agent',
  no_chief_latency: 'a Chief that dispatches at once',
};

function whatIfPicture(rows: readonly WhatIfRow[]): Picture | null {
  const worthwhile = rows
    .filter(({ saved_seconds }) => saved_seconds > 0)
    .toSorted((a, b) => b.saved_seconds - a.saved_seconds);
  const [first] = worthwhile;
  if (first === undefined) return null;
  const hues = {
    wait_at_p25: TIME_KINDS.wait.color,
    no_contention: WAIT_CAUSES.contention.color,
    no_chief_latency: WAIT_CAUSES.chief_sleep.color,
  };
  const bars = worthwhile.slice(0, MOST_BARS).map((row): Bar => {
    const parts = [{ value: row.saved_seconds, color: hues[row.scenario], title: SCENARIOS[row.scenario] }];
    return { name: placeOf(row), parts, figure: `−${duration(row.saved_seconds)} (${percent(row.saved_share)})` };
  });
  const says =
    `The one change worth most: in ${placeOf(first)}, ${SCENARIOS[first.scenario]}. A task would then take ${duration(first.mean_elapsed_if_seconds)} ` +
    `instead of ${duration(first.mean_elapsed_seconds)} on average, all else as it was.`;
  const seen = new Set(worthwhile.slice(0, MOST_BARS).map(({ scenario }) => scenario));
  const legend = [...seen].map(scenario => ({ label: SCENARIOS[scenario], color: hues[scenario] }));
  return { says, legend, chart: pen => drawBars(pen, bars) };
}

function allocationPicture(rows: readonly ResourceAllocationRow[]): Picture | null {
  const used = rows.filter(({ allocation }) => allocation !== null);
  const [shortest] = used.toSorted((a, b) => (a.allocation ?? 0) - (b.allocation ?? 0));
  if (shortest === undefined) return null;
  const bars = used.slice(0, MOST_BARS).map((row): Bar => {
    const all = row.busy_seconds + row.waiting_seconds;
    const parts = [
      {
        value: row.busy_seconds / all,
        color: TIME_KINDS.active.color,
        title: `agents worked ${duration(row.busy_seconds)}`,
      },
      {
        value: row.waiting_seconds / all,
        color: TIME_KINDS.wait.color,
        title: `tasks waited ${duration(row.waiting_seconds)}`,
      },
    ];
    return { name: row.capability, parts, figure: `${percent(row.allocation)}, ${counted(row.agents, 'agent')}` };
  });
  const says =
    `Scarcest is ${shortest.capability}, with ${counted(shortest.agents, 'agent')}: for ${duration(shortest.busy_seconds)} of its work tasks waited ` +
    `${duration(shortest.waiting_seconds)}.`;
  const legend = [
    { label: 'its agents worked', color: TIME_KINDS.active.color },
    { label: 'tasks waited for it', color: TIME_KINDS.wait.color },
  ];
  return { says, legend, chart: pen => drawBars(pen, bars) };
}

const ENDS: Readonly<Record<DispatchFailureEpisodesRow['ended_by'], string>> = {
  wake: 'the Chief woke',
  cleared: 'the work or the agents went away',
  draining: 'the Chief turned out to be draining',
  log_end: 'the log ended',
};

function failurePicture(report: Report, rows: readonly DispatchFailureRow[]): Picture {
  const [summary] = rowsOf(report, 'log_summary');
  const episodes = rowsOf(report, 'dispatch_failure_episodes');
  const failed = rows.reduce((sum, row) => sum + row.failure_seconds, 0);
  const stranded = rows.reduce((sum, row) => sum + row.stranded_task_seconds, 0);
  const missed = rows.reduce((sum, row) => sum + row.missed_wakes, 0);
  const number = rows.reduce((sum, row) => sum + row.episodes, 0);
  const grace = duration(rows[0]?.grace_seconds);
  const missedText =
    missed === 0
      ? 'No wake was missed.'
      : `${counted(missed, 'event')} that should have woken it ${missed === 1 ? 'was' : 'were'} not seen within ${grace}.`;
  if (number === 0 || summary?.first_event_at == null || summary.last_event_at === null) {
    return {
      says: `At no time did a Chief sleep for longer than ${grace} while work and an idle agent waited for each other. ${missedText}`,
    };
  }
  const [worst] = episodes.toSorted((a, b) => b.stranded_task_seconds - a.stranded_task_seconds);
  const span = { from: summary.first_event_at, to: summary.last_event_at };
  const drawn = episodes.map(row => ({
    row: `${row.chief_id}: asleep while work and agents waited`,
    from: row.started_at,
    to: row.ended_at,
    color: FAULT,
    title: `${duration(row.seconds)} from ${instant(row.started_at)} UTC, up to ${counted(row.peak, 'task')} for ${listed(row.capabilities, MOST_NAMED)}, until ${ENDS[row.ended_by]}`,
  }));
  const worstText =
    worst === undefined
      ? ''
      : ` The worst lasted ${duration(worst.seconds)}, with up to ${counted(worst.peak, 'task')} for ${listed(worst.capabilities, MOST_NAMED)}, until ${ENDS[worst.ended_by]}.`;
  const says = `The Chief slept ${duration(failed)} in ${counted(number, 'episode')} although it could have dispatched: ${duration(stranded)} of task time stranded.${worstText}${number > episodes.length ? ` Drawn are the ${count(episodes.length)} worst.` : ''} ${missedText}`;
  return { says, chart: pen => drawEpisodes(pen, drawn, span) };
}

function inversionsPicture(rows: readonly InversionsRow[]): Picture | null {
  const [first] = rows.toSorted((a, b) => b.inversion_seconds - a.inversion_seconds);
  if (first === undefined) return null;
  const bars = rows.slice(0, MOST_BARS).map((row): Bar => {
    const parts = [
      { value: row.inversion_seconds, color: PLAIN, title: `${counted(row.inversions, 'wait')} passed over` },
    ];
    return {
      name: placeOf(row),
      parts,
      figure: `${duration(row.inversion_seconds)}, ${count(row.inversions)} of ${counted(row.waits, 'wait')}`,
    };
  });
  const says =
    `In ${placeOf(first)} a lower-ranked task went first in ${count(first.inversions)} of ${counted(first.waits, 'wait')}, which then went on for ` +
    `${duration(first.inversion_seconds)} in all; the longest, of ${first.worst_task_ids[0]}, for ${duration(first.max_seconds)}.`;
  return { says, chart: pen => drawBars(pen, bars) };
}

/** Why work waited. */
export function waitsPart(report: Report): Part {
  return {
    id: 'waits',
    title: 'Why work waited',
    about: 'Where tasks wait, what held them at every instant of it, and what a change would be worth.',
    shown: [
      show(report, {
        title: 'Bottlenecks',
        analysis: 'bottleneck',
        none: 'No finished task has waited.',
        picture: bottleneckPicture,
      }),
      show(report, {
        title: 'What held the tasks that waited',
        analysis: 'wait_causes',
        none: 'No task has waited.',
        picture: waitCausesPicture,
      }),
      show(report, {
        title: 'Asleep while work waited',
        analysis: 'dispatch_failure',
        also: ['dispatch_failure_episodes'],
        none: 'No Chief has run.',
        picture: rows => failurePicture(report, rows),
      }),
      show(report, {
        title: 'What one change would be worth',
        analysis: 'what_if',
        none: 'No change of one place would shorten the finished tasks.',
        picture: whatIfPicture,
      }),
      show(report, {
        title: 'Agents worked, tasks waited',
        analysis: 'resource_allocation',
        none: 'No agent has worked.',
        picture: allocationPicture,
      }),
      show(report, {
        title: 'Passed over',
        analysis: 'inversions',
        none: 'No task was passed over by one of lower rank.',
        picture: inversionsPicture,
      }),
    ],
  };
}
