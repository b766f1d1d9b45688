import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { IntentPort } from '../core/intents.ts';
import { type LeaseClaim, LeaseKeeper } from './lease-keeper.ts';
import type { HeldLease } from './leased-port.ts';
import type { ResolvedSurroundings } from './surroundings.ts';

/** Who works only while this process has its role: a Chief, an Ombudsman. */
export interface RolePlayer {
  readonly claim: LeaseClaim;
  lead(lease: HeldLease): void;
  standBy(): void;
}

/** What the roles of a run need. */
export interface RolesOptions {
  readonly board: IntentPort;
  readonly players: readonly RolePlayer[];
  readonly leaseSeconds: number;
  readonly onError: ResolvedSurroundings['onError'];
}

/** Characters of the host's name that go into a holder's. */
const MAX_HOST_LENGTH = 50;

/** A name that no other run has, and that tells people where to look. */
export function newHolder(): string {
  return `${hostname().slice(0, MAX_HOST_LENGTH)}:${process.pid}:${randomBytes(4).toString('hex')}`;
}

/** The roles of a run: each is played while its lease is held, and stands by while another process has it. */
export class Roles {
  readonly #keepers: readonly LeaseKeeper[];
  readonly #players: readonly RolePlayer[];
  readonly #onError: ResolvedSurroundings['onError'];
  #hasBegun = false;

  constructor({ board, players, leaseSeconds, onError }: RolesOptions) {
    const holder = newHolder();
    this.#players = players;
    this.#onError = onError;
    this.#keepers = players.map(
      player =>
        new LeaseKeeper({
          board,
          claim: player.claim,
          holder,
          leaseSeconds,
          onHeld: lease => {
            if (this.#hasBegun) player.lead(lease);
          },
          onLost: error => this.#stepDown(player, error),
          onError,
        }),
    );
  }

  /** The roles this process has now. */
  get held(): readonly string[] {
    return this.#keepers.filter(keeper => keeper.held !== null).map(keeper => keeper.role);
  }

  /**
   * Takes the roles that are free; whoever has not got its role stands by.
   *
   * @throws ConflictError (`lease_conflict`) where another process's role claims some of the same; none is kept then.
   */
  async take(): Promise<void> {
    for (const player of this.#players) player.standBy();
    try {
      for (const keeper of this.#keepers) await keeper.start();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Whoever has its role begins, now or when it takes it over. */
  begin(): void {
    this.#hasBegun = true;
    for (const [index, player] of this.#players.entries()) {
      const lease = this.#keepers[index]?.held;
      if (lease) player.lead(lease);
    }
  }

  /** Gives every role up. */
  async close(): Promise<void> {
    await Promise.all(this.#keepers.map(keeper => keeper.close()));
    for (const player of this.#players) player.standBy();
  }

  #stepDown(player: RolePlayer, error: unknown): void {
    player.standBy();
    this.#onError(`${player.claim.role} was lost; this process stands by`, error);
  }
}
