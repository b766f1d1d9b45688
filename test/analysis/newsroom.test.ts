import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { type Analysis, openAnalysis, type Report } from '../../analysis/index.ts';
import { CHIEF_NAMES } from '../../analysis/rows/chief.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { stagesOf } from '../../board/core/stages.ts';
import { isoOf } from '../../board/core/time.ts';
import { importReference } from '../../board/import/reference.ts';
import { openBoard } from '../../board/index.ts';
import { exportLog } from '../../exporters/files/index.ts';
import type { NewsroomExpected, Spread } from '../support/newsroom-expected.ts';
import { requireShared, sharedPath } from '../support/shared.ts';
import { tempDir } from '../support/temp.ts';

const NEWSROOM = 'data/newsroom.db';
const EXPECTED = 'data/expected/newsroom.json';

/** The expected figures are rounded to a microsecond. */
const MICROSECOND = 1.01e-6;

function expectNear(found: number | null | undefined, expected: number, what: string): void {
  expect(Math.abs((found ?? Number.NaN) - expected), `${what}: ${found} is not ${expected}`).toBeLessThan(MICROSECOND);
}

type Seconds = Record<'mean_seconds' | 'p50_seconds' | 'p95_seconds' | 'max_seconds', number | null>;

function expectSpread(found: Seconds, expected: Spread, what: string): void {
  for (const name of ['mean', 'p50', 'p95', 'max'] as const) {
    expectNear(found[`${name}_seconds`], expected[name], `${what} ${name}`);
  }
}

function rowsOf<Name extends keyof Report>(report: Report, name: Name): readonly Rows<Name>[] {
  const result = report[name];
  if (!result.available) throw new Error(`${name}: ${result.reason}`);
  return result.rows as readonly Rows<Name>[];
}

type Rows<Name extends keyof Report> = Extract<Report[Name], { available: true }>['rows'][number];

function counts<Row extends { count: number }>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): Record<string, number> {
  const found: Record<string, number> = {};
  for (const row of rows) found[keyOf(row)] = (found[keyOf(row)] ?? 0) + row.count;
  return found;
}

