import { readFile } from 'node:fs/promises';
import type { Analysis } from '../../analysis/index.ts';
import { QuadroError } from '../../board/core/errors.ts';
import type { TableSource } from '../../board/table-source.ts';
import type { SpanRecord } from '../../exporters/otel/index.ts';
import { measureBoard } from '../../exporters/prometheus/index.ts';
import { loadOtel } from '../load-otel.ts';
import { FIGURE_NAMES, FIGURES, type FigureName, FigureSums, type FigureValues } from './figures.ts';
import { parseExposition } from './parse-exposition.ts';

/** The figures by SQL over the log. */
export async function sqlSide(analysis: Analysis, boardUid: string): Promise<FigureValues> {
  const sums = new FigureSums();
  for (const name of FIGURE_NAMES) {
    const { columns, rows } = await analysis.query(FIGURES[name].sql, [boardUid]);
    for (const row of rows) {
      const labels = columns.slice(0, -1).map(column => String(row[column] ?? ''));
      sums.add(name, labels, Number(row.value));
    }
  }
  return sums.values;
}

async function fetchMetrics(url: string, signal: AbortSignal): Promise<string> {
  const failed = (why: string, cause?: unknown): QuadroError =>
    new QuadroError('remote_error', `${new URL(url).host} gave no metrics: ${why}`, { cause });
  const response = await fetch(url, { signal, headers: { accept: 'text/plain' } }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw failed(error instanceof Error ? String(error.cause ?? error.message) : String(error), error);
  });
  if (!response.ok) throw failed(`it answered ${response.status}`);
  return response.text();
}

/** The text of a metrics file or URL; of the log itself where none is given. */
async function metricsText(source: TableSource, given: string | undefined, signal: AbortSignal): Promise<string> {
  if (given !== undefined && /^https?:\/\//i.test(given)) return fetchMetrics(given, signal);
  if (given !== undefined) {
    return readFile(given, 'utf8').catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new QuadroError('invalid_source', `${given} cannot be read as metrics: ${why}`, { cause });
    });
  }
  const measured = await measureBoard(source, { cursorStore: null, scrapeBudgetMs: Number.POSITIVE_INFINITY });
  try {
    return (await measured.metrics()).text;
  } finally {
    await measured.close();
  }
}

/** The figures of /metrics. */
export async function metricsSide(
  source: TableSource,
  given: string | undefined,
  signal: AbortSignal,
): Promise<FigureValues> {
  const sums = new FigureSums();
  const bySeries = new Map<string, FigureName>(FIGURE_NAMES.map(name => [FIGURES[name].series, name]));
  for (const { name, labels, value } of parseExposition(await metricsText(source, given, signal))) {
    const figure = bySeries.get(name);
    if (figure === undefined) continue;
    const values = FIGURES[figure].labels.map(label => labels[label] ?? '');
    sums.add(figure, values, value);
  }
  return sums.values;
}

/** The figures that one span tells. */
type Told = readonly [figure: FigureName, labels: readonly string[], value: number];

function* toldBy({ name, attributes, start, end }: SpanRecord, words: SpanWords): Generator<Told> {
  const { SPAN, ATTR, ERROR_TYPE } = words;
  const text = (attribute: string): string => String(attributes[attribute] ?? '');
  const seconds = Number(end - start) / 1e9;
  if (name === SPAN.cycle) {
    const labels = [text(ATTR.trigger), text(ATTR.result)];
    yield ['chief_cycles', labels, 1];
    yield ['chief_cycle_seconds', labels, seconds];
    yield ['chief_actions', [text(ATTR.trigger)], Number(attributes[ATTR.actions_taken] ?? 0)];
  } else if (name === SPAN.tick) {
    const found = Number(attributes[ATTR.stale_count] ?? 0) > 0 ? 'found' : 'empty';
    yield ['ombudsman_ticks', [attributes[ATTR.error_type] === undefined ? found : 'error'], 1];
  } else if (name.startsWith(`${SPAN.task} `)) {
    const labels = [text(ATTR.task_type), text(ATTR.outcome)];
    yield ['finished_tasks', labels, 1];
    yield ['elapsed_seconds', labels, seconds];
  } else if (name.startsWith(`${SPAN.stage} `)) {
    const [task_type, status] = [text(ATTR.task_type), text(ATTR.from_status)];
    yield ['transitions', [task_type, status, text(ATTR.to_status), text(ATTR.edge)], 1];
    yield ['stages', [task_type, status, text(ATTR.stage_kind)], 1];
    yield ['stage_seconds', [task_type, status, text(ATTR.stage_kind)], seconds];
    if (attributes[ATTR.error_type] === ERROR_TYPE.stale_heartbeat) yield ['stale_stages', [task_type, status], 1];
  }
}

type SpanWords = Pick<Awaited<ReturnType<typeof loadOtel>>, 'SPAN' | 'ATTR' | 'ERROR_TYPE'>;

/** The figures of spans: of a file or a backend's answer, or of the log's own translation where none is given. */
export async function spansSide(
  source: TableSource,
  given: string | undefined,
  options: { readonly signal: AbortSignal; readonly onProgress: (spans: number) => void },
): Promise<FigureValues> {
  const otel = await loadOtel();
  const sums = new FigureSums();
  let spans = 0;
  for await (const record of otel.spanRecords(source, given ?? null, { signal: options.signal })) {
    for (const [figure, labels, value] of toldBy(record, otel)) sums.add(figure, labels, value);
    if (++spans % 1000 === 0) options.onProgress(spans);
  }
  return sums.values;
}
