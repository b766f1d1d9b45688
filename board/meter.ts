import type { ErrorCode } from './core/errors.ts';

/** Watches how a board commits. What only the committing process knows; everything else is in the log. */
export interface BoardMeter {
  /** A group of `batchSize` commands was committed in `seconds`. */
  commit(seconds: number, batchSize: number): void;
  /** A command was refused; it wrote nothing. */
  refusal(intent: string, errorCode: ErrorCode): void;
  /** A commit is tried again, such as for `storage_busy`. */
  retry(reason: string): void;
}

/** A board that can be watched. */
export interface MeteredBoard {
  /** What the backend is called, such as `sqlite`. */
  readonly backendName: string;
  /** Commands that wait for a commit now. */
  readonly queueDepth: number;
  /** Whether it only reads, so that there are no commits to watch. */
  readonly isReadOnly: boolean;
  /** Tells `meter` from now on; answers how to stop. */
  attachMeter(meter: BoardMeter): () => void;
}

/**
 * Tells any number of meters, and lets none of them break the board: what a meter throws goes to `onError` and no further.
 *
 * @example
 * const meters = new BoardMeters(error => console.warn(error));
 * const detach = meters.attach(meter);
 * meters.commit(0.0004, 12);
 */
export class BoardMeters implements BoardMeter {
  readonly #meters = new Set<{ readonly meter: BoardMeter }>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void = () => {}) {
    this.#onError = onError;
  }

  /** Tells `meter` from now on; answers how to stop. */
  attach(meter: BoardMeter): () => void {
    const entry = { meter };
    this.#meters.add(entry);
    return () => void this.#meters.delete(entry);
  }

  commit(seconds: number, batchSize: number): void {
    this.#tell(meter => meter.commit(seconds, batchSize));
  }

  refusal(intent: string, errorCode: ErrorCode): void {
    this.#tell(meter => meter.refusal(intent, errorCode));
  }

  retry(reason: string): void {
    this.#tell(meter => meter.retry(reason));
  }

  #tell(emit: (meter: BoardMeter) => void): void {
    for (const { meter } of this.#meters) {
      try {
        emit(meter);
      } catch (error) {
        this.#report(error);
      }
    }
  }

  #report(error: unknown): void {
    try {
      this.#onError(error);
    } catch {
      // Whoever is told of a failed meter must not break the board either.
    }
  }
}
