import { QuadroError } from '../../board/core/errors.ts';
import type { BoardRecord, Cursor } from '../../board/core/records.ts';
import type { Micros } from '../../board/core/time.ts';
import { endOf, type LogSource } from '../../board/log-source.ts';
import { type CursorStore, type FeedBatch, feed, LOG_START, loadCursor } from '../feed/index.ts';
import { DispatchFailures } from './dispatch-failures.ts';
import { lookUp } from './look-up.ts';
import { type Lookups, observeCycle, observeEvent, observeTick } from './observe.ts';
import { TaskPosts } from './task-posts.ts';
import type { Totals } from './totals.ts';

/** Who reads, as the cursor store has it. */
export const DESTINATION = 'prometheus';

const BATCH_ROWS = 1000;
/** How much of a long catch-up a kill can make to be read again. */
const SAVE_EVERY_MS = 5000;

/** How a {@link LogCounter} reads and saves. */
export interface LogCounterOptions {
  readonly cursorStore?: CursorStore | undefined;
  /** How long work may be stranded before it is a failure of dispatch. */
  readonly dispatchGrace: Micros;
  /** Told where totals could not be saved; counting goes on, and the next catch-up saves again. */
  readonly onError: (error: unknown) => void;
}

/** How to read a long log to its end. */
export interface CatchUpOptions {
  /** Ends it after the page at hand; the totals are then those of a part of the log. */
  readonly signal?: AbortSignal;
  /** Told after every page how many events are counted, and how many are left. */
  readonly onProgress?: (counted: number, left: number) => void;
}

/** Counts a log into totals. Totals and cursor move together, in memory and in the store, so that each row counts once. */
export class LogCounter {
  /** The posts of the tasks it counts. */
  readonly posts: TaskPosts;
  readonly #failures: DispatchFailures;
  readonly #source: LogSource;
  readonly #totals: Totals;
  readonly #options: LogCounterOptions;
  readonly #board: BoardRecord;
  #cursor: Cursor = LOG_START;
  #isSaved = true;
  #savedAt = 0;
  #work: Promise<void> = Promise.resolve();

  private constructor(source: LogSource, totals: Totals, options: LogCounterOptions, board: BoardRecord) {
    this.#source = source;
    this.#totals = totals;
    this.#options = options;
    this.#board = board;
    this.posts = new TaskPosts(source);
    this.#failures = new DispatchFailures(source, options.dispatchGrace);
  }

  /** Goes on from what the store holds; where that cannot be used with these totals, from the log's start. */
  static async open(source: LogSource, totals: Totals, options: LogCounterOptions): Promise<LogCounter> {
    const board = await source.board();
    const counter = new LogCounter(source, totals, options, board);
    const saved = options.cursorStore ? await loadCursor(options.cursorStore, board, DESTINATION) : null;
    if (saved?.totals !== undefined && totals.restore(saved.totals)) counter.#cursor = saved.cursor;
    return counter;
  }

  /** The board whose log is counted. */
  get boardUid(): string {
    return this.#board.board_uid;
  }

  /** The last event that is counted. */
  get sequenceId(): number {
    return this.#cursor.events;
  }

  /**
   * Counts what is new, for at most `budgetMs`; answers how many events are left. Calls wait for one another.
   *
   * @throws QuadroError `cursor_beyond_log` where the board was restored from an older copy or became another.
   */
  catchUp(budgetMs: number, options: CatchUpOptions = {}): Promise<number> {
    const turn = this.#work.then(() => this.#catchUp(performance.now() + budgetMs, options));
    this.#work = turn.then(
      () => {},
      () => {},
    );
    return turn;
  }

  /** Waits for the catch-up under way and saves what is not saved. */
  async close(): Promise<void> {
    await this.#work;
    await this.#save();
  }

  async #catchUp(deadline: number, { signal, onProgress }: CatchUpOptions): Promise<number> {
    const passed = { posts: this.posts, failures: this.#failures };
    const options = { cursor: this.#cursor, batchSize: BATCH_ROWS, follow: false, signal };
    for await (const batch of feed(this.#source, options)) {
      this.#assertSameBoard(batch.board);
      this.#count(batch, await lookUp(this.#source, passed, batch));
      onProgress?.(batch.cursor.events, batch.lag);
      if (performance.now() > this.#savedAt + SAVE_EVERY_MS) await this.#save();
      if (performance.now() > deadline) break;
    }
    await this.#save();
    const board = await this.#source.board();
    this.#assertSameBoard(board);
    return Math.max(0, endOf(board).events - this.#cursor.events);
  }

  /** Without a pause: whoever saves or renders sees totals and cursor of the same place. */
  #count(batch: FeedBatch, lookups: Lookups): void {
    for (const event of batch.events) for (const each of observeEvent(event, lookups)) this.#totals.apply(each);
    for (const cycle of batch.chief_cycles) for (const each of observeCycle(cycle, lookups)) this.#totals.apply(each);
    for (const tick of batch.ombudsman_ticks) for (const each of observeTick(tick)) this.#totals.apply(each);
    this.#cursor = batch.cursor;
    this.#isSaved = false;
  }

  async #save(): Promise<void> {
    const { cursorStore, onError } = this.#options;
    this.#savedAt = performance.now();
    if (cursorStore === undefined || this.#isSaved) return;
    const saved = { board_uid: this.boardUid, destination: DESTINATION, cursor: this.#cursor };
    try {
      await cursorStore.save({ ...saved, totals: this.#totals.save() });
      this.#isSaved = true;
    } catch (error) {
      onError(error);
    }
  }

  #assertSameBoard({ board_uid, board_id }: BoardRecord): void {
    if (board_uid === this.boardUid) return;
    throw new QuadroError('cursor_beyond_log', `The board ${board_id} was replaced by another: measure it anew`, {
      details: { board_uid, measured_board_uid: this.boardUid },
    });
  }
}
