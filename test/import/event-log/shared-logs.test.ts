import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Analysis, type AnalysisName, type AnalysisRows, openAnalysis } from '../../../analysis/index.ts';
import { sqlite } from '../../../board/backends/sqlite/index.ts';
import type { Board } from '../../../board/board.ts';
import { checkLog } from '../../../board/check/check.ts';
import { microsOf } from '../../../board/core/time.ts';
import { type ColumnMap, type ImportLogSummary, importLog, openBoard } from '../../../board/index.ts';
import { requireShared, sharedPath } from '../../support/shared.ts';
import { type MiningExpected, miningExpected } from './mining-expected.ts';

interface SharedLog {
  readonly file: string;
  readonly map: ColumnMap;
}

/** Expected figures → the log they are of, and how it is read. */
const LOGS: Readonly<Record<string, SharedLog>> = {
  bpic2013_closed_problems: {
    file: 'data/bpic2013_closed_problems.csv.gz',
    map: { task_id: 'case_id', status: 'activity+lifecycle', agent_id: 'resource', seq: 'seq' },
  },
  bpic2013_closed_problems__status: {
    file: 'data/bpic2013_closed_problems.csv.gz',
    map: { task_id: 'case_id', status: 'activity', agent_id: 'resource', seq: 'seq' },
  },
  production: {
    file: 'data/production.csv.gz',
    map: { task_id: 'case_id', status: 'activity', agent_id: 'resource', started_at: 'start' },
  },
  beads_board: {
    file: 'data/beads_board.csv.gz',
    map: { status: 'activity', agent_id: 'resource', task_type: 'issue_type' },
  },
};

/** Figures that were added up in another order may differ in their last digits. */
function expectNear(found: unknown, expected: number | null, what: string): void {
  const difference = Math.abs(Number(found) - Number(expected));
  expect(difference, `${what}: ${found}, expected ${expected}`).toBeLessThanOrEqual(
    1e-9 * Math.abs(Number(expected)) + 1e-6,
  );
}

const byKey = (counts: Readonly<Record<string, number>>): [string, number][] => Object.entries(counts).sort();

