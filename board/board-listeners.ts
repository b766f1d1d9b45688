import type { Event } from './core/records.ts';

/** Calls a listener so that what it throws harms nobody. */
export type Guard = (notify: () => void) => void;

/** How to hear of another process's commits: {@link Backend.onSignal} of one board. */
export type Subscribe = (listener: () => void) => () => void;

/** Who is told of a board's commits: of this process's by `committed`, of others' by the database, where it can. */
export class BoardListeners {
  readonly #subscribe: Subscribe;
  readonly #guard: Guard;
  readonly #onEvents = new Set<(events: readonly Event[]) => void>();
  readonly #onCommit = new Set<() => void>();
  readonly #onSignal = new Set<() => void>();
  #unsubscribe: (() => void) | null = null;

  constructor(subscribe: Subscribe, guard: Guard) {
    this.#subscribe = subscribe;
    this.#guard = guard;
  }

  onEvents(listener: (events: readonly Event[]) => void): () => void {
    // A function that is given twice is called twice, here and below.
    const entry = (events: readonly Event[]): void => listener(events);
    this.#onEvents.add(entry);
    return () => void this.#onEvents.delete(entry);
  }

  onCommit(listener: () => void): () => void {
    const entry = (): void => listener();
    this.#onCommit.add(entry);
    const stop = this.onSignal(listener);
    return () => {
      this.#onCommit.delete(entry);
      stop();
    };
  }

  /** The database is asked to tell from the first listener to the last: a board that nobody listens to costs nothing. */
  onSignal(listener: () => void): () => void {
    const entry = (): void => listener();
    this.#onSignal.add(entry);
    this.#unsubscribe ??= this.#subscribe(() => this.#signalled());
    return () => {
      if (!this.#onSignal.delete(entry) || this.#onSignal.size > 0) return;
      this.#unsubscribe?.();
      this.#unsubscribe = null;
    };
  }

  /** Tells of a commit of this process. */
  committed(events: readonly Event[]): void {
    if (events.length > 0) for (const listener of this.#onEvents) this.#guard(() => listener(events));
    for (const listener of this.#onCommit) this.#guard(listener);
  }

  #signalled(): void {
    for (const listener of this.#onSignal) this.#guard(listener);
  }
}
