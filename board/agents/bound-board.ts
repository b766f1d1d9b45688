import { BoardMethods } from '../board-methods.ts';
import type { CallOptions, Intent, IntentPort, ParamsOf, ResultOf } from '../core/intents.ts';

/** A board as one caller uses it: what it asks carries its name, and the cycle it asks in. */
export class BoundBoard extends BoardMethods {
  readonly #port: IntentPort;
  readonly #defaults: CallOptions;

  /** `defaults` go with every call; what a call itself says wins. */
  constructor(port: IntentPort, defaults: CallOptions) {
    super();
    this.#port = port;
    this.#defaults = defaults;
  }

  override call<I extends Intent>(intent: I, params: ParamsOf<I>, options: CallOptions = {}): Promise<ResultOf<I>> {
    return this.#port.call(intent, params, { ...this.#defaults, ...options });
  }
}
