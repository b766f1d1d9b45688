import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { ConfigurationError } from '../../board/core/errors.ts';
import { prometheusRules, type RuleOptions, ruleFiles } from '../../dashboards/prometheus/index.ts';
import { ALERT_NAMES, DEFAULT_RULES } from '../../dashboards/prometheus/rule-options.ts';
import { METRICS } from '../../exporters/prometheus/names.ts';
import { promtool, RULES_FILES, RULES_FOLDER } from './rules-scenarios.ts';

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Document {
  readonly groups: readonly { readonly name: string; readonly interval: string; readonly rules: readonly Rule[] }[];
}

function rulesIn(...texts: readonly string[]): Rule[] {
  return texts.flatMap(text => (parse(text) as Document).groups.flatMap(group => group.rules));
}

const { recording, alerts } = prometheusRules();
const RULES = rulesIn(recording, alerts);
const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/alerts.md'), 'utf8');

/** Series → the labels it may have, those of a target aside. */
const CONTRACT = new Map(
  METRICS.flatMap(({ name, type, labels }) =>
    type === 'histogram'
      ? [
          [`${name}_bucket`, [...labels, 'le']] as const,
          [`${name}_count`, labels] as const,
          [`${name}_sum`, labels] as const,
        ]
      : [[name, labels] as const],
  ),
);
const RECORDED = new Set(RULES.flatMap(({ record }) => (record === undefined ? [] : [record])));
const TARGET_LABELS = ['instance', 'pod'];

/** The texts of a query's nodes of a kind; `⚠` are what does not parse. */
function nodesOf(expr: string, kind: string, within = expr): string[] {
  const found: string[] = [];
  parser.parse(within).iterate({
    enter: node => {
      const isKind = kind === '⚠' ? node.type.isError : node.name === kind;
      if (isKind) found.push(within.slice(node.from, node.to));
    },
  });
  return found;
}

describe('the committed rules', () => {
  it.each(ruleFiles())('$name is what the generator writes', ({ name, text }) => {
    const rerun = 'npm run dashboards writes it anew';
    expect(readFileSync(join(RULES_FOLDER, name), 'utf8'), rerun).toBe(text);
  });

  it('are the two files that are loaded, and promtool finds nothing against them', context => {
    expect(ruleFiles().map(({ name }) => join(RULES_FOLDER, name))).toEqual(RULES_FILES);
    expect(promtool(['check', 'rules', ...RULES_FILES], context)).toBe('');
  });

  it('have names of their own, and every group an interval', () => {
    expect(RECORDED.size).toBe(rulesIn(recording).length);
    for (const name of RECORDED) expect(name).toMatch(/^board(_[a-z_]+)?:quadro_[a-z0-9_]+:[a-z0-9_]+$/);
    for (const text of [recording, alerts]) {
      for (const { interval } of (parse(text) as Document).groups) expect(interval).toBe('30s');
    }
  });
});

describe('every expression', () => {
  it.each(RULES)('$record$alert parses, and names series and labels of the contract only', ({ expr }) => {
    expect(nodesOf(expr, '⚠')).toEqual([]);
    const selectors = nodesOf(expr, 'VectorSelector');
    expect(selectors.length).toBeGreaterThan(0);
    const used = new Set<string>(TARGET_LABELS);
    for (const selector of selectors) {
      const name = /^[\w:]+/.exec(selector)?.[0] ?? '';
      const labels = CONTRACT.get(name);
      expect(labels !== undefined || RECORDED.has(name), `${name} is no series`).toBe(true);
      for (const label of labels ?? []) used.add(label);
      for (const label of nodesOf(expr, 'LabelName', selector)) expect(labels, name).toContain(label);
    }
    for (const grouping of nodesOf(expr, 'GroupingLabels')) {
      for (const label of grouping.match(/\w+/g) ?? []) expect([...used], expr).toContain(label);
    }
  });

  it('takes readers of one board together before it adds anything up', () => {
    for (const { expr, record } of RULES) {
      for (const selector of nodesOf(expr, 'VectorSelector')) {
        const name = /^[\w:]+/.exec(selector)?.[0] ?? '';
        if (CONTRACT.has(name)) expect(expr, `${record}`).toMatch(/without \([^)]*\binstance\b/);
      }
    }
  });
});

