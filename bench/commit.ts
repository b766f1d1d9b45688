/**
 * `npm run bench:commit`: what the governed write path costs over the raw driver. Every round runs both sides in turn on fresh
 * files in one folder; the raw side writes the very rows the API wrote, with the same columns and indexes.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import type { Changes } from '../board/backends/backend.ts';
import { sqlite } from '../board/backends/sqlite/index.ts';
import { openBoard } from '../board/index.ts';
import { type CycleBoard, openCycleBoard } from './cycle.ts';
import { Figures, median, printBench, quantile } from './harness.ts';
import { rawBatchOf, writeRaw } from './raw-writer.ts';
import { recording } from './recording-backend.ts';

const ROUNDS = 5;
const GROUPED = { callers: 64, tasksPerCaller: 60 };
const SINGLE = { callers: 1, tasksPerCaller: 500 };
const TRANSITIONS_PER_TASK = 3;
const CYCLES = 30;

interface Load {
  readonly callers: number;
  readonly tasksPerCaller: number;
}

interface Run {
  readonly perSecond: number;
  readonly latencies: readonly number[];
  readonly changes: readonly Changes[];
}

/** Posts, assigns and completes tasks through the public API; every tenth post carries an idempotency key. */
async function runApi(file: string, load: Load): Promise<Run> {
  const changes: Changes[] = [];
  const backend = recording(sqlite({ file }), each => changes.push(each));
  const board = await openBoard({ backend, taskTypes: { work: 'fast' } });
  for (let caller = 0; caller < load.callers; caller++) {
    const agent_id = `agent-${caller}`;
    await board.registerAgent({
      agent_id,
      name: agent_id,
      url: 'a2a://agent',
      version: '1',
      capabilities: ['work'],
      description: '',
    });
  }
  changes.length = 0;
  const latencies: number[] = [];
  async function timed<T>(work: Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const result = await work;
    latencies.push(performance.now() - startedAt);
    return result;
  }
  async function call(caller: number): Promise<void> {
    for (let n = 0; n < load.tasksPerCaller; n++) {
      const key = n % 10 === 0 ? { idempotencyKey: `post-${caller}-${n}` } : {};
      const task_id = `task-${caller}-${n}`;
      await timed(board.postTask({ task_id, task_type: 'work', label: `A piece of work, number ${n}` }, key));
      await timed(
        board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: `agent-${caller}` }, { actor: 'chief' }),
      );
      await timed(board.postResult({ task_id, output: 'done', agent_id: `agent-${caller}` }));
    }
  }
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: load.callers }, (_, caller) => call(caller)));
  const seconds = (performance.now() - startedAt) / 1000;
  await board.close();
  return { perSecond: (load.callers * load.tasksPerCaller * TRANSITIONS_PER_TASK) / seconds, latencies, changes };
}

/** An empty board with the schema of a real one. */
async function emptyBoard(file: string): Promise<void> {
  const board = await openBoard({ backend: sqlite({ file }) });
  await board.close();
}

async function runRaw(
  file: string,
  changes: readonly Changes[],
): Promise<{ perSecond: number; times: readonly number[] }> {
  await emptyBoard(file);
  const batches = changes.map(each => rawBatchOf('default', each));
  const transitions = changes.reduce((sum, each) => sum + each.events.length, 0);
  const times = writeRaw(file, batches);
  return { perSecond: transitions / (times.reduce((sum, each) => sum + each, 0) / 1000), times };
}

async function round(folder: string, number: number, figures: Figures): Promise<void> {
  const file = (name: string) => join(folder, `${name}-${number}.db`);
  const api64 = await runApi(file('api64'), GROUPED);
  const raw64 = await runRaw(file('raw64'), api64.changes);
  figures.add('api64', 'transitions/s', api64.perSecond);
  figures.add('raw64', 'transitions/s', raw64.perSecond);
  figures.add('api64_group', 'transitions', median(api64.changes.map(each => each.events.length)));
  const api1 = await runApi(file('api1'), SINGLE);
  const raw1 = await runRaw(file('raw1'), api1.changes);
  figures.add('api1', 'transitions/s', api1.perSecond);
  figures.add('raw1', 'transitions/s', raw1.perSecond);
  figures.add('api1_p99', 'ms', quantile(api1.latencies, 0.99));
  figures.add('raw1_p99', 'ms', quantile(raw1.times, 0.99));
}

/** Cycles on both boards in turn, so that whatever else the machine does falls on both. */
async function cycleRound(small: CycleBoard, large: CycleBoard, figures: Figures): Promise<void> {
  const times: { small: number[]; large: number[] } = { small: [], large: [] };
  for (let n = 0; n < CYCLES; n++) {
    times.small.push(await small.cycle());
    times.large.push(await large.cycle());
  }
  figures.add('cycle_1k_done', 'ms', median(times.small));
  figures.add('cycle_100k_done', 'ms', median(times.large));
}

const versionOf = (name: string): string => {
  const text = readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8');
  const { version }: { version: string } = JSON.parse(text);
  return version;
};

const folder = mkdtempSync(join(tmpdir(), 'quadro-bench-'));
try {
  const figures = new Figures();
  process.stderr.write('filling two boards with 1,000 and 100,000 finished tasks\n');
  const small = await openCycleBoard(join(folder, 'cycle-1k.db'), 1_000);
  const large = await openCycleBoard(join(folder, 'cycle-100k.db'), 100_000);
  await round(folder, 0, new Figures());
  await cycleRound(small, large, new Figures());
  for (let number = 1; number <= ROUNDS; number++) {
    process.stderr.write(`round ${number} of ${ROUNDS}\n`);
    await round(folder, number, figures);
    await cycleRound(small, large, figures);
  }
  await small.close();
  await large.close();
  const sqliteVersion = new BetterSqlite3(':memory:').prepare('select sqlite_version()').pluck().get();
  const versions = {
    'better-sqlite3': versionOf('better-sqlite3'),
    kysely: versionOf('kysely'),
    sqlite: String(sqliteVersion),
  };
  printBench('commit', versions, figures, {
    api64_to_raw64: { value: figures.ratio('api64', 'raw64'), aim: '≥ 0.5' },
    api1_p99_to_raw1_p99: { value: figures.ratio('api1_p99', 'raw1_p99'), aim: '≤ 2' },
    cycle_100k_done_to_1k_done: { value: figures.ratio('cycle_100k_done', 'cycle_1k_done'), aim: '≤ 1.5' },
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
