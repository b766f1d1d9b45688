import { setImmediate } from 'node:timers/promises';
import type { Backend } from '../backends/backend.ts';
import { errorOf } from '../core/errors.ts';
import type { BoardRecord } from '../core/records.ts';
import { refuseUnfinishedCopy } from './copy-mark.ts';
import type { CopiedRows, CopyTarget, NextNumbers } from './copy-target.ts';

/** How far a copy is, in rows of all tables. */
export interface CopyProgress {
  readonly done: number;
  /** Rows of the logs, which are copied first; null from then on: only reading the tables tells how many rows they have. */
  readonly total: number | null;
}

/** The tables of a board that a copy brings. */
export type CopiedTable =
  | 'events'
  | 'chief_cycles'
  | 'ombudsman_ticks'
  | 'flight_log'
  | 'profiles'
  | 'task_types'
  | 'tasks'
  | 'agents'
  | 'data_entries'
  | 'idempotency_keys';

/** Rows brought, by table. */
export type CopiedCounts = Readonly<Record<CopiedTable, number>>;

/** Where the rows of a table stand in a transaction's changes. */
const ROWS_OF: Readonly<Record<CopiedTable, keyof CopiedRows>> = {
  events: 'events',
  chief_cycles: 'chief_cycles',
  ombudsman_ticks: 'ombudsman_ticks',
  flight_log: 'flight_log',
  profiles: 'profiles',
  task_types: 'task_types',
  tasks: 'tasks',
  agents: 'agents',
  data_entries: 'data_put',
  idempotency_keys: 'idempotency',
};

/** What a copy is between. */
export interface CopyRunOptions {
  readonly from: Backend;
  /** The board's name in `from`. */
  readonly boardId: string;
  readonly target: CopyTarget;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One run of a copy: where it reads, where it writes, and what it has brought so far. */
export class CopyRun {
  readonly from: Backend;
  readonly boardId: string;
  readonly target: CopyTarget;
  readonly #options: CopyRunOptions;
  readonly #counts = new Map<CopiedTable, number>();
  #logRows = 0;
  #tableRows = 0;

  constructor(options: CopyRunOptions) {
    this.from = options.from;
    this.boardId = options.boardId;
    this.target = options.target;
    this.#options = options;
  }

  /**
   * The source's row, now.
   *
   * @throws NotFoundError (`board_not_found`), StorageError (`board_incomplete`).
   */
  async readSource(): Promise<BoardRecord> {
    const { from, boardId } = this;
    const board = await from.readBoard(boardId);
    if (board === null) throw errorOf('board_not_found', `There is no board ${boardId} in ${from.location}`);
    refuseUnfinishedCopy(await from.readLeases(boardId), boardId, from.location);
    this.#logRows = rowsBefore(board);
    return board;
  }

  /** Writes rows in one transaction, and how far the logs are with them; throws the signal's reason where it is aborted. */
  async write(rows: CopiedRows, next: Partial<NextNumbers> = {}): Promise<void> {
    const { onProgress, signal } = this.#options;
    signal?.throwIfAborted();
    await this.target.write(rows, next);
    const isLog = Object.keys(next).length > 0;
    for (const [table, count] of countsOf(rows)) {
      this.#counts.set(table, (this.#counts.get(table) ?? 0) + count);
      if (!isLog) this.#tableRows += count;
    }
    const logRows = rowsBefore(this.target.next);
    onProgress?.({
      done: logRows + this.#tableRows,
      total: this.#tableRows === 0 && isLog ? Math.max(logRows, this.#logRows) : null,
    });
    // Drivers that block would leave no turn in which a signal could arrive.
    await setImmediate();
  }

  /** Rows that this run has brought; those of a table that it brought again count again. */
  get counts(): CopiedCounts {
    const tables = Object.keys(ROWS_OF) as CopiedTable[];
    return Object.fromEntries(tables.map(table => [table, this.#counts.get(table) ?? 0])) as CopiedCounts;
  }
}

/** Rows of the logs before their next numbers. */
function rowsBefore({
  next_sequence_id,
  next_cycle_sequence_id,
  next_tick_sequence_id,
  next_entry_id,
}: NextNumbers): number {
  return next_sequence_id + next_cycle_sequence_id + next_tick_sequence_id + next_entry_id - 4;
}

function countsOf(rows: CopiedRows): [CopiedTable, number][] {
  const tables = Object.entries(ROWS_OF) as [CopiedTable, keyof CopiedRows][];
  return tables.flatMap(([table, name]): [CopiedTable, number][] => {
    const written = rows[name];
    return Array.isArray(written) ? [[table, written.length]] : [];
  });
}
