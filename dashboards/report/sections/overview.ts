import { count, counted, duration, percent, period, rate } from '../../../analysis/format.ts';
import type { Report } from '../../../analysis/index.ts';
import { type Content, html, type Markup } from '../html.ts';
import type { ReportData } from '../report-data.ts';
import { rowsOf } from '../shown.ts';

/** A headline number. */
interface Headline {
  readonly label: string;
  readonly value: string;
  readonly note: string;
}

/** The row that stands for all task types. */
function ofAll<Row extends { task_type: string | null }>(rows: readonly Row[]): Row | undefined {
  return rows.find(({ task_type }) => task_type === null);
}

function taskHeadlines(report: Report): Headline[] {
  const [summary] = rowsOf(report, 'log_summary');
  const elapsed = ofAll(rowsOf(report, 'elapsed'));
  const split = ofAll(rowsOf(report, 'time_split'));
  const flow = ofAll(rowsOf(report, 'throughput'));
  const headlines: Headline[] = [];
  if (summary !== undefined) {
    const open = summary.tasks - summary.finished_tasks;
    headlines.push({
      label: 'Tasks finished',
      value: count(summary.finished_tasks),
      note: open === 0 ? 'all that were posted' : `of ${count(summary.tasks)} posted; ${count(open)} still open`,
    });
  }
  if (elapsed !== undefined && elapsed.finished > 0) {
    const note = `half of them; 95 % within ${duration(elapsed.p95_seconds)}`;
    headlines.push({ label: 'From post to finish', value: duration(elapsed.p50_seconds), note });
  }
  if (split !== undefined && split.flow_efficiency !== null) {
    const note = `of the time to finish; ${percent(split.wait_seconds / split.elapsed_seconds)} was waiting`;
    headlines.push({ label: 'Worked on', value: percent(split.flow_efficiency), note });
  }
  if (flow !== undefined && flow.departures_per_hour !== null) {
    headlines.push({
      label: 'Throughput',
      value: rate(flow.departures_per_hour),
      note: `finished; ${rate(flow.arrivals_per_hour)} posted; ${count(flow.mean_wip)} open on average`,
    });
  }
  return headlines;
}

function qualityHeadlines(report: Report): Headline[] {
  const revisions = ofAll(rowsOf(report, 'revisions_by_type'));
  const stale = rowsOf(report, 'stale').find(({ dimension }) => dimension === 'all');
  const headlines: Headline[] = [];
  if (revisions !== undefined && revisions.revision_rate !== null) {
    const note = `of ${counted(revisions.decisions ?? 0, 'review decision')}; ${percent(revisions.first_pass_yield)} of tasks pass at first`;
    headlines.push({ label: 'Sent back', value: percent(revisions.revision_rate), note });
  }
  if (stale !== undefined && stale.stale_rate !== null) {
    const note = `${count(stale.stale)} of ${counted(stale.attempts, 'attempt')}; ${duration(stale.lost_seconds)} lost`;
    headlines.push({ label: 'Workers gone silent', value: percent(stale.stale_rate), note });
  }
  return headlines;
}

function chiefHeadlines(report: Report): Headline[] {
  const noops = rowsOf(report, 'noop_rate');
  const reactive = noops.reduce((sum, row) => sum + row.reactive_cycles, 0);
  const headlines: Headline[] = [];
  if (reactive > 0) {
    const idle = noops.reduce((sum, row) => sum + row.noops, 0);
    headlines.push({
      label: 'Woken for nothing',
      value: percent(idle / reactive),
      note: `of ${counted(reactive, 'reactive wake')}`,
    });
  }
  return headlines;
}

function costHeadlines(report: Report): Headline[] {
  const all = rowsOf(report, 'cost_by_stage').find(({ stage }) => stage === null);
  if (all === undefined || all.cost_usd === null) return [];
  const note = all.cost_per_task_usd === null ? '' : `$${count(all.cost_per_task_usd)} a task`;
  return [{ label: 'Spent on models', value: `$${count(all.cost_usd)}`, note }];
}

/** The log in two sentences. */
function leadOf(report: Report): string {
  const elapsed = ofAll(rowsOf(report, 'elapsed'));
  const split = ofAll(rowsOf(report, 'time_split'));
  const [place] = rowsOf(report, 'bottleneck');
  if (elapsed === undefined || split === undefined || elapsed.finished === 0) return 'No task has finished yet.';
  const share = (seconds: number): string => percent(seconds / split.elapsed_seconds);
  const rest = [
    ...(split.lost_seconds > 0 ? [`${share(split.lost_seconds)} lost to workers that had gone silent`] : []),
    ...(split.blocked_seconds > 0 ? [`${share(split.blocked_seconds)} blocked on a person`] : []),
  ];
  const where =
    place === undefined || place.score === null || place.score === 0
      ? ''
      : ` Most of the waiting was in ${place.status}${place.capability === null ? '' : `, for ${place.capability}`}.`;
  const parts = [
    `${share(split.active_seconds)} of that time was work`,
    `${share(split.wait_seconds)} waiting`,
    ...rest,
  ];
  return (
    `Half of the ${counted(elapsed.finished, 'finished task')} took at most ${duration(elapsed.p50_seconds)} from post to finish; ` +
    `${parts.join(', ')}.${where}`
  );
}

function findingsMarkup({ findings }: ReportData): Markup {
  if (findings.length === 0) return html`<p>Nothing that the analyses would call a fault or take notice of.</p>`;
  const words = { fault: 'Fault', notice: 'Notice' } as const;
  const items = findings.map(
    ({ severity, sentence, analysis }) =>
      html`<li class="${severity}"><span class="severity">${words[severity]}</span><span>${sentence} <a href="#${analysis}">Look<span class="unseen"> at ${analysis}</span></a></span></li>`,
  );
  return html`<ul class="findings">${items}</ul>`;
}

/** What the page is about: the log's name, and from when to when. */
export function masthead({ name, report }: ReportData): Content {
  const [summary] = rowsOf(report, 'log_summary');
  const { first_event_at: from = null, last_event_at: to = null } = summary ?? {};
  const when = from === null || to === null ? 'an empty log' : period(from, to);
  const size =
    summary === undefined
      ? ''
      : `, ${counted(summary.events, 'event')} of ${counted(summary.tasks, 'task')}${summary.boards > 1 ? ` on ${summary.boards} boards` : ''}`;
  return html`<p class="eyebrow">Quadro report</p><h1>${name}</h1><p class="eyebrow">${when}${size}</p>`;
}

/** The headline numbers, and what stands out. */
export function overview(data: ReportData): Markup {
  const { report } = data;
  const headlines = [
    ...taskHeadlines(report),
    ...qualityHeadlines(report),
    ...chiefHeadlines(report),
    ...costHeadlines(report),
  ];
  const tiles = headlines.map(
    ({ label, value, note }) => html`<div><dt>${label}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`,
  );
  return html`<section class="part" id="overview" aria-labelledby="overview-title"><h2 id="overview-title">At a glance</h2>
<p class="lead">${leadOf(report)}</p>
<dl class="headline">${tiles}</dl></section>
<section class="part" id="findings" aria-labelledby="findings-title"><h2 id="findings-title">What stands out</h2>
${findingsMarkup(data)}</section>
`;
}
