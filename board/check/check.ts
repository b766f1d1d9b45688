import { setImmediate } from 'node:timers/promises';
import type { BoardRecord } from '../core/records.ts';
import { isoOf } from '../core/time.ts';
import { endOf } from '../log-source.ts';
import { TABLE_PAGE_ROWS, type TableSource } from '../table-source.ts';
import { type Fault, FaultList } from './faults.ts';
import { LogCheck } from './log-check.ts';
import { pinnedProfiles } from './pinned-profiles.ts';
import { checkRows } from './row-check.ts';
import { checkSideLogs } from './side-logs.ts';
import { digestStored, isStored } from './stored-tables.ts';
import { boardDigest, TableDigests, type TableDigestValues } from './table-digests.ts';

export type { Fault, FaultCode } from './faults.ts';
export type { DigestedTable, TableDigestValues } from './table-digests.ts';

/** How far a check is, in events. */
export interface CheckProgress {
  readonly done: number;
  /** As the board's row said when the check began. */
  readonly total: number;
}

/** What may accompany a check. */
export interface CheckOptions {
  readonly onProgress?: (progress: CheckProgress) => void;
  /** Stops the check; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Most faults the report lists; all are counted. Default 1,000. */
  readonly maxFaults?: number;
}

/** What a check found. */
export interface CheckReport {
  /** Whether there is no fault but inherited ones. */
  readonly ok: boolean;
  readonly events: number;
  /** Rows of the tasks table; without one, the tasks that the events tell of. */
  readonly tasks: number;
  /** SHA-256 over the events: two copies of a log have the same. */
  readonly digest: string;
  /**
   * SHA-256 over everything the board holds: two copies of a board have the same, in whatever database and under whatever name,
   * while nobody writes to them. Null for an exported log, which does not hold all of it.
   */
  readonly board_digest: string | null;
  /** What `board_digest` is made of, table by table. */
  readonly table_digests: TableDigestValues | null;
  /** Faults of this board, not counting inherited ones. */
  readonly own: number;
  /** Faults that an import brought along. */
  readonly inherited: number;
  /** The first of them, own ones before inherited ones. */
  readonly faults: readonly Fault[];
  /** What could not be checked, a sentence each. */
  readonly skipped: readonly string[];
}

/**
 * Proves a log (invariants 3 and 6): gapless, in order, every step legal for the profile its task pinned and linked to the one
 * before, and folding the events gives the tasks table. It reads once through, with a few hundred bytes of memory a task, and
 * may run on a board that is being written.
 *
 * @example const { ok, faults } = await checkLog(board);
 */
export async function checkLog(source: TableSource, options: CheckOptions = {}): Promise<CheckReport> {
  const { onProgress, signal, maxFaults = 1000 } = options;
  const skipped: string[] = [];
  const has = (table: 'tasks' | 'profiles' | 'boards', consequence: string): boolean => {
    if (!source.absentTables?.has(table)) return true;
    skipped.push(`The source has no ${table} table: ${consequence}`);
    return false;
  };
  const faults = new FaultList(maxFaults);
  const before = await source.board();
  const total = endOf(before).events;
  const importedUntil = before.imported_until ?? 0;
  const hasProfiles = has('profiles', 'whether each step is legal was not checked');
  const profiles = hasProfiles ? await pinnedProfiles(source, faults) : null;
  const log = new LogCheck({ faults, profiles, importedUntil });
  const digests = new TableDigests();
  const catchUp = async (): Promise<void> => {
    for (let isEnd = false; !isEnd; ) {
      signal?.throwIfAborted();
      const page = await source.events(log.lastSequenceId, TABLE_PAGE_ROWS);
      for (const event of page) log.take(event);
      isEnd = page.length < TABLE_PAGE_ROWS;
      onProgress?.({ done: log.events, total });
      // A driver that blocks would leave no turn in which a signal could arrive.
      await setImmediate();
    }
  };
  await catchUp();
  let tasks = log.states.size;
  if (has('tasks', 'rows were not compared with the log')) {
    const rows = await checkRows({ source, log, faults, digests, importedUntil, catchUp });
    tasks = rows.tasks;
    if (rows.moving > 0) skipped.push(`${rows.moving} tasks changed faster than their rows could be compared`);
  }
  if (has('boards', 'the next numbers were not checked, and what an import brought along counts as this log’s own'))
    checkEnd(log, before, await source.board(), faults);
  skipped.push(...(await checkSideLogs({ source, board: before, faults, digests, signal })));
  if (isStored(source)) await digestStored(source, before, digests);
  const table_digests = isStored(source) ? { ...digests.values(), events: log.digest() } : null;
  return {
    ok: faults.ownCount === 0,
    events: log.events,
    tasks,
    digest: log.digest(),
    board_digest: table_digests && boardDigest(table_digests),
    table_digests,
    own: faults.ownCount,
    inherited: faults.inheritedCount,
    faults: faults.kept(),
    skipped,
  };
}

/** The board's row before and after: a log that is written meanwhile ends between the two. */
function checkEnd(log: LogCheck, before: BoardRecord, after: BoardRecord, faults: FaultList): void {
  const last = log.lastSequenceId;
  const [least, most] = [endOf(before).events, endOf(after).events];
  if (last < least || last > most) {
    const message = `The log ends with event ${last}; the next number of the board's row is ${most + 1}`;
    faults.add('board_row', message, { sequence_id: last, inherited: false });
  }
  if (log.lastTimestamp <= after.last_timestamp) return;
  const times = `${isoOf(log.lastTimestamp)}, after ${isoOf(after.last_timestamp)}`;
  faults.add('board_row', `The log's latest time is ${times}, the last of the board's row`, { inherited: false });
}
