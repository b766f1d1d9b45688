/**
 * A process of a newsroom whose parts have nothing but a service in common: the service, the Chief with the Ombudsman, or
 * workers. Prints `ready` once it runs, and closes in order when its stdin ends. What its workers begin goes to a file that
 * they share, a JSON line each, which outlives a `kill -9`.
 *
 *     node newsroom-process.ts '{"part":"workers","name":"desk1",…}'
 */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Chief } from '../../board/agents/chief.ts';
import type { WorkContext } from '../../board/agents/execution.ts';
import { moveTo } from '../../board/agents/move.ts';
import { Ombudsman } from '../../board/agents/ombudsman.ts';
import { messageOf } from '../../board/agents/surroundings.ts';
import { WorkerPool } from '../../board/agents/worker-pool.ts';
import { postgres } from '../../board/backends/postgres/index.ts';
import { lifecycle } from '../../board/core/lifecycle/builder.ts';
import { openBoard } from '../../board/open-board.ts';
import { httpNetwork, remoteBoard } from '../../board/transport/http/index.ts';

/** What a process of a newsroom is told. */
export interface NewsroomProcessOptions {
  readonly part: 'service' | 'chief' | 'workers';
  /** Begins the names of its agents. */
  readonly name: string;
  /** The database, for the service alone. */
  readonly databaseUrl: string;
  /** Where the service is. */
  readonly port: number;
  /** The file in which workers note what they begin. */
  readonly notes: string;
  /** Capability → how many workers of this process have it. */
  readonly workers: Readonly<Record<string, number>>;
}

/** What a worker has begun. */
export interface BegunWork {
  readonly task_id: string;
  readonly fence: number;
  readonly agent: string;
}

/** Silence after which work is taken for dead, in seconds. */
const TIMEOUT_SECONDS = 4;
const LEASE_SECONDS = 3;
/** How often a reviewer sends an article back. */
const REVISION_SHARE = 0.2;

const NEWSROOM = lifecycle('newsroom')
  .phase('UNASSIGNED', 'writing')
  .phase('writing', 'written')
  .phase('written', 'reviewing')
  .phase('reviewing', 'published')
  .revision('reviewing', 'written')
  .branch('writing', 'STALE')
  .branch('reviewing', 'STALE')
  .loop('STALE', 'UNASSIGNED')
  .kind('reviewing', 'review')
  .route('UNASSIGNED', 'writing', 'writing')
  .route('written', 'reviewing', 'review')
  .build();

const options = JSON.parse(process.argv[2] ?? '{}') as NewsroomProcessOptions;
const { part, name, port } = options;
const url = `http://127.0.0.1:${port}`;
const onError = (what: string, error: unknown): void => console.error(`${name}: ${what}: ${messageOf(error)}`);

function begin({ task, fence }: WorkContext, out: number): Promise<void> {
  const begun: BegunWork = { task_id: task.task_id, fence, agent: task.assigned_to ?? '' };
  writeSync(out, `${JSON.stringify(begun)}\n`);
  return sleep(30 + 250 * Math.random());
}

async function serveNewsroom(): Promise<() => Promise<unknown>> {
  const board = await openBoard({
    backend: postgres({ url: options.databaseUrl }),
    lifecycles: [NEWSROOM],
    taskTypes: { article: 'newsroom' },
  });
  await board.serve({ port, requestsPerMinute: 0, logger: pino(pino.destination(`${options.notes}.log`)) });
  return () => board.close();
}

async function runChief(): Promise<() => Promise<unknown>> {
  const board = await remoteBoard({ url, timeoutMs: 3000, patienceMs: 60_000, onError });
  const surroundings = { board, network: httpNetwork(), onError };
  await board.run({
    chief: new Chief(surroundings),
    ombudsman: new Ombudsman({
      ...surroundings,
      timeoutSeconds: TIMEOUT_SECONDS,
      workingStatuses: ['writing', 'reviewing'],
    }),
    leaseSeconds: LEASE_SECONDS,
    tickSeconds: 1,
    redeliverSeconds: 1,
    pollSeconds: 0.5,
  });
  return () => board.close();
}

async function runWorkers(): Promise<() => Promise<unknown>> {
  const board = await remoteBoard({ url, timeoutMs: 3000, patienceMs: 60_000, onError });
  const out = openSync(options.notes, 'a');
  const write = async (context: WorkContext): Promise<unknown> => {
    await begin(context, out);
    return moveTo('written', { output: `an article on ${context.task.label}` });
  };
  const review = async (context: WorkContext): Promise<unknown> => {
    await begin(context, out);
    return moveTo(Math.random() < REVISION_SHARE && (context.task.visits.reviewing ?? 0) < 3 ? 'written' : 'published');
  };
  const styles = {
    writing: { execute: write, activeStatus: 'writing', timeoutSeconds: TIMEOUT_SECONDS },
    review: { execute: review, activeStatus: 'reviewing', timeoutSeconds: TIMEOUT_SECONDS },
  };
  const capabilities = Object.entries(styles)
    .filter(([capability]) => (options.workers[capability] ?? 0) > 0)
    .map(([capability, style]) => [capability, { ...style, workers: options.workers[capability] ?? 1 }]);
  const pool = new WorkerPool({
    board,
    network: httpNetwork(),
    name,
    capabilities: Object.fromEntries(capabilities),
    onError,
  });
  await board.run({ workers: pool, pollSeconds: 0.5 });
  return () => board.close();
}

const PARTS = { service: serveNewsroom, chief: runChief, workers: runWorkers };

const close = await PARTS[part]();
process.stdin.resume().once('end', async () => {
  await close();
  process.exit();
});
process.stdout.write('ready\n');
