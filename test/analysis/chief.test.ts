import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Analysis, openAnalysis } from '../../analysis/index.ts';
import { CHIEF_NAMES } from '../../analysis/rows/chief.ts';
import type { Board } from '../../board/board.ts';
import { isoOf } from '../../board/core/time.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { tempDir } from '../support/temp.ts';
import { joinLogs } from './join-logs.ts';
import { type Cycle, recordCycles } from './record-cycles.ts';
import { rowsOf } from './rows-of.ts';
import { at, openSmallLog, openTimedBoard } from './small-log.ts';
import { sumOf } from './sum-of.ts';

/** The Chief's figures that analyses.test.ts does not have, by hand, from the six cycles of small-log.ts. */
describe('the Chief of the small log', () => {
  let board: Board;
  let analysis: Analysis;
  beforeAll(async () => {
    board = await openSmallLog();
    analysis = await openAnalysis(board);
  });
  afterAll(async () => {
    await analysis.close();
    await board.close();
  });

  it('lives 21 s, is started once, and has slept or been stopped for 79.5 s when the log ends', async () => {
    expect(await rowsOf(analysis, 'sleep_study')).toMatchObject([
      { starts: 1, life_seconds: 21, stopped_seconds: 0, open_sleep_seconds: 79.5 },
    ]);
  });

  it('sleeps of 2, 0.5, 4, 0.5 and 8 s, by length and by what ended them', async () => {
    const found = await rowsOf(analysis, 'sleep_distribution');
    expect(found.map(row => [row.lower_seconds, row.upper_seconds, row.woken_by, row.count, row.share])).toEqual([
      [0.5, 1, 'ombudsman', 1, 0.2],
      [0.5, 1, 'worker', 1, 0.2],
      [2, 5, 'board_event', 1, 0.2],
      [2, 5, 'worker', 1, 0.2],
      [5, 10, 'worker', 1, 0.2],
    ]);
  });

  it('sleeps by length and time, in buckets of a second', async () => {
    const found = await rowsOf(analysis, 'sleep_heatmap');
    expect(found.map(row => [row.started_at, row.lower_seconds, row.sleeps, row.bucket_cycles])).toEqual([
      [isoOf(at(3)), 2, 1, 1],
      [isoOf(at(4)), 0.5, 1, 1],
      [isoOf(at(9)), 2, 1, 1],
      [isoOf(at(10)), 0.5, 1, 1],
      [isoOf(at(20)), 5, 1, 1],
    ]);
    expect(found[1]).toMatchObject({ ended_at: isoOf(at(5)), upper_seconds: 1, bucket_p50_seconds: 0.5 });
  });

  it('its time in buckets of a second', async () => {
    const found = await rowsOf(analysis, 'chief_series');
    const states = found.map(row => [
      row.sleeping_seconds,
      row.thinking_seconds,
      row.acting_seconds,
      row.cycles,
      row.noops,
    ]);
    expect(states.slice(0, 6)).toEqual([
      [0, 0.5, 0.5, 1, 0],
      [1, 0, 0, 0, 0],
      [1, 0, 0, 0, 0],
      [0, 0.5, 0.5, 1, 1],
      [0.5, 0.25, 0.25, 1, 0],
      [1, 0, 0, 0, 0],
    ]);
    expect(found).toHaveLength(21);
    expect(found[4]).toMatchObject({ seconds: 1, sleeping_share: 0.5, thinking_share: 0.25, stopped_seconds: 0 });
  });

  it('one streak of two noops, with an empty cycle in it, that an acting cycle ended', async () => {
    expect(await rowsOf(analysis, 'noop_streaks')).toEqual([
      {
        board_uid: (await board.board()).board_uid,
        chief_id: 'chief',
        rank: 1,
        started_at: isoOf(at(3)),
        ended_at: isoOf(at(9.5)),
        cycles: 2,
        seconds: 1.5,
        worker_cycles: 1,
        board_event_cycles: 1,
        is_open: false,
      },
    ]);
  });

  it('too few cycles for a rhythm', async () => {
    expect(await rowsOf(analysis, 'rhythm_and_flow')).toEqual([]);
    expect(await rowsOf(analysis, 'rhythm_anomalies')).toEqual([]);
    expect(await rowsOf(analysis, 'cadence')).toMatchObject([
      { has_cadence: null, verdict: 'too_few', sentence: 'Chief "chief" slept 5 times: too few to tell a cadence.' },
    ]);
  });
});

/** Sleeps 4 s, is stopped from 6 to 20, sleeps 9 s: 31 s of life, 4 of them in cycles. */
const STOPPED: readonly Cycle[] = [
  { woke: 0, slept: 1 },
  { woke: 5, slept: 6, actions: 0 },
  { woke: 20, slept: 21, previous: null },
  { woke: 30, slept: 31, actions: 0 },
];

