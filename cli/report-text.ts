import type { AnalysisResult, Report } from '../analysis/index.ts';
import { percent, print, printable, seconds, table } from './output.ts';

/** A column of a printed analysis: its head, and the cell of a row. */
type Column<Row> = readonly [head: string, cell: (row: Row) => unknown];

/** One analysis as text: its title, and its rows, or why there are none. */
function section<Row>(title: string, result: AnalysisResult<Row>, columns: readonly Column<Row>[]): string {
  const head = `\n${title}\n`;
  if (!result.available) return `${head}  ${result.reason}`;
  if (result.rows.length === 0) return `${head}  none`;
  const rows = result.rows.map(row => columns.map(([, cell]) => cell(row)));
  return (
    head +
    table(
      columns.map(([name]) => name),
      rows,
    )
  );
}

/** Rows of the bottleneck table that a terminal shows. */
const TOP = 10;

function top<Row>(result: AnalysisResult<Row>, most: number = TOP): AnalysisResult<Row> {
  return result.available ? { ...result, rows: result.rows.slice(0, most) } : result;
}

/** What the table comes to, in a sentence: which stage holds the work up, or that none does. */
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
      ['', row => (row.is_bottleneck ? '◀ bottleneck' : '')],
    ],
  );
  return rows + bottleneckVerdict(report);
}

/** How the Chief sleeps, why it wakes, and how often for nothing. */
export function sleepText(report: Pick<Report, 'sleep_study' | 'noop_rate' | 'wake_triggers'>): string {
  return [
    section('The Chief’s sleep', report.sleep_study, [
      ['chief', row => row.chief_id],
      ['cycles', row => row.cycles],
      ['sleeps', row => row.sleeps],
      ['p5', row => seconds(row.p5_seconds)],
      ['p50', row => seconds(row.p50_seconds)],
      ['p95', row => seconds(row.p95_seconds)],
      ['max', row => seconds(row.max_seconds)],
      ['under 1 s', row => percent(row.short_share)],
      ['burstiness', row => row.burstiness?.toFixed(2)],
      ['asleep', row => percent(row.dormancy)],
    ]),
    section('Noops: reactive cycles that found nothing to do', report.noop_rate, [
      ['chief', row => row.chief_id],
      ['reactive', row => row.reactive_cycles],
      ['noops', row => row.noops],
      ['rate', row => percent(row.noop_rate)],
      ['longest streak', row => row.longest_streak],
      ['their time', row => seconds(row.noop_seconds)],
    ]),
    section('What wakes it', report.wake_triggers, [
      ['trigger', row => row.trigger],
      ['wakes', row => row.wakes],
      ['share', row => percent(row.share)],
      ['actions a wake', row => row.actions_per_wake?.toFixed(2)],
      ['yield', row => percent(row.yield)],
      ['coalesced', row => row.coalesced_wakes],
    ]),
  ].join('\n');
}

/** A report for a terminal. */
export async function printReport(report: Report): Promise<void> {
  await print(
    [
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
      ]),
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
      bottleneckText(report),
      section('Variants', top(report.variants), [
        ['tasks', row => row.count],
        ['share', row => percent(row.share)],
        ['mean elapsed', row => seconds(row.mean_elapsed_seconds)],
        ['path', row => row.path],
      ]),
      sleepText(report),
    ]
      .join('\n')
      .trimStart(),
  );
}
