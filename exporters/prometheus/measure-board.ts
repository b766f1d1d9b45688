import { QuadroError } from '../../board/core/errors.ts';
import type { MeteredBoard } from '../../board/meter.ts';
import { importPeer } from '../../board/missing-package.ts';
import { type CursorStore, defaultCursorStore, type StoredLog } from '../feed/index.ts';
import { acceptsOpenMetrics } from './accepts-open-metrics.ts';
import { ExemplarIds } from './exemplar-ids.ts';
import type { FamilyOptions } from './family.ts';
import { DESTINATION, LogCounter } from './log-counter.ts';
import { type AnyRegistry, MetricView } from './metric-view.ts';
import { METRICS, type MetricOrigin, QUEUE_DEPTH, STAGE_DURATION } from './names.ts';
import { boardMeter, type ExporterMeter, exporterMeter } from './process-meters.ts';
import { isGaugeSource, readState } from './state-gauges.ts';
import { Totals } from './totals.ts';

/** How to measure a board. */
export interface MeasureOptions extends FamilyOptions {
  /**
   * Where totals and cursor survive the process, such as a `fileCursorStore`; null: nowhere, the log is read anew. Default:
   * the database of a board on a server, else nowhere.
   */
  readonly cursorStore?: CursorStore | null;
  /** A prom-client registry to be in, beside metrics of your own. Default: a new one; never the global one. */
  readonly registry?: AnyRegistry;
  /**
   * How long one scrape reads on in the log, in milliseconds; what is left shows as `quadro_exporter_lag_events`, and the
   * next scrape goes on. Default 3,000: under Prometheus' time-out.
   */
  readonly scrapeBudgetMs?: number;
  /** Told where totals could not be saved; measuring goes on. Default: a warning of the process. */
  readonly onError?: (error: unknown) => void;
}

/** Metrics as text, with the header that says in which format. */
export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** A board's metrics. */
export interface MeasuredBoard {
  /**
   * Reads what is new and the present state, and prints everything: OpenMetrics with exemplars where the Accept header
   * asks for it, else the text format 0.0.4. One at a time.
   */
  metrics(accept?: string): Promise<Exposition>;
  /** Reads the log to its end, however long it takes, and saves the totals. */
  catchUp(): Promise<void>;
  /** What an exporter of this process reports to; `signal` is its label, such as `traces`. */
  exporterMeter(signal: string): ExporterMeter;
  /** Saves the totals and leaves the registry. The source stays open. A second call does nothing. */
  close(): Promise<void>;
}

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error), 'QuadroMetricsWarning');
}

/**
 * Measures a board, or an exported log: counters and histograms from its logs, gauges from its present state where it has
 * one, and, for a `Board` of this process, how it commits.
 *
 * @example
 * const measured = await measureBoard(board, { cursorStore: fileCursorStore('board.db.cursor-prometheus.json') });
 * console.log((await measured.metrics()).text);
 * await measured.close();
 * @throws ConfigurationError (`missing_package`) without prom-client; QuadroError `invalid_configuration` for options or a
 * cursor that cannot be used.
 */
export async function measureBoard(source: StoredLog, options: MeasureOptions = {}): Promise<MeasuredBoard> {
  const { scrapeBudgetMs = 3000, onError = warn } = options;
  checkDisabledLabels(options.disabledLabels ?? []);
  const prom = await importPeer('prom-client', () => import('prom-client'));
  const totals = {
    log: totalsOf('log', options),
    state: totalsOf('state', options),
    local: totalsOf('process', options),
  };
  const cursorStore = options.cursorStore === undefined ? await storeOf(source) : options.cursorStore;
  const counter = await LogCounter.open(source, totals.log, { cursorStore: cursorStore ?? undefined, onError });
  const registry: AnyRegistry = options.registry ?? new prom.Registry();
  return new Measurement({ source, totals, counter, registry, scrapeBudgetMs });
}

/** Only a server's database: a file beside the board's own is made where somebody asks for one. */
async function storeOf(source: StoredLog): Promise<CursorStore | null> {
  const { backend } = source;
  if (backend === undefined || backend.sidecarPath !== null) return null;
  return defaultCursorStore(backend, await source.board(), DESTINATION);
}

