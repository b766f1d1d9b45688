import type { Report, WaitCausesRow } from '../../analysis/index.ts';
import { percent, printable, seconds } from '../output.ts';
import { stackedBar } from './bars.ts';
import { section, top, unlessEmpty, where } from './section.ts';

/** What the bottleneck table comes to, in a sentence: which stage holds the work up, or that none does. */
function bottleneckVerdict({ bottleneck }: Pick<Report, 'bottleneck'>): string {
  const [first] = bottleneck.available ? bottleneck.rows : [];
  if (first === undefined || first.score === null) return '';
  const who = first.capability === null ? '' : ` for ${first.capability}`;
  const most = `Most of the waiting is in ${first.status}${who}, ${first.score.toFixed(1)} of 100`;
  if (first.is_bottleneck) return `\n${printable(most)}: the bottleneck.`;
  return `\n${printable(most)}; it keeps up with what arrives, and its agents are not busy throughout.`;
}

/** The stages where waiting costs most. */
export function bottleneckText(report: Pick<Report, 'bottleneck'>): string {
  const rows = section(
    'Bottlenecks: where waiting costs most (score = 100 · its wait / all elapsed)',
    top(report.bottleneck),
    [
      ['status', row => row.status],
      ['capability', row => row.capability],
      ['score', row => row.score?.toFixed(1)],
      ['arrivals', row => row.arrivals],
      ['departures', row => row.departures],
      ['wait', row => seconds(row.wait_seconds)],
      ['p95 dwell', row => seconds(row.p95_seconds)],
      ['agents busy', row => percent(row.busy_share)],
      ['mostly', row => (row.main_cause === null ? '' : `${CAUSES[row.main_cause]} ${percent(row.main_cause_share)}`)],
      ['', row => (row.is_bottleneck ? '◀ bottleneck' : '')],
    ],
  );
  return rows + bottleneckVerdict(report);
}

const CAUSES = {
  draining: 'draining',
  no_agent: 'nobody can',
  contention: 'agents busy',
  chief_cycle: 'Chief in a cycle',
  chief_sleep: 'Chief asleep',
  other: 'other',
} as const;

/** A shade a cause, in the order of {@link CAUSES}. */
const SHADES = ['·', '×', '█', '▓', '▒', '░'] as const;

const BAR_WIDTH = 24;

function partsOf(row: WaitCausesRow): readonly number[] {
  const { draining_seconds, no_agent_seconds, contention_seconds, chief_cycle_seconds } = row;
  const parts = [draining_seconds, no_agent_seconds, contention_seconds, chief_cycle_seconds];
  return [...parts, row.chief_sleep_seconds, row.other_seconds];
}

function causesBar(row: WaitCausesRow): string {
  const shares = partsOf(row).map((part, index) => [SHADES[index] ?? '', part / row.wait_seconds] as const);
  return row.wait_seconds > 0 ? stackedBar(shares, BAR_WIDTH) : '';
}

/** Why work waited. */
function waitCausesText({ wait_causes }: Pick<Report, 'wait_causes'>): string {
  const all = top(where(wait_causes, ({ task_type, wait_seconds }) => task_type === null && wait_seconds > 0));
  const legend = Object.values(CAUSES).map((name, index) => `${SHADES[index]} ${name}`);
  const shown = section('Why work waited: the causes sum to the wait', all, [
    ['status', row => row.status],
    ['capability', row => row.capability],
    ['wait', row => seconds(row.wait_seconds)],
    ['agents busy', row => seconds(row.contention_seconds)],
    ['Chief asleep', row => seconds(row.chief_sleep_seconds)],
    ['in a cycle', row => seconds(row.chief_cycle_seconds)],
    ['nobody can', row => seconds(row.no_agent_seconds)],
    ['draining', row => seconds(row.draining_seconds)],
    ['other', row => seconds(row.other_seconds)],
    ['', causesBar],
  ]);
  return all.available && all.rows.length > 0 ? `${shown}\n  ${legend.join('   ')}` : shown;
}

/** Why work waited, and when the Chief slept although it should not have. */
export function coordinationText(report: Report): string[] {
  return [
    bottleneckText(report),
    waitCausesText(report),
    ...unlessEmpty(
      'Passed over: a lower-ranked task was given the agent first',
      top(where(report.inversions, row => row.inversions > 0)),
      [
        ['status', row => row.status],
        ['capability', row => row.capability],
        ['waits', row => row.waits],
        ['passed over', row => percent(row.inversion_share)],
        ['longer by', row => seconds(row.inversion_seconds)],
        ['such as', row => row.worst_task_ids.join(' ')],
      ],
    ),
    ...unlessEmpty(
      'What if: one change, all else as it was',
      top(
        where(report.what_if, row => row.saved_seconds > 0),
        5,
      ),
      [
        ['scenario', row => row.scenario.replaceAll('_', ' ')],
        ['status', row => row.status],
        ['capability', row => row.capability],
        ['mean elapsed', row => seconds(row.mean_elapsed_seconds)],
        ['would be', row => seconds(row.mean_elapsed_if_seconds)],
        ['saved', row => percent(row.saved_share)],
      ],
    ),
  ];
}

/** When the Chief slept while work and agents waited for each other. */
export function dispatchFailureText(report: Pick<Report, 'dispatch_failure' | 'dispatch_failure_episodes'>): string[] {
  return [
    section('Dispatch failure: the Chief asleep, work and agents waiting for each other', report.dispatch_failure, [
      ['chief', row => row.chief_id],
      ['grace', row => seconds(row.grace_seconds)],
      ['episodes', row => row.episodes],
      ['in failure', row => seconds(row.failure_seconds)],
      ['of its sleep', row => percent(row.failure_share)],
      ['longest', row => seconds(row.longest_seconds)],
      ['stranded task time', row => seconds(row.stranded_task_seconds)],
      ['missed wakes', row => row.missed_wakes],
    ]),
    ...unlessEmpty('Its worst episodes', top(report.dispatch_failure_episodes, 5), [
      ['from', row => row.stranded_at],
      ['failing for', row => seconds(row.seconds)],
      ['stranded task time', row => seconds(row.stranded_task_seconds)],
      ['peak', row => row.peak],
      ['capabilities', row => row.capabilities.join(' ')],
      [
        'ended by',
        row => (row.woken_by === null ? row.ended_by.replaceAll('_', ' ') : `${row.ended_by} (${row.woken_by})`),
      ],
    ]),
  ];
}
