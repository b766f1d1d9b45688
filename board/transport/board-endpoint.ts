import { ValidationError } from '../core/errors.ts';
import type { CallOptions, Intent, IntentPort, ParamsOf } from '../core/intents.ts';
import { answer, type RequestEnvelope } from './envelope.ts';
import type { EndpointHandler } from './network.ts';
import { paramsFromWire, resultToWire } from './wire.ts';

/** Intents of the envelope that no board answers: they are for the Chief and for workers. */
const NOT_FOR_BOARDS: ReadonlySet<Intent> = new Set<Intent>(['chief.wake', 'worker.execute_task']);

/** What an envelope says besides its payload, as a typed call takes it. */
function callOptionsOf({ idempotency_key, context = {} }: RequestEnvelope): CallOptions {
  return {
    idempotencyKey: idempotency_key ?? null,
    actor: context.actor ?? null,
    cycleId: context.cycle_id ?? null,
    tickId: context.tick_id ?? null,
    lease: context.lease ?? null,
  };
}

/** What an envelope asks of a board: a typed call. */
export interface BoardCall<I extends Intent = Intent> {
  readonly intent: I;
  readonly params: ParamsOf<I>;
  readonly options: CallOptions;
}

/**
 * Reads an envelope as the call it asks for; the payload's values are still unchecked.
 *
 * @throws ValidationError (`unsupported_intent`, `invalid_payload`)
 */
export function boardCallOf(envelope: RequestEnvelope): BoardCall {
  const { intent, payload } = envelope;
  if (NOT_FOR_BOARDS.has(intent)) {
    throw new ValidationError('unsupported_intent', `Unsupported board intent: ${intent}`);
  }
  return { intent, params: paramsFromWire(intent, payload), options: callOptionsOf(envelope) };
}

/**
 * Answers envelopes for a board. It never throws: a refusal is an answer with `ok` false, its sentence and its code.
 *
 * @example network.registerEndpoint('a2a://board', boardEndpoint(board));
 */
export function boardEndpoint(board: IntentPort): EndpointHandler {
  return request =>
    answer(request, async envelope => {
      const { intent, params, options } = boardCallOf(envelope);
      return resultToWire(await board.call(intent, params, options));
    });
}
