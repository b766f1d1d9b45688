/**
 * `npm run bench:size`: whether a board of a million tasks and five million events in PostgreSQL is as fast as an empty one.
 * Both boards are asked the same in turn; the plans of the large board's statements are printed beside the figures.
 */

import { openBoardAt } from './backends/open-board-at.ts';
import { postgresPlace } from './backends/postgres-place.ts';
import { versionOf } from './backends/version-of.ts';
import { type CycleBoard, cycleBoardOf } from './cycle.ts';
import { Figures, median, printBench } from './harness.ts';
import { EVENTS_PER_TASK, fillBoard } from './size/fill-board.ts';
import { queryPlansOf } from './size/query-plans.ts';

const TASKS = Number(process.env.QUADRO_BENCH_SIZE_TASKS ?? 1_000_000);
const ROUNDS = 7;
/** Calls of each kind a round, one after the other. */
const CALLS = 60;
const CYCLES = 10;

const KINDS = ['post', 'update', 'list_by_status', 'cycle'] as const;
type Times = Record<(typeof KINDS)[number], number[]>;

async function timed(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work;
  return performance.now() - startedAt;
}

let posted = 0;

/** One post, one step of that task and back out of the way, one list. */
async function callOnce({ board }: CycleBoard, times: Times): Promise<void> {
  const task_id = `bench-${posted++}`;
  times.post.push(await timed(board.postTask({ task_id, task_type: 'work', label: 'Work to be done' })));
  times.update.push(await timed(board.updateTask({ task_id, to_status: 'IN_PROGRESS' })));
  await board.postResult({ task_id, output: 'done' });
  times.list_by_status.push(await timed(board.listTasksByStatus(['IN_PROGRESS'])));
}

/** Both boards in turn, call by call, so that whatever else the machine does falls on both. */
async function round(boards: readonly CycleBoard[], names: readonly string[], figures: Figures): Promise<void> {
  const times = boards.map((): Times => ({ post: [], update: [], list_by_status: [], cycle: [] }));
  for (let n = 0; n < CALLS; n++) {
    for (const [index, each] of boards.entries()) await callOnce(each, times[index] as Times);
  }
  for (let n = 0; n < CYCLES; n++) {
    for (const [index, each] of boards.entries()) times[index]?.cycle.push(await each.cycle());
  }
  for (const kind of KINDS) {
    for (const [index, name] of names.entries())
      figures.add(`${kind}_${name}`, 'ms', median(times[index]?.[kind] ?? []));
  }
}

const place = await postgresPlace(process.env.QUADRO_BENCH_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/postgres');
try {
  const [small, large] = [await place.create(), await place.create()];
  const empty = await cycleBoardOf(await openBoardAt(small.url));
  const filled = await openBoardAt(large.url);
  const startedAt = performance.now();
  await fillBoard(filled, large.url, TASKS, done => {
    process.stderr.write(`\r${done.toLocaleString('en')} of ${TASKS.toLocaleString('en')} tasks copied`);
  });
  process.stderr.write(`\nfilled in ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
  const full = await cycleBoardOf(filled);
  const figures = new Figures();
  const names = ['empty', '1m'];
  await round([empty, full], names, new Figures());
  for (let number = 1; number <= ROUNDS; number++) {
    process.stderr.write(`round ${number} of ${ROUNDS}\n`);
    await round([empty, full], names, figures);
  }
  figures.add('tasks', 'rows', await large.number('select count(*) as n from tasks'));
  figures.add('events', 'rows', await large.number('select count(*) as n from events'));
  figures.add('size', 'MiB', (await large.number('select pg_database_size(current_database()) as n')) / 2 ** 20);
  const unused: Times = { post: [], update: [], list_by_status: [], cycle: [] };
  const plans = await queryPlansOf(large.url, async () => {
    await callOnce(full, unused);
    await full.cycle();
  });
  console.log(`Plans on the board of ${TASKS} tasks and ${TASKS * EVENTS_PER_TASK} events:\n`);
  console.log(`${plans.join('\n')}\n`);
  await empty.close();
  await full.close();
  const ratios = KINDS.map(kind => {
    const value = figures.ratio(`${kind}_1m`, `${kind}_empty`);
    return [`${kind}_1m_to_empty`, { value, aim: '≤ 2' }] as const;
  });
  const versions = { pg: versionOf('pg'), kysely: versionOf('kysely'), server: place.version };
  printBench('size', versions, figures, Object.fromEntries(ratios));
} finally {
  await place.close();
}
