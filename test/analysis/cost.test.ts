import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CostByStageRow, openAnalysis } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import type { Json } from '../../board/core/json.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { tempDir } from '../support/temp.ts';
import { openedLog } from './opened-log.ts';
import { rowsOf } from './rows-of.ts';
import { openSmallLog, openTimedBoard } from './small-log.ts';

/** Prices of an entry, in dollars per million tokens: 3 read, 0.3 read from a cache, 15 written. */
const PRICES = {
  input_usd_per_million_tokens: 3,
  cached_input_usd_per_million_tokens: 0.3,
  output_usd_per_million_tokens: 15,
};

/** [task, stage, payload]. Of a brief t1, written twice and reviewed, and an article t2. */
const ENTRIES: readonly (readonly [string, string, Json])[] = [
  // The first attempt at writing makes two calls: 3,000 + 1,500 and 600·3 + 400·0.3 + 1,500 millionths.
  ['t1', 'writing', { fence: 2, input_tokens: 1000, output_tokens: 100, ...PRICES }],
  ['t1', 'writing', { fence: 2, input_tokens: 1000, cached_input_tokens: 400, output_tokens: 100, ...PRICES }],
  // The second says what it cost: half a cent, whatever its prices.
  ['t1', 'writing', { fence: 6, 'gen_ai.usage.input_tokens': 10, cost_usd: 0.005, ...PRICES }],
  // By OpenTelemetry's names, of a model whose price is not known here; without a fence each entry is an attempt.
  [
    't1',
    'review',
    { 'gen_ai.request.model': 'small.1', 'gen_ai.usage.input_tokens': 2000, 'gen_ai.usage.output_tokens': 50 },
  ],
  [
    't2',
    'writing',
    {
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.cache_read.input_tokens': 900,
      output_usd_per_million_tokens: 15,
      input_usd_per_million_tokens: 3,
    },
  ],
  ['t2', 'writing', { 'gen_ai.usage.output_tokens': 1000, output_usd_per_million_tokens: 15 }],
  // These say nothing of usage.
  ['t2', 'writing', { words: 300, input_tokens: 'many', output_tokens: -5, cost_usd: null }],
  ['t2', 'writing', 'input_tokens: 7'],
  ['t2', 'writing', [{ input_tokens: 7 }]],
  ['t2', 'writing', null],
];

async function openCostlyBoard(): Promise<Board> {
  const { board, setSeconds } = await openTimedBoard();
  setSeconds(0);
  await board.postTask({ task_id: 't1', task_type: 'brief', label: 'the brief' });
  await board.postTask({ task_id: 't2', task_type: 'article', label: 'the article' });
  for (const [task_id, stage, payload] of ENTRIES) await board.appendFlightLog({ task_id, stage, payload });
  return board;
}