describe.each(Object.entries(LOGS))('%s', (name, { file, map }) => {
  let board: Board;
  let analysis: Analysis;
  let summary: ImportLogSummary;
  let expected: MiningExpected;

  beforeAll(async () => {
    const path = sharedPath(file);
    const figures = miningExpected(name);
    if (path === null || figures === null) return;
    expected = figures;
    const into = sqlite({ file: ':memory:' });
    summary = await importLog(path, { into, map });
    board = await openBoard({ backend: into });
    analysis = await openAnalysis(board);
  });
  beforeEach(context => {
    requireShared(file, context);
    requireShared(`data/expected/${name}.json`, context);
  });
  afterAll(async () => {
    await analysis?.close();
    await board?.close();
  });

  async function rows<Name extends AnalysisName>(analysed: Name): Promise<readonly AnalysisRows[Name][]> {
    const result = await analysis.run(analysed);
    if (!result.available) throw new Error(result.reason);
    return result.rows;
  }

  async function counts(sql: string): Promise<[string, number][]> {
    const found = await analysis.sql(sql);
    return found.map(({ key, n }): [string, number] => [String(key), Number(n)]).sort();
  }

  it('has every case and event, none faulty', async () => {
    expect(summary).toMatchObject({
      tasks: expected.cases,
      events: expected.events,
      rows: expected.events,
      rejected: 0,
    });
    const [log] = await rows('log_summary');
    expect(log).toMatchObject({ tasks: expected.cases, finished_tasks: expected.cases, events: expected.events });
    expect(microsOf(log?.first_event_at ?? '')).toBe(microsOf(expected.first));
    expect(microsOf(log?.last_event_at ?? '')).toBe(microsOf(expected.last));
  });

  it('is whole, with nothing to inherit', async () => {
    expect(await checkLog(board)).toMatchObject({ ok: true, own: 0, inherited: 0, faults: [], skipped: [] });
  });

  it('has the activities, and those that cases begin and end with', async () => {
    expect(await counts('SELECT status AS key, count(*) AS n FROM stages GROUP BY 1')).toEqual(
      byKey(expected.activities),
    );
    expect(await counts("SELECT to_status AS key, count(*) AS n FROM events WHERE edge = 'post' GROUP BY 1")).toEqual(
      byKey(expected.start_activities),
    );
    expect(await counts('SELECT status AS key, count(*) AS n FROM tasks GROUP BY 1')).toEqual(
      byKey(expected.end_activities),
    );
  });

  it('has the variants', async () => {
    const variants = await rows('variants');
    expect(variants[0]?.variants).toBe(expected.variants);
    const ways = new Map(variants.map(({ path, count }) => [path, count]));
    for (const { trace, count } of expected.top_variants)
      expect(ways.get(trace.join(' → ')), trace.join(', ')).toBe(count);
  });

  it('has the durations from the first event of a case to its last', async () => {
    const [all] = await rows('elapsed');
    const { mean, median, min, max, sum, pstdev } = expected.case_duration;
    expect(all).toMatchObject({ task_type: null, tasks: expected.cases, finished: expected.cases, open: 0 });
    for (const figure of ['', 'first_to_last_'] as const) {
      expectNear(all?.[`${figure}mean_seconds`], mean, `${figure} mean`);
      expectNear(all?.[`${figure}p50_seconds`], median, `${figure} median`);
      expectNear(all?.[`${figure}max_seconds`], max, `${figure} max`);
    }
    const [rest] = await analysis.sql(
      'SELECT min(elapsed_us) / 1e6 AS min, sum(elapsed_us) / 1e6 AS sum, stddev_pop(elapsed_us) / 1e6 AS pstdev FROM task_times',
    );
    expectNear(rest?.min, min, 'min');
    expectNear(rest?.sum, sum, 'sum');
    expectNear(rest?.pstdev, pstdev, 'standard deviation');
  });

  it('has what follows what, how often and after how long', async () => {
    const steps = await rows('directly_follows');
    const found = Object.fromEntries(steps.map(({ a, b, count }) => [`${a} ||| ${b}`, count]));
    expect(byKey(found)).toEqual(byKey(expected.dfg));
    const rest = await analysis.sql(
      `SELECT status || ' ||| ' || next_status AS step, min(dwell_us) / 1e6 AS min, sum(dwell_us) / 1e6 AS sum,
         stddev_samp(dwell_us) / 1e6 AS stdev FROM closed_stages GROUP BY 1`,
    );
    const others = new Map(rest.map(row => [row.step, row]));
    expect(Object.keys(expected.performance_dfg)).toHaveLength(steps.length);
    for (const { a, b, mean_seconds, p50_seconds, max_seconds } of steps) {
      const step = `${a} ||| ${b}`;
      const times = expected.performance_dfg[step];
      if (times === undefined) throw new Error(step);
      expectNear(mean_seconds, times.mean, `${step} mean`);
      expectNear(p50_seconds, times.median, `${step} median`);
      expectNear(max_seconds, times.max, `${step} max`);
      for (const figure of ['min', 'sum'] as const)
        expectNear(others.get(step)?.[figure], times[figure], `${step} ${figure}`);
      expect(others.get(step)?.stdev === null, `${step} stdev`).toBe(times.stdev === null);
      expectNear(others.get(step)?.stdev, times.stdev, `${step} stdev`);
    }
  });

  it('has the rework: cases in which an activity comes again', async () => {
    const again = 'FROM stages WHERE visit > 1';
    expect(await counts(`SELECT status AS key, count(DISTINCT task_id) AS n ${again} GROUP BY 1`)).toEqual(
      byKey(expected.rework_cases_per_activity),
    );
    const [cases] = await analysis.sql(`SELECT count(DISTINCT task_id) AS n ${again}`);
    expect(cases?.n).toBe(expected.cases_with_any_repeated_activity);
  });

  it('has the resources, blank ones apart, and the ties', async () => {
    const { resources, events_per_case, events_with_same_timestamp_as_previous_in_case: ties } = expected;
    const found = await counts(
      'SELECT agent_id AS key, count(*) AS n FROM events WHERE agent_id IS NOT NULL GROUP BY 1',
    );
    if (typeof resources === 'number') expect(found.length).toBe(resources);
    else expect(found).toEqual(byKey(resources).filter(([agent]) => agent !== ''));
    expect((await board.listAgents()).map(agent => agent.agent_id).sort()).toEqual(
      found.map(([agent]) => agent).sort(),
    );
    const [stages] = await analysis.sql('SELECT count(*) AS n FROM closed_stages WHERE dwell_us = 0');
    expect(stages?.n).toBe(ties);
    const [spread] = await analysis.sql(
      'SELECT avg(n) AS mean, min(n) AS min, max(n) AS max, median(n) AS median FROM (SELECT count(*) AS n FROM events GROUP BY task_id)',
    );
    for (const figure of ['mean', 'min', 'max', 'median'] as const)
      expectNear(spread?.[figure], events_per_case[figure], figure);
  });

  it('keeps starts: the times that steps took, and from the first start to the last completion', async () => {
    const { service_time_mean = {}, service_time_median = {} } = expected;
    const steps = `(SELECT task_id, to_status AS status, epoch_us("timestamp") AS ended,
      epoch_us(CAST(payload->>'started_at' AS TIMESTAMPTZ)) AS began FROM events)`;
    for (const [figure, wanted] of [
      ['avg', service_time_mean],
      ['median', service_time_median],
    ] as const) {
      const found = await analysis.sql(
        `SELECT status, ${figure}(ended - began) / 1e6 AS seconds FROM ${steps} WHERE began IS NOT NULL GROUP BY 1`,
      );
      expect(found.map(({ status }) => String(status)).sort()).toEqual(Object.keys(wanted).sort());
      for (const { status, seconds } of found)
        expectNear(seconds, wanted[String(status)] ?? null, `${status} ${figure}`);
    }
    const whole = expected['case_duration_first_start_to_last_complete (pandas, not pm4py)'];
    if (whole === undefined) return;
    const [found] = await analysis.sql(
      `SELECT avg(us) / 1e6 AS mean, median(us) / 1e6 AS median, min(us) / 1e6 AS min, max(us) / 1e6 AS max
       FROM (SELECT max(ended) - min(began) AS us FROM ${steps} GROUP BY task_id)`,
    );
    for (const figure of ['mean', 'median', 'min', 'max'] as const) expectNear(found?.[figure], whole[figure], figure);
  });
});

