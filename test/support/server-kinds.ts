import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Backend } from '../../board/backends/backend.ts';
import { mysql } from '../../board/backends/mysql/index.ts';
import { postgres } from '../../board/backends/postgres/index.ts';
import type { ServerOptions } from '../../board/backends/server-options.ts';
import { mysqlServer, postgresServer, type TestServer } from './servers.ts';
import { connect, withClient } from './sql-client.ts';

/** What a test does to a database server, and how each kind of server is told. */
export interface ServerKind {
  readonly name: string;
  readonly server: TestServer;
  backend(url: string, options?: ServerOptions): Backend;
  /** Ends every connection to a database but its own. */
  endConnections(url: string): Promise<void>;
  /** Makes a user for the test that runs, with these rights on the database (SQL words, none: may only connect); its URL. */
  newUser(url: string, rights: readonly string[]): Promise<string>;
}

const POSTGRES: Omit<ServerKind, 'server'> = {
  name: 'PostgreSQL',
  backend: (url, options) => postgres({ url, ...options }),
  async endConnections(url) {
    await withClient(url, client =>
      client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
      ),
    );
  },
  async newUser(url, rights) {
    const [user, password] = [
      `quadro_test_${randomBytes(6).toString('hex')}`,
      `secret ${randomBytes(6).toString('hex')}`,
    ];
    await withClient(url, async client => {
      await client.query(`create role ${user} login password '${password}'`);
      if (rights.length > 0) await client.query(`grant ${rights} on all tables in schema public to ${user}`);
    });
    onTestFinished(() =>
      withClient(url, async client => {
        await client.query(`drop owned by ${user}`);
        await client.query(`drop role ${user}`);
      }),
    );
    return withUser(url, user, password);
  },
};

const MYSQL: Omit<ServerKind, 'server'> = {
  name: 'MariaDB or MySQL',
  backend: (url, options) => mysql({ url, ...options }),
  async endConnections(url) {
    await withClient(url, async client => {
      const open = await client.query(
        'select id from information_schema.processlist where db = database() and id <> connection_id()',
      );
      for (const { id } of open) await client.query(`kill ${Number(id)}`).catch(() => undefined);
    });
  },
  async newUser(url, rights) {
    const [user, password] = [
      `quadro_test_${randomBytes(6).toString('hex')}`,
      `secret ${randomBytes(6).toString('hex')}`,
    ];
    await withClient(url, async client => {
      await client.query(`create user ${user} identified by '${password}'`);
      if (rights.length > 0) await client.query(`grant ${rights} on ${new URL(url).pathname.slice(1)}.* to ${user}`);
    });
    onTestFinished(() => withClient(url, client => client.query(`drop user ${user}`)).then(() => undefined));
    return withUser(url, user, password);
  },
};

/** The same URL for another user. */
export function withUser(url: string, user: string, password: string): string {
  const changed = new URL(url);
  changed.username = user;
  changed.password = password;
  return changed.href;
}

/** The PostgreSQL server of this run. */
export function postgresKind(): ServerKind {
  return { ...POSTGRES, server: postgresServer() };
}

/** The MariaDB or MySQL server of this run. */
export function mysqlKind(): ServerKind {
  return { ...MYSQL, server: mysqlServer() };
}

/** Both kinds of database server, those that are not here among them. */
export function serverKinds(): readonly ServerKind[] {
  return [postgresKind(), mysqlKind()];
}

/** A transaction that holds the lock of the board `default`, until it is let go. */
export interface LockHolder {
  release(): Promise<void>;
}

/** Takes the lock of the board `default` on a connection of its own. */
export async function holdBoard(url: string): Promise<LockHolder> {
  const client = await connect(url);
  await client.query('begin');
  await client.query(`select * from boards where board_id = 'default' for update`);
  return {
    async release() {
      await client.query('commit').catch(() => undefined);
      await client.close().catch(() => undefined);
    },
  };
}
