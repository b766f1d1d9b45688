import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { checkLog } from '../../board/check/check.ts';
import type { Event } from '../../board/core/records.ts';
import { openBoard } from '../../board/open-board.ts';
import { LoadProcess } from '../support/load-process.ts';
import type { LoadLine } from '../support/load-worker.ts';
import { tempDir } from '../support/temp.ts';

const KILLS = 50;
const MAX_DELAY_MS = 120;

async function eventsByKey(board: Board, after: number): Promise<Map<string, Event[]>> {
  const { events } = await board.streamEvents(after);
  return Map.groupBy(events, event => event.idempotency_key ?? '');
}

/** Proves the log after a kill; answers how many commands had been acknowledged and how many were in flight. */
async function prove(file: string, lines: readonly LoadLine[], after: number): Promise<[number, number, number]> {
  const board = await openBoard({ backend: sqlite({ file }), taskTypes: { memo: 'fast' } });
  try {
    const report = await checkLog(board);
    expect(report.faults).toEqual([]);
    const found = await eventsByKey(board, after);
    const acknowledged = new Map(lines.flatMap(line => ('sequence_id' in line ? [[line.key, line.sequence_id]] : [])));
    for (const [key, sequence_id] of acknowledged) {
      expect(
        found.get(key)?.map(event => event.sequence_id),
        `the acknowledged ${key}`,
      ).toEqual([sequence_id]);
    }
    const tried = lines.flatMap(line => ('intent' in line ? [line] : []));
    const inFlight = tried.filter(({ key }) => !acknowledged.has(key));
    // The caller cannot know what became of these, so it asks again; and so does one whose answer was lost on the way.
    const retried = [...inFlight, ...tried.slice(-8)];
    const answers = await Promise.all(
      retried.map(({ key, intent, params }) => board.call(intent, params, { idempotencyKey: key })),
    );
    const now = await eventsByKey(board, after);
    for (const [index, { key }] of retried.entries()) {
      expect(now.get(key), `the retried ${key}`).toEqual([(answers[index] as { event: Event }).event]);
    }
    const last = (await board.board()).next_sequence_id - 1;
    return [acknowledged.size, inFlight.length, last];
  } finally {
    await board.close();
  }
}

it(`invariant 3: kill -9 under load, ${KILLS} times: the log is whole, nothing acknowledged is missing, a retry has one event`, async () => {
  const dir = tempDir();
  const file = join(dir, 'board.db');
  const start = (run: number): LoadProcess =>
    new LoadProcess({ file, lines: join(dir, `${run}.ndjson`), run: `r${run}`, callers: 6, tasks: 100_000 });
  let next = start(0);
  let [acknowledged, inFlight, last] = [0, 0, 0];
  for (let run = 0; run < KILLS; run++) {
    const current = next;
    await current.go();
    // From its first command on: on a busy machine that alone may take longer than the longest delay.
    while (current.written.length === 0) await sleep(2);
    await sleep(randomInt(MAX_DELAY_MS));
    await current.kill();
    // The next one starts up while this one's log is proved.
    if (run + 1 < KILLS) next = start(run + 1);
    const [acks, open, end] = await prove(file, current.written, last);
    acknowledged += acks;
    inFlight += open;
    last = end;
  }
  // Or the kills all came before there was any load, and nothing was proved.
  expect(acknowledged).toBeGreaterThan(KILLS);
  expect(inFlight).toBeGreaterThan(KILLS);
  const database = new BetterSqlite3(file);
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  database.close();
}, 180_000);
