import {
  OLDEST_ENTERED,
  STAGE_DURATION,
  TASK_DURATION,
  TASK_TRANSITIONS,
  TASKS,
} from '../../../exporters/prometheus/names.ts';
import { ageOf, bucketsOf, countOf, perMinute, quantileOf, rateOf, share, sinceLeftEdge, totalOf } from '../promql.ts';
import {
  type BoardSpec,
  band,
  bars,
  type GraphSpec,
  goodBelow,
  graph,
  heatmap,
  NEUTRAL,
  section,
  stat,
  UNIT,
} from '../spec.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const WORKING = '=~active|review|rework';

const arrivals = perMinute(rateOf(TASK_TRANSITIONS, [], { edge: 'post' }));
const departures = perMinute(countOf(TASK_DURATION));

const REVISION = { edge: 'revision' };
const DECIDED = ['task_type', 'from_status'];
/** Steps out of a status from which work is sent back: review decisions, as the analyses count them. */
const decisions = `sum(${rateOf(TASK_TRANSITIONS, DECIDED, { edge: '!~exit|stale|unlinked' })} and ${totalOf(TASK_TRANSITIONS, DECIDED, REVISION)})`;

function dwell(q: number): GraphSpec {
  const name = `p${q * 100}`;
  return graph(`Dwell ${name} by stage`, {
    about: `${q * 100} % of the visits to a status that ended were shorter than this. A task that still waits is not in it: see the oldest tasks.`,
    unit: UNIT.seconds,
    limits: goodBelow(HOUR, DAY),
    logarithmic: true,
    queries: [{ expr: quantileOf(q, STAGE_DURATION, ['status']), legend: '{{status}}' }],
    tracesBy: ['status'],
  });
}

