import { type Elsewhere, LeaseKeeper } from '../../board/agents/lease-keeper.ts';
import { type HeldLease, isLeaseLost } from '../../board/agents/leased-port.ts';
import { newHolder } from '../../board/agents/roles.ts';
import { ConfigurationError, errorOf, type QuadroError, quadroErrorOf } from '../../board/core/errors.ts';
import type { LeaseRegister } from '../feed/index.ts';
import { leasePort } from '../feed/lease-port.ts';
import { pause } from '../feed/pause.ts';
import type { ExportOptions, ExportProgress } from './export-options.ts';

/** What the right to send to a destination needs. */
export interface SendingRightOptions extends Pick<ExportOptions, 'leaseSeconds' | 'follow' | 'signal' | 'drain'> {
  readonly register: LeaseRegister;
  readonly destination: string;
  /** Told now and then while another exporter has the right. */
  readonly onStandBy: (waiting: NonNullable<ExportProgress['waiting']>) => Promise<void>;
}

/** The right while it is held. */
export interface Hold {
  readonly lease: HeldLease;
  /** Aborts once it is lost, with the error that says how. */
  readonly lost: AbortSignal;
}

const MAX_LEASE_SECONDS = 86_400;

/** How often whoever waits looks, and tells, in a lease's time. */
const LOOKS_A_LEASE = 3;

/** How long giving up the right may hold up an end, in milliseconds; who stands by then waits for the lease's time. */
const RELEASE_WITHIN_MS = 1_000;

/** The right to send to a destination, which one exporter at a time has. */
export class SendingRight {
  readonly #options: SendingRightOptions;
  readonly #lookMs: number;
  readonly #keeper: LeaseKeeper;
  #hold: Hold | null = null;
  #hasHeld = false;
  #trouble: unknown = null;
  #wake: () => void = () => undefined;
  #abort: (error: QuadroError) => void = () => undefined;

  /** @throws ConfigurationError (`invalid_configuration`) for `leaseSeconds` that cannot be. */
  constructor(options: SendingRightOptions) {
    const { register, destination, leaseSeconds = 10 } = options;
    if (!(leaseSeconds > 0 && leaseSeconds <= MAX_LEASE_SECONDS)) {
      throw new ConfigurationError(
        'invalid_configuration',
        `leaseSeconds must be more than 0 seconds and at most ${MAX_LEASE_SECONDS}`,
      );
    }
    this.#options = options;
    this.#lookMs = (leaseSeconds * 1000) / LOOKS_A_LEASE;
    const role = `spans:${destination}`;
    this.#keeper = new LeaseKeeper({
      board: leasePort(register, role),
      claim: { role, kind: 'exporter', claims: null },
      holder: newHolder(),
      leaseSeconds,
      onHeld: lease => this.#gain(lease),
      onLost: error => this.#lose(error),
      onError: (_, error) => {
        this.#trouble = error;
      },
    });
  }

  /** Asks for the right a first time. Where the register cannot be asked, it throws what a cursor store would. */
  async claim(): Promise<void> {
    const asked = new AbortController();
    const asking = this.#keeper.start().finally(() => asked.abort());
    asking.catch(() => undefined);
    await pause(Number.POSITIVE_INFINITY, asked.signal, this.#options.signal);
    if (asked.signal.aborted) await asking;
  }

  /**
   * Resolves once the right is held, or with null where the export is to end before.
   *
   * @throws ConflictError, for an export that does not follow, once another one is known to be alive: `lease_conflict`, or
   * `lease_lost` where that one took over.
   */
  async wait(): Promise<Hold | null> {
    const { signal, drain, follow, onStandBy } = this.#options;
    for (;;) {
      if (signal?.aborted) return null;
      if (this.#hold?.lease.isHeld()) return this.#hold;
      const { elsewhere } = this.#keeper;
      // Only to another that lives is the rest of the log left: one that died, or this one's own lapse, is waited out.
      if (drain?.aborted && elsewhere?.isAlive) return null;
      if (!follow || drain?.aborted) this.#checkHope(elsewhere);
      await onStandBy({ reason: this.#reason(elsewhere), retryInMs: this.#lookMs });
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      if (!this.#hold?.lease.isHeld())
        await pause(this.#lookMs, woken.signal, signal, drain?.aborted ? undefined : drain);
    }
  }

  /** Gives the right up, or leaves it to its time where that takes long. */
  async close(): Promise<void> {
    const closed = new AbortController();
    void this.#keeper
      .close()
      .catch(() => undefined)
      .finally(() => closed.abort());
    await pause(RELEASE_WITHIN_MS, closed.signal);
  }

  /** Whoever is to end with the log waits for as long as the other may be dead, and the register answers. */
  #checkHope(elsewhere: Elsewhere | null): void {
    const { destination } = this.#options;
    if (elsewhere?.isAlive) throw (this.#hasHeld ? takenOver : conflict)(destination, elsewhere.holder);
    if (this.#trouble !== null && !isLeaseLost(this.#trouble)) throw quadroErrorOf(this.#trouble);
  }

  #reason(elsewhere: Elsewhere | null): string {
    if (elsewhere !== null) return `another exporter (${elsewhere.holder}) sends to this destination`;
    const why = this.#trouble === null ? '' : `: ${quadroErrorOf(this.#trouble).message}`;
    return `the lease of this destination is not held${why}`;
  }

  #gain(lease: HeldLease): void {
    const lost = new AbortController();
    this.#hold = { lease, lost: lost.signal };
    this.#hasHeld = true;
    this.#abort = error => lost.abort(error);
    this.#trouble = null;
    this.#wake();
  }

  #lose(error: QuadroError): void {
    this.#hold = null;
    this.#trouble ??= error;
    this.#abort(error);
  }
}

function takenOver(destination: string, holder: string): QuadroError {
  return errorOf(
    'lease_lost',
    `Another exporter (${holder}) has taken over, and sends the spans of this board to ${destination} from the place that was saved.`,
    { details: { destination, holder } },
  );
}

function conflict(destination: string, holder: string): QuadroError {
  return errorOf(
    'lease_conflict',
    `Another exporter (${holder}) sends the spans of this board to ${destination}, and goes on. Stop it first; or give this one a ` +
      'name of its own (destination, --destination NAME) where it sends to another place; or send a part of the log beside it ' +
      '(until or taskIds, --until or --task).',
    { details: { destination, holder } },
  );
}
