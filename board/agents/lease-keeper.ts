import { setTimeout as sleep } from 'node:timers/promises';
import { isRival, isSighted } from '../core/decide/leases.ts';
import { errorOf, QuadroError } from '../core/errors.ts';
import type { LeaseSighting, ParamsOf, ResultOf } from '../core/intents.ts';
import type { Lease } from '../core/records.ts';
import type { HeldLease } from './leased-port.ts';
import { retried } from './retry.ts';
import type { ResolvedSurroundings } from './surroundings.ts';

/** A role that one process at a time has, and what it has to itself among those of its kind. */
export type LeaseClaim = Pick<Lease, 'role' | 'kind' | 'claims'>;

/** What a keeper asks of whoever keeps the leases. */
export type LeaseIntent = 'board.list_leases' | 'board.acquire_lease' | 'board.release_lease';

/** Where leases are kept: a board, or a register beside one. */
export interface LeasePort {
  call<I extends LeaseIntent>(intent: I, params: ParamsOf<I>): Promise<ResultOf<I>>;
}

/** Who has a role that this process would have. */
export interface Elsewhere {
  readonly holder: string;
  /** Whether the lease was seen to be taken or renewed; not yet so where it has been seen but once. */
  readonly isAlive: boolean;
}

/** How to keep a lease. */
export interface LeaseKeeperOptions {
  readonly board: LeasePort;
  readonly claim: LeaseClaim;
  /** Names this process; must differ from every other's. */
  readonly holder: string;
  /** How long this process may be silent before another takes its role. */
  readonly leaseSeconds: number;
  /** Called as soon as the role is this process's. */
  readonly onHeld: (lease: HeldLease) => void;
  /** Called once a lease that was held is not held any more; it may be held again later. */
  readonly onLost: (error: QuadroError) => void;
  readonly onError: ResolvedSurroundings['onError'];
}

/** A lease as it was first seen to be what it is. */
interface Watched {
  readonly lease: Lease;
  /** By this process's clock. */
  readonly since: number;
  /** Whether it was seen to be something else before. */
  readonly hasMoved: boolean;
}

/** A lease while it is held. */
interface Held extends HeldLease {
  /** Before this moment of our clock nobody can have watched it stand still for the lease's time. */
  validUntil: number;
}

/** How often a lease is renewed in its time, and looked at by those who would take it over. */
const TURNS_A_LEASE = 3;

/** How often a renewal that fails is tried in a lease's time. */
const RETRIES_A_LEASE = 12;

function sightingOf({ role, holder, term, renewals }: Lease): readonly LeaseSighting[] {
  return holder === null ? [] : [{ role, holder, term, renewals }];
}

function isConflict(error: unknown): error is QuadroError {
  return error instanceof QuadroError && error.code === 'lease_conflict';
}

