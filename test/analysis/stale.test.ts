import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Analysis, openAnalysis } from '../../analysis/index.ts';
import { AGENTS_NAMES } from '../../analysis/rows/agents.ts';
import { OMBUDSMAN_NAMES } from '../../analysis/rows/ombudsman.ts';
import type { Board } from '../../board/board.ts';
import { isoOf } from '../../board/core/time.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { tempDir } from '../support/temp.ts';
import { rowsOf } from './rows-of.ts';
import { openSilentLog } from './silent-log.ts';
import { at, openTimedBoard, register } from './small-log.ts';

/** Every figure here was worked out by hand from the times listed in silent-log.ts. */
describe('stale work in the log of silent workers', () => {
  let board: Board;
  let analysis: Analysis;
  beforeAll(async () => {
    board = await openSilentLog();
    analysis = await openAnalysis(board);
  });
  afterAll(async () => {
    await analysis.close();
    await board.close();
  });

  it('three of nine attempts, found after 40, 50 and 60 s, of which two went on after 10 and 69', async () => {
    const [all] = await rowsOf(analysis, 'stale');
    expect(all).toMatchObject({
      dimension: 'all',
      key: null,
      board_uid: null,
      attempts: 9,
      open_attempts: 1,
      stale: 3,
      stale_rate: 3 / 9,
      stale_share: 1,
      active_share: 1,
      concentration: 1,
      lost_seconds: 150,
      detection_p50_seconds: 50,
      detection_p95_seconds: 59,
      recovery_p50_seconds: 39.5,
      unrecovered: 1,
    });
    expect(all?.recovery_p95_seconds).toBeCloseTo(10 + 0.95 * 59, 9);
  });

  it('false: w1 beat late for a task it had again, w2 for one that another had', async () => {
    const [all, ...others] = await rowsOf(analysis, 'stale');
    expect(all).toMatchObject({ false_stale: 2, false_stale_share: 2 / 3 });
    const agents = others.filter(row => row.dimension === 'agent');
    expect(agents.map(row => [row.key, row.stale, row.false_stale])).toEqual([
      ['w2', 2, 1],
      ['w1', 1, 1],
      ['r1', 0, 0],
      ['w3', 0, 0],
    ]);
  });

  it('by agent: w1 did 65 of the 115 active seconds, and went stale once of three times', async () => {
    const found = await rowsOf(analysis, 'stale');
    const w1 = found.find(row => row.key === 'w1');
    const { board_uid } = await board.board();
    expect(w1).toMatchObject({ board_uid, attempts: 4, open_attempts: 1, stale_rate: 0.25, lost_seconds: 40 });
    expect(w1?.active_share).toBeCloseTo(65 / 115, 12);
    expect(w1?.concentration).toBeCloseTo(115 / (3 * 65), 12);
    expect(found.find(row => row.key === 'r1')).toMatchObject({
      stale_rate: 0,
      concentration: 0,
      false_stale_share: null,
    });
  });

  it('by status and task type, over all boards', async () => {
    const found = await rowsOf(analysis, 'stale');
    const short = found.filter(row => row.dimension === 'status' || row.dimension === 'task_type');
    expect(
      short.map(row => [row.dimension, row.key, row.board_uid, row.attempts, row.open_attempts, row.stale]),
    ).toEqual([
      ['status', 'IN_PROGRESS', null, 9, 1, 3],
      ['task_type', 'article', null, 8, 0, 2],
      ['task_type', 'brief', null, 1, 1, 1],
    ]);
  });

  it('concentration: one of three with w1, two with w2', async () => {
    const [status, agent, type] = await rowsOf(analysis, 'stale_concentration');
    expect(status).toMatchObject({ dimension: 'status', keys: 1, concentration: 1, expected_concentration: 1 });
    const { board_uid } = await board.board();
    expect(agent).toMatchObject({
      dimension: 'agent',
      keys: 4,
      stale_keys: 2,
      stale: 3,
      top_key: 'w2',
      top_board_uid: board_uid,
    });
    expect(agent?.concentration).toBeCloseTo(5 / 9, 12);
    expect(agent?.top_share).toBeCloseTo(2 / 3, 12);
    expect(agent?.expected_concentration).toBeCloseTo((65 ** 2 + 20 ** 2 + 20 ** 2 + 10 ** 2) / 115 ** 2, 12);
    expect(type).toMatchObject({ dimension: 'task_type', keys: 2, top_key: 'article', top_board_uid: null });
    expect(type?.expected_concentration).toBeCloseTo((95 ** 2 + 20 ** 2) / 115 ** 2, 12);
  });

  it('heartbeat gaps: 10, 5 and 10 s of articles, 20 of briefs; a late beat to the same agent’s new stage is one of 5', async () => {
    const [all, article, brief] = await rowsOf(analysis, 'heartbeat_gaps');
    expect(all).toMatchObject({ task_type: null, gaps: 5, p50_seconds: 10, max_seconds: 20 });
    expect(article).toMatchObject({ task_type: 'article', gaps: 4, p50_seconds: 7.5, max_seconds: 10 });
    expect(brief).toMatchObject({ task_type: 'brief', gaps: 1, p99_seconds: 20 });
  });

  it('silences of what was not found stale: 10 s of five articles, 20 s of b’s second attempt', async () => {
    const [all, , brief] = await rowsOf(analysis, 'heartbeat_gaps');
    expect(all).toMatchObject({ attempts: 6, without_beat: 5, silence_p50_seconds: 10, silence_max_seconds: 20 });
    expect(all?.silence_p99_seconds).toBeCloseTo(10 + 0.95 * 10, 9);
    expect(brief).toMatchObject({ attempts: 0, without_beat: 0, silence_max_seconds: null });
  });

  it('the advisor counts the falsely stale among the living: a was silent for 55 s, b for 124', async () => {
    const [article, brief] = await rowsOf(analysis, 'timeout_advisor');
    expect(article).toMatchObject({
      task_type: 'article',
      status: 'IN_PROGRESS',
      alive_attempts: 8,
      stale: 2,
      false_stale: 2,
      false_stale_rate: 0.25,
      detection_min_seconds: 40,
      detection_p50_seconds: 45,
      silence_max_seconds: 124,
      suggested_timeout_seconds: null,
      suggested_false_stale_rate: null,
      suggested_detection_seconds: null,
    });
    expect(brief).toMatchObject({ alive_attempts: 0, stale: 1, false_stale_rate: null, silence_p99_seconds: null });
  });

  it('a report, which keeps what they stand on, gives the same answers', async () => {
    const opened = await openAnalysis(board);
    try {
      const report = await opened.report();
      for (const name of [...OMBUDSMAN_NAMES, ...AGENTS_NAMES]) {
        expect(report[name], name).toEqual(await analysis.run(name));
      }
    } finally {
      await opened.close();
    }
  });

  it('the variable now cuts off: at 70 s w1 has not begun again, and b is not taken up', async () => {
    const cut = await openAnalysis(board);
    try {
      await cut.sql(`SET VARIABLE now = make_timestamp(${at(70)})`);
      expect((await rowsOf(cut, 'stale'))[0]).toMatchObject({
        attempts: 3,
        open_attempts: 1,
        stale: 2,
        unrecovered: 2,
        false_stale: 0,
      });
    } finally {
      await cut.close();
    }
  });
});

