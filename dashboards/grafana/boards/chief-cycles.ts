import {
  CHIEF_ACTIONS,
  CHIEF_CONSECUTIVE_NOOPS,
  CHIEF_CYCLE_DURATION,
  CHIEF_WAKES_COALESCED,
  TASKS,
} from '../../../exporters/prometheus/names.ts';
import { countOf, largest, perMinute, quantileOf, rateOf, share, totalOf } from '../promql.ts';
import { band, goodBelow, graph, NEUTRAL, type Section, section, UNIT } from '../spec.ts';

const REACTIVE = '=~worker|board_event';
const noops = (by: readonly string[]): string => countOf(CHIEF_CYCLE_DURATION, by, { result: 'noop' });

/** What wakes the Chief, and to what end. */
export const WAKES: Section = section(
  'Wakes',
  band(
    9,
    graph('Wakes by trigger', {
      about: 'Cycles of the Chief, a minute, by what woke it.',
      unit: UNIT.perMinute,
      limits: NEUTRAL,
      stacked: true,
      queries: [{ expr: perMinute(countOf(CHIEF_CYCLE_DURATION, ['trigger'])), legend: '{{trigger}}' }],
      tracesBy: ['trigger'],
    }),
    graph('Noop ratio by trigger', {
      about:
        'The share of wakes by a worker or a commit in which there was nothing to do. High means that the Chief is told too much.',
      unit: UNIT.share,
      limits: goodBelow(0.5, 0.8),
      queries: [
        {
          expr: share(noops(['trigger']), countOf(CHIEF_CYCLE_DURATION, ['trigger'], { trigger: REACTIVE })),
          legend: '{{trigger}}',
        },
        { expr: share(noops([]), countOf(CHIEF_CYCLE_DURATION, [], { trigger: REACTIVE })), legend: 'both' },
      ],
    }),
  ),
  band(
    9,
    graph('Actions a wake', {
      about: 'Steps the Chief took in a cycle, on average, by what woke it.',
      unit: UNIT.count,
      limits: NEUTRAL,
      queries: [
        {
          expr: share(rateOf(CHIEF_ACTIONS, ['trigger']), countOf(CHIEF_CYCLE_DURATION, ['trigger'])),
          legend: '{{trigger}}',
        },
      ],
      tracesBy: ['trigger'],
    }),
    graph('Coalesced wakes', {
      about: 'Wakes that came during a cycle and were taken together with another, a minute.',
      unit: UNIT.perMinute,
      limits: NEUTRAL,
      queries: [{ expr: perMinute(rateOf(CHIEF_WAKES_COALESCED, ['trigger'])), legend: '{{trigger}}' }],
    }),
    graph('Noop streak', {
      about: 'Wakes by a worker or a commit without an action, since the last action.',
      unit: UNIT.count,
      limits: goodBelow(10, 50),
      queries: [{ expr: largest(CHIEF_CONSECUTIVE_NOOPS), legend: 'noops in a row' }],
    }),
  ),
);

/** How long it is awake. */
export const CYCLES: Section = section(
  'Cycles',
  band(
    9,
    graph('Cycle p95 against depth', {
      about:
        'How long 95 % of the cycles took at most, and, against the right axis, how many tasks waited. A cycle that grows with the depth does not scale.',
      unit: UNIT.seconds,
      limits: goodBelow(1, 10),
      queries: [
        { expr: quantileOf(0.95, CHIEF_CYCLE_DURATION), legend: 'cycle p95' },
        { expr: totalOf(TASKS, [], { stage_kind: 'wait' }), legend: 'tasks waiting', rightAxisUnit: UNIT.count },
      ],
    }),
    graph('Cycle p95 by result', {
      about: 'How long 95 % of the cycles took at most, by what came of them.',
      unit: UNIT.seconds,
      limits: goodBelow(1, 10),
      logarithmic: true,
      queries: [{ expr: quantileOf(0.95, CHIEF_CYCLE_DURATION, ['result']), legend: '{{result}}' }],
      tracesBy: ['result'],
    }),
  ),
);
