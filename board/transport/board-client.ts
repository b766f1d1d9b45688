import { BoardMethods } from '../board-methods.ts';
import { systemClock } from '../clock.ts';
import { ConfigurationError, errorOf } from '../core/errors.ts';
import type { CallOptions, Intent, ParamsOf, ResultOf } from '../core/intents.ts';
import type { Micros } from '../core/time.ts';
import { type RequestContext, type RequestEnvelope, requestOf } from './envelope.ts';
import type { Network } from './network.ts';
import { paramsToWire, resultFromWire } from './wire.ts';

/** The address a board answers at unless another is given. */
export const BOARD_URL = 'a2a://board';

/** How to reach a board. */
export interface BoardClientOptions {
  readonly network: Network;
  /** Default {@link BOARD_URL}. */
  readonly url?: string;
  /** Stamps the envelopes. Default: the system's clock. */
  readonly clock?: () => Micros;
}

function contextOf({ actor, cycleId, tickId, lease }: CallOptions): RequestContext | undefined {
  if (actor == null && cycleId == null && tickId == null && lease == null) return undefined;
  return {
    ...(actor != null && { actor }),
    ...(cycleId != null && { cycle_id: cycleId }),
    ...(tickId != null && { tick_id: tickId }),
    ...(lease != null && { lease: { role: lease.role, term: lease.term } }),
  };
}

/** Wraps a typed call in its envelope. */
export function envelopeOf<I extends Intent>(
  intent: I,
  params: ParamsOf<I>,
  options: CallOptions,
  at: Micros,
): RequestEnvelope {
  const context = contextOf(options);
  const { idempotencyKey = null } = options;
  return requestOf(intent, paramsToWire(intent, params), { idempotencyKey, at, ...(context && { context }) });
}

/**
 * A board elsewhere, with the methods of a board here. What the board refuses is thrown as the same error class with the
 * same code.
 */
export class BoardClient extends BoardMethods {
  readonly #network: Network;
  readonly #url: string;
  readonly #clock: () => Micros;

  constructor({ network, url = BOARD_URL, clock = systemClock() }: BoardClientOptions) {
    super();
    if (!network) {
      throw new ConfigurationError(
        'invalid_configuration',
        'A board client needs a network: new BoardClient({ network })',
      );
    }
    this.#network = network;
    this.#url = url;
    this.#clock = clock;
  }

  override async call<I extends Intent>(
    intent: I,
    params: ParamsOf<I>,
    options: CallOptions = {},
  ): Promise<ResultOf<I>> {
    const response = await this.#network.request(this.#url, envelopeOf(intent, params, options, this.#clock()));
    if (response.ok) return resultFromWire<I>(response.result);
    throw errorOf(response.error_code ?? 'remote_error', response.error ?? 'The board refused without saying why');
  }
}
