import type { Dialect, Kysely } from 'kysely';
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
import { decodeRow, encodeRow, type StoredRow, TABLES, type TableColumns } from './columns.ts';
import type { DialectTraits } from './dialect-traits.ts';
import { migrate } from './migrate.ts';
import { retrying } from './retrying.ts';
import { type Database, Statements } from './statements.ts';
import { readSnapshot, selectLeases, writeChanges } from './transact.ts';

/** What a database's folder gives: how to connect, and what is different about it. */
export interface KyselyBackendOptions {
  readonly name: string;
  readonly location: string;
  readonly isSynchronous: boolean;
  readonly sidecarPath: string | null;
  readonly traits: DialectTraits;
  /** Connects; called once, when the backend is opened. */
  readonly dialect: () => Promise<Dialect>;
  /** Whether the schema may be brought up to date; a reader only checks it. */
  readonly migrates: boolean;
  /** How long a transaction is tried again after a deadlock or while the database is busy, in milliseconds. */
  readonly retryMs: number;
}

const TASK_ORDERS = { priority: ['priority', 'created_at', 'task_id'], task_id: ['task_id'] } as const;

/** The storage contract over kysely, for every database it serves. */
export class KyselyBackend implements Backend {
  readonly name: string;
  readonly location: string;
  readonly isSynchronous: boolean;
  readonly sidecarPath: string | null;
  readonly #options: KyselyBackendOptions;
  #opening: Promise<void> | null = null;
  #closing: Promise<void> = Promise.resolve();
  #connection: { readonly db: Kysely<Database>; readonly statements: Statements } | null = null;

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
    const { traits } = this.#options;
    const db = await this.#retrying(() => this.#connect()).catch(error => {
      throw traits.errorOf(error, `open ${this.location}`);
    });
    this.#connection = { db, statements: new Statements(db, traits) };
  }

  async #connect(): Promise<Kysely<Database>> {
    const { Kysely } = await import('kysely');
    const { traits, dialect, migrates } = this.#options;
    const db = new Kysely<Database>({ dialect: await dialect() });
    try {
      await migrate(db, traits, migrates, this.location);
      return db;
    } catch (error) {
      await db.destroy().catch(() => undefined);
      throw error;
    }
  }

  #retrying<Result>(run: () => Promise<Result>, onRetry?: (error: unknown) => void): Promise<Result> {
    const { traits, retryMs } = this.#options;
    const isRetryable = (error: unknown): boolean => traits.isRetryable(error);
    return retrying(run, { forMs: retryMs, isRetryable, ...(onRetry && { onRetry }) });
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
    await connection?.db.destroy();
  }

  get #opened(): { readonly db: Kysely<Database>; readonly statements: Statements } {
    if (this.#connection === null) throw errorOf('closed', `${this.location} is not open`);
    return this.#connection;
  }

  async transact<Result>(
    keys: TransactKeys,
    decide: (snapshot: Snapshot) => Decision<Result>,
    onRetry: (reason: string) => void = () => undefined,
  ): Promise<Result> {
    const { db, statements } = this.#opened;
    const { traits } = this.#options;
    const refusals: unknown[] = [];
    const commit = (): Promise<Result> =>
      db.transaction().execute(async transaction => {
        const { changes, result } = await readSnapshot(transaction, statements, keys).then(snapshot => {
          try {
            return decide(snapshot);
          } catch (refusal) {
            refusals.push(refusal);
            throw refusal;
          }
        });
        if (changes !== null) await writeChanges(transaction, statements, keys.board_id, changes);
        return result;
      });
    try {
      return await this.#retrying(commit, error => onRetry(traits.errorOf(error, 'write').code));
    } catch (error) {
      // What `decide` throws is the caller's, not the database's.
      throw refusals.length > 0 ? refusals[0] : traits.errorOf(error, `write to ${this.location}`);
    }
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
    const row = encodeRow(TABLES.cursors, boardId, { destination, value, saved_at: Date.now() * 1000 });
    try {
      await this.#retrying(() => statements.insert(db, TABLES.cursors, [row], true));
    } catch (error) {
      throw this.#options.traits.errorOf(error, `write to ${this.location}`);
    }
  }

  /** Where the database cannot tell of commits, readers poll. */
  onSignal(): () => void {
    return () => undefined;
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
        ...(row as unknown as TaskCount),
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
