import type { Edge, Lifecycle } from '../../../board/core/lifecycle/types.ts';
import { labelValueOf } from '../../../exporters/prometheus/label-values.ts';
import { OLDEST_ENTERED, STAGE_DURATION, TASK_TRANSITIONS, TASKS } from '../../../exporters/prometheus/names.ts';
import { ageOf, literal, perMinute, quantileOf, rateOf, totalOf } from '../promql.ts';
import {
  type Band,
  type BoardSpec,
  badFrom,
  band,
  bars,
  goodBelow,
  graph,
  type Limits,
  NEUTRAL,
  type QuerySpec,
  type Section,
  section,
  UNIT,
} from '../spec.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** One query a column, so that legends and bars keep the lifecycle's order. */
function eachColumn(columns: readonly string[], exprOf: (where: { status: string }) => string): QuerySpec[] {
  return columns.map(status => ({ expr: exprOf({ status: exactly(status) }), legend: status }));
}

/** A status as a matcher: a pattern where the text would itself be read as an operator. */
function exactly(status: string): string {
  const value = labelValueOf(status);
  return /^(=~|!=|!~)/.test(value) ? `=~${literal(value)}` : value;
}

function alongEdges(edges: readonly Edge[]): QuerySpec[] {
  return edges.map(({ from, to, edge }) => ({
    expr: perMinute(rateOf(TASK_TRANSITIONS, [], { from_status: exactly(from), to_status: exactly(to), edge })),
    legend: `${from} → ${to}`,
  }));
}

/** What the declared edges of a group show, or nothing where the lifecycle declares none. */
function edgeGraph(title: string, about: string, limits: Limits, edges: readonly Edge[]): Band[] {
  if (edges.length === 0) return [];
  return [band(9, graph(title, { about, unit: UNIT.perMinute, limits, queries: alongEdges(edges) }))];
}

function workSection(waiting: readonly string[]): Section {
  const work = { unit: UNIT.count, limits: NEUTRAL, queries: eachColumn(waiting, where => totalOf(TASKS, [], where)) };
  const age = {
    unit: UNIT.seconds,
    limits: goodBelow(HOUR, DAY),
    queries: eachColumn(waiting, where => ageOf('min', OLDEST_ENTERED, [], where)),
  };
  return section(
    'Columns',
    band(
      9,
      bars('Work in progress', { about: 'Unfinished tasks in each column, in the order of the lifecycle.', ...work }),
      graph('Work in progress over time', {
        about: 'The same over time. A band that widens is a column in which work piles up.',
        stacked: true,
        ...work,
      }),
    ),
    band(
      9,
      bars('Oldest task', {
        about: 'How long the task that is longest in a column has been there. A column without a task has no bar.',
        ...age,
      }),
      graph('Ageing', {
        about: 'The same over time. A line that climbs as time passes is one task that nobody takes.',
        ...age,
      }),
    ),
  );
}

function dwellSection(waiting: readonly string[]): Section {
  return section(
    'Time in a column',
    band(
      9,
      ...[0.5, 0.95].map(q =>
        graph(`Dwell p${q * 100} by column`, {
          about: `${q * 100} % of the visits to a column that ended were shorter than this.`,
          unit: UNIT.seconds,
          limits: goodBelow(HOUR, DAY),
          logarithmic: true,
          queries: eachColumn(waiting, where => quantileOf(q, STAGE_DURATION, [], where)),
        }),
      ),
    ),
  );
}

function stepSection({ columns, definition: { edges } }: Lifecycle): Section {
  const anyColumn = `=~${columns.map(column => literal(labelValueOf(column))).join('|')}`;
  const ofKinds = (...kinds: readonly string[]): Edge[] => edges.filter(({ edge }) => kinds.includes(edge));
  return section(
    'Steps',
    ...edgeGraph(
      'Forward',
      'Steps along the main path and its branches, a minute.',
      NEUTRAL,
      ofKinds('forward', 'branch'),
    ),
    ...edgeGraph(
      'Revisions and loops',
      'Steps back, a minute: work done again.',
      badFrom(1),
      ofKinds('revision', 'loop'),
    ),
    ...edgeGraph(
      'Lost and given again',
      'Steps of tasks whose worker fell silent, or that were taken from it, a minute.',
      badFrom(1),
      ofKinds('stale', 'reassign'),
    ),
    band(
      9,
      graph('Exits', {
        about: 'Steps to HUMAN_REVIEW and ON_HOLD, a minute, by the column that was left.',
        unit: UNIT.perMinute,
        limits: badFrom(1),
        queries: [
          {
            expr: perMinute(rateOf(TASK_TRANSITIONS, ['from_status'], { from_status: anyColumn, edge: 'exit' })),
            legend: '{{from_status}}',
          },
        ],
      }),
    ),
  );
}

/** At most 40 characters of what Grafana takes in a link. */
function linkName(lifecycle: string): string {
  return `quadro-lifecycle-${lifecycle.replaceAll(/[^a-zA-Z0-9_-]+/g, '-')}`.slice(0, 40);
}

/** A lifecycle's own columns, in its own order, and the steps between them. */
export function lifecycleBoard(lifecycle: Lifecycle): BoardSpec {
  const { name, columns, terminals } = lifecycle;
  const waiting = columns.filter(column => !terminals.has(column));
  return {
    name: linkName(name),
    title: `Quadro: lifecycle ${name}`,
    about: `The columns of the lifecycle ${name} in their order, and the steps between them. Choose the task types that follow it.`,
    sections: [workSection(waiting), dwellSection(waiting), stepSection(lifecycle)],
  };
}
