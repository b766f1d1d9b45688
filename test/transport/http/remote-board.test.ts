import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Chief } from '../../../board/agents/chief.ts';
import { Ombudsman } from '../../../board/agents/ombudsman.ts';
import { Worker } from '../../../board/agents/worker.ts';
import { WorkerPool } from '../../../board/agents/worker-pool.ts';

import { createToken, revokeToken } from '../../../board/service/index.ts';
import {
  httpNetwork,
  type RemoteBoard,
  type RemoteBoardOptions,
  remoteBoard,
} from '../../../board/transport/http/index.ts';
import { until } from '../../agents/office.ts';
import { serve } from '../../service/served.ts';
import { FINE, flakyProxy, type Mishap } from '../../support/flaky-proxy.ts';

async function remote(url: string, options: Partial<RemoteBoardOptions> = {}): Promise<RemoteBoard> {
  const board = await remoteBoard({ url, onError: () => undefined, ...options });
  onTestFinished(() => board.close());
  return board;
}

const MEMO = { task_type: 'memo', label: 'x' };
const CARD = { name: 'ann', url: 'a2a://ann', version: '1', capabilities: ['memo'], description: '' };

const TICK = {
  tick_id: 'x',
  started_at: 1,
  ended_at: 2,
  statuses_scanned: [],
  tasks_scanned: 0,
  stale_count: 0,
  error: null,
};

