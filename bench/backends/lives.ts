import type { Figures } from '../harness.ts';
import { LIFE_CALLERS, runBoardLife } from './board-life.ts';
import { RECOMMENDED, runGraphileWorkerLife, TUNED } from './graphile-worker-life.ts';
import type { LifeRun } from './life.ts';
import { PG_BOSS_SETTINGS, runPgBossLife } from './pg-boss-life.ts';
import { type BenchDatabase, type Place, withDatabase } from './place.ts';

const LIVES: Readonly<Record<string, (database: BenchDatabase, lives: number) => Promise<LifeRun>>> = {
  postgres: runBoardLife,
  pgboss: runPgBossLife,
  graphile_worker: (database, lives) => runGraphileWorkerLife(database, lives, RECOMMENDED),
  graphile_worker_tuned: (database, lives) => runGraphileWorkerLife(database, lives, TUNED),
};

/** What each of them was told, a line each. */
export const LIFE_NOTES: readonly string[] = [
  `postgres_life: postTasks of 1,000, then ${LIFE_CALLERS} callers take and complete; three events a life, kept; they know the ids, where a queue also finds the next job`,
  `pgboss_life: ${PG_BOSS_SETTINGS}; a row a job, kept`,
  `graphile_worker_life: addJobs of 1,000, ${JSON.stringify(RECOMMENDED)}; nothing kept`,
  `graphile_worker_tuned_life: the same with ${JSON.stringify(TUNED)}`,
];

/** As many lives on the board and in each job queue, one after the other. */
export async function measureLives(place: Place, lives: number, figures: Figures): Promise<void> {
  for (const [name, runLife] of Object.entries(LIVES)) {
    const run = await withDatabase(place, database => runLife(database, lives));
    figures.add(`${name}_life_posted`, 'tasks/s', run.posted);
    figures.add(`${name}_life_done`, 'tasks/s', run.done);
    figures.add(`${name}_life`, 'lives/s', run.lives);
  }
}
