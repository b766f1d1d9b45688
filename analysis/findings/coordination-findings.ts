import type { BottleneckRow, DispatchFailureRow, InversionsRow, Report, WaitCausesRow } from '../analyses.ts';
import { counted, duration, instant, listed, percent } from '../format.ts';
import { type Finding, MIN_CASES, rowsOf } from './finding.ts';

/** Of the waiting in a stage, or of all elapsed time, what is worth a sentence. */
const NOTABLE_SHARE = 0.1;
/** A cause of so much of a stage's wait is the reason for it. */
const MAIN_SHARE = 0.5;
/** So much of the time asleep in failure, or so many times the grace in sum, is no accident. */
const FAILURE_SHARE = 0.001;
const FAILURE_GRACES = 5;

function dispatchFailure(row: DispatchFailureRow, report: Report): Finding | null {
  const isFailure =
    row.failure_seconds >= FAILURE_GRACES * row.grace_seconds || (row.failure_share ?? 0) >= FAILURE_SHARE;
  if (row.episodes === 0 || !isFailure) return null;
  const worst = rowsOf(report.dispatch_failure_episodes).find(
    ({ board_uid, chief_id }) => board_uid === row.board_uid && chief_id === row.chief_id,
  );
  const where =
    worst === undefined
      ? ''
      : ` The worst, from ${instant(worst.stranded_at)} for ${duration(worst.seconds)}: up to ${counted(worst.peak, 'task')} of ${listed(worst.capabilities)}.`;
  const sentence =
    `The Chief ${row.chief_id} slept ${duration(row.failure_seconds)} while work it could have dispatched waited and agents stood idle, ` +
    `in ${counted(row.episodes, 'episode')}: ${duration(row.stranded_task_seconds)} of tasks' time stood stranded.${where}`;
  return { code: 'dispatch_failure', severity: 'fault', sentence, analysis: 'dispatch_failure' };
}

/** The rows over all task types. */
function placesOf(report: Report): readonly WaitCausesRow[] {
  return rowsOf(report.wait_causes).filter(({ task_type }) => task_type === null);
}

function bottleneckOf(report: Report, { status, capability }: WaitCausesRow): BottleneckRow | undefined {
  return rowsOf(report.bottleneck).find(row => row.status === status && row.capability === capability);
}

function agentsOf(report: Report, capability: string | null): string {
  const row = rowsOf(report.resource_allocation).find(each => each.capability === capability);
  if (row === undefined) return '';
  return row.agents === 1 ? ` It has one agent.` : ` It has ${counted(row.agents, 'agent')}.`;
}

function contention(row: WaitCausesRow, report: Report): Finding | null {
  const score = bottleneckOf(report, row)?.score ?? 0;
  const share = row.contention_seconds / row.wait_seconds;
  if (row.capability === null || !(share >= MAIN_SHARE) || score < 100 * NOTABLE_SHARE) return null;
  const sentence =
    `Work waits in ${row.status} for ${row.capability}, whose agents are all busy: ${duration(row.contention_seconds)}, ${percent(share)} of the wait there, ` +
    `which is ${percent(score / 100)} of all elapsed time.${agentsOf(report, row.capability)}`;
  return { code: 'contention', severity: 'fault', sentence, analysis: 'wait_causes' };
}

function noCapableAgent(row: WaitCausesRow): Finding | null {
  if (row.capability === null || !(row.no_agent_seconds >= NOTABLE_SHARE * row.wait_seconds)) return null;
  if (row.no_agent_seconds === 0) return null;
  const sentence = `Nobody who can do ${row.capability} was there for ${duration(row.no_agent_seconds)} of the wait in ${row.status}: register an agent with that capability.`;
  return { code: 'no_capable_agent', severity: 'fault', sentence, analysis: 'wait_causes' };
}

function chiefLatency(row: WaitCausesRow, report: Report): Finding | null {
  const score = bottleneckOf(report, row)?.score ?? 0;
  if (!((row.chief_share ?? 0) >= MAIN_SHARE) || score < 100 * NOTABLE_SHARE) return null;
  const chief = row.chief_cycle_seconds + row.chief_sleep_seconds;
  const part = row.chief_sleep_seconds >= row.chief_cycle_seconds ? 'asleep' : 'in its cycles';
  const sentence = `Work waits in ${row.status}${row.capability === null ? '' : ` for ${row.capability}`} for the Chief, while an agent that could do it is idle: ${duration(chief)}, most of it with the Chief ${part}.`;
  return { code: 'chief_latency', severity: 'notice', sentence, analysis: 'wait_causes' };
}

function inversion(row: InversionsRow): Finding | null {
  if (row.inversions < MIN_CASES || row.inversion_share < NOTABLE_SHARE) return null;
  const sentence = `In ${row.status} ${counted(row.inversions, 'task')} (${percent(row.inversion_share)}) were passed over by lower-ranked ones for ${row.capability}, and waited ${duration(row.inversion_seconds)} more, such as ${listed(row.worst_task_ids)}.`;
  return { code: 'inversion', severity: 'notice', sentence, analysis: 'inversions' };
}

/** Why work waited, where that stands out. */
export function coordinationFindings(report: Report): readonly (Finding | null)[] {
  const places = placesOf(report);
  return [
    ...rowsOf(report.dispatch_failure).map(row => dispatchFailure(row, report)),
    ...places.map(noCapableAgent),
    ...places.map(row => contention(row, report)),
    ...places.map(row => chiefLatency(row, report)),
    ...rowsOf(report.inversions).map(inversion),
  ];
}
