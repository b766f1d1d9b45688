import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { intervalOf, redrawnDifferences, type Sample } from '../../analysis/compare/bootstrap.ts';
import { estimateOf, MEASURES } from '../../analysis/compare/measures.ts';
import { randomNumbers } from '../../analysis/compare/random-numbers.ts';
import { type Analysis, type ComparedMeasure, compare, type MeasureName, openAnalysis } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { quadro, quadroJson } from '../support/run-quadro.ts';
import { tempDir } from '../support/temp.ts';
import { openSmallLog, openTimedBoard, register } from './small-log.ts';

/** A board on which so many briefs each wait 5 s and are worked on as long as `workSeconds` says; the nth of them. */
async function openBriefs(count: number, workSeconds: (n: number) => number): Promise<Board> {
  const { board, setSeconds } = await openTimedBoard();
  await register(board, 'w', 'brief');
  for (let n = 0; n < count; n++) {
    const start = n * 1000;
    const task_id = `brief-${n}`;
    setSeconds(start);
    await board.postTask({ task_id, task_type: 'brief', label: 'A brief' });
    setSeconds(start + 5);
    await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'w' });
    setSeconds(start + 5 + workSeconds(n));
    await board.updateTask({ task_id, to_status: 'COMPLETE' });
  }
  return board;
}

/** From 40 to 80 s, evenly. */
const usual = (n: number): number => 40 + (n % 41);

