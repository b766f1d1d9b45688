import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Database } from './statements.ts';

/** A row that a transaction writes to be found by, should the answer to its commit be lost. */
export interface CommitMark {
  readonly writer_id: string;
  readonly commit_number: number;
  readonly committed_at: number;
}

/** How long marks are kept that no commit has replaced since: those of processes that are gone, in microseconds. */
const KEPT_US = 86_400_000_000;

/**
 * The marks of a backend's commits. Each commit in flight has a writer's row to itself, for the next one over it would wipe
 * out what the lost one must be found by; a row is used again once its commit's outcome is known.
 */
export class CommitMarks {
  readonly #idleWriters: string[] = [];
  #commits = 0;

  next(): CommitMark {
    this.#commits++;
    const writer_id = this.#idleWriters.pop() ?? randomUUID();
    return { writer_id, commit_number: this.#commits, committed_at: Date.now() * 1000 };
  }

  /** The outcome of the mark's commit is known. */
  settle(mark: CommitMark): void {
    this.#idleWriters.push(mark.writer_id);
  }
}

/**
 * Whether the marked transaction has been committed; asked with the board's lock, which the server holds for that transaction
 * until it is done with it.
 */
export async function hasMark(transaction: Transaction<Database>, boardId: string, mark: CommitMark): Promise<boolean> {
  const [row] = await transaction
    .selectFrom('writers')
    .select('commit_number')
    .where('board_id', '=', boardId)
    .where('writer_id', '=', mark.writer_id)
    .execute();
  return Number(row?.commit_number ?? 0) === mark.commit_number;
}

/** Removes the marks of processes that have long been gone. */
export async function removeOldMarks(transaction: Transaction<Database>, boardId: string): Promise<void> {
  await transaction
    .deleteFrom('writers')
    .where('board_id', '=', boardId)
    .where('committed_at', '<', Date.now() * 1000 - KEPT_US)
    .execute();
}
