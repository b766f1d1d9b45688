import { isWriteIntent } from '../core/decide/decide.ts';
import { errorOf, QuadroError } from '../core/errors.ts';
import type { CallOptions, Intent, IntentPort, LeaseToken, ParamsOf, ResultOf } from '../core/intents.ts';

/** A lease that somebody in this process holds, and may lose. */
export interface HeldLease {
  readonly token: LeaseToken;
  /** Whether another process had the role before; false too where it was lost for a while and nobody took it. */
  readonly isTakeOver: boolean;
  /** Whether it still stands by this process's clock; where not, another process may have taken the role over. */
  isHeld(): boolean;
  /** Told where the board says that somebody else has the role. */
  lost(error: QuadroError): void;
}

/** Whether an error says that the role a write was made under is somebody else's by now. */
export function isLeaseLost(error: unknown): error is QuadroError {
  return error instanceof QuadroError && error.code === 'lease_lost';
}

/** A board as the holder of a role uses it: what it writes goes under its lease, and nothing does once that is lost. */
export class LeasedPort implements IntentPort {
  readonly #port: IntentPort;
  readonly #lease: HeldLease;

  constructor(port: IntentPort, lease: HeldLease) {
    this.#port = port;
    this.#lease = lease;
  }

  async call<I extends Intent>(intent: I, params: ParamsOf<I>, options: CallOptions = {}): Promise<ResultOf<I>> {
    if (!isWriteIntent(intent)) return this.#port.call(intent, params, options);
    const { token } = this.#lease;
    if (!this.#lease.isHeld()) {
      throw errorOf('lease_lost', `The role ${token.role} could not be renewed in time: another process may have it`);
    }
    try {
      return await this.#port.call(intent, params, { ...options, lease: token });
    } catch (error) {
      if (isLeaseLost(error)) this.#lease.lost(error);
      throw error;
    }
  }
}
