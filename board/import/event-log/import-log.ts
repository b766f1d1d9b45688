import { setImmediate } from 'node:timers/promises';
import { errorOf } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { createLifecycle } from '../../core/lifecycle/lifecycle.ts';
import type { LifecycleDefinition } from '../../core/lifecycle/types.ts';
import { newBoard } from '../../core/new-board.ts';
import type { BoardRecord } from '../../core/records.ts';
import { type Changes, type MoreRows, NO_CHANGES } from '../../core/transaction.ts';
import { inBatches } from '../../row-batches.ts';
import { INFERRED_VERSION } from '../fold-log.ts';
import { writeImport } from '../import-target.ts';
import { importedUid } from '../imported-uid.ts';
import type { Columns } from './column-map.ts';
import { checkedFormat, type EventLogFormat, type ImportLogOptions } from './log-options.ts';
import {
  type AgentRow,
  agentOf,
  type CaseRow,
  eventOf,
  type PlacedRow,
  type RecordContext,
  tasksOf,
} from './log-records.ts';
import { type ReadRow, rowReader } from './log-row.ts';
import { type ObservedStep, observedLifecycle } from './observed-lifecycle.ts';
import { type ParseTime, timeParser } from './parse-time.ts';
import { type EventLogSource, readTable } from './read-table.ts';
import { readXes } from './read-xes.ts';
import { type RejectedRow, RejectedRows } from './rejected-rows.ts';
import type { SourceRow } from './source-row.ts';
import { StagedLog } from './staged-log.ts';
import { AGENTS_SQL, CASES_SQL, EVENTS_SQL, STATUSES_SQL, STEPS_SQL, TOTALS_SQL } from './staging-sql.ts';

export type { ColumnMap, Columns, LogField } from './column-map.ts';
export type { EventLogFormat, ImportLogOptions, ImportLogProgress } from './log-options.ts';
export type { RejectedRow } from './rejected-rows.ts';

/** What the import of an event log brought. */
export interface ImportLogSummary {
  readonly board_id: string;
  readonly board_uid: string;
  readonly format: EventLogFormat;
  /** Rows of the file, faulty ones too. */
  readonly rows: number;
  /** Fewer than the rows by the faulty ones, and by the starts that became part of their completion. */
  readonly events: number;
  /** Its cases. */
  readonly tasks: number;
  readonly agents: number;
  readonly statuses: number;
  /** Different steps between them. */
  readonly steps: number;
  /** Starts that became part of their completion. */
  readonly paired: number;
  /** Faulty rows. */
  readonly rejected: number;
  /** The first of them. */
  readonly rejects: readonly RejectedRow[];
  /** Where they were kept aside; null where there were none, or no file was named. */
  readonly rejects_file: string | null;
  /** Where each field was read. */
  readonly map: Columns;
}

/** What a log amounts to. */
interface Totals {
  readonly events: number;
  readonly tasks: number;
  readonly agents: number;
  readonly first_at: number;
  readonly last_at: number;
}

/**
 * Imports an event log of any program, CSV or XES, as a board that can be read and analysed but not written: each row is an event, in
 * the order of time, each case a task. It is one transaction: whatever stops it leaves no board, or the whole one. Memory does not
 * follow the length of the file, which is ordered on disk. Needs the package `@duckdb/node-api`.
 *
 * @example
 * const map = { task_id: 'case_id', status: 'activity+lifecycle', timestamp: 'timestamp', agent_id: 'resource' };
 * const { events, rejected } = await importLog('tickets.csv.gz', { into: sqlite({ file: 'tickets.db' }), map });
 * @throws ValidationError (`invalid_source`) where the file is no such log, has no row that can be taken, or with `strict` one that
 * cannot, and where the target board is not empty; ConfigurationError for an option that cannot be; StorageError; the signal's reason.
 */
export async function importLog(file: string, options: ImportLogOptions): Promise<ImportLogSummary> {
  const format = checkedFormat(file, options);
  options.signal?.throwIfAborted();
  const rejected = new RejectedRows(options.rejectsFile ?? null);
  const staged = await StagedLog.open(options.signal);
  try {
    const run = new ImportLogRun({ file, format, options, staged, rejected });
    const summary = await run.run();
    await rejected.publish();
    return summary;
  } finally {
    await rejected.discard();
    await staged.close();
  }
}

interface RunParts {
  readonly file: string;
  readonly format: EventLogFormat;
  readonly options: ImportLogOptions;
  readonly staged: StagedLog;
  readonly rejected: RejectedRows;
}