describe('BPI Challenge 2013, closed problems, as published', () => {
  it('1,487 cases, 6,660 events, 327 variants; median, 95th percentile, longest, mean and deviation to the last digit', async context => {
    const { file = '', map = {} } = LOGS.bpic2013_closed_problems ?? {};
    const into = sqlite({ file: ':memory:' });
    const summary = await importLog(requireShared(file, context), { into, map });
    const board = await openBoard({ backend: into });
    const analysis = await openAnalysis(board);
    const elapsed = await analysis.run('elapsed');
    const variants = await analysis.run('variants');
    if (!elapsed.available || !variants.available) throw new Error('not available');
    const [all] = elapsed.rows;
    const hours = (seconds: number | null | undefined) => ((seconds ?? 0) / 3600).toFixed(1);
    expect(summary).toMatchObject({ tasks: 1487, events: 6660 });
    expect(variants.rows[0]?.variants).toBe(327);
    expect([all?.p50_seconds, all?.p95_seconds, all?.max_seconds].map(hours)).toEqual(['1968.5', '15836.5', '54116.4']);
    const [spread] = await analysis.sql(
      'SELECT avg(elapsed_us) / 1e6 AS mean, stddev_samp(elapsed_us) / 1e6 AS sd FROM task_times',
    );
    expect([spread?.mean, spread?.sd].map(seconds => Number(seconds).toFixed(3))).toEqual([
      '15455653.334',
      '20550846.149',
    ]);
    await analysis.close();
    await board.close();
  });
});
