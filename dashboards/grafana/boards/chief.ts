import {
  CHIEF_CONSECUTIVE_NOOPS,
  CHIEF_CYCLE_DURATION,
  CHIEF_LAST_WAKE,
  CHIEF_SLEEP_DURATION,
  CHIEF_STATE,
  DISPATCH_FAILURE,
  DISPATCH_STRANDED,
} from '../../../exporters/prometheus/names.ts';
import { ageOf, bucketsOf, countOf, largest, perMinute, quantileOf, sinceLeftEdge, totalOf } from '../promql.ts';
import {
  type BoardSpec,
  badFrom,
  band,
  goodBelow,
  graph,
  heatmap,
  NEUTRAL,
  section,
  stat,
  states,
  text,
  UNIT,
} from '../spec.ts';
import { CYCLES, WAKES } from './chief-cycles.ts';
import { HOW_TO_READ } from './sleep-study-text.ts';

/** The busiest of what any Chief says it does, as a number; 0 where none says anything. */
const STATE = `max(${['sleeping', 'thinking', 'acting']
  .map((state, index) => `(${totalOf(CHIEF_STATE, ['state'], { state })} > bool 0) * ${index + 1}`)
  .join(' or ')})`;

const CHIEF_STATES = {
  0: { text: 'stopped', color: 'text' },
  1: { text: 'asleep', color: 'blue' },
  2: { text: 'thinking', color: 'yellow' },
  3: { text: 'acting', color: 'green' },
};

/** The sleep study: when the Chief sleeps, what wakes it, and whether work waited meanwhile. */
export const CHIEF: BoardSpec = {
  name: 'quadro-chief',
  title: 'Quadro: Chief sleep study',
  about: 'When the Chief sleeps, what wakes it and to what end, and whether work waited for an idle agent meanwhile.',
  sections: [
    section(
      'Is the Chief asleep while work waits?',
      band(
        4,
        stat('Chief', {
          about: 'What the Chief last said it does; of several, the busiest.',
          unit: UNIT.count,
          limits: NEUTRAL,
          states: CHIEF_STATES,
          queries: [{ expr: STATE, legend: 'state' }],
        }),
        stat('Stranded tasks', {
          about: 'Tasks that could be dispatched now, for which an agent is idle: 0 on a board that is seen to.',
          unit: UNIT.count,
          limits: badFrom(1),
          queries: [{ expr: totalOf(DISPATCH_STRANDED), legend: 'stranded' }],
        }),
        stat('Dispatch failure', {
          about:
            'Since the left edge: time that Chiefs slept on, beyond the grace, while a task and an idle agent waited for each other.',
          unit: UNIT.seconds,
          limits: badFrom(1),
          queries: [{ expr: sinceLeftEdge(DISPATCH_FAILURE), legend: 'failure' }],
        }),
        stat('Wakes', {
          about: 'Cycles of the Chief, a minute.',
          unit: UNIT.perMinute,
          limits: NEUTRAL,
          queries: [{ expr: perMinute(countOf(CHIEF_CYCLE_DURATION)), legend: 'wakes' }],
        }),
        stat('Since the last wake', {
          about: 'Time since the last finished cycle of the Chief began. Long is right on a board with nothing to do.',
          unit: UNIT.seconds,
          limits: goodBelow(900, 3600),
          queries: [{ expr: ageOf('max', CHIEF_LAST_WAKE), legend: 'since' }],
        }),
        stat('Consecutive noops', {
          about: 'Times in a row that the Chief was woken by a worker or a commit and found nothing to do.',
          unit: UNIT.count,
          limits: goodBelow(10, 50),
          queries: [{ expr: largest(CHIEF_CONSECUTIVE_NOOPS), legend: 'noops' }],
        }),
      ),
      band(
        6,
        states('Chief and stranded work', {
          about:
            'What the Chief did, above whether work was stranded, as each scrape found it: what lasts less than a scrape is seen only now and then. Red under a sleeping Chief is the sleep that must not be.',
          unit: UNIT.count,
          limits: NEUTRAL,
          states: {
            ...CHIEF_STATES,
            10: { text: 'nothing waits', color: 'transparent' },
            11: { text: 'stranded', color: 'red' },
          },
          queries: [
            { expr: STATE, legend: 'Chief' },
            { expr: `(${totalOf(DISPATCH_STRANDED)} > bool 0) + 10`, legend: 'work' },
          ],
        }),
      ),
      band(
        13,
        text('How to read the sleep study', {
          about: 'The two sleeps that are right, and the one that is not.',
          width: 10,
          markdown: HOW_TO_READ,
        }),
        graph('Stranded work by capability', {
          about:
            'The smaller of the tasks that may be dispatched now and the idle agents, by the capability they wait for.',
          unit: UNIT.count,
          limits: badFrom(1),
          queries: [{ expr: totalOf(DISPATCH_STRANDED, ['capability']), legend: '{{capability}}' }],
        }),
        graph('Dispatch failure, summed', {
          about:
            'The same time, adding up since the left edge. A sleep counts as it ends, so each step is one that should have been shorter.',
          unit: UNIT.seconds,
          limits: badFrom(1),
          queries: [{ expr: sinceLeftEdge(DISPATCH_FAILURE), legend: 'failure' }],
        }),
      ),
    ),
    section(
      'Sleep',
      band(
        9,
        heatmap('Sleeps', {
          about:
            'Sleeps that ended, by how long they lasted. A dark band at the bottom is a Chief that is woken too often.',
          unit: UNIT.seconds,
          limits: NEUTRAL,
          queries: [{ expr: bucketsOf(CHIEF_SLEEP_DURATION), legend: '{{le}}' }],
        }),
        graph('Sleep percentiles', {
          about: 'How long the Chief slept before it was woken: 5 %, 50 % and 95 % of the sleeps were shorter.',
          unit: UNIT.seconds,
          limits: NEUTRAL,
          logarithmic: true,
          queries: [0.05, 0.5, 0.95].map(q => ({ expr: quantileOf(q, CHIEF_SLEEP_DURATION), legend: `p${q * 100}` })),
        }),
      ),
    ),
    WAKES,
    CYCLES,
  ],
};
