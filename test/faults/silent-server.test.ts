import { describe, expect, it, onTestFinished } from 'vitest';
import type { Backend } from '../../board/backends/backend.ts';
import { mysql } from '../../board/backends/mysql/index.ts';
import { postgres } from '../../board/backends/postgres/index.ts';
import type { ServerOptions } from '../../board/backends/server-options.ts';
import { openBoard } from '../../board/open-board.ts';
import { mysqlServer, newDatabase, postgresServer, type TestServer } from '../support/servers.ts';
import { type CuttingProxy, cuttingProxy } from './cutting-proxy.ts';

const SERVERS: readonly (readonly [name: string, server: TestServer, open: (options: ServerOptions) => Backend])[] = [
  ['PostgreSQL', postgresServer(), postgres],
  ['MariaDB', mysqlServer(), mysql],
];

const LIMITS = { statementTimeoutMs: 1_000, acquireTimeoutMs: 1_000, connectTimeoutMs: 500 };

/** A new database, reached through a proxy. */
async function proxyTo(server: TestServer): Promise<{ readonly url: string; readonly proxy: CuttingProxy }> {
  const url = new URL(await newDatabase(server));
  const proxy = await cuttingProxy(url.hostname, Number(url.port));
  onTestFinished(() => proxy.close());
  url.port = String(proxy.port);
  return { url: url.href, proxy };
}

const memo = { task_type: 'memo', label: 'x' };

describe.each(SERVERS)('a server that is gone without a word: %s', (_name, server, open) => {
  const skips = it.skipIf(server.skip !== undefined);
  const title = server.skip === undefined ? '' : ` (skipped: ${server.skip})`;

  skips(`what is under way is told so, and the board can be closed${title}`, async () => {
    const { url, proxy } = await proxyTo(server);
    const board = await openBoard({ backend: open({ url, ...LIMITS }), taskTypes: { memo: 'fast' } });
    await board.postTask(memo);
    proxy.fallSilent();
    const [posted, read] = await Promise.allSettled([board.postTask(memo), board.listTasks()]);
    expect(posted).toMatchObject({ status: 'rejected', reason: { code: 'storage_unavailable' } });
    expect(read).toMatchObject({ status: 'rejected', reason: { code: 'storage_unavailable' } });
    await board.close();
  });

  skips(`one that takes connections and never speaks is said not to answer${title}`, async () => {
    const { url, proxy } = await proxyTo(server);
    proxy.fallSilent();
    const backend = open({ url, ...LIMITS });
    await expect(backend.open()).rejects.toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringMatching(/answer/),
    });
  });

  skips(`one that is restarted is waited for, and nobody is told${title}`, async () => {
    const { url, proxy } = await proxyTo(server);
    const board = await openBoard({ backend: open({ url, ...LIMITS }), taskTypes: { memo: 'fast' } });
    await board.postTask(memo);
    const retries: string[] = [];
    board.attachMeter({ commit: () => undefined, refusal: () => undefined, retry: reason => retries.push(reason) });
    await proxy.stop();
    const posted = board.postTask(memo);
    const read = board.listTasks();
    while (!retries.includes('server_unreachable')) await new Promise(resolve => setImmediate(resolve));
    await proxy.restart();
    expect((await posted).event.sequence_id).toBe(2);
    expect((await read).length).toBeGreaterThan(0);
    await board.close();
  });
});