/** What comes, what goes, what waits, and for how long. */
export const FLOW: BoardSpec = {
  name: 'quadro-flow',
  title: 'Quadro: flow',
  about: 'What comes to the board, what leaves it, where tasks wait and for how long.',
  sections: [
    section(
      'Now',
      band(
        4,
        stat('Tasks in progress', {
          about: 'Unfinished tasks in any status.',
          unit: UNIT.count,
          limits: NEUTRAL,
          queries: [{ expr: totalOf(TASKS), legend: 'tasks' }],
        }),
        stat('Oldest task', {
          about: 'How long the task that is longest in its status has been there.',
          unit: UNIT.seconds,
          limits: goodBelow(HOUR, DAY),
          queries: [{ expr: ageOf('min', OLDEST_ENTERED), legend: 'age' }],
        }),
        stat('Arrivals', {
          about: 'Tasks posted, a minute.',
          unit: UNIT.perMinute,
          limits: NEUTRAL,
          queries: [{ expr: arrivals, legend: 'arrivals' }],
        }),
        stat('Departures', {
          about: 'Tasks that finished for the first time, a minute.',
          unit: UNIT.perMinute,
          limits: NEUTRAL,
          queries: [{ expr: departures, legend: 'departures' }],
        }),
      ),
    ),
    section(
      'Flow',
      band(
        9,
        graph('Arrivals and departures', {
          about: 'Tasks posted and tasks finished, a minute. Where arrivals stay above departures, work piles up.',
          unit: UNIT.perMinute,
          limits: NEUTRAL,
          queries: [
            { expr: arrivals, legend: 'arrivals' },
            { expr: departures, legend: 'departures' },
          ],
        }),
        graph('Departures by task type', {
          about: 'Tasks that finished for the first time, a minute, by their type.',
          unit: UNIT.perMinute,
          limits: NEUTRAL,
          stacked: true,
          queries: [{ expr: perMinute(countOf(TASK_DURATION, ['task_type'])), legend: '{{task_type}}' }],
          tracesBy: ['task_type'],
        }),
      ),
      band(
        10,
        graph('Cumulative flow', {
          about:
            'Below, the tasks that finished since the left edge; above them, the unfinished ones by status. The top edge rises with arrivals, the lowest band with departures; a band that widens is where work piles up.',
          unit: UNIT.count,
          limits: NEUTRAL,
          stacked: true,
          queries: [
            { expr: sinceLeftEdge(TASK_DURATION), legend: 'finished' },
            { expr: totalOf(TASKS, ['status']), legend: '{{status}}' },
          ],
        }),
        graph('Work in progress by stage', {
          about: 'Unfinished tasks by status.',
          unit: UNIT.count,
          limits: NEUTRAL,
          queries: [{ expr: totalOf(TASKS, ['status']), legend: '{{status}}' }],
          tracesBy: ['status'],
        }),
      ),
    ),
    section(
      'Time in stages',
      band(9, dwell(0.5), dwell(0.95)),
      band(
        9,
        heatmap('Dwell in waits', {
          about: 'Visits to a wait that ended, by how long they lasted. Two dark bands are two kinds of waiting.',
          unit: UNIT.seconds,
          limits: NEUTRAL,
          queries: [{ expr: bucketsOf(STAGE_DURATION, { stage_kind: 'wait' }), legend: '{{le}}' }],
        }),
        heatmap('Dwell in work', {
          about: 'Visits in which somebody worked (work, review, rework) that ended, by how long they lasted.',
          unit: UNIT.seconds,
          limits: NEUTRAL,
          queries: [{ expr: bucketsOf(STAGE_DURATION, { stage_kind: WORKING }), legend: '{{le}}' }],
        }),
      ),
      band(
        9,
        bars('Oldest task by stage', {
          about:
            'How long the task that is longest in a status has been there. A status without an unfinished task has no bar.',
          unit: UNIT.seconds,
          limits: goodBelow(HOUR, DAY),
          queries: [{ expr: ageOf('min', OLDEST_ENTERED, ['status']), legend: '{{status}}' }],
          tracesBy: ['status'],
        }),
        graph('Ageing', {
          about: 'The same over time. A line that climbs as time passes is one task that nobody takes.',
          unit: UNIT.seconds,
          limits: goodBelow(HOUR, DAY),
          queries: [{ expr: ageOf('min', OLDEST_ENTERED, ['status']), legend: '{{status}}' }],
          tracesBy: ['status'],
        }),
      ),
    ),
    section(
      'How tasks end',
      band(
        9,
        graph('Task duration by outcome', {
          about: 'From post to the first finish: half of the tasks, and 95 % of them, took less than this.',
          unit: UNIT.seconds,
          limits: goodBelow(HOUR, DAY),
          logarithmic: true,
          queries: [
            { expr: quantileOf(0.5, TASK_DURATION, ['outcome']), legend: '{{outcome}} p50' },
            { expr: quantileOf(0.95, TASK_DURATION, ['outcome']), legend: '{{outcome}} p95' },
          ],
          tracesBy: ['outcome'],
        }),
        graph('Revisions and failures', {
          about:
            'The share of review decisions that sent work back, and of finished tasks that finished in HUMAN_REVIEW or ON_HOLD. A decision is a step out of a status from which work was ever sent back.',
          unit: UNIT.share,
          limits: goodBelow(0.3, 0.6),
          queries: [
            {
              expr: share(rateOf(TASK_TRANSITIONS, [], REVISION), decisions),
              legend: 'revisions',
            },
            {
              expr: share(countOf(TASK_DURATION, [], { outcome: '=~HUMAN_REVIEW|ON_HOLD' }), countOf(TASK_DURATION)),
              legend: 'failures',
            },
          ],
        }),
      ),
      band(
        9,
        graph('Finishes by outcome', {
          about: 'Tasks that finished for the first time, a minute, by the status that finished them.',
          unit: UNIT.perMinute,
          limits: NEUTRAL,
          stacked: true,
          queries: [{ expr: perMinute(countOf(TASK_DURATION, ['outcome'])), legend: '{{outcome}}' }],
          tracesBy: ['outcome'],
        }),
        graph('Steps by kind', {
          about:
            'Steps of tasks, a minute, by the kind of edge: revisions and loops are work done again, stale and reassign work lost.',
          unit: UNIT.perMinute,
          limits: NEUTRAL,
          queries: [{ expr: perMinute(rateOf(TASK_TRANSITIONS, ['edge'])), legend: '{{edge}}' }],
        }),
      ),
    ),
  ],
};
