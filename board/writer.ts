import type { Backend } from './backends/backend.ts';
import type { ResolvedBoardOptions } from './board-options.ts';
import { CommitQueue, type Queued } from './commit-queue.ts';
import type { Command, Outcome, WriteIntent } from './core/decide/command.ts';
import { decide, keysOf } from './core/decide/decide.ts';
import type { ProfileRegistry } from './core/decide/profiles.ts';
import { errorOf } from './core/errors.ts';
import type { ResultOf } from './core/intents.ts';
import type { Event } from './core/records.ts';
import { US_PER_SECOND } from './core/time.ts';
import type { Snapshot } from './core/transaction.ts';
import type { BoardMeter } from './meter.ts';
import { refuseUngoverned } from './refuse-ungoverned.ts';

/** Half of what MySQL's default `max_allowed_packet` leaves for a statement; every other server takes more. */
const MAX_BATCH_BYTES = 8 * 1_048_576;

/** How often old idempotency keys are deleted. */
const EXPIRY_INTERVAL_US = 600 * US_PER_SECOND;

/** What the writer needs of the board it writes. */
export interface WriterHost {
  readonly backend: Backend;
  readonly options: ResolvedBoardOptions;
  readonly meter: BoardMeter;
  /** The registry of the snapshot: the known one, or a new one where another process registered something. */
  registryOf(snapshot: Snapshot): ProfileRegistry;
  profilesVersion(): number;
  /** After a commit, with the events it wrote. */
  committed(events: readonly Event[]): void;
}

/** The write path: commands queue, go in groups through one transaction, and get their own answers. */
export class Writer {
  readonly #host: WriterHost;
  readonly #queue: CommitQueue<Command, ResultOf<WriteIntent>>;
  #expiryDueAt = 0;

  constructor(host: WriterHost) {
    this.#host = host;
    const { maxBatch, maxQueued } = host.options;
    this.#queue = new CommitQueue({
      commit: batch => this.#commit(batch),
      maxBatch,
      maxBatchBytes: MAX_BATCH_BYTES,
      maxQueued,
    });
  }

  /** Commands waiting for a commit. */
  get depth(): number {
    return this.#queue.depth;
  }

  /** Waits for the command's commit; rejects with the refusal where it is refused. A bulk weighs as many as it posts. */
  write<I extends WriteIntent>(command: Command<I>, bytes: number, weight = 1): Promise<ResultOf<I>> {
    // A batch is decided through one table of handlers, so the result's type follows the intent's.
    return this.#queue.push(command as unknown as Command, bytes, weight) as Promise<ResultOf<I>>;
  }

  /** Takes no more commands and waits until those it has are committed. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  async #commit(batch: readonly Queued<Command, ResultOf<WriteIntent>>[]): Promise<void> {
    const { backend, options, meter } = this.#host;
    const startedAt = performance.now();
    const commands = batch.map(each => each.item);
    const keys = keysOf(options.boardId, commands, this.#host.profilesVersion());
    const now = options.clock();
    const expiresIdempotency = now >= this.#expiryDueAt;
    const { events, outcomes } = await backend.transact(
      keys,
      snapshot => {
        const { board } = snapshot;
        if (board === null)
          throw errorOf('board_not_found', `There is no board ${options.boardId} in ${backend.location}`);
        const profiles = this.#host.registryOf(snapshot);
        refuseUngoverned(profiles, options.boardId, backend.location);
        const { changes, result } = decide({ ...snapshot, board }, commands, {
          profiles,
          now,
          idempotencyTtlUs: options.idempotencySeconds * US_PER_SECOND,
          expiresIdempotency,
        });
        return { changes, result: { events: changes?.events ?? [], outcomes: result } };
      },
      reason => meter.retry(reason),
    );
    if (expiresIdempotency) this.#expiryDueAt = now + EXPIRY_INTERVAL_US;
    this.#tell(batch, outcomes);
    meter.commit((performance.now() - startedAt) / 1000, batch.length);
    this.#host.committed(events);
  }

  #tell(batch: readonly Queued<Command, ResultOf<WriteIntent>>[], outcomes: readonly Outcome[]): void {
    batch.forEach((each, index) => {
      const outcome = outcomes[index];
      if (outcome === undefined) return;
      if (outcome.error === null) each.resolve(outcome.result);
      else each.reject(outcome.error);
    });
  }
}
