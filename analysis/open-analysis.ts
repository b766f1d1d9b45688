import type { DuckDBValue } from '@duckdb/node-api';
import { errorOf } from '../board/core/errors.ts';
import type { Json } from '../board/core/json.ts';
import type { FlightPlan } from '../board/core/stages.ts';
import type { TableName } from '../board/core/tables.ts';
import { type DuckDb, type DuckDbOptions, openDuckDb } from '../board/duckdb.ts';
import type { TableSource } from '../board/table-source.ts';
import { absentReason, checkTablesPresent, EMPTY_REASONS } from './absent-tables.ts';
import { type AnalysisName, type AnalysisResult, type AnalysisRows, REPORT_NAMES, type Report } from './analyses.ts';
import { rowReader } from './duckdb-values.ts';
import { flightPlanFromSql } from './flight-plan.ts';
import { interruptible } from './interruptible.ts';
import type { LoadOptions, LoadProgress } from './load-progress.ts';
import { logTable, type OpenedLog, openLog } from './open-log.ts';
import { type AnalysisSettings, applySettings } from './settings.ts';
import { sqlFileOf, viewStatements } from './sql-files.ts';

/** A board, or an exported log: the path of its folder or file, or a pattern for several. */
export type AnalysisSource = TableSource | string;

/** How a source is opened. */
export interface AnalysisOptions extends DuckDbOptions {
  /**
   * Stops the loading, and whatever the analysis does later: what runs then throws the signal's reason, and so does every later
   * call but `close`.
   */
  signal?: AbortSignal;
  onProgress?: (progress: LoadProgress) => void;
  /**
   * Keeps loaded rows in this DuckDB file instead of in memory, as a cache: whoever opens the same sources with it again, after a
   * kill too, loads only what is new. One process at a time may have it open.
   */
  databaseFile?: string;
  /** What the analyses are told; each has a default. */
  settings?: AnalysisSettings;
}

/** How one call is stopped. */
export interface AskOptions {
  /** Stops this call, which throws the signal's reason; the analysis goes on. */
  readonly signal?: AbortSignal;
}

/** How a report is watched and stopped. */
export interface ReportOptions extends AskOptions {
  readonly onProgress?: (progress: ReportProgress) => void;
}

/** How far a report is. */
export interface ReportProgress {
  /** The analysis that was answered last. */
  readonly analysis: AnalysisName;
  readonly done: number;
  readonly total: number;
}

/** A row of a query: JSON-safe values. */
export type SqlRow = Readonly<Record<string, Json>>;

/** What a query answers. */
export interface SqlAnswer {
  /** Its columns in order, there even without rows. */
  readonly columns: readonly string[];
  readonly rows: readonly SqlRow[];
}

/** Values for `$1`, `$2`… or for `$name`. */
export type SqlParameters = readonly SqlParameter[] | Readonly<Record<string, SqlParameter>>;
/** A value a query takes. */
export type SqlParameter = null | boolean | number | string;

/**
 * Opens a log for questions: a board (its rows are copied into DuckDB), an exported folder, a single file of events, whose other
 * tables are then absent, a pattern for several (`day-*.parquet`), or an array of these as one log. Needs the package `@duckdb/node-api`.
 *
 * @throws ValidationError (`invalid_source`); ConfigurationError (`missing_package`, `invalid_configuration`); StorageError where
 * `databaseFile` is in use or no database; the signal's reason
 * @example
 * const analysis = await openAnalysis('log');
 * const { rows } = await analysis.query('SELECT count(*) AS n FROM stages');
 * await analysis.close();
 */
