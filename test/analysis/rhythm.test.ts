import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Analysis, openAnalysis } from '../../analysis/index.ts';
import { CHIEF_NAMES } from '../../analysis/rows/chief.ts';
import type { Board } from '../../board/board.ts';
import { isoOf } from '../../board/core/time.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { tempDir } from '../support/temp.ts';
import { type Cycle, everySeconds, recordCycles } from './record-cycles.ts';
import { rowsOf } from './rows-of.ts';
import { at, openTimedBoard } from './small-log.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function analysisOf(
  cycles: readonly Cycle[],
  prepare?: (board: Board, setSeconds: (s: number) => void) => Promise<void>,
): Promise<Analysis> {
  const { board, setSeconds } = await openTimedBoard();
  await recordCycles(board, 'chief', cycles);
  await prepare?.(board, setSeconds);
  const analysis = await openAnalysis(board);
  opened.push(analysis, board);
  return analysis;
}

/**
 * Wakes every 10 s, but every 20 s from 1200 to 1440; each cycle takes a second. 253 cycles in 2641 s make windows of 120 s,
 * 22 whole ones, of which those that begin at 1200 and 1320 have a median sleep of 19 s, the others of 9 s.
 */
const SLOW_FOR_A_WHILE = [
  ...everySeconds(10, 0, 1200),
  ...everySeconds(20, 1220, 1440),
  ...everySeconds(10, 1450, 2640),
];

/**
 * Wakes every 10 s; by windows of 120 s its cycles take 1 s and 3 s in turn, but 8 s in the sixth, 2 s of which leave a sleep
 * of 2 s. So cycles have p95 1, 3 and once 8, sleeps the median 9, 7 and once 2.
 */
const BUSY_ONCE = everySeconds(10, 0, 2640).map(({ woke }) => {
  const window = Math.floor(woke / 120);
  return { woke, slept: woke + (window === 5 ? 8 : 1 + 2 * (window % 2)) };
});

/** Wakes every 8 s, except that it slept from 1201 to 1801. 377 cycles in 3602 s: 30 windows of 120 s. */
const PAUSED_ONCE = [...everySeconds(8, 0, 1200), ...everySeconds(8, 1801, 3601)];

/** Sleeps of these lengths, one after the other, with cycles of a tenth of a second between. */
function sleeping(lengths: readonly number[]): Cycle[] {
  let woke = 0;
  const cycles = [{ woke, slept: 0.1 }];
  for (const seconds of lengths) {
    woke += 0.1 + seconds;
    cycles.push({ woke, slept: woke + 0.1 });
  }
  return cycles;
}

const times = (count: number, lengths: readonly number[]): number[] =>
  Array.from({ length: count }, () => lengths).flat();

describe('rhythm anomalies', () => {
  it('sleeps twice as long for four minutes: one episode, by the mean deviation, since the median one is 0', async () => {
    const [episode, ...others] = await rowsOf(await analysisOf(SLOW_FOR_A_WHILE), 'rhythm_anomalies');
    expect(others).toEqual([]);
    expect(episode).toMatchObject({
      measure: 'median_sleep',
      direction: 'above',
      started_at: isoOf(at(1200)),
      ended_at: isoOf(at(1440)),
      is_open: false,
      windows: 2,
      window_seconds: 120,
      baseline: 9,
      extreme: 19,
    });
    expect(episode?.z).toBeCloseTo(10 / (1.2533 * ((2 * 10) / 22)), 9);
  });

  it('cycles of 8 s once, where 1 and 3 s take turns: 6 s off in deviations of 1 s', async () => {
    const found = await rowsOf(await analysisOf(BUSY_ONCE), 'rhythm_anomalies');
    const short = found.map(row => [
      row.measure,
      row.direction,
      row.started_at,
      row.windows,
      row.baseline,
      row.extreme,
    ]);
    expect(short).toEqual([
      ['median_sleep', 'below', isoOf(at(600)), 1, 8, 2],
      ['cycle_p95', 'above', isoOf(at(600)), 1, 2, 8],
    ]);
    expect(found[0]?.z).toBeCloseTo(-6 / 1.4826, 9);
    expect(found[1]?.z).toBeCloseTo(6 / 1.4826, 9);
  });

  it('a sleep over whole windows is theirs, though it ended in a later one', async () => {
    const found = await rowsOf(await analysisOf(PAUSED_ONCE), 'rhythm_anomalies');
    expect(found).toMatchObject([
      {
        measure: 'median_sleep',
        started_at: isoOf(at(1320)),
        ended_at: isoOf(at(1800)),
        windows: 4,
        baseline: 7,
        extreme: 600,
      },
    ]);
    expect(found[0]?.z).toBeCloseTo(593 / (1.2533 * ((4 * 593) / 30)), 9);
  });

  it('noise at the end is an episode that is open', async () => {
    const cycles = everySeconds(10, 0, 2640).map(cycle => ({ ...cycle, actions: cycle.woke >= 2520 ? 0 : 1 }));
    expect(await rowsOf(await analysisOf(cycles), 'rhythm_anomalies')).toMatchObject([
      { measure: 'noop_rate', started_at: isoOf(at(2520)), is_open: true, windows: 1, baseline: 0, extreme: 1 },
    ]);
  });

  it('a clock has none', async () => {
    expect(await rowsOf(await analysisOf(everySeconds(10, 0, 2640)), 'rhythm_anomalies')).toEqual([]);
  });
});

