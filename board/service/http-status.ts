import type { ErrorCode } from '../core/errors.ts';

/** Status → the codes that are answered with it; every other code is a 500, which nobody should ever see. */
const CODES_OF_STATUS: Readonly<Record<number, readonly ErrorCode[]>> = {
  400: ['invalid_payload', 'invalid_text', 'unsupported_intent', 'invalid_lifecycle', 'unsupported_event_type'],
  401: ['unauthorized'],
  403: ['forbidden', 'admission_refused'],
  404: [
    'task_not_found',
    'agent_not_found',
    'board_not_found',
    'endpoint_not_found',
    'token_not_found',
    'route_not_found',
  ],
  405: ['method_not_allowed'],
  408: ['request_timeout'],
  409: [
    'illegal_transition',
    'unknown_profile',
    'not_in_progress',
    'not_finished',
    'task_archived',
    'idempotency_conflict',
    'duplicate_task_id',
    'task_ids_exhausted',
    'fence_conflict',
    'lease_conflict',
    'lease_lost',
    'cursor_beyond_log',
    'storage_read_only',
    'board_read_only',
  ],
  413: ['payload_too_large'],
  415: ['unsupported_media_type'],
  429: ['rate_limited'],
  503: ['overloaded', 'storage_busy', 'storage_unavailable', 'closed', 'admission_unavailable'],
};

const STATUS_OF_CODE: ReadonlyMap<string, number> = new Map(
  Object.entries(CODES_OF_STATUS).flatMap(([status, codes]) => codes.map(code => [code, Number(status)] as const)),
);

/** The HTTP status that an error's code is answered with. */
export function statusOf(code: ErrorCode): number {
  return STATUS_OF_CODE.get(code) ?? 500;
}

/** How long a client should wait before it tries again, in seconds; null where trying again as it is helps nobody. */
export function retryAfterSeconds(code: ErrorCode): number | null {
  return statusOf(code) === 503 ? 1 : null;
}