describe('remoteBoard', () => {
  it('reads what the board itself does', async () => {
    const { board, service } = await serve();
    const there = await remote(service.url);
    await there.registerAgent({ agent_id: 'ann', ...CARD });
    const ids: string[] = [];
    for (let count = 0; count < 7; count++) ids.push((await there.postTask(MEMO)).task.task_id);
    expect(await there.board()).toEqual(await board.board());
    expect(await there.events(2, 3)).toEqual(await board.events(2, 3));
    expect(await there.events(0, 5000)).toEqual(await board.events(0, 5000));
    expect(await there.listAgents()).toEqual(await board.listAgents());
    const byId = (a: { task_id: string }, b: { task_id: string }) => (a.task_id < b.task_id ? -1 : 1);
    expect([...(await there.tasksById([...ids, 'none']))].sort(byId)).toEqual(
      [...(await board.tasksById(ids))].sort(byId),
    );
    expect(await there.tasksById([])).toEqual([]);
    expect(there.traceSampleRatio).toBe(board.traceSampleRatio);
    expect(there.url).toBe(`${service.url}/`);
  });

  it('asks for no more tasks at a time than a service gives', async () => {
    const { service } = await serve();
    const there = await remote(service.url);
    const letters = Array.from({ length: 700 }, (_, index) => String.fromCodePoint(0x4e00 + index));
    expect(await there.tasksById([...'abc', ...letters])).toEqual([]);
    expect(await there.tasksById(Array.from({ length: 900 }, (_, index) => String(index % 10)))).toEqual([]);
  });

  it('reads any number of tasks with ids of any length', async () => {
    const { service } = await serve();
    const there = await remote(service.url);
    const ids = Array.from({ length: 600 }, (_, index) => `ä&=?#${'x'.repeat(index % 150)}${index}`);
    for (let from = 0; from < ids.length; from += 200) {
      await there.postTasks(ids.slice(from, from + 200).map(task_id => ({ ...MEMO, task_id })));
    }
    const found = await there.tasksById(ids);
    expect(found.map(({ task_id }) => task_id).sort()).toEqual([...ids].sort());
  });

  it('refuses what is no address of a service', async () => {
    for (const url of ['', 'a2a://board', 'http://ada:secret@127.0.0.1:1']) {
      await expect(remoteBoard({ url })).rejects.toMatchObject({ code: 'invalid_configuration' });
    }
    await expect(remoteBoard({ url: 'http://127.0.0.1:1', silenceSeconds: 0 })).rejects.toThrow(/silenceSeconds/);
    const { service } = await serve();
    await service.close(0);
    for (const [url, message] of [
      [service.url, 'nobody listens there'],
      ['http://127.0.0.1:1', 'a port that HTTP clients refuse'],
    ] as const) {
      await expect(remoteBoard({ url, patienceMs: 0 })).rejects.toMatchObject({
        code: 'delivery_failed',
        message: expect.stringContaining(message),
      });
    }
  });

  it('waits for a service that is about to start', async () => {
    const { service, board } = await serve();
    const { port } = service.address;
    await service.close(0);
    const opening = remote(`http://127.0.0.1:${port}`, { patienceMs: 20_000 });
    await sleep(300);
    await serve({ port }, {}, board);
    expect((await (await opening).board()).board_uid).toBe(board.boardUid);
  });

  it('notices that another board is served there', async () => {
    const { service } = await serve();
    const { port } = service.address;
    const there = await remote(service.url);
    await service.close(0);
    await serve({ port });
    await expect(there.board()).rejects.toMatchObject({
      code: 'board_not_found',
      message: expect.stringContaining('serves another board now'),
    });
  });

  it('a service that stops is waited for, and each write happens once', async () => {
    const { service, board } = await serve();
    const there = await remote(service.url);
    const { port } = service.address;
    const posts: Promise<unknown>[] = [];
    let isPosting = true;
    const posting = (async () => {
      for (let count = 0; isPosting; count++) {
        posts.push(there.postTask({ ...MEMO, label: `n${count}` }));
        await sleep(5);
      }
    })();
    await sleep(100);
    await service.close(1);
    await sleep(200);
    await serve({ port }, {}, board);
    await sleep(100);
    isPosting = false;
    await posting;
    await Promise.all(posts);
    const labels = (await board.listTasks()).map(({ label }) => label);
    expect(labels.length).toBe(posts.length);
    expect(new Set(labels).size).toBe(posts.length);
  });

  it('closed, refuses', async () => {
    const { service } = await serve();
    const there = await remote(service.url);
    await there.close();
    await there.close();
    await expect(there.getTask('t')).rejects.toMatchObject({ code: 'closed' });
    await expect(there.board()).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('agents on a board elsewhere', () => {
  it('a Chief, workers and an Ombudsman in three processes’ places have the service alone in common', async () => {
    const { board, service } = await serve();
    const reported: string[] = [];
    const onError = (what: string, error: unknown) => void reported.push(`${what}: ${String(error)}`);
    const [office, shop] = [await remote(service.url), await remote(service.url)];
    const began: number[] = [];
    const pool = new WorkerPool({
      board: shop,
      network: httpNetwork(),
      name: 'shop',
      capabilities: {
        memo: {
          workers: 3,
          execute: async ({ fence }) => {
            began.push(fence);
            await sleep(5);
            return 'done';
          },
        },
      },
      onError,
    });
    const pollSeconds = 0.1;
    await shop.run({ workers: pool, pollSeconds, onError });
    await office.run({
      chief: new Chief({ board: office, network: httpNetwork(), onError }),
      ombudsman: new Ombudsman({ board: office, onError }),
      pollSeconds,
      tickSeconds: 0.5,
      onError,
    });
    await board.postTasks(Array.from({ length: 40 }, (_, index) => ({ ...MEMO, task_id: `t${index}` })));
    await until(async () => (await board.listTasks()).every(task => task.finished_at !== null));
    expect(began).toHaveLength(40);
    expect(new Set(began).size).toBe(40);
    await office.close();
    await shop.close();
    expect((await board.listAgents()).map(({ status }) => status)).toEqual(['OFFLINE', 'OFFLINE', 'OFFLINE']);
    expect((await board.call('board.list_leases', {})).leases.map(({ holder }) => holder)).toEqual([null, null]);
    expect(reported.filter(text => !text.startsWith('The event stream'))).toEqual([]);
  });

  it('the Chief reaches a worker at its http address, and the worker wakes the Chief', async () => {
    const { board, service } = await serve();
    const [office, shop] = [await remote(service.url), await remote(service.url)];
    const [theirs, ours] = [httpNetwork({ token: 'k' }), httpNetwork({ token: 'k' })];
    onTestFinished(() => Promise.all([theirs.close(), ours.close()]).then(() => undefined));
    const { url: chiefUrl } = await ours.listen({ token: 'k' });
    const { url: workerUrl } = await theirs.listen({ token: 'k' });
    const worker = new Worker({
      agentId: 'ada',
      capabilities: ['memo'],
      url: `${workerUrl}/ada`,
      wakes: `${chiefUrl}/chief`,
      board: shop,
      network: theirs,
      execute: async () => 'done',
    });
    await worker.start();
    const chief = new Chief({ board: office, network: ours, url: `${chiefUrl}/chief` });
    const wakes: string[] = [];
    chief.onWake(trigger => void wakes.push(trigger));
    chief.start();
    await board.postTasks([
      { ...MEMO, task_id: 'a' },
      { ...MEMO, task_id: 'b' },
    ]);
    await chief.wake('seed');
    // The second goes out on the wake that ends the first: nobody watches the board here.
    await until(async () => (await board.listTasks()).every(task => task.finished_at !== null));
    expect(wakes.slice(0, 2)).toEqual(['seed', 'worker']);
    await chief.close();
    await worker.close();
    expect((await board.listAgents())[0]?.status).toBe('OFFLINE');
  });

  it('over a line that fails all the time, no assignment is worked on twice and every task ends', async () => {
    const { board, service } = await serve({ requestsPerMinute: 0 });
    const proxy = await flakyProxy(service.url);
    let requests = 0;
    const mishaps: readonly Mishap[] = [
      { delivers: true, reply: 'reset' },
      { delivers: false, reply: 'reset' },
      { delivers: true, reply: 'half' },
      { delivers: false, reply: 'busy' },
      { delivers: true, reply: 'page_502' },
      { delivers: false, reply: 'end' },
    ];
    proxy.happen(() => (++requests % 4 === 0 ? (mishaps[(requests / 4) % mishaps.length] ?? FINE) : FINE));
    const limits = { timeoutMs: 2000, patienceMs: 20_000 };
    const [office, shop] = [await remote(proxy.url, limits), await remote(proxy.url, limits)];
    const quiet = { onError: () => undefined };
    const began: number[] = [];
    const execute = async ({ fence }: { fence: number }) => {
      began.push(fence);
      await sleep(10);
      return 'done';
    };
    const pool = new WorkerPool({
      ...quiet,
      board: shop,
      network: httpNetwork(),
      capabilities: { memo: { workers: 3, execute } },
    });
    const pollSeconds = 0.1;
    await shop.run({ ...quiet, workers: pool, pollSeconds });
    const chief = new Chief({ ...quiet, board: office, network: httpNetwork() });
    await office.run({ ...quiet, chief, pollSeconds, redeliverSeconds: 0.5, leaseSeconds: 5 });
    await board.postTasks(Array.from({ length: 25 }, (_, index) => ({ ...MEMO, task_id: `t${index}` })));
    await until(async () => {
      await sleep(20);
      return (await board.listTasks()).every(task => task.finished_at !== null);
    });
    expect(new Set(began).size).toBe(began.length);
    expect((await board.listTasks()).map(({ output }) => output)).toEqual(Array.from({ length: 25 }, () => 'done'));
    proxy.happen(() => FINE);
  });

  it('a Chief whose line is cut stands by before another takes over, and leads again when it can', async () => {
    const { board, service } = await serve({ requestsPerMinute: 0 });
    const proxy = await flakyProxy(service.url);
    const [cut, other] = [await remote(proxy.url, { timeoutMs: 1000, patienceMs: 2000 }), await remote(service.url)];
    const lost: { readonly at: number; readonly what: string }[] = [];
    const onError = (what: string) => void lost.push({ at: performance.now(), what });
    const startChief = (on: RemoteBoard, report: (what: string) => void) =>
      on.run({
        chief: new Chief({ board: on, network: httpNetwork(), onError: report }),
        leaseSeconds: 2,
        pollSeconds: 0.1,
        onError: report,
      });
    const first = await startChief(cut, onError);
    const second = await startChief(other, () => undefined);
    expect([first.roles, second.roles]).toEqual([['chief:chief'], []]);
    // What it sends now arrives nowhere, and it hears nothing.
    proxy.happen(() => ({ delivers: false, reply: 'silence' }));
    await until(() => second.roles.length > 0);
    const takenOver = performance.now();
    expect(first.roles).toEqual([]);
    expect(lost.find(({ what }) => what.includes('was lost'))?.at).toBeLessThan(takenOver);
    await board.registerAgent({ agent_id: 'ann', ...CARD });
    await board.postTask(MEMO);
    await until(async () => (await board.listTasks())[0]?.status === 'IN_PROGRESS');
    // Under the old term nothing is written any more, however late it arrives.
    const late = other.call('board.record_tick', TICK, { lease: { role: 'chief:chief', term: 1 } });
    await expect(late).rejects.toMatchObject({ code: 'lease_lost' });
    proxy.happen(() => FINE);
    await second.close();
    await until(() => first.roles.length > 0);
    expect((await board.call('board.list_leases', {})).leases).toMatchObject([{ role: 'chief:chief', term: 3 }]);
  });

  it('`read` and `work` are enough for everybody who works; a token that is revoked is refused, in the stream too', async () => {
    const { board, service } = await serve();
    const [{ token, token_id }, reader] = [
      await createToken(board, { name: 'crew', permissions: ['read', 'work'] }),
      await createToken(board, { name: 'reader', permissions: ['read'] }),
    ];
    await until(async () => (await fetch(`${service.url}/board`)).status === 401);
    await expect(remoteBoard({ url: service.url })).rejects.toMatchObject({ code: 'unauthorized' });
    const reported: string[] = [];
    const onError = (what: string, error: unknown) => void reported.push(`${what}: ${String(error)}`);
    const there = await remote(service.url, { token, onError });
    const network = httpNetwork();
    const worker = { agentId: 'ann', capabilities: ['memo'], url: 'a2a://ann', board: there, network, onError };
    await there.run({
      chief: new Chief({ board: there, network, onError }),
      workers: new Worker({ ...worker, execute: () => 'done' }),
      ombudsman: new Ombudsman({ board: there, onError }),
      pollSeconds: 0.1,
    });
    const { task } = await board.postTask(MEMO);
    await until(async () => (await board.getTask(task.task_id)).task.finished_at !== null);
    expect(reported).toEqual([]);
    expect((await board.taskHistory(task.task_id)).map(({ actor }) => actor)).toEqual([null, 'chief', 'ann', 'ann']);
    await expect(there.postTask(MEMO)).rejects.toMatchObject({ code: 'forbidden' });
    const readsOnly = await remote(service.url, { token: reader.token });
    await expect(readsOnly.putData('k', 1)).rejects.toMatchObject({ code: 'forbidden' });
    expect((await readsOnly.listAgents()).length).toBe(1);
    await revokeToken(board, token_id);
    await until(async () => {
      await sleep(50);
      return (await there.board().catch(error => error)).code === 'unauthorized';
    });
    await until(() => reported.some(text => text.includes('The event stream of')));
    expect(reported.join()).not.toContain(token);
  });
});
