import type { ResolvedServerOptions } from '../server-options.ts';
import { checkVersion, type MysqlServer } from './server.ts';

/** How long a session may stay without a statement, in seconds: a frozen process must not keep the board's lock for hours. */
const IDLE_SECONDS = 60;

/** Runs one statement. */
export type RunStatement = (sql: string, values?: readonly unknown[]) => Promise<readonly unknown[]>;

/**
 * Prepares a new connection, whatever the server's defaults are: READ COMMITTED (a read after the board's lock must not be
 * older than the lock), strict about what does not fit, time-outs.
 *
 * @returns What the server is, which has been checked.
 * @throws StorageError (`storage_unsupported`)
 */
export async function prepareSession(
  run: RunStatement,
  { statementTimeoutMs, location }: Pick<ResolvedServerOptions, 'statementTimeoutMs' | 'location'>,
): Promise<MysqlServer> {
  const [row] = await run('select version() as version, @@max_allowed_packet as max_allowed_packet');
  const server = row as MysqlServer;
  const isMariaDb = checkVersion(server.version, location);
  const seconds = Math.max(1, Math.ceil(statementTimeoutMs / 1000));
  await run('set session transaction isolation level read committed');
  await run('set session sql_mode = ?, innodb_lock_wait_timeout = ?, wait_timeout = ?', [
    'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
    seconds,
    IDLE_SECONDS,
  ]);
  if (isMariaDb) await run('set session max_statement_time = ?', [statementTimeoutMs / 1000]);
  else await run('set session max_execution_time = ?', [statementTimeoutMs]);
  return server;
}
