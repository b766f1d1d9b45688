import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAnalysis } from '../../analysis/index.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { importReference } from '../../board/import/reference.ts';
import { importLog, openBoard } from '../../board/index.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { openTimedBoard } from '../analysis/small-log.ts';
import { RANDOM_STEPS, randomBoard } from '../otel/random-board.ts';
import { requireShared } from '../support/shared.ts';
import { tempDir } from '../support/temp.ts';

/** A board as another program gives it back: written as XES, read as somebody else's log. */
async function throughXes(board: Board, name: string): Promise<Board> {
  const file = join(tempDir(), name);
  await exportLog(board, { to: file });
  const into = sqlite({ file: ':memory:' });
  const { rejected, rejects } = await importLog(file, { into });
  expect({ rejected, rejects }).toEqual({ rejected: 0, rejects: [] });
  return openBoard({ backend: into, readOnly: true });
}

/** What a process-mining tool reads: each case's steps, when, by whom. */
async function stepsOf(board: Board): Promise<Map<string, unknown[]>> {
  const steps = (await board.events(0, 1_000_000)).filter(({ edge }) => edge !== null);
  const byTask = Map.groupBy(steps, ({ task_id }) => task_id);
  return new Map(
    [...byTask].map(([id, own]) => [id, own.map(each => [each.to_status, each.timestamp, each.agent_id])]),
  );
}

/** What stands on cases, steps and times alone. */
async function processOf(board: Board): Promise<unknown> {
  const analysis = await openAnalysis(board);
  try {
    return {
      follows: await analysis.run('directly_follows'),
      times: await analysis.sql('SELECT task_id, first_to_last_us FROM task_times ORDER BY task_id'),
    };
  } finally {
    await analysis.close();
  }
}

describe('XES there and back', () => {
  it.each(['log.xes', 'log.xes.gz'])('any log has its steps again, in %s', async name => {
    const property = fc.asyncProperty(RANDOM_STEPS, async steps => {
      const board = await randomBoard(steps, true, async () => undefined);
      const expected = await stepsOf(board);
      fc.pre(expected.size > 0);
      const back = await throughXes(board, name);
      expect(await stepsOf(back)).toEqual(expected);
      expect(await processOf(back)).toEqual(await processOf(board));
      const again = await throughXes(back, name);
      expect(await stepsOf(again)).toEqual(expected);
      for (const each of [board, back, again]) await each.close();
    });
    await fc.assert(property, { numRuns: 3 });
  });

  it('texts that XML changes unless they are written with care come back as they were', async () => {
    const { board } = await openTimedBoard();
    const ids = [
      'a & b',
      '<c>',
      '"d"',
      "it's",
      'e\tf',
      'g\r\nh',
      '  spaced  ',
      ']]>',
      '🧨',
      '\u2028',
      '\u0085',
      '&amp;#10;',
    ];
    for (const task_id of ids) {
      await board.postTask({ task_id, task_type: 'brief', label: task_id });
      await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: task_id });
    }
    const back = await throughXes(board, 'log.xes');
    expect(await stepsOf(back)).toEqual(await stepsOf(board));
    for (const each of [board, back]) await each.close();
  });

  it('a real log has its figures again', async context => {
    const into = sqlite({ file: ':memory:' });
    await importReference(requireShared('data/newsroom.db', context), { into });
    const board = await openBoard({ backend: into, readOnly: true });
    const back = await throughXes(board, 'newsroom.xes.gz');
    expect(await stepsOf(back)).toEqual(await stepsOf(board));
    expect(await processOf(back)).toEqual(await processOf(board));
    for (const each of [board, back]) await each.close();
  });
});
