import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Analysis, openAnalysis } from '../../analysis/index.ts';
import { FLOW_NAMES } from '../../analysis/rows/flow.ts';
import type { Board } from '../../board/board.ts';
import type { Event } from '../../board/core/records.ts';
import type { Micros } from '../../board/core/time.ts';
import { play, STEP } from './random-log.ts';
import { rowsOf } from './rows-of.ts';
import { openTimedBoard } from './small-log.ts';

/** Of the whole log, whatever `now` is. */
const WHOLE: readonly string[] = ['directly_follows', 'variants', 'segments', 'conformance'];
/** The analyses that `now` cuts off. */
const CUT = FLOW_NAMES.filter(name => !WHOLE.includes(name));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

async function eventsOf(board: Board): Promise<readonly Event[]> {
  return board.events(0, 100_000);
}

/**
 * ∫ N dt, swept from event to event: how many tasks are in the system changes where one is posted and where it first finishes.
 */
function integral(events: readonly Event[]): { area: number; most: number; left: number } {
  let [area, most, there, since] = [0, 0, 0, events[0]?.timestamp ?? 0];
  for (const event of events) {
    area += there * (event.timestamp - since);
    since = event.timestamp;
    if (event.edge === 'post') there += 1;
    if (event.finished_sequence_id === event.sequence_id) there -= 1;
    most = Math.max(most, there);
  }
  return { area, most, left: there };
}

/** Σ of each task's time in the system: from its post to its first finish, or the log's end. */
function timeInSystem(events: readonly Event[]): number {
  const end = events.at(-1)?.timestamp ?? 0;
  const posted = events.filter(event => event.edge === 'post');
  return sum(
    posted.map(({ task_id, timestamp }) => {
      const finish = events.find(e => e.task_id === task_id && e.finished_sequence_id === e.sequence_id);
      return (finish?.timestamp ?? end) - timestamp;
    }),
  );
}

async function expectBalance(analysis: Analysis, events: readonly Event[]): Promise<void> {
  const { area, most, left } = integral(events);
  expect(timeInSystem(events)).toBe(area);
  for (const row of await analysis.sql('SELECT task_us FROM flow_balances')) expect(row.task_us).toBe(area);
  const [all, ...types] = await rowsOf(analysis, 'throughput');
  expect(all?.wip).toBe(left);
  expect(all?.max_wip).toBeLessThanOrEqual(most);
  for (const row of [all, ...types]) {
    expect(row?.wip).toBe((row?.arrivals ?? 0) - (row?.departures ?? 0));
    expect(row?.max_wip).toBeGreaterThanOrEqual(row?.wip ?? 0);
  }
  for (const name of ['arrivals', 'departures', 'wip'] as const) {
    expect(sum(types.map(row => row[name])), name).toBe(all?.[name]);
  }
  const means = types.map(row => row.mean_wip ?? 0);
  expect(sum(means)).toBeCloseTo(all?.mean_wip ?? 0, 9);
}

async function expectSeries(analysis: Analysis, events: readonly Event[]): Promise<void> {
  const series = await rowsOf(analysis, 'flow_series');
  const stages = await rowsOf(analysis, 'wip_by_stage');
  const lines = await rowsOf(analysis, 'cumulative_flow');
  expect(series.length).toBeLessThanOrEqual(200);
  let [arrived, departed] = [0, 0];
  for (const { bucket_at, arrivals, departures, wip } of series) {
    arrived += arrivals;
    departed += departures;
    expect(wip).toBe(arrived - departed);
    const there = stages.filter(row => row.bucket_at === bucket_at);
    expect(sum(there.map(row => row.wip))).toBe(wip);
    expect(there.filter(row => row.wip < 0)).toEqual([]);
    const heights = lines.filter(row => row.bucket_at === bucket_at).map(row => row.tasks);
    expect([heights[0], heights.at(-1)]).toEqual([arrived, departed]);
    expect(heights.slice(1).map((height, index) => (heights[index] ?? 0) - height)).toEqual(there.map(row => row.wip));
  }
  expect(arrived).toBe(events.filter(event => event.edge === 'post').length);
  const open = arrived - departed;
  const ages = await rowsOf(analysis, 'ageing');
  expect(ages).toHaveLength(open);
  expect(sum((await rowsOf(analysis, 'ageing_summary')).map(row => row.open))).toBe(open);
  const found = await rowsOf(analysis, 'conformance');
  const kinds = new Set(found.map(row => row.kind));
  expect([...kinds].filter(kind => !['ended_non_terminal', 'unused_edge'].includes(kind))).toEqual([]);
  expect(sum(found.filter(row => row.kind === 'ended_non_terminal').map(row => row.count))).toBe(open);
}

async function expectPaths(analysis: Analysis, events: readonly Event[]): Promise<void> {
  const variants = await rowsOf(analysis, 'variants');
  expect(sum(variants.map(row => row.share))).toBeCloseTo(1, 9);
  const segments = await rowsOf(analysis, 'segments');
  const follows = await rowsOf(analysis, 'directly_follows');
  expect(sum(follows.map(row => row.count))).toBe(segments.length);
  const transitions = events.filter(event => event.edge !== null);
  expect(segments.map(({ sequence_id, b }) => [sequence_id, b]).toSorted(bySequence)).toEqual(
    transitions.filter(event => event.edge !== 'post').map(event => [event.sequence_id, event.to_status]),
  );
}

function bySequence(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  return Number(a[0]) - Number(b[0]);
}

async function cutRows(analysis: Analysis): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const name of CUT) found[name] = await analysis.run(name);
  return found;
}

async function setNow(analysis: Analysis, now: Micros): Promise<void> {
  await analysis.sql(`SET VARIABLE now = make_timestamp(${now})`);
}

describe('flow of random logs', () => {
  it('∫N dt is the time of the tasks, what came less what left is there, bands sum up, shares sum to 1', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 1, maxLength: 80 }), async steps => {
        const timed = await openTimedBoard();
        await play(timed, steps);
        const events = await eventsOf(timed.board);
        fc.pre(events.length > 0);
        const analysis = await openAnalysis(timed.board);
        await expectBalance(analysis, events);
        await expectSeries(analysis, events);
        await expectPaths(analysis, events);
        await analysis.close();
        await timed.board.close();
      }),
      { numRuns: 8 },
    );
  });

  it('events that come later change no closed segment, and nothing at all before `now`', async () => {
    const some = fc.array(STEP, { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(some, some, async (before, after) => {
        const timed = await openTimedBoard();
        const seconds = await play(timed, before);
        const now = (await eventsOf(timed.board)).at(-1)?.timestamp;
        fc.pre(now !== undefined);
        const early = await openAnalysis(timed.board);
        await play(timed, after, seconds);
        const late = await openAnalysis(timed.board);
        await setNow(late, now ?? 0);
        expect(await cutRows(late)).toEqual(await cutRows(early));
        const closed = await rowsOf(early, 'segments');
        const last = Math.max(0, ...closed.map(row => row.sequence_id));
        expect((await rowsOf(late, 'segments')).filter(row => row.sequence_id <= last)).toEqual(closed);
        for (const each of [early, late]) await each.close();
        await timed.board.close();
      }),
      { numRuns: 8 },
    );
  });
});
