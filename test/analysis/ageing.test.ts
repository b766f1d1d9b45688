import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Analysis, openAnalysis } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { isoOf } from '../../board/core/time.ts';
import { openedLog } from './opened-log.ts';
import { rowsOf } from './rows-of.ts';
import { at, openSmallLog, openTimedBoard, type TimedBoard } from './small-log.ts';

describe('ages in the small log', () => {
  let board: Board;
  beforeAll(async () => {
    board = await openSmallLog();
  });
  afterAll(() => board.close());

  async function ofT4(analysis: Analysis) {
    const rows = await rowsOf(analysis, 'ageing');
    expect(rows.map(row => row.task_id)).toEqual(['t4']);
    return rows[0];
  }

  it('t4 has waited 10.5 s where others waited 9, 10 and 15: past the median', async () => {
    const analysis = await openAnalysis(board);
    expect(await ofT4(analysis)).toEqual({
      board_uid: (await board.board()).board_uid,
      task_id: 't4',
      task_type: 'article',
      status: 'UNASSIGNED',
      stage_kind: 'wait',
      assigned_to: null,
      entered_at: isoOf(at(90)),
      age_seconds: 10.5,
      total_age_seconds: 10.5,
      p50_seconds: 10,
      p85_seconds: 13.5,
      p95_seconds: 14.5,
      band: 'p50_to_p85',
      age_to_p95: expect.closeTo(10.5 / 14.5, 12),
      samples: 1,
      remaining_p10_seconds: null,
      remaining_p50_seconds: null,
      remaining_p90_seconds: null,
      expected_finish_at: null,
      withheld: 'not_stationary',
    });
    expect(await rowsOf(analysis, 'ageing_summary')).toEqual([
      {
        task_type: 'article',
        status: 'UNASSIGNED',
        stage_kind: 'wait',
        open: 1,
        past_p50: 1,
        past_p85: 0,
        past_p95: 0,
        oldest_seconds: 10.5,
        p50_seconds: 10,
        p85_seconds: 13.5,
        p95_seconds: 14.5,
      },
    ]);
    await analysis.close();
  });

  it.each([
    [103.5, 13.5, 'p50_to_p85', [1, 0, 0]],
    [103.75, 13.75, 'p85_to_p95', [1, 1, 0]],
    [104.5, 14.5, 'p85_to_p95', [1, 1, 0]],
    [105, 15, 'past_p95', [1, 1, 1]],
  ] as const)('`now` at %d s makes it %d s old: %s', async (now, age_seconds, band, past) => {
    const analysis = await openAnalysis(board);
    await analysis.sql(`SET VARIABLE now = make_timestamp(${at(now)})`);
    expect(await ofT4(analysis)).toMatchObject({ age_seconds, band });
    const [summary] = await rowsOf(analysis, 'ageing_summary');
    expect([summary?.past_p50, summary?.past_p85, summary?.past_p95]).toEqual(past);
    await analysis.close();
  });
});

/**
 * Thirty briefs, one after the other, and the 31st just posted. The first five wait 1 s and take 1 s; the others wait 4 s and
 * take 1, 2, … 25 s. The log ends 2 s after the last post, with a tick.
 */
async function openSteadyLog(): Promise<TimedBoard> {
  const timed = await openTimedBoard();
  const { board, setSeconds } = timed;
  for (let index = 0; index <= 30; index++) {
    const task_id = `t${index}`;
    const wait = index < 5 ? 1 : 4;
    const work = index < 5 ? 1 : index - 4;
    setSeconds(40 * index);
    await board.postTask({ task_id, task_type: 'brief', label: '' });
    if (index === 30) continue;
    setSeconds(40 * index + wait);
    await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'w1' });
    setSeconds(40 * index + wait + work);
    await board.postResult({ task_id, output: '' });
  }
  const times = { started_at: at(1201.5), ended_at: at(1202) };
  const tick = { tick_id: 'tick', statuses_scanned: [], tasks_scanned: 0, stale_count: 0, error: null };
  await board.call('board.record_tick', { ...tick, ...times });
  return timed;
}

