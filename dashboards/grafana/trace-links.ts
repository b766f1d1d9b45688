/** Links from a dashboard to the traces behind it, in Grafana's Explore. */
import type { TraceLabel } from './spec.ts';
import { reference } from './variables.ts';

/** Where traces are kept: each is asked in its own language. */
export type TraceStore = 'tempo' | 'jaeger';

/** The span attribute that says the same as a label; docs/telemetry.md. */
const ATTRIBUTE: Readonly<Record<TraceLabel, string>> = {
  task_type: 'quadro.task_type',
  status: 'quadro.from_status',
  stage_kind: 'quadro.stage_kind',
  trigger: 'quadro.trigger',
  result: 'quadro.result',
  outcome: 'quadro.outcome',
};

/** What spans must say, by attribute: a text of the board's, or a variable of Grafana's in its own notation. */
type Wanted = Readonly<Record<string, string>>;

function queryOf(store: TraceStore, wanted: Wanted): object {
  const pairs = Object.entries(wanted);
  if (store === 'jaeger') {
    const tags = pairs.map(([attribute, value]) => `${attribute}="${value}"`).join(' ');
    return { refId: 'A', queryType: 'search', service: 'quadro', tags };
  }
  const query = `{ ${pairs.map(([attribute, value]) => `span.${attribute} = "${value}"`).join(' && ')} }`;
  return { refId: 'A', queryType: 'traceql', query };
}

/** Percent-encodes a text for a link, but for the variables in it, which Grafana puts in itself. */
function encoded(text: string): string {
  return text
    .split(/(\$\{[^}]+\})/)
    .map((part, index) => (index % 2 === 0 ? encodeURIComponent(part) : part))
    .join('');
}

function exploreUrl(store: TraceStore, wanted: Wanted): string {
  const datasource = { type: store, uid: reference('traces') };
  const pane = {
    datasource: reference('traces'),
    queries: [{ ...queryOf(store, wanted), datasource }],
    range: { from: reference('__from'), to: reference('__to') },
  };
  return `/explore?schemaVersion=1&panes=${encoded(JSON.stringify({ traces: pane }))}`;
}

/** To the traces whose spans have the labels of the series that was clicked. */
export function seriesTracesUrl(store: TraceStore, labels: readonly TraceLabel[]): string {
  const wanted = labels.map(label => [ATTRIBUTE[label], reference(`__field.labels.${label}:percentencode`)]);
  return exploreUrl(store, Object.fromEntries(wanted));
}

/** To the trace of the task in the variable `task_id`. */
export function taskTraceUrl(store: TraceStore): string {
  return exploreUrl(store, { 'quadro.task_id': reference('task_id:percentencode') });
}
