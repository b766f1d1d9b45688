import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAnalysis } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { TABLE_NAMES } from '../../board/core/tables.ts';
import { isoOf } from '../../board/core/time.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { tempDir } from '../support/temp.ts';
import { Oracle, readLog } from './coordination-oracle.ts';
import { playedBoard, STEPS } from './random-coordination.ts';

const GRACE_SECONDS = 0.5;
const settings = { dispatchGraceSeconds: GRACE_SECONDS };

const SPLITS = `SELECT board_uid, entered_sequence_id, task_id, status, capability, chief_id, is_open, wait_us, draining_us, no_agent_us, contention_us,
  chief_cycle_us, chief_sleep_us, other_us, inversion_us FROM wait_splits ORDER BY board_uid, entered_sequence_id`;

type Row = Readonly<Record<string, unknown>>;
type Line = Row & { readonly board_uid: string };

function expectedSplits(oracle: Oracle, board_uid: string): Row[] {
  return oracle.waits.map(wait => {
    const causes = Object.entries(oracle.split(wait)).map(([cause, micros]) => [`${cause}_us`, micros]);
    return {
      board_uid,
      entered_sequence_id: wait.entered_sequence_id,
      task_id: wait.task.task_id,
      status: wait.status,
      capability: wait.capability,
      chief_id: wait.chief,
      is_open: wait.isOpen,
      wait_us: wait.until - wait.from,
      ...Object.fromEntries(causes),
      inversion_us: oracle.inversion(wait),
    };
  });
}

function expectedFailures(oracle: Oracle, board_uid: string): Row[] {
  const failures = oracle.chiefs.flatMap(chief => oracle.failures(chief, GRACE_SECONDS * 1e6));
  return failures.map(failure => ({
    board_uid,
    chief_id: failure.chief_id,
    stranded_at: isoOf(failure.stranded),
    ended_at: isoOf(failure.ended),
    seconds: failure.micros / 1e6,
    stranded_task_seconds: failure.taskMicros / 1e6,
    peak: failure.peak,
    capabilities: failure.capabilities,
    ended_by: failure.endedBy,
  }));
}

function expectedMissed(oracle: Oracle, board_uid: string): Row[] {
  return oracle.chiefs.map(chief_id => ({
    board_uid,
    chief_id,
    missed_wakes: oracle.missedWakes(chief_id, GRACE_SECONDS * 1e6),
  }));
}

const CHIEF_KEY = ['board_uid', 'chief_id'];
const FAILURE_KEY = [...CHIEF_KEY, 'stranded_at'];

function sorted(rows: readonly Row[], ...keys: readonly string[]): Row[] {
  const keyOf = (row: Row): string => keys.map(key => String(row[key]).padStart(8, '0')).join(' ');
  return rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Writes the logs of several boards as one folder. */
async function joined(boards: readonly Board[], folder: string): Promise<string> {
  for (const [index, board] of boards.entries()) {
    await exportLog(board, { to: join(folder, `${index}`), format: 'ndjson' });
  }
  const all = join(folder, 'all');
  await mkdir(all);
  for (const table of TABLE_NAMES) {
    const parts = boards.map((_, index) => readFile(join(folder, `${index}`, `${table}.ndjson`), 'utf8'));
    await writeFile(join(all, `${table}.ndjson`), (await Promise.all(parts)).join(''));
  }
  return all;
}

/** The log as it was when a share of each board's events had happened: no cycle that was under way then has left its row. */
async function cutOff(folder: string, share: number): Promise<string> {
  const cut = `${folder}-cut`;
  await cp(folder, cut, { recursive: true });
  const read = async (table: string): Promise<Line[]> => {
    const text = await readFile(join(folder, `${table}.ndjson`), 'utf8');
    return text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as Line]));
  };
  const write = (table: string, rows: readonly Line[]): Promise<void> =>
    writeFile(join(cut, `${table}.ndjson`), rows.map(row => `${JSON.stringify(row)}\n`).join(''));
  const byBoard = Map.groupBy(await read('events'), row => row.board_uid);
  const events = [...byBoard.values()].flatMap(rows => rows.slice(0, Math.ceil(rows.length * share)));
  const ends = new Map(events.map(row => [row.board_uid, String(row.timestamp)]));
  await write('events', events);
  const cycles = await read('chief_cycles');
  await write(
    'chief_cycles',
    cycles.filter(row => String(row.slept_at) <= (ends.get(row.board_uid) ?? '')),
  );
  return cut;
}

