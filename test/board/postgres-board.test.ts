import { postgres } from '../../board/backends/postgres/index.ts';
import { boardSuite } from '../board-suite.ts';
import { postgresServer, sharedDatabase } from '../support/servers.ts';

const server = postgresServer();
const database = sharedDatabase(server);

boardSuite('PostgreSQL', {
  setup: () => Promise.resolve({ open: () => postgres({ url: database.url }) }),
  ...(server.skip !== undefined && { skip: server.skip }),
});
