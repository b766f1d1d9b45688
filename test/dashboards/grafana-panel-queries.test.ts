import { describe, expect, it } from 'vitest';
import { panelQueries, substituteVariables } from '../../dashboards/index.ts';

describe('panelQueries', () => {
  it('gives what asks for data in reading order, also under a closed row', () => {
    const stat = {
      id: 2,
      type: 'stat',
      title: 'Tasks',
      fieldConfig: { defaults: { unit: 'short' } },
      targets: [{ refId: 'A', expr: 'sum(x)', legendFormat: 'tasks', instant: true }],
    };
    const graph = { id: 4, type: 'timeseries', targets: [{ refId: 'A', expr: 'x' }] };
    const text = { id: 5, type: 'text', title: 'Words' };
    const row = { id: 3, type: 'row', title: 'More', panels: [graph, text] };
    expect(panelQueries({ title: 'Board', panels: [stat, row] })).toEqual([
      {
        panelId: 2,
        title: 'Tasks',
        kind: 'stat',
        unit: 'short',
        targets: [{ refId: 'A', expr: 'sum(x)', legend: 'tasks', isInstant: true }],
      },
      {
        panelId: 4,
        title: '',
        kind: 'timeseries',
        unit: '',
        targets: [{ refId: 'A', expr: 'x', legend: '', isInstant: false }],
      },
    ]);
  });
});

describe('substituteVariables', () => {
  const values = { board: 'news', task_type: 'a|b', __rate_interval: '15s' };

  it.each([
    [
      'rate(x{board=~"$board",task_type=~"$task_type"}[$__rate_interval])',
      'rate(x{board=~"news",task_type=~"a|b"}[15s])',
    ],
    ['${' + 'board} ${' + 'task_type:regex}', 'news a|b'],
    ['$boards $unknown', '$boards $unknown'],
    ['no variable, 5$', 'no variable, 5$'],
  ])('%s', (expr, expected) => {
    expect(substituteVariables(expr, values)).toBe(expected);
  });

  it('puts a value in as it is, also one with a dollar', () => {
    expect(substituteVariables('"$board"', { board: '$& $1' })).toBe('"$& $1"');
  });
});
