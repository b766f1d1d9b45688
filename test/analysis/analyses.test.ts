import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Analysis, type AnalysisName, type AnalysisRows, openAnalysis } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { isoOf } from '../../board/core/time.ts';
import { at, openSmallLog, openTimedBoard, register } from './small-log.ts';

/** Every figure here was worked out by hand from the times listed in small-log.ts. */
describe('the analyses of a small log, against figures worked out by hand', () => {
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

  it('the log at a glance', async () => {
    expect(await rows('log_summary')).toEqual([
      {
        boards: 1,
        tasks: 4,
        finished_tasks: 3,
        events: 25,
        transitions: 23,
        heartbeats: 2,
        unlinked_events: 0,
        first_event_at: isoOf(at(0)),
        last_event_at: isoOf(at(100.5)),
        span_seconds: 100.5,
      },
    ]);
    expect(await rows('tasks_by_status')).toEqual([
      { status: 'COMPLETE', count: 2, open: 0, finished: 2, archived: 0 },
      { status: 'HUMAN_REVIEW', count: 1, open: 0, finished: 1, archived: 0 },
      { status: 'UNASSIGNED', count: 1, open: 1, finished: 0, archived: 0 },
    ]);
    expect(await rows('edges')).toContainEqual({
      from_status: 'IN_PROGRESS',
      to_status: 'REVISION_NEEDED',
      edge: 'revision',
      count: 1,
    });
  });

  it('dwell by status: closed visits 5, 9, 10 and 15 s in UNASSIGNED, one open', async () => {
    expect(await rows('dwell_by_status')).toContainEqual({
      status: 'UNASSIGNED',
      count: 4,
      open: 1,
      mean_seconds: 9.75,
      p50_seconds: 9.5,
      p95_seconds: expect.closeTo(14.25, 9),
      max_seconds: 15,
      total_seconds: 39,
    });
  });

  it('dwell by stage: IN_PROGRESS is work, review and rework by the edge that entered it', async () => {
    const found = await rows('dwell_by_stage');
    const of = (task_type: string, stage_kind: string) =>
      found.find(row => row.task_type === task_type && row.status === 'IN_PROGRESS' && row.stage_kind === stage_kind);
    expect(of('article', 'active')).toMatchObject({ count: 3, total_seconds: 50, max_seconds: 20 });
    expect(of('article', 'review')).toMatchObject({ count: 3, total_seconds: 20, p50_seconds: 5 });
    expect(of('article', 'rework')).toMatchObject({ count: 1, total_seconds: 10 });
    expect(of('brief', 'active')).toMatchObject({ count: 1, total_seconds: 65 });
  });

  it('elapsed: 70, 80 and 70 s; the open task is counted apart', async () => {
    const [all, article, brief] = await rows('elapsed');
    expect(all).toMatchObject({ task_type: null, tasks: 4, finished: 3, open: 1, p50_seconds: 70, max_seconds: 80 });
    expect(all?.mean_seconds).toBeCloseTo(220 / 3, 9);
    expect(all?.p95_seconds).toBeCloseTo(79, 9);
    expect(all?.first_to_last_mean_seconds).toBeCloseTo(220 / 4, 9);
    expect(article).toMatchObject({ task_type: 'article', tasks: 3, finished: 2, mean_seconds: 75 });
    expect(brief).toMatchObject({ task_type: 'brief', tasks: 1, finished: 1, mean_seconds: 70 });
  });

  it('active, wait, lost and blocked, and flow efficiency as a ratio of sums', async () => {
    const [all, article] = await rows('time_split');
    expect(all).toMatchObject({
      finished_tasks: 3,
      elapsed_seconds: 220,
      active_seconds: 129,
      wait_seconds: 75,
      lost_seconds: 16,
      blocked_seconds: 0,
    });
    expect(all?.flow_efficiency).toBeCloseTo(129 / 220, 12);
    expect(all?.median_flow_efficiency).toBeCloseTo(40 / 70, 12);
    expect(article).toMatchObject({ elapsed_seconds: 150, active_seconds: 64, wait_seconds: 70, lost_seconds: 16 });
    expect(article?.median_flow_efficiency).toBeCloseTo((40 / 70 + 24 / 80) / 2, 12);
  });

  it('flight plans: the most revised first', async () => {
    const found = await rows('flight_plans');
    expect(found.map(row => row.task_id)).toEqual(["it's", 't2', 't3', 't4']);
    expect(found[1]).toMatchObject({ stale_count: 1, reassignments: 1, elapsed_seconds: 80, lost_seconds: 16 });
    expect(found[3]).toMatchObject({ terminal_at: null, elapsed_seconds: null, censored: true, wait_seconds: 0 });
  });

  it('review decisions: three, of which one is a revision; leaving first work is none', async () => {
    const [all, article] = await rows('revisions_by_type');
    expect(all).toMatchObject({
      task_type: null,
      decisions: 3,
      revisions: 1,
      decided_tasks: 2,
      first_pass_tasks: 1,
      revised_tasks: 1,
      first_pass_yield: 0.5,
      mean_revisions: 0.5,
      rework_seconds: 17,
    });
    expect(all?.revision_rate).toBeCloseTo(1 / 3, 12);
    expect(all?.p95_revisions).toBeCloseTo(0.95, 12);
    expect(all?.rework_share).toBeCloseTo(17 / 220, 12);
    expect(article?.rework_share).toBeCloseTo(17 / 150, 12);
  });

  it('review decisions by agent: of the author and of the reviewer', async () => {
    const found = await rows('revisions_by_agent');
    const short = found.map(row => [row.role, row.agent_id, row.decisions, row.revisions, row.first_pass_yield]);
    expect(short).toEqual([
      ['author', 'w1', 2, 1, 0],
      ['author', 'w2', 1, 0, 1],
      ['reviewer', 'r1', 3, 1, 0.5],
    ]);
    const [w1, w2, r1] = found;
    expect(w1).toMatchObject({ mean_revisions: 1, p95_revisions: 1, rework_seconds: 17 });
    expect(w1?.rework_share).toBeCloseTo(17 / 70, 12);
    expect(w2).toMatchObject({ mean_revisions: 0, p95_revisions: 0, rework_seconds: 0, rework_share: 0 });
    expect(r1).toMatchObject({ mean_revisions: 0.5, rework_seconds: 17 });
    expect(r1?.rework_share).toBeCloseTo(17 / 150, 12);
  });

  it('rework that is sent back without a review between counts no instant twice', async () => {
    const { board, setSeconds } = await openTimedBoard();
    const steps = ['post', 'IN_PROGRESS', 'REVISION_NEEDED', 'IN_PROGRESS', 'REVISION_NEEDED', 'IN_PROGRESS'];
    const ways = [...steps, 'PENDING_REVIEW', 'IN_PROGRESS', 'APPROVED', 'COMPLETE'];
    for (const [second, to_status] of ways.entries()) {
      setSeconds(second);
      if (to_status === 'post') await board.postTask({ task_id: 't', task_type: 'article', label: '' });
      else await board.updateTask({ task_id: 't', to_status, assigned_to: 'w' });
    }
    const twice = await openAnalysis(board);
    try {
      const result = await twice.run('revisions_by_type');
      if (!result.available) throw new Error(result.reason);
      // Sent back at 2 and at 4, reviewed from 7 to 8, finished at 9.
      expect(result.rows[0]).toMatchObject({ decisions: 3, revisions: 2, rework_seconds: 5 });
      expect(result.rows[0]?.rework_share).toBeCloseTo(5 / 9, 12);
    } finally {
      await twice.close();
      await board.close();
    }
  });

  it('bottleneck: an agent that is OFFLINE counts until it was last seen', async () => {
    const { board, setSeconds } = await openTimedBoard();
    setSeconds(0);
    await register(board, 'works', 'memo');
    await register(board, 'gone', 'memo');
    setSeconds(2);
    await board.postAgentHeartbeat({ agent_id: 'gone' });
    setSeconds(4);
    await board.postTask({ task_id: 't', task_type: 'memo', label: '' });
    await board.updateTask({ task_id: 't', to_status: 'IN_PROGRESS', assigned_to: 'works' });
    await board.call('board.set_agent_offline', { agent_id: 'gone', if_silent_since: Number.MAX_SAFE_INTEGER });
    setSeconds(10);
    await board.postResult({ task_id: 't', output: 'done' });
    const analysis = await openAnalysis(board);
    try {
      const result = await analysis.run('bottleneck');
      if (!result.available) throw new Error(result.reason);
      const memo = result.rows.find(row => row.capability === 'memo');
      // Six seconds of work; ten of the one, two of the other.
      expect(memo?.busy_share).toBeCloseTo(6 / 12, 5);
    } finally {
      await analysis.close();
      await board.close();
    }
  });

  it('bottleneck: UNASSIGNED articles, with more arrivals than departures', async () => {
    const found = await rows('bottleneck');
    const scores = found.map(row => [row.status, row.capability, row.wait_seconds, row.arrivals, row.departures]);
    expect(scores).toEqual([
      ['UNASSIGNED', 'article', 34, 4, 3],
      ['PENDING_REVIEW', 'review', 22, 3, 3],
      ['APPROVED', null, 8, 2, 2],
      ['REVISION_NEEDED', 'article', 5, 1, 1],
      ['UNASSIGNED', 'brief', 5, 1, 1],
      ['STALE', null, 1, 1, 1],
    ]);
    const [top, review] = found;
    expect(top).toMatchObject({ p25_seconds: 9.5, p95_seconds: 14.5, is_bottleneck: true });
    // w1 and w2 worked 30 s each since they were registered, r1 20 s.
    expect(top?.busy_share).toBeCloseTo(60 / (104.5 + 103.5), 12);
    expect(review?.busy_share).toBeCloseTo(20 / 101.5, 12);
    expect(top?.score).toBeCloseTo((100 * 34) / 220, 9);
    expect(top?.mean_elapsed_seconds).toBeCloseTo(220 / 3, 9);
    expect(top?.mean_elapsed_if_p25_seconds).toBeCloseTo(214 / 3, 9);
    expect(review).toMatchObject({ is_bottleneck: false });
    expect(found.reduce((sum, row) => sum + (row.score ?? 0), 0)).toBeCloseTo((100 * 75) / 220, 9);
  });

  it('directly-follows graph', async () => {
    const found = await rows('directly_follows');
    const step = (a: string, b: string) => found.find(row => row.a === a && row.b === b);
    expect(step('UNASSIGNED', 'IN_PROGRESS')).toMatchObject({
      count: 4,
      cases: 3,
      mean_seconds: 9.75,
      p95_seconds: expect.closeTo(14.25, 9),
    });
    expect(step('IN_PROGRESS', 'PENDING_REVIEW')).toMatchObject({ count: 3, cases: 2, max_seconds: 20 });
    expect(found.reduce((sum, row) => sum + row.count, 0)).toBe(19);
  });

  it('variants: each task went its own way', async () => {
    const found = await rows('variants');
    expect(found).toHaveLength(4);
    expect(found.map(row => row.share)).toEqual([0.25, 0.25, 0.25, 0.25]);
    const failed = found.find(row => row.example_task_id === 't3');
    expect(failed).toMatchObject({
      path: 'UNASSIGNED → IN_PROGRESS → HUMAN_REVIEW',
      mean_elapsed_seconds: 70,
      variants: 4,
    });
  });

  it('sleep study: sleeps of 2, 0.5, 4, 0.5 and 8 s', async () => {
    const [chief, ...others] = await rows('sleep_study');
    expect(others).toEqual([]);
    expect(chief).toMatchObject({
      chief_id: 'chief',
      cycles: 6,
      sleeps: 5,
      actions: 4,
      errors: 1,
      first_woke_at: isoOf(at(0)),
      last_slept_at: isoOf(at(21)),
      mean_seconds: 3,
      p5_seconds: 0.5,
      p25_seconds: 0.5,
      p50_seconds: 2,
      p75_seconds: 4,
      max_seconds: 8,
      short_share: 0.4,
      sleeping_seconds: 15,
      thinking_seconds: 3,
      acting_seconds: 3,
    });
    expect(chief?.p95_seconds).toBeCloseTo(7.2, 9);
    expect(chief?.p99_seconds).toBeCloseTo(7.84, 9);
    const deviation = Math.sqrt(7.9);
    expect(chief?.burstiness).toBeCloseTo((deviation - 3) / (deviation + 3), 9);
    expect(chief?.dormancy).toBeCloseTo(15 / 21, 12);
  });

  it('chief timeline: sleeping, thinking, acting in turn, without a gap', async () => {
    const found = await rows('chief_timeline');
    expect(found.slice(0, 3).map(row => [row.state, row.seconds])).toEqual([
      ['thinking', 0.5],
      ['acting', 0.5],
      ['sleeping', 2],
    ]);
    for (const [index, row] of found.slice(1).entries()) expect(row.started_at).toBe(found[index]?.ended_at);
    expect(found.reduce((sum, row) => sum + row.seconds, 0)).toBeCloseTo(21, 9);
  });

  it('noop rate: an empty cycle neither counts nor breaks a streak, an error is no noop', async () => {
    expect(await rows('noop_rate')).toEqual([
      {
        board_uid: (await board.board()).board_uid,
        chief_id: 'chief',
        cycles: 6,
        errors: 1,
        reactive_cycles: 4,
        noops: 2,
        noop_rate: 0.5,
        other_cycles: 2,
        empties: 1,
        empty_rate: 0.5,
        longest_streak: 2,
        noop_seconds: 1.5,
        noop_time_share: 0.25,
      },
    ]);
  });

  it('wake triggers', async () => {
    const found = await rows('wake_triggers');
    expect(found.map(row => [row.trigger, row.wakes, row.actions, row.coalesced_wakes])).toEqual([
      ['worker', 3, 3, 0],
      ['board_event', 1, 0, 2],
      ['ombudsman', 1, 0, 0],
      ['seed', 1, 1, 0],
    ]);
    expect(found[0]).toMatchObject({ share: 0.5, actions_per_wake: 1 });
    expect(found[0]?.yield).toBeCloseTo(1 / 3, 12);
    expect(found[0]?.mean_cycle_seconds).toBeCloseTo(4 / 3, 9);
  });

  it('the flight plan from SQL is the board’s own', async () => {
    for (const task of ["it's", 't2', 't3', 't4']) {
      expect(await analysis.flightPlan(task)).toEqual((await board.flightPlan(task)).flight_plan);
    }
    const plan = await analysis.flightPlan('t2');
    expect(plan).toMatchObject({ active_seconds: 24, lost_seconds: 16, wait_seconds: 40, elapsed_seconds: 80 });
    await expect(analysis.flightPlan("x' OR 'a' = 'a")).rejects.toMatchObject({ code: 'task_not_found' });
  });
});
