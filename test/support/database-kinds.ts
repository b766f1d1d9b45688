import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import type { Backend } from '../../board/backends/backend.ts';
import { backendOfUrl } from './backend-of-url.ts';
import { mysqlServer, newDatabase, postgresServer } from './servers.ts';
import { withClient } from './sql-client.ts';
import { tempDir } from './temp.ts';

/** An empty database of the test that runs. */
export interface TestDatabase {
  /** A server's URL, or a SQLite file. */
  readonly url: string;
  /** A new backend on it, not yet open. */
  backend(options?: { readonly readOnly?: boolean }): Backend;
  /** Runs a statement past the board. */
  query(statement: string): Promise<readonly Record<string, unknown>[]>;
}

/** A kind of database that boards are kept in. */
export interface DatabaseKind {
  readonly name: string;
  /** Why there is none here. */
  readonly skip?: string;
  /** Whether it is there before anybody opens it. */
  readonly isMadeEmpty: boolean;
  /** Makes one for the test that runs; it is gone when the test has passed. */
  create(): Promise<TestDatabase>;
}

function testDatabase(url: string, query: TestDatabase['query']): TestDatabase {
  return { url, query, backend: options => backendOfUrl(url, options) };
}

async function querySqlite(file: string, statement: string): Promise<Record<string, unknown>[]> {
  const database = new BetterSqlite3(file);
  try {
    const prepared = database.prepare(statement);
    if (prepared.reader) return prepared.all() as Record<string, unknown>[];
    prepared.run();
    return [];
  } finally {
    database.close();
  }
}

/** Every kind of database that outlives its connection, those that are not here among them. */
export function databaseKinds(): readonly DatabaseKind[] {
  const servers = [
    { name: 'PostgreSQL', server: postgresServer() },
    { name: 'MariaDB or MySQL', server: mysqlServer() },
  ];
  return [
    {
      name: 'a SQLite file',
      isMadeEmpty: false,
      create: async () => {
        const file = join(tempDir(), 'board.db');
        return testDatabase(file, statement => querySqlite(file, statement));
      },
    },
    ...servers.map(({ name, server }) => ({
      name,
      isMadeEmpty: true,
      ...(server.skip !== undefined && { skip: server.skip }),
      create: async () => {
        const url = await newDatabase(server);
        return testDatabase(url, statement => withClient(url, client => client.query(statement)));
      },
    })),
  ];
}
