import { type ErrorCode, QuadroError, StorageError } from '../../core/errors.ts';

/** SQLite result code (its first two words) → our code, and what to do about it. */
const MEANINGS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  SQLITE_BUSY: ['storage_busy', 'another process holds the write lock; try again, or raise busyTimeoutMs'],
  SQLITE_LOCKED: ['storage_busy', 'another connection holds a lock; try again'],
  SQLITE_FULL: ['storage_full', 'the disk (or the database at its page limit) is full; free space and try again'],
  SQLITE_READONLY: ['storage_read_only', 'the database is read-only; check the permissions of the file and its folder'],
  SQLITE_NOTADB: ['storage_not_a_database', 'the file is not a SQLite database'],
  SQLITE_CORRUPT: ['storage_failed', 'the database file is damaged; restore a backup'],
  SQLITE_CANTOPEN: ['storage_failed', 'the file cannot be opened; check that its folder exists and may be written'],
  SQLITE_IOERR: ['storage_failed', 'reading or writing the file failed; check the disk'],
};

/** The result code of a better-sqlite3 error without its extension: `SQLITE_IOERR_WRITE` → `SQLITE_IOERR`. */
export function primaryCode(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' ? (/^SQLITE_[A-Z]+/.exec(code)?.[0] ?? null) : null;
}

/** Our error for SQLite's, with its code and a sentence that says what to do. */
export function sqliteErrorOf(error: unknown, doing: string): QuadroError {
  if (error instanceof QuadroError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const [code, advice] = MEANINGS[primaryCode(error) ?? ''] ?? ['storage_failed', 'SQLite refused'];
  return new StorageError(code, `Cannot ${doing}: ${advice} (${message})`, { cause: error });
}
