/** The A2A envelope: how every intent travels, whatever carries it. */
import { randomBytes } from 'node:crypto';
import { type ErrorCode, quadroErrorOf, ValidationError } from '../core/errors.ts';
import type { Intent, LeaseToken } from '../core/intents.ts';
import type { JsonObject } from '../core/json.ts';
import { isIdSized, isIntent, MAX_ID_BYTES } from '../core/payload.ts';
import { isoOf, type Micros } from '../core/time.ts';

/** On whose behalf a request is made; ours, optional. */
export interface RequestContext {
  readonly actor?: string | null;
  readonly cycle_id?: string | null;
  readonly tick_id?: string | null;
  readonly lease?: LeaseToken | null;
}

/** A request as it travels: every value is JSON, every time ISO 8601. */
export interface RequestEnvelope {
  readonly intent: Intent;
  readonly request_id: string;
  readonly idempotency_key?: string | null;
  readonly timestamp: string;
  readonly payload: JsonObject;
  readonly context?: RequestContext;
}

/** An answer as it travels. `result` is `{}` on failure; `error_code` is ours. */
export interface ResponseEnvelope {
  readonly request_id: string;
  readonly ok: boolean;
  readonly result: JsonObject;
  readonly error: string | null;
  readonly error_code?: ErrorCode;
}

const REQUIRED = ['intent', 'payload', 'request_id', 'timestamp'];
const CONTEXT_FIELDS = ['actor', 'cycle_id', 'tick_id'] as const;

/** Mints a request id: 12 hex digits. */
function newRequestId(): string {
  return randomBytes(6).toString('hex');
}

/** Whether a value is a JSON object: no list, no null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a request may carry beside its payload. */
export interface RequestOptions {
  readonly requestId?: string;
  readonly idempotencyKey?: string | null;
  readonly context?: RequestContext;
  /** When it is sent. */
  readonly at: Micros;
}

/** Wraps a payload that is already in wire form. */
export function requestOf(intent: Intent, payload: JsonObject, options: RequestOptions): RequestEnvelope {
  const { requestId = newRequestId(), idempotencyKey, context, at } = options;
  return {
    intent,
    request_id: requestId,
    ...(idempotencyKey != null && { idempotency_key: idempotencyKey }),
    timestamp: isoOf(at),
    payload,
    ...(context !== undefined && { context }),
  };
}

function fail(message: string): never {
  throw new ValidationError('invalid_payload', message);
}

/** A name the envelope carries: absent, null, or a text of 1 to 200 bytes. */
function nameOf(where: string, value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || value === '' || !isIdSized(value)) {
    fail(`${where} must be a text of 1 to ${MAX_ID_BYTES} bytes`);
  }
  return value;
}

function leaseOf(value: unknown): LeaseToken | null {
  if (value === undefined || value === null) return null;
  if (!isJsonObject(value)) fail('context.lease must be an object');
  const role = nameOf('context.lease.role', value.role) ?? fail('context.lease.role is missing');
  const { term } = value;
  if (typeof term !== 'number' || !Number.isSafeInteger(term)) fail('context.lease.term must be a whole number');
  return { role, term };
}

function contextOf(value: unknown): RequestContext {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) fail('context must be an object');
  const names = CONTEXT_FIELDS.map(name => [name, nameOf(`context.${name}`, value[name])]);
  const lease = leaseOf(value.lease);
  return { ...Object.fromEntries(names), ...(lease && { lease }) };
}

/**
 * Checks the envelope of a request; its payload's fields are the endpoint's to check.
 *
 * @throws ValidationError (`invalid_payload`, `unsupported_intent`)
 */
export function parseRequest(request: unknown): RequestEnvelope {
  if (!isJsonObject(request)) fail('request must be an object');
  const missing = REQUIRED.filter(name => request[name] === undefined);
  if (missing.length > 0) fail(`Missing request fields: [${missing.map(name => `'${name}'`).join(', ')}]`);
  const { intent, request_id, timestamp, payload } = request;
  if (typeof intent !== 'string' || !isIntent(intent)) {
    throw new ValidationError('unsupported_intent', `Unsupported intent: ${String(intent)}`);
  }
  if (!isJsonObject(payload)) fail('payload must be an object');
  if (typeof timestamp !== 'string') fail('timestamp must be a text');
  return {
    intent,
    request_id: nameOf('request_id', request_id) ?? newRequestId(),
    idempotency_key: nameOf('idempotency_key', request.idempotency_key),
    timestamp,
    payload,
    context: contextOf(request.context),
  };
}

/** The id to answer a request with, even one that is no envelope: its own, else a new one. */
export function requestIdOf(request: unknown): string {
  const id = isJsonObject(request) ? request.request_id : null;
  return typeof id === 'string' && id !== '' && isIdSized(id) ? id : newRequestId();
}

/** The answer to a request that was carried out. */
export function success(requestId: string, result: JsonObject = {}): ResponseEnvelope {
  return { request_id: requestId, ok: true, result, error: null };
}

/** The answer to a request that failed: one sentence, and a stable code. */
export function failure(requestId: string, error: unknown): ResponseEnvelope {
  const { message, code } = quadroErrorOf(error);
  return { request_id: requestId, ok: false, result: {}, error: message, error_code: code };
}

/** Answers a request by `handle`; whatever that throws becomes a failure, so an endpoint never throws. */
export async function answer(
  request: unknown,
  handle: (request: RequestEnvelope) => Promise<JsonObject>,
): Promise<ResponseEnvelope> {
  const requestId = requestIdOf(request);
  try {
    return success(requestId, await handle(parseRequest(request)));
  } catch (error) {
    return failure(requestId, error);
  }
}
