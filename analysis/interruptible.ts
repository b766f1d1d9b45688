import type { DuckDb } from '../board/duckdb.ts';

/** How often a statement is interrupted until it ends: one that has not begun yet does not notice. */
const INTERRUPT_MS = 20;

/**
 * Runs one statement that a signal stops.
 *
 * @throws the signal's reason
 */
export async function interruptible<Result>(
  db: DuckDb,
  signal: AbortSignal | undefined,
  statement: () => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  let again: NodeJS.Timeout | undefined;
  const interrupt = () => {
    db.connection.interrupt();
    again = setInterval(() => db.connection.interrupt(), INTERRUPT_MS);
  };
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    return await statement();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', interrupt);
    clearInterval(again);
  }
}
