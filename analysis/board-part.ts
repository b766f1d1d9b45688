import { canonicalJson } from '../board/core/canonical-json.ts';
import { errorOf } from '../board/core/errors.ts';
import type { JsonObject } from '../board/core/json.ts';
import type { BoardRecord, Event, Task } from '../board/core/records.ts';
import { TABLE_NAMES, type TableName } from '../board/core/tables.ts';
import type { Micros } from '../board/core/time.ts';
import { expectedRows, readTable, rowPages, type TableSource } from '../board/table-source.ts';
import { rowReader } from './duckdb-values.ts';
import { type LoadOptions, noRows, type RowCounts } from './load-progress.ts';
import { type LogStore, selectStored } from './log-store.ts';

/** How far a board is loaded. */
interface BoardState {
  /** The last number of each log that is loaded. */
  readonly events: number;
  readonly chief_cycles: number;
  readonly ombudsman_ticks: number;
  readonly flight_log: number;
  /** The log's last event when tasks were last read, and the board's time; null before all were read once. */
  readonly tasks: { readonly events: number; readonly at: Micros } | null;
  /** The board's row at the last look that was finished; null before. */
  readonly board: BoardRecord | null;
}

const NOTHING: BoardState = { events: 0, chief_cycles: 0, ombudsman_ticks: 0, flight_log: 0, tasks: null, board: null };

/** The tables whose rows are numbered and never change. */
const LOGS = ['events', 'chief_cycles', 'ombudsman_ticks', 'flight_log'] as const;

/** Rows that are committed together: a kill costs no more of the first load. */
const COMMIT_ROWS = 65_536;

/** Tasks asked for at once. */
const TASK_IDS = 500;

/** Runs writes: each in a transaction of its own, or all in one that is open. */
type Commit = <Result>(write: () => Promise<Result>) => Promise<Result>;

/** How a look at a board is taken. */
export interface LookOptions extends LoadOptions {
  /** Whether the caller has opened a transaction, so that a look that is stopped leaves nothing of itself. */
  readonly isInTransaction?: boolean;
}

/**
 * A board in the store. Each look reads what is new: logs after the last number, the tasks their events name and those that
 * were archived, and profiles where one was registered. Agents, of whom a board has few, are read whole where anything has
 * happened.
 */
export class BoardPart {
  readonly boardUid: string;
  readonly part: number;
  readonly #store: LogStore;
  readonly #source: TableSource;
  #state: BoardState;

  private constructor(store: LogStore, source: TableSource, boardUid: string, part: number, state: BoardState) {
    this.#store = store;
    this.#source = source;
    this.boardUid = boardUid;
    this.part = part;
    this.#state = state;
  }

  /**
   * The part of the store that holds this board, as far as it was loaded before.
   *
   * @throws ValidationError (`invalid_source`) where the store holds another history of the board
   */
  static async open(store: LogStore, source: TableSource): Promise<BoardPart> {
    const board = await source.board();
    const absent = [...(source.absentTables ?? [])].toSorted();
    const { part, state } = await store.part<BoardState>(['board', board.board_uid, ...absent].join(' '));
    const opened = new BoardPart(store, source, board.board_uid, part, state ?? NOTHING);
    if (state !== null) await opened.#refuseOtherHistory(board);
    return opened;
  }