describe('the alerts', () => {
  const found = rulesIn(alerts);

  it('are the eight, and docs/alerts.md has a section for each and for no other', () => {
    expect(found.map(({ alert }) => alert)).toEqual(ALERT_NAMES);
    const sections = [...PAGE.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    expect(sections).toEqual(ALERT_NAMES);
  });

  it.each(found)('$alert has a severity, texts, and a runbook that says what, how and what to do', rule => {
    const { alert = '', labels = {}, annotations = {} } = rule;
    expect(['critical', 'warning', 'info']).toContain(labels.severity);
    expect(rule.for).toMatch(/^\d+[smh]$/);
    expect(Object.keys(annotations)).toEqual(['summary', 'description', 'runbook']);
    expect(annotations.summary).toContain('{{ $labels.board }}');
    expect(annotations.description).toMatch(/\{\{ \$value \| humanize\w* \}\}/);
    expect(annotations.runbook).toMatch(new RegExp(`docs/alerts\\.md#${alert.toLowerCase()}$`));
    const section = PAGE.split(/^### /m).find(text => text.startsWith(`${alert}\n`)) ?? '';
    for (const part of ['**Means**', '**Look**', '**Do**']) expect(section, `${alert} ${part}`).toContain(part);
  });

  it('docs/alerts.md names every threshold with its default, and every recording rule', () => {
    for (const name of ALERT_NAMES) {
      const section = PAGE.split(/^### /m).find(text => text.startsWith(`${name}\n`)) ?? '';
      const { severity, ...thresholds } = DEFAULT_RULES[name];
      for (const [option, value] of Object.entries(thresholds)) {
        expect(section, `${name}.${option}`).toContain(`\`${option}\` ${value.toLocaleString('en-US')}`);
      }
      const loudOnes = /\*(\w+)\* and \*(\w+)\* are `critical`/.exec(PAGE)?.slice(1);
      expect(loudOnes?.includes(name), name).toBe(severity === 'critical');
    }
    for (const record of RECORDED) expect(PAGE).toContain(`\`${record}\``);
  });
});

describe('options', () => {
  function alertOf(options: RuleOptions, name: string): Rule {
    const rule = rulesIn(prometheusRules(options).alerts).find(({ alert }) => alert === name);
    if (rule === undefined) throw new Error(`there is no ${name}`);
    return rule;
  }

  it('set thresholds, times, severities and the address of the runbooks', () => {
    const rule = alertOf(
      {
        runbookUrl: 'https://example.org/alerts',
        StageAgeingPastP95: { factor: 1, visits: 7, for: '0s', severity: 'info' },
        historyWindow: '1d',
      },
      'StageAgeingPastP95',
    );
    expect(rule.expr).toContain('> 1 * board_task_type_status:quadro_task_stage_duration_seconds:p95_history1d');
    expect(rule.expr).toContain('>= 7');
    expect([rule.for, rule.labels?.severity]).toEqual(['0s', 'info']);
    expect(rule.annotations?.runbook_url).toBe('https://example.org/alerts#stageageingpastp95');
    expect(rule.annotations?.description).toContain('more than what 95% of the visits in the last 1d took');
  });

  it('leave alerts out, and an option that is undefined is its default', () => {
    const left = prometheusRules({
      leaveOut: ['OmbudsmanSilent'],
      interval: undefined,
      StaleBurst: { count: undefined },
    });
    expect(rulesIn(left.alerts).map(({ alert }) => alert)).toEqual(
      ALERT_NAMES.filter(name => name !== 'OmbudsmanSilent'),
    );
    expect(left.recording).toBe(recording);
  });

  it('give rules that promtool takes, whatever readers are told apart by', context => {
    const folder = mkdtempSync(join(tmpdir(), 'quadro-rules-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const odd: RuleOptions[] = [
      { replicaLabels: [] },
      {
        replicaLabels: ['instance', 'pod'],
        interval: '1s',
        rateWindow: '10s',
        quantileWindow: '1m',
        historyWindow: '2h',
      },
      { leaveOut: ALERT_NAMES },
    ];
    for (const options of odd) {
      const files = ruleFiles(options).map(({ name, text }) => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
      });
      expect(promtool(['check', 'rules', ...files], context)).toBe('');
      for (const { expr } of rulesIn(...ruleFiles(options).map(({ text }) => text)))
        expect(nodesOf(expr, '⚠')).toEqual([]);
    }
  });

  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ interval: '5 minutes' }, /interval must be a time above 0.*not 5 minutes/],
    [{ rateWindow: '0s' }, /rateWindow must be a time above 0/],
    [{ historyWindow: '30m' }, /historyWindow \(30m\) must be longer than RevisionRateJump.window \(1h\)/],
    [{ NoopRateHigh: { share: 80 } }, /NoopRateHigh.share must be a share above 0 and up to 1, not 80/],
    [{ StaleBurst: { count: -1 } }, /StaleBurst.count must be a number above 0, not -1/],
    [{ ExporterLag: { events: Number.NaN } }, /ExporterLag.events must be a number above 0/],
    [{ ChiefNotWaking: { silence: 300 } }, /ChiefNotWaking.silence must be a time/],
    [{ ChiefNotWaking: { severity: 'loud' } }, /severity must be one of critical, warning, info, not loud/],
    [{ ChiefNotWaking: { quiet: '1m' } }, /ChiefNotWaking have no option quiet; there are silence, for, severity/],
    [{ ChiefSleeping: {} }, /have no option ChiefSleeping/],
    [{ leaveOut: ['ChiefSleeping'] }, /there is no alert ChiefSleeping/],
    [{ replicaLabels: ['task_type'] }, /task_type is a label of the metrics/],
    [{ replicaLabels: ['a-b'] }, /a-b is no name of a label/],
    [{ runbookUrl: 'alerts' }, /runbookUrl is no URL: alerts/],
  ];

  it.each(wrong)('%o is refused by its name', (options, message) => {
    expect(() => prometheusRules(options)).toThrow(message);
    try {
      prometheusRules(options);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error).toMatchObject({ code: 'invalid_configuration' });
    }
  });
});
