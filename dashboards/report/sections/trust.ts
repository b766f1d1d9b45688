import { count, counted, duration, listed, percent } from '../../../analysis/format.ts';
import type {
  ConformanceKind,
  ConformanceRow,
  EventsByTypeRow,
  LogSummaryRow,
  Report,
  TasksByStatusRow,
} from '../../../analysis/index.ts';
import { type Bar, drawBars } from '../charts/bars.ts';
import { FAULT, PALE, PLAIN, TIME_KINDS } from '../palette.ts';
import { type Part, type Picture, rowsOf, show } from '../shown.ts';

interface KindWords {
  readonly one: string;
  readonly many: string;
  /** Whether it is a fault, or only worth knowing. */
  readonly isFault: boolean;
}

const KINDS: Readonly<Record<ConformanceKind, KindWords>> = {
  outside_profile: { one: 'step outside the profile', many: 'steps outside the profile', isFault: true },
  unknown_profile: {
    one: 'step under a profile that the log does not hold',
    many: 'steps under a profile that the log does not hold',
    isFault: false,
  },
  broken_link: { one: 'broken link of an import', many: 'broken links of an import', isFault: true },
  sequence_gap: { one: 'missing number', many: 'missing numbers', isFault: true },
  sequence_duplicate: { one: 'number given twice', many: 'numbers given twice', isFault: true },
  time_goes_back: { one: 'time that goes back', many: 'times that go back', isFault: true },
  ended_non_terminal: { one: 'task not finished', many: 'tasks not finished', isFault: false },
  unused_edge: { one: 'declared step never taken', many: 'declared steps never taken', isFault: false },
};

function conformancePicture(rows: readonly ConformanceRow[]): Picture {
  const groups = Map.groupBy(rows, ({ kind }) => kind);
  const sums = [...groups].map(([kind, group]) => {
    // An unused step has a count of 0: it is counted itself.
    const number = kind === 'unused_edge' ? group.length : group.reduce((sum, row) => sum + row.count, 0);
    return { ...KINDS[kind], number };
  });
  const faults = sums.filter(({ isFault, number }) => isFault && number > 0);
  const bars = sums.map(({ many, isFault, number }): Bar => {
    return {
      name: many,
      parts: [{ value: number, color: isFault ? FAULT : PALE, title: many }],
      figure: count(number),
    };
  });
  const rest = sums
    .filter(({ isFault, number }) => !isFault && number > 0)
    .map(({ one, many, number }) => counted(number, one, many));
  const verdict =
    faults.length === 0
      ? 'Every step that was taken is one its profile declares, no number is missing or given twice, and no time goes back.'
      : `The log is not as it should be: ${listed(faults.map(({ one, many, number }) => counted(number, one, many)))}.`;
  return {
    says: `${verdict}${rest.length === 0 ? '' : ` Besides: ${listed(rest)}.`}`,
    chart: pen => drawBars(pen, bars),
  };
}

function summaryPicture(report: Report, [summary]: readonly LogSummaryRow[]): Picture | null {
  if (summary === undefined || summary.events === 0) return null;
  const types = rowsOf(report, 'events_by_type');
  const bars = types.map(({ event_type, count: number }: EventsByTypeRow): Bar => {
    const figure = `${count(number)} (${percent(number / summary.events)})`;
    return { name: event_type, parts: [{ value: number, color: PLAIN, title: event_type }], figure };
  });
  const says =
    `${counted(summary.events, 'event')} over ${duration(summary.span_seconds)}: ${counted(summary.transitions, 'transition')} and ${counted(summary.heartbeats, 'heartbeat')} of ` +
    `${counted(summary.tasks, 'task')} on ${counted(summary.boards, 'board')}.`;
  return { says, chart: pen => drawBars(pen, bars) };
}

function statusPicture(rows: readonly TasksByStatusRow[]): Picture {
  const hues = [
    { label: 'open', color: TIME_KINDS.active.color },
    { label: 'finished', color: TIME_KINDS.terminal.color },
    { label: 'archived', color: PALE },
  ] as const;
  const bars = rows.slice(0, 16).map((row): Bar => {
    const parts = hues.map(({ label, color }) => ({
      value: row[label],
      color,
      title: `${label}: ${count(row[label])}`,
    }));
    return { name: row.status, parts, figure: count(row.count) };
  });
  const all = rows.reduce((sum, row) => sum + row.count, 0);
  const [first] = rows;
  const open = rows.reduce((sum, row) => sum + row.open, 0);
  const says = `${count(first?.count)} of ${counted(all, 'task')} are in ${first?.status}; ${open === 0 ? 'none is' : `${count(open)} are`} open.`;
  return { says, legend: hues, chart: pen => drawBars(pen, bars) };
}

/** What the log holds, and whether it is whole. */
export function trustPart(report: Report): Part {
  return {
    id: 'log',
    title: 'The log itself',
    about: 'What the figures above stand on, and whether it can be relied on.',
    shown: [
      show(report, {
        title: 'Is the log as it should be?',
        analysis: 'conformance',
        none: 'Every step is one that its profile declares, every declared step was taken, and every task has finished.',
        picture: conformancePicture,
      }),
      show(report, {
        title: 'What it holds',
        analysis: 'log_summary',
        also: ['events_by_type'],
        none: 'The log is empty.',
        picture: rows => summaryPicture(report, rows),
      }),
      show(report, {
        title: 'Where tasks stand',
        analysis: 'tasks_by_status',
        none: 'There is no task.',
        picture: statusPicture,
      }),
    ],
  };
}
