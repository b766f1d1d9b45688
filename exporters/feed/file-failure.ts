import { type ErrorCode, errorOf, QuadroError } from '../../board/core/errors.ts';

/** Codes of the system → ours, where waiting and trying again does not help. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  EACCES: 'storage_access_denied',
  EPERM: 'storage_access_denied',
  EROFS: 'storage_read_only',
  ENOSPC: 'storage_full',
  EDQUOT: 'storage_full',
};

/** The system's code of a failure, such as `ENOENT`; empty where it has none. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Our error for a file that could not be used. */
export function fileFailure(what: string, error: unknown): QuadroError {
  if (error instanceof QuadroError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return errorOf(CODES[systemCode(error)] ?? 'storage_failed', `${what}: ${reason}`, { cause: error });
}
