import type { Socket } from 'node:net';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type { Client, ClientBase, ClientConfig, CustomTypesConfig, Pool, PoolClient } from 'pg';
import { endWhenSilent } from '../end-when-silent.ts';
import type { ResolvedServerOptions } from '../server-options.ts';
import { prepareSession } from './session.ts';

/** Most statements prepared by name on a connection: the write path has a few dozen shapes. */
const MAX_STATEMENTS = 300;

/** How long a connection may wait unused before it is closed, in milliseconds. */
const IDLE_TIMEOUT_MS = 30_000;

/** Object ids of the types the tables use. https://www.postgresql.org/docs/current/catalog-pg-type.html */
const BOOL = 16;
const INT8 = 20;

/** Values as the columns' decoder takes them: numbers as numbers, JSON as its text. */
const TYPES: CustomTypesConfig = {
  getTypeParser(oid) {
    if (oid === BOOL) return (text: string) => text === 't';
    if (oid === INT8) return Number;
    return (text: string) => text;
  },
};

/** How the driver connects, the pool aside. */
export function clientConfigOf(options: ResolvedServerOptions): ClientConfig {
  const { host, port, user, password, database, tls, connectTimeoutMs } = options;
  return {
    host,
    port,
    user,
    ...(password !== undefined && { password }),
    database,
    ssl: tls === false ? false : tls,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'quadro',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: TYPES,
  };
}

/** The socket of a client, which the driver's types leave out. */
export function streamOf(client: ClientBase): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream;
}

/** A pool of connections that are prepared for a board; one that is lost is replaced. */
export function poolOf(
  { Pool: PoolClass, Client: ClientClass }: { readonly Pool: typeof Pool; readonly Client: typeof Client },
  options: ResolvedServerOptions,
  schema: string,
  preparesStatements: boolean,
): PostgresPool {
  const pool = new PoolClass({
    ...clientConfigOf(options),
    // The pool has one time-out for waiting and for connecting, and gives its clients the same.
    Client: class extends ClientClass {
      constructor() {
        super(clientConfigOf(options));
      }
    },
    max: options.poolSize,
    connectionTimeoutMillis: options.acquireTimeoutMs,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    onConnect: client => {
      endWhenSilent(streamOf(client), options);
      return prepareSession(client, options, schema);
    },
  });
  // A connection that ends while nobody uses it is taken out of the pool; there is nobody to tell.
  pool.on('error', () => undefined);
  // One that ends between two statements of a transaction is noticed by the next.
  pool.on('connect', client => client.on('error', () => undefined));
  return preparesStatements ? preparingPool(pool) : pool;
}

/** The pool with every statement that has parameters prepared once a connection, under a name of its own. */
function preparingPool(pool: Pool): PostgresPool {
  const names = new Map<string, string>();
  const prepared = new WeakMap<PoolClient, PostgresPoolClient>();
  const nameOf = (text: string): string | undefined => {
    const known = names.get(text);
    if (known !== undefined || names.size >= MAX_STATEMENTS) return known;
    const name = `quadro_${names.size + 1}`;
    names.set(text, name);
    return name;
  };
  const preparing = (client: PoolClient): PostgresPoolClient => {
    const query = (text: string, values: readonly unknown[]): Promise<unknown> => {
      const name = values.length > 0 ? nameOf(text) : undefined;
      return client.query({ text, values: [...values], ...(name !== undefined && { name }) });
    };
    // Cursors, the other form of a query, are not used.
    return { query: query as PostgresPoolClient['query'], release: destroy => client.release(destroy) };
  };
  return {
    async connect() {
      const client = await pool.connect();
      const known = prepared.get(client) ?? preparing(client);
      prepared.set(client, known);
      return known;
    },
    end: () => pool.end(),
    options: pool.options,
  };
}
