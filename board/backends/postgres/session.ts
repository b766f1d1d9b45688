import type { ClientBase } from 'pg';
import type { ResolvedServerOptions } from '../server-options.ts';
import { checkServer, type PostgresServer } from './server.ts';

/** How long a session may stay in a transaction without a statement: a frozen process must not keep the board's lock. */
const IDLE_IN_TRANSACTION_MS = 10_000;

/**
 * Prepares a new connection, whatever the server's defaults are: READ COMMITTED (a read after the board's lock must not be
 * older than the lock), time-outs, the schema, and keepalives that notice a peer that is gone. Refuses a server that is too
 * old, or a database that cannot hold every text.
 *
 * @throws StorageError (`storage_unsupported`)
 */
export async function prepareSession(
  client: ClientBase,
  options: Pick<ResolvedServerOptions, 'statementTimeoutMs' | 'location'>,
  schema: string,
): Promise<void> {
  const { rows } = await client.query<PostgresServer>(
    `select current_setting('server_version') as version,
      current_setting('server_version_num')::int as version_number,
      current_setting('server_encoding') as encoding,
      set_config('search_path', quote_ident($1), false),
      set_config('default_transaction_isolation', 'read committed', false),
      set_config('statement_timeout', $2, false),
      set_config('idle_in_transaction_session_timeout', $3, false),
      set_config('tcp_keepalives_idle', '10', false),
      set_config('tcp_keepalives_interval', '5', false),
      set_config('tcp_keepalives_count', '3', false)`,
    [schema, String(options.statementTimeoutMs), String(IDLE_IN_TRANSACTION_MS)],
  );
  const [server] = rows;
  if (server !== undefined) checkServer(server, options.location);
}
