import { CompiledQuery, type Dialect, type Kysely } from 'kysely';
import { errorOf } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
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
  ProfileRecord,
  Task,
  TaskTypeRecord,
} from '../../core/records.ts';
import type { Decision, ProfileSet, Snapshot, TransactKeys } from '../../core/transaction.ts';
import type {
  Backend,
  DataQuery,
  EventQuery,
  FlightLogQuery,
  IdempotencyQuery,
  LogQuery,
  TaskCount,
  TaskQuery,
} from '../backend.ts';
import type { ChangeSignals } from './change-signals.ts';
import { decodeRow, type StoredRow, TABLES, type TableColumns } from './columns.ts';
import { CommitMarks } from './commit-marks.ts';
import { BoardMadeMeanwhile, type CommitHost, CommitOnce } from './commit-once.ts';
import { type DialectTraits, SERVER_UNREACHABLE } from './dialect-traits.ts';
import { migrate } from './migrate.ts';
import { type RetryPolicy, retrying } from './retrying.ts';
import { type Database, Statements } from './statements.ts';
import { selectLeases } from './transact.ts';

/** What a database's folder gives: how to connect, and what is different about it. */
export interface KyselyBackendOptions {
  readonly name: string;
  readonly location: string;
  readonly isSynchronous: boolean;
  readonly sidecarPath: string | null;
  readonly traits: DialectTraits;
  /** Connects; called once, when the backend is opened. */
  readonly dialect: () => Promise<Dialect>;
  /** The schema its tables are in, where a database has several and it is not the only one looked at. */
  readonly schema?: string;
  /** Whether the schema may be brought up to date; a reader only checks it. */
  readonly migrates: boolean;
  /** How long and how often a transaction is tried again after a deadlock, a lost connection, or while the database is busy. */
  readonly retry: RetryPolicy;
  /** Tells other processes of commits, and hears of theirs. */
  readonly signals?: () => ChangeSignals;
}

/** An open backend. */
interface Connection {
  readonly db: Kysely<Database>;
  readonly statements: Statements;
  readonly signals: ChangeSignals | null;
}

/** Events of a board after which its statistics are gathered; beyond the last the database's own are good enough. */
const GROWTH_STEPS: readonly number[] = [1_000, 10_000, 100_000, 1_000_000];

/** The columns of a task that it is counted by. */
const TASK_COUNTS = { ...TABLES.tasks, columns: ['task_type', 'status', 'stage_kind'] };

const TASK_ORDERS = { priority: ['priority', 'created_at', 'task_id'], task_id: ['task_id'] } as const;

/** The storage contract over kysely, for every database it serves. */
export class KyselyBackend implements Backend {
  readonly name: string;
  readonly location: string;
  readonly isSynchronous: boolean;
  readonly sidecarPath: string | null;
  readonly #options: KyselyBackendOptions;
  readonly #marks = new CommitMarks();
  #opening: Promise<void> | null = null;
  #closing: Promise<void> = Promise.resolve();
  #connection: Connection | null = null;

  constructor(options: KyselyBackendOptions) {
    this.#options = options;
    this.name = options.name;
    this.location = options.location;
    this.isSynchronous = options.isSynchronous;
    this.sidecarPath = options.sidecarPath;
  }

  open(): Promise<void> {
    if (this.#opening !== null) return this.#opening;
    const opening = this.#open(this.#closing).catch(error => {
      // A failed open can be tried again.
      if (this.#opening === opening) this.#opening = null;
      throw error;
    });
    this.#opening = opening;
    return opening;
  }

