import { errorOf } from './core/errors.ts';

/** A command in the queue: its size, how many commands it counts for, and whom to tell. */
export interface Queued<Item, Result> {
  readonly item: Item;
  readonly bytes: number;
  readonly weight: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** How the queue groups and how much it holds. */
export interface CommitQueueOptions<Item, Result> {
  /** Commits a group; it tells each member itself. What it throws is told to all of them. */
  readonly commit: (batch: readonly Queued<Item, Result>[]) => Promise<void>;
  /** Most commands a transaction; one that counts for more goes alone. */
  readonly maxBatch: number;
  /** Most bytes a transaction: database servers have a packet limit. */
  readonly maxBatchBytes: number;
  /** Most commands waiting; beyond it a command is refused. */
  readonly maxQueued: number;
}

/**
 * One queue a board. When the last commit is done, all that waits goes together: natural group commit, no timer. The queue
 * is flushed in a turn of its own (`setImmediate`), or behind a driver that blocks nothing would ever gather.
 */
export class CommitQueue<Item, Result> {
  readonly #options: CommitQueueOptions<Item, Result>;
  #waiting: Queued<Item, Result>[] = [];
  #isRunning = false;
  #isClosed = false;
  #idle: (() => void)[] = [];

  constructor(options: CommitQueueOptions<Item, Result>) {
    this.#options = options;
  }

  /** Commands waiting now, those being committed not counted. */
  get depth(): number {
    return this.#waiting.length;
  }

  /**
   * Waits for the item's commit.
   *
   * @throws OverloadedError where the queue is full, QuadroError (`closed`) after `close`; nothing has been written.
   */
  push(item: Item, bytes: number, weight = 1): Promise<Result> {
    if (this.#isClosed) return Promise.reject(errorOf('closed', 'The board is closed'));
    if (this.#waiting.length >= this.#options.maxQueued) {
      const message = `The commit queue is full (${this.#options.maxQueued} commands wait): try again later, or raise maxQueued`;
      return Promise.reject(errorOf('overloaded', message, { details: { max_queued: this.#options.maxQueued } }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, bytes, weight, resolve, reject });
      if (!this.#isRunning) this.#schedule();
    });
  }

  /** Takes no more commands and waits until those it has are committed. */
  close(): Promise<void> {
    this.#isClosed = true;
    if (!this.#isRunning) return Promise.resolve();
    return new Promise(resolve => this.#idle.push(resolve));
  }

  #schedule(): void {
    this.#isRunning = true;
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    const batch = this.#take();
    try {
      await this.#options.commit(batch);
    } catch (error) {
      for (const each of batch) each.reject(error);
    }
    // The callers just told may have more: let them speak before deciding that nobody waits.
    setImmediate(() => (this.#waiting.length > 0 ? void this.#flush() : this.#rest()));
  }

  #rest(): void {
    this.#isRunning = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #take(): Queued<Item, Result>[] {
    const { maxBatch, maxBatchBytes } = this.#options;
    let count = 0;
    let weight = 0;
    let bytes = 0;
    for (const each of this.#waiting) {
      weight += each.weight;
      bytes += each.bytes;
      if (count > 0 && (weight > maxBatch || bytes > maxBatchBytes)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}
