import { OLDEST_ENTERED } from '../../exporters/prometheus/names.ts';
import type { AlertSeriesNames } from './alert-series.ts';
import { percent } from './chief-alerts.ts';
import type { AlertRule } from './rule.ts';
import type { ResolvedRules } from './rule-options.ts';
import type { RuleQueries } from './rule-queries.ts';

/** The alerts about how tasks move. */
export function taskAlerts(queries: RuleQueries, rules: ResolvedRules, names: AlertSeriesNames): readonly AlertRule[] {
  return [stageAgeing(queries, rules, names), staleBurst(rules, names), revisionRateJump(rules, names)];
}

function stageAgeing(queries: RuleQueries, rules: ResolvedRules, names: AlertSeriesNames): AlertRule {
  const { factor, visits, for: duration, severity } = rules.StageAgeingPastP95;
  return {
    alert: 'StageAgeingPastP95',
    expr: [
      `time() - ${queries.once(OLDEST_ENTERED.name)} > ${factor} * ${names.stageP95}`,
      `and ${names.stageVisits} >= ${visits}`,
    ].join('\n'),
    for: duration,
    severity,
    summary:
      'Board {{ $labels.board }}: the oldest {{ $labels.task_type }} in {{ $labels.status }} is there for {{ $value | humanizeDuration }}',
    description:
      `The oldest {{ $labels.task_type }} in {{ $labels.status }} has been there for {{ $value | humanizeDuration }}, more than ` +
      `${factor === 1 ? '' : `${factor} times `}what 95% of the visits in the last ${rules.historyWindow} took.`,
    runbook: 'Find the task (quadro sql, or its trace), and see whether its agent works or its queue has nobody.',
  };
}

function staleBurst(rules: ResolvedRules, { stale, workingVisits }: AlertSeriesNames): AlertRule {
  const { count, share, window, for: duration, severity } = rules.StaleBurst;
  return {
    alert: 'StaleBurst',
    expr: `${stale} >= ${count}\nand ${stale} >= ${share} * ${workingVisits}`,
    for: duration,
    severity,
    summary: 'Board {{ $labels.board }}: {{ $value | humanize }} stages lost their worker',
    description:
      `The Ombudsman ended {{ $value | humanize }} stages in ${window} for want of a sign of life, at least ` +
      `${percent(share)} of all visits to working stages that ended.`,
    runbook:
      'Several workers fell silent at once: look at the machine or the model they share before the tasks go out again.',
  };
}

function revisionRateJump(rules: ResolvedRules, names: AlertSeriesNames): AlertRule {
  const { factor, rise, decisions, historyDecisions, window, for: duration, severity } = rules.RevisionRateJump;
  const recent = `${names.revisions} / ${names.decisions}`;
  const former = `${names.formerRevisions} / ${names.formerDecisions}`;
  return {
    alert: 'RevisionRateJump',
    expr: [
      `${recent} > ${factor} * (${former})`,
      `and ${recent} - ${former} > ${rise}`,
      `and ${names.decisions} >= ${decisions}`,
      `and ${names.formerDecisions} >= ${historyDecisions}`,
    ].join('\n'),
    for: duration,
    severity,
    summary: 'Board {{ $labels.board }}: {{ $value | humanizePercentage }} of review decisions are revisions',
    description:
      `In the last ${window} reviewers sent {{ $value | humanizePercentage }} back, more than ${factor} times what they did in ` +
      `the ${rules.historyWindow} before, and at least ${percent(rise)} of all decisions more.`,
    runbook:
      'See whose work comes back and since when (quadro report): a new model, prompt or reviewer is the usual cause.',
  };
}
