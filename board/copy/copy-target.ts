import { randomUUID } from 'node:crypto';
import type { Backend } from '../backends/backend.ts';
import { differences } from '../check/task-state.ts';
import { systemClock } from '../clock.ts';
import { errorOf, type QuadroError } from '../core/errors.ts';
import type { BoardRecord, Lease } from '../core/records.ts';
import { type Changes, type Decision, NO_CHANGES, type Snapshot, type TransactKeys } from '../core/transaction.ts';
import { COPY_ROLE } from './copy-mark.ts';

/** Rows of one transaction of a copy. */
export type CopiedRows = Partial<Omit<Changes, 'board' | 'leases'>>;

/** The next numbers of the logs: they say how far a copy is. */
export type NextNumbers = Pick<
  BoardRecord,
  'next_sequence_id' | 'next_cycle_sequence_id' | 'next_tick_sequence_id' | 'next_entry_id'
>;

/** Nothing copied yet. */
const FIRST_NUMBERS: NextNumbers = {
  next_sequence_id: 1,
  next_cycle_sequence_id: 1,
  next_tick_sequence_id: 1,
  next_entry_id: 1,
};

/** What a copy found where it goes: nothing, an unfinished copy of the same board, or the whole of it. */
export type TargetState = 'new' | 'unfinished' | 'complete';

/** The target as this run left it. */
interface Claim {
  readonly board: BoardRecord;
  readonly mark: Lease;
}

/**
 * The board that a copy makes. It is marked from the first transaction to the last, so that nobody opens half a board, and every
 * transaction makes sure that row and mark are as this run left them: of two runs at once the later goes on.
 */
export class CopyTarget {
  readonly backend: Backend;
  readonly boardId: string;
  readonly #keys: TransactKeys;
  readonly #holder = randomUUID();
  readonly #clock = systemClock();
  #claim: Claim | null = null;

  constructor(backend: Backend, boardId: string) {
    this.backend = backend;
    this.boardId = boardId;
    this.#keys = {
      board_id: boardId,
      task_ids: [],
      agent_ids: [],
      idempotency_keys: [],
      data_keys: [],
      profiles_version: -1,
      reads_leases: true,
    };
  }

  /**
   * Makes the board's row with its mark, or takes over the mark of a run that did not finish.
   *
   * @throws ValidationError (`invalid_source`) where another board has the name, or the same one with another history.
   */
  async claim(source: BoardRecord): Promise<TargetState> {
    const now = this.#clock();
    const { state, claim } = await this.backend.transact(this.#keys, snapshot =>
      this.#decideClaim(snapshot, source, now),
    );
    this.#claim = claim;
    return state;
  }

  #decideClaim(
    { board, leases }: Snapshot,
    source: BoardRecord,
    now: number,
  ): Decision<{ state: TargetState; claim: Claim | null }> {
    const known = leases.get(COPY_ROLE);
    const row = { ...source, board_id: this.boardId };
    if (board !== null) {
      if (board.board_uid !== source.board_uid) throw this.#inUse('holds another board');
      if (known === undefined || known.holder === null) {
        const isWhole = differences(row, board).length === 0;
        if (!isWhole) throw this.#inUse('has been worked on since, or the source has');
        return { changes: null, result: { state: 'complete', claim: null } };
      }
    }
    const mark: Lease = {
      role: COPY_ROLE,
      kind: COPY_ROLE,
      holder: this.#holder,
      term: (known?.term ?? 0) + 1,
      renewals: 0,
      claims: null,
      duration_ms: 0,
      taken_at: now,
      renewed_at: now,
    };
    const claim: Claim = { board: board ?? { ...row, ...FIRST_NUMBERS }, mark };
    return {
      changes: { ...NO_CHANGES, board: claim.board, leases: [mark] },
      result: { state: board === null ? 'new' : 'unfinished', claim },
    };
  }

  #inUse(why: string): QuadroError {
    return errorOf(
      'invalid_source',
      `The board ${this.boardId} in ${this.backend.location} ${why}: copy into a new one (another database, or another board name)`,
      { details: { board_id: this.boardId } },
    );
  }

  /** How far the copy is. */
  get next(): NextNumbers {
    return this.#claimed.board;
  }

  get #claimed(): Claim {
    if (this.#claim === null) throw errorOf('internal_error', 'A copy must claim its target before it writes');
    return this.#claim;
  }

  /** Writes rows, and how far the copy is with them. */
  write(rows: CopiedRows, next: Partial<NextNumbers> = {}): Promise<void> {
    const { board, mark } = this.#claimed;
    return this.#commit(rows, { board: { ...board, ...next }, mark });
  }

  /** Makes the board whole: its row as the source's, and the mark free. */
  finish(source: BoardRecord): Promise<void> {
    const mark: Lease = { ...this.#claimed.mark, holder: null, renewed_at: this.#clock() };
    return this.#commit({}, { board: { ...source, board_id: this.boardId }, mark });
  }

  async #commit(rows: CopiedRows, after: Claim): Promise<void> {
    const before = this.#claimed;
    const leases = after.mark === before.mark ? [] : [after.mark];
    await this.backend.transact(this.#keys, snapshot => {
      this.#refuseMoved(snapshot, before);
      return { changes: { ...NO_CHANGES, ...rows, board: after.board, leases }, result: null };
    });
    this.#claim = after;
  }

  #refuseMoved({ board, leases }: Snapshot, { board: left, mark }: Claim): void {
    const holder = leases.get(COPY_ROLE)?.holder;
    if (board !== null && holder === mark.holder && differences(left, board).length === 0) return;
    throw errorOf(
      'lease_lost',
      `The board ${this.boardId} in ${this.backend.location} is not as this copy left it: another quadro copy has taken over, let that one finish`,
      { details: { board_id: this.boardId } },
    );
  }
}
