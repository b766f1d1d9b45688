/**
 * A process of several on one board: a Chief that leads or stands by, workers, and an Ombudsman. Prints `ready` once it
 * runs, and closes in order when its stdin ends. What its workers begin and what it reports goes to a file that it shares
 * with the others, a JSON line each, which outlives a `kill -9`.
 *
 *     node chief-worker.ts '{"url":…,"notes":…,"name":…,…}'
 */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Chief } from '../../board/agents/chief.ts';
import { Ombudsman } from '../../board/agents/ombudsman.ts';
import { messageOf } from '../../board/agents/surroundings.ts';
import { Worker } from '../../board/agents/worker.ts';
import { openBoard } from '../../board/open-board.ts';
import { localNetwork, type Network } from '../../board/transport/network.ts';
import { backendOfUrl } from './backend-of-url.ts';

/** What a process of chief-worker.ts is told. */
export interface ChiefWorkerOptions {
  /** The board: a server's URL, or a SQLite file. */
  readonly url: string;
  /** The file it notes things in. */
  readonly notes: string;
  /** Begins the ids of its cycles and the names of its workers. */
  readonly name: string;
  readonly workers: number;
  readonly leaseSeconds: number;
  /** Whether its run brings its workers what the board assigns them; where not, only a Chief beside them does. */
  readonly delivers: boolean;
  readonly hasOmbudsman: boolean;
  /** Kills itself when its Chief has committed an assignment and is about to tell the worker. */
  readonly diesAtDispatch: boolean;
}

/** A line of the file. */
export type ChiefNote =
  | { readonly name: string; readonly began: string; readonly fence: number }
  | { readonly name: string; readonly reported: string };

/** Silence after which a worker is taken for dead, in seconds. */
const TIMEOUT_SECONDS = 3;

const options = JSON.parse(process.argv[2] ?? '{}') as ChiefWorkerOptions;
const { url, name, leaseSeconds, delivers } = options;
const out = openSync(options.notes, 'a');
const note = (line: ChiefNote): unknown => writeSync(out, `${JSON.stringify(line)}\n`);
const onError = (what: string, error: unknown): unknown => note({ name, reported: `${what}: ${messageOf(error)}` });

let ids = 0;
const newId = (): string => `${name}-${ids++}`;

function doomed(network: Network): Network {
  return {
    ...network,
    request: (to, envelope) => {
      if (envelope.intent === 'worker.execute_task') process.kill(process.pid, 'SIGKILL');
      return network.request(to, envelope);
    },
  };
}

const local = localNetwork();
const network = options.diesAtDispatch ? doomed(local) : local;
const board = await openBoard({ backend: backendOfUrl(url), taskTypes: { memo: 'fast' } });
const surroundings = { board, network, newId, onError };
const workers = Array.from({ length: options.workers }, (_, index) => {
  const agentId = `${name}_${index}`;
  return new Worker({
    ...surroundings,
    agentId,
    url: `a2a://${agentId}`,
    capabilities: ['memo'],
    timeoutSeconds: TIMEOUT_SECONDS,
    execute: async ({ task, fence }) => {
      note({ name, began: task.task_id, fence });
      await sleep(5 + 20 * Math.random());
      return `by ${agentId}`;
    },
  });
});
if (!delivers) await Promise.all(workers.map(worker => worker.start()));
const run = await board.run({
  chief: new Chief(surroundings),
  ...(delivers && { workers }),
  ...(options.hasOmbudsman && {
    ombudsman: new Ombudsman({ ...surroundings, timeoutSeconds: TIMEOUT_SECONDS }),
  }),
  leaseSeconds,
  tickSeconds: 0.5,
  redeliverSeconds: 0.5,
  pollSeconds: 0.05,
  onError,
});
process.stdin.resume().once('end', async () => {
  await run.close();
  if (!delivers) await Promise.all(workers.map(worker => worker.close()));
  await board.close();
});
process.stdout.write('ready\n');
