import { randomUUID } from 'node:crypto';
import { type ErrorCode, errorOf, type QuadroError } from '../../core/errors.ts';
import { isJsonObject, type RequestEnvelope, type ResponseEnvelope } from '../envelope.ts';
import { DeliveryError, strangeError } from './delivery-error.ts';
import { type HttpAnswer, shownUrl } from './exchange.ts';
import type { Handling } from './handling.ts';
import { isBusy, send } from './http-client.ts';

/** What every envelope of a sender shares. */
export interface Carriage {
  readonly token: string | null;
  readonly maxAnswerBytes: number;
  readonly signal: AbortSignal;
}

/** Answers of a board that ask for the same request again: it is going, or it does not know and its key does. */
const GOING: ReadonlySet<string> = new Set<ErrorCode>(['closed']);
const UNKNOWN: ReadonlySet<string> = new Set<ErrorCode>(['storage_uncertain']);

function codeOf({ body }: HttpAnswer): string {
  return typeof body.error_code === 'string' ? body.error_code : '';
}

/** The text of an error's answer, whatever else it may be. */
export function errorTextOf({ status, body }: HttpAnswer): string {
  return typeof body.error === 'string' ? body.error : `The other side answered ${status} without saying why`;
}

function envelopeIn(url: URL, requestId: string, answer: HttpAnswer): ResponseEnvelope {
  const { status, body } = answer;
  const { ok, result, error_code, request_id } = body;
  if (status < 200 || status > 299) {
    const error_code = codeOf(answer) as ErrorCode;
    return { request_id: requestId, ok: false, result: {}, error: errorTextOf(answer), error_code };
  }
  // An answer to another request must not pass for this one's.
  const isOurs = request_id === requestId && typeof ok === 'boolean' && (!ok || isJsonObject(result));
  if (!isOurs) throw strangeError(shownUrl(url), 'answered with what is no answer to this request', false);
  const code = typeof error_code === 'string' ? { error_code: error_code as ErrorCode } : {};
  const error = ok ? null : errorTextOf(answer);
  return { request_id: requestId, ok, result: isJsonObject(result) ? result : {}, error, ...code };
}

/** A write of which nobody knows whether it was carried out says so, and what can be done. */
function uncertain(error: DeliveryError, { intent, idempotency_key }: RequestEnvelope): QuadroError {
  const advice =
    idempotency_key == null
      ? 'look at the board before you send it again'
      : 'send it again with its idempotency key, and it happens once';
  return errorOf('storage_uncertain', `${error.message}. Whether ${intent} was carried out is not known: ${advice}`, {
    cause: error,
    details: { ...error.details, intent, idempotency_key: idempotency_key ?? null },
  });
}

/** The envelope with an idempotency key, where its intent takes one; its own wins. */
export function keyed(envelope: RequestEnvelope, { repeat }: Pick<Handling, 'repeat'>): RequestEnvelope {
  if (repeat !== 'keyed' || envelope.idempotency_key != null) return envelope;
  return { ...envelope, idempotency_key: `http:${randomUUID()}` };
}

/**
 * Posts an envelope to an address and reads the answer to it; sends it again where nothing can come of that but the same.
 *
 * @throws DeliveryError where it was not delivered, or not answered; QuadroError (`storage_uncertain`) for a write of which
 * nobody knows whether a board carried it out.
 */
export async function carry(
  url: URL,
  envelope: RequestEnvelope,
  handling: Handling,
  carriage: Carriage,
): Promise<ResponseEnvelope> {
  const { repeat, isForAgent, timeoutMs, patienceMs } = handling;
  const isRepeatable = repeat !== 'never';
  const isPassing = (answer: HttpAnswer): boolean => {
    if (isBusy(answer)) return true;
    const code = codeOf(answer);
    return !isForAgent && (GOING.has(code) || (isRepeatable && UNKNOWN.has(code)));
  };
  const isWrite = repeat !== 'read' && !isForAgent;
  const request = { url, method: 'POST', body: envelope, timeoutMs, patienceMs, isRepeatable, isPassing } as const;
  try {
    const { answer, mayBeDone } = await send({ ...request, ...carriage });
    if (mayBeDone && isWrite && isBusy(answer)) {
      const facts = { isPassing: true, mayBeDone, url: shownUrl(url) };
      throw new DeliveryError('delivery_failed', `${shownUrl(url)} takes nothing now: ${errorTextOf(answer)}`, facts);
    }
    return envelopeIn(url, envelope.request_id, answer);
  } catch (error) {
    if (isWrite && error instanceof DeliveryError && error.mayBeDone) throw uncertain(error, envelope);
    throw error;
  }
}