class ImportLogRun {
  readonly #parts: RunParts;
  readonly #boardId: string;
  #rows = 0;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#boardId = parts.options.boardId ?? 'default';
  }

  async run(): Promise<ImportLogSummary> {
    const { file, format, options, staged, rejected } = this.#parts;
    const parseTime = await timeParser(options);
    const columns = await this.#read(await this.#open(), parseTime);
    if (staged.rows === 0 || columns === null) throw this.#nothing();
    await staged.place();
    const statuses = await Array.fromAsync(staged.stream<{ status: string }>(STATUSES_SQL), ({ status }) => status);
    const steps = await Array.fromAsync(staged.stream<ObservedStep>(STEPS_SQL));
    const definition = observedLifecycle(statuses, steps, options.kinds ?? {});
    const [totals] = await Array.fromAsync(staged.stream<Totals>(TOTALS_SQL));
    if (totals === undefined) throw errorOf('internal_error', `${file}: its rows were not counted`);
    const board = await this.#boardOf(totals, definition);
    await rejected.settle();
    // Not before all is read: a database made for nothing would be left.
    await options.into.open();
    await writeImport(options.into, this.#boardId, this.#rowsOf(board, definition, totals));
    return {
      board_id: this.#boardId,
      board_uid: board.board_uid,
      format,
      rows: this.#rows,
      events: totals.events,
      tasks: totals.tasks,
      agents: totals.agents,
      statuses: statuses.length,
      steps: steps.length,
      paired: staged.rows - totals.events,
      rejected: rejected.count,
      rejects: rejected.first,
      rejects_file: rejected.file,
      map: columns,
    };
  }

  #open(): Promise<EventLogSource> {
    const { file, format, options } = this.#parts;
    const { map = {}, delimiter, classifier, encoding, signal } = options;
    return format === 'csv'
      ? readTable(file, { map, delimiter, encoding, signal })
      : readXes(file, { map, classifier, encoding, signal });
  }

  /** Reads the file to its end, and answers where its fields are; null where it has no row. */
  async #read(source: EventLogSource, parseTime: ParseTime): Promise<Columns | null> {
    const { onProgress, signal } = this.#parts.options;
    let columns: Columns | null = null;
    let read: ReadRow | null = null;
    for await (const batch of source.batches) {
      columns ??= source.columns();
      read ??= rowReader(columns, parseTime);
      await this.#take(batch, read);
      onProgress?.({ done: this.#rows, total: null });
      // What is read and unpacked already would leave no turn in which a signal could arrive.
      await setImmediate();
      signal?.throwIfAborted();
    }
    return columns;
  }

  async #take(batch: readonly SourceRow[], read: ReadRow): Promise<void> {
    const { file, options, staged, rejected } = this.#parts;
    const faulty: [SourceRow, string][] = [];
    for (const row of batch) {
      this.#rows += 1;
      const found = read(row);
      if (typeof found !== 'string') await staged.add(found);
      else if (options.strict)
        throw errorOf('invalid_source', `${file}, line ${row.line}: ${found}`, { details: { line: row.line } });
      else faulty.push([row, found]);
    }
    await rejected.add(faulty);
  }

  #nothing(): Error {
    const { file, rejected } = this.#parts;
    const [first] = rejected.first;
    if (first === undefined) return errorOf('invalid_source', `${file} holds no rows: there is nothing to import`);
    return errorOf(
      'invalid_source',
      `${file} holds no row that can be imported: of line ${first.line}, ${first.reason}`,
      {
        details: { rejected: rejected.count },
      },
    );
  }

  async #boardOf({ events, first_at, last_at }: Totals, definition: LifecycleDefinition): Promise<BoardRecord> {
    const { options, staged } = this.#parts;
    // The same file read in another way has another history.
    const uid = importedUid(
      'event log',
      await staged.digest(),
      JSON.stringify(definition),
      String(options.open ?? false),
    );
    return {
      ...newBoard(this.#boardId, uid, first_at),
      last_timestamp: last_at,
      next_sequence_id: events + 1,
      profiles_version: 1,
    };
  }

  #rowsOf(
    board: BoardRecord,
    definition: LifecycleDefinition,
    totals: Totals,
  ): { changes: Changes; more: () => AsyncIterable<MoreRows> } {
    const { options } = this.#parts;
    const lifecycle = createLifecycle(definition);
    const profile = {
      profile: definition.name,
      profile_version: INFERRED_VERSION,
      definition: lifecycle.definition as unknown as JsonObject,
      registered_at: board.created_at,
    };
    const context: RecordContext = { lifecycle, isOpen: options.open ?? false };
    return { changes: { ...NO_CHANGES, board, profiles: [profile] }, more: () => this.#more(context, totals.events) };
  }

  async *#more(context: RecordContext, total: number): AsyncGenerator<MoreRows> {
    const { staged, options } = this.#parts;
    let done = 0;
    const events = mapped(staged.stream<PlacedRow>(EVENTS_SQL), row => eventOf(row, context));
    for await (const rows of batchesOf(events)) {
      yield { events: rows };
      done += rows.length;
      options.onProgress?.({ done, total });
      await setImmediate();
      options.signal?.throwIfAborted();
    }
    for await (const tasks of batchesOf(tasksOf(staged.stream<CaseRow>(CASES_SQL), context))) yield { tasks };
    for await (const agents of batchesOf(mapped(staged.stream<AgentRow>(AGENTS_SQL), agentOf))) yield { agents };
  }
}

async function* mapped<From, To>(rows: AsyncIterable<From>, map: (row: From) => To): AsyncGenerator<To> {
  for await (const row of rows) yield map(row);
}

const BATCH_ROWS = 1_000;

async function* batchesOf<Row extends object>(rows: AsyncIterable<Row>): AsyncGenerator<readonly Row[]> {
  let batch: Row[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < BATCH_ROWS) continue;
    yield* inBatches(batch);
    batch = [];
  }
  yield* inBatches(batch);
}
