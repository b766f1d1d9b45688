/** What a reader of a dashboard chooses at its top. */
import type { QueryVariableBuilder, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import { TASK_TRANSITIONS } from '../../exporters/prometheus/names.ts';
import type { Sdk } from './sdk.ts';
import type { TraceStore } from './trace-links.ts';

/** A variable's builder of the SDK, whatever its type. */
interface VariableBuilder {
  build(): VariableModel;
}

/** The datasource that importing by hand asks for; its answer becomes the variable `datasource`. */
export const IMPORT_INPUT = 'DS_PROMETHEUS';

/** A variable of Grafana's, to be put in by it: `${name}`, or `${name:format}`. */
export function reference(name: string): string {
  return `\${${name}}`;
}

/** The datasource that every query and variable asks, by reference to the variable. */
export const DATASOURCE: { readonly type: 'prometheus'; readonly uid: string } = {
  type: 'prometheus',
  uid: reference('datasource'),
};

/**
 * The values of a label, as a choice. All of them is `.*`, which is also where series have no such label: a board that is
 * scraped without the target label `board`, or whose metrics leave `task_type` out.
 */
function labelVariable(
  { dashboard }: Sdk,
  name: string,
  label: string,
  about: string,
  where: string,
): QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .description(about)
    .datasource(DATASOURCE)
    .query({ query: `label_values(${TASK_TRANSITIONS.name}${where}, ${name})`, refId: name })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .includeAll(true)
    .allValue('.*');
}

/** Every variable, in the order in which they stand at the top. */
export function variablesOf(sdk: Sdk, traces: TraceStore): VariableBuilder[] {
  const { DatasourceVariableBuilder, TextBoxVariableBuilder } = sdk.dashboard;
  const everything = { selected: true, text: 'All', value: '$__all' };
  return [
    new DatasourceVariableBuilder('datasource')
      .label('Prometheus')
      .description('The Prometheus that scrapes the board.')
      .type('prometheus')
      // Filled in by an import. Otherwise no datasource has this name, and Grafana takes the first it knows.
      .current({ selected: false, text: reference(IMPORT_INPUT), value: reference(IMPORT_INPUT) }),
    labelVariable(sdk, 'board', 'Board', 'By the target label board of the scrape.', '').current(everything),
    labelVariable(sdk, 'task_type', 'Task type', 'The types of the tasks.', '{board=~"$board"}')
      .multi(true)
      .current({ selected: true, text: ['All'], value: ['$__all'] }),
    new DatasourceVariableBuilder('traces')
      .label('Traces')
      .description('Where the spans of the board are kept; links lead there.')
      .type(traces),
    new TextBoxVariableBuilder('task_id')
      .label('Task')
      .description('The id of a task, for the link to its trace.')
      .defaultValue(''),
  ];
}
