import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'vitest';
import { parse, stringify } from 'yaml';
import { ALERT_NAMES, type AlertName, DEFAULT_RULES } from '../../dashboards/prometheus/rule-options.ts';
import type { MetricSpec } from '../../exporters/prometheus/metric-spec.ts';
import { CHIEF_LAST_WAKE, EXPORTER_LAG, OMBUDSMAN_LAST_TICK } from '../../exporters/prometheus/names.ts';

/** The folder of the committed rules. */
export const RULES_FOLDER: string = resolve(import.meta.dirname, '../../dashboards/prometheus');
/** The committed rules. */
export const RULES_FILES: readonly string[] = ['quadro-recording.rules.yml', 'quadro-alerts.rules.yml'].map(name =>
  join(RULES_FOLDER, name),
);

type Labels = Readonly<Record<string, string>>;

/** A series and its samples; where `at` gives null, a scrape found nothing. */
export interface InputSeries {
  readonly metric: string;
  readonly labels: Labels;
  readonly at: (minute: number) => number | null;
}

/** An alert that fires: its labels besides the board's and its own, and what it says. */
export interface Firing {
  readonly labels?: Labels;
  readonly summary: string;
  readonly description: string;
}

/** What is scraped, once a minute, and which alerts fire when. */
export interface Scenario {
  readonly minutes: number;
  /** Minutes between two scrapes, and two evaluations. Default 1. */
  readonly step?: number;
  readonly series: readonly InputSeries[];
  /** Alert → minute → what fires then. */
  readonly alerts?: Partial<Record<AlertName, Readonly<Record<number, readonly Firing[]>>>>;
  /** Minutes at which none fires but those that `alerts` names for the minute. */
  readonly quietAt?: readonly number[];
  /** Query → minute → value, one series without labels. */
  readonly values?: Readonly<Record<string, Readonly<Record<number, number>>>>;
}

/** The labels of a scraped board. */
export const TARGET: Labels = { board: 'news', job: 'quadro', instance: 'reader-1:9464' };

/** A series of a metric as a reader of the board shows it. */
export function series(
  metric: MetricSpec | string,
  labels: Labels,
  at: number | ((minute: number) => number | null),
): InputSeries {
  const name = typeof metric === 'string' ? metric : metric.name;
  return { metric: name, labels: { ...TARGET, ...labels }, at: typeof at === 'number' ? () => at : at };
}

/** The same series as a second reader of the same board shows them. */
export function twice(all: readonly InputSeries[]): InputSeries[] {
  const second = all.map(each => ({ ...each, labels: { ...each.labels, instance: 'reader-2:9464', pod: 'quadro-2' } }));
  return [...all, ...second];
}

/** A reader that is at the log's end, or as far behind as is said. */
export function reader(lag: number | ((minute: number) => number | null) = 0): InputSeries {
  return series(EXPORTER_LAG, { signal: 'metrics' }, lag);
}

/** A Chief that wakes every minute, up to a minute. */
export function wakingUntil(last: number): InputSeries {
  return series(CHIEF_LAST_WAKE, {}, minute => 60 * Math.min(minute, last));
}

/** An Ombudsman that ticks every minute, up to a minute. */
export function tickingUntil(last: number): InputSeries {
  return series(OMBUDSMAN_LAST_TICK, {}, minute => 60 * Math.min(minute, last));
}

interface AlertYaml {
  readonly alert: string;
  readonly annotations: Readonly<Record<string, string>>;
}

function runbookOf(name: AlertName, alertsYaml: string): string {
  const { groups } = parse(alertsYaml) as { groups: readonly { rules: readonly AlertYaml[] }[] };
  const found = groups.flatMap(group => group.rules).find(({ alert }) => alert === name);
  if (found?.annotations.runbook === undefined) throw new Error(`${name} has no runbook`);
  return found.annotations.runbook;
}