describe('a real log, with figures another program computed', () => {
  let board: Board;
  let analysis: Analysis;
  let report: Report;
  let expected: NewsroomExpected;

  beforeAll(async () => {
    const file = sharedPath(NEWSROOM);
    const figures = sharedPath(EXPECTED);
    if (file === null || figures === null) return;
    expected = JSON.parse(readFileSync(figures, 'utf8')) as NewsroomExpected;
    const backend = sqlite({ file: ':memory:' });
    await importReference(file, { into: backend });
    board = await openBoard({ backend });
    analysis = await openAnalysis(board);
    report = await analysis.report();
  });
  beforeEach((context: TestContext) => {
    requireShared(NEWSROOM, context);
  });
  afterAll(async () => {
    await analysis?.close();
    await board?.close();
  });

  it('counts events, tasks and edges', async () => {
    const [summary] = rowsOf(report, 'log_summary');
    expect(summary).toMatchObject({
      boards: 1,
      tasks: expected.tasks,
      events: expected.events,
      unlinked_events: expected.unlinked_sequence_ids.length,
    });
    expect(counts(rowsOf(report, 'events_by_type'), row => row.event_type)).toEqual(expected.events_by_type);
    expect(counts(rowsOf(report, 'tasks_by_status'), row => row.status)).toEqual(expected.tasks_by_status);
    const edge = (row: { from_status: string; to_status: string }) => `${row.from_status} ${row.to_status}`;
    expect(counts(rowsOf(report, 'edges'), edge)).toEqual(counts(expected.edges, edge));
    const unlinked = await analysis.sql("SELECT sequence_id FROM transitions WHERE edge = 'unlinked' ORDER BY 1");
    expect(unlinked.map(row => row.sequence_id)).toEqual(expected.unlinked_sequence_ids.toSorted((a, b) => a - b));
  });

  it('dwell by status: closed visits, to a microsecond', () => {
    const rows = rowsOf(report, 'dwell_by_status').filter(row => row.count > 0);
    const found = Object.fromEntries(rows.map(row => [row.status, row]));
    expect(Object.keys(found).toSorted()).toEqual(Object.keys(expected.dwell_seconds_by_status).toSorted());
    for (const [status, spread] of Object.entries(expected.dwell_seconds_by_status)) {
      const row = found[status];
      if (row === undefined) throw new Error(status);
      expect(row.count, status).toBe(spread.count);
      expectSpread(row, spread, status);
    }
  });

  it('elapsed to the first finish, and from first to last event', () => {
    const all = rowsOf(report, 'elapsed').find(row => row.task_type === null);
    if (all === undefined) throw new Error('no row of all types');
    expect(all).toMatchObject({ finished: expected.elapsed_seconds.count, open: 0 });
    expectSpread(all, expected.elapsed_seconds, 'elapsed');
    const firstToLast = expected.first_to_last_event_seconds;
    for (const name of ['mean', 'p50', 'p95', 'max'] as const) {
      expectNear(all[`first_to_last_${name}_seconds`], firstToLast[name], `first to last ${name}`);
    }
  });

  it('has neither cycles nor ticks, and says so; its agents did every attempt that went stale', () => {
    for (const name of CHIEF_NAMES) {
      if (name === 'chief_timeline') continue;
      expect(report[name], name).toMatchObject({ available: false, reason: expect.stringMatching(/no Chief cycles/) });
    }
    expect(report.ombudsman_summary).toMatchObject({ available: false, reason: expect.stringMatching(/no Ombudsman/) });
    const stale = rowsOf(report, 'stale');
    const ofAgents = stale.filter(row => row.dimension === 'agent').reduce((sum, row) => sum + row.stale, 0);
    expect(ofAgents).toBe(stale[0]?.stale);
    const agents = rowsOf(report, 'agents_summary');
    expect(agents.reduce((sum, row) => sum + row.stale, 0)).toBe(ofAgents);
    expect(agents.reduce((sum, row) => sum + row.attempts, 0)).toBeGreaterThan(expected.tasks);
  });

  it('active, wait, lost and blocked sum to elapsed', () => {
    const all = rowsOf(report, 'time_split').find(row => row.task_type === null);
    if (all === undefined) throw new Error('no row of all types');
    const parts = all.active_seconds + all.wait_seconds + all.lost_seconds + all.blocked_seconds;
    expectNear(parts, all.elapsed_seconds, 'sum');
    expect(all.active_seconds).toBeGreaterThan(0);
  });

  it('directly-follows by the stages’ statuses', () => {
    const rows = rowsOf(report, 'directly_follows');
    expect(rows.map(({ a, b, count }) => [a, b, count])).toEqual(
      expected.directly_follows.map(({ a, b, count }) => [a, b, count]),
    );
    for (const [index, spread] of expected.directly_follows.entries()) {
      const row = rows[index];
      if (row === undefined) throw new Error(`${spread.a} ${spread.b}`);
      expectSpread(row, spread, `${spread.a} → ${spread.b}`);
    }
  });

  it('variants', () => {
    const rows = rowsOf(report, 'variants');
    expect(rows).toHaveLength(expected.variants);
    expect(rows[0]).toMatchObject({ variants: expected.variants, count: expected.top_variant_count });
    expect(rows.reduce((sum, row) => sum + row.count, 0)).toBe(expected.tasks);
  });

  it('review decisions and revisions', () => {
    const all = rowsOf(report, 'revisions_by_type').find(row => row.task_type === null);
    const { edges, decisions, revised_tasks, rate, first_pass_yield } = expected.revision;
    expect(all).toMatchObject({ revisions: edges, decisions, revised_tasks });
    expectNear(all?.revision_rate, rate, 'rate');
    expectNear(all?.first_pass_yield, first_pass_yield, 'first-pass yield');
  });

  it('one task’s flight plan', async () => {
    const { task_id, stages } = expected.a_task;
    const plan = await analysis.flightPlan(task_id);
    const closed = plan.stages.filter(stage => stage.exited_at !== null);
    expect(
      closed.map(({ status, entered_at, exited_at, dwell_seconds }) => {
        return { status, entered_at: isoOf(entered_at), exited_at: isoOf(exited_at ?? 0), dwell_seconds };
      }),
    ).toEqual(stages);
    expect(plan).toEqual((await board.flightPlan(task_id)).flight_plan);
  });

  it('the stages view is what stagesOf says, of every task', async () => {
    for await (const task of board.tasks()) {
      const plan = await analysis.flightPlan(task.task_id);
      expect(plan.stages).toEqual(stagesOf(plan.events));
      expect(plan).toEqual((await board.flightPlan(task.task_id)).flight_plan);
    }
  });

  it('has no Chief cycles, and says so instead of inventing them', () => {
    for (const name of ['sleep_study', 'noop_rate', 'wake_triggers'] as const) {
      const result = report[name];
      expect(result.available ? '' : result.reason).toMatch(/no Chief cycles/);
    }
  });

  it.each(['parquet', 'ndjson', 'csv'] as const)('is the same log as %s', async format => {
    const to = join(tempDir(), "a writer's log");
    await exportLog(board, { to, format });
    const exported = await openAnalysis(to);
    expect(await exported.report()).toEqual(report);
    expect(await exported.flightPlan(expected.a_task.task_id)).toEqual(
      await analysis.flightPlan(expected.a_task.task_id),
    );
    await exported.close();
  });
});
