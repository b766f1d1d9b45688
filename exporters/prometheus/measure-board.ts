import { ConfigurationError, QuadroError } from '../../board/core/errors.ts';
import { US_PER_SECOND } from '../../board/core/time.ts';
import type { MeteredBoard } from '../../board/meter.ts';
import { importPeer } from '../../board/missing-package.ts';
import { type CursorStore, defaultCursorStore, type StoredLog } from '../feed/index.ts';
import { ExemplarIds } from './exemplar-ids.ts';
import { type CatchUpOptions, DESTINATION, LogCounter } from './log-counter.ts';
import type { MetricOrigin } from './metric-spec.ts';
import { type AnyRegistry, MetricView } from './metric-view.ts';
import { AGENT_CIRCUIT_STATE, EXPORTER_CURSOR, EXPORTER_LAG, METRICS, QUEUE_DEPTH, STAGE_DURATION } from './names.ts';
import { boardMeter, type ExporterMeter, exporterMeter } from './process-meters.ts';
import { type Exposition, formatOf, OPEN_METRICS, render } from './render.ts';
import { isGaugeSource, readState } from './state-gauges.ts';
import { DEFAULT_DISPATCH_GRACE_SECONDS, Totals, type TotalsOptions } from './totals.ts';

/** How to measure a board. */
export interface MeasureOptions extends TotalsOptions {
  /**
   * Where totals and cursor survive the process, such as a `fileCursorStore`; null: nowhere, the log is read anew. Default:
   * the database of a board on a server, else nowhere.
   */
  readonly cursorStore?: CursorStore | null;
  /**
   * A prom-client registry to be in, beside metrics of your own; `metrics()` then prints those too. The registry's own
   * `metrics()` prints what was true at the last scrape. Default: a new one; never the global one.
   */
  readonly registry?: AnyRegistry;
  /**
   * How long one scrape reads on in the log, in milliseconds; what is left shows as `quadro_exporter_lag_events`, and the
   * next scrape goes on. Default 3,000: under Prometheus' time-out.
   */
  readonly scrapeBudgetMs?: number;
  /**
   * Gives the circuits of a network, `() => network.stats()`: shown as `quadro_agent_circuit_state` where there are any.
   * Default: none.
   */
  readonly circuits?: () => readonly CircuitReading[];
  /** Told where totals could not be saved; measuring goes on. Default: a warning of the process. */
  readonly onError?: (error: unknown) => void;
}

/** What is shown of a circuit; `quadro/http` gives them. */
export interface CircuitReading {
  readonly url: string;
  readonly state: 'closed' | 'open' | 'half_open';
}

const CIRCUIT_VALUES: Readonly<Record<CircuitReading['state'], number>> = { closed: 0, half_open: 0.5, open: 1 };

/** A board's metrics. */
export interface MeasuredBoard {
  /**
   * Reads what is new and the present state, and prints everything: OpenMetrics with exemplars where the Accept header
   * asks for it, else the text format 0.0.4. One at a time.
   */
  metrics(accept?: string): Promise<Exposition>;
  /**
   * Reads the log to its end, however long it takes, and saves the totals. Worth waiting for before the first scrape of a long
   * log that has no saved totals: while they rise from 0 to where another process had them, Prometheus counts them again.
   */
  catchUp(options?: CatchUpOptions): Promise<void>;
  /** What an exporter of this process reports to; `signal` is its label, such as `traces`. */
  exporterMeter(signal: string): ExporterMeter;
  /** Saves the totals and leaves the registry. The source stays open. A second call does nothing. */
  close(): Promise<void>;
}

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
 * cursor that cannot be used, or a registry that measures another board.
 */
export async function measureBoard(source: StoredLog, options: MeasureOptions = {}): Promise<MeasuredBoard> {
  const { scrapeBudgetMs = 3000, dispatchGraceSeconds = DEFAULT_DISPATCH_GRACE_SECONDS, onError = warn } = options;
  const { circuits = () => [] } = options;
  checkLabels(options);
  const prom = await importPeer('prom-client', () => import('prom-client'));
  const totals = {
    log: totalsOf('log', options),
    state: totalsOf('state', options),
    local: totalsOf('process', options),
  };
  const cursorStore = options.cursorStore === undefined ? await storeOf(source) : options.cursorStore;
  const counter = await LogCounter.open(source, totals.log, {
    cursorStore: cursorStore ?? undefined,
    dispatchGrace: Math.round(dispatchGraceSeconds * US_PER_SECOND),
    onError,
  });
  const registry: AnyRegistry = options.registry ?? new prom.Registry();
  return new Measurement({ source, totals, counter, registry, scrapeBudgetMs, circuits });
}