  /** Tables that the board's source has. */
  get tables(): readonly TableName[] {
    return TABLE_NAMES.filter(table => !this.#source.absentTables?.has(table));
  }

  /** A board that was restored from a backup has written other events under the numbers that were loaded. */
  async #refuseOtherHistory(board: BoardRecord): Promise<void> {
    const { events } = this.#state;
    if (events === 0) return;
    const [there] = await this.#source.events(events - 1, 1);
    const isThere = events < board.next_sequence_id && there?.sequence_id === events;
    if (isThere && (await this.#storedEvent(events)) === textOf(there, this.boardUid)) return;
    throw errorOf(
      'invalid_source',
      `${this.#store.file} holds another history of board ${board.board_id} (${this.boardUid}) than its source: delete the file, or name another cache`,
    );
  }

  async #storedEvent(sequenceId: number): Promise<string> {
    const { db } = this.#store;
    const sql = `${selectStored('events', [this.part])} AND sequence_id = $1`;
    const reader = await db.connection.runAndReadAll(sql, [BigInt(sequenceId)]);
    const [row = {}] = rowReader(db.duckdb, reader, 'micros')(reader.getRows());
    return canonicalJson(row);
  }

  /**
   * Loads what is new, and answers how many rows were read.
   *
   * @throws the signal's reason
   */
  async look(options: LookOptions = {}): Promise<RowCounts> {
    const rows = noRows();
    const board = await this.#source.board();
    const before = this.#state;
    if (before.board !== null && canonicalJson({ ...before.board }) === canonicalJson({ ...board })) return rows;
    const commit: Commit = options.isInTransaction ? write => write() : write => this.#store.transact(write);
    for (const table of LOGS) await this.#readLog(table, board, { options, commit, rows });
    await commit(() => this.#readTasks(board, options, rows));
    await commit(() => this.#readOthers(board, options, rows));
    return rows;
  }

  /** Remembers how far the board is; answers how to go back to that, where a transaction of the caller's did not come to its end. */
  mark(): () => void {
    const state = this.#state;
    return () => {
      this.#state = state;
    };
  }

  async #setState(change: Partial<BoardState>): Promise<void> {
    const state = { ...this.#state, ...change };
    await this.#store.setState(this.part, state);
    this.#state = state;
  }

  async #append(table: TableName, rows: readonly object[]): Promise<void> {
    const appender = await this.#store.appender(table, this.part, this.boardUid);
    appender.append(rows);
    appender.close();
  }

  async #readLog(
    table: (typeof LOGS)[number],
    board: BoardRecord,
    { options, commit, rows }: { options: LookOptions; commit: Commit; rows: RowCounts },
  ): Promise<void> {
    if (!this.tables.includes(table)) return;
    const end = expectedRows(table, board) ?? board.next_entry_id - 1;
    let last = this.#state[table];
    if (last >= end) return;
    const pages = readTable(this.#source, table, board, last);
    let isOver = false;
    const readSome = async (): Promise<void> => {
      for (const start = rows[table]; !isOver && rows[table] - start < COMMIT_ROWS; ) {
        options.signal?.throwIfAborted();
        const next = await pages.next();
        isOver = next.done === true;
        // Entries of the flight log may be newer than the board's row.
        const page = next.done ? [] : next.value.filter(row => numberOf(row) <= end);
        if (page.length === 0) continue;
        await this.#append(table, page);
        rows[table] += page.length;
        last = numberOf(page.at(-1));
        options.onProgress?.({ table, rows: last, expected: end, share: null });
      }
      await this.#setState({ [table]: last });
    };
    try {
      while (!isOver) await commit(readSome);
    } finally {
      await pages.return(undefined);
    }
  }

  async #readTasks(board: BoardRecord, options: LookOptions, rows: RowCounts): Promise<void> {
    if (!this.tables.includes('tasks')) return;
    const { tasks: known } = this.#state;
    const pages = known === null ? rowPages(this.#source.tasks()) : this.#changedTasks(known);
    for await (const page of pages) {
      options.signal?.throwIfAborted();
      if (known !== null) await this.#removeTasks(page);
      await this.#append('tasks', page);
      rows.tasks += page.length;
      options.onProgress?.({ table: 'tasks', rows: rows.tasks, expected: null, share: null });
    }
    await this.#setState({ tasks: { events: board.next_sequence_id - 1, at: board.last_timestamp } });
  }

  /** The tasks that new events name, and those archived since the last look, which leaves none. */
  async *#changedTasks({ events, at }: { events: number; at: Micros }): AsyncGenerator<readonly Task[]> {
    const named = await this.#store.rows(
      `SELECT DISTINCT task_id FROM (${selectStored('events', [this.part])} AND sequence_id > $1)`,
      [BigInt(events)],
    );
    const ids = named.map(([id]) => String(id));
    for (let start = 0; start < ids.length; start += TASK_IDS) {
      yield await this.#source.tasksById(ids.slice(start, start + TASK_IDS));
    }
    yield* rowPages(this.#source.archivedTasks(at));
  }

  async #removeTasks(tasks: readonly Task[]): Promise<void> {
    const ids = JSON.stringify(tasks.map(({ task_id }) => task_id));
    const where = `task_id IN (SELECT unnest(from_json($1, '["VARCHAR"]')))`;
    await this.#store.remove('tasks', this.part, where, [ids]);
  }

  /** The tables that are small: read whole, in place of what was there. */
  async #readOthers(board: BoardRecord, options: LookOptions, rows: RowCounts): Promise<void> {
    const areProfilesKnown = this.#state.board?.profiles_version === board.profiles_version;
    for (const table of ['agents', 'profiles', 'boards'] as const) {
      if (!this.tables.includes(table) || (table === 'profiles' && areProfilesKnown)) continue;
      await this.#store.remove(table, this.part);
      for await (const page of readTable(this.#source, table, board)) {
        options.signal?.throwIfAborted();
        await this.#append(table, page);
        rows[table] += page.length;
        options.onProgress?.({ table, rows: rows[table], expected: expectedRows(table, board), share: null });
      }
    }
    await this.#setState({ board });
  }
}

/** The number of a row of a log. */
function numberOf(row: object | undefined): number {
  if (row !== undefined && 'sequence_id' in row) return Number(row.sequence_id);
  return row !== undefined && 'entry_id' in row ? Number(row.entry_id) : 0;
}

/** An event as the store gives it. */
function textOf(event: Event, board_uid: string): string {
  return canonicalJson({ board_uid, ...event } as unknown as JsonObject);
}
