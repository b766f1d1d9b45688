import type { FastifyError } from 'fastify';
import { type ErrorCode, errorOf, QuadroError, quadroErrorOf } from '../core/errors.ts';

const IN_THE_LOG = 'the log has it under this request id';

/** What outsiders are told where our own sentence would name a file, an address or a statement. */
const SENTENCES: Partial<Record<ErrorCode, string>> = {
  board_not_found: `The board is not in its database any more; ${IN_THE_LOG}`,
  board_incomplete: 'The board is a copy that has not finished; run the same quadro copy again',
  board_read_only: 'The board is an imported event log, which no lifecycle governs: it can only be read',
  storage_access_denied: `The database refused access; ${IN_THE_LOG}`,
  storage_busy: 'The database is busy; nothing was written: try again',
  storage_failed: `The database refused; ${IN_THE_LOG}`,
  storage_full: "The database's disk is full; nothing was written",
  storage_newer_schema: `The database was written by a newer version; ${IN_THE_LOG}`,
  storage_not_a_database: `The database cannot be read; ${IN_THE_LOG}`,
  storage_read_only: 'The board can only be read here; nothing was written',
  storage_unavailable: 'The database cannot be reached; nothing was written: try again later',
  storage_uncertain:
    'The connection to the database was lost in a commit: send the request again with its idempotency key',
  storage_unsupported: `The database cannot hold a board; ${IN_THE_LOG}`,
  invalid_configuration: `internal error; ${IN_THE_LOG}`,
  missing_package: `internal error; ${IN_THE_LOG}`,
  internal_error: `internal error; ${IN_THE_LOG}`,
};

/** What the HTTP library refuses, as our codes. */
const CODE_OF_FRAMEWORK: Readonly<Record<string, { readonly code: ErrorCode; readonly message: string }>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    message: 'The body must be JSON; send it with Content-Type: application/json',
  },
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'payload_too_large',
    message: 'The body is larger than this service takes; raise bodyLimitBytes, or post a reference to large content',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'invalid_payload',
    message: 'The body is not as long as its Content-Length says',
  },
  FST_ERR_BAD_URL: {
    code: 'invalid_payload',
    message: 'The address is not a valid URL: its percent-encoding is broken',
  },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'route_not_found', message: 'A part of the address is longer than any id' },
};

function isFrameworkError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && 'statusCode' in error && typeof error.statusCode === 'number';
}

/** Whatever a request ended with, as an error of ours; its message may still say more than outsiders should know. */
export function requestErrorOf(error: unknown): QuadroError {
  if (error instanceof QuadroError || !isFrameworkError(error)) return quadroErrorOf(error);
  const known = CODE_OF_FRAMEWORK[error.code];
  if (known !== undefined) return errorOf(known.code, known.message, { cause: error });
  const isClients = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500;
  return isClients
    ? errorOf('invalid_payload', 'The request cannot be read as HTTP', { cause: error })
    : quadroErrorOf(error);
}

/** Whether an error's own sentence stays inside: it would name a file, an address or a statement. */
export function isInternal({ code }: QuadroError): boolean {
  return Object.hasOwn(SENTENCES, code);
}

/** The error as outsiders may read it: the same code, never a file's path, a statement or a stack. */
export function publicErrorOf(error: QuadroError): QuadroError {
  const sentence = SENTENCES[error.code];
  return sentence === undefined ? error : errorOf(error.code, sentence);
}