describe('when an open task will finish', () => {
  const log = openedLog(async () => (await openSteadyLog()).board);

  it('is told from the waits that lasted as long: half of those tasks had 15 s still to come', async () => {
    // Of the 25 that waited 4 s, 4 + n − 2 s were to come when they were 2 s old; p10 of n is 3.4, p90 22.6.
    expect(await rowsOf(log.analysis, 'ageing')).toMatchObject([
      {
        task_id: 't30',
        age_seconds: 2,
        samples: 25,
        withheld: null,
        remaining_p10_seconds: 5.4,
        remaining_p50_seconds: 15,
        remaining_p90_seconds: expect.closeTo(24.6, 9),
        expected_finish_at: isoOf(at(1217)),
      },
    ]);
  });

  it('is not told from fewer than 20 of them', async () => {
    const later = await openAnalysis(log.board);
    await later.sql(`SET VARIABLE now = make_timestamp(${at(1204.5)})`);
    expect(await rowsOf(later, 'ageing')).toMatchObject([
      { age_seconds: 4.5, samples: 0, remaining_p50_seconds: null, expected_finish_at: null, withheld: 'few_samples' },
    ]);
    await later.close();
  });

  it('is not told of a board whose arrivals and departures do not balance', async () => {
    const { board: growing, setSeconds } = await openSteadyLog();
    for (let second = 1203; second < 1403; second += 10) {
      setSeconds(second);
      await growing.postTask({ task_type: 'brief', label: '' });
    }
    const unsteady = await openAnalysis(growing);
    const rows = await rowsOf(unsteady, 'ageing');
    expect(rows).toHaveLength(21);
    expect(rows.map(row => row.withheld)).toEqual(Array<string>(21).fill('not_stationary'));
    expect(rows.filter(row => row.remaining_p50_seconds !== null || row.expected_finish_at !== null)).toEqual([]);
    await unsteady.close();
    await growing.close();
  });

  it('a stage that no task has left yet has nothing to compare with', async () => {
    const { board: alone, setSeconds } = await openTimedBoard();
    setSeconds(0);
    await alone.postTask({ task_id: 't1', task_type: 'brief', label: '' });
    setSeconds(3);
    await alone.postTask({ task_id: 't2', task_type: 'brief', label: '' });
    const young = await openAnalysis(alone);
    const rows = await rowsOf(young, 'ageing');
    expect(rows.map(row => [row.task_id, row.age_seconds])).toEqual([
      ['t1', 3],
      ['t2', 0],
    ]);
    for (const row of rows) {
      expect(row).toMatchObject({
        p95_seconds: null,
        band: null,
        age_to_p95: null,
        samples: 0,
        withheld: 'few_samples',
      });
    }
    await young.close();
    await alone.close();
  });
});

describe('the list', () => {
  it('is of the 200 furthest past their p95, relatively', async () => {
    const { board, setSeconds } = await openTimedBoard();
    // Briefs wait 1 s and memos (of review_required) 10 s.
    for (const [index, task_type] of ['brief', 'memo'].entries()) {
      setSeconds(index * 20);
      await board.postTask({ task_id: task_type, task_type, label: '' });
      setSeconds(index * 20 + (index === 0 ? 1 : 10));
      await board.updateTask({ task_id: task_type, to_status: 'IN_PROGRESS', assigned_to: 'w1' });
    }
    setSeconds(100);
    const posts = Array.from({ length: 150 }, (_, index) => ({ task_id: `b${index}`, task_type: 'brief', label: '' }));
    await board.postTasks(posts);
    setSeconds(109);
    const others = Array.from({ length: 150 }, (_, index) => ({ task_id: `m${index}`, task_type: 'memo', label: '' }));
    await board.postTasks(others);
    const analysis = await openAnalysis(board);
    await analysis.sql(`SET VARIABLE now = make_timestamp(${at(110)})`);
    const rows = await rowsOf(analysis, 'ageing');
    // The two that are worked on have nothing to compare with, so they come last; the memos are a tenth of their p95.
    expect(rows).toHaveLength(200);
    expect(rows.slice(0, 150).every(row => row.task_type === 'brief' && Number(row.age_to_p95) > 9.9)).toBe(true);
    expect(rows.slice(150).every(row => row.task_type === 'memo' && Number(row.age_to_p95) < 0.11)).toBe(true);
    const summary = await rowsOf(analysis, 'ageing_summary');
    expect(summary.map(row => [row.task_type, row.status, row.open, row.past_p95])).toEqual([
      ['brief', 'UNASSIGNED', 150, 150],
      ['memo', 'UNASSIGNED', 150, 0],
      ['brief', 'IN_PROGRESS', 1, 0],
      ['memo', 'IN_PROGRESS', 1, 0],
    ]);
    await analysis.close();
    await board.close();
  });
});
