import type { Backend } from '../backends/backend.ts';
import { differences } from '../check/task-state.ts';
import { ConfigurationError, errorOf } from '../core/errors.ts';
import { nameFaultsOf } from '../core/lifecycle/faults.ts';
import { copyLogs, refuseOtherHistory } from './copy-logs.ts';
import { type CopiedCounts, type CopyProgress, CopyRun } from './copy-run.ts';
import { copyTables } from './copy-tables.ts';
import { CopyTarget } from './copy-target.ts';

export type { CopiedCounts, CopiedTable, CopyProgress } from './copy-run.ts';

/** How often a copy follows a source that is written meanwhile. */
const MAX_PASSES = 5;

/** What is copied, and where to. The backends are opened where they are not yet, and the caller closes them. */
export interface CopyOptions {
  /** Only read; one that is opened for reading is enough. */
  readonly from: Backend;
  readonly into: Backend;
  /** The board's name in `from`. Default `default`. */
  readonly boardId?: string;
  /** Its name in `into`. Default: the same. */
  readonly intoBoardId?: string;
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Stops the copy after the transaction it is at; it then throws the signal's reason, and can be gone on with. */
  readonly signal?: AbortSignal;
}

/** What a copy brought. */
export interface CopySummary {
  /** The board's name in the target. */
  readonly board_id: string;
  readonly board_uid: string;
  /** Whether it went on with a copy that had not finished. */
  readonly resumed: boolean;
  /** Whether the target held the whole copy already; then nothing was written. */
  readonly was_complete: boolean;
  /** Rows that this run brought, by table. */
  readonly rows: CopiedCounts;
}

/**
 * Copies a board into another database with its identity, numbers and times as they are: logs, tasks, agents, data, profiles
 * and idempotency keys. Leases and the saved places of readers stay behind. However it is stopped, nobody can open the target
 * before it is whole (`board_incomplete`), and the same call again goes on where it stopped.
 *
 * @example const { rows } = await copyBoard({ from: sqlite({ file: 'board.db' }), into: postgres({ url }) });
 * @throws ValidationError (`invalid_source`) where the target is another board, or this one itself; NotFoundError;
 * StorageError (`board_incomplete`) where the source is written faster than it can be copied, or is an unfinished copy itself;
 * ConflictError (`lease_lost`) where another run has taken over; the signal's reason.
 */
export async function copyBoard(options: CopyOptions): Promise<CopySummary> {
  const { from, into, boardId = 'default', intoBoardId = boardId, onProgress, signal } = options;
  if (nameFaultsOf(intoBoardId).length > 0) {
    throw new ConfigurationError('invalid_configuration', 'intoBoardId must be a text of 1 to 200 bytes, without NUL');
  }
  await from.open();
  const target = new CopyTarget(into, intoBoardId);
  const run = new CopyRun({ from, boardId, target, onProgress, signal });
  const source = await run.readSource();
  if (isSameFile(from, into) && boardId === intoBoardId) {
    throw errorOf(
      'invalid_source',
      `The board ${boardId} cannot be copied onto itself: choose another name for the copy`,
    );
  }
  // Not before the source is known to be one: a database made for nothing would be left.
  signal?.throwIfAborted();
  await into.open();
  const state = await target.claim(source);
  if (state === 'unfinished') await refuseOtherHistory(run);
  if (state !== 'complete') await follow(run);
  return {
    board_id: intoBoardId,
    board_uid: source.board_uid,
    resumed: state === 'unfinished',
    was_complete: state === 'complete',
    rows: run.counts,
  };
}

/** Two servers' addresses may name one database: then what is found there is the board itself, whole, and nothing is written. */
function isSameFile(from: Backend, into: Backend): boolean {
  return from === into || (from.sidecarPath !== null && from.sidecarPath === into.sidecarPath);
}

/** Copies until nothing was written to the source between a pass's beginning and its end. */
async function follow(run: CopyRun): Promise<void> {
  let before = await run.readSource();
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    await copyLogs(run, before);
    await copyTables(run);
    const after = await run.readSource();
    // Every write moves the row: a number, the last time, or the version of its profiles.
    if (differences(before, after).length === 0) return run.target.finish(after);
    before = after;
  }
  throw errorOf(
    'board_incomplete',
    `The board ${run.boardId} in ${run.from.location} is being written, and the copy cannot come to an end: stop its Chiefs, workers and other writers, then run the same quadro copy again`,
    { details: { board_id: run.boardId } },
  );
}
