import { EXPORTER_LAG, OMBUDSMAN_LAST_TICK, TASKS } from '../../exporters/prometheus/names.ts';
import { WORKING } from './alert-series.ts';
import { secondsOf } from './check-rules.ts';
import type { AlertRule } from './rule.ts';
import type { ResolvedRules } from './rule-options.ts';
import type { RuleQueries } from './rule-queries.ts';

/** The alerts about those who watch: the Ombudsman and the exporters. */
export function watchAlerts(queries: RuleQueries, rules: ResolvedRules): readonly AlertRule[] {
  return [ombudsmanSilent(queries, rules), exporterLag(queries, rules)];
}

/** Also where there never was a tick: agents at work that nobody looks after are the fault. */
function ombudsmanSilent(queries: RuleQueries, rules: ResolvedRules): AlertRule {
  const { silence, for: duration, severity } = rules.OmbudsmanSilent;
  const atWork = queries.sum(TASKS, [], queries.once(`${TASKS.name}{${WORKING}}`));
  return {
    alert: 'OmbudsmanSilent',
    expr: [
      `${atWork} > 0`,
      `unless time() - ${queries.once(OMBUDSMAN_LAST_TICK.name)} <= ${secondsOf(silence)}`,
      `and ${queries.isCaughtUp()}`,
    ].join('\n'),
    for: duration,
    severity,
    summary: 'Board {{ $labels.board }}: nobody looks whether {{ $value | humanize }} tasks are still worked on',
    description:
      `{{ $value | humanize }} tasks are with agents, and no tick of the Ombudsman has ended within the last ${silence}: ` +
      'a worker that dies now is not found.',
    runbook: 'Start the Ombudsman again; a board that shall have none leaves this alert out (option leaveOut).',
  };
}

function exporterLag(queries: RuleQueries, rules: ResolvedRules): AlertRule {
  const { events, growingFrom, window, for: duration, severity } = rules.ExporterLag;
  const { name } = EXPORTER_LAG;
  // An exporter that has only just begun is no case yet: it must have been there as the window began.
  const neverBelow = (limit: number): string =>
    `min_over_time(${name}[${window}]) >= ${limit} and ${name} offset ${window}`;
  return {
    alert: 'ExporterLag',
    expr: [
      queries.once(neverBelow(events)),
      'or',
      queries.once(`${neverBelow(growingFrom)} and deriv(${name}[${window}]) > 0`),
    ].join('\n'),
    for: duration,
    severity,
    summary: 'Board {{ $labels.board }}: the exporter of {{ $labels.signal }} is {{ $value | humanize }} events behind',
    description:
      `In the last ${window} the exporter of {{ $labels.signal }} was never less than {{ $value | humanize }} events behind the ` +
      `end of the log; that is ${events} or more, or it is growing.`,
    runbook:
      'The board is not touched by it. See whether the receiver answers, and whether the exporter has a place to save to.',
  };
}
