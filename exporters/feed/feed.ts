import { QuadroError } from '../../board/core/errors.ts';
import type { BoardRecord, ChiefCycle, Cursor, Event, OmbudsmanTick } from '../../board/core/records.ts';
import { endOf, type LogSource } from '../../board/log-source.ts';
import { pageReader } from './page-reader.ts';
import { pause } from './pause.ts';

/** The place before the first row of every log. */
export const LOG_START: Cursor = { events: 0, chief_cycles: 0, ombudsman_ticks: 0 };

/** A page of the three logs. At least one of the lists has a row. */
export interface FeedBatch {
  /** The board's row as it was before the page was read. */
  readonly board: BoardRecord;
  readonly events: readonly Event[];
  readonly chief_cycles: readonly ChiefCycle[];
  readonly ombudsman_ticks: readonly OmbudsmanTick[];
  /** The place after this batch: save it once the batch is dealt with. */
  readonly cursor: Cursor;
  /** Events, up to the log's end or the feed's own, that are still unread after this batch. */
  readonly lag: number;
}

/** How to read a {@link feed}. */
export interface FeedOptions {
  /** Where to go on from. Default: the start of the logs. */
  cursor?: Cursor;
  /** Ends here at the latest, however far the logs go. Default: nowhere. */
  end?: Cursor;
  /** Most rows a batch takes from each log. Default 500. */
  batchSize?: number;
  /**
   * Most bytes of payloads a batch takes from each log, but for a row that is larger by itself: with `batchSize` it bounds
   * memory however far behind a reader is. Default 4 MiB.
   */
  maxPageBytes?: number;
  /** How often a board that another process writes is looked at, in milliseconds. Default 200. */
  pollMs?: number;
  /** Ends the feed after the batch at hand. */
  signal?: AbortSignal;
  /** Wait for more at the logs' end (default), or end there. */
  follow?: boolean;
  /** Once it aborts, the feed no longer waits: it reads to the logs' end and ends there. */
  drain?: AbortSignal;
}

/**
 * Reads a board's three logs after a cursor, in order within each log, and follows them as they grow: woken by the commits
 * its source tells of, else by a poll of the board's counters. The reader sets the pace: nothing is read ahead.
 *
 * @throws QuadroError `cursor_beyond_log` where the cursor is past a log's end: the database was put back to an older
 * state, or the cursor is another's.
 * @example
 * for await (const batch of feed(board, { follow: false })) console.log(batch.events.length, batch.lag);
 */
export async function* feed(source: LogSource, options: FeedOptions = {}): AsyncGenerator<FeedBatch, void, void> {
  const { cursor: start = LOG_START, pollMs = 200, signal, follow = true, drain } = options;
  const pages = pageReader(source, options);
  const bell = commitBell(source, follow);
  let cursor = { ...start };
  let boardUid: string | undefined;
  try {
    while (!signal?.aborted) {
      bell.reset();
      const board = await source.board();
      boardUid ??= board.board_uid;
      assertInsideLog(cursor, board, boardUid);
      const batch = await pages.after(cursor, board);
      if (batch !== null) {
        cursor = { ...batch.cursor };
        yield batch;
      } else if (follow && !drain?.aborted && !isAt(cursor, options.end)) {
        await bell.rings(pollMs, signal, drain);
      } else {
        return;
      }
    }
  } finally {
    bell.remove();
  }
}

/** Whether nothing is left up to an end, if there is one. */
function isAt(cursor: Cursor, end: Cursor | undefined): boolean {
  if (end === undefined) return false;
  return (
    cursor.events >= end.events &&
    cursor.chief_cycles >= end.chief_cycles &&
    cursor.ombudsman_ticks >= end.ombudsman_ticks
  );
}

/** Throws where a reader stands past what the log holds, or the log became another board's. */
function assertInsideLog(cursor: Cursor, board: BoardRecord, boardUid: string): void {
  const end = endOf(board);
  const isBeyond =
    cursor.events > end.events ||
    cursor.chief_cycles > end.chief_cycles ||
    cursor.ombudsman_ticks > end.ombudsman_ticks;
  if (!isBeyond && board.board_uid === boardUid) return;
  throw new QuadroError(
    'cursor_beyond_log',
    `The cursor (event ${cursor.events}, cycle ${cursor.chief_cycles}, tick ${cursor.ombudsman_ticks}) lies beyond the ` +
      `log of board ${board.board_id} (event ${end.events}, cycle ${end.chief_cycles}, tick ${end.ombudsman_ticks}). ` +
      'Where it is the saved one, the board was probably restored from an older copy: remove it to read the log from its start. ' +
      'Where you gave it (from, --from), begin within the log.',
    { details: { board_uid: board.board_uid, cursor, end } },
  );
}

/** Tells a waiting reader of commits, and remembers one that came while it was reading. */
function commitBell(source: LogSource, isListening: boolean) {
  let hasRung = false;
  let wake: () => void = () => {};
  const remove = isListening
    ? source.onCommit(() => {
        hasRung = true;
        wake();
      })
    : () => {};
  return {
    remove,
    reset(): void {
      hasRung = false;
    },
    async rings(timeoutMs: number, ...signals: (AbortSignal | undefined)[]): Promise<void> {
      if (hasRung) return;
      const rung = new AbortController();
      wake = () => rung.abort();
      await pause(timeoutMs, rung.signal, ...signals);
      wake = () => {};
    },
  };
}
