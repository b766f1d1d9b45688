import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lifecycle, REVIEW_REQUIRED } from '../../board/index.ts';
import { place } from '../../dashboards/grafana/place.ts';
import { band, section, text } from '../../dashboards/grafana/spec.ts';
import { grafanaDashboards, panelQueries } from '../../dashboards/index.ts';
import { METRICS } from '../../exporters/prometheus/names.ts';
import { dashboardFaults, type LintedDashboard } from './grafana-lint.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const FOLDER = resolve(ROOT, 'dashboards/grafana');
const REGENERATE = 'run: node scripts/dashboards.ts';

/** What the tests read of a dashboard besides what the lint does. */
interface Grafana extends LintedDashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly links: readonly { readonly title: string; readonly url?: string; readonly placement?: string }[];
  readonly templating: { readonly list: readonly Variable[] };
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query?: unknown;
  readonly allValue?: string;
  readonly multi: boolean;
  readonly current?: { readonly value: unknown };
}

interface Explore {
  readonly traces: { readonly datasource: string; readonly queries: readonly Readonly<Record<string, unknown>>[] };
}

const NEWSROOM = lifecycle('newsroom')
  .phase('UNASSIGNED', 'writing')
  .phase('writing', 'editing')
  .phase('editing', 'published')
  .branch('editing', 'rejected')
  .revision('editing', 'writing')
  .loop('writing', 'UNASSIGNED')
  .build();

/** Statuses that a query could take for something else. */
const ODD = lifecycle('odd "names" $board')
  .phase('UNASSIGNED', '=~.*')
  .phase('=~.*', 'say "hi"')
  .phase('say "hi"', 'back\\slash|or')
  .phase('back\\slash|or', 'größer')
  .build();

const LONG = Array.from({ length: 30 }, (_, index) => index).reduce(
  (builder, index) => builder.phase(index === 0 ? 'UNASSIGNED' : `step ${index}`, `step ${index + 1}`),
  lifecycle('long'),
);

async function dashboards(options?: Parameters<typeof grafanaDashboards>[0]): Promise<Grafana[]> {
  return (await grafanaDashboards(options)).map(({ json }): Grafana => JSON.parse(json));
}

async function fifth(profile: typeof NEWSROOM): Promise<Grafana> {
  const [board] = (await dashboards({ lifecycle: profile })).slice(4);
  if (board === undefined) throw new Error('There is no fifth dashboard');
  return board;
}

function exploreOf(url = ''): Explore {
  return JSON.parse(new URL(url, 'http://grafana').searchParams.get('panes') ?? '');
}

describe('the committed dashboards', () => {
  it('are what the sources make, byte for byte', async () => {
    const made = await grafanaDashboards();
    expect(globSync('*.json', { cwd: FOLDER }).toSorted()).toEqual(made.map(({ file }) => file).toSorted());
    for (const { file, json } of made) expect(readFileSync(resolve(FOLDER, file), 'utf8'), REGENERATE).toBe(json);
  });

  it('have no fault', async () => {
    for (const board of await dashboards()) expect(dashboardFaults(board), board.title).toEqual([]);
  });

  it('show every metric of the contract', async () => {
    const queries = (await dashboards()).flatMap(panelQueries).flatMap(({ targets }) => targets);
    const shown = queries.map(({ expr }) => expr).join('\n');
    expect(METRICS.map(({ name }) => name).filter(name => !shown.includes(name))).toEqual([]);
  });

  it('can be told apart and found by their links', async () => {
    const boards = await dashboards();
    expect(boards.map(({ uid }) => uid)).toEqual(['quadro-flow', 'quadro-chief', 'quadro-agents', 'quadro-exporter']);
    for (const { links, schemaVersion } of boards) {
      expect(schemaVersion).toBe(42);
      expect(links.map(({ title, placement }) => [title, placement])).toEqual([
        ['Quadro', undefined],
        ['Trace of the task', undefined],
      ]);
    }
  });

  it('explain the sleeps', async () => {
    const [, chief] = await dashboards();
    const words = JSON.stringify(chief?.panels.find(({ type }) => type === 'text'));
    expect(words).toContain('Everything is dispatched');
    expect(words).toContain('There is nothing to do');
    expect(words).toContain('asleep while a task waits');
  });
});

describe('variables', () => {
  it('are those that docs/dashboards.md describes', async () => {
    const page = readFileSync(resolve(ROOT, 'docs/dashboards.md'), 'utf8');
    for (const { templating } of await dashboards()) {
      expect(templating.list.map(({ name, type, multi }) => [name, type, multi])).toEqual([
        ['datasource', 'datasource', false],
        ['board', 'query', false],
        ['task_type', 'query', true],
        ['traces', 'datasource', false],
        ['task_id', 'textbox', false],
      ]);
      for (const { name } of templating.list) expect(page).toContain(`\`${name}\``);
    }
  });

  it('take series without the label for chosen where everything is chosen', async () => {
    for (const { templating } of await dashboards()) {
      const labels = templating.list.filter(({ type }) => type === 'query');
      expect(labels.map(({ allValue }) => allValue)).toEqual(['.*', '.*']);
    }
  });

  it('begin with the datasource that an import asks for, which stands nowhere else', async () => {
    for (const { json } of await grafanaDashboards()) {
      const input = '${' + 'DS_PROMETHEUS}';
      const board: Grafana & { __inputs: readonly { name: string }[] } = JSON.parse(json);
      expect(board.__inputs.map(({ name }) => name)).toEqual(['DS_PROMETHEUS']);
      expect(board.templating.list[0]?.current?.value).toBe(input);
      expect(json.split(input).length - 1, 'text and value').toBe(2);
    }
  });
});