/** The committed recording rules, or those of some groups: promtool evaluates all that it is given, every minute of a scenario. */
function recordingYaml(groupNames: readonly string[] | null): string {
  const text = readFileSync(join(RULES_FOLDER, 'quadro-recording.rules.yml'), 'utf8');
  if (groupNames === null) return text;
  const { groups } = parse(text) as { groups: readonly { readonly name: string }[] };
  const kept = groups.filter(({ name }) => groupNames.includes(name));
  if (kept.length !== groupNames.length) throw new Error(`the recording rules have no groups ${groupNames}`);
  return stringify({ groups: kept });
}

function valuesOf({ at }: InputSeries, minutes: number, step: number): string {
  const samples = Array.from({ length: Math.floor(minutes / step) + 1 }, (_, index) => at(index * step) ?? '_');
  return samples.join(' ');
}

function selectorOf({ metric, labels }: InputSeries): string {
  return `${metric}{${Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)}}`;
}

function alertTests({ alerts = {}, quietAt = [] }: Scenario, alertsYaml: string): object[] {
  const { instance: _, ...board } = TARGET;
  return ALERT_NAMES.flatMap(name => {
    const byMinute = { ...Object.fromEntries(quietAt.map(minute => [minute, []])), ...alerts[name] };
    return Object.entries<readonly Firing[]>(byMinute).map(([minute, firing]) => ({
      eval_time: `${minute}m`,
      alertname: name,
      exp_alerts: firing.map(({ labels = {}, summary, description }) => ({
        exp_labels: { ...board, ...labels, severity: DEFAULT_RULES[name].severity },
        exp_annotations: { summary, description, runbook: runbookOf(name, alertsYaml) },
      })),
    }));
  });
}

function valueTests({ values = {} }: Scenario): object[] {
  return Object.entries(values).flatMap(([expr, byMinute]) =>
    Object.entries(byMinute).map(([minute, value]) => ({
      expr,
      eval_time: `${minute}m`,
      exp_samples: [{ labels: '{}', value }],
    })),
  );
}

/**
 * What `promtool test rules` says against the committed rules in a scenario; empty where all is as it should be. Skips without
 * promtool, but not in CI.
 */
export function scenarioFaults(scenario: Scenario, context: Pick<TestContext, 'skip'>): string {
  const { minutes, step = 1 } = scenario;
  const interval = `${step}m`;
  const alertsYaml = readFileSync(join(RULES_FOLDER, 'quadro-alerts.rules.yml'), 'utf8');
  const test = {
    interval,
    input_series: scenario.series.map(each => ({ series: selectorOf(each), values: valuesOf(each, minutes, step) })),
    alert_rule_test: alertTests(scenario, alertsYaml),
    promql_expr_test: valueTests(scenario),
  };
  const folder = mkdtempSync(join(tmpdir(), 'quadro-rules-'));
  try {
    const recording = join(folder, 'recording.rules.yml');
    writeFileSync(recording, recordingYaml(scenario.values === undefined ? ['quadro-alert-series'] : null));
    const file = join(folder, 'scenario.test.yml');
    // Recorded first: with evaluations an hour apart, what was recorded at the one before is too old for an alert to see.
    const order = { group_eval_order: ['quadro-alert-series', 'quadro-alerts'] };
    const rule_files = [recording, join(RULES_FOLDER, 'quadro-alerts.rules.yml')];
    writeFileSync(file, stringify({ rule_files, evaluation_interval: interval, ...order, tests: [test] }));
    return promtool(['test', 'rules', file], context);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What promtool says where it fails, else nothing. Skips where it is not there, but not in CI. */
export function promtool(args: readonly string[], context: Pick<TestContext, 'skip'>): string {
  try {
    execFileSync('promtool', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    return '';
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: string; stdout?: Buffer; stderr?: Buffer };
    if (code !== 'ENOENT') return `${stdout}${stderr}` || 'promtool failed';
    if (process.env.CI !== undefined) throw error;
    return context.skip('promtool is not there: install the Debian package prometheus');
  }
}
