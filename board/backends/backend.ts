import type { JsonObject } from '../core/json.ts';
import type {
  Agent,
  BoardRecord,
  ChiefCycle,
  DataEntry,
  Event,
  FlightLogEntry,
  IdempotencyRecord,
  Lease,
  OmbudsmanTick,
  Standing,
  Task,
} from '../core/records.ts';
import type { StageKind } from '../core/statuses.ts';
import type { Micros } from '../core/time.ts';
import type { Decision, ProfileSet, Snapshot, TransactKeys } from '../core/transaction.ts';

export type { Changes, Decision, MoreRows, ProfileSet, Snapshot, TransactKeys } from '../core/transaction.ts';

/** A page of a log: rows with `sequence_id` above `after`, ascending, at most `limit`. */
export interface LogQuery {
  readonly board_id: string;
  readonly after: number;
  readonly limit: number;
  /**
   * The page ends before the row with which its JSON and long texts would come to more bytes than this, as they are stored;
   * it has one row at least. No more than that is read. Default: any number.
   */
  readonly max_bytes?: number;
}

/** A page of the event log, optionally of one task or one agent. */
export interface EventQuery extends LogQuery {
  readonly task_id?: string;
  readonly agent_id?: string;
}

/** A page of flight-log entries with `entry_id` above `after`, optionally of one task. */
export interface FlightLogQuery extends LogQuery {
  readonly task_id?: string;
}

/** A page of tasks. */
export interface TaskQuery<Column extends keyof Task = keyof Task> {
  readonly board_id: string;
  /** Only these columns are read: an output and notes may be long. Default: all. */
  readonly columns?: readonly Column[];
  /**
   * `priority`: by (priority, created_at, task_id), the order of every list. `task_id`: the order of storage, in which a
   * whole board can be paged through at a cost that does not grow with it. Default `priority`.
   */
  readonly order?: 'priority' | 'task_id';
  readonly task_ids?: readonly string[];
  readonly statuses?: readonly string[];
  readonly task_types?: readonly string[];
  /** Default: open and finished. */
  readonly standings?: readonly Standing[];
  /** Only those archived at that time or later. */
  readonly archived_since?: Micros;
  /** The last task of the page before. */
  readonly after?: Pick<Task, 'priority' | 'created_at' | 'task_id'>;
  readonly limit: number;
}

/** A page of data entries by key. `prefix` is taken as it is: `_` and `%` are no wildcards. */
export interface DataQuery {
  readonly board_id: string;
  readonly keys?: readonly string[];
  readonly prefix?: string;
  readonly after?: string;
  readonly limit: number;
}

/** A page of idempotency records by key. */
export interface IdempotencyQuery {
  readonly board_id: string;
  /** Only these. */
  readonly keys?: readonly string[];
  readonly after?: string;
  readonly limit: number;
}

/** Open tasks of a board, counted. Task type, status and stage kind say what they are; the pinned profile where they may go. */
export interface TaskCount {
  readonly task_type: string;
  readonly profile: string;
  readonly profile_version: number;
  readonly status: string;
  readonly stage_kind: StageKind;
  readonly count: number;
  /** The earliest `status_entered_at` among them. */
  readonly oldest_entered_at: Micros;
}

/** When to save a cursor. */
export interface SaveCursorOptions {
  /** Only over this very value, or null: only where there is none. Default: over whatever is there. */
  readonly unchangedFrom?: JsonObject | null;
}

/** How a database is opened again in another thread or process. */
export interface Reopening {
  /** The URL of the module that exports `factory`. */
  readonly module: string;
  /** The name of the function that makes the backend. */
  readonly factory: string;
  /**
   * What the function takes: plain data, to which a reader adds `readOnly: true`. It may hold a password, so it belongs in no
   * message and no file.
   */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * The storage contract: everything a board asks of a database. `transact` is the only writer. A backend stores; every
 * rule lives in `board/core`. The conformance suite `test/backend-suite.ts` states what each method must do.
 */
export interface Backend {
  /** What to call it in messages and metrics, such as `sqlite`; never compared. */
  readonly name: string;
  /** Where it is, for messages; never holds a password. */
  readonly location: string;
  /** Whether commands may be committed in the turn they arrive in: true of drivers that block. */
  readonly isSynchronous: boolean;
  /** A file path beside which readers may keep files of their own (cursors); null on a server or in memory. */
  readonly sidecarPath: string | null;
  /**
   * How another thread or process opens the same database; null where it cannot be: in memory, or where an option is no plain
   * data.
   */
  readonly reopening: Reopening | null;

  /** Connects, and brings the schema up to date. Safe in several processes at once. Throws StorageError. */
  open(): Promise<void>;
  /** Releases everything; a second call does nothing. */
  close(): Promise<void>;
  /**
   * One transaction: locks the board's row, reads what `keys` name, calls `decide` with it, writes its changes, and batch after
   * batch what it has `more`, commits. `decide` may be called again after a conflict, so it must be pure; `onRetry` is told why.
   * What it throws rolls back.
   */
  transact<Result>(
    keys: TransactKeys,
    decide: (snapshot: Snapshot) => Decision<Result>,
    onRetry?: (reason: string) => void,
  ): Promise<Result>;
  /**
   * Calls back soon after another connection may have committed to the board: a signal, not a promise, so readers poll as
   * well. A database that cannot tell never calls. A listener must not throw. Answers how to stop.
   */
  onSignal(boardId: string, listener: () => void): () => void;
  /** Every board in the database, by `board_id`. */
  readBoards(): Promise<readonly BoardRecord[]>;
  /** A board's row: its counters move with every commit, so polling it is the cheap way to notice one. */
  readBoard(boardId: string): Promise<BoardRecord | null>;
  readProfiles(boardId: string): Promise<ProfileSet>;
  readTasks<Column extends keyof Task = keyof Task>(query: TaskQuery<Column>): Promise<readonly Pick<Task, Column>[]>;
  /** Every agent of the board, by `agent_id`. */
  readAgents(boardId: string): Promise<readonly Agent[]>;
  readEvents(query: EventQuery): Promise<readonly Event[]>;
  readChiefCycles(query: LogQuery): Promise<readonly ChiefCycle[]>;
  readOmbudsmanTicks(query: LogQuery): Promise<readonly OmbudsmanTick[]>;
  readFlightLog(query: FlightLogQuery): Promise<readonly FlightLogEntry[]>;
  readData(query: DataQuery): Promise<readonly DataEntry[]>;
  readIdempotency(query: IdempotencyQuery): Promise<readonly IdempotencyRecord[]>;
  /** Every lease of the board, by role. */
  readLeases(boardId: string): Promise<readonly Lease[]>;
  /** One grouped query over the open tasks. */
  countOpenTasks(boardId: string): Promise<readonly TaskCount[]>;
  /** What a reader of the logs saved last under its name, or null. */
  loadCursor(boardId: string, destination: string): Promise<JsonObject | null>;
  /**
   * Saves a reader's place; the old or the new, never a half. No part of a board's transactions. Answers whether it is
   * there now: with `unchangedFrom` it is written only over what that says (null: where there is none), and of several who
   * write over the same, one does.
   */
  saveCursor(boardId: string, destination: string, value: JsonObject, options?: SaveCursorOptions): Promise<boolean>;
}
