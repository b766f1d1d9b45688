import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Backend } from '../../board/backends/backend.ts';
import { mysql } from '../../board/backends/mysql/index.ts';
import { postgres } from '../../board/backends/postgres/index.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { mysqlServer, newDatabase, postgresServer, type TestServer } from '../support/servers.ts';
import { tempDir } from '../support/temp.ts';

/** A kind of database that boards are copied between. */
export interface Place {
  readonly name: string;
  /** Why it cannot be tested here. */
  readonly skip?: string | undefined;
  /** A new, empty database, gone with the test; a second call of what it answers opens it a second time. */
  make(): Promise<() => Backend>;
}

/** Closes the backend with the test. */
export function closing(backend: Backend): Backend {
  onTestFinished(() => backend.close());
  return backend;
}

/** A new database of that kind, opened once. */
export async function opened(place: Place): Promise<Backend> {
  return (await place.make())();
}

/** A new SQLite file. */
export const FILE: Place = {
  name: 'SQLite in a file',
  make: async () => {
    const file = join(tempDir(), 'board.db');
    return () => closing(sqlite({ file }));
  },
};

/** SQLite in memory, which can be opened only once. */
export const MEMORY: Place = {
  name: 'SQLite in memory',
  make: async () => () => closing(sqlite({ file: ':memory:' })),
};

function serverPlace(name: string, server: TestServer, open: (url: string) => Backend): Place {
  return {
    name,
    skip: server.skip,
    make: async () => {
      const url = await newDatabase(server);
      return () => closing(open(url));
    },
  };
}

/** A new database on the PostgreSQL of this run. */
export const POSTGRES: Place = serverPlace('PostgreSQL', postgresServer(), url => postgres({ url }));

/** A new database on the MariaDB or MySQL of this run. */
export const MYSQL: Place = serverPlace('MariaDB', mysqlServer(), url => mysql({ url }));
