import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';
import type { TestServer } from './global-servers.ts';
import { createDatabase, dropDatabase } from './server-admin.ts';

export type { TestServer } from './global-servers.ts';

/** The PostgreSQL server of this run. */
export function postgresServer(): TestServer {
  return inject('postgres');
}

/** The MariaDB or MySQL server of this run. */
export function mysqlServer(): TestServer {
  return inject('mysql');
}

function urlOf({ url, skip }: TestServer): string {
  if (url === null) throw new Error(skip);
  return url;
}

/**
 * A new empty database for the test that runs; its URL. Dropped when the test has passed; that of a failed test stays for a
 * day, and is named in its output, so that its rows can be looked at.
 */
export async function newDatabase(server: TestServer): Promise<string> {
  const serverUrl = urlOf(server);
  const url = await createDatabase(serverUrl);
  onTestFinished(async ({ task }) => {
    if (task.result?.state !== 'fail') await dropDatabase(serverUrl, url);
    else console.error(`${task.name}: its database is ${new URL(url).pathname.slice(1)}`);
  });
  return url;
}

/** A database that the tests of a suite share, made before its first and dropped after its last. */
export function sharedDatabase(server: TestServer): { readonly url: string } {
  let url: string | null = null;
  beforeAll(async () => {
    if (server.url !== null) url = await createDatabase(server.url);
  });
  afterAll(async () => {
    if (url !== null) await dropDatabase(urlOf(server), url);
  });
  return {
    get url() {
      if (url === null) throw new Error('the database is made before the first test, not before');
      return url;
    },
  };
}
