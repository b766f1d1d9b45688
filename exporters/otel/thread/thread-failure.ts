import { ConfigurationError, QuadroError } from '../../../board/core/errors.ts';

/** What keeps a thread from ever starting: its file is not there (a bundle has none), or threads are not allowed. */
const UNSTARTABLE: ReadonlySet<string> = new Set(['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'ERR_ACCESS_DENIED']);

/** The failure that a thread ended with, in words. */
export function threadFailure(reason: unknown): QuadroError {
  if (reason instanceof QuadroError) return reason;
  const message = reason instanceof Error ? reason.message : String(reason);
  if (UNSTARTABLE.has(codeOf(reason))) {
    return new ConfigurationError(
      'invalid_configuration',
      `The tracing's thread cannot be started (${message}): give thread: false, which traces in the board's own thread`,
      { cause: reason },
    );
  }
  return new QuadroError('internal_error', `The tracing's thread ended: ${message}`, { cause: reason });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
