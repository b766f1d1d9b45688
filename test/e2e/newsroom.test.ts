import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../analysis/index.ts';
import type { CheckReport } from '../../board/check/check.ts';
import type { ClosedStage, NewsroomExpected, Spread } from '../support/newsroom-expected.ts';
import { quadro, quadroJson } from '../support/run-quadro.ts';
import { requireShared, sharedPath } from '../support/shared.ts';

const NEWSROOM = 'data/newsroom.db';
const EXPECTED = 'data/expected/newsroom.json';
const STATISTICS = ['mean', 'p50', 'p95', 'max'] as const;

/** The expected figures are rounded to the microsecond, those between two values more than once. */
const MICROSECOND = 1e-6;

function expectNear(found: unknown, expected: number, what: string): void {
  expect(typeof found, what).toBe('number');
  expect(Math.abs(Number(found) - expected), `${what}: ${found} is not ${expected}`).toBeLessThan(MICROSECOND);
}

function expectSpread(found: object, expected: Spread, what: string, prefix = ''): void {
  const row = found as Record<string, unknown>;
  for (const name of STATISTICS) expectNear(row[`${prefix}${name}_seconds`], expected[name], `${what}, ${name}`);
}

type Rows<Name extends keyof Report> = Extract<Report[Name], { available: true }>['rows'];

function rowsOf<Name extends keyof Report>(report: Report, name: Name): Rows<Name> {
  const result = report[name];
  if (!result.available) throw new Error(`${name}: ${result.reason}`);
  return result.rows as Rows<Name>;
}

function onlyRow<Row>(rows: readonly Row[], isIt: (row: Row) => boolean): Row {
  const [row, ...others] = rows.filter(isIt);
  if (row === undefined || others.length > 0) throw new Error(`${rows.filter(isIt).length} rows, not one`);
  return row;
}

/** `{ name: count }` of rows, where a name that comes twice would show. */
function countsOf<Row extends { count: number }>(
  rows: readonly Row[],
  nameOf: (row: Row) => string,
): [string, number][] {
  return rows.map((row): [string, number] => [nameOf(row), row.count]).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

const sorted = (counts: Record<string, number>) => Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1));