function totalsOf(origin: MetricOrigin, options: FamilyOptions): Totals {
  return new Totals(
    METRICS.filter(spec => spec.origin === origin),
    options,
  );
}

/** What a {@link Measurement} is made of. */
interface Parts {
  readonly source: StoredLog;
  /** By where values come from; `local` is what only this process knows. */
  readonly totals: { readonly log: Totals; readonly state: Totals; readonly local: Totals };
  readonly counter: LogCounter;
  readonly registry: AnyRegistry;
  readonly scrapeBudgetMs: number;
}

class Measurement implements MeasuredBoard {
  readonly #parts: Parts;
  readonly #board: MeteredBoard | null;
  readonly #detach: () => void;
  readonly #exemplarIds = new ExemplarIds();
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { totals, source, registry } = parts;
    const families = [totals.log, totals.state, totals.local].flatMap(({ families }) => [...families.values()]);
    families.sort((a, b) => METRICS.indexOf(a.spec) - METRICS.indexOf(b.spec));
    for (const family of families) new MetricView(family, registry, this.#exemplarIds).register();
    this.#board = isMetered(source) ? source : null;
    this.#detach = this.#board?.attachMeter(boardMeter(totals.local, this.#board.backendName)) ?? (() => {});
  }

  metrics(accept = ''): Promise<Exposition> {
    const contentType = acceptsOpenMetrics(accept) ? OPEN_METRICS : TEXT;
    const turn = this.#last.then(async () => {
      await this.#refresh(contentType);
      return { contentType, text: await render(this.#parts.registry, contentType) };
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  catchUp(): Promise<void> {
    return this.#catchUp(Number.POSITIVE_INFINITY);
  }

  exporterMeter(signal: string): ExporterMeter {
    return exporterMeter(this.#parts.totals.local, signal);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { counter, registry } = this.#parts;
    this.#detach();
    await this.#last;
    await counter.close();
    for (const { name } of METRICS) registry.removeSingleMetric(name);
  }

  async #catchUp(budgetMs: number): Promise<void> {
    if (this.#closing !== null) throw new QuadroError('closed', 'This board is no longer measured');
    const { counter } = this.#parts;
    const lag = await counter.catchUp(budgetMs);
    this.exporterMeter('metrics').position(counter.sequenceId, lag);
  }

  async #refresh(contentType: string): Promise<void> {
    const { source, totals, counter, scrapeBudgetMs } = this.#parts;
    await this.#catchUp(scrapeBudgetMs);
    if (isGaugeSource(source)) await readState(source, totals.state, totals.log.family(STAGE_DURATION));
    if (this.#board !== null) {
      const { backendName, queueDepth } = this.#board;
      totals.local.apply({ kind: 'set', metric: QUEUE_DEPTH, labels: [backendName], to: queueDepth });
    }
    if (contentType !== OPEN_METRICS) return;
    await this.#exemplarIds.prepare(totals.log.families.values(), counter.boardUid, counter.posts);
  }
}

/** Prints a registry in a format, and leaves it as it was: rendering OpenMetrics renames prom-client's counters. */
async function render(registry: AnyRegistry, contentType: typeof TEXT | typeof OPEN_METRICS): Promise<string> {
  const before = registry.contentType;
  const names = registry.getMetricsAsArray().map(metric => ({ metric: metric as { name: string }, name: '' }));
  for (const each of names) each.name = each.metric.name;
  try {
    registry.setContentType(contentType);
    return await registry.metrics();
  } finally {
    registry.setContentType(before);
    for (const { metric, name } of names) metric.name = name;
  }
}

function isMetered(source: object): source is MeteredBoard {
  return 'attachMeter' in source && 'queueDepth' in source && 'backendName' in source;
}

function checkDisabledLabels(disabled: readonly string[]): void {
  const known = new Set(METRICS.flatMap(spec => spec.labels));
  const unknown = disabled.filter(label => !known.has(label));
  if (unknown.length === 0) return;
  const message = `No metric has the label ${unknown.join(', ')}; there are ${[...known].join(', ')}`;
  throw new QuadroError('invalid_configuration', message, { details: { unknown } });
}