describe('cadence', () => {
  it('regular: most windows keep near the median', async () => {
    expect(await rowsOf(await analysisOf(SLOW_FOR_A_WHILE), 'cadence')).toMatchObject([
      {
        has_cadence: true,
        verdict: 'regular',
        sleeps: 252,
        p5_seconds: 9,
        p95_seconds: 9,
        spread: 1,
        windows: 22,
        window_seconds: 120,
        steady_share: 20 / 22,
        sentence:
          'Chief "chief" has a cadence: it sleeps for about 9.0 s (nine in ten of its 252 sleeps last 9.0 s to 9.0 s; 91 % of 22 windows keep near it).',
      },
    ]);
  });

  it.each([
    [
      'drifting',
      [...times(300, [1]), ...times(60, [4])],
      /its rhythm drifts: over the whole log it sleeps for about 1\.0 s/,
    ],
    ['bursts', times(4, [...times(9, [0.1]), 100]), /it wakes in bursts: its middle sleep lasts 100 ms/],
    ['random', times(10, [1, 2, 4, 8]), /it wakes at random: its middle sleep lasts 3\.0 s/],
  ])('%s: none', async (verdict, lengths, sentence) => {
    const [row] = await rowsOf(await analysisOf(sleeping(lengths)), 'cadence');
    expect(row).toMatchObject({ has_cadence: false, verdict, sleeps: lengths.length });
    expect(row?.sentence).toMatch(sentence);
  });

  it('too short a log for windows still tells of its sleeps', async () => {
    const [row] = await rowsOf(await analysisOf(sleeping(times(20, [2]))), 'cadence');
    expect(row).toMatchObject({ has_cadence: true, verdict: 'regular', burstiness: -1 });
  });
});

describe('rhythm and flow', () => {
  /** In four windows of a minute 4, 8, 12 and 16 wakes, all of which act, and 1, 3, 2 and 4 tasks finished. */
  const WAKES = [4, 8, 12, 16].flatMap((count, minute) =>
    Array.from({ length: count }, (_, index) => {
      const woke = 60 * minute + (60 / count) * index;
      return { woke, slept: minute === 3 && index === count - 1 ? 240 : woke + 1 };
    }),
  );

  async function finish(board: Board, setSeconds: (seconds: number) => void): Promise<void> {
    for (const [minute, count] of [1, 3, 2, 4].entries()) {
      for (let index = 0; index < count; index++) {
        const task_id = `t${minute}-${index}`;
        setSeconds(60 * minute + 5 + index);
        await board.postTask({ task_id, task_type: 'brief', label: '' });
        await board.updateTask({ task_id, to_status: 'IN_PROGRESS' });
        await board.updateTask({ task_id, to_status: 'COMPLETE' });
      }
    }
  }

  it('wakes against the tasks that finish in the same window, and in later and earlier ones', async () => {
    const found = await rowsOf(await analysisOf(WAKES, finish), 'rhythm_and_flow');
    const of = (measure: string, lag: number) => found.find(row => row.measure === measure && row.lag_windows === lag);
    expect(of('wakes_per_minute', 0)).toMatchObject({ window_seconds: 60, lag_seconds: 0, n: 4 });
    expect(of('wakes_per_minute', 0)?.correlation).toBeCloseTo(16 / Math.sqrt(80 * 5), 12);
    expect(of('wakes_per_minute', 1)).toMatchObject({ lag_seconds: 60, n: 3 });
    expect(of('wakes_per_minute', 1)?.correlation).toBeCloseTo(0.5, 12);
    expect(of('wakes_per_minute', -1)?.correlation).toBeCloseTo(0.5, 12);
    expect(of('wakes_per_minute', 2)).toMatchObject({ n: 2, correlation: null });
    expect(of('noop_rate', 0)).toMatchObject({ n: 4, correlation: null });
    expect(of('median_sleep', 0)?.correlation).toBeLessThan(0);
  });
});

it('a board and its exports give the same figures to the last digit, though their rows come in other orders', async () => {
  // Cycles and sleeps of all lengths, in no order: each number follows from the one before (Park and Miller).
  let seed = 1;
  const next = (most: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return (seed % 1_000_003) * (most / 1_000_003);
  };
  let slept = 0;
  const cycles = Array.from({ length: 600 }, () => {
    const woke = slept + next(30);
    slept = woke + next(2);
    return { woke, slept, actions: Math.floor(next(3)), depth: Math.floor(next(50)) };
  });
  const { board } = await openTimedBoard();
  await recordCycles(board, 'chief', cycles);
  const analysis = await openAnalysis(board);
  opened.push(analysis, board);
  const folder = tempDir();
  for (const format of ['parquet', 'ndjson'] as const) {
    const to = join(folder, format);
    await exportLog(board, { to, format });
    const exported = await openAnalysis(to);
    opened.push(exported);
    for (const name of CHIEF_NAMES) expect(await rowsOf(exported, name), name).toEqual(await rowsOf(analysis, name));
  }
  expect(await rowsOf(analysis, 'cycle_by_depth')).toMatchObject([{ n: 600, spearman: expect.any(Number) }]);
});
