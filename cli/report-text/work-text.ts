import type { Report } from '../../analysis/index.ts';
import { percent, seconds } from '../output.ts';
import { bar, sparkline } from './bars.ts';
import { section, top, unlessEmpty, where } from './section.ts';

const SPARK_WIDTH = 60;

function flowText({ flow_series: series, littles_law }: Report): string[] {
  if (!series.available || series.rows.length < 2) return [];
  const { rows } = series;
  const [first] = rows;
  const line = (name: string, values: readonly number[]): string =>
    `  ${name.padEnd(11)}${sparkline(values, SPARK_WIDTH)}  at most ${Math.max(...values)}`;
  return [
    `\nFlow, ${rows.length} stretches of ${seconds(first?.bucket_seconds)}`,
    line(
      'arrivals',
      rows.map(({ arrivals }) => arrivals),
    ),
    line(
      'departures',
      rows.map(({ departures }) => departures),
    ),
    line(
      'in work',
      rows.map(({ wip }) => wip),
    ),
    ...unlessEmpty(
      'Little’s law: L = λ·W where the window is stationary',
      where(littles_law, row => row.board_uid === null),
      [
        ['L', row => row.mean_wip?.toFixed(2)],
        ['λ an hour', row => row.arrivals_per_hour?.toFixed(1)],
        ['W', row => seconds(row.mean_elapsed_seconds)],
        ['gap', row => percent(row.gap)],
        ['', row => (row.is_stationary === false ? 'not stationary' : '')],
      ],
    ),
  ];
}

/** What is in the log, how long things took, and where the time went. */
export function timeText(report: Report): string[] {
  return [
    section('The log', report.log_summary, [
      ['tasks', row => row.tasks],
      ['finished', row => row.finished_tasks],
      ['events', row => row.events],
      ['heartbeats', row => row.heartbeats],
      ['from', row => row.first_event_at],
      ['to', row => row.last_event_at],
    ]),
    section('Elapsed: posted to first finish', report.elapsed, [
      ['type', row => row.task_type ?? 'all'],
      ['finished', row => row.finished],
      ['open', row => row.open],
      ['mean', row => seconds(row.mean_seconds)],
      ['p50', row => seconds(row.p50_seconds)],
      ['p95', row => seconds(row.p95_seconds)],
      ['max', row => seconds(row.max_seconds)],
    ]),
    section('Where the time went', report.time_split, [
      ['type', row => row.task_type ?? 'all'],
      ['active', row => seconds(row.active_seconds)],
      ['wait', row => seconds(row.wait_seconds)],
      ['lost', row => seconds(row.lost_seconds)],
      ['blocked', row => seconds(row.blocked_seconds)],
      ['flow efficiency', row => percent(row.flow_efficiency)],
      ['', row => bar(row.flow_efficiency, 16)],
    ]),
    ...flowText(report),
    section('Dwell by status', report.dwell_by_status, [
      ['status', row => row.status],
      ['visits', row => row.count],
      ['open', row => row.open],
      ['mean', row => seconds(row.mean_seconds)],
      ['p50', row => seconds(row.p50_seconds)],
      ['p95', row => seconds(row.p95_seconds)],
      ['max', row => seconds(row.max_seconds)],
    ]),
    section('Revisions', report.revisions_by_type, [
      ['type', row => row.task_type ?? 'all'],
      ['decisions', row => row.decisions],
      ['revisions', row => row.revisions],
      ['rate', row => percent(row.revision_rate)],
      ['first-pass yield', row => percent(row.first_pass_yield)],
      ['rework share', row => percent(row.rework_share)],
    ]),
  ];
}

/** What went wrong with work and who did it: stale work, agents, what grows old, what it cost. */
export function workText(report: Report): string[] {
  return [
    ...unlessEmpty('Stale work: the worker fell silent', top(where(report.stale, row => row.stale > 0)), [
      ['by', row => row.dimension],
      ['', row => row.key],
      ['attempts', row => row.attempts],
      ['stale', row => row.stale],
      ['rate', row => percent(row.stale_rate)],
      ['of its part of work', row => row.concentration?.toFixed(1)],
      ['lost', row => seconds(row.lost_seconds)],
      ['found after', row => seconds(row.detection_p50_seconds)],
      ['alive after all', row => row.false_stale],
    ]),
    ...unlessEmpty('Time-outs', top(where(report.timeout_advisor, row => row.suggested_timeout_seconds !== null)), [
      ['type', row => row.task_type],
      ['status', row => row.status],
      ['longest silence p99', row => seconds(row.silence_p99_seconds)],
      ['found now after', row => seconds(row.detection_p50_seconds)],
      ['suggested', row => seconds(row.suggested_timeout_seconds)],
      ['would take for dead', row => percent(row.suggested_false_stale_rate)],
    ]),
    ...unlessEmpty('Agents', top(where(report.agents_summary, row => row.attempts > 0)), [
      ['agent', row => row.agent_id],
      ['attempts', row => row.attempts],
      ['success', row => percent(row.success_rate)],
      ['stale', row => row.stale],
      ['sent back', row => percent(row.revision_rate)],
      ['active', row => seconds(row.active_seconds)],
      ['busy', row => percent(row.utilisation)],
      ['', row => bar(row.utilisation, 16)],
    ]),
    ...unlessEmpty(
      'Open tasks that are old for their stage',
      top(where(report.ageing, row => row.band === 'past_p95')),
      [
        ['task', row => row.task_id],
        ['status', row => row.status],
        ['age', row => seconds(row.age_seconds)],
        ['p95 there', row => seconds(row.p95_seconds)],
        [
          'still to go',
          row => (row.withheld === null ? seconds(row.remaining_p50_seconds) : row.withheld.replaceAll('_', ' ')),
        ],
      ],
    ),
    ...unlessEmpty('Cost', top(report.cost_by_stage), [
      ['stage', row => row.stage ?? 'all'],
      ['type', row => row.task_type],
      ['attempts', row => row.attempts],
      ['reruns', row => row.reruns],
      ['input tokens', row => row.input_tokens],
      ['output tokens', row => row.output_tokens],
      ['USD', row => row.cost_usd?.toFixed(4)],
    ]),
    section('Variants', top(report.variants), [
      ['tasks', row => row.count],
      ['share', row => percent(row.share)],
      ['mean elapsed', row => seconds(row.mean_elapsed_seconds)],
      ['path', row => row.path],
    ]),
    ...unlessEmpty(
      'Off the lifecycle',
      where(report.conformance, row => row.count > 0 && row.kind !== 'ended_non_terminal'),
      [
        ['what', row => row.kind.replaceAll('_', ' ')],
        ['profile', row => row.profile],
        ['from', row => row.from_status],
        ['to', row => row.to_status],
        ['count', row => row.count],
        ['such as', row => row.example_task_id],
      ],
    ),
  ];
}
