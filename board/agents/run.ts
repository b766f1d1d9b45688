import { ConfigurationError } from '../core/errors.ts';
import type { Event } from '../core/records.ts';
import { wakesChief } from '../core/taxonomy.ts';
import { BoardWatch, type WatchedBoard } from './board-watch.ts';
import type { Chief } from './chief.ts';
import { REDISPATCH_SECONDS } from './dispatcher.ts';
import type { Ombudsman } from './ombudsman.ts';
import { type ResolvedSurroundings, type Surroundings, surroundingsOf } from './surroundings.ts';

/** Workers that can be started and stopped: a `Worker`, a `WorkerPool`, or anything like them. */
export interface Startable {
  start(): Promise<void>;
  close(deadlineSeconds?: number): Promise<void>;
}

/** Who shall run on a board, and how. All are optional: a process may be the Chief's alone, or the workers'. */
export interface RunOptions extends Pick<Surroundings, 'onError'> {
  readonly chief?: Chief;
  readonly workers?: Startable | readonly Startable[];
  readonly ombudsman?: Ombudsman;
  /** Time between two ticks of the Ombudsman. Default 30. */
  readonly tickSeconds?: number;
  /** How often to look for commits of other processes. Default 1. */
  readonly pollSeconds?: number;
  /** How often to look for assignments that never reached their worker. Default 10. */
  readonly redeliverSeconds?: number;
  /** How long `close` waits for work that is under way before it tells it to stop. Default 10. */
  readonly deadlineSeconds?: number;
}

/** A board that is being worked on. */
export interface BoardRun {
  /**
   * Stops in order: no tick and no new work; the workers finish; a last cycle takes the steps that need nobody. The board
   * stays open. A second call waits for the same end.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

function seconds(value: number, name: string): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new ConfigurationError('invalid_configuration', `${name} must be more than 0 seconds`);
}

class Run implements BoardRun {
  readonly #options: RunOptions;
  readonly #workers: readonly Startable[];
  readonly #watch: BoardWatch;
  readonly #onError: ResolvedSurroundings['onError'];
  #ticker: NodeJS.Timeout | null = null;
  #redeliverer: NodeJS.Timeout | null = null;
  #tick: Promise<void> | null = null;
  #closing: Promise<void> | null = null;

  constructor(board: WatchedBoard, options: RunOptions) {
    const { workers = [] } = options;
    this.#options = options;
    this.#workers = 'start' in workers ? [workers] : workers;
    this.#onError = surroundingsOf(options).onError;
    this.#watch = new BoardWatch(board, events => this.#committed(events), this.#onError);
  }

  async start(): Promise<void> {
    const {
      chief,
      ombudsman,
      tickSeconds = 30,
      pollSeconds = 1,
      redeliverSeconds = REDISPATCH_SECONDS,
    } = this.#options;
    const tickMs = seconds(tickSeconds, 'tickSeconds') * 1000;
    seconds(pollSeconds, 'pollSeconds');
    const redeliverMs = seconds(redeliverSeconds, 'redeliverSeconds') * 1000;
    try {
      await Promise.all(this.#workers.map(worker => worker.start()));
      chief?.start();
      // Before the seed: what is committed while the first cycle runs is no longer in what it read.
      if (chief !== undefined) await this.#watch.start(pollSeconds);
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#wakeSoon(chief?.wake('seed'));
    if (chief !== undefined) {
      this.#redeliverer = setInterval(() => this.#wakeSoon(chief.redeliver()), redeliverMs).unref();
    }
    if (ombudsman !== undefined) this.#ticker = setInterval(() => this.#startTick(ombudsman), tickMs);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { chief, deadlineSeconds = 10 } = this.#options;
    if (this.#ticker !== null) clearInterval(this.#ticker);
    if (this.#redeliverer !== null) clearInterval(this.#redeliverer);
    chief?.stopDispatching();
    await this.#tick;
    const closed = await Promise.allSettled(this.#workers.map(worker => worker.close(deadlineSeconds)));
    for (const { reason } of closed.filter(each => each.status === 'rejected')) {
      this.#onError('A worker could not be closed', reason);
    }
    await this.#watch.close();
    if (chief === undefined) return;
    await chief.whenAsleep();
    await chief.wake('seed').catch(error => this.#onError('The last cycle of the Chief failed', error));
    await chief.close();
  }

  #startTick(ombudsman: Ombudsman): void {
    const { chief } = this.#options;
    this.#tick ??= ombudsman
      .nudge(chief ? trigger => chief.wake(trigger) : null)
      .then(
        () => undefined,
        error => this.#onError('A tick of the Ombudsman failed', error),
      )
      .finally(() => {
        this.#tick = null;
      });
  }

  /** A commit wakes the Chief, unless it is a heartbeat, its own doing, or of a tick that will wake it when it is done. */
  #committed(events: readonly Event[]): void {
    const { chief } = this.#options;
    if (chief === undefined) return;
    const isAwaited = (event: Event): boolean => event.tick_id !== null && this.#tick !== null;
    const event = events.findLast(each => wakesChief(each.event_type) && !chief.isOwn(each) && !isAwaited(each));
    if (event !== undefined) this.#wakeSoon(chief.wake('board_event', { event }));
  }

  #wakeSoon(cycles: Promise<number> | undefined): void {
    cycles?.catch(error => this.#onError('A cycle of the Chief failed', error));
  }
}

/**
 * Starts the given parts on a board: workers, then the Chief with one seed wake, then a tick of the Ombudsman every
 * `tickSeconds`. From then on every commit that is news wakes the Chief.
 *
 * @example
 * const run = await runBoard(board, { chief, workers: pool, ombudsman });
 * await run.close();
 */
export async function runBoard(board: WatchedBoard, options: RunOptions): Promise<BoardRun> {
  const run = new Run(board, options);
  await run.start();
  return run;
}
