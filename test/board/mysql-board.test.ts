import { mysql } from '../../board/backends/mysql/index.ts';
import { boardSuite } from '../board-suite.ts';
import { mysqlServer, sharedDatabase } from '../support/servers.ts';

const server = mysqlServer();
const database = sharedDatabase(server);

boardSuite('MariaDB or MySQL', {
  setup: () => Promise.resolve({ open: () => mysql({ url: database.url }) }),
  ...(server.skip !== undefined && { skip: server.skip }),
});
