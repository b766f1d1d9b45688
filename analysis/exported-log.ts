import { errorOf } from '../board/core/errors.ts';
import type {
  Agent,
  BoardRecord,
  ChiefCycle,
  Event,
  FlightLogEntry,
  OmbudsmanTick,
  ProfileRecord,
  Task,
} from '../board/core/records.ts';
import { TABLES, type TableName, type TableRecords } from '../board/core/tables.ts';
import type { Micros } from '../board/core/time.ts';
import { type DuckDb, type DuckDbOptions, openDuckDb, quoteIdentifier } from '../board/duckdb.ts';
import type { TableSource } from '../board/table-source.ts';
import { rowReader } from './duckdb-values.ts';
import { LogSizes, type NumberedTable } from './log-sizes.ts';
import { logTable, openLog } from './open-log.ts';

/** What an exported log is opened with. */
export interface ExportedLogOptions extends DuckDbOptions {
  /** Which board, where the log holds several. */
  boardUid?: string;
  /** Stops the opening, which then throws its reason. */
  signal?: AbortSignal;
}

/**
 * Opens an exported log as the board it came from: for spans, metrics and `check` without the board. It is given by the path of
 * its folder or file, by several, or by a pattern for them. Files of events alone give a board row derived from them.
 *
 * @throws ValidationError (`invalid_source`); ConfigurationError (`missing_package`, `invalid_configuration`)
 */
export async function openExportedLog(
  path: string | readonly string[],
  options: ExportedLogOptions = {},
): Promise<ExportedLog> {
  const db = await openDuckDb(options);
  try {
    const paths = [path].flat();
    const { absentTables } = await openLog(db, paths, { ...(options.signal && { signal: options.signal }) });
    const board = await boardOf(db, paths.join(', '), absentTables, options.boardUid);
    return new ExportedLog({ db, absent: absentTables, board });
  } catch (error) {
    await db.close();
    throw error;
  }
}

const NUMBERED = {
  events: 'next_sequence_id',
  chief_cycles: 'next_cycle_sequence_id',
  ombudsman_ticks: 'next_tick_sequence_id',
} as const;

async function boardOf(
  db: DuckDb,
  path: string,
  absent: ReadonlySet<TableName>,
  boardUid: string | undefined,
): Promise<BoardRecord> {
  const table = absent.has('boards') ? 'events' : 'boards';
  const found = await db.connection.runAndReadAll(`SELECT DISTINCT board_uid FROM ${logTable(table)} ORDER BY 1`);
  const boards = found.getRows().map(([uid]) => String(uid));
  const chosen = boardUid === undefined ? boards : boards.filter(uid => uid === boardUid);
  const [board_uid] = chosen;
  if (board_uid === undefined)
    throw errorOf('invalid_source', `${path} holds no board${boardUid === undefined ? '' : ` ${boardUid}`}`);
  if (chosen.length > 1)
    throw errorOf('invalid_configuration', `${path} holds ${chosen.length} boards: name one (${chosen.join(', ')})`);
  if (table === 'boards') {
    const [board] = await rowsOf(db, 'boards', 'board_uid = $1', [board_uid]);
    if (board !== undefined) return board;
  }
  return derivedBoard(db, board_uid);
}

/** What the events alone tell of their board; counters of the other logs begin at 1. */
async function derivedBoard(db: DuckDb, board_uid: string): Promise<BoardRecord> {
  const reader = await db.connection.runAndReadAll(
    `SELECT min("timestamp") AS created_at, max("timestamp") AS last_timestamp, max(sequence_id) + 1 AS next_sequence_id
     FROM ${logTable('events')} WHERE board_uid = $1`,
    [board_uid],
  );
  const [row] = rowReader(db.duckdb, reader, 'micros')(reader.getRows());
  return {
    board_id: 'default',
    board_uid,
    created_at: Number(row?.created_at),
    last_timestamp: Number(row?.last_timestamp),
    next_sequence_id: Number(row?.next_sequence_id),
    next_cycle_sequence_id: 1,
    next_tick_sequence_id: 1,
    next_entry_id: 1,
    profiles_version: 0,
    resumable: false,
    imported_until: null,
  };
}

type Parameter = string | number | bigint;

function selectRecords(table: TableName, where: string, columns: readonly string[] = recordColumns(table)): string {
  return `SELECT ${columns.map(quoteIdentifier).join(', ')} FROM ${logTable(table)} WHERE ${where}`;
}

function recordColumns(table: TableName): readonly string[] {
  return TABLES[table].map(({ name }) => name).filter(name => table === 'boards' || name !== 'board_uid');
}

async function rowsOf<T extends TableName>(
  db: DuckDb,
  table: T,
  where: string,
  parameters: readonly Parameter[],
  columns?: readonly string[],
): Promise<TableRecords[T][]> {
  const reader = await db.connection.runAndReadAll(selectRecords(table, where, columns), [...parameters]);
  return rowReader(db.duckdb, reader, 'micros')(reader.getRows()) as unknown as TableRecords[T][];
}

/** An exported log that reads like a board that never changes. */
export class ExportedLog implements TableSource {
  readonly absentTables: ReadonlySet<TableName>;
  /** Of events alone nobody knows which were imported. */
  readonly unorderedUntil?: number;
  readonly #db: DuckDb;
  readonly #board: BoardRecord;
  readonly #sizes: LogSizes;

