import { writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { moveTo, WorkerPool } from '../../board/index.ts';
import { httpNetwork, remoteBoard } from '../../board/transport/http/index.ts';
import { cuttingProxy } from '../faults/cutting-proxy.ts';
import { otlpReceiver } from '../otel/otlp-receiver.ts';
import { sampleOf } from '../support/exposition.ts';
import { quadro, quadroJson, type Running, startQuadro } from '../support/run-quadro.ts';
import { newDatabase, postgresServer } from '../support/servers.ts';
import { tempDir } from '../support/temp.ts';

/** A service of its own process, on a free port. */
async function serve(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ service: Running; url: string }> {
  const service = startQuadro(['serve', ...args, '--port', '0'], { env });
  onTestFinished(() => void service.child.kill('SIGKILL'));
  const [, url = ''] = await service.saw(/^serving (\S+)\n/m);
  return { service, url };
}

/** A gate that keeps whoever asks waiting until it is told. */
async function slowGate(): Promise<{ url: string; asked: Promise<void>; allow: () => void }> {
  const waiting: ServerResponse[] = [];
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    request.resume();
    waiting.push(response);
    resolve();
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const allow = (): void => {
    for (const response of waiting) response.end(JSON.stringify({ verdict: 'allow' }));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, allow };
}

function postTo(url: string, task: object): Promise<Response> {
  return fetch(`${url}/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(task),
  });
}

/** Tries until it comes true; the test's own limit ends it. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(50);
}

/** Whether whoever comes now is turned away: the listener is closed, and a connection that is still there gets 503. */
function takesNoWork(url: string): Promise<boolean> {
  return fetch(`${url}/tasks`).then(
    ({ status }) => status === 503,
    () => true,
  );
}

const gateFlags = (url: string): string[] => ['--admission-url', url, '--admission-timeout-seconds', '600'];

describe('quadro serve', () => {
  it('posts, reads and moves tasks for who has a token, tells it all in its log, and holds no token or payload there', async () => {
    const dir = tempDir();
    const file = join(dir, 'board.db');
    const { token } = await quadroJson<{ token: string }>([
      ...['token', 'create', file, '--name', 'ci', '--allow', 'read,post,work'],
    ]);
    writeFileSync(join(dir, 'token'), `${token}\n`);
    const { service, url } = await serve([file]);
    const how = { env: { QUADRO_TOKEN: token } };
    const { task: posted } = await quadroJson<{ task: { task_id: string } }>(
      ['post', url, 'memo', 'a secret plan', '--key', 'k1'],
      how,
    );
    const { task: again } = await quadroJson<{ task: { task_id: string } }>(
      ['post', url, 'memo', 'a secret plan', '--key', 'k1'],
      how,
    );
    expect(again.task_id).toBe(posted.task_id);
    const { task_id } = posted;
    expect((await quadro(['list', url], how)).stdout).toContain('a secret plan');
    expect((await quadro(['list', file])).stdout).toBe((await quadro(['list', url], how)).stdout);
    const moved = await quadro([
      'update',
      url,
      task_id,
      'HUMAN_REVIEW',
      '--reason',
      'look',
      '--token-file',
      join(dir, 'token'),
    ]);
    expect(moved).toEqual({ status: 0, stdout: `${task_id}  HUMAN_REVIEW  a secret plan\n`, stderr: '' });
    const shown = await quadroJson<{ events: { actor: string }[] }>(['show', url, task_id], how);
    expect(shown.events.map(({ actor }) => actor)).toEqual(['ci', 'ci']);
    expect(await quadroJson(['show', file, task_id])).toEqual(shown);
    expect((await quadro(['archive', url, task_id], how)).status).toBe(0);
    const refused = await quadro(['list', url]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/^quadro: This needs a token .*\(unauthorized\)\n$/);
    const { status, stdout } = await service.stop('SIGTERM');
    expect(status).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(lines.filter(({ log, token: name }) => log === 'audit' && name === 'ci').length).toBeGreaterThanOrEqual(3);
    expect(stdout).not.toContain('secret plan');
    expect(stdout).not.toContain(token.slice(-43));
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s: what is under way is finished, and then it ends with 0',
    async signal => {
      const gate = await slowGate();
      const { service, url } = await serve([join(tempDir(), 'b.db'), ...gateFlags(gate.url), '--grace-seconds', '600']);
      const post = postTo(url, { task_type: 'memo', label: 'under way' });
      await gate.asked;
      service.child.kill(signal);
      await until(() => takesNoWork(url));
      gate.allow();
      expect((await post).status).toBe(201);
      expect((await service.ended).status).toBe(0);
    },
  );

  it('what is not finished within the grace is cut, and it ends with 1', async () => {
    const gate = await slowGate();
    const { service, url } = await serve([join(tempDir(), 'b.db'), ...gateFlags(gate.url), '--grace-seconds', '1']);
    const post = postTo(url, { task_type: 'memo', label: 'under way' }).then(
      answer => answer.status,
      () => 'cut',
    );
    await gate.asked;
    const { status, stdout } = await service.stop('SIGTERM');
    expect(status).toBe(1);
    expect(await post).not.toBe(201);
    expect(stdout).toContain('"in_flight":1');
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('a second %s ends it at once, with %i', async (signal, code) => {
    const gate = await slowGate();
    const { service, url } = await serve([join(tempDir(), 'b.db'), ...gateFlags(gate.url), '--grace-seconds', '600']);
    const post = postTo(url, { task_type: 'memo', label: 'under way' }).then(
      () => 'answered',
      () => 'cut',
    );
    await gate.asked;
    service.child.kill(signal);
    await until(() => takesNoWork(url));
    expect((await service.stop(signal)).status).toBe(code);
    expect(await post).toBe('cut');
  });

  it('says at /ready that it stops while it still answers everything, for as long as it drains', async () => {
    const { service, url } = await serve([join(tempDir(), 'b.db'), '--drain-seconds', '5']);
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    service.child.kill('SIGTERM');
    await until(async () => (await fetch(`${url}/ready`)).status === 503);
    expect((await postTo(url, { task_type: 'memo', label: 'late' })).status).toBe(201);
    expect((await service.ended).status).toBe(0);
  });

  it('a reader of its log that goes away does not end it', async () => {
    const { service, url } = await serve([join(tempDir(), 'b.db')]);
    service.child.stdout?.destroy();
    for (let post = 0; post < 5; post++) {
      expect((await postTo(url, { task_type: 'memo', label: 'still there' })).status).toBe(201);
      await sleep(20);
    }
    const { status, stderr } = await service.stop('SIGTERM');
    expect(status).toBe(0);
    expect(stderr).toContain('stdout does not take the log: lines are left out, and it goes on\n');
  });

  it('has its Chief and Ombudsman get work done by workers elsewhere, and its figures at /metrics', async () => {
    const dir = tempDir();
    const config = join(dir, 'quadro.yaml');
    const file = join(dir, 'board.db');
    writeFileSync(
      config,
      `database_url: ${file}\nchief: true\nombudsman: true\ntick_seconds: 1\ntask_types: { memo: memo }\nlifecycles:\n` +
        '  - { name: memo, phases: [[UNASSIGNED, writing], [writing, sent]], routes: { UNASSIGNED: { to_status: writing, capability: writer } } }\n',
    );
    const { service, url } = await serve([], { QUADRO_CONFIG: config });
    const board = await remoteBoard({ url });
    const execute = async (): Promise<unknown> => moveTo('sent', { output: 'Dear Ann' });
    const capabilities = { writer: { execute, activeStatus: 'writing', workers: 2 } };
    const pool = new WorkerPool({ board, network: httpNetwork(), name: 'desk', capabilities });
    await board.run({ workers: pool });
    await quadro(['post', url, 'memo', 'To Ann', '--id', 'ann']);
    await until(async () => (await board.getTask('ann')).task.status === 'sent');
    expect((await board.getTask('ann')).task.output).toBe('Dear Ann');
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(sampleOf(metrics, 'quadro_task_transitions_total', { to_status: 'sent' })).toBe(1);
    expect(sampleOf(metrics, 'quadro_service_event_streams')).toBeGreaterThanOrEqual(1);
    const posted = { method: 'POST', route: '/a2a', status: '200' };
    expect(sampleOf(metrics, 'quadro_service_requests_total', posted)).toBeGreaterThan(3);
    await board.close();
    expect((await service.stop('SIGTERM')).status).toBe(0);
    expect((await quadro(['check', file])).stdout).toContain('The log is whole');
  });

  it('sends its spans and is not ready while they lag, and its exit code says whether all are sent', async () => {
    const file = join(tempDir(), 'b.db');
    const receiver = await otlpReceiver();
    onTestFinished(() => receiver.close());
    const flags = [file, '--otlp-url', receiver.url, '--max-exporter-lag-events', '1', '--grace-seconds', '5'];
    const ready = async (url: string): Promise<number> => (await fetch(`${url}/ready`)).status;
    const first = await serve(flags);
    const { task } = await quadroJson<{ task: { task_id: string } }>(['post', first.url, 'memo', 'To Ann']);
    await quadro(['update', first.url, task.task_id, 'HUMAN_REVIEW']);
    expect((await first.service.stop('SIGTERM')).status).toBe(0);
    const names = ['stage UNASSIGNED', 'task memo'];
    expect(receiver.spans.map(({ name }) => name).sort()).toEqual(names);

    // All has been sent, and nothing new comes.
    const second = await serve(flags);
    await until(async () => (await ready(second.url)) === 200);
    receiver.judge = () => ({ status: 503 });
    for (const label of ['To Bob', 'To Cid']) {
      const { task: other } = await quadroJson<{ task: { task_id: string } }>(['post', second.url, 'memo', label]);
      await quadro(['update', second.url, other.task_id, 'HUMAN_REVIEW']);
    }
    await until(async () => (await ready(second.url)) === 503);
    const { status, stdout } = await second.service.stop('SIGTERM');
    expect([status, stdout]).toEqual([1, expect.stringContaining('"spans wait"')]);
  });

  it('waits for a database server that is away, and ends with 0 where it is told to stop meanwhile', async ({
    skip,
  }) => {
    const server = postgresServer();
    if (server.url === null) return skip(server.skip);
    const url = new URL(await newDatabase(server));
    const proxy = await cuttingProxy(url.hostname, Number(url.port));
    onTestFinished(() => proxy.close());
    await proxy.stop();
    url.port = String(proxy.port);
    const secret = join(tempDir(), 'url');
    writeFileSync(secret, `${url.href}\n`);
    const start = (): Running => {
      const running = startQuadro(['serve', '--database-url-file', secret, '--port', '0', '--board', 'b']);
      onTestFinished(() => void running.child.kill('SIGKILL'));
      return running;
    };
    const stopped = start();
    await stopped.saw(/^waiting, and trying again: .*no server answers there/m);
    expect((await stopped.stop('SIGTERM')).status).toBe(0);
    const service = start();
    await service.saw(/^waiting, and trying again: /m);
    await proxy.restart();
    const [, at = ''] = await service.saw(/^serving (\S+)\n/m);
    expect((await postTo(at, { task_type: 'memo', label: 'here' })).status).toBe(201);
    await proxy.stop();
    await until(async () => (await fetch(`${at}/ready`)).status === 503);
    expect((await fetch(`${at}/health`)).status).toBe(200);
    await proxy.restart();
    await until(async () => (await fetch(`${at}/ready`)).status === 200);
    expect((await service.stop('SIGTERM')).status).toBe(0);
  });

  it.each<[readonly string[], RegExp]>([
    [
      ['--host', '0.0.0.0'],
      /Anybody who reaches 0.0.0.0 could do anything .*quadro token create.*\(invalid_configuration\)/,
    ],
    [['--host', 'no.such.host.invalid'], /could do anything|cannot listen/],
  ])('%j cannot start: it ends with 2 and one line', async (args, line) => {
    const { status, stderr } = await quadro(['serve', join(tempDir(), 'b.db'), '--port', '0', ...args]);
    expect(status).toBe(2);
    expect(stderr).toMatch(line);
    expect(stderr).toMatch(/^quadro: [^\n]+\n$/);
  });

  it('serves the only board of a database where none is named, and has one of several named', async () => {
    const file = join(tempDir(), 'boards.db');
    const newsOf = ['token', 'create', file, '--board', 'news', '--name', 'ci', '--allow', 'read'];
    const { token } = await quadroJson<{ token: string }>(newsOf);
    const { service, url } = await serve([file]);
    expect((await fetch(`${url}/board`)).status).toBe(401);
    const answer = await fetch(`${url}/board`, { headers: { authorization: `Bearer ${token}` } });
    expect(await answer.json()).toMatchObject({ board: { board_id: 'news' } });
    service.child.kill('SIGTERM');
    await service.ended;
    await quadro(['token', 'create', file, '--board', 'sports', '--name', 'ci', '--allow', 'read']);
    const { status, stderr } = await quadro(['serve', file, '--port', '0']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('several boards (news, sports): choose one')]);
  });

  it('a port that is taken is told in one line, and the process ends', async () => {
    const { url } = await serve([join(tempDir(), 'a.db')]);
    const { status, stderr } = await quadro(['serve', join(tempDir(), 'b.db'), '--chief', '--port', new URL(url).port]);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^quadro: The service cannot listen on 127.0.0.1 port \d+: [^\n]+\(invalid_configuration\)\n$/,
    );
  });
});
