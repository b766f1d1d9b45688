import { beforeAll, describe, expect, it } from 'vitest';
import { grafanaDashboards } from '../../dashboards/index.ts';
import { dashboardFaults, type LintedDashboard, type LintedPanel, queryFaults } from './grafana-lint.ts';

type Change = (panel: LintedPanel) => object;

const withDefaults =
  (change: object): Change =>
  panel => ({
    fieldConfig: { defaults: { ...panel.fieldConfig?.defaults, ...change } },
  });
const withTarget =
  (change: object): Change =>
  ({ targets = [] }) => ({
    targets: targets.map((target, index) => (index === 0 ? { ...target, ...change } : target)),
  });

const SELECTED = 'quadro_tasks{board=~"$board"}';

describe("the dashboards' lint", () => {
  let flow: LintedDashboard;
  beforeAll(async () => {
    flow = JSON.parse((await grafanaDashboards())[0]?.json ?? '');
  });

  function planted(title: string, change: Change): string[] {
    const panels = flow.panels.map(panel => (panel.title === title ? { ...panel, ...change(panel) } : panel));
    expect(panels).not.toEqual(flow.panels);
    return dashboardFaults({ ...flow, panels });
  }

  it.each<[string, Change, RegExp]>([
    ['a panel without a unit', withDefaults({ unit: '' }), /has no unit/],
    ['a panel without thresholds', withDefaults({ thresholds: undefined }), /has no thresholds/],
    ['a panel without a description', () => ({ description: '' }), /has no description/],
    ['a title too long to read', () => ({ title: 'Arrivals and departures of every kind' }), /title has 37 characters/],
    ['a panel too narrow to read', ({ gridPos }) => ({ gridPos: { ...gridPos, w: 5 } }), /is 5 columns wide/],
    ['a panel over another', ({ gridPos }) => ({ gridPos: { ...gridPos, w: 13 } }), /overlaps Departures by task type/],
    ['a panel beyond the grid', ({ gridPos }) => ({ gridPos: { ...gridPos, x: 13 } }), /leaves the grid/],
    ['a panel with the number of another', () => ({ id: 1 }), /two panels have one id/],
    ['two queries with one name', withTarget({ refId: 'B' }), /two queries have one refId/],
    ['a query without a name', withTarget({ refId: '' }), /two queries have one refId/],
    [
      'a datasource of one Grafana',
      () => ({ datasource: { type: 'prometheus', uid: 'P1809F7CD0C75ACF3' } }),
      /hard-coded/,
    ],
    ['a datasource by its name', () => ({ datasource: 'Prometheus' }), /Prometheus is hard-coded/],
    ['a legend that is off', () => ({ options: { legend: { showLegend: false } } }), /legend is off/],
    ['a panel that asks nothing', () => ({ targets: [] }), /asks nothing/],
    ['a variable that nobody declares', () => ({ description: 'On $cluster' }), /the variable cluster/],
    ['a fault in a query', withTarget({ expr: 'sum(' }), /query A: it does not parse/],
    [
      'a link by a label that is not there',
      withDefaults({ links: [{ url: '${' + '__field.labels.edge}' }] }),
      /no label edge to show/,
    ],
  ])('finds %s', (_, change, fault) => {
    expect(planted('Arrivals and departures', change).filter(each => fault.test(each))).not.toEqual([]);
  });

  it('finds a number that is no one number', () => {
    expect(planted('Arrivals', () => ({ options: { reduceOptions: { calcs: [] } } }))).toEqual([
      'Arrivals: it shows no one number',
    ]);
  });

  it.each<[string, string, string]>([
    ['a metric that is none', 'sum(quadro_task{board=~"$board"})', 'no metric is named quadro_task'],
    [
      'a histogram without its suffix',
      'histogram_quantile(0.5, sum by (le) (rate(quadro_task_duration_seconds{board=~"$board"}[$__rate_interval])))',
      'quadro_task_duration_seconds is a histogram, which has only _bucket, _sum and _count',
    ],
    [
      'a suffix on what is no histogram',
      'sum(quadro_tasks_bucket{board=~"$board"})',
      'no metric is named quadro_tasks_bucket',
    ],
    ['a label that the metric lacks', 'quadro_tasks{board=~"$board",edge="post"}', 'quadro_tasks has no label edge'],
    ['grouping by such a label', `sum by (agent_id) (${SELECTED})`, 'quadro_tasks has no label agent_id'],
    [
      'le where there are no buckets',
      'sum by (le) (rate(quadro_task_duration_seconds_count{board=~"$board"}[$__rate_interval]))',
      'quadro_task_duration_seconds_count has no label le',
    ],
    [
      'a window of its own',
      'sum(rate(quadro_chief_actions_total{board=~"$board"}[5m]))',
      '[5m] is not [$__rate_interval]',
    ],
    ['a series of every board', 'sum(quadro_tasks)', 'quadro_tasks is of every board'],
    ['a query without a metric', 'vector(1)', 'it asks for no metric'],
    ['what is no PromQL', 'sum by status (x', 'it does not parse'],
  ])('finds %s', (_, expr, fault) => {
    expect(queryFaults(expr)).toContain(fault);
  });

  it('finds a legend by a label that the result has not', () => {
    expect(queryFaults(`sum by (status) (${SELECTED})`, '{{status}}')).toEqual([]);
    expect(queryFaults(`sum(${SELECTED})`, '{{status}}')).toEqual(['the result has no label status to show']);
  });
});
