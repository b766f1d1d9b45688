import { CHIEF_LAST_WAKE, CHIEF_STATE, DISPATCH_STRANDED, TASK_TRANSITIONS } from '../../exporters/prometheus/names.ts';
import type { AlertSeriesNames } from './alert-series.ts';
import { secondsOf } from './check-rules.ts';
import type { AlertRule } from './rule.ts';
import type { ResolvedRules } from './rule-options.ts';
import type { RuleQueries } from './rule-queries.ts';

/** The alerts about the Chief. */
export function chiefAlerts(queries: RuleQueries, rules: ResolvedRules, names: AlertSeriesNames): readonly AlertRule[] {
  return [asleepWithStrandedWork(queries, rules), notWaking(queries, rules), noopRateHigh(rules, names)];
}

/** Where no Chief says that it sleeps, it thinks or acts; where none says anything, none is awake. */
function asleepWithStrandedWork(queries: RuleQueries, rules: ResolvedRules): AlertRule {
  const { tasks, for: duration, severity } = rules.ChiefAsleepWithStrandedWork;
  const sleeping = queries.once(`${CHIEF_STATE.name}{state="sleeping"}`, CHIEF_STATE.labels);
  return {
    alert: 'ChiefAsleepWithStrandedWork',
    expr: `${queries.once(DISPATCH_STRANDED.name)} >= ${tasks}\nunless ignoring (capability) ${sleeping} == 0`,
    for: duration,
    severity,
    summary: 'Board {{ $labels.board }}: the Chief sleeps over work for {{ $labels.capability }}',
    description:
      `{{ $value | humanize }} tasks and as many idle agents with the capability {{ $labels.capability }} have waited for each ` +
      `other for ${duration}, and the Chief does not bring them together.`,
    runbook: "See whether the Chief's process runs and reaches the database; start it again, or wake it by hand.",
  };
}

/** An idle board has nothing to wake for: there must be steps that it has not seen, or work it could hand out. */
function notWaking(queries: RuleQueries, rules: ResolvedRules): AlertRule {
  const { silence, for: duration, severity } = rules.ChiefNotWaking;
  const steps = queries.sum(TASK_TRANSITIONS, [], queries.grown(TASK_TRANSITIONS.name, silence));
  const stranded = queries.sum(DISPATCH_STRANDED, [], queries.once(DISPATCH_STRANDED.name));
  return {
    alert: 'ChiefNotWaking',
    expr: [
      '(',
      `  ${steps} > 0 and ${queries.hasWatched(silence)}`,
      '  or',
      `  ${stranded} > 0`,
      ')',
      `unless time() - ${queries.once(CHIEF_LAST_WAKE.name)} <= ${secondsOf(silence)}`,
      `and ${queries.isCaughtUp()}`,
    ].join('\n'),
    for: duration,
    severity,
    summary: 'Board {{ $labels.board }}: the Chief does not wake',
    description:
      `{{ $value | humanize }} steps or waiting tasks have called for the Chief, and no cycle that began within the last ` +
      `${silence} has ended.`,
    runbook: 'No cycle leaves a row: start the Chief again; where its process runs, see what its policy waits for.',
  };
}

function noopRateHigh(rules: ResolvedRules, { noops, reactiveCycles }: AlertSeriesNames): AlertRule {
  const { share, cycles, window, for: duration, severity } = rules.NoopRateHigh;
  return {
    alert: 'NoopRateHigh',
    expr: `${noops} / ${reactiveCycles} > ${share}\nand ${reactiveCycles} >= ${cycles}`,
    for: duration,
    severity,
    summary: 'Board {{ $labels.board }}: {{ $value | humanizePercentage }} of what wakes the Chief needs nothing of it',
    description:
      `Of the cycles that a result or a commit woke in ${window}, {{ $value | humanizePercentage }} took no action; ` +
      `it should be at most ${percent(share)}.`,
    runbook:
      'See which agents are all busy, or who commits what the Chief cannot act on; each cycle costs a policy run.',
  };
}

/** A share as people read it. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(4))}%`;
}
