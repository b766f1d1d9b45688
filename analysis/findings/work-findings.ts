import type { Report, StaleRow } from '../analyses.ts';
import { counted, duration, percent } from '../format.ts';
import { type Finding, MIN_CASES, rowsOf } from './finding.ts';

const STALE_RATE = 0.01;
/** One agent or status with so much of the stale work is where to look. */
const CONCENTRATED = 0.5;
const FALSE_STALE_SHARE = 0.1;
const REVISION_RATE = 0.25;
const FAILURE_SHARE = 0.1;
/** A time-out so many times the suggested one finds dead work that much later than it could. */
const LONG_TIMEOUT = 3;

function topOf(rows: readonly StaleRow[], dimension: StaleRow['dimension']): StaleRow | undefined {
  const counted = rows.filter(row => row.dimension === dimension && row.key !== null && row.stale > 0);
  return counted.toSorted((a, b) => b.stale - a.stale)[0];
}

function staleWork(report: Report): readonly (Finding | null)[] {
  const rows = rowsOf(report.stale);
  const all = rows.find(({ dimension }) => dimension === 'all');
  if (all === undefined || all.stale === 0 || (all.stale_rate ?? 0) < STALE_RATE) return [];
  const [status, agent] = [topOf(rows, 'status'), topOf(rows, 'agent')];
  const who =
    agent !== undefined && (agent.stale_share ?? 0) >= CONCENTRATED
      ? ` ${agent.key} held ${counted(agent.stale, 'of them', 'of them')} (${percent(agent.stale_share)}).`
      : '';
  const where = status === undefined ? '' : `, most in ${status.key}`;
  const sentence =
    `The worker fell silent in ${counted(all.stale, 'attempt')} of ${all.attempts} (${percent(all.stale_rate)})${where}: ${duration(all.lost_seconds)} lost, ` +
    `found ${duration(all.detection_p50_seconds)} after the last sign of life (median).${who}`;
  const stale: Finding = { code: 'stale_work', severity: 'fault', sentence, analysis: 'stale' };
  return [stale, falseStale(all)];
}

function falseStale(all: StaleRow): Finding | null {
  if (all.false_stale === 0 || (all.false_stale_share ?? 0) < FALSE_STALE_SHARE) return null;
  const sentence = `${counted(all.false_stale, 'attempt')} of the ${all.stale} found stale (${percent(all.false_stale_share)}) showed a sign of life afterwards: the time-out is too short, or workers beat too seldom.`;
  return { code: 'false_stale', severity: 'fault', sentence, analysis: 'stale' };
}

/** The kind of work with most stale attempts among those whose time-out is far too long; the others are counted. */
function timeouts(report: Report): Finding | null {
  const [first, ...others] = rowsOf(report.timeout_advisor)
    .filter(({ suggested_timeout_seconds: suggested, detection_p50_seconds: detection }) => {
      return suggested !== null && detection !== null && detection >= LONG_TIMEOUT * suggested;
    })
    .toSorted((a, b) => b.stale - a.stale);
  if (first === undefined) return null;
  const more = others.length === 0 ? '' : ` So it is with ${counted(others.length, 'other kind')} of work.`;
  const sentence = `Dead work on ${first.task_type} in ${first.status} is found after ${duration(first.detection_p50_seconds)}; a time-out of ${duration(first.suggested_timeout_seconds)} would have taken ${percent(first.suggested_false_stale_rate)} of the living for dead.${more}`;
  return { code: 'timeout_too_long', severity: 'notice', sentence, analysis: 'timeout_advisor' };
}

function revisions(report: Report): readonly (Finding | null)[] {
  const all = rowsOf(report.revisions_by_type).find(({ task_type }) => task_type === null);
  if (all === undefined || (all.decisions ?? 0) < MIN_CASES || (all.revision_rate ?? 0) < REVISION_RATE) return [];
  const [edge] = rowsOf(report.edges)
    .filter(({ edge }) => edge === 'revision')
    .toSorted((a, b) => b.count - a.count);
  const from = edge === undefined ? '' : `, from ${edge.from_status} back to ${edge.to_status}`;
  const sentence = `Reviews send work back ${percent(all.revision_rate)} of the time (${all.revisions} of ${all.decisions} decisions)${from}: rework takes ${percent(all.rework_share)} of the elapsed time.`;
  const finding: Finding = { code: 'revisions', severity: 'fault', sentence, analysis: 'revisions_by_type' };
  return [finding, strictReviewer(report, all.revision_rate ?? 0)];
}

/** A reviewer who sends back much more than the others do together. */
function strictReviewer(report: Report, rate: number): Finding | null {
  const reviewers = rowsOf(report.revisions_by_agent).filter(
    ({ role, decisions, agent_id }) => role === 'reviewer' && decisions >= MIN_CASES && agent_id !== null,
  );
  const [first] = reviewers.toSorted((a, b) => (b.revision_rate ?? 0) - (a.revision_rate ?? 0));
  if (first === undefined || reviewers.length < 2 || (first.revision_rate ?? 0) < 1.5 * rate) return null;
  const sentence = `${first.agent_id} sends back ${percent(first.revision_rate)} of what it reviews (${first.revisions} of ${first.decisions}), all reviewers together ${percent(rate)}.`;
  return { code: 'strict_reviewer', severity: 'notice', sentence, analysis: 'revisions_by_agent' };
}

function failures(report: Report): Finding | null {
  const [summary] = rowsOf(report.log_summary);
  const failed = rowsOf(report.tasks_by_status).find(({ status }) => status === 'HUMAN_REVIEW');
  if (summary === undefined || failed === undefined || summary.finished_tasks < MIN_CASES) return null;
  const share = failed.count / summary.finished_tasks;
  if (share < FAILURE_SHARE) return null;
  const sentence = `${counted(failed.count, 'task')} stand in HUMAN_REVIEW, ${percent(share)} of those that finished: a person has to look at them.`;
  return { code: 'failures', severity: 'notice', sentence, analysis: 'tasks_by_status' };
}

function ageing(report: Report): Finding | null {
  const late = rowsOf(report.ageing_summary).filter(({ past_p95 }) => past_p95 > 0);
  const [worst] = late.toSorted((a, b) => b.past_p95 - a.past_p95);
  if (worst === undefined) return null;
  const tasks = late.reduce((sum, { past_p95 }) => sum + past_p95, 0);
  const sentence = `${counted(tasks, 'open task')} ${tasks === 1 ? 'is' : 'are'} older than 95 % of what came through the same stage, most in ${worst.status} (${worst.task_type}): the oldest there has waited ${duration(worst.oldest_seconds)}.`;
  return { code: 'ageing_tasks', severity: 'notice', sentence, analysis: 'ageing_summary' };
}

function rerunCost(report: Report): Finding | null {
  const all = rowsOf(report.cost_by_stage).find(({ stage }) => stage === null);
  const [cost, rerun] = [all?.cost_usd ?? 0, all?.rerun_cost_usd ?? 0];
  if (cost === 0 || rerun < FAILURE_SHARE * cost) return null;
  const sentence = `${percent(rerun / cost)} of the cost (${rerun.toFixed(2)} of ${cost.toFixed(2)} USD) went into work done again.`;
  return { code: 'rerun_cost', severity: 'notice', sentence, analysis: 'cost_by_stage' };
}

/** What stands out in the work itself: what died, came back, failed, grew old, cost twice. */
export function workFindings(report: Report): readonly (Finding | null)[] {
  return [
    ...staleWork(report),
    timeouts(report),
    ...revisions(report),
    failures(report),
    ageing(report),
    rerunCost(report),
  ];
}
