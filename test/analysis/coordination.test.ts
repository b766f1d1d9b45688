import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Analysis, type AnalysisName, type AnalysisRows, openAnalysis } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { isoOf } from '../../board/core/time.ts';
import { at, openSmallLog } from './small-log.ts';

/**
 * Worked out by hand from the times listed in small-log.ts. The Chief is in a cycle at 0–1, 3–4, 4.5–5, 9–9.5, 10–12 and 20–21 s, and
 * asleep between and after; w1 works at 10–30 and 50–60, w2 at 20.25–40.25 and 50.25–60.25, w3 from 35.5 to the end, r1 at 40–45, 62–67 and
 * 70.25–80.25.
 */
describe('why the small log’s work waited', () => {
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

  async function rows<Name extends AnalysisName>(name: Name): Promise<readonly AnalysisRows[Name][]> {
    const result = await analysis.run(name);
    if (!result.available) throw new Error(result.reason);
    return result.rows;
  }

  it('wait causes: the Chief’s sleep, its cycles, and once a reviewer who is busy', async () => {
    const found = (await rows('wait_causes')).filter(({ task_type }) => task_type === null);
    const of = (status: string, capability: string | null) =>
      found.find(row => row.status === status && row.capability === capability);
    // it's 0–10, t2 5.25–20.25 and 41.25–50.25, t4 90–100.5: an author is always idle.
    expect(of('UNASSIGNED', 'article')).toMatchObject({
      waits: 4,
      open_waits: 1,
      wait_seconds: 44.5,
      chief_cycle_seconds: 5.75,
      chief_sleep_seconds: 38.75,
      contention_seconds: 0,
      chief_share: 1,
      main_cause: 'chief_sleep',
    });
    // it's 30–40 and 60–62, t2 60.25–70.25, for five seconds of which r1 reviews the other.
    expect(of('PENDING_REVIEW', 'review')).toMatchObject({
      wait_seconds: 22,
      contention_seconds: 5,
      chief_sleep_seconds: 17,
      main_cause: 'chief_sleep',
    });
    expect(of('REVISION_NEEDED', 'article')).toMatchObject({ wait_seconds: 5, chief_sleep_seconds: 5 });
    expect(of('UNASSIGNED', 'brief')).toMatchObject({ wait_seconds: 5, chief_sleep_seconds: 5 });
    // Steps that take no agent wait for the Chief alone.
    expect(of('STALE', null)).toMatchObject({ wait_seconds: 1, chief_sleep_seconds: 1 });
    expect(of('APPROVED', null)).toMatchObject({ wait_seconds: 8, chief_sleep_seconds: 8 });
  });

  it('each wait apart: its causes', async () => {
    const splits = await analysis.sql(
      `SELECT status, wait_us, contention_us, chief_cycle_us, chief_sleep_us, is_open FROM wait_splits
       WHERE task_id = 't2' ORDER BY entered_sequence_id`,
    );
    const seconds = (row: Readonly<Record<string, unknown>>): number[] =>
      [row.wait_us, row.contention_us, row.chief_cycle_us, row.chief_sleep_us].map(us => Number(us) / 1e6);
    expect(splits.map(seconds)).toEqual([
      [15, 0, 2.75, 12.25],
      [1, 0, 0, 1],
      [9, 0, 0, 9],
      [10, 5, 0, 5],
      [5, 0, 0, 5],
    ]);
  });

  it('dispatch failure: eight sleeps, beyond a grace of a second each', async () => {
    // From 1, 5, 12, 30, 41.25, 60, 67 and 90 s: to 3, 9, 20, 40, 50.25, 62, 70.25 and the end.
    expect(await rows('dispatch_failure')).toMatchObject([
      { grace_seconds: 1, episodes: 8, failure_seconds: 40.75, stranded_task_seconds: 53.25, longest_seconds: 9.5 },
    ]);
    const episodes = await rows('dispatch_failure_episodes');
    expect(episodes[0]).toMatchObject({
      stranded_at: isoOf(at(30)),
      started_at: isoOf(at(31)),
      ended_at: isoOf(at(40)),
      seconds: 9,
      stranded_task_seconds: 13.5,
      peak: 2,
      capabilities: ['brief', 'review'],
      ended_by: 'cleared',
    });
    expect(episodes.find(({ ended_by }) => ended_by === 'log_end')).toMatchObject({
      stranded_at: isoOf(at(90)),
      seconds: 9.5,
    });
    expect(
      episodes
        .filter(({ ended_by }) => ended_by === 'wake')
        .map(({ woken_by }) => woken_by)
        .toSorted(),
    ).toEqual(['board_event', 'worker', 'worker']);
  });

  it('a longer grace forgives the shorter ones', async () => {
    const patient = await openAnalysis(board, { settings: { dispatchGraceSeconds: 5 } });
    const result = await patient.run('dispatch_failure');
    await patient.close();
    // 8 of 12–20, 10 of 30–40, 9 of 41.25–50.25 and 10.5 of 90–100.5, less five seconds each.
    expect(result).toMatchObject({ available: true, rows: [{ episodes: 4, failure_seconds: 3 + 5 + 4 + 5.5 }] });
  });

  it('resource allocation: busy time against the waits for it', async () => {
    const found = await rows('resource_allocation');
    const of = (capability: string) => found.find(row => row.capability === capability);
    expect(of('article')).toMatchObject({ agents: 2, busy_seconds: 60, waiting_seconds: 49.5 });
    expect(of('article')?.allocation).toBeCloseTo(60 / 109.5, 12);
    expect(of('review')).toMatchObject({ agents: 1, busy_seconds: 20, waiting_seconds: 22 });
    expect(of('brief')).toMatchObject({ agents: 1, busy_seconds: 65, waiting_seconds: 5 });
  });

  it('what if the Chief had dispatched at once: the waits of finished tasks for it are gone', async () => {
    const found = await rows('what_if');
    // it's waits 10 and t2 24 s as UNASSIGNED articles; three tasks finish.
    expect(
      found.find(
        ({ scenario, status, capability }) =>
          scenario === 'no_chief_latency' && status === 'UNASSIGNED' && capability === 'article',
      ),
    ).toMatchObject({ saved_seconds: expect.closeTo(34 / 3, 6), mean_elapsed_seconds: expect.closeTo(220 / 3, 6) });
  });

  it('nobody was passed over', async () => {
    expect((await rows('inversions')).filter(({ inversions }) => inversions > 0)).toEqual([]);
  });
});
