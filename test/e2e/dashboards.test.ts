/**
 * Metrics, dashboards, rules and alerts against a real Prometheus that scraped a real board through a run with a stall, a burst, and
 * a Chief that is deaf, and stopped, for a while. What must hold stands beside it, computed by SQL from the log.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { NEWSROOM } from '../../cli/demo/newsroom.ts';
import { grafanaDashboards } from '../../dashboards/grafana/index.ts';
import { type DashboardJson, panelQueries, substituteVariables } from '../../dashboards/grafana/panel-queries.ts';
import { type AlertName, ruleFiles } from '../../dashboards/prometheus/index.ts';
import { EXPORTER_SPANS, METRICS } from '../../exporters/prometheus/index.ts';
import { drawPage } from '../../scripts/draw-panels/draw-page.ts';
import { promtoolFaults } from '../support/exposition.ts';
import { type ObservedRun, observeRun, REJECTED_SPANS, TARGET_LABELS } from '../support/observed-run.ts';
import type { Labels } from '../support/prometheus-client.ts';
import { prometheusMissing } from '../support/prometheus-server.ts';
import { EXACT_PANELS } from './observed-run/exact-panels.ts';
import { expectedSeries, expectedValues, seriesKey } from './observed-run/expected-series.ts';
import { CAUSES, SHORT_RULES } from './observed-run/short-rules.ts';

const RULES = resolve(import.meta.dirname, '../../dashboards/prometheus');
const VARIABLES = { board: TARGET_LABELS.board, task_type: '.*', __rate_interval: '3s' };
const STEP_SECONDS = 0.5;
/** What an alert may take after its cause: the window it looks at, and how long it must hold. */
const REACTION_SECONDS = 6;

const COUNTED = METRICS.filter(({ origin }) => origin !== 'process');
const HISTOGRAMS = COUNTED.filter(({ type }) => type === 'histogram');
const BOARDS = await grafanaDashboards({ lifecycle: NEWSROOM });
const PANELS = BOARDS.flatMap(({ title, json }) =>
  panelQueries(JSON.parse(json) as DashboardJson).map(panel => ({ ...panel, name: `${title} / ${panel.title}` })),
);

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
}

