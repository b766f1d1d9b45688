/** Imports an event log into a database, and dies when some of it is written: the process of stopped-process.test.ts. */
import { importLog } from '../../../board/index.ts';
import { backendOfUrl } from '../../support/backend-of-url.ts';

const [url = '', file = ''] = process.argv.slice(2);

await importLog(file, {
  into: backendOfUrl(url),
  timeFormat: 'X',
  onProgress({ done, total }) {
    if (total !== null && done > 1_000) process.kill(process.pid, 'SIGKILL');
  },
});
