import type { HistogramSpec } from '../../exporters/prometheus/metric-spec.ts';
import {
  CHIEF_CYCLE_DURATION,
  CHIEF_SLEEP_DURATION,
  COMMIT_DURATION,
  DISPATCH_FAILURE,
  HEARTBEAT_INTERVAL,
  OLDEST_ENTERED,
  OMBUDSMAN_STALE,
  OMBUDSMAN_TICK_DURATION,
  STAGE_DURATION,
  STALE_DETECTION,
  TASK_DURATION,
  TASK_TRANSITIONS,
} from '../../exporters/prometheus/names.ts';
import { alertSeries, REACTIVE } from './alert-series.ts';
import { REVISIONS, reviewDecisions } from './review-decisions.ts';
import type { RecordingRule } from './rule.ts';
import type { ResolvedRules } from './rule-options.ts';
import type { RuleQueries } from './rule-queries.ts';

/** Rules that are evaluated one after the other. */
export interface RecordingGroup {
  readonly name: string;
  readonly rules: readonly RecordingRule[];
}

/** A counter's name in the name of a rule that takes its rate. */
function untotalled(name: string): string {
  return name.replace(/_total$/, '');
}

/** Recording rules: what dashboards ask often, and what the alerts compare. */
export function recordingGroups(queries: RuleQueries, rules: ResolvedRules): readonly RecordingGroup[] {
  return [
    { name: 'quadro-flow', rules: flow(queries, rules) },
    { name: 'quadro-chief', rules: chief(queries, rules) },
    { name: 'quadro-ombudsman', rules: ombudsman(queries, rules) },
    { name: 'quadro-board', rules: processes(queries, rules) },
    { name: 'quadro-alert-series', rules: alertSeries(queries, rules) },
  ];
}

/** `level:metric:p50_1h` and the like. */
function quantiles(
  queries: RuleQueries,
  spec: HistogramSpec,
  kept: readonly string[],
  window: string,
  percents: readonly number[] = [50, 95],
): RecordingRule[] {
  return percents.map(percent => ({
    record: `${['board', ...kept].join('_')}:${spec.name}:p${percent}_${window}`,
    expr: queries.quantile(percent / 100, spec, kept, window),
  }));
}

function flow(queries: RuleQueries, { rateWindow, quantileWindow }: ResolvedRules): RecordingRule[] {
  const posts = `${TASK_TRANSITIONS.name}{edge="post"}`;
  const finishes = `${TASK_DURATION.name}_count`;
  const perType = (expr: string): string => queries.sum(TASK_TRANSITIONS, ['task_type'], expr);
  const decisions = perType(reviewDecisions(queries, selector => queries.rate(selector, quantileWindow)));
  return [
    ...quantiles(queries, STAGE_DURATION, ['task_type', 'status'], quantileWindow),
    ...quantiles(queries, TASK_DURATION, ['task_type'], quantileWindow),
    {
      record: `board_task_type:quadro_task_arrivals:rate${rateWindow}`,
      expr: perType(queries.rate(posts, rateWindow)),
    },
    {
      record: `board_task_type_outcome:quadro_task_departures:rate${rateWindow}`,
      expr: queries.rate(finishes, rateWindow),
    },
    {
      record: `board_task_type:quadro_task_revisions_per_decision:ratio_rate${quantileWindow}`,
      expr: `${perType(queries.rate(REVISIONS, quantileWindow))}\n/\n${decisions}`,
    },
    {
      record: 'board_task_type_status:quadro_task_oldest_age_seconds:max',
      expr: `time() - ${queries.once(OLDEST_ENTERED.name)}`,
    },
  ];
}

function chief(queries: RuleQueries, { rateWindow, quantileWindow }: ResolvedRules): RecordingRule[] {
  const cycles = `${CHIEF_CYCLE_DURATION.name}_count`;
  const all = (selector: string): string =>
    queries.sum(CHIEF_CYCLE_DURATION, [], queries.rate(selector, quantileWindow));
  const reactive = all(`${cycles}{${REACTIVE}}`);
  return [
    ...quantiles(queries, CHIEF_CYCLE_DURATION, [], quantileWindow),
    ...quantiles(queries, CHIEF_SLEEP_DURATION, [], quantileWindow, [50]),
    {
      record: `board_trigger_result:quadro_chief_cycles:rate${rateWindow}`,
      expr: queries.rate(cycles, rateWindow),
    },
    {
      record: `board:quadro_chief_noops_per_reactive_cycle:ratio_rate${quantileWindow}`,
      expr: `(${all(`${cycles}{result="noop"}`)} or 0 * ${reactive})\n/\n${reactive}`,
    },
    {
      record: `board:${untotalled(DISPATCH_FAILURE.name)}:rate${quantileWindow}`,
      expr: queries.rate(DISPATCH_FAILURE.name, quantileWindow),
    },
  ];
}

function ombudsman(queries: RuleQueries, { rateWindow, quantileWindow }: ResolvedRules): RecordingRule[] {
  return [
    {
      record: `board_task_type_status:${untotalled(OMBUDSMAN_STALE.name)}:rate${rateWindow}`,
      expr: queries.sum(OMBUDSMAN_STALE, ['task_type', 'status'], queries.rate(OMBUDSMAN_STALE.name, rateWindow)),
    },
    ...quantiles(queries, STALE_DETECTION, ['task_type'], quantileWindow),
    ...quantiles(queries, HEARTBEAT_INTERVAL, ['task_type'], quantileWindow),
    ...quantiles(queries, OMBUDSMAN_TICK_DURATION, [], quantileWindow, [95]),
  ];
}

/** What only the process that commits knows: every process counts its own commits, so these are added up. */
function processes(queries: RuleQueries, { rateWindow }: ResolvedRules): RecordingRule[] {
  const { name } = COMMIT_DURATION;
  return [
    {
      record: `board_backend:${name}:p95_${rateWindow}`,
      expr: `histogram_quantile(0.95, ${queries.sumOfProcesses(`rate(${name}_bucket[${rateWindow}])`)})`,
    },
  ];
}
