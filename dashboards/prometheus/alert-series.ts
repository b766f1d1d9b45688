import { WORKING_KINDS } from '../../board/core/statuses.ts';
import {
  CHIEF_CYCLE_DURATION,
  OMBUDSMAN_STALE,
  STAGE_DURATION,
  TASK_TRANSITIONS,
} from '../../exporters/prometheus/names.ts';
import { REVISIONS, reviewDecisions } from './review-decisions.ts';
import type { RecordingRule } from './rule.ts';
import type { ResolvedRules } from './rule-options.ts';
import type { RuleQueries } from './rule-queries.ts';

/** The stage kinds in which an agent works, as a matcher. */
export const WORKING: string = `stage_kind=~"${[...WORKING_KINDS].join('|')}"`;

/** What triggers a reactive cycle, as a matcher. */
export const REACTIVE = 'trigger=~"worker|board_event"';

/** The names of the series that alerts compare. */
export interface AlertSeriesNames {
  readonly stageP95: string;
  readonly stageVisits: string;
  readonly noops: string;
  readonly reactiveCycles: string;
  readonly stale: string;
  readonly workingVisits: string;
  readonly revisions: string;
  readonly decisions: string;
  readonly formerRevisions: string;
  readonly formerDecisions: string;
}

/** The names, which tell the windows. */
export function alertSeriesNames(rules: ResolvedRules): AlertSeriesNames {
  const { historyWindow, NoopRateHigh, StaleBurst, RevisionRateJump } = rules;
  const stages = `board_task_type_status:${STAGE_DURATION.name}`;
  const recent = `increase${RevisionRateJump.window}`;
  const former = `increase${historyWindow}_before_${RevisionRateJump.window}`;
  return {
    stageP95: `${stages}:p95_history${historyWindow}`,
    stageVisits: `${stages}_count:increase${historyWindow}`,
    noops: `board:quadro_chief_noops:increase${NoopRateHigh.window}`,
    reactiveCycles: `board:quadro_chief_reactive_cycles:increase${NoopRateHigh.window}`,
    stale: `board:quadro_ombudsman_stale:increase${StaleBurst.window}`,
    workingVisits: `board:quadro_task_working_visits:increase${StaleBurst.window}`,
    revisions: `board:quadro_task_revisions:${recent}`,
    decisions: `board:quadro_task_review_decisions:${recent}`,
    formerRevisions: `board:quadro_task_revisions:${former}`,
    formerDecisions: `board:quadro_task_review_decisions:${former}`,
  };
}

/** The series that alerts compare: exact counts, and the history of each stage. */
export function alertSeries(queries: RuleQueries, rules: ResolvedRules): readonly RecordingRule[] {
  const names = alertSeriesNames(rules);
  return [
    ...stageHistory(queries, rules, names),
    ...counts(queries, rules, names),
    ...revisions(queries, rules, names),
  ];
}

function stageHistory(
  queries: RuleQueries,
  { historyWindow }: ResolvedRules,
  { stageP95, stageVisits }: AlertSeriesNames,
): RecordingRule[] {
  const kept = ['task_type', 'status'];
  const visits = queries.grown(`${STAGE_DURATION.name}_count`, historyWindow);
  return [
    { record: stageP95, expr: queries.quantileOfHistory(0.95, STAGE_DURATION, kept, historyWindow) },
    { record: stageVisits, expr: queries.sum(STAGE_DURATION, kept, visits) },
  ];
}

function counts(
  queries: RuleQueries,
  { NoopRateHigh, StaleBurst }: ResolvedRules,
  names: AlertSeriesNames,
): RecordingRule[] {
  const cycles = `${CHIEF_CYCLE_DURATION.name}_count`;
  const ofCycles = (selector: string): string =>
    queries.sum(CHIEF_CYCLE_DURATION, [], queries.grown(selector, NoopRateHigh.window));
  const stale = queries.sum(OMBUDSMAN_STALE, [], queries.grown(OMBUDSMAN_STALE.name, StaleBurst.window));
  const visits = queries.grown(`${STAGE_DURATION.name}_count{${WORKING}}`, StaleBurst.window);
  const watched = (expr: string, window: string): string => `${expr}\nand ${queries.hasWatched(window)}`;
  return [
    { record: names.noops, expr: watched(ofCycles(`${cycles}{result="noop"}`), NoopRateHigh.window) },
    { record: names.reactiveCycles, expr: watched(ofCycles(`${cycles}{${REACTIVE}}`), NoopRateHigh.window) },
    { record: names.stale, expr: watched(stale, StaleBurst.window) },
    { record: names.workingVisits, expr: watched(queries.sum(STAGE_DURATION, [], visits), StaleBurst.window) },
  ];
}

function revisions(
  queries: RuleQueries,
  { historyWindow, RevisionRateJump: { window } }: ResolvedRules,
  names: AlertSeriesNames,
): RecordingRule[] {
  const sum = (expr: string): string => queries.sum(TASK_TRANSITIONS, [], expr);
  const recent = (selector: string): string => queries.grown(selector, window);
  const former = (selector: string): string => queries.grown(selector, historyWindow, window);
  const watched = `and ${queries.hasWatched(window)}`;
  return [
    { record: names.revisions, expr: `${sum(recent(REVISIONS))}\n${watched}` },
    { record: names.decisions, expr: `${sum(reviewDecisions(queries, recent))}\n${watched}` },
    { record: names.formerRevisions, expr: `${sum(former(REVISIONS))}\n${watched}` },
    { record: names.formerDecisions, expr: `${sum(reviewDecisions(queries, former))}\n${watched}` },
  ];
}