export async function openAnalysis(
  source: AnalysisSource | readonly AnalysisSource[],
  options: AnalysisOptions = {},
): Promise<Analysis> {
  const { signal } = options;
  signal?.throwIfAborted();
  const db = await openDuckDb(options);
  try {
    await applySettings(db, options.settings ?? {});
    const log = await openLog(db, Array.isArray(source) ? source : [source as AnalysisSource], options);
    return new Analysis(db, log, signal);
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** What DuckDB's driver says of a text that is empty, or a comment alone. */
const NO_STATEMENT = 'Error in native callback';

/** Does something on the open log; what it does stops at the signal. */
type Work<Result> = (signal: AbortSignal) => Promise<Result>;

/** From so many events on, what a report keeps is compressed: below, it takes a tenth of the report's time and saves little. */
const COMPRESSED_FROM_EVENTS = 2_000_000;

/** Goes before the statement of `materialize.sql` that attaches the same, compressed, where it is not there. */
const ATTACH_PLAIN = "ATTACH IF NOT EXISTS ':memory:' AS kept";

/** How the views are made: not yet, over the log itself, or over what a report keeps. */
type Views = 'none' | 'read' | 'kept';

/** An open log. Made by {@link openAnalysis}; close it when done. Its calls take turns, in the order they are made. */
export class Analysis {
  readonly #db: DuckDb;
  readonly #log: OpenedLog;
  readonly #signal: AbortSignal | undefined;
  /** Why tables cannot answer, of this look. */
  readonly #missingReasons = new Map<TableName, string | null>();
  readonly #closing = new AbortController();
  #turn: Promise<unknown> = Promise.resolve();
  #views: Views = 'none';

  constructor(db: DuckDb, log: OpenedLog, signal: AbortSignal | undefined) {
    this.#db = db;
    this.#log = log;
    this.#signal = signal;
  }

  /** Tables the sources, or one of them, lack. */
  get absentTables(): ReadonlySet<TableName> {
    return this.#log.absentTables;
  }

  /**
   * Reads what is new in the sources: of a board the rows since the last look, of patterns and folders the files that came.
   * Answers how many rows were read, by table. Where it is stopped or fails, nothing has changed.
   *
   * @throws as {@link openAnalysis}
   */
  refresh(options: LoadOptions = {}): Promise<Readonly<Record<TableName, number>>> {
    return this.#inTurn(async signal => {
      const { rows, hasChanged } = await this.#log.refresh({ ...options, signal });
      if (hasChanged) {
        this.#missingReasons.clear();
        await this.#forget();
      }
      return rows;
    }, options);
  }

  /** The rows of one analysis (docs/analysis.md), or why this log cannot give them. */
  run<Name extends AnalysisName>(name: Name, options: AskOptions = {}): Promise<AnalysisResult<AnalysisRows[Name]>> {
    return this.#inTurn(async signal => {
      await this.#makeViews(signal);
      return this.#run(name, signal);
    }, options);
  }

  async #run<Name extends AnalysisName>(name: Name, signal: AbortSignal): Promise<AnalysisResult<AnalysisRows[Name]>> {
    const { sql, needs } = await sqlFileOf(name);
    for (const table of needs) {
      const reason = await this.#missing(table, signal);
      if (reason !== null) return { available: false, reason };
    }
    const { rows } = await this.#ask(sql, [], signal);
    return { available: true, rows: rows as unknown as readonly AnalysisRows[Name][] };
  }

  /**
   * Every analysis but those as long as the log, all of one look. Keeps in memory, compressed, what all of them stand on.
   */
  report(options: ReportOptions = {}): Promise<Report> {
    return this.#inTurn(async signal => {
      await this.#keepViews(signal);
      const report: Partial<Record<AnalysisName, AnalysisResult<unknown>>> = {};
      for (const [index, analysis] of REPORT_NAMES.entries()) {
        report[analysis] = await this.#run(analysis, signal);
        options.onProgress?.({ analysis, done: index + 1, total: REPORT_NAMES.length });
      }
      return report as Report;
    }, options);
  }

  /**
   * Asks a question of your own over the views: `events`, `stages`, `flight_plans`, … Integers are numbers while safe,
   * instants ISO 8601 with six digits, JSON parsed.
   *
   * @throws ValidationError (`invalid_payload`) with DuckDB's words; (`invalid_source`) over a table the log lacks
   * @example await analysis.query('SELECT * FROM stages WHERE task_id = $1', ['t1'])
   */
  query(query: string, parameters: SqlParameters = [], options: AskOptions = {}): Promise<SqlAnswer> {
    return this.#inTurn(async signal => {
      await this.#makeViews(signal);
      await checkTablesPresent(this.#db, query, this.absentTables);
      try {
        return await this.#ask(query, parameters, signal);
      } catch (cause) {
        signal.throwIfAborted();
        const words = cause instanceof Error ? cause.message : String(cause);
        const message = words === NO_STATEMENT ? 'The query holds no statement' : words;
        throw errorOf('invalid_payload', message, { cause });
      }
    }, options);
  }

  /** The rows of {@link query}. */
  async sql(query: string, parameters: SqlParameters = [], options: AskOptions = {}): Promise<readonly SqlRow[]> {
    return (await this.query(query, parameters, options)).rows;
  }

  /**
   * The flight plan of one task, equal to the board's. `boardUid` matters only where the log holds several boards.
   *
   * @throws NotFoundError (`task_not_found`); ValidationError (`invalid_source`) where the log has no tasks
   */
  flightPlan(taskId: string, boardUid?: string): Promise<FlightPlan> {
    return this.#inTurn(async signal => {
      if (this.absentTables.has('tasks')) throw errorOf('invalid_source', absentReason('tasks'));
      await this.#makeViews(signal);
      return flightPlanFromSql(this.#db, taskId, boardUid);
    });
  }

  /** Stops what runs, and releases everything; a second call does nothing. */
  async close(): Promise<void> {
    this.#closing.abort(errorOf('closed', 'The analysis is closed'));
    await this.#turn;
    await this.#db.close();
  }

  /** Waits for the calls before: two statements of one connection would stop each other, and a look change a report half-way. */
  #inTurn<Result>(work: Work<Result>, options: AskOptions = {}): Promise<Result> {
    const signals = [this.#closing.signal, this.#signal, options.signal].filter(signal => signal !== undefined);
    const signal = AbortSignal.any(signals);
    const turn = this.#turn.then(() => {
      signal.throwIfAborted();
      return work(signal);
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Makes the views where there are none: DuckDB plans each of them whole, which takes longer than many a question. */
  async #makeViews(signal: AbortSignal): Promise<void> {
    if (this.#views !== 'none') return;
    await this.#runAll(await viewStatements(false), signal);
    this.#views = 'read';
  }

  /** Questions that come one after another would each read the whole log (sql/materialize.sql); no answer changes. */
  async #keepViews(signal: AbortSignal): Promise<void> {
    if (this.#views === 'kept') return;
    this.#views = 'none';
    const { rows } = await this.#ask(`SELECT count(*) AS events FROM ${logTable('events')}`, [], signal);
    const isShort = Number(rows[0]?.events) < COMPRESSED_FROM_EVENTS;
    await this.#runAll([...(isShort ? [ATTACH_PLAIN] : []), ...(await viewStatements(true))], signal);
    this.#views = 'kept';
  }

  /** Its statements are many: where they are stopped half-way, they are begun anew. */
  async #runAll(statements: readonly string[], signal: AbortSignal): Promise<void> {
    try {
      for (const sql of statements) await interruptible(this.#db, signal, () => this.#db.connection.run(sql));
    } catch (error) {
      await this.#forget();
      throw error;
    }
  }

  /** Lets go of what is kept; whoever asks next makes the views anew. */
  async #forget(): Promise<void> {
    if (this.#views === 'read') return;
    this.#views = 'none';
    await this.#db.connection.run('DETACH DATABASE IF EXISTS kept');
  }

  async #missing(table: TableName, signal: AbortSignal): Promise<string | null> {
    if (this.absentTables.has(table)) return absentReason(table);
    const known = this.#missingReasons.get(table);
    if (known !== undefined) return known;
    const reason = (await this.#isEmpty(table, signal)) ? (EMPTY_REASONS[table] ?? null) : null;
    this.#missingReasons.set(table, reason);
    return reason;
  }

  async #isEmpty(table: TableName, signal: AbortSignal): Promise<boolean> {
    const { rows } = await this.#ask(`SELECT 1 AS found FROM ${logTable(table)} LIMIT 1`, [], signal);
    return rows.length === 0;
  }

  async #ask(query: string, parameters: SqlParameters, signal: AbortSignal): Promise<SqlAnswer> {
    const values = parameters as DuckDBValue[] | Record<string, DuckDBValue>;
    const read = () => this.#db.connection.runAndReadAll(query, values);
    const reader = await interruptible(this.#db, signal, read);
    const rows = rowReader(this.#db.duckdb, reader, 'iso')(reader.getRows());
    return { columns: reader.deduplicatedColumnNames(), rows };
  }
}