/**
 * Takes a role, renews it, and takes it over when its holder falls silent. No two machines' clocks are compared: each watches
 * by its own whether a lease's count of renewals stands still, and a holder gives up before anybody can have watched it for the
 * lease's time.
 *
 * @example
 * const keeper = new LeaseKeeper({ board, claim: chief.claim, holder, leaseSeconds: 10, onHeld, onLost, onError });
 * await keeper.start(); // onHeld has been called where the role was free
 */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #leaseMs: number;
  readonly #watched = new Map<string, Watched>();
  readonly #closing = new AbortController();
  #held: Held | null = null;
  /** What the board said last that we have, to be given up in the end even where it was lost by our clock. */
  #taken: Lease | null = null;
  /** The term of the lease that was held last. */
  #lastTerm: number | null = null;
  #hasBeenElsewhere = false;
  #isFailing = false;
  #timer: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseSeconds * 1000;
  }

  /** The lease, while it is held. */
  get held(): HeldLease | null {
    return this.#held?.isHeld() ? this.#held : null;
  }

  /** Who has the role instead of this process, as far as was seen; null where nobody has. */
  get elsewhere(): Elsewhere | null {
    const own = this.#watched.get(this.role);
    const holder = own?.lease.holder ?? null;
    if (own === undefined || holder === null || holder === this.#options.holder) return null;
    return { holder, isAlive: own.hasMoved };
  }

  /** The role it keeps. */
  get role(): string {
    return this.#options.claim.role;
  }

  /**
   * Tries at once, then goes on trying. Resolves when the role is held, or somebody else's.
   *
   * @throws ConflictError (`lease_conflict`) where another role claims some of the same, and its holder is alive.
   */
  async start(): Promise<void> {
    const trying = this.#tryFirst();
    this.#turn = trying.catch(() => undefined);
    await trying;
    this.#schedule();
  }

  /** Gives the role up, so that whoever stands by has it at once. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await this.#turn;
    clearTimeout(this.#expiry);
    this.#held = null;
    const taken = this.#taken;
    this.#taken = null;
    if (taken === null) return;
    const { board, holder, onError } = this.#options;
    try {
      await board.call('board.release_lease', { role: taken.role, holder, term: taken.term });
    } catch (error) {
      onError(`${this.role} could not be given up; whoever stands by has to wait`, error);
    }
  }

  /** Where another role stands in the way, watches for as long as it takes to know whether its holder is alive. */
  async #tryFirst(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const conflict = await retried(() => this.#attempt());
      if (conflict === null) return;
      if (this.#rivals().some(({ hasMoved }) => hasMoved)) throw conflict;
      await sleep(this.#leaseMs / TURNS_A_LEASE, undefined, { signal }).catch(() => undefined);
    }
  }

  #schedule(): void {
    if (this.#closing.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#turn = this.#next().then(() => this.#schedule());
    }, this.#delay());
  }

  #delay(): number {
    if (this.#held !== null) return this.#leaseMs / (this.#isFailing ? RETRIES_A_LEASE : TURNS_A_LEASE);
    const watched = this.#watched.get(this.role);
    const stillIn = watched === undefined ? 0 : watched.since + watched.lease.duration_ms - performance.now();
    return Math.min(this.#leaseMs / TURNS_A_LEASE, stillIn > 0 ? stillIn + 1 : Number.POSITIVE_INFINITY);
  }

  /** One renewal, or one look at whether the role can be taken. */
  async #next(): Promise<void> {
    const isRenewal = this.#held !== null;
    try {
      const conflict = isRenewal ? await this.#acquire([]) : await this.#attempt();
      if (conflict !== null) throw conflict;
      this.#isFailing = false;
    } catch (error) {
      if (isConflict(error)) this.#lose(error);
      // What stays so is not said again and again.
      if (!this.#isFailing)
        this.#options.onError(`${this.role} could not be ${isRenewal ? 'renewed' : 'taken'}`, error);
      this.#isFailing = true;
    }
  }

  /** Takes the role where it is free or its holder dead; answers who stands in the way, if anybody does. */
  async #attempt(): Promise<QuadroError | null> {
    const { board, holder } = this.#options;
    const { leases } = await board.call('board.list_leases', {});
    this.#watch(leases);
    const own = this.#watched.get(this.role);
    const isElsewhere = own !== undefined && own.lease.holder !== null && own.lease.holder !== holder;
    this.#hasBeenElsewhere ||= isElsewhere;
    if (isElsewhere && !this.#isStill(own)) return null;
    const inTheWay = [...(isElsewhere ? [own] : []), ...this.#rivals()];
    const dead = inTheWay.filter(each => this.#isStill(each)).flatMap(({ lease }) => sightingOf(lease));
    return this.#acquire(dead);
  }

  async #acquire(dead: readonly LeaseSighting[]): Promise<QuadroError | null> {
    const { board, claim, holder } = this.#options;
    const sentAt = performance.now();
    try {
      const { lease, held } = await board.call('board.acquire_lease', {
        ...claim,
        holder,
        dead,
        duration_ms: Math.ceil(this.#leaseMs),
      });
      this.#watch([lease]);
      if (held) this.#gain(lease, sentAt);
      else this.#lose(errorOf('lease_lost', `${this.role} is held by ${lease.holder} now`));
      return null;
    } catch (error) {
      if (isConflict(error)) return error;
      throw error;
    }
  }

  #gain(lease: Lease, sentAt: number): void {
    this.#taken = lease;
    const validUntil = sentAt + this.#leaseMs;
    // An answer that comes so late says nothing of who has the role now.
    if (this.#closing.signal.aborted || performance.now() >= validUntil) return;
    if (this.#held?.token.term !== lease.term) {
      this.#lose(errorOf('lease_lost', `${this.role} was taken over, and has come back`));
    }
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(() => this.#expire(), validUntil - performance.now());
    if (this.#held !== null) {
      this.#held.validUntil = validUntil;
      return;
    }
    const held: Held = {
      token: { role: lease.role, term: lease.term },
      isTakeOver: this.#hasBeenElsewhere && lease.term !== this.#lastTerm,
      validUntil,
      isHeld: () => this.#held === held && performance.now() < held.validUntil,
      lost: error => {
        if (this.#held === held) this.#lose(error);
      },
    };
    this.#held = held;
    this.#lastTerm = lease.term;
    this.#options.onHeld(held);
  }

  #expire(): void {
    const { leaseSeconds } = this.#options;
    this.#lose(errorOf('lease_lost', `${this.role} could not be renewed within ${leaseSeconds} s`));
  }

  #lose(error: QuadroError): void {
    if (this.#held === null) return;
    clearTimeout(this.#expiry);
    this.#held = null;
    // Under a new term it will have been somebody's.
    this.#hasBeenElsewhere = true;
    this.#options.onLost(error);
  }

  #watch(leases: readonly Lease[]): void {
    const since = performance.now();
    for (const lease of leases) {
      const known = this.#watched.get(lease.role);
      if (known !== undefined && isUnchanged(known.lease, lease)) continue;
      this.#watched.set(lease.role, { lease, since, hasMoved: known !== undefined });
    }
  }

  #rivals(): readonly Watched[] {
    return [...this.#watched.values()].filter(({ lease }) => isRival(lease, this.#options.claim));
  }

  /** Its holder has been silent for as long as it said it might be. */
  #isStill({ since, lease }: Watched): boolean {
    return performance.now() - since >= lease.duration_ms;
  }
}

function isUnchanged(before: Lease, now: Lease): boolean {
  return now.holder === null ? before.holder === null : isSighted(before, { ...now, holder: now.holder });
}
