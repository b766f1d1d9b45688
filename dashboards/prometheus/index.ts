/** Recording rules and alerts for Prometheus over the metrics of a board. docs/alerts.md has a runbook for each alert. */
export { type PrometheusRules, prometheusRules, type RuleFile, ruleFiles } from './rule-files.ts';
export {
  type AlertName,
  type AlertOptions,
  DEFAULT_RULES,
  type ExporterLagOptions,
  type NoopRateOptions,
  type NotWakingOptions,
  type OmbudsmanSilentOptions,
  type ResolvedAlerts,
  type ResolvedRules,
  type RevisionJumpOptions,
  type RuleOptions,
  type Severity,
  type StageAgeingOptions,
  type StaleBurstOptions,
  type StrandedWorkOptions,
  type Whole,
} from './rule-options.ts';
