import type { Event } from '../core/records.ts';
import type { LogSource } from '../log-source.ts';
import type { ResolvedSurroundings } from './surroundings.ts';

/** How many events are read at a time. */
const PAGE_EVENTS = 500;

/** A board that can be watched: its log, the commits of this process as they happen, and signals of others'. */
export interface WatchedBoard extends Pick<LogSource, 'board' | 'events'> {
  onEvents(listener: (events: readonly Event[]) => void): () => void;
  /** Calls back when another process may have committed. A signal can come late, or never. */
  onSignal(listener: () => void): () => void;
}

/**
 * Sees every event of a board: those committed in this process at once, those of others when the board's counter has moved,
 * which it looks for now and then, and at once on a signal. It starts at the log's end; an event may be told of twice, never
 * not at all.
 */
export class BoardWatch {
  readonly #board: WatchedBoard;
  readonly #listener: (events: readonly Event[]) => void;
  readonly #onError: ResolvedSurroundings['onError'];
  #position = 0;
  #stops: readonly (() => void)[] = [];
  #timer: NodeJS.Timeout | null = null;
  #polling: Promise<void> | null = null;
  /** Whether there was a signal since the last poll began. */
  #isSignalled = false;

  constructor(
    board: WatchedBoard,
    listener: (events: readonly Event[]) => void,
    onError: ResolvedSurroundings['onError'],
  ) {
    this.#board = board;
    this.#listener = listener;
    this.#onError = onError;
  }

  /** Starts, and asks for other processes' commits every so many seconds. */
  async start(pollSeconds: number): Promise<void> {
    const { next_sequence_id } = await this.#board.board();
    this.#position = next_sequence_id - 1;
    this.#stops = [
      this.#board.onEvents(events => this.#committed(events)),
      this.#board.onSignal(() => {
        this.#isSignalled = true;
        this.#look();
      }),
    ];
    // It keeps the process alive: one of workers alone has nothing else to wait for.
    this.#timer = setInterval(() => this.#look(), pollSeconds * 1000);
  }

  /** Stops, and waits for a poll that is under way. */
  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#polling;
  }

  /** Polls, unless it does already; a signal during a poll asks for one more: the first may have read too early. */
  #look(): void {
    this.#polling ??= this.#pollUntilQuiet();
  }

  async #pollUntilQuiet(): Promise<void> {
    do {
      this.#isSignalled = false;
      await this.#poll();
    } while (this.#isSignalled);
    this.#polling = null;
  }

  #committed(events: readonly Event[]): void {
    const [first] = events;
    const last = events.at(-1);
    if (first === undefined || last === undefined) return;
    // Where others have committed in between, the poll reads from the gap on.
    if (first.sequence_id <= this.#position + 1) this.#position = Math.max(this.#position, last.sequence_id);
    this.#listener(events);
  }

  async #poll(): Promise<void> {
    try {
      const { next_sequence_id } = await this.#board.board();
      while (this.#position < next_sequence_id - 1) {
        const events = await this.#board.events(this.#position, PAGE_EVENTS);
        const last = events.at(-1);
        if (last === undefined) return;
        this.#position = Math.max(this.#position, last.sequence_id);
        this.#listener(events);
      }
    } catch (error) {
      this.#onError('The board could not be asked for new events', error);
    }
  }
}
