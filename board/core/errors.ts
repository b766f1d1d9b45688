/** Every error code a board can answer with. Stable: docs/errors.md lists each with what to do. */
export const ERROR_CODES = [
  'illegal_transition',
  'unknown_profile',
  'not_in_progress',
  'not_finished',
  'task_archived',
  'task_not_found',
  'agent_not_found',
  'board_not_found',
  'endpoint_not_found',
  'idempotency_conflict',
  'duplicate_task_id',
  'task_ids_exhausted',
  'fence_conflict',
  'lease_conflict',
  'lease_lost',
  'invalid_payload',
  'invalid_text',
  'payload_too_large',
  'unsupported_intent',
  'invalid_lifecycle',
  'unsupported_event_type',
  'overloaded',
  'closed',
  'storage_failed',
  'storage_busy',
  'storage_full',
  'storage_read_only',
  'storage_not_a_database',
  'storage_newer_schema',
  'storage_unavailable',
  'storage_uncertain',
  'storage_access_denied',
  'storage_unsupported',
  'board_incomplete',
  'board_read_only',
  'invalid_configuration',
  'missing_package',
  'invalid_source',
  'unauthorized',
  'forbidden',
  'token_not_found',
  'admission_refused',
  'admission_unavailable',
  'route_not_found',
  'method_not_allowed',
  'unsupported_media_type',
  'request_timeout',
  'rate_limited',
  'agent_unavailable',
  'cursor_beyond_log',
  'delivery_failed',
  'remote_error',
  'internal_error',
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What an error may carry besides its message: the error beneath it, and facts a program can read. */
export interface QuadroErrorOptions {
  cause?: unknown;
  /** Ids, counts and booleans that the message mentions. */
  details?: Readonly<Record<string, unknown>>;
}

/** Base of every error that leaves Quadro: a sentence for people, a stable `code` for programs. */
export class QuadroError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: QuadroErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** A move the task's lifecycle does not allow. */
export class TransitionError extends QuadroError {}
/** A task, agent, board or endpoint that is not there. */
export class NotFoundError extends QuadroError {}
/** Two callers want different things: a key used with another payload, a task id that is taken, an old fence. */
export class ConflictError extends QuadroError {}
/** Input that cannot be accepted as it is; nothing was written. */
export class ValidationError extends QuadroError {}
/** The commit queue is full: nothing was written, try again later. */
export class OverloadedError extends QuadroError {}
/** The database refused or failed; the message says what to do. */
export class StorageError extends QuadroError {}
/** A missing package or an option that cannot be. */
export class ConfigurationError extends QuadroError {}
/** A caller that may not do this: no token, the wrong one, or one without the permission; or a gate that said no. */
export class AccessError extends QuadroError {}

const CLASS_OF_CODE: Partial<Record<ErrorCode, typeof QuadroError>> = {
  illegal_transition: TransitionError,
  unknown_profile: TransitionError,
  not_in_progress: TransitionError,
  not_finished: TransitionError,
  task_archived: TransitionError,
  task_not_found: NotFoundError,
  agent_not_found: NotFoundError,
  board_not_found: NotFoundError,
  endpoint_not_found: NotFoundError,
  idempotency_conflict: ConflictError,
  duplicate_task_id: ConflictError,
  fence_conflict: ConflictError,
  lease_conflict: ConflictError,
  lease_lost: ConflictError,
  invalid_payload: ValidationError,
  invalid_text: ValidationError,
  payload_too_large: ValidationError,
  unsupported_intent: ValidationError,
  invalid_lifecycle: ValidationError,
  unsupported_event_type: ValidationError,
  invalid_source: ValidationError,
  overloaded: OverloadedError,
  storage_failed: StorageError,
  storage_busy: StorageError,
  storage_full: StorageError,
  storage_read_only: StorageError,
  storage_not_a_database: StorageError,
  storage_newer_schema: StorageError,
  storage_unavailable: StorageError,
  storage_uncertain: StorageError,
  storage_access_denied: StorageError,
  storage_unsupported: StorageError,
  board_incomplete: StorageError,
  board_read_only: StorageError,
  invalid_configuration: ConfigurationError,
  missing_package: ConfigurationError,
  unauthorized: AccessError,
  forbidden: AccessError,
  admission_refused: AccessError,
  token_not_found: NotFoundError,
  route_not_found: NotFoundError,
  method_not_allowed: ValidationError,
  unsupported_media_type: ValidationError,
  request_timeout: ValidationError,
  rate_limited: OverloadedError,
};

/** The error of the class that a code belongs to, so that a code read off the wire throws the same class again. */
export function errorOf(code: ErrorCode, message: string, options: QuadroErrorOptions = {}): QuadroError {
  const ErrorClass = CLASS_OF_CODE[code] ?? QuadroError;
  return new ErrorClass(code, message, options);
}

/** The error itself where it is one of ours, else an `internal_error` that keeps it as its cause. */
export function quadroErrorOf(error: unknown): QuadroError {
  if (error instanceof QuadroError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new QuadroError('internal_error', message, { cause: error });
}
