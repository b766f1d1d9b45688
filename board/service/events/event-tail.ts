import type { WatchedBoard } from '../../agents/board-watch.ts';
import type { BoardRecord, Event } from '../../core/records.ts';
import { frameOf } from './event-frame.ts';
import { EventRing, type RingLimits } from './event-ring.ts';

/** Events and bytes of a page of what other processes have committed. */
const PAGE_EVENTS = 500;
const PAGE_BYTES = 1_048_576;

/** How a tail follows its log, and whom it tells. */
export interface TailOptions extends RingLimits {
  /** How often the board is asked for what other processes have committed. */
  readonly pollSeconds: number;
  /** There are new events. */
  onNews(): void;
  /** The log is another one, or shorter than it was: the database was restored or replaced. */
  onReplaced(): void;
  onError(message: string, error: unknown): void;
}

/**
 * The end of a board's log, followed once for everybody: what this process commits at once, what others do on a signal and
 * by asking for the board's row.
 */
export class EventTail {
  readonly #board: WatchedBoard;
  readonly #options: TailOptions;
  #ring: EventRing;
  #boardUid: string | null = null;
  #starting: Promise<void> | null = null;
  #stops: readonly (() => void)[] = [];
  #timer: NodeJS.Timeout | null = null;
  #polling: Promise<void> | null = null;
  /** Whether there was a signal since the last poll began. */
  #isSignalled = false;

  constructor(board: WatchedBoard, options: TailOptions) {
    this.#board = board;
    this.#options = options;
    this.#ring = new EventRing(0, options);
  }

  /** The latest events; before `start` none. */
  get ring(): EventRing {
    return this.#ring;
  }

  /** Starts at the log's end, once; one that failed can be tried again. */
  start(): Promise<void> {
    this.#starting ??= this.#start().catch(error => {
      this.#starting = null;
      throw error;
    });
    return this.#starting;
  }

  /** Stops, and waits for a poll that is under way. */
  async close(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    for (const stop of this.#stops) stop();
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#polling;
  }

  async #start(): Promise<void> {
    this.#restart(await this.#board.board());
    this.#stops = [this.#board.onEvents(events => this.#committed(events)), this.#board.onSignal(() => this.#look())];
    this.#timer = setInterval(() => this.#look(), this.#options.pollSeconds * 1000);
    // What was committed between the read and the listening is found at once.
    this.#look();
  }

  #restart({ board_uid, next_sequence_id }: BoardRecord): void {
    this.#boardUid = board_uid;
    this.#ring = new EventRing(next_sequence_id - 1, this.#options);
  }

  #committed(events: readonly Event[]): void {
    const [first] = events;
    if (first === undefined) return;
    // Others have committed in between: the poll reads from the gap on.
    if (first.sequence_id > this.#ring.last + 1) this.#look();
    else this.#push(events);
  }

  #push(events: readonly Event[]): void {
    const fresh = events.filter(({ sequence_id }) => sequence_id > this.#ring.last);
    for (const event of fresh) this.#ring.push(frameOf(event));
    if (fresh.length > 0) this.#options.onNews();
  }

  #look(): void {
    this.#isSignalled = true;
    this.#polling ??= this.#pollUntilQuiet();
  }

  async #pollUntilQuiet(): Promise<void> {
    while (this.#isSignalled) {
      this.#isSignalled = false;
      try {
        await this.#poll();
      } catch (error) {
        this.#options.onError('The board could not be asked for new events', error);
      }
    }
    this.#polling = null;
  }

  async #poll(): Promise<void> {
    const seen = this.#ring.last;
    const board = await this.#board.board();
    if (board.board_uid !== this.#boardUid || board.next_sequence_id - 1 < seen) {
      this.#restart(board);
      this.#options.onReplaced();
    }
    while (this.#ring.last < board.next_sequence_id - 1) {
      const events = await this.#board.events(this.#ring.last, PAGE_EVENTS, PAGE_BYTES);
      if (events.length === 0) return;
      this.#push(events);
    }
  }
}
