import { CompiledQuery, type Dialect, type Kysely } from 'kysely';
import { errorOf } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Decision, MoreRows, Snapshot, TransactKeys } from '../../core/transaction.ts';
import type { Backend, Reopening, SaveCursorOptions } from '../backend.ts';
import type { ChangeSignals } from './change-signals.ts';
import { TABLES } from './columns.ts';
import { CommitMarks } from './commit-marks.ts';
import { BoardMadeMeanwhile, type CommitHost, CommitOnce } from './commit-once.ts';
import { type DialectTraits, SERVER_UNREACHABLE } from './dialect-traits.ts';
import { KyselyReads } from './kysely-reads.ts';
import { migrate } from './migrate.ts';
import { replaceCursor } from './replace-cursor.ts';
import { type RetryPolicy, retrying } from './retrying.ts';
import { type Database, Statements } from './statements.ts';

/** What a database's folder gives: how to connect, and what is different about it. */
export interface KyselyBackendOptions {
  readonly name: string;
  readonly location: string;
  readonly isSynchronous: boolean;
  readonly sidecarPath: string | null;
  readonly reopening: Reopening | null;
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

/** The batches of a decision, with what their maker throws told apart from what the database does. */
async function* guarded(
  more: () => AsyncIterable<MoreRows>,
  refuse: (refusal: unknown) => never,
): AsyncGenerator<MoreRows> {
  try {
    yield* more();
  } catch (refusal) {
    refuse(refusal);
  }
}

/** The storage contract over kysely, for every database it serves. */
export class KyselyBackend extends KyselyReads implements Backend {
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
    super();
    this.#options = options;
    this.name = options.name;
    this.location = options.location;
    this.isSynchronous = options.isSynchronous;
    this.sidecarPath = options.sidecarPath;
  }

  /** Behind a getter, so that no print of the backend holds its password. */
  get reopening(): Reopening | null {
    return this.#options.reopening;
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
    const refuse = (refusal: unknown): never => {
      refusals.push(refusal);
      throw refusal;
    };
    const decideOnce = (snapshot: Snapshot): Decision<Result> => {
      try {
        const { more, ...decision } = decide(snapshot);
        return more === undefined ? decision : { ...decision, more: () => guarded(more, refuse) };
      } catch (refusal) {
        return refuse(refusal);
      }
    };
    try {
      const { changes, result, more } = await new CommitOnce(this.#commitHost, keys, decideOnce, onRetry).run();
      if (changes !== null) {
        signals?.announce(keys.board_id);
        const next = changes.board.next_sequence_id;
        // How many more there were is not known here; a board that is filled in one transaction began with it.
        this.#noteGrowth(more === undefined ? next - changes.events.length : 1, next);
      }
      return result;
    } catch (error) {
      // What the caller's own functions throw is the caller's, not the database's.
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

  protected async read<T>(run: (db: Kysely<Database>, statements: Statements) => Promise<T>): Promise<T> {
    const { db, statements } = this.#opened;
    try {
      return await this.#retrying(() => run(db, statements));
    } catch (error) {
      throw this.#options.traits.errorOf(error, `read ${this.location}`);
    }
  }

  async saveCursor(
    boardId: string,
    destination: string,
    value: JsonObject,
    { unchangedFrom }: SaveCursorOptions = {},
  ): Promise<boolean> {
    const { traits } = this.#options;
    const { db, statements } = this.#opened;
    const save = async (): Promise<boolean> => {
      if (unchangedFrom !== undefined) return replaceCursor(db, traits, { boardId, destination, value, unchangedFrom });
      const row = { destination, value, saved_at: Date.now() * 1000 };
      await statements.write(db, boardId, [[TABLES.cursors, [row], true]]);
      return true;
    };
    try {
      return await this.#retrying(save);
    } catch (error) {
      throw traits.errorOf(error, `write to ${this.location}`);
    }
  }

  /** Where the database cannot tell of commits, readers poll. */
  onSignal(boardId: string, listener: () => void): () => void {
    return this.#opened.signals?.subscribe(boardId, listener) ?? (() => undefined);
  }
}