  async #open(closing: Promise<void>): Promise<void> {
    await closing.catch(() => undefined);
    const { traits, signals } = this.#options;
    // What is not there when a board is opened is a wrong address rather than a server that restarts.
    const db = await this.#retrying(() => this.#connect(), { waitsForServer: false }).catch(error => {
      throw traits.errorOf(error, `open ${this.location}`);
    });
    this.#connection = { db, statements: new Statements(db, traits), signals: signals?.() ?? null };
  }

  async #connect(): Promise<Kysely<Database>> {
    const { Kysely } = await import('kysely');
    const { traits, dialect, migrates, schema } = this.#options;
    const db = new Kysely<Database>({ dialect: await dialect() });
    try {
      await migrate(db, { traits, migrates, location: this.location, ...(schema !== undefined && { schema }) });
      return db;
    } catch (error) {
      await db.destroy().catch(() => undefined);
      throw error;
    }
  }

  #retrying<Result>(
    run: () => Promise<Result>,
    { onRetry, waitsForServer = true }: { onRetry?: (reason: string) => void; waitsForServer?: boolean } = {},
  ): Promise<Result> {
    const { traits, retry } = this.#options;
    const reasonOf = (error: unknown): string | null => {
      if (error instanceof BoardMadeMeanwhile) return 'board_made_meanwhile';
      const reason = traits.retryReasonOf(error);
      return reason === SERVER_UNREACHABLE && !waitsForServer ? null : reason;
    };
    return retrying(run, { ...retry, reasonOf, ...(onRetry && { onRetry }) });
  }

  close(): Promise<void> {
    const opening = this.#opening;
    if (opening !== null) {
      this.#opening = null;
      this.#closing = this.#close(opening);
    }
    return this.#closing;
  }

  async #close(opening: Promise<void>): Promise<void> {
    await opening.catch(() => undefined);
    const connection = this.#connection;
    this.#connection = null;
    await connection?.signals?.close();
    await connection?.db.destroy();
  }

  get #opened(): Connection {
    if (this.#connection === null) throw errorOf('closed', `${this.location} is not open`);
    return this.#connection;
  }

  async transact<Result>(
    keys: TransactKeys,
    decide: (snapshot: Snapshot) => Decision<Result>,
    onRetry: (reason: string) => void = () => undefined,
  ): Promise<Result> {
    const { traits } = this.#options;
    const { signals } = this.#opened;
    const refusals: unknown[] = [];
    const decideOnce = (snapshot: Snapshot): Decision<Result> => {
      try {
        return decide(snapshot);
      } catch (refusal) {
        refusals.push(refusal);
        throw refusal;
      }
    };
    try {
      const { changes, result } = await new CommitOnce(this.#commitHost, keys, decideOnce, onRetry).run();
      if (changes !== null) {
        signals?.announce(keys.board_id);
        this.#noteGrowth(changes.board.next_sequence_id - changes.events.length, changes.board.next_sequence_id);
      }
      return result;
    } catch (error) {
      // What `decide` throws is the caller's, not the database's.
      throw refusals.length > 0 ? refusals[0] : traits.errorOf(error, `write to ${this.location}`);
    }
  }

  get #commitHost(): CommitHost {
    const { db, statements } = this.#opened;
    return {
      db,
      statements,
      traits: this.#options.traits,
      marks: this.#marks,
      isReadOnly: !this.#options.migrates,
      location: this.location,
      retrying: (run, onRetry) => this.#retrying(run, { onRetry }),
    };
  }

  /** Lets the planner know, in the background, each time a young board has grown tenfold. */
  #noteGrowth(before: number, after: number): void {
    const { growthStatements } = this.#options.traits;
    if (growthStatements.length === 0 || !GROWTH_STEPS.some(step => before < step && step <= after)) return;
    const { db } = this.#opened;
    const gather = async (): Promise<void> => {
      for (const statement of growthStatements) await db.executeQuery(CompiledQuery.raw(statement));
    };
    // Without statistics of ours the database gathers its own, later.
    void gather().catch(() => undefined);
  }

  async #read<T>(read: (db: Kysely<Database>) => Promise<T>): Promise<T> {
    const { db } = this.#opened;
    try {
      return await this.#retrying(() => read(db));
    } catch (error) {
      throw this.#options.traits.errorOf(error, `read ${this.location}`);
    }
  }

  readBoards(): Promise<readonly BoardRecord[]> {
    return this.#read(async db => {
      const rows = await db.selectFrom('boards').selectAll().orderBy('board_id').execute();
      return rows.map(row => decodeRow<BoardRecord>(TABLES.boards, row));
    });
  }

  readBoard(boardId: string): Promise<BoardRecord | null> {
    return this.#read(async db => {
      const [row] = await this.#opened.statements.selectBoard(db, TABLES.boards, boardId, false);
      return row === undefined ? null : decodeRow<BoardRecord>(TABLES.boards, row);
    });
  }

  readProfiles(boardId: string): Promise<ProfileSet> {
    return this.#read(async db => {
      const [profiles, taskTypes] = await Promise.all([
        db
          .selectFrom('profiles')
          .selectAll()
          .where('board_id', '=', boardId)
          .orderBy('profile')
          .orderBy('profile_version')
          .execute(),
        db
          .selectFrom('task_types')
          .selectAll()
          .where('board_id', '=', boardId)
          .orderBy('task_type')
          .orderBy('task_type_version')
          .execute(),
      ]);
      return {
        profiles: profiles.map(row => decodeRow<ProfileRecord>(TABLES.profiles, row)),
        task_types: taskTypes.map(row => decodeRow<TaskTypeRecord>(TABLES.task_types, row)),
      };
    });
  }

  readTasks(query: TaskQuery): Promise<readonly Task[]> {
    const {
      board_id,
      order = 'priority',
      task_ids,
      statuses,
      task_types,
      standings = ['open', 'finished'],
      after,
      limit,
    } = query;
    if ([task_ids, statuses, task_types].some(list => list?.length === 0)) return Promise.resolve([]);
    return this.#read(async db => {
      let select = db
        .selectFrom('tasks')
        .selectAll()
        .where('board_id', '=', board_id)
        .where('standing', 'in', [...standings])
        .limit(limit);
      for (const column of TASK_ORDERS[order]) select = select.orderBy(column);
      if (task_ids !== undefined) select = select.where('task_id', 'in', [...task_ids]);
      if (statuses !== undefined) select = select.where('status', 'in', [...statuses]);
      if (task_types !== undefined) select = select.where('task_type', 'in', [...task_types]);
      if (after !== undefined && order === 'task_id') select = select.where('task_id', '>', after.task_id);
      if (after !== undefined && order === 'priority') {
        select = select.where(eb =>
          eb(
            eb.refTuple('priority', 'created_at', 'task_id'),
            '>',
            eb.tuple(after.priority, after.created_at, after.task_id),
          ),
        );
      }
      const rows = await select.execute();
      return rows.map(row => decodeRow<Task>(TABLES.tasks, row));
    });
  }

  readAgents(boardId: string): Promise<readonly Agent[]> {
    return this.#read(async db => {
      const rows = await db
        .selectFrom('agents')
        .selectAll()
        .where('board_id', '=', boardId)
        .orderBy('agent_id')
        .execute();
      return rows.map(row => decodeRow<Agent>(TABLES.agents, row));
    });
  }

  readEvents(query: EventQuery): Promise<readonly Event[]> {
    const filter = { task_id: query.task_id, agent_id: query.agent_id };
    return this.#readLog<Event>(TABLES.events, 'sequence_id', query, filter);
  }

  readChiefCycles(query: LogQuery): Promise<readonly ChiefCycle[]> {
    return this.#readLog<ChiefCycle>(TABLES.chief_cycles, 'sequence_id', query);
  }

  readOmbudsmanTicks(query: LogQuery): Promise<readonly OmbudsmanTick[]> {
    return this.#readLog<OmbudsmanTick>(TABLES.ombudsman_ticks, 'sequence_id', query);
  }

  readFlightLog(query: FlightLogQuery): Promise<readonly FlightLogEntry[]> {
    return this.#readLog<FlightLogEntry>(TABLES.flight_log, 'entry_id', query, { task_id: query.task_id });
  }

  #readLog<RecordType>(
    table: TableColumns,
    number: string,
    query: LogQuery,
    filter: Readonly<Record<string, string | undefined>> = {},
  ): Promise<readonly RecordType[]> {
    return this.#read(async db => {
      let select = db
        .selectFrom(table.name)
        .selectAll()
        .where('board_id', '=', query.board_id)
        .where(number, '>', query.after)
        .orderBy(number)
        .limit(query.limit);
      for (const [column, value] of Object.entries(filter)) {
        if (value !== undefined) select = select.where(column, '=', value);
      }
      const rows = await select.execute();
      return rows.map(row => decodeRow<RecordType>(table, row));
    });
  }

  readData(query: DataQuery): Promise<readonly DataEntry[]> {
    const { board_id, keys, prefix, after, limit } = query;
    if (keys?.length === 0) return Promise.resolve([]);
    return this.#read(async db => {
      let select = db
        .selectFrom('data_entries')
        .selectAll()
        .where('board_id', '=', board_id)
        .orderBy('key')
        .limit(limit);
      if (keys !== undefined) select = select.where('key', 'in', [...keys]);
      if (after !== undefined) select = select.where('key', '>', after);
      // A range, not LIKE: `_` and `%` in a key are themselves.
      if (prefix) select = select.where('key', '>=', prefix);
      const end = prefix ? endOfPrefix(prefix) : null;
      if (end !== null) select = select.where('key', '<', end);
      const rows: StoredRow[] = await select.execute();
      return rows.map(row => decodeRow<DataEntry>(TABLES.data_entries, row));
    });
  }

  readIdempotency({ board_id, after = '', limit }: IdempotencyQuery): Promise<readonly IdempotencyRecord[]> {
    return this.#read(async db => {
      const rows = await db
        .selectFrom('idempotency_keys')
        .selectAll()
        .where('board_id', '=', board_id)
        .where('idempotency_key', '>', after)
        .orderBy('idempotency_key')
        .limit(limit)
        .execute();
      return rows.map(row => decodeRow<IdempotencyRecord>(TABLES.idempotency_keys, row));
    });
  }

  readLeases(boardId: string): Promise<readonly Lease[]> {
    return this.#read(db => selectLeases(db, boardId));
  }

  loadCursor(boardId: string, destination: string): Promise<JsonObject | null> {
    return this.#read(async db => {
      const [row] = await db
        .selectFrom('cursors')
        .selectAll()
        .where('board_id', '=', boardId)
        .where('destination', '=', destination)
        .execute();
      return row === undefined ? null : decodeRow<{ value: JsonObject }>(TABLES.cursors, row).value;
    });
  }

  async saveCursor(boardId: string, destination: string, value: JsonObject): Promise<void> {
    const { db, statements } = this.#opened;
    const row = { destination, value, saved_at: Date.now() * 1000 };
    try {
      await this.#retrying(() => statements.write(db, boardId, [[TABLES.cursors, [row], true]]));
    } catch (error) {
      throw this.#options.traits.errorOf(error, `write to ${this.location}`);
    }
  }

  /** Where the database cannot tell of commits, readers poll. */
  onSignal(boardId: string, listener: () => void): () => void {
    return this.#opened.signals?.subscribe(boardId, listener) ?? (() => undefined);
  }

  countOpenTasks(boardId: string): Promise<readonly TaskCount[]> {
    return this.#read(async db => {
      const rows = await db
        .selectFrom('tasks')
        .select(eb => [
          'task_type',
          'status',
          'stage_kind',
          eb.fn.countAll().as('count'),
          eb.fn.min('status_entered_at').as('oldest_entered_at'),
        ])
        .where('board_id', '=', boardId)
        .where('standing', '=', 'open')
        .groupBy(['task_type', 'status', 'stage_kind'])
        .orderBy('task_type')
        .orderBy('status')
        .orderBy('stage_kind')
        .execute();
      return rows.map(row => ({
        ...decodeRow<TaskCount>(TASK_COUNTS, row),
        count: Number(row.count),
        oldest_entered_at: Number(row.oldest_entered_at),
      }));
    });
  }
}

/** The first text, by code point, after all that begin with `prefix`; null where there is none. */
function endOfPrefix(prefix: string): string | null {
  const characters = [...prefix];
  const index = characters.findLastIndex(character => character !== '\u{10FFFF}');
  const last = characters[index]?.codePointAt(0);
  if (last === undefined) return null;
  // Between U+D7FF and U+E000 lie the surrogates, which are no characters.
  const next = String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
  return characters.slice(0, index).join('') + next;
}
