import { ConfigurationError } from '../core/errors.ts';
import type { Event } from '../core/records.ts';
import { wakesChief } from '../core/taxonomy.ts';
import { BoardWatch, type WatchedBoard } from './board-watch.ts';
import type { Chief } from './chief.ts';
import { type Assignee, Deliveries, type DeliveringBoard } from './deliveries.ts';
import { REDISPATCH_SECONDS } from './dispatcher.ts';
import type { Ombudsman } from './ombudsman.ts';
import { type RolePlayer, Roles } from './roles.ts';
import { type ResolvedSurroundings, type Surroundings, surroundingsOf } from './surroundings.ts';

/** Workers that can be started and stopped: a `Worker`, a `WorkerPool`, or anything like them. */
export interface Startable {
  start(): Promise<void>;
  close(deadlineSeconds?: number): Promise<void>;
  /** Whom the run brings assignments that the board tells of, whichever process committed them. */
  readonly assignees?: readonly Assignee[];
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
  /**
   * How long the Chief's or the Ombudsman's process may be silent before one that stands by takes its role over; the same in
   * every process of a board. Default 10.
   */
  readonly leaseSeconds?: number;
  /** How long `close` waits for work that is under way before it tells it to stop. Default 10. */
  readonly deadlineSeconds?: number;
}

/** The longest time of a lease: what a crash may leave unattended. */
const MAX_LEASE_SECONDS = 86_400;

/** A board that is being worked on. */
export interface BoardRun {
  /** What this process has the lease of now: `chief:{chiefId}`, `ombudsman`; one that stands by has none. */
  readonly roles: readonly string[];
  /**
   * Stops in order: no tick and no new work; the workers finish; a last cycle takes the steps that need nobody; the roles are
   * given up. The board stays open. A second call waits for the same end.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

function seconds(value: number, name: string, most = Number.MAX_VALUE): number {
  if (value > 0 && value <= most) return value;
  const limit = most === Number.MAX_VALUE ? '' : ` and at most ${most}`;
  throw new ConfigurationError('invalid_configuration', `${name} must be more than 0 seconds${limit}`);
}

class Run implements BoardRun {
  readonly #options: RunOptions;
  readonly #workers: readonly Startable[];
  readonly #watch: BoardWatch;
  readonly #deliveries: Deliveries;
  readonly #roles: Roles;
  readonly #onError: ResolvedSurroundings['onError'];
  #ticker: NodeJS.Timeout | null = null;
  #redeliverer: NodeJS.Timeout | null = null;
  #tick: Promise<void> | null = null;
  #closing: Promise<void> | null = null;

  constructor(board: WatchedBoard & DeliveringBoard, options: RunOptions) {
    const { workers = [] } = options;
    this.#options = options;
    this.#workers = 'start' in workers ? [workers] : workers;
    const surroundings = surroundingsOf(options);
    this.#onError = surroundings.onError;
    const assignees = this.#workers.flatMap(each => each.assignees ?? []);
    this.#deliveries = new Deliveries(board, assignees, surroundings);
    const leaseSeconds = seconds(options.leaseSeconds ?? 10, 'leaseSeconds', MAX_LEASE_SECONDS);
    this.#roles = new Roles({ board, players: this.#players(), leaseSeconds, onError: this.#onError });
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
    // Before anything is started: a Chief that may not be here must not leave a trace.
    await this.#roles.take();
    try {
      await Promise.all(this.#workers.map(worker => worker.start()));
      chief?.start();
      // Before the seed: what is committed while the first cycle runs is no longer in what it read.
      if (chief !== undefined || this.#deliveries.isNeeded) await this.#watch.start(pollSeconds);
      await this.#deliveries.start();
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#roles.begin();
    if (chief !== undefined) {
      this.#redeliverer = setInterval(() => this.#wakeSoon(chief.redeliver()), redeliverMs).unref();
    }
    if (ombudsman !== undefined) this.#ticker = setInterval(() => this.#startTick(ombudsman), tickMs);
  }

  #players(): readonly RolePlayer[] {
    const { chief, ombudsman } = this.#options;
    const players: RolePlayer[] = [];
    if (chief !== undefined) {
      players.push({
        claim: chief.claim,
        lead: lease => this.#wakeSoon(chief.lead(lease)),
        standBy: () => chief.standBy(),
      });
    }
    if (ombudsman !== undefined) players.push(ombudsman);
    return players;
  }

  get roles(): readonly string[] {
    return this.#roles.held;
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
    await this.#deliveries.close();
    const closed = await Promise.allSettled(this.#workers.map(worker => worker.close(deadlineSeconds)));
    for (const { reason } of closed.filter(each => each.status === 'rejected')) {
      this.#onError('A worker could not be closed', reason);
    }
    await this.#watch.close();
    if (chief !== undefined) {
      await chief.whenAsleep();
      await chief.wake('seed').catch(error => this.#onError('The last cycle of the Chief failed', error));
      await chief.close();
    }
    await this.#roles.close();
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

  /** A commit wakes the Chief where it is news for it: no heartbeat, not its own doing, not a tick's that will wake it itself. */
  #committed(events: readonly Event[]): void {
    const { chief, ombudsman } = this.#options;
    this.#deliveries.heard(events);
    if (chief === undefined) return;
    const isAwaited = (event: Event): boolean => ombudsman?.wakesFor(event) ?? false;
    const isNews = (event: Event): boolean => wakesChief(event.event_type) && !chief.isOwn(event) && !isAwaited(event);
    const event = events.findLast(each => isNews(each) && chief.concerns(each));
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
export async function runBoard(board: WatchedBoard & DeliveringBoard, options: RunOptions): Promise<BoardRun> {
  const run = new Run(board, options);
  await run.start();
  return run;
}
