import type { EventRows } from './event-rows.ts';
import { openBoardAt } from './open-board-at.ts';
import { type BenchDatabase, expectNumber } from './place.ts';

/** What the raw driver did. */
export interface RawRun {
  readonly perSecond: number;
  readonly latencies: readonly number[];
}

/** Statements of the raw driver in flight, each on a connection of its own. */
export const RAW_CONNECTIONS = 16;

/**
 * Single inserts of event rows, each committed by itself, into the `events` of an opened board: its columns, its indexes. A
 * row for every event the API would write, and nothing else: no task, no agent, no counter.
 */
export async function runRawInserts(database: BenchDatabase, rows: EventRows, forMs: number): Promise<RawRun> {
  const board = await openBoardAt(database.url);
  await board.close();
  const { inserts, close } = await database.openInserters(RAW_CONNECTIONS);
  const latencies: number[] = [];
  let sequence = 0;
  const startedAt = performance.now();
  await Promise.all(
    inserts.map(async insert => {
      for (let now = performance.now(); now < startedAt + forMs; ) {
        await insert(rows.at(++sequence));
        const before = now;
        now = performance.now();
        latencies.push(now - before);
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  await close();
  await expectNumber(database, 'select count(*) as n from events', latencies.length);
  return { perSecond: latencies.length / seconds, latencies };
}
