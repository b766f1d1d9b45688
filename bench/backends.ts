/**
 * `npm run bench:backends`: the same board on SQLite, PostgreSQL and MySQL or MariaDB: callers in one process and in four,
 * beside the raw driver's single inserts; and on PostgreSQL whole task lives beside the job queues of `bench/peers`.
 *
 * `QUADRO_BENCH_POSTGRES` and `QUADRO_BENCH_MYSQL` are the servers' URLs; every run makes a database of its own there and
 * drops it. `QUADRO_BENCH_QUICK=1` only shows that everything runs.
 */
import { measureGrid, measurePair } from './backends/cells.ts';
import { measureChiefWake } from './backends/chief-wake.ts';
import { EventRows } from './backends/event-rows.ts';
import { LIFE_NOTES, measureLives } from './backends/lives.ts';
import { openPlaces } from './backends/open-places.ts';
import { ratiosOf } from './backends/ratios.ts';
import { FULL, QUICK } from './backends/sizes.ts';
import { versionOf } from './backends/version-of.ts';
import { Figures, printBench } from './harness.ts';

const NOTES = [
  'api64: 64 callers in one process, each posting, taking and completing one task after the other; p50, p99: a call',
  'api64_in4: the same callers spread over four processes with a board each (api1_in4: one caller in each of the four)',
  'chief_wake: from the answer to a commit until the Chief of another connection wakes, by NOTIFY or by its poll of 1 s',
  'raw16: one prepared, committed insert of an event row after the other on each of 16 connections of the raw driver',
];

const isQuick = process.env.QUADRO_BENCH_QUICK === '1';
const sizes = isQuick ? QUICK : FULL;
const progress = (text: string): boolean => process.stderr.write(`${text}\n`);

const { places, missing } = await openPlaces();
const postgres = places.find(place => place.name === 'postgres');
let closing: Promise<void> | null = null;
function closePlaces(): Promise<void> {
  closing ??= (async () => {
    for (const place of places) await place.close();
  })();
  return closing;
}
function giveUp(reason: unknown): void {
  // What fails because its database is being dropped says nothing new.
  if (closing !== null) return;
  console.error(reason);
  void closePlaces().finally(() => process.exit(1));
}
for (const event of ['SIGINT', 'SIGTERM', 'uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, giveUp);
}
try {
  const figures = new Figures();
  const rows = await EventRows.record();
  progress('a round that does not count');
  for (const place of places) await measurePair(place, rows, QUICK, new Figures());
  if (postgres !== undefined) await measureLives(postgres, QUICK.lives, new Figures());
  for (let round = 1; round <= sizes.pairRounds; round++) {
    progress(`ratios, round ${round} of ${sizes.pairRounds}`);
    for (const place of places) await measurePair(place, rows, sizes, figures);
    if (postgres !== undefined) await measureLives(postgres, sizes.lives, figures);
  }
  for (let round = 1; round <= sizes.gridRounds; round++) {
    progress(`callers, round ${round} of ${sizes.gridRounds}`);
    for (const place of places) {
      await measureGrid(place, sizes, figures);
      await measureChiefWake(place, figures);
    }
  }
  for (const note of [...missing, ...NOTES, ...(postgres === undefined ? [] : LIFE_NOTES)]) console.log(note);
  if (isQuick) console.log('QUADRO_BENCH_QUICK=1: these figures mean nothing');
  const versions = {
    ...Object.fromEntries(places.map(({ name, version }) => [name, version])),
    ...Object.fromEntries(['better-sqlite3', 'pg', 'mysql2', 'kysely'].map(name => [name, versionOf(name)])),
    ...Object.fromEntries(['pg-boss', 'graphile-worker'].map(name => [name, versionOf(name, '../peers')])),
  };
  printBench('backends', versions, figures, ratiosOf(places, figures));
} catch (error) {
  giveUp(error);
}
await closePlaces();
