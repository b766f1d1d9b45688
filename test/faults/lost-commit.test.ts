import { describe, expect, it, onTestFinished } from 'vitest';
import type { Board } from '../../board/board.ts';
import { checkLog } from '../../board/check/check.ts';
import { openBoard } from '../../board/open-board.ts';
import { backendOfUrl } from '../support/backend-of-url.ts';
import { mysqlServer, newDatabase, postgresServer, type TestServer } from '../support/servers.ts';
import { type Cut, type CuttingProxy, cuttingProxy } from './cutting-proxy.ts';

const SERVERS: readonly (readonly [name: string, server: TestServer])[] = [
  ['PostgreSQL', postgresServer()],
  ['MariaDB', mysqlServer()],
];

interface Fixture {
  /** A board that reaches its server through the proxy. */
  readonly board: Board;
  readonly proxy: CuttingProxy;
  /** Why commits were tried again, or what was found out. */
  readonly retries: string[];
}

/** A new database, reached through a proxy. */
async function proxyTo(server: TestServer): Promise<{ readonly url: string; readonly proxy: CuttingProxy }> {
  const url = new URL(await newDatabase(server));
  const proxy = await cuttingProxy(url.hostname, Number(url.port));
  onTestFinished(() => proxy.close());
  url.port = String(proxy.port);
  return { url: url.href, proxy };
}

async function boardBehindProxy(server: TestServer): Promise<Fixture> {
  const { url, proxy } = await proxyTo(server);
  const board = await openBoard({ backend: backendOfUrl(url), taskTypes: { memo: 'fast' } });
  const retries: string[] = [];
  board.attachMeter({ commit: () => undefined, refusal: () => undefined, retry: reason => retries.push(reason) });
  onTestFinished(async () => {
    proxy.setReachable(true);
    await board.close();
  });
  return { board, proxy, retries };
}

const memo = (task_id: string) => ({ task_type: 'memo', label: task_id, task_id });

describe.each(SERVERS)('a connection lost at the commit: %s', (_name, server) => {
  const skips = it.skipIf(server.skip !== undefined);
  const title = server.skip === undefined ? '' : ` (skipped: ${server.skip})`;

  const WAYS: readonly (readonly [what: string, cuts: readonly Cut[], retries: readonly string[]])[] = [
    ['whose answer is lost is found to be written', ['answer'], ['connection_lost', 'commit_answer_lost']],
    ['that never arrived is made again', ['request'], ['connection_lost']],
    [
      'that never arrived, and whose answer is lost the second time',
      ['request', 'answer'],
      ['connection_lost', 'connection_lost', 'commit_answer_lost'],
    ],
    [
      'whose answer is lost, and so is that to the question',
      ['answer', 'answer'],
      ['connection_lost', 'commit_answer_lost', 'connection_lost', 'commit_answer_lost'],
    ],
  ];

  skips.each(WAYS)(`a commit %s${title}`, async (_what, cuts, expected) => {
    const { board, proxy, retries } = await boardBehindProxy(server);
    await board.postTask(memo('before'));
    proxy.cutNext(...cuts);
    // Without a key: what is told must be true by itself.
    const { event } = await board.postTask(memo('cut'));
    expect(proxy.cuts).toBe(cuts.length);
    expect(retries).toEqual(expected);
    await board.postTask(memo('after'));
    const { events } = await board.streamEvents();
    expect(events.map(each => each.task_id)).toEqual(['before', 'cut', 'after']);
    expect(event.sequence_id).toBe(2);
    expect((await checkLog(board)).faults).toEqual([]);
  });

  skips(`the very first commit, which makes the board, is no exception${title}`, async () => {
    const { url, proxy } = await proxyTo(server);
    const migrating = backendOfUrl(url);
    await migrating.open();
    await migrating.close();
    proxy.cutNext('answer', 'request');
    const first = await openBoard({ backend: backendOfUrl(url), taskTypes: { memo: 'fast' } });
    const second = await openBoard({ backend: backendOfUrl(url), mustExist: true });
    expect(proxy.cuts).toBe(2);
    expect(second.boardUid).toBe(first.boardUid);
    expect((await second.board()).profiles_version).toBe(1);
    await Promise.all([first.close(), second.close()]);
  });

  skips(`a batch whose answer is lost gives every command its own${title}`, async () => {
    const { board, proxy } = await boardBehindProxy(server);
    await board.postTask(memo('taken'));
    proxy.cutNext('answer');
    const answers = await Promise.allSettled([
      board.postTask(memo('a')),
      board.postTask(memo('taken')),
      board.postTask(memo('b'), { idempotencyKey: 'k' }),
    ]);
    expect(answers.map(answer => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const { events } = await board.streamEvents();
    expect(events.map(each => each.task_id)).toEqual(['taken', 'a', 'b']);
  });

  skips(`a server that stays away leaves it unknown, and says so; under its key it happens once${title}`, async () => {
    const { board, proxy } = await boardBehindProxy(server);
    proxy.cutNext('answer');
    const posted = board.postTask(memo('unknown'), { idempotencyKey: 'k' });
    while (proxy.cuts === 0) await new Promise(resolve => setImmediate(resolve));
    proxy.setReachable(false);
    await expect(posted).rejects.toMatchObject({ code: 'storage_uncertain' });
    await expect(board.postTask(memo('refused'))).rejects.toMatchObject({ code: 'storage_unavailable' });
    proxy.setReachable(true);
    const { event } = await board.postTask(memo('unknown'), { idempotencyKey: 'k' });
    const { events } = await board.streamEvents();
    expect(events).toEqual([event]);
  });
});
