import type { Event } from '../core/records.ts';
import type { LogSource } from '../log-source.ts';
import type { ResolvedSurroundings } from './surroundings.ts';

/** How many events are read at a time. */
const PAGE_EVENTS = 500;

/** A board that can be watched: its log, and the commits of this process as they happen. */
export interface WatchedBoard extends Pick<LogSource, 'board' | 'events'> {
  onEvents(listener: (events: readonly Event[]) => void): () => void;
}

/**
 * Sees every event of a board: those committed in this process at once, those of others when the board's counter has moved.
 * It starts at the log's end; an event may be told of twice, never not at all.
 */
export class BoardWatch {
  readonly #board: WatchedBoard;
  readonly #listener: (events: readonly Event[]) => void;
  readonly #onError: ResolvedSurroundings['onError'];
  #position = 0;
  #stop: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #polling: Promise<void> | null = null;

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
    this.#stop = this.#board.onEvents(events => this.#committed(events));
    this.#timer = setInterval(() => {
      this.#polling ??= this.#poll().finally(() => {
        this.#polling = null;
      });
    }, pollSeconds * 1000).unref();
  }

  /** Stops, and waits for a poll that is under way. */
  async close(): Promise<void> {
    this.#stop?.();
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#polling;
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