describe('a result of a worker that had been found stale', () => {
  it('shows that it lived, also in an import, which names no actor', async () => {
    const { board, setSeconds } = await openTimedBoard();
    for (const agent of ['w1', 'w2']) await register(board, agent, 'brief');
    const move = async (seconds: number, to_status: string, options = {}) => {
      setSeconds(seconds);
      await board.updateTask({ task_id: 't', to_status, ...options });
    };
    setSeconds(0);
    await board.postTask({ task_id: 't', task_type: 'brief', label: '' });
    await move(10, 'IN_PROGRESS', { assigned_to: 'w1' });
    await move(40, 'STALE', { reason: 'stale_heartbeat' });
    await move(41, 'UNASSIGNED');
    await move(50, 'IN_PROGRESS', { assigned_to: 'w2' });
    setSeconds(60);
    await board.postResult({ task_id: 't', output: 'done after all', agent_id: 'w1' });
    const file = join(tempDir(), 'events.ndjson');
    await exportLog(board, { to: file });
    await board.close();
    for (const isImport of [false, true]) {
      if (isImport)
        await writeFile(file, (await readFile(file, 'utf8')).replaceAll(/"actor":"[^"]*"/g, '"actor":null'));
      const analysis = await openAnalysis(file);
      const [all] = await rowsOf(analysis, 'stale');
      expect(all).toMatchObject({ attempts: 2, stale: 1, false_stale: 1, recovery_p50_seconds: 10 });
      expect((await rowsOf(analysis, 'timeout_advisor'))[0]).toMatchObject({
        alive_attempts: 2,
        silence_max_seconds: 50,
      });
      await analysis.close();
    }
  });
});

describe('the time-out advisor', () => {
  it('a ladder’s shortest time-out that at most 1 % of the living exceed', async () => {
    const { board, setSeconds } = await openTimedBoard();
    await register(board, 'w1', 'brief');
    // 98 tasks of 4 s and one of 40, one after the other; and one found stale after 100 s whose worker beats 20 s later.
    let now = 0;
    let fence = 0;
    const move = async (task_id: string, to_status: string, options = {}) => {
      setSeconds(now);
      const { task } = await board.updateTask({ task_id, to_status, ...options });
      return task.entered_sequence_id;
    };
    for (let index = 0; index < 100; index++) {
      const task_id = `t${index}`;
      now += 1;
      setSeconds(now);
      await board.postTask({ task_id, task_type: 'brief', label: '' });
      now += 1;
      fence = await move(task_id, 'IN_PROGRESS', { assigned_to: 'w1' });
      now += index === 99 ? 100 : index === 98 ? 40 : 4;
      if (index === 99) await move(task_id, 'STALE', { reason: 'stale_heartbeat' });
      else await move(task_id, 'COMPLETE');
    }
    setSeconds(now + 20);
    await board.postAgentHeartbeat({ agent_id: 'w1', task_id: 't99', fence });
    for (const [index, started] of [0, 30, 60].entries()) {
      const tick = {
        tick_id: `k${index}`,
        statuses_scanned: ['IN_PROGRESS'],
        tasks_scanned: 1,
        stale_count: 0,
        error: null,
      };
      await board.call('board.record_tick', { ...tick, started_at: at(started), ended_at: at(started + 1) });
    }
    const analysis = await openAnalysis(board);
    try {
      expect(await rowsOf(analysis, 'timeout_advisor')).toMatchObject([
        {
          alive_attempts: 100,
          stale: 1,
          false_stale: 1,
          false_stale_rate: 0.01,
          silence_max_seconds: 120,
          suggested_timeout_seconds: 45,
          suggested_false_stale_rate: 0.01,
          suggested_detection_seconds: 60,
        },
      ]);
    } finally {
      await analysis.close();
      await board.close();
    }
  });
});

describe('the Ombudsman’s ticks', () => {
  it('their durations, intervals and finds, by hand', async () => {
    const { board, setSeconds } = await openTimedBoard();
    const ticks = [
      [0, 1, 4, 0],
      [30, 33, 8, 2],
      [70, 71, 6, 1],
    ] as const;
    for (const [index, [started, ended, tasks_scanned, stale_count]] of ticks.entries()) {
      const tick = { tick_id: `k${index}`, statuses_scanned: [], tasks_scanned, stale_count };
      const error = index === 0 ? 'the board was away' : null;
      await board.call('board.record_tick', { ...tick, started_at: at(started), ended_at: at(ended), error });
    }
    setSeconds(100);
    await board.postTask({ task_id: 't', task_type: 'brief', label: '' });
    const analysis = await openAnalysis(board);
    try {
      expect(await rowsOf(analysis, 'ombudsman_summary')).toEqual([
        {
          board_uid: (await board.board()).board_uid,
          ticks: 3,
          errors: 1,
          first_started_at: isoOf(at(0)),
          last_ended_at: isoOf(at(71)),
          mean_tasks_scanned: 6,
          found: 3,
          finding_ticks: 2,
          duration_p50_seconds: 1,
          duration_p95_seconds: expect.closeTo(2.8, 9),
          duration_max_seconds: 3,
          interval_p50_seconds: 35,
          interval_p95_seconds: expect.closeTo(39.5, 9),
          interval_max_seconds: 40,
          since_last_seconds: 29,
        },
      ]);
    } finally {
      await analysis.close();
      await board.close();
    }
  });
});
