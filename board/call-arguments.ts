import { fingerprint } from './core/canonical-json.ts';
import { type Command, IDEMPOTENT_INTENTS, type WriteIntent } from './core/decide/command.ts';
import { errorOf } from './core/errors.ts';
import type { CallOptions, ParamsOf } from './core/intents.ts';
import type { JsonObject } from './core/json.ts';
import { isIdSized, MAX_ID_BYTES } from './core/payload.ts';

/** A command waits in a queue: what its caller does to the payload meanwhile must not reach the board unchecked. */
function ownCopy<Params extends object>(params: Params): Params {
  const fields = Object.entries(params).filter(([, value]) => value !== undefined);
  const copies = fields.map(([name, value]) => [name, typeof value === 'object' ? structuredClone(value) : value]);
  return Object.fromEntries(copies) as Params;
}

/**
 * Checks what accompanies a call.
 *
 * @throws ValidationError (`invalid_payload`, `invalid_text`)
 */
export function checkCallOptions({ lease, ...names }: CallOptions): void {
  const isTermed = lease == null || (Number.isSafeInteger(lease.term) && lease.term >= 1);
  if (!isTermed) throw errorOf('invalid_payload', 'lease.term must be a whole number from 1');
  for (const [name, value] of Object.entries({ ...names, ...(lease && { 'lease.role': lease.role ?? '' }) })) {
    if (value === null || value === undefined) continue;
    if (typeof value !== 'string' || value === '' || !isIdSized(value)) {
      throw errorOf('invalid_payload', `${name} must be a text of 1 to ${MAX_ID_BYTES} bytes`);
    }
    if (value.includes('\0') || !value.isWellFormed()) throw errorOf('invalid_text', `${name} is no valid text`);
  }
}

/** A checked call of a writing intent as a command of its own. */
export function commandOf<I extends WriteIntent>(intent: I, given: ParamsOf<I>, options: CallOptions): Command<I> {
  const params = ownCopy(given);
  const key = IDEMPOTENT_INTENTS.has(intent) ? (options.idempotencyKey ?? null) : null;
  return {
    intent,
    params,
    idempotencyKey: key,
    fingerprint: key === null ? null : fingerprint(intent, params as unknown as JsonObject),
    actor: options.actor ?? null,
    cycleId: options.cycleId ?? null,
    tickId: options.tickId ?? null,
    lease: options.lease ? { role: options.lease.role, term: options.lease.term } : null,
  };
}
