import { type CallerLoad, type CallerRun, registerCallers, runCallers, TRANSITIONS_A_LIFE } from './callers.ts';
import { openBoardAt } from './open-board-at.ts';
import { type BenchDatabase, expectNumber } from './place.ts';
import { runProcesses } from './run-processes.ts';

/** Transitions a second of callers, and how long each call took. */
export interface ApiRun {
  readonly perSecond: number;
  readonly latencies: readonly number[];
}

const PROCESSES = 4;

async function apiRunOf(database: BenchDatabase, runs: readonly CallerRun[], seconds: number): Promise<ApiRun> {
  const transitions = runs.reduce((sum, run) => sum + run.lives, 0) * TRANSITIONS_A_LIFE;
  const lives = transitions / TRANSITIONS_A_LIFE;
  await expectNumber(database, "select count(*) as n from events where board_id = 'default'", transitions);
  await expectNumber(
    database,
    "select count(*) as n from tasks where board_id = 'default' and status = 'COMPLETE'",
    lives,
  );
  return { perSecond: transitions / seconds, latencies: runs.flatMap(run => run.latencies) };
}

/** Callers on one board in this process. */
export async function measureHere(database: BenchDatabase, callers: number, forMs: number): Promise<ApiRun> {
  const load: CallerLoad = { callers, firstCaller: 0, forMs };
  const board = await openBoardAt(database.url);
  await registerCallers(board, load);
  const startedAt = performance.now();
  const run = await runCallers(board, load);
  const seconds = (performance.now() - startedAt) / 1000;
  await board.close();
  return apiRunOf(database, [run], seconds);
}

/** The same number of callers, spread over four processes with a board each; at least one in each. */
export async function measureInProcesses(
  database: BenchDatabase,
  callers: number,
  { forMs, warmUpMs }: { readonly forMs: number; readonly warmUpMs: number },
): Promise<ApiRun> {
  const board = await openBoardAt(database.url);
  await board.close();
  const each = Math.max(1, callers / PROCESSES);
  const jobs = Array.from({ length: PROCESSES }, (_, index) => ({
    url: database.url,
    load: { callers: each, firstCaller: index * each, forMs },
    warmUpMs,
  }));
  const { runs, seconds } = await runProcesses(jobs);
  return apiRunOf(database, runs, seconds);
}
