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
import { type LoadProgress, loadTables, logTable } from './load-tables.ts';
import { openFiles } from './open-files.ts';
import { type AnalysisSettings, applySettings } from './settings.ts';
import { readSql, sqlFileOf, VIEW_FILES } from './sql-files.ts';

/** How a source is opened. */
export interface AnalysisOptions extends DuckDbOptions {
  /** Stops the loading, and any query that runs. */
  signal?: AbortSignal;
  onProgress?: (progress: LoadProgress) => void;
  /** What the analyses are told; each has a default. */
  settings?: AnalysisSettings;
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
 * Opens a log for questions: a board (its tables are copied into DuckDB), an exported folder, or a single file of events,
 * whose other tables are then absent. Needs the package `@duckdb/node-api`.
 *
 * @throws ValidationError (`invalid_source`); ConfigurationError (`missing_package`, `invalid_configuration`)
 * @example
 * const analysis = await openAnalysis('log');
 * const { rows } = await analysis.query('SELECT count(*) AS n FROM stages');
 * await analysis.close();
 */
export async function openAnalysis(source: TableSource | string, options: AnalysisOptions = {}): Promise<Analysis> {
  const { signal } = options;
  signal?.throwIfAborted();
  const db = await openDuckDb(options);
  try {
    await applySettings(db, options.settings ?? {});
    const absent = await openSource(db, source, options);
    for (const views of VIEW_FILES) await db.connection.run(await readSql(views));
    return new Analysis(db, absent, signal);
  } catch (error) {
    await db.close();
    throw error;
  }
}

async function openSource(
  db: DuckDb,
  source: TableSource | string,
  options: AnalysisOptions,
): Promise<ReadonlySet<TableName>> {
  if (typeof source === 'string') return openFiles(db, source);
  await loadTables(db, source, options);
  return source.absentTables ?? new Set();
}

/** What DuckDB's driver says of a text that is empty, or a comment alone. */
const NO_STATEMENT = 'Error in native callback';

/** An open log. Made by {@link openAnalysis}; close it when done. */
export class Analysis {
  /** Tables the source lacks. */
  readonly absentTables: ReadonlySet<TableName>;
  readonly #db: DuckDb;
  readonly #signal: AbortSignal | undefined;
  readonly #interrupt = () => this.#db.connection.interrupt();
  #isMaterialized = false;

  constructor(db: DuckDb, absentTables: ReadonlySet<TableName>, signal: AbortSignal | undefined) {
    this.#db = db;
    this.#signal = signal;
    this.absentTables = absentTables;
    signal?.addEventListener('abort', this.#interrupt);
  }

  /** The rows of one analysis (docs/analysis.md), or why this log cannot give them. */
  async run<Name extends AnalysisName>(name: Name): Promise<AnalysisResult<AnalysisRows[Name]>> {
    const { sql, needs } = await sqlFileOf(name);
    for (const table of needs) {
      const reason = await this.#missing(table);
      if (reason !== null) return { available: false, reason };
    }
    const { rows } = await this.#ask(sql);
    return { available: true, rows: rows as unknown as readonly AnalysisRows[Name][] };
  }

  /** Every analysis but those as long as the log. Keeps in memory, compressed, what all of them stand on. */
  async report(): Promise<Report> {
    await this.#materialize();
    const report: Partial<Record<AnalysisName, AnalysisResult<unknown>>> = {};
    for (const name of REPORT_NAMES) report[name] = await this.run(name);
    return report as Report;
  }

  /**
   * Asks a question of your own over the views: `events`, `stages`, `flight_plans`, … Integers are numbers while safe,
   * instants ISO 8601 with six digits, JSON parsed.
   *
   * @throws ValidationError (`invalid_payload`) with DuckDB's words; (`invalid_source`) over a table the log lacks
   * @example await analysis.query('SELECT * FROM stages WHERE task_id = $1', ['t1'])
   */
  async query(query: string, parameters: SqlParameters = []): Promise<SqlAnswer> {
    await checkTablesPresent(this.#db, query, this.absentTables);
    try {
      return await this.#ask(query, parameters);
    } catch (cause) {
      this.#signal?.throwIfAborted();
      const words = cause instanceof Error ? cause.message : String(cause);
      const message = words === NO_STATEMENT ? 'The query holds no statement' : words;
      throw errorOf('invalid_payload', message, { cause });
    }
  }

  /** The rows of {@link query}. */
  async sql(query: string, parameters: SqlParameters = []): Promise<readonly SqlRow[]> {
    return (await this.query(query, parameters)).rows;
  }

  /**
   * The flight plan of one task, equal to the board's. `boardUid` matters only where the log holds several boards.
   *
   * @throws NotFoundError (`task_not_found`); ValidationError (`invalid_source`) where the log has no tasks
   */
  async flightPlan(taskId: string, boardUid?: string): Promise<FlightPlan> {
    if (this.absentTables.has('tasks')) throw errorOf('invalid_source', absentReason('tasks'));
    return flightPlanFromSql(this.#db, taskId, boardUid);
  }

  /** Releases everything; a second call does nothing. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#interrupt);
    await this.#db.close();
  }

  /** Questions that come one after another would each read the whole log (sql/materialize.sql); no answer changes. */
  async #materialize(): Promise<void> {
    if (this.#isMaterialized) return;
    this.#signal?.throwIfAborted();
    await this.#db.connection.run(await readSql('materialize'));
    this.#isMaterialized = true;
  }

  async #missing(table: TableName): Promise<string | null> {
    if (this.absentTables.has(table)) return absentReason(table);
    const reason = EMPTY_REASONS[table];
    if (reason === undefined) return null;
    const { rows } = await this.#ask(`SELECT 1 AS found FROM ${logTable(table)} LIMIT 1`);
    return rows.length === 0 ? reason : null;
  }

  async #ask(query: string, parameters: SqlParameters = []): Promise<SqlAnswer> {
    this.#signal?.throwIfAborted();
    const values = parameters as DuckDBValue[] | Record<string, DuckDBValue>;
    const reader = await this.#db.connection.runAndReadAll(query, values);
    const rows = rowReader(this.#db.duckdb, reader, 'iso')(reader.getRows());
    return { columns: reader.deduplicatedColumnNames(), rows };
  }
}
