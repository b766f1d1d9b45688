/** A dashboard's JSON, as Grafana imports it and as it is provisioned. */
import type { DashboardLink } from '@grafana/grafana-foundation-sdk/dashboard';
import { panelOf } from './panels.ts';
import { place } from './place.ts';
import type { Sdk } from './sdk.ts';
import type { BoardSpec } from './spec.ts';
import { type TraceStore, taskTraceUrl } from './trace-links.ts';
import { IMPORT_INPUT, variablesOf } from './variables.ts';

/** By which Grafana lists the boards of Quadro, and each links to the others. */
const TAG = 'quadro';

/** Whose documentation this was written by; an older Grafana warns at the import. */
const GRAFANA_VERSION = '12.0.0';

/** What an import by hand asks for: which datasource the variable `datasource` begins with. A provisioning reads past it. */
const INPUTS = [
  {
    name: IMPORT_INPUT,
    label: 'Prometheus',
    description: 'The Prometheus that scrapes the board',
    type: 'datasource',
    pluginId: 'prometheus',
    pluginName: 'Prometheus',
  },
];

function requirements(panelTypes: Iterable<string>): object[] {
  const panels = [...new Set(panelTypes)].toSorted().map(id => ({ type: 'panel', id, name: id, version: '' }));
  return [
    { type: 'grafana', id: 'grafana', name: 'Grafana', version: GRAFANA_VERSION },
    { type: 'datasource', id: 'prometheus', name: 'Prometheus', version: '1.0.0' },
    ...panels,
  ];
}

function linksOf({ dashboard }: Sdk, traces: TraceStore): DashboardLink[] {
  const others = new dashboard.DashboardLinkBuilder('Quadro')
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags([TAG])
    .includeVars(true)
    .keepTime(true);
  const trace = new dashboard.DashboardLinkBuilder('Trace of the task')
    .type(dashboard.DashboardLinkType.Link)
    .url(taskTraceUrl(traces))
    .icon('external link')
    .tooltip('The trace of the task whose id stands in the field Task')
    .targetBlank(true);
  // The SDK would hide links in a menu; without a place they stand beside the variables.
  return [others, trace].map(link => ({ ...link.build(), placement: undefined }));
}

function panelsOf(sdk: Sdk, { sections }: BoardSpec, traces: TraceStore) {
  return place(sections).map(each => {
    const gridPos = { ...each.place };
    if ('panel' in each) return panelOf(sdk, each.panel, each.id, gridPos, traces);
    return { ...new sdk.dashboard.RowBuilder(each.heading).id(each.id).gridPos(gridPos).build(), panels: [] };
  });
}

/** JSON in lines as the project's formatter has them: a list of one text stays on its line. */
function lined(json: object): string {
  return JSON.stringify(json, null, 2).replaceAll(/\[\n\s+("(?:[^"\\]|\\.)*")\n\s+\]/g, '[$1]');
}

/** The text of a dashboard's file: the same for the same board, byte for byte. */
export function render(sdk: Sdk, board: BoardSpec, traces: TraceStore): string {
  const { DashboardBuilder, DashboardCursorSync } = sdk.dashboard;
  const built = new DashboardBuilder(board.title)
    .uid(board.name)
    .description(board.about)
    .tags([TAG])
    .editable()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .variables(variablesOf(sdk, traces))
    .build();
  const panels = panelsOf(sdk, board, traces);
  const json = {
    __inputs: INPUTS,
    __requires: requirements(panels.map(({ type }) => type).filter(type => type !== 'row')),
    id: null,
    ...built,
    annotations: { list: [] },
    links: linksOf(sdk, traces),
    panels,
  };
  return `${lined(json)}\n`;
}
