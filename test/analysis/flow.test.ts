import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAnalysis } from '../../analysis/index.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { lifecycleOf } from '../../board/core/lifecycle/builder.ts';
import { isoOf } from '../../board/core/time.ts';
import { openBoard } from '../../board/index.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { tempDir } from '../support/temp.ts';
import { joinLogs } from './join-logs.ts';
import { openedLog } from './opened-log.ts';
import { rowsOf } from './rows-of.ts';
import { at, openSmallLog, openTimedBoard } from './small-log.ts';

/** The stages of the small log in the order in which it first enters them. */
const STAGES = [
  ['UNASSIGNED', 'wait'],
  ['IN_PROGRESS', 'active'],
  ['PENDING_REVIEW', 'wait'],
  ['IN_PROGRESS', 'review'],
  ['STALE', 'wait'],
  ['REVISION_NEEDED', 'wait'],
  ['IN_PROGRESS', 'rework'],
  ['APPROVED', 'wait'],
];

/**
 * In the small log (small-log.ts) it's is in the system from 0 to 70, t2 from 5.25 to 85.25, t3 from 30.5 to 100.5, and t4, still
 * open when the log ends at 100.5, from 90: 230.5 s in all.
 */
describe('flow of the small log, against figures worked out by hand', () => {
  const log = openedLog(openSmallLog);

  it('throughput: rates over the span, time in the system, the open task in it until the log ends', async () => {
    const [all, article, brief] = await rowsOf(log.analysis, 'throughput');
    expect(all).toMatchObject({ task_type: null, arrivals: 4, departures: 3, wip: 1, max_wip: 3 });
    expect(all?.arrivals_per_hour).toBeCloseTo((4 * 3600) / 100.5, 9);
    expect(all?.departures_per_hour).toBeCloseTo((3 * 3600) / 100.5, 9);
    expect(all?.mean_wip).toBeCloseTo(230.5 / 100.5, 12);
    expect(article).toMatchObject({ task_type: 'article', arrivals: 3, departures: 2, wip: 1, max_wip: 2 });
    expect(article?.mean_wip).toBeCloseTo(160.5 / 100.5, 12);
    expect(brief).toMatchObject({ task_type: 'brief', arrivals: 1, departures: 1, wip: 0, max_wip: 1 });
  });

  it('flow series: a bucket a second, without a gap, the last reaching beyond the log', async () => {
    const series = await rowsOf(log.analysis, 'flow_series');
    expect(series).toHaveLength(101);
    expect(series[0]).toEqual({ bucket_at: isoOf(at(0)), bucket_seconds: 1, arrivals: 1, departures: 0, wip: 1 });
    const changes = series.filter(row => row.arrivals + row.departures > 0);
    const short = changes.map(row => [row.bucket_at, row.arrivals, row.departures, row.wip]);
    expect(short).toEqual([
      [isoOf(at(0)), 1, 0, 1],
      [isoOf(at(5)), 1, 0, 2],
      [isoOf(at(30)), 1, 0, 3],
      [isoOf(at(70)), 0, 1, 2],
      [isoOf(at(85)), 0, 1, 1],
      [isoOf(at(90)), 1, 0, 2],
      [isoOf(at(100)), 0, 1, 1],
    ]);
    for (const [index, row] of series.entries()) expect(row.bucket_at).toBe(isoOf(at(index)));
  });

  it('tasks by stage at the end of second 40: t2 found stale, it’s reviewed, t3 worked on', async () => {
    const rows = (await rowsOf(log.analysis, 'wip_by_stage')).filter(row => row.bucket_at === isoOf(at(40)));
    expect(rows.map(row => [row.status, row.stage_kind])).toEqual(STAGES);
    expect(rows.map(row => row.position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(rows.map(row => row.wip)).toEqual([0, 1, 0, 1, 1, 0, 0, 0]);
  });

  it('cumulative flow: arrivals, a line a stage, departures', async () => {
    const rows = await rowsOf(log.analysis, 'cumulative_flow');
    const linesAt = (second: number) => rows.filter(row => row.bucket_at === isoOf(at(second)));
    expect(linesAt(40).map(row => [row.status, row.stage_kind])).toEqual([...STAGES, [null, 'terminal']]);
    expect(linesAt(40).map(row => row.tasks)).toEqual([3, 3, 2, 2, 1, 0, 0, 0, 0]);
    // it's approved, t2 waits for its review, t3 is worked on.
    expect(linesAt(67).map(row => row.tasks)).toEqual([3, 3, 2, 1, 1, 1, 1, 1, 0]);
    expect(linesAt(100).map(row => row.tasks)).toEqual([4, 3, 3, 3, 3, 3, 3, 3, 3]);
  });

  it('Little’s law: two in the system on average, more of it departed than a steady flow would have', async () => {
    const [all, ofBoard, ...others] = await rowsOf(log.analysis, 'littles_law');
    expect(others).toEqual([]);
    expect(ofBoard).toEqual({ ...all, board_uid: (await log.board.board()).board_uid });
    expect(all).toMatchObject({
      board_uid: null,
      started_at: isoOf(at(0)),
      ended_at: isoOf(at(100.5)),
      window_seconds: 100.5,
      arrivals: 4,
      departures: 3,
      is_stationary: false,
    });
    expect(all?.mean_wip).toBeCloseTo(230.5 / 100.5, 12);
    expect(all?.mean_elapsed_seconds).toBeCloseTo(220 / 3, 9);
    expect(all?.expected_wip).toBeCloseTo((4 * 220) / 3 / 100.5, 12);
    expect(all?.gap).toBeCloseTo((230.5 - (4 * 220) / 3) / 230.5, 12);
  });

  it('segments: every step with its edge, the open stage none', async () => {
    const segments = await rowsOf(log.analysis, 'segments');
    expect(segments).toHaveLength(19);
    expect(segments.filter(row => row.task_id === 't3')).toEqual([
      {
        board_uid: (await log.board.board()).board_uid,
        task_id: 't3',
        task_type: 'brief',
        a: 'UNASSIGNED',
        b: 'IN_PROGRESS',
        edge: 'forward',
        started_at: isoOf(at(30.5)),
        ended_at: isoOf(at(35.5)),
        seconds: 5,
        sequence_id: 9,
      },
      expect.objectContaining({ a: 'IN_PROGRESS', b: 'HUMAN_REVIEW', edge: 'exit', seconds: 65, sequence_id: 25 }),
    ]);
    expect(segments.filter(row => row.task_id === 't4')).toEqual([]);
  });

  it('`now` cuts off: at 45 s nothing has departed, and three are in the system', async () => {
    const cut = await openAnalysis(log.board);
    await cut.sql(`SET VARIABLE now = TIMESTAMP '${isoOf(at(45)).replace('+00:00', '')}'`);
    // Until 45 s: 45 + 39.75 + 14.5.
    const [all] = await rowsOf(cut, 'throughput');
    expect(all).toMatchObject({ arrivals: 3, departures: 0, wip: 3 });
    expect(all?.mean_wip).toBeCloseTo(99.25 / 45, 12);
    const [balance] = await rowsOf(cut, 'littles_law');
    expect(balance).toMatchObject({ mean_elapsed_seconds: null, expected_wip: null, gap: null, is_stationary: null });
    const stages = (await rowsOf(cut, 'wip_by_stage')).filter(row => row.wip > 0);
    // it's was sent back at that very instant.
    expect(stages.slice(-3).map(row => [row.status, row.stage_kind, row.wip])).toEqual([
      ['UNASSIGNED', 'wait', 1],
      ['IN_PROGRESS', 'active', 1],
      ['REVISION_NEEDED', 'wait', 1],
    ]);
    const ages = await rowsOf(cut, 'ageing');
    expect(ages.map(row => [row.task_id, row.stage_kind, row.age_seconds]).toSorted()).toEqual([
      ["it's", 'wait', 0],
      ['t2', 'wait', 3.75],
      ['t3', 'active', 9.5],
    ]);
    await cut.close();
  });

  it('`now` before the log: nothing has happened, and nothing divides by zero', async () => {
    const cut = await openAnalysis(log.board);
    await cut.sql("SET VARIABLE now = TIMESTAMP '2000-01-01'");
    expect(await rowsOf(cut, 'throughput')).toEqual([]);
    expect(await rowsOf(cut, 'flow_series')).toMatchObject([{ arrivals: 0, departures: 0, wip: 0 }]);
    expect(await rowsOf(cut, 'littles_law')).toMatchObject([{ arrivals: 0, mean_wip: null, gap: null }, {}]);
    expect(await rowsOf(cut, 'ageing')).toEqual([]);
    await cut.close();
  });
});

describe('flow of several boards in one log', () => {
  it('keeps tasks of one name apart; all boards together have one window', async () => {
    const folder = tempDir();
    const uids: string[] = [];
    // Board 0: from 0 to 10 s, its task finished. Board 1: posted at 20 s, still worked on at 40 s.
    for (const [index, steps] of [
      [0, 4, 10],
      [20, 40],
    ].entries()) {
      const { board, setSeconds } = await openTimedBoard();
      for (const [step, second] of steps.entries()) {
        setSeconds(second);
        const to_status = ['', 'IN_PROGRESS', 'COMPLETE'][step] ?? '';
        if (step === 0) await board.postTask({ task_id: 't1', task_type: 'brief', label: '' });
        else await board.updateTask({ task_id: 't1', to_status, assigned_to: 'w1' });
      }
      uids.push((await board.board()).board_uid);
      await exportLog(board, { to: join(folder, `${index}`), format: 'ndjson' });
      await board.close();
    }
    await joinLogs([join(folder, '0'), join(folder, '1')], join(folder, 'both'));
    const analysis = await openAnalysis(join(folder, 'both'));
    const balances = await rowsOf(analysis, 'littles_law');
    const of = (uid: string | null | undefined) => balances.find(row => row.board_uid === uid);
    expect(of(null)).toMatchObject({ arrivals: 2, departures: 1, window_seconds: 40, mean_wip: (10 + 20) / 40 });
    expect(of(uids[0])).toMatchObject({ window_seconds: 10, mean_wip: 1, mean_elapsed_seconds: 10, gap: 0 });
    expect(of(uids[0])).toMatchObject({ is_stationary: true });
    expect(of(uids[1])).toMatchObject({ started_at: isoOf(at(20)), window_seconds: 20, mean_wip: 1, gap: null });
    const series = await rowsOf(analysis, 'flow_series');
    expect(series.filter(row => row.wip > 0).map(row => row.bucket_at)).toEqual(
      series.map(row => row.bucket_at).filter(time => time < isoOf(at(10)) || time >= isoOf(at(20))),
    );
    const [all] = await rowsOf(analysis, 'throughput');
    expect(all).toMatchObject({ arrivals: 2, departures: 1, wip: 1, max_wip: 1, mean_wip: 30 / 40 });
    expect(await rowsOf(analysis, 'ageing')).toMatchObject([
      { board_uid: uids[1], status: 'IN_PROGRESS', age_seconds: 0, p50_seconds: 6, band: 'up_to_p50' },
    ]);
    await analysis.close();
  });
});

describe('the buckets', () => {
  it.each([
    // [the log's span in seconds, a bucket's]
    [0, 0.001],
    [0.15, 0.001],
    [1, 0.01],
    [199, 1],
    [200, 2],
    [86_400, 600],
    [30 * 86_400, 21_600],
    [365 * 86_400, 172_800],
    [200 * 365 * 86_400, 314_496_000],
  ])('of a log of %d s last %d s', async (span, expected) => {
    const { board, setSeconds } = await openTimedBoard();
    setSeconds(0);
    await board.postTask({ task_id: 't1', task_type: 'brief', label: '' });
    if (span > 0) {
      setSeconds(span);
      await board.updateTask({ task_id: 't1', to_status: 'IN_PROGRESS', assigned_to: 'w' });
    }
    const analysis = await openAnalysis(board);
    const series = await rowsOf(analysis, 'flow_series');
    expect(series[0]?.bucket_seconds).toBe(expected);
    expect(series.length).toBeLessThanOrEqual(200);
    expect(series.at(-1)).toMatchObject({ wip: 1 });
    await analysis.close();
    await board.close();
  });

  it('of weeks begin on a Monday', async () => {
    const { board, setSeconds } = await openTimedBoard();
    for (const day of [0, 1000]) {
      setSeconds(day * 86_400);
      await board.postTask({ task_type: 'brief', label: '' });
    }
    const analysis = await openAnalysis(board);
    const [first, last] = (await rowsOf(analysis, 'flow_series')).filter(row => row.arrivals > 0);
    expect(first).toMatchObject({ bucket_seconds: 604_800, bucket_at: '2023-11-13T00:00:00.000000+00:00' });
    expect(new Date(last?.bucket_at ?? '').getUTCDay()).toBe(1);
    await analysis.close();
    await board.close();
  });
});

describe('a log of many stages', () => {
  it('shows the 20 with most time in them, and the rest as one, so that the sums hold', async () => {
    const statuses = ['UNASSIGNED', ...Array.from({ length: 30 }, (_, index) => `s${index}`), 'done'];
    const long = lifecycleOf('long', pairwise(statuses));
    let now = at(0);
    const board = await openBoard({
      backend: sqlite({ file: ':memory:' }),
      lifecycles: [long],
      taskTypes: { long: 'long' },
      clock: () => now,
    });
    await board.postTask({ task_id: 't1', task_type: 'long', label: '' });
    // A second in UNASSIGNED, and one more in each status that follows.
    for (const [index, to_status] of statuses.slice(1).entries()) {
      now += (index + 1) * 1_000_000;
      await board.updateTask({ task_id: 't1', to_status });
    }
    const analysis = await openAnalysis(board);
    const rows = await rowsOf(analysis, 'wip_by_stage');
    const named = rows.filter(row => row.bucket_at === rows[0]?.bucket_at).map(row => row.status);
    expect(named).toEqual([...statuses.slice(11, 31), null]);
    const lines = await rowsOf(analysis, 'cumulative_flow');
    for (const { bucket_at, wip } of await rowsOf(analysis, 'flow_series')) {
      const there = rows.filter(row => row.bucket_at === bucket_at);
      expect(there.reduce((sum, row) => sum + row.wip, 0)).toBe(wip);
      const [first, ...others] = lines.filter(row => row.bucket_at === bucket_at);
      expect(first).toMatchObject({ position: 1, tasks: 1 });
      expect(others.at(-1)).toMatchObject({ position: 22, status: null, stage_kind: 'terminal', tasks: 1 - wip });
    }
    await analysis.close();
    await board.close();
  });
});

function pairwise(names: readonly string[]): [string, string][] {
  return names.slice(1).map((to, index) => [names[index] ?? '', to]);
}
