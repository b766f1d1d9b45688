/**
 * A process that opens backends: prints `ready`, waits for a line on stdin, opens them all at once, and prints as one JSON
 * array what each ended with, `open` or its error.
 *
 *     node opening-worker.ts URL HOW_MANY
 */
// Loaded before it says that it is ready.
import 'better-sqlite3';
import 'kysely/migration';
import 'mysql2';
import 'pg';
import { backendOfUrl } from './backend-of-url.ts';

const [, , url = '', howMany] = process.argv;

process.stdin.once('data', async () => {
  process.stdin.destroy();
  const backends = Array.from({ length: Number(howMany) }, () => backendOfUrl(url));
  const opened = await Promise.allSettled(backends.map(backend => backend.open()));
  console.log(JSON.stringify(opened.map(each => (each.status === 'fulfilled' ? 'open' : String(each.reason)))));
  await Promise.all(backends.map(backend => backend.close()));
});
process.stdout.write('ready\n');
