import { labelOf } from './callers.ts';
import { importPeer } from './import-peer.ts';
import { groupsOf, type LifeRun, timeLives } from './life.ts';
import { type BenchDatabase, expectNumber } from './place.ts';

/** What is used of a `PgBoss`. */
interface Boss {
  on(event: 'error', listener: (error: Error) => void): void;
  start(): Promise<unknown>;
  stop(options: { graceful: boolean }): Promise<void>;
  createQueue(name: string, options: { partition: boolean }): Promise<void>;
  insert(name: string, jobs: readonly { data: object }[]): Promise<unknown>;
  work(name: string, options: typeof WORK, handler: (jobs: readonly object[]) => Promise<void>): Promise<string>;
  offWork(name: string, options: { wait: boolean }): Promise<void>;
}

/** Jobs an `insert`. */
const BULK = 1_000;

/**
 * What its documentation has for throughput: batches, fetched one after the other while they come back full; several workers
 * in the process; a queue with a table of its own. A batch is completed whole. https://pgboss.io/api/workers
 */
const WORK = { batchSize: 100, burstWhenBatchFull: true, localConcurrency: 4, pollingIntervalSeconds: 0.5 };

/** The settings, in words. */
export const PG_BOSS_SETTINGS: string = `insert of ${BULK}, work() with ${JSON.stringify(WORK)}, partition: true`;

/** pg-boss: inserted in bulk, fetched and completed in batches. A job is one row, updated twice and kept. */
export async function runPgBossLife(database: BenchDatabase, lives: number): Promise<LifeRun> {
  const { PgBoss } = await importPeer<{ PgBoss: new (options: { connectionString: string }) => Boss }>('pg-boss');
  const boss = new PgBoss({ connectionString: database.url });
  const failed = Promise.withResolvers<never>();
  // Whoever waits for it hears of it; before that there is nobody yet.
  failed.promise.catch(() => undefined);
  boss.on('error', failed.reject);
  await boss.start();
  await boss.createQueue('work', { partition: true });
  const run = await timeLives(
    lives,
    async () => {
      const groups = groupsOf(lives, BULK).map(group => group.map(n => ({ data: { label: labelOf(n) } })));
      await Promise.all(groups.map(jobs => boss.insert('work', jobs)));
    },
    async () => {
      const handled = Promise.withResolvers<void>();
      let count = 0;
      await boss.work('work', WORK, async jobs => {
        count += jobs.length;
        if (count >= lives) handled.resolve();
      });
      await Promise.race([handled.promise, failed.promise]);
      // The last batches are completed after their handlers.
      await boss.offWork('work', { wait: true });
    },
  );
  await boss.stop({ graceful: false });
  await expectNumber(database, "select count(*) as n from pgboss.job where state = 'completed'", lives);
  return run;
}