function rulesIn(text: string): readonly Rule[] {
  const { groups } = parse(text) as { groups: readonly { rules: readonly Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

const RULE_FILES = ruleFiles(SHORT_RULES);
const RECORDED = RULE_FILES.flatMap(({ text }) => rulesIn(text)).flatMap(({ record }) => record ?? []);

const missing = prometheusMissing();
describe.skipIf(missing !== null)(`a real Prometheus beside a real board ${missing ?? ''}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'quadro-observed-'));
  let run: ObservedRun;

  beforeAll(async () => {
    for (const { name, text } of RULE_FILES) writeFileSync(join(dir, name), text);
    run = await observeRun(dir, { rulesFiles: RULE_FILES.map(({ name }) => join(dir, name)) });
  }, 240_000);

  afterAll(async () => {
    await run?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** The series at the end of the run, without what the target adds. */
  async function atTheEnd(promql: string, name?: string): Promise<Map<string, number>> {
    const samples = await run.prometheus.query(promql, run.settledAt);
    return new Map(samples.map(({ metric, value }) => [seriesKey(name ?? metric.__name__ ?? '', own(metric)), value]));
  }

  function own(labels: Labels): Labels {
    const { __name__: _, instance: __, job: ___, board: ____, ...others } = labels;
    return others;
  }

  /** Every value that a query has at some moment of the run; what Grafana asks for one moment as well. */
  async function valuesOf(expr: string): Promise<readonly number[]> {
    const promql = substituteVariables(expr, VARIABLES);
    const series = await run.prometheus.queryRange(promql, run.phases.healthy.start, run.settledAt, STEP_SECONDS);
    return series.flatMap(({ points }) => points.map(({ value }) => value)).filter(Number.isFinite);
  }

  it.each(COUNTED)('$name is what SQL finds in the log', async spec => {
    const selector = spec.type === 'histogram' ? `{__name__=~"${spec.name}_(bucket|sum|count)"}` : spec.name;
    const expected = expectedSeries(run.file, spec);
    expect(expected.size).toBeGreaterThan(0);
    const found = await atTheEnd(selector);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });

  it.each(PANELS)('$name: every query returns data', async ({ targets }) => {
    for (const { expr } of targets) expect((await valuesOf(expr)).length, expr).toBeGreaterThan(0);
  });

  it.each(Object.entries(EXACT_PANELS))('%s shows what SQL finds in the log', async (title, sql) => {
    const [target] = PANELS.find(({ name }) => name === title)?.targets ?? [];
    const found = await atTheEnd(substituteVariables(target?.expr ?? '', VARIABLES), title);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expectedValues(run.file, title, sql)));
  });

  it.each(BOARDS)('$title: every panel is drawn, and none is empty', async ({ json }) => {
    const { panels }: DashboardJson = JSON.parse(json);
    const shown = { from: run.phases.healthy.start, to: run.settledAt, marks: [] };
    const page = await drawPage(run.prometheus, json, shown);
    expect(page.match(/<section/g)).toHaveLength(panels.filter(({ type }) => type !== 'row').length);
    expect(page).not.toContain('class="none"');
  });

  it.each(RECORDED)('the recording rule %s records', async name => {
    expect((await valuesOf(name)).length).toBeGreaterThan(0);
  });

  it('every rule, as it is published, is evaluated without an error', async () => {
    for (const { name } of RULE_FILES) {
      for (const { expr } of rulesIn(readFileSync(join(RULES, name), 'utf8'))) await run.prometheus.query(expr);
    }
    const rules = (await run.prometheus.rules()).flatMap(group => group.rules);
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(rules.map(({ name }) => name)).toEqual(expect.arrayContaining([...RECORDED, ...Object.keys(CAUSES)]));
  });

  /** When an alert fired, from and to. */
  async function firings(name: string, start: number, end: number): Promise<readonly number[]> {
    const promql = `ALERTS{alertname="${name}",alertstate="firing"}`;
    const series = await run.prometheus.queryRange(promql, start, end, STEP_SECONDS);
    return series.flatMap(({ points }) => points.map(({ time }) => time));
  }

  it.each(Object.keys(CAUSES) as AlertName[])('%s fires upon its cause, and not while all is well', async name => {
    const { healthy, [CAUSES[name]]: cause } = run.phases;
    expect(await firings(name, healthy.start, healthy.end)).toEqual([]);
    expect(await firings(name, cause.start, cause.end + REACTION_SECONDS)).not.toEqual([]);
  });

  it('every span that the collector was sent is counted, the rejected ones as such', async () => {
    const found = await atTheEnd(`${EXPORTER_SPANS.name} > 0`, '');
    const rejected = seriesKey('', { signal: 'traces', result: 'rejected' });
    const sent = seriesKey('', { signal: 'traces', result: 'sent' });
    expect([...found.keys()].sort()).toEqual([rejected, sent].sort());
    expect(found.get(rejected)).toBe(REJECTED_SPANS);
    expect((found.get(sent) ?? 0) + REJECTED_SPANS).toBe(run.spans.length);
  });

  it.each(HISTOGRAMS)('the exemplars of $name lead to spans that were exported', async ({ name }) => {
    const found = await run.prometheus.queryExemplars(`${name}_bucket`, run.phases.healthy.start - 60, run.settledAt);
    const exemplars = found.flatMap(series => series.exemplars.map(({ labels }) => labels));
    expect(exemplars.length).toBeGreaterThan(0);
    const exported = new Set(run.spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`));
    expect(exemplars.filter(({ trace_id, span_id }) => !exported.has(`${trace_id} ${span_id}`))).toEqual([]);
  });

  it('promtool finds no fault with the plain rendering', context => {
    expect(promtoolFaults(run.plain, context)).toBe('');
  });
});