describe('traces', () => {
  it('are shown as exemplars wherever a duration is drawn over time', async () => {
    let seen = 0;
    for (const { panels } of await dashboards()) {
      for (const { type, targets = [] } of panels) {
        for (const target of targets) {
          const isDrawn = target.expr.includes('_bucket{') && type !== 'stat';
          expect({ ...target, exemplar: isDrawn }).toEqual(target);
          seen += isDrawn ? 1 : 0;
        }
      }
    }
    expect(seen).toBeGreaterThan(15);
  });

  it('are found in Tempo by what the series and the spans both say', async () => {
    const page = readFileSync(resolve(ROOT, 'docs/telemetry.md'), 'utf8');
    const links = (await dashboards()).flatMap(({ panels }) =>
      panels.flatMap(({ fieldConfig }) => fieldConfig?.defaults?.links ?? []),
    );
    expect(links.length).toBeGreaterThan(8);
    for (const { url } of links) {
      const { datasource, queries } = exploreOf(url).traces;
      expect(datasource).toBe('${' + 'traces}');
      expect(queries[0]?.queryType).toBe('traceql');
      const [, attribute = '', label] =
        /^\{ span\.(quadro\.\w+) = "\$\{__field\.labels\.(\w+):percentencode\}" \}$/.exec(String(queries[0]?.query)) ??
        [];
      expect(label, url).toBeDefined();
      expect(page).toContain(`| \`${attribute}\` |`);
    }
  });

  it.each([
    ['tempo', { queryType: 'traceql', query: '{ span.quadro.task_id = "ID" }' }],
    ['jaeger', { queryType: 'search', service: 'quadro', tags: 'quadro.task_id="ID"' }],
  ] as const)('of one task are found by its id in %s', async (traces, wanted) => {
    for (const { links, templating } of await dashboards({ traces })) {
      const url = links[1]?.url?.replace(/\$\{task_id:percentencode\}/, 'ID');
      expect(exploreOf(url).traces.queries).toEqual([
        { refId: 'A', ...wanted, datasource: { type: traces, uid: '${' + 'traces}' } },
      ]);
      expect(templating.list.find(({ name }) => name === 'traces')?.query).toBe(traces);
    }
  });
});

describe('placing', () => {
  const words = (title: string, width?: number) =>
    text(title, { about: 'Words', markdown: '', ...(width !== undefined && { width }) });

  it('gives a panel its width and the others equal shares, each band below the last', () => {
    const placed = place([
      section('One', band(4, words('a', 10), words('b'), words('c')), band(2, words('d'))),
      section('Two', band(3, words('e'))),
    ]);
    expect(placed.map(({ id, place: { x, y, w, h } }) => [id, x, y, w, h])).toEqual([
      [1, 0, 0, 24, 1],
      [2, 0, 1, 10, 4],
      [3, 10, 1, 7, 4],
      [4, 17, 1, 7, 4],
      [5, 0, 5, 24, 2],
      [6, 0, 7, 24, 1],
      [7, 0, 8, 24, 3],
    ]);
  });

  it.each([
    ['wider than the grid', [words('a', 20), words('b', 5)]],
    ['without room', [words('a', 24), words('b')]],
  ])('refuses a band %s', (_, panels) => {
    expect(() => place([section('One', band(4, ...panels))])).toThrow('The panel b does not fit into its band');
  });
});

describe('the dashboard of a lifecycle', () => {
  it.each([
    ['review_required', REVIEW_REQUIRED],
    ['newsroom', NEWSROOM],
    ['odd', ODD],
    ['long', LONG.build()],
  ])('%s has no fault', async (_, profile) => {
    expect(dashboardFaults(await fifth(profile))).toEqual([]);
  });

  it('has the columns in their order, terminals aside, in every panel about columns', async () => {
    const board = await fifth(NEWSROOM);
    const aboutColumns = panelQueries(board).slice(0, 6);
    expect(aboutColumns.map(({ title }) => title)).toEqual([
      'Work in progress',
      'Work in progress over time',
      'Oldest task',
      'Ageing',
      'Dwell p50 by column',
      'Dwell p95 by column',
    ]);
    for (const { targets } of aboutColumns) {
      expect(targets.map(({ legend }) => legend)).toEqual(['UNASSIGNED', 'writing', 'editing']);
      expect(targets.map(({ expr }) => /status="(\w+)"/.exec(expr)?.[1])).toEqual(['UNASSIGNED', 'writing', 'editing']);
    }
  });

  it('has every declared step by its kind, the ways back by themselves', async () => {
    const steps = panelQueries(await fifth(NEWSROOM)).slice(6);
    const legends = steps.map(({ title, targets }) => [title, targets.map(({ legend }) => legend)]);
    expect(legends).toEqual([
      ['Forward', ['UNASSIGNED → writing', 'writing → editing', 'editing → published', 'editing → rejected']],
      ['Revisions and loops', ['editing → writing', 'writing → UNASSIGNED']],
      ['Exits', ['{{from_status}}']],
    ]);
  });

  it('takes a status for a text, whatever characters it has', async () => {
    const [work] = panelQueries(await fifth(ODD));
    const matchers = work?.targets.map(({ expr }) => /status=.*(?=\}\)\))/.exec(expr)?.[0]);
    expect(matchers).toEqual([
      'status="UNASSIGNED"',
      'status=~"=~\\\\.\\\\*"',
      'status="say \\"hi\\""',
      'status="back\\\\slash|or"',
    ]);
  });

  it('names queries beyond the twenty-sixth', async () => {
    const [work] = panelQueries(await fifth(LONG.build()));
    expect(work?.targets.map(({ refId }) => refId).slice(24, 28)).toEqual(['Y', 'Z', 'AA', 'AB']);
  });
});
