import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { dropLeftovers } from './server-admin.ts';

/** A database server the tests may use, or why there is none. */
export interface TestServer {
  readonly url: string | null;
  /** Why tests that need it cannot run, and how they would. */
  readonly skip?: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    readonly postgres: TestServer;
    readonly mysql: TestServer;
  }
}

const POSTGRES_URL = 'postgres://postgres@127.0.0.1:5432/postgres';
const MYSQL_URL = 'mysql://root@127.0.0.1:3306/';

/** Why a server cannot be used, or null. Also clears it of what killed runs left. */
async function faultOf(url: string): Promise<string | null> {
  try {
    await dropLeftovers(url);
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return message || (code ?? 'unknown');
  }
}

async function findPostgres(): Promise<{ readonly server: TestServer; stop(): Promise<void> }> {
  const { QUADRO_TEST_POSTGRES: url = POSTGRES_URL } = process.env;
  const fault = await faultOf(url);
  if (fault === null) return { server: { url }, stop: async () => undefined };
  try {
    const { url: embedded, stop } = await startEmbeddedPostgres();
    return { server: { url: embedded }, stop };
  } catch (error) {
    const skip =
      `no PostgreSQL (${fault}), and embedded-postgres cannot start one (${(error as Error).message}): start one with ` +
      '`docker run -p 5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres:15`, or name yours in QUADRO_TEST_POSTGRES';
    return { server: { url: null, skip }, stop: async () => undefined };
  }
}

async function findMysql(): Promise<TestServer> {
  const { QUADRO_TEST_MYSQL: url = MYSQL_URL } = process.env;
  const fault = await faultOf(url);
  if (fault === null) return { url };
  const skip =
    `no MariaDB or MySQL (${fault}): start one with \`docker run -p 3306:3306 -e MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=1 ` +
    'mariadb:10.11`, or name yours in QUADRO_TEST_MYSQL';
  return { url: null, skip };
}

/**
 * Looks once a run for the database servers and tells the tests by `inject`. Without a PostgreSQL it starts one, which ends
 * with the run.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [{ server: postgres, stop }, mysql] = await Promise.all([findPostgres(), findMysql()]);
  project.provide('postgres', postgres);
  project.provide('mysql', mysql);
  // Once a run: where all of a file is skipped, its titles are not printed.
  for (const { skip } of [postgres, mysql]) if (skip !== undefined) console.warn(`Skipped: ${skip}\n`);
  // A run of vitest that a test starts uses the same.
  if (postgres.url !== null) process.env.QUADRO_TEST_POSTGRES = postgres.url;
  return stop;
}