describe('comparing logs', () => {
  const opened: { close(): Promise<void> }[] = [];
  let before: Analysis;
  let same: Analysis;
  let slower: Analysis;

  async function analysisOf(board: Board): Promise<Analysis> {
    const analysis = await openAnalysis(board);
    opened.push(analysis, board);
    return analysis;
  }

  beforeAll(async () => {
    before = await analysisOf(await openBriefs(120, usual));
    same = await analysisOf(await openBriefs(120, n => usual(n + 7)));
    slower = await analysisOf(await openBriefs(120, n => usual(n) + 30));
  });
  afterAll(async () => {
    for (const each of opened) await each.close();
  });

  function of(measures: readonly ComparedMeasure[], name: MeasureName): ComparedMeasure {
    const found = measures.find(({ measure }) => measure === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  }

  it('a log that takes 30 s longer a task is worse, by about that', async () => {
    const { measures, is_worse } = await compare(before, slower);
    expect(is_worse).toBe(true);
    const mean = of(measures, 'mean_elapsed_seconds');
    expect(mean).toMatchObject({ verdict: 'worse', a_units: 120, b_units: 120, a_units_of: null });
    expect(mean.difference).toBeCloseTo(30, 6);
    expect(mean.low).toBeGreaterThan(25);
    expect(mean.low).toBeLessThan(30);
    expect(mean.high).toBeGreaterThan(30);
    expect(mean.high).toBeLessThan(35);
    expect(of(measures, 'flow_efficiency')).toMatchObject({ better: null, verdict: 'changed' });
    expect(of(measures, 'wait_seconds')).toMatchObject({ a: 5, b: 5, difference: 0, verdict: 'unclear' });
    expect(of(measures, 'revision_rate')).toMatchObject({ a: null, b: null, difference: null, verdict: 'unknown' });
    expect(of(measures, 'noop_rate')).toMatchObject({ a_units: 0, a: null, verdict: 'unknown' });
  });

  it('the other way round it is better, with the interval mirrored in sign', async () => {
    const { measures, is_worse } = await compare(slower, before);
    expect(is_worse).toBe(false);
    const mean = of(measures, 'mean_elapsed_seconds');
    expect(mean.verdict).toBe('better');
    expect(mean.difference).toBeCloseTo(-30, 6);
    expect(mean.high).toBeLessThan(0);
  });

  it('two runs of the same are not told apart', async () => {
    const { measures, is_worse } = await compare(before, same);
    expect(is_worse).toBe(false);
    expect(of(measures, 'mean_elapsed_seconds').verdict).toBe('unclear');
  });

  it('a log against itself has no difference anywhere', async () => {
    const { measures } = await compare(before, before);
    expect(measures.filter(({ difference }) => difference !== null && difference !== 0)).toEqual([]);
  });

  it('the interval holds the true difference about nineteen times in twenty', async () => {
    let holds = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomNumbers(seed);
      const sideOf = (shift: number): Sample => {
        const drawn = Array.from({ length: 60 }, () => ({ one: 1, elapsed_us: Math.floor(random() * 1000) + shift }));
        return { size: 60, estimates: [estimateOf(MEASURES.mean_elapsed_seconds, drawn)] };
      };
      const [differences = []] = await redrawnDifferences([sideOf(0), sideOf(100)], { replicates: 400, random });
      const [low, high] = intervalOf(differences);
      if ((low ?? 0) <= 100e-6 && (high ?? 0) >= 100e-6) holds++;
    }
    expect(holds).toBeGreaterThanOrEqual(88);
    expect(holds).toBeLessThan(100);
  });

  it('a tolerance lets a small step pass', async () => {
    expect((await compare(before, slower, { tolerance: 0.6 })).is_worse).toBe(false);
    expect((await compare(before, slower, { tolerance: 0.1 })).is_worse).toBe(true);
  });

  it('the same seed gives the same intervals, another others', async () => {
    const first = await compare(before, slower, { seed: 5 });
    expect(await compare(before, slower, { seed: 5 })).toEqual(first);
    const other = await compare(before, slower, { seed: 6 });
    expect(of(other.measures, 'mean_elapsed_seconds').low).not.toBe(of(first.measures, 'mean_elapsed_seconds').low);
  });

  it('windows of one log: tasks by their finish, with an offset or without', async () => {
    const middle = '2023-11-15T15:00:00Z'; // 60,400 s after the log's start, so that 60 tasks finish before it and 60 after
    const same = '2023-11-15T16:00:00+01:00';
    const { measures } = await compare(before, before, { windowA: { until: middle }, windowB: { since: same } });
    const mean = of(measures, 'mean_elapsed_seconds');
    expect([mean.a_units, mean.b_units]).toEqual([61, 59]);
  });

  it('quantiles are those of DuckDB, sums those of the other analyses', async () => {
    const { measures } = await compare(before, before);
    const elapsed = await before.run('elapsed');
    const split = await before.run('time_split');
    if (!elapsed.available || !split.available) throw new Error('not available');
    expect(of(measures, 'p95_elapsed_seconds').a).toBeCloseTo(elapsed.rows[0]?.p95_seconds ?? Number.NaN, 9);
    expect(of(measures, 'p50_elapsed_seconds').a).toBeCloseTo(elapsed.rows[0]?.p50_seconds ?? Number.NaN, 9);
    expect(of(measures, 'flow_efficiency').a).toBeCloseTo(split.rows[0]?.flow_efficiency ?? Number.NaN, 12);
  });

  it('the small log: revisions, stale attempts, failures and cycles by hand', async () => {
    const analysis = await analysisOf(await openSmallLog());
    const { measures } = await compare(analysis, analysis);
    expect(of(measures, 'revision_rate').a).toBeCloseTo(1 / 3, 12);
    expect(of(measures, 'first_pass_yield').a).toBe(0.5);
    expect(of(measures, 'stale_rate').a).toBeCloseTo(1 / 8, 12);
    expect(of(measures, 'failure_rate').a).toBeCloseTo(1 / 3, 12);
    expect(of(measures, 'noop_rate').a).toBe(0.5);
    expect(of(measures, 'p50_sleep_seconds').a).toBe(2);
    expect(of(measures, 'departures_per_hour').a).toBeCloseTo((3 * 3600) / 100.5, 9);
  });

  it('what cannot be is refused in words', async () => {
    await expect(compare(before, same, { windowA: { since: 'yesterday' } })).rejects.toThrow(/since: yesterday is no/);
    await expect(compare(before, same, { replicates: 3 })).rejects.toThrow(/replicates must be/);
    await expect(compare(before, same, { measures: ['speed' as MeasureName] })).rejects.toThrow(
      /no measure speed: choose/,
    );
    const stopped = AbortSignal.abort(new Error('enough'));
    await expect(compare(before, same, { signal: stopped })).rejects.toThrow('enough');
  });

  it('as a command: exit 1 where B is worse, 0 where it is not', async () => {
    const [a, b] = [tempDir(), tempDir()];
    const boards = [await openBriefs(60, usual), await openBriefs(60, n => usual(n) + 30)];
    for (const [index, board] of boards.entries()) {
      await exportLog(board, { to: index === 0 ? a : b });
      await board.close();
    }
    const worse = await quadro(['compare', a, b]);
    expect(worse.status).toBe(1);
    expect(worse.stdout).toMatch(/mean_elapsed_seconds +1\.08 min +1\.\d+ min|mean_elapsed_seconds .*▼ worse/);
    expect(worse.stdout).toMatch(/Worse: .*mean_elapsed_seconds/);
    const json = await quadroJson<{ is_worse: boolean }>([
      'compare',
      b,
      a,
      '--measures',
      'mean_elapsed_seconds',
      '--json',
    ]);
    expect(json).toMatchObject({ is_worse: false, measures: [{ measure: 'mean_elapsed_seconds', verdict: 'better' }] });
    const csv = await quadro(['compare', b, a, '--csv', '--measures', 'wait_seconds']);
    expect(csv.stdout.split('\r\n')[0]).toMatch(/^measure,unit,better,a,b,difference,low,high/);
    const bad = await quadro(['compare', a, b, '--measures', 'speed']);
    expect(bad).toMatchObject({ status: 2, stdout: '' });
  });
});
