import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ANALYSIS_NAMES, type AnalysisSource, openAnalysis } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { RANDOM_STEPS, type RandomStep, randomBoard } from '../otel/random-board.ts';
import { tempDir } from '../support/temp.ts';
import { answersOf, tablesOf } from './answers.ts';
import { splitExport } from './split-export.ts';

/** A random board whose tasks also have entries in the flight log. */
async function playedBoard(steps: readonly RandomStep[]): Promise<Board> {
  return randomBoard(steps, false, async board => {
    const [task] = await Array.fromAsync(board.tasks());
    const payload = { words: '"\n', cost: 1.5, deep: [{ a: null }] };
    if (task !== undefined) await board.appendFlightLog({ task_id: task.task_id, stage: task.status, payload });
  });
}

async function answers(source: AnalysisSource | readonly AnalysisSource[]): Promise<Record<string, unknown>> {
  const analysis = await openAnalysis(source);
  try {
    return await answersOf(analysis);
  } finally {
    await analysis.close();
  }
}

/** Of every analysis there is, also those that come later: whatever holds here holds of `ANALYSIS_NAMES`. */
it('the live board, its Parquet and its NDJSON give equal tables and answers', async () => {
  const folder = tempDir();
  let run = 0;
  const property = fc.asyncProperty(RANDOM_STEPS, async steps => {
    const board = await playedBoard(steps);
    const live = await answers(board);
    expect(Object.keys(live)).toEqual(expect.arrayContaining([...ANALYSIS_NAMES]));
    for (const format of ['parquet', 'ndjson'] as const) {
      const to = join(folder, `${run++}`);
      await exportLog(board, { to, format });
      const exported = await answers(to);
      for (const [name, rows] of Object.entries(live)) expect(exported[name], `${name} of ${format}`).toEqual(rows);
    }
    await board.close();
  });
  await fc.assert(property, { numRuns: 2, endOnFailure: true });
});

it('splitting the log into files changes no row, in whatever formats, and with rows in several of them', async () => {
  const folder = tempDir();
  let run = 0;
  const cut = fc.record({
    count: fc.integer({ min: 2, max: 4 }),
    parts: fc.array(fc.tuple(fc.nat(), fc.option(fc.nat())), { minLength: 7, maxLength: 7 }),
  });
  const property = fc.asyncProperty(RANDOM_STEPS, cut, async (steps, { count, parts }) => {
    const board = await playedBoard(steps);
    const [whole, into] = [join(folder, `${run} whole`), join(folder, `${run++} parts`)];
    await exportLog(board, { to: whole, format: 'ndjson' });
    const folders = await splitExport(whole, into, count, (_, index) => {
      const [first = 0, second = null] = parts[index % parts.length] ?? [];
      return second === null ? [first % count] : [first % count, second % count];
    });
    const [expected, listed] = [await answers(whole), await answers(folders)];
    for (const [name, rows] of Object.entries(expected)) expect(listed[name], name).toEqual(rows);
    const matched = await openAnalysis(join(into, 'part *'));
    expect(expected).toMatchObject(await tablesOf(matched));
    await matched.close();
    await board.close();
  });
  await fc.assert(property, { numRuns: 2, endOnFailure: true });
});
