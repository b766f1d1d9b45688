import { labelOf } from './callers.ts';
import { importPeer } from './import-peer.ts';
import { groupsOf, type LifeRun, timeLives } from './life.ts';
import { type BenchDatabase, expectNumber } from './place.ts';

interface WorkerOptions {
  readonly concurrentJobs: number;
  readonly maxPoolSize?: number;
  readonly localQueue: { readonly size: number; readonly refetchDelay?: { readonly durationMs: number } };
  readonly completeJobBatchDelay: number;
  readonly failJobBatchDelay: number;
}

interface JobSpec {
  readonly identifier: string;
  readonly payload: object;
}

/** What is used of the package. */
interface GraphileWorker {
  readonly Logger: new (factory: () => () => void) => object;
  makeWorkerUtils(options: { preset: object }): Promise<{
    migrate(): Promise<void>;
    addJobs(jobs: readonly JobSpec[]): Promise<unknown>;
    release(): Promise<void>;
  }>;
  runOnce(options: { preset: object; noHandleSignals: boolean }, tasks: { work: () => void }): Promise<void>;
}

/** Jobs an `addJobs`. */
const BULK = 1_000;

/** What its documentation recommends for a high throughput. https://worker.graphile.org/docs/performance#batching */
export const RECOMMENDED: WorkerOptions = {
  concurrentJobs: 10,
  localQueue: { size: 11 },
  completeJobBatchDelay: 25,
  failJobBatchDelay: 25,
};

/** What its own performance test sets for jobs that do nothing, the quick stats of the same page. */
export const TUNED: WorkerOptions = {
  concurrentJobs: 24,
  maxPoolSize: 25,
  localQueue: { size: 500, refetchDelay: { durationMs: 10 } },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};

/** graphile-worker: added in bulk, run from the local queue, deleted in batches. Nothing of a job is kept. */
export async function runGraphileWorkerLife(
  database: BenchDatabase,
  lives: number,
  options: WorkerOptions,
): Promise<LifeRun> {
  const { Logger, makeWorkerUtils, runOnce } = await importPeer<GraphileWorker>('graphile-worker');
  // By default it prints a line a job.
  const logger = new Logger(() => () => undefined);
  const preset = { worker: { ...options, connectionString: database.url, logger } };
  const utils = await makeWorkerUtils({ preset });
  await utils.migrate();
  let count = 0;
  const work = () => {
    count++;
  };
  const runAll = () => runOnce({ preset, noHandleSignals: true }, { work });
  // Its own performance test leaves the start and the end of the worker out as well.
  const idleFrom = performance.now();
  await runAll();
  const idleMs = performance.now() - idleFrom;
  const run = await timeLives(
    lives,
    async () => {
      const groups = groupsOf(lives, BULK).map(group =>
        group.map(n => ({ identifier: 'work', payload: { label: labelOf(n) } })),
      );
      await Promise.all(groups.map(jobs => utils.addJobs(jobs)));
    },
    runAll,
    idleMs,
  );
  await utils.release();
  if (count !== lives) throw new Error(`graphile-worker ran ${count} of ${lives} jobs`);
  await expectNumber(database, 'select count(*) as n from graphile_worker._private_jobs', 0);
  return run;
}