describe('cost, against figures worked out by hand', () => {
  const log = openedLog(openCostlyBoard);

  const WRITING_T1 = 0.0045 + 0.00342 + 0.005;
  const WRITING_T2 = 0.003 + 0.015;

  const of = (rows: readonly CostByStageRow[], stage: string | null, task_type: string | null) =>
    rows.find(row => row.stage === stage && row.task_type === task_type);

  it('by stage: the first attempt of a task apart from those after it', async () => {
    const rows = await rowsOf(log.analysis, 'cost_by_stage');
    expect(rows.map(row => [row.stage, row.task_type])).toEqual([
      [null, null],
      ['writing', 'article'],
      ['writing', 'brief'],
      ['review', 'brief'],
    ]);
    expect(of(rows, 'writing', 'brief')).toEqual({
      stage: 'writing',
      task_type: 'brief',
      tasks: 1,
      attempts: 2,
      reruns: 1,
      entries: 3,
      input_tokens: 2010,
      cached_input_tokens: 400,
      output_tokens: 200,
      cost_usd: expect.closeTo(WRITING_T1, 15),
      rerun_cost_usd: 0.005,
      unpriced_entries: 0,
      cost_per_task_usd: expect.closeTo(WRITING_T1, 15),
      cost_share: expect.closeTo(WRITING_T1 / (WRITING_T1 + WRITING_T2), 12),
    });
    // Cached tokens without a price of their own have the input's.
    expect(of(rows, 'writing', 'article')).toMatchObject({ attempts: 2, entries: 2, cached_input_tokens: 900 });
    expect(of(rows, 'writing', 'article')?.cost_usd).toBeCloseTo(WRITING_T2, 15);
    expect(of(rows, 'writing', 'article')?.rerun_cost_usd).toBeCloseTo(0.015, 15);
  });

  it('an unknown price gives tokens and no cost', async () => {
    const rows = await rowsOf(log.analysis, 'cost_by_stage');
    expect(of(rows, 'review', 'brief')).toMatchObject({
      input_tokens: 2000,
      output_tokens: 50,
      cost_usd: null,
      rerun_cost_usd: null,
      cost_per_task_usd: null,
      cost_share: null,
      unpriced_entries: 1,
    });
    const all = of(rows, null, null);
    expect(all).toMatchObject({ tasks: 2, attempts: 5, reruns: 2, entries: 6, unpriced_entries: 1, cost_share: 1 });
    expect(all).toMatchObject({ input_tokens: 5010, output_tokens: 1250 });
    expect(all?.cost_usd).toBeCloseTo(WRITING_T1 + WRITING_T2, 15);
    expect(all?.cost_per_task_usd).toBeCloseTo((WRITING_T1 + WRITING_T2) / 2, 15);
  });

  it('unless `model_prices` knows it', async () => {
    const priced = await openAnalysis(log.board);
    const prices = { 'small.1': { input_usd_per_million_tokens: 0.5, output_usd_per_million_tokens: 2 } };
    await priced.sql(`SET VARIABLE model_prices = '${JSON.stringify(prices)}'`);
    const rows = await rowsOf(priced, 'cost_by_stage');
    expect(of(rows, 'review', 'brief')).toMatchObject({ cost_usd: 0.0011, unpriced_entries: 0 });
    // What an entry says of its price wins.
    expect(of(rows, 'writing', 'brief')?.cost_usd).toBeCloseTo(WRITING_T1, 15);
    await priced.close();
  });

  it('by task, the dearest first', async () => {
    const rows = await rowsOf(log.analysis, 'cost_by_task');
    expect(rows.map(row => [row.task_id, row.task_type, row.label, row.attempts, row.reruns])).toEqual([
      ['t2', 'article', 'the article', 2, 1],
      ['t1', 'brief', 'the brief', 3, 1],
    ]);
    expect(rows[1]).toMatchObject({ unpriced_entries: 1, rerun_cost_usd: 0.005 });
    expect(rows[1]?.cost_usd).toBeCloseTo(WRITING_T1, 15);
  });

  it('is the same of an export, and refused of events alone', async () => {
    const to = tempDir();
    await exportLog(log.board, { to, format: 'ndjson' });
    const exported = await openAnalysis(to);
    for (const name of ['cost_by_stage', 'cost_by_task'] as const) {
      expect(await exported.run(name)).toEqual(await log.analysis.run(name));
    }
    await exported.close();
    const events = await openAnalysis(join(to, 'events.ndjson'));
    expect(await events.run('cost_by_stage')).toEqual({
      available: false,
      reason: expect.stringContaining('no flight_log table'),
    });
    await expect(events.sql('FROM usage_entries')).rejects.toMatchObject({ code: 'invalid_source' });
    await events.close();
  });
});

describe('cost of a log', () => {
  it('with entries that tell of no usage is none; without entries it is not known', async () => {
    const small = await openSmallLog();
    const analysis = await openAnalysis(small);
    expect(await analysis.run('cost_by_stage')).toEqual({ available: true, rows: [] });
    expect(await analysis.run('cost_by_task')).toEqual({ available: true, rows: [] });
    await analysis.close();
    await small.close();
    const { board } = await openTimedBoard();
    const empty = await openAnalysis(board);
    expect(await empty.run('cost_by_stage')).toMatchObject({ available: false });
    await empty.close();
    await board.close();
  });

  it('takes absurd numbers without breaking', async () => {
    const { board } = await openTimedBoard();
    await board.postTask({ task_id: 't1', task_type: 'brief', label: '' });
    const absurd = [999_999_999_999, 1e300, -1, '12', true, {}, 1.4, 0];
    for (const value of absurd) {
      const payload = {
        input_tokens: value,
        output_tokens: value,
        cost_usd: null,
        input_usd_per_million_tokens: value,
      };
      await board.appendFlightLog({
        task_id: 't1',
        stage: 's',
        payload: { ...payload, output_usd_per_million_tokens: 9e9 },
      });
      await board.appendFlightLog({ task_id: 't1', stage: 's', payload: { cost_usd: value, model: value } });
    }
    const analysis = await openAnalysis(board);
    const [all] = await rowsOf(analysis, 'cost_by_stage');
    // Tokens that count: 999,999,999,999, '12', 1.4 (rounded) and 0.
    expect(all).toMatchObject({ input_tokens: 1_000_000_000_012, output_tokens: 1_000_000_000_012 });
    expect(Number.isFinite(all?.cost_usd)).toBe(true);
    await analysis.close();
    await board.close();
  });
});