  constructor({ db, absent, board }: { db: DuckDb; absent: ReadonlySet<TableName>; board: BoardRecord }) {
    this.#db = db;
    this.#board = board;
    this.#sizes = new LogSizes(db, board.board_uid);
    this.absentTables = absent;
    if (absent.has('boards')) this.unorderedUntil = board.next_sequence_id - 1;
  }

  async board(): Promise<BoardRecord> {
    return this.#board;
  }

  events(after: number, limit: number, maxBytes?: number): Promise<readonly Event[]> {
    return this.#page('events', after, limit, maxBytes);
  }

  chiefCycles(after: number, limit: number, maxBytes?: number): Promise<readonly ChiefCycle[]> {
    return this.#page('chief_cycles', after, limit, maxBytes);
  }

  ombudsmanTicks(after: number, limit: number, maxBytes?: number): Promise<readonly OmbudsmanTick[]> {
    return this.#page('ombudsman_ticks', after, limit, maxBytes);
  }

  async taskEvents(taskId: string, after: number, limit: number, maxBytes?: number): Promise<readonly Event[]> {
    const where = 'board_uid = $1 AND task_id = $2 AND sequence_id > $3 ORDER BY sequence_id LIMIT $4';
    const parameters = [this.#board.board_uid, taskId, BigInt(after), BigInt(limit)];
    if (maxBytes === undefined) return rowsOf(this.#db, 'events', where, parameters);
    const last = await this.#sizes.lastOfSelected('events', { where, parameters }, maxBytes);
    if (last === null) return [];
    return rowsOf(this.#db, 'events', `sequence_id <= $5 AND ${where}`, [...parameters, BigInt(last)]);
  }

  taskHistory(taskId: string): Promise<readonly Event[]> {
    const where = 'board_uid = $1 AND task_id = $2 ORDER BY sequence_id';
    return rowsOf(this.#db, 'events', where, [this.#board.board_uid, taskId]);
  }

  tasksById<Column extends keyof Task = keyof Task>(
    taskIds: readonly string[],
    columns?: readonly Column[],
  ): Promise<readonly Pick<Task, Column>[]> {
    const where =
      'board_uid = $1 AND list_contains(from_json($2, \'["VARCHAR"]\'), task_id) ORDER BY priority, created_at, task_id';
    return rowsOf(this.#db, 'tasks', where, [this.#board.board_uid, JSON.stringify(taskIds)], columns);
  }

  /** Never calls: nothing commits to an exported log. */
  onCommit(): () => void {
    return () => {};
  }

  tasks(): AsyncIterable<Task> {
    return this.#stream('tasks', 'task_id');
  }

  archivedTasks(since: Micros): AsyncIterable<Task> {
    return this.#stream('tasks', 'task_id', { where: 'epoch_us(archived_at) >= $2', value: since });
  }

  agents(): AsyncIterable<Agent> {
    return this.#stream('agents', 'agent_id');
  }

  flightLog(after = 0): AsyncIterable<FlightLogEntry> {
    return this.#stream('flight_log', 'entry_id', { where: 'entry_id > $2', value: after });
  }

  profiles(): AsyncIterable<ProfileRecord> {
    return this.#stream('profiles', 'profile, profile_version');
  }

  /** Releases everything; a second call does nothing. */
  close(): Promise<void> {
    return this.#db.close();
  }

  /**
   * A log is gapless, so a page is a range, which Parquet answers from its row groups' bounds; only where numbers are
   * missing (a damaged log) is the rest sorted for the next ones.
   */
  async #page<T extends NumberedTable>(
    table: T,
    after: number,
    limit: number,
    maxBytes: number | undefined,
  ): Promise<readonly TableRecords[T][]> {
    const { board_uid } = this.#board;
    const range = 'board_uid = $1 AND sequence_id > $2 AND sequence_id <= $3 ORDER BY sequence_id';
    const rowsUpTo = (last: number) => rowsOf(this.#db, table, range, [board_uid, BigInt(after), BigInt(last)]);
    if (maxBytes !== undefined) {
      const last = await this.#sizes.lastThatFits(table, after, limit, maxBytes);
      return last === null ? [] : rowsUpTo(last);
    }
    const rows = await rowsUpTo(after + limit);
    if (rows.length >= limit || after + limit >= this.#board[NUMBERED[table]] - 1) return rows;
    const rest = 'board_uid = $1 AND sequence_id > $2 ORDER BY sequence_id LIMIT $3';
    return rowsOf(this.#db, table, rest, [board_uid, BigInt(after), BigInt(limit)]);
  }

  async *#stream<T extends TableName>(
    table: T,
    order: string,
    filter?: { readonly where: string; readonly value: number },
  ): AsyncGenerator<TableRecords[T]> {
    // A connection of its own: another query on the same one would end the stream.
    const connection = await this.#db.instance.connect();
    try {
      const sql = `${selectRecords(table, `board_uid = $1 AND ${filter?.where ?? 'true'}`)} ORDER BY ${order}`;
      const parameters = [this.#board.board_uid, ...(filter === undefined ? [] : [BigInt(filter.value)])];
      const result = await connection.stream(sql, parameters);
      const plain = rowReader(this.#db.duckdb, result, 'micros');
      for await (const rows of result.yieldRows()) yield* plain(rows) as unknown as TableRecords[T][];
    } finally {
      connection.closeSync();
    }
  }
}