/** Only a server's database: a file beside the board's own is made where somebody asks for one. */
async function storeOf(source: StoredLog): Promise<CursorStore | null> {
  const { backend } = source;
  if (backend === undefined || backend.sidecarPath !== null) return null;
  return defaultCursorStore(backend, await source.board(), DESTINATION);
}

function totalsOf(origin: MetricOrigin, options: TotalsOptions): Totals {
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
  readonly circuits: () => readonly CircuitReading[];
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
    assertFree(registry);
    for (const family of families) new MetricView(family, registry, this.#exemplarIds).register();
    // One that only reads has no commits; its empty queue would pass for that of the process that writes.
    this.#board = isMetered(source) && !source.isReadOnly ? source : null;
    this.#detach = this.#board?.attachMeter(boardMeter(totals.local, this.#board.backendName)) ?? (() => {});
  }

  metrics(accept = ''): Promise<Exposition> {
    const format = formatOf(accept);
    const turn = this.#last.then(async () => {
      await this.#refresh(format === OPEN_METRICS);
      return { contentType: format, text: await render(this.#parts.registry, format) };
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  catchUp(options: CatchUpOptions = {}): Promise<void> {
    return this.#catchUp(Number.POSITIVE_INFINITY, options);
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

  async #catchUp(budgetMs: number, options: CatchUpOptions = {}): Promise<void> {
    if (this.#closing !== null) throw new QuadroError('closed', 'This board is no longer measured');
    const { counter } = this.#parts;
    const lag = await counter.catchUp(budgetMs, options);
    this.exporterMeter('metrics').position(counter.sequenceId, lag);
    this.#measureLag(counter.sequenceId + lag);
  }

  /** An exporter that is held up reports nothing: how far the log has gone on since is seen here. */
  #measureLag(end: number): void {
    const { local } = this.#parts.totals;
    for (const { values, value } of local.family(EXPORTER_CURSOR).series) {
      const lag = local.family(EXPORTER_LAG).atKept(values);
      lag.value = Math.max(lag.value, end - value);
    }
  }

  async #refresh(withExemplars: boolean): Promise<void> {
    const { source, totals, counter, scrapeBudgetMs } = this.#parts;
    await this.#catchUp(scrapeBudgetMs);
    if (isGaugeSource(source)) await readState(source, totals.state, totals.log.family(STAGE_DURATION));
    if (this.#board !== null) {
      const { backendName, queueDepth } = this.#board;
      totals.local.apply({ kind: 'set', metric: QUEUE_DEPTH, labels: [backendName], to: queueDepth });
    }
    for (const { url, state } of this.#parts.circuits()) {
      totals.local.apply({ kind: 'set', metric: AGENT_CIRCUIT_STATE, labels: [url], to: CIRCUIT_VALUES[state] });
    }
    if (!withExemplars) return;
    await this.#exemplarIds.prepare(totals.log.families.values(), counter.boardUid, counter.posts);
  }
}

function isMetered(source: object): source is MeteredBoard {
  return ['attachMeter', 'queueDepth', 'backendName', 'isReadOnly'].every(member => member in source);
}

function assertFree(registry: AnyRegistry): void {
  const taken = METRICS.find(({ name }) => registry.getSingleMetric(name) !== undefined);
  if (taken === undefined) return;
  const message = `The registry already has ${taken.name}: give each measured board a registry of its own`;
  throw new ConfigurationError('invalid_configuration', message, { details: { metric: taken.name } });
}

function checkLabels({ disabledLabels = [], enabledLabels = [] }: TotalsOptions): void {
  checkKnown(disabledLabels, new Set(METRICS.flatMap(spec => spec.labels)), 'No metric has the label');
  checkKnown(
    enabledLabels,
    new Set(METRICS.flatMap(spec => spec.optIn)),
    'No metric is told apart on demand by the label',
  );
}

function checkKnown(labels: readonly string[], known: ReadonlySet<string>, what: string): void {
  const unknown = labels.filter(label => !known.has(label));
  if (unknown.length === 0) return;
  const message = `${what} ${unknown.join(', ')}; there are ${[...known].join(', ')}`;
  throw new QuadroError('invalid_configuration', message, { details: { unknown } });
}
