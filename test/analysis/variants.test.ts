import { expect, it } from 'vitest';
import { openAnalysis } from '../../analysis/index.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { lifecycleOf, openBoard } from '../../board/index.ts';

it('the same steps in another order are another variant', async () => {
  const ways = ['abc', 'acb', 'bac', 'bca', 'cab', 'cba', 'abc'].map(way => [...way, 'z']);
  const steps = ways.flatMap(way => way.map((to, index): [string, string] => [way[index - 1] ?? 'UNASSIGNED', to]));
  const pairs = [...new Map(steps.map(step => [step.join(), step])).values()];
  const backend = sqlite({ file: ':memory:' });
  const board = await openBoard({ backend, lifecycles: [lifecycleOf('any', pairs)], taskTypes: { any: 'any' } });
  for (const way of ways) {
    const { task } = await board.postTask({ task_type: 'any', label: way.join('') });
    for (const to_status of way) await board.updateTask({ task_id: task.task_id, to_status });
  }
  const analysis = await openAnalysis(board);
  const variants = await analysis.run('variants');
  if (!variants.available) throw new Error(variants.reason);
  expect(variants.rows.map(({ path, count }) => [path.replaceAll(' → ', ''), count]).sort()).toEqual([
    ...[
      ['UNASSIGNEDabcz', 2],
      ['UNASSIGNEDacbz', 1],
      ['UNASSIGNEDbacz', 1],
    ],
    ...[
      ['UNASSIGNEDbcaz', 1],
      ['UNASSIGNEDcabz', 1],
      ['UNASSIGNEDcbaz', 1],
    ],
  ]);
  await analysis.close();
  await board.close();
});
