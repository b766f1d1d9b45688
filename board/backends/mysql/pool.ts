import type { Socket } from 'node:net';
import type { MysqlPool, MysqlPoolConnection } from 'kysely';
import type { createPool, PoolConnection, PoolOptions } from 'mysql2';
import { StorageError } from '../../core/errors.ts';
import { endWhenSilent } from '../end-when-silent.ts';
import type { ResolvedServerOptions } from '../server-options.ts';
import { placeOf } from './place.ts';
import type { MysqlServer } from './server.ts';
import { prepareSession, type RunStatement } from './session.ts';

/** How long a connection may wait unused before it is closed, in milliseconds: less than the server's own time-out. */
const IDLE_TIMEOUT_MS = 30_000;

function poolOptionsOf(options: ResolvedServerOptions): PoolOptions {
  const { user, password, database, connectTimeoutMs, poolSize } = options;
  return {
    ...placeOf(options),
    user,
    ...(password !== undefined && { password }),
    database,
    connectTimeout: connectTimeoutMs,
    connectionLimit: poolSize,
    // Below the limit, or none is ever closed for being idle; not zero, or none is ever kept.
    maxIdle: Math.max(1, poolSize - 1),
    idleTimeout: IDLE_TIMEOUT_MS,
    enableKeepAlive: true,
    // Numbers up to 2^53 as numbers; anything larger as text rather than as another number.
    supportBigNumbers: true,
    charset: 'utf8mb4',
    // The server may not ask for this machine's files.
    flags: ['-LOCAL_FILES'],
  };
}

/**
 * A pool of connections that are prepared for a board, as kysely takes it; one that is lost is replaced.
 *
 * @param onServer Told what the server is, with each new connection.
 */
export function poolOf(
  create: typeof createPool,
  options: ResolvedServerOptions,
  onServer: (server: MysqlServer) => void,
): MysqlPool {
  const pool = create(poolOptionsOf(options));
  const prepared = new WeakSet<PoolConnection>();
  const prepare = async (connection: PoolConnection): Promise<void> => {
    if (prepared.has(connection)) return;
    // One that ends while nobody uses it is taken out of the pool; there is nobody to tell.
    connection.on('error', () => undefined);
    // The driver's types leave its socket out.
    endWhenSilent((connection as unknown as { readonly stream: Socket }).stream, options);
    try {
      onServer(await prepareSession(statementRunner(connection), options));
      prepared.add(connection);
    } catch (error) {
      connection.destroy();
      throw error;
    }
  };
  return {
    getConnection(callback) {
      acquire(pool, options)
        .then(async connection => {
          await prepare(connection);
          callback(null, connection as unknown as MysqlPoolConnection);
        })
        .catch(error => callback(error, undefined as unknown as MysqlPoolConnection));
    },
    end: callback => pool.end(error => callback(error)),
  };
}

/** A connection within the time: the pool itself would wait for ever. What has to be made first has a time of its own. */
function acquire(
  pool: ReturnType<typeof createPool>,
  { acquireTimeoutMs, location }: ResolvedServerOptions,
): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;
    const queued = (): void => {
      timer = setTimeout(() => {
        isOver = true;
        const message = `Every connection of the pool to ${location} was in use for ${acquireTimeoutMs} ms; raise poolSize or acquireTimeoutMs`;
        reject(new StorageError('storage_unavailable', message));
      }, acquireTimeoutMs);
    };
    // Told in the call itself, where it is.
    pool.once('enqueue', queued);
    pool.getConnection((error, connection) => {
      clearTimeout(timer);
      if (isOver) connection?.release();
      else if (error) reject(error);
      else resolve(connection);
    });
    pool.off('enqueue', queued);
  });
}

function statementRunner(connection: PoolConnection): RunStatement {
  return (sql, values) =>
    new Promise((resolve, reject) => {
      connection.query(sql, values === undefined ? [] : [...values], (error, rows) => {
        if (error) reject(error);
        else resolve(Array.isArray(rows) ? rows : []);
      });
    });
}