describe('the road of an imported log through the command line', () => {
  const dir = mkdtempSync(join(tmpdir(), 'quadro-newsroom-'));
  const file = join(dir, 'x.db');
  let expected: NewsroomExpected;
  let imported: { events: number; tasks: number; unlinked: number };

  beforeAll(async () => {
    const [source, figures] = [sharedPath(NEWSROOM), sharedPath(EXPECTED)];
    if (source === null || figures === null) return;
    expected = JSON.parse(readFileSync(figures, 'utf8')) as NewsroomExpected;
    imported = await quadroJson(['import', source, '--into', file]);
    await quadroJson(['export', file, '--to', join(dir, 'parquet')]);
    await quadroJson(['export', `sqlite:${file}`, '--to', join(dir, 'ndjson'), '--format', 'ndjson']);
  });
  beforeEach(context => {
    requireShared(NEWSROOM, context);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('import tells what it brought', () => {
    const { tasks, events, unlinked_sequence_ids } = expected;
    expect(imported).toMatchObject({ tasks, events, unlinked: unlinked_sequence_ids.length });
  });

  it('says that there are no Chief cycles, to people and to programs', async () => {
    for (const command of ['report', 'sleep']) {
      const { status, stdout } = await quadro([command, file]);
      expect(status).toBe(0);
      expect(stdout).toContain('The log has no Chief cycles');
    }
    const rows = await quadroJson<unknown[]>(['sql', file, 'SELECT * FROM sleeps UNION ALL SELECT * FROM sleeps']);
    expect(rows).toEqual([]);
  });

  it('refuses to import over a board that is in use, and leaves it as it was', async () => {
    const before = await quadroJson<CheckReport>(['check', file]);
    const again = await quadro(['import', sharedPath(NEWSROOM) ?? '', '--into', file]);
    expect(again).toMatchObject({ status: 2, stdout: '' });
    expect(again.stderr).toContain('in use already');
    expect(await quadroJson<CheckReport>(['check', file])).toEqual(before);
  });

  describe.each([
    ['the board', 'x.db'],
    ['its export as Parquet', 'parquet'],
    ['its export as NDJSON', 'ndjson'],
  ])('%s', (_, name) => {
    const source = join(dir, name);
    let report: Report;

    const sql = <Row>(query: string): Promise<Row[]> => quadroJson(['sql', source, query]);

    beforeAll(async () => {
      if (expected !== undefined) report = await quadroJson(['report', source]);
    });

    it('counts tasks, events and edges', async () => {
      const { tasks, events, events_by_type, tasks_by_status, edges } = expected;
      expect(rowsOf(report, 'log_summary')).toMatchObject([{ boards: 1, tasks, events }]);
      expect(countsOf(rowsOf(report, 'events_by_type'), row => row.event_type)).toEqual(sorted(events_by_type));
      expect(countsOf(rowsOf(report, 'tasks_by_status'), row => row.status)).toEqual(sorted(tasks_by_status));
      const found = new Map<string, number>();
      for (const { from_status, to_status, count } of rowsOf(report, 'edges')) {
        const edge = `${from_status} → ${to_status}`;
        found.set(edge, (found.get(edge) ?? 0) + count);
      }
      expect(sorted(Object.fromEntries(found))).toEqual(
        sorted(Object.fromEntries(edges.map(each => [`${each.from_status} → ${each.to_status}`, each.count]))),
      );
      const types = await sql<{ event_type: string; count: number }>(
        'SELECT event_type, count(*) AS count FROM events GROUP BY 1',
      );
      expect(countsOf(types, row => row.event_type)).toEqual(sorted(events_by_type));
    });

    it('dwell in each status', async () => {
      const closed = rowsOf(report, 'dwell_by_status').filter(row => row.count > 0);
      const byHand = await sql<{ status: string; count: number }>(
        `SELECT status, count(*) AS count, avg(dwell_seconds) AS mean_seconds, max(dwell_seconds) AS max_seconds,
          quantile_cont(dwell_seconds, 0.5) AS p50_seconds, quantile_cont(dwell_seconds, 0.95) AS p95_seconds
         FROM stages WHERE exited_at IS NOT NULL GROUP BY 1`,
      );
      for (const rows of [closed, byHand]) {
        expect(rows.map(row => row.status).toSorted()).toEqual(
          Object.keys(expected.dwell_seconds_by_status).toSorted(),
        );
        for (const [status, spread] of Object.entries(expected.dwell_seconds_by_status)) {
          const row = onlyRow<{ status: string; count: number }>(rows, each => each.status === status);
          expect(row.count, status).toBe(spread.count);
          expectSpread(row, spread, status);
        }
      }
    });

    it('elapsed, to the first finish and from first to last event', () => {
      const all = onlyRow(rowsOf(report, 'elapsed'), row => row.task_type === null);
      expect(all.finished).toBe(expected.elapsed_seconds.count);
      expect(all.tasks).toBe(expected.first_to_last_event_seconds.count);
      expectSpread(all, expected.elapsed_seconds, 'elapsed');
      expectSpread(all, expected.first_to_last_event_seconds, 'first to last', 'first_to_last_');
    });

    it('what follows what', () => {
      const rows = rowsOf(report, 'directly_follows');
      expect(rows).toHaveLength(expected.directly_follows.length);
      for (const spread of expected.directly_follows) {
        const row = onlyRow(rows, each => each.a === spread.a && each.b === spread.b);
        expect(row.count, `${spread.a} → ${spread.b}`).toBe(spread.count);
        expectSpread(row, spread, `${spread.a} → ${spread.b}`);
      }
    });

    it('variants', () => {
      const rows = rowsOf(report, 'variants');
      expect(rows).toHaveLength(expected.variants);
      expect(Math.max(...rows.map(row => row.count))).toBe(expected.top_variant_count);
      expect(rows[0]?.count).toBe(expected.top_variant_count);
    });

    it('review decisions and revisions', async () => {
      const { edges, decisions, revised_tasks, rate, first_pass_yield } = expected.revision;
      const all = onlyRow(rowsOf(report, 'revisions_by_type'), row => row.task_type === null);
      expect(all).toMatchObject({ revisions: edges, decisions, revised_tasks });
      expectNear(all.revision_rate, rate, 'rate');
      expectNear(all.first_pass_yield, first_pass_yield, 'first-pass yield');
      expect(await sql("SELECT count(*) AS edges FROM events WHERE edge = 'revision'")).toEqual([{ edges }]);
    });

    it('a task, stage by stage', async () => {
      const { task_id, stages } = expected.a_task;
      const plan = await quadroJson<{ stages: ClosedStage[] }>(['flight', source, task_id]);
      const closed = plan.stages.filter(stage => stage.exited_at !== null);
      const told = ({ status, entered_at, exited_at, dwell_seconds }: ClosedStage): ClosedStage => {
        return { status, entered_at, exited_at, dwell_seconds };
      };
      expect(closed.map(told)).toEqual(stages);
      const rows = await sql<ClosedStage>(
        `SELECT status, entered_at, exited_at, dwell_seconds FROM stages
         WHERE task_id = '${task_id}' AND exited_at IS NOT NULL ORDER BY entered_sequence_id`,
      );
      expect(rows).toEqual(stages);
    });

    it('check lists the inherited faults, no other, and exits 0', async () => {
      const unlinked = expected.unlinked_sequence_ids.toSorted((a, b) => a - b);
      const checked = await quadroJson<CheckReport>(['check', source]);
      const { ok, own, inherited, faults, skipped } = checked;
      const rows = expected.tasks_whose_row_differs_from_the_log;
      expect({ ok, own, inherited, skipped }).toEqual({
        ok: true,
        own: 0,
        inherited: unlinked.length + rows.length,
        skipped: [],
      });
      expect(faults.every(fault => fault.inherited)).toBe(true);
      expect(faults.filter(each => each.code === 'broken_link').map(each => each.sequence_id)).toEqual(unlinked);
      expect(faults.filter(each => each.code === 'row_differs').map(each => each.task_id)).toEqual(rows);
      expect(faults).toHaveLength(inherited);
      const ids = await sql("SELECT sequence_id FROM events WHERE edge = 'unlinked' ORDER BY 1");
      expect(ids).toEqual(unlinked.map(sequence_id => ({ sequence_id })));
      const text = await quadro(['check', source]);
      expect(text.status).toBe(0);
      expect(text.stdout.match(/^inherited /gm)).toHaveLength(inherited);
      expect(text.stdout).not.toContain('FAULT');
    });
  });
});
