import { randomBytes } from 'node:crypto';
import { type SqlClient, withClient } from './sql-client.ts';

const PREFIX = 'quadro_test_';
/** How long a database of a run that was killed is kept. */
const LEFTOVER_MS = 24 * 60 * 60 * 1_000;

/** What making and dropping databases takes on one kind of server. Names are made here and need no quotes. */
interface ServerAdmin {
  readonly listDatabases: string;
  createStatement(name: string, client: SqlClient): Promise<string>;
  drop(name: string, client: SqlClient): Promise<void>;
}

const POSTGRES: ServerAdmin = {
  listDatabases: 'select datname as name from pg_database',
  async createStatement(name, client) {
    const create = `create database ${name} template template0 encoding 'UTF8'`;
    // By default ids compare as in a dictionary, where they can: what compares them byte for byte is the board's own schema.
    const [known] = await client.query(
      `select 1 from pg_collation where collname = 'en-x-icu' and current_setting('server_version_num')::int >= 150000`,
    );
    return known === undefined ? create : `${create} locale_provider icu icu_locale 'en'`;
  },
  async drop(name, client) {
    await client.query(`drop database if exists ${name} with (force)`);
  },
};

const MYSQL: ServerAdmin = {
  listDatabases: 'select schema_name as name from information_schema.schemata',
  // The same: `a`, `A`, `ä` and `a ` are one to this collation.
  createStatement: async name => `create database ${name} character set utf8mb4 collate utf8mb4_unicode_ci`,
  async drop(name, client) {
    const open = await client.query('select id from information_schema.processlist where db = ?', [name]);
    // One that is still open may hold a lock that the drop would wait for; one that has just gone cannot be killed.
    for (const { id } of open) await client.query(`kill ${Number(id)}`).catch(() => undefined);
    await client.query(`drop database if exists ${name}`);
  },
};

const adminOf = (url: string): ServerAdmin => (url.startsWith('mysql:') ? MYSQL : POSTGRES);

/** Makes an empty database with a name that nothing else has; its URL. */
export async function createDatabase(serverUrl: string): Promise<string> {
  const name = `${PREFIX}${Date.now().toString(36)}_${randomBytes(4).toString('hex')}`;
  await withClient(serverUrl, async client => client.query(await adminOf(serverUrl).createStatement(name, client)));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Drops a database that {@link createDatabase} made, whoever is still connected to it. */
export async function dropDatabase(serverUrl: string, databaseUrl: string): Promise<void> {
  const name = new URL(databaseUrl).pathname.slice(1);
  await withClient(serverUrl, client => adminOf(serverUrl).drop(name, client));
}

/** Drops the databases that killed or failed runs left a day ago or earlier. */
export async function dropLeftovers(serverUrl: string): Promise<void> {
  const { listDatabases, drop } = adminOf(serverUrl);
  await withClient(serverUrl, async client => {
    for (const { name } of await client.query(listDatabases)) {
      const [, made] = new RegExp(`^${PREFIX}([0-9a-z]+)_[0-9a-f]+$`).exec(String(name)) ?? [];
      if (made !== undefined && Number.parseInt(made, 36) < Date.now() - LEFTOVER_MS) await drop(String(name), client);
    }
  });
}
