import type { CircuitBreakerPolicy } from 'cockatiel';
import { errorOf } from '../../core/errors.ts';
import { importPeer } from '../../missing-package.ts';
import { DeliveryError } from './delivery-error.ts';

/** `open`: the address is left alone; `half_open`: one request tries whether it answers again. */
export type CircuitState = 'closed' | 'open' | 'half_open';

/** How one address has been answering. */
export interface CircuitStats {
  /** Without credentials and query. */
  readonly url: string;
  readonly state: CircuitState;
  /** Requests in a row that were not answered. */
  readonly failures: number;
  /** Requests that were not sent, for the circuit was open. */
  readonly refused: number;
  /** What the last failure said; null where none was. */
  readonly last_error: string | null;
}

/** When a circuit opens, and for how long. */
export interface CircuitOptions {
  /** Failures in a row that open it. Default 5. */
  readonly circuitFailures?: number;
  /** How long it stays open before a probe, in milliseconds. Default 60,000. */
  readonly circuitPauseMs?: number;
}

interface Circuit {
  readonly url: string;
  readonly policy: CircuitBreakerPolicy;
  failures: number;
  refused: number;
  lastError: string | null;
}

/** A circuit breaker for each address: who does not answer time after time is left alone for a while. */
export class Circuits {
  readonly #failures: number;
  readonly #pauseMs: number;
  readonly #circuits = new Map<string, Circuit>();
  #cockatiel: Promise<typeof import('cockatiel')> | null = null;
  #states: Readonly<Record<number, CircuitState>> = {};

  constructor({ circuitFailures, circuitPauseMs }: Required<CircuitOptions>) {
    this.#failures = circuitFailures;
    this.#pauseMs = circuitPauseMs;
  }

  /**
   * Runs a request to an address, or refuses to.
   *
   * @throws QuadroError (`agent_unavailable`) without a request, while the circuit is open.
   */
  async run<Result>(url: string, request: () => Promise<Result>): Promise<Result> {
    this.#cockatiel ??= importPeer('cockatiel', () => import('cockatiel'));
    const cockatiel = await this.#cockatiel;
    const circuit = this.#circuits.get(url) ?? this.#add(url, cockatiel);
    try {
      const result = await circuit.policy.execute(request);
      circuit.failures = 0;
      return result;
    } catch (error) {
      if (error instanceof cockatiel.BrokenCircuitError) throw this.#refuse(circuit);
      if (error instanceof DeliveryError) {
        circuit.failures++;
        circuit.lastError = error.message;
      }
      throw error;
    }
  }

  /** Every address that was ever asked, by address. */
  stats(): readonly CircuitStats[] {
    return [...this.#circuits.values()]
      .map(({ url, policy, failures, refused, lastError }) => {
        const state = this.#states[policy.state] ?? 'open';
        return { url, state, failures, refused, last_error: lastError };
      })
      .sort((a, b) => (a.url < b.url ? -1 : 1));
  }

  #add(url: string, cockatiel: typeof import('cockatiel')): Circuit {
    const { circuitBreaker, CircuitState: States, ConsecutiveBreaker, handleWhen } = cockatiel;
    this.#states = { [States.Closed]: 'closed', [States.Open]: 'open', [States.HalfOpen]: 'half_open' };
    const policy = circuitBreaker(
      handleWhen(error => error instanceof DeliveryError),
      { breaker: new ConsecutiveBreaker(this.#failures), halfOpenAfter: this.#pauseMs },
    );
    const circuit = { url, policy, failures: 0, refused: 0, lastError: null };
    this.#circuits.set(url, circuit);
    return circuit;
  }

  #refuse(circuit: Circuit): Error {
    circuit.refused++;
    const { url, failures, lastError } = circuit;
    const seconds = this.#pauseMs / 1000;
    return errorOf(
      'agent_unavailable',
      `${url} has not answered ${failures} times in a row and is left alone for ${seconds} s; the last time: ${lastError}`,
      { details: { url, failures } },
    );
  }
}