describe('several Chiefs and boards', () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
  });

  async function analysisOf(
    ...chiefs: readonly (readonly [name: string, cycles: readonly Cycle[]])[]
  ): Promise<Analysis> {
    const { board } = await openTimedBoard();
    for (const [name, cycles] of chiefs) await recordCycles(board, name, cycles);
    const analysis = await openAnalysis(board);
    opened.push(analysis, board);
    return analysis;
  }

  it('a stopped Chief does not sleep, and its time sums to its life', async () => {
    const analysis = await analysisOf(['news', STOPPED]);
    expect(await rowsOf(analysis, 'sleep_study')).toMatchObject([
      {
        starts: 2,
        sleeps: 2,
        life_seconds: 31,
        sleeping_seconds: 13,
        thinking_seconds: 2,
        acting_seconds: 2,
        stopped_seconds: 14,
        open_sleep_seconds: 0,
      },
    ]);
    const series = await rowsOf(analysis, 'chief_series');
    expect(sumOf(series, row => row.stopped_seconds)).toBeCloseTo(14, 9);
    expect(series.find(row => row.started_at === isoOf(at(10)))).toMatchObject({
      stopped_seconds: 0.2,
      sleeping_share: 0,
    });
  });

  it('two streaks, the later of them open', async () => {
    const found = await rowsOf(await analysisOf(['news', STOPPED]), 'noop_streaks');
    expect(found.map(row => [row.rank, row.started_at, row.cycles, row.is_open])).toEqual([
      [1, isoOf(at(5)), 1, false],
      [2, isoOf(at(30)), 1, true],
    ]);
  });

  it('Chiefs of one board have rows of their own', async () => {
    const analysis = await analysisOf(
      ['news', STOPPED],
      [
        'sport',
        [
          { woke: 2, slept: 3 },
          { woke: 4, slept: 5 },
        ],
      ],
    );
    const study = await rowsOf(analysis, 'sleep_study');
    expect(study.map(row => [row.chief_id, row.cycles, row.sleeping_seconds, row.open_sleep_seconds])).toEqual([
      ['news', 4, 13, 0],
      ['sport', 2, 1, 26],
    ]);
    const triggers = await rowsOf(analysis, 'wake_triggers');
    expect(triggers.map(row => [row.chief_id, row.trigger, row.wakes, row.share, row.yield])).toEqual([
      ['news', 'seed', 2, 0.5, 1],
      ['news', 'worker', 2, 0.5, 0],
      ['sport', 'seed', 1, 0.5, 1],
      ['sport', 'worker', 1, 0.5, 1],
    ]);
  });

  it('Chiefs of one name on two boards have rows of their own, in every analysis', async () => {
    const folder = tempDir();
    const uids: string[] = [];
    for (const index of [0, 1]) {
      const { board } = await openTimedBoard();
      await recordCycles(board, 'chief', STOPPED.slice(0, 2 + 2 * index));
      uids.push((await board.board()).board_uid);
      await exportLog(board, { to: join(folder, `${index}`), format: 'ndjson' });
      await board.close();
    }
    await joinLogs([join(folder, '0'), join(folder, '1')], join(folder, 'both'));
    const analysis = await openAnalysis(join(folder, 'both'));
    opened.push(analysis);
    const study = await rowsOf(analysis, 'sleep_study');
    expect(new Map(study.map(row => [row.board_uid, row.cycles]))).toEqual(
      new Map([
        [uids[0], 2],
        [uids[1], 4],
      ]),
    );
    for (const name of CHIEF_NAMES) {
      if (name === 'rhythm_and_flow' || name === 'rhythm_anomalies') continue;
      const found = await rowsOf(analysis, name);
      expect(new Set(found.map(row => row.board_uid)), name).toEqual(new Set(uids));
    }
  });

  it('cycle against depth: ranks with a tie, and the median of the slopes 1, 1, 1, 1.5 and 2', async () => {
    const shapes = [
      [1, 1],
      [2, 2],
      [3, 4],
      [3, 3],
    ] as const;
    const cycles = shapes.map(([depth, seconds], index) => ({ woke: 10 * index, slept: 10 * index + seconds, depth }));
    const [row] = await rowsOf(await analysisOf(['chief', cycles]), 'cycle_by_depth');
    expect(row).toMatchObject({ cycles: 4, n: 4, min_depth: 1, max_depth: 3, slope_seconds_per_task: 1 });
    expect(row?.spearman).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
  });

  it('cycle against depth: nothing to correlate where the depth never changes', async () => {
    const analysis = await analysisOf(['chief', STOPPED]);
    expect(await rowsOf(analysis, 'cycle_by_depth')).toMatchObject([
      { n: 4, min_depth: 0, max_depth: 0, spearman: null, slope_seconds_per_task: null },
    ]);
  });

  it('cycle against depth: at most 1,000 cycles, and deciles of all of them', async () => {
    const cycles = Array.from({ length: 1100 }, (_, index) => ({
      woke: 10_000 * index,
      slept: 10_002 * index + 2,
      depth: index + 1,
    }));
    const analysis = await analysisOf(['chief', cycles]);
    expect(await rowsOf(analysis, 'cycle_by_depth')).toMatchObject([
      { cycles: 1100, n: 1000, spearman: expect.closeTo(1, 9), slope_seconds_per_task: 2 },
    ]);
    const deciles = await rowsOf(analysis, 'cycle_depth_deciles');
    expect(deciles).toHaveLength(10);
    expect(deciles[1]).toMatchObject({ decile: 2, cycles: 110, min_depth: 111, max_depth: 220, p50_seconds: 331 });
    expect(deciles[1]?.p95_seconds).toBeCloseTo(2 * (111 + 0.95 * 109), 9);
  });

  it('the variable now cuts off: later cycles have not happened', async () => {
    const analysis = await analysisOf(['news', STOPPED]);
    await analysis.sql(`SET VARIABLE now = make_timestamp(${at(10)})`);
    expect(await rowsOf(analysis, 'sleep_study')).toMatchObject([
      { cycles: 2, life_seconds: 6, sleeping_seconds: 4, open_sleep_seconds: 4 },
    ]);
    expect(await rowsOf(analysis, 'noop_streaks')).toMatchObject([{ cycles: 1, is_open: true }]);
  });
});