async function settledIn(folder: string): Promise<{ waits: readonly Row[]; failures: readonly Row[] }> {
  const analysis = await openAnalysis(folder, { settings });
  try {
    return {
      waits: await analysis.sql('SELECT * FROM wait_splits WHERE is_settled'),
      failures: await analysis.sql(`SELECT h.chief_id, h.board_uid, e.* EXCLUDE (chief, desks)
        FROM dispatch_episodes e JOIN chiefs h ON h.chief = e.chief WHERE e.ended_us <= h.last_slept_us`),
    };
  } finally {
    await analysis.close();
  }
}

/** Several logs at a time, as boards of one: opening and planning cost more than a small log. */
const LOGS = fc.array(STEPS, { minLength: 6, maxLength: 6 });

describe('the analyses of coordination on random logs, several boards in one', () => {
  it('are what is right instant by instant', async () => {
    const folder = tempDir();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(LOGS, async logs => {
        const boards = await Promise.all(logs.map(playedBoard));
        const analysis = await openAnalysis(await joined(boards, join(folder, `${run++}`)), { settings });
        try {
          const expected = { splits: [] as Row[], failures: [] as Row[], missed: [] as Row[] };
          for (const board of boards) {
            const { board_uid } = await board.board();
            const oracle = new Oracle(await readLog(board));
            expected.splits.push(...expectedSplits(oracle, board_uid));
            expected.failures.push(...expectedFailures(oracle, board_uid));
            expected.missed.push(...expectedMissed(oracle, board_uid));
          }
          const splits = sorted(expected.splits, 'board_uid', 'entered_sequence_id');
          expect(await analysis.sql(SPLITS)).toEqual(splits);
          const failures = await analysis.run('dispatch_failure_episodes');
          const found = failures.available
            ? failures.rows.map(({ started_at: _, woken_by: __, ...row }) => ({ ...row }))
            : [];
          expect(sorted(found, ...FAILURE_KEY)).toEqual(sorted(expected.failures, ...FAILURE_KEY));
          const chiefs = await analysis.run('dispatch_failure');
          const missed = chiefs.available
            ? chiefs.rows.map(({ board_uid, chief_id, missed_wakes }) => ({ board_uid, chief_id, missed_wakes }))
            : [];
          expect(sorted(missed, ...CHIEF_KEY)).toEqual(sorted(expected.missed, ...CHIEF_KEY));
          // Over what a report keeps, the views say the same.
          const { dispatch_failure_episodes, dispatch_failure } = await analysis.report();
          expect([dispatch_failure_episodes, dispatch_failure]).toEqual([failures, chiefs]);
          expect(await analysis.sql(SPLITS)).toEqual(splits);
        } finally {
          await analysis.close();
          for (const board of boards) await board.close();
        }
      }),
      { numRuns: Number(process.env.RUNS ?? 5), endOnFailure: true },
    );
  });

  it('what comes later changes no wait whose Chief is known to its end, and no failure of such a time', async () => {
    const folder = tempDir();
    let run = 0;
    let settled = 0;
    await fc.assert(
      fc.asyncProperty(LOGS, fc.double({ min: 0.3, max: 1, noNaN: true }), async (logs, share) => {
        const boards = await Promise.all(logs.map(playedBoard));
        const whole = await joined(boards, join(folder, `${run++}`));
        const [before, after] = await Promise.all([settledIn(await cutOff(whole, share)), settledIn(whole)]);
        for (const board of boards) await board.close();
        settled += before.waits.length;
        expect(after.waits).toEqual(expect.arrayContaining([...before.waits]));
        expect(after.failures).toEqual(expect.arrayContaining([...before.failures]));
      }),
      { numRuns: 4, endOnFailure: true },
    );
    expect(settled).toBeGreaterThan(0);
  });
});
