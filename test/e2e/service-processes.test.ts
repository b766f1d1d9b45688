import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { type RemoteBoard, remoteBoard } from '../../board/transport/http/index.ts';
import type { BegunWork, NewsroomProcessOptions } from '../support/newsroom-process.ts';
import { quadro, startQuadro } from '../support/run-quadro.ts';
import { newDatabase, postgresServer } from '../support/servers.ts';
import { tempDir } from '../support/temp.ts';

const SCRIPT = join(import.meta.dirname, '../support/newsroom-process.ts');

/** Tasks posted in one go, again and again while processes are killed. */
const POSTED_AT_ONCE = 4;

/** A process that can be killed and started again. */
interface Victim {
  readonly name: string;
  child: ChildProcess;
  /** Resolves when it runs. */
  ready: Promise<unknown>;
  /** Starts it again. */
  start(): void;
}

/** Receives spans as OTLP JSON, and keeps them in a file as they came. */
async function spansFile(file: string): Promise<string> {
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    appendFileSync(file, `${plain.toString('utf8').trim()}\n`);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function part(options: NewsroomProcessOptions): Victim {
  const launch = (): ChildProcess =>
    spawn(process.execPath, ['--no-warnings', SCRIPT, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const readyOf = ({ stdout }: ChildProcess): Promise<unknown> =>
    stdout === null ? Promise.resolve() : once(stdout, 'data');
  const child = launch();
  const victim: Victim = {
    name: options.name,
    child,
    ready: readyOf(child),
    start: () => {
      victim.child = launch();
      victim.ready = readyOf(victim.child);
    },
  };
  onTestFinished(() => void victim.child.kill('SIGKILL'));
  return victim;
}

function exporter(databaseUrl: string, receiver: string): Victim {
  const args = [
    'spans',
    databaseUrl,
    '--otlp',
    receiver,
    '--protocol',
    'http/json',
    '--follow',
    '--lease-seconds',
    '3',
  ];
  const victim: Victim = {
    name: 'exporter',
    child: startQuadro(args).child,
    ready: Promise.resolve(),
    start: () => {
      victim.child = startQuadro(args).child;
    },
  };
  onTestFinished(() => void victim.child.kill('SIGKILL'));
  return victim;
}

/** Ends it as no handler can see. */
async function kill({ child }: Victim): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  expect(await gone).toEqual([null, 'SIGKILL']);
}

/** Lets it close in order. */
async function stop({ name, child }: Victim): Promise<void> {
  const gone = once(child, 'exit');
  child.stdin?.end();
  expect([name, ...(await gone)]).toEqual([name, 0, null]);
}

function begunIn(notes: string): readonly BegunWork[] {
  if (!existsSync(notes)) return [];
  const lines = readFileSync(notes, 'utf8').split('\n').slice(0, -1);
  return lines.map(line => JSON.parse(line) as BegunWork);
}

function shuffled<Item>(items: readonly Item[]): readonly Item[] {
  return items
    .map(item => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Posts without a pause until it is told to stop; answers how many. */
function keepPosting(board: RemoteBoard): { stop(): Promise<number> } {
  let isPosting = true;
  let posted = 0;
  const posting = (async () => {
    while (isPosting) {
      const tasks = Array.from({ length: POSTED_AT_ONCE }, (_, index) => ({
        task_type: 'article',
        label: `bees ${posted + index}`,
      }));
      await board.postTasks(tasks);
      posted += tasks.length;
      await sleep(700);
    }
  })();
  return {
    stop: async () => {
      isPosting = false;
      await posting;
      return posted;
    },
  };
}

const { skip } = postgresServer();

it.skipIf(skip !== undefined)(
  'eight processes with a service between them, each killed once while work goes on',
  async () => {
    const databaseUrl = await newDatabase(postgresServer());
    const dir = tempDir();
    const [notes, received] = [join(dir, 'begun.ndjson'), join(dir, 'spans.ndjson')];
    const [port, receiver] = [await freePort(), await spansFile(received)];
    const options = { databaseUrl, port, notes, workers: {} };
    const service = part({ ...options, part: 'service', name: 'service' });
    await service.ready;
    const chief = part({ ...options, part: 'chief', name: 'chief' });
    const crews: readonly Readonly<Record<string, number>>[] = [
      { writing: 1 },
      { writing: 1 },
      { writing: 1 },
      { review: 1 },
      { writing: 1, review: 1 },
    ];
    const desks = crews.map((workers, index) => part({ ...options, part: 'workers', name: `desk${index}`, workers }));
    const follower = exporter(databaseUrl, receiver);
    const victims = [service, chief, ...desks, follower];
    expect(victims).toHaveLength(8);
    await Promise.all(victims.map(({ ready }) => ready));

    const board = await remoteBoard({ url: `http://127.0.0.1:${port}`, timeoutMs: 3000, patienceMs: 60_000 });
    onTestFinished(() => board.close());
    const posting = keepPosting(board);
    while (begunIn(notes).length === 0) await sleep(50);
    for (const victim of shuffled(victims)) {
      await sleep(300 + 1500 * Math.random());
      const before = begunIn(notes).length;
      await kill(victim);
      await sleep(600 * Math.random());
      victim.start();
      await victim.ready;
      // Work goes on before the next one dies.
      while (begunIn(notes).length === before) await sleep(50);
    }
    const posted = await posting.stop();

    const unfinished = async (): Promise<number> =>
      (await board.listTasksByStatus(['UNASSIGNED', 'writing', 'written', 'reviewing', 'STALE'])).tasks.length;
    while ((await unfinished()) > 0) await sleep(200);
    const { tasks } = await board.listTasksByStatus(['published']);
    expect(tasks).toHaveLength(posted);
    expect(new Set(tasks.map(({ label }) => label)).size).toBe(posted);
    expect(tasks.every(({ output }) => output?.startsWith('an article on bees'))).toBe(true);

    const fences = begunIn(notes).map(({ fence }) => fence);
    expect(new Set(fences).size).toBe(fences.length);
    expect(fences.length).toBeGreaterThanOrEqual(2 * posted);

    // Nobody says goodbye for a process that was killed.
    const [lost, ...others] = desks;
    if (lost !== undefined) await kill(lost);
    const statusOf = async (agentId: string): Promise<string | undefined> =>
      (await board.listAgents()).find(({ agent_id }) => agent_id === agentId)?.status;
    while ((await statusOf('desk0_writing_worker_1')) !== 'OFFLINE') await sleep(200);
    for (const desk of others) await stop(desk);
    await stop(chief);
    const agents = await board.listAgents();
    expect(agents.map(({ agent_id, status }) => [agent_id, status])).toEqual(
      agents.map(({ agent_id }) => [agent_id, 'OFFLINE']),
    );
    expect(agents).toHaveLength(6);
    await board.close();
    await stop(service);

    const checked = await quadro(['check', databaseUrl]);
    expect([checked.status, checked.stderr]).toEqual([0, '']);
    let verified = await quadro(['spans', databaseUrl, '--verify', received]);
    // The exporter follows; it is given the time it needs.
    for (let tries = 0; verified.status !== 0 && tries < 20; tries++) {
      await sleep(500);
      verified = await quadro(['spans', databaseUrl, '--verify', received]);
    }
    expect([verified.status, verified.stdout]).toEqual([0, expect.any(String)]);
    const ended = once(follower.child, 'exit');
    follower.child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  },
  300_000,
);
