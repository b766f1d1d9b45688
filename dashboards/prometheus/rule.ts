import type { AlertName, Severity } from './rule-options.ts';

/** One recording rule; its name is made as Prometheus advises, `level:metric:operations`. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/** One alert. */
export interface AlertRule {
  readonly alert: AlertName;
  readonly expr: string;
  readonly for: string;
  readonly severity: Severity;
  /** One line; a template of Prometheus over the alert's labels and value. */
  readonly summary: string;
  /** What was measured, and against what. */
  readonly description: string;
  /** What to do first; docs/alerts.md says the rest. */
  readonly runbook: string;
}
