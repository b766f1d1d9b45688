import type { Kysely, Transaction } from 'kysely';
import { errorOf } from '../../core/errors.ts';
import type { Changes, Decision, Snapshot, TransactKeys } from '../../core/transaction.ts';
import { type CommitMark, type CommitMarks, hasMark, removeOldMarks } from './commit-marks.ts';
import type { DialectTraits } from './dialect-traits.ts';
import type { Database, Statements } from './statements.ts';
import { readSnapshot, writeChanges, writeMore } from './transact.ts';

/** What committing needs of its backend. */
export interface CommitHost {
  readonly db: Kysely<Database>;
  readonly statements: Statements;
  readonly traits: DialectTraits;
  readonly marks: CommitMarks;
  /** Whether what would be written is refused. */
  readonly isReadOnly: boolean;
  /** For messages. */
  readonly location: string;
  retrying<Result>(run: () => Promise<Result>, onRetry: (reason: string) => void): Promise<Result>;
}

/** Another process has made the board's row between our looking for it and our making it. */
export class BoardMadeMeanwhile extends Error {}

/** What was written, and nobody knows whether it was committed. */
interface Unanswered<Result> {
  readonly decision: Decision<Result>;
  readonly mark: CommitMark;
  /** How the connection was lost. */
  readonly error: unknown;
}

/**
 * Carries one decision through: as often as the database's conflicts and the network make it necessary, and committed once.
 * Where the answer to a commit is lost, the next attempt asks first, by the mark, whether it took place.
 */
export class CommitOnce<Result> {
  readonly #host: CommitHost;
  readonly #keys: TransactKeys;
  readonly #decide: (snapshot: Snapshot) => Decision<Result>;
  readonly #onRetry: (reason: string) => void;
  #unanswered: Unanswered<Result> | null = null;

  constructor(
    host: CommitHost,
    keys: TransactKeys,
    decide: (snapshot: Snapshot) => Decision<Result>,
    onRetry: (reason: string) => void,
  ) {
    this.#host = host;
    this.#keys = keys;
    this.#decide = decide;
    this.#onRetry = onRetry;
  }

  /**
   * @throws StorageError (`storage_uncertain`) where nobody can be asked any more; whatever else it throws is not written.
   */
  async run(): Promise<Decision<Result>> {
    try {
      return await this.#host.retrying(() => this.#attempt(), this.#onRetry);
    } catch (error) {
      if (this.#unanswered === null) throw error;
      throw errorOf(
        'storage_uncertain',
        `The connection to ${this.#host.location} was lost while a commit was on its way, and the server cannot be asked ` +
          'what became of it: send the command again with its idempotency key',
        { cause: this.#unanswered.error },
      );
    }
  }

  async #attempt(): Promise<Decision<Result>> {
    const { db, statements, traits, isReadOnly, location } = this.#host;
    const attempt: { mark: CommitMark | null; written: Decision<Result> | null } = { mark: null, written: null };
    try {
      const decision = await db.transaction().execute(async transaction => {
        const snapshot = await readSnapshot(transaction, statements, this.#keys);
        const isNew = snapshot.board === null;
        const committed = await this.#answer(transaction, isNew);
        if (committed !== null) return committed;
        const decided = this.#decide(snapshot);
        if (decided.changes === null) return decided;
        if (isReadOnly) throw errorOf('storage_read_only', `${location} was opened for reading only`);
        attempt.mark = traits.losesCommitAnswers ? this.#host.marks.next() : null;
        await this.#write(transaction, decided.changes, isNew, attempt.mark);
        if (decided.more !== undefined) await writeMore(transaction, statements, this.#keys.board_id, decided.more());
        attempt.written = decided;
        return decided;
      });
      this.#settle(attempt.mark);
      this.#settle(this.#unanswered?.mark ?? null);
      this.#unanswered = null;
      return decision;
    } catch (error) {
      const { mark, written } = attempt;
      // All was written, and the answer to the commit is what is missing.
      if (mark !== null && written !== null && traits.isConnectionLost(error)) {
        this.#unanswered = { decision: written, mark, error };
      } else {
        this.#settle(mark);
      }
      throw error;
    }
  }

  /** What the last attempt decided, if it turns out to have been committed; null where there is nothing to ask. */
  async #answer(transaction: Transaction<Database>, isNew: boolean): Promise<Decision<Result> | null> {
    const unanswered = this.#unanswered;
    if (unanswered === null) return null;
    if (await hasMark(transaction, this.#keys.board_id, unanswered.mark)) {
      this.#onRetry('commit_answer_lost');
      return unanswered.decision;
    }
    // Without a board's row there is no lock to wait for, and the commit that makes the board may still be on its way.
    if (isNew) return null;
    this.#unanswered = null;
    this.#settle(unanswered.mark);
    return null;
  }

  #settle(mark: CommitMark | null): void {
    if (mark !== null) this.#host.marks.settle(mark);
  }

  async #write(
    transaction: Transaction<Database>,
    changes: Changes,
    isNew: boolean,
    mark: CommitMark | null,
  ): Promise<void> {
    const { statements, traits } = this.#host;
    const { board_id } = this.#keys;
    try {
      await writeChanges(transaction, statements, board_id, changes, { isNew, mark });
    } catch (error) {
      // No lock can be taken on a row that is not there: whoever made it first is found by the next attempt.
      if (isNew && traits.isDuplicateKey(error)) throw new BoardMadeMeanwhile();
      throw error;
    }
    if (mark !== null && changes.idempotency_expired_before !== null) await removeOldMarks(transaction, board_id);
  }
}
