import {
  AGENT_CIRCUIT_STATE,
  CLAMPED_DURATIONS,
  COMMIT_BATCH_SIZE,
  COMMIT_DURATION,
  EXPORTER_CURSOR,
  EXPORTER_LAG,
  EXPORTER_SPANS,
  QUEUE_DEPTH,
  REFUSALS,
  RETRIES,
} from '../../../exporters/prometheus/names.ts';
import { bucketsOf, largest, orZero, perMinute, quantileOf, rateOf, sinceLeftEdge, totalOf } from '../promql.ts';
import { type BoardSpec, badFrom, band, goodBelow, graph, heatmap, NEUTRAL, section, stat, UNIT } from '../spec.ts';

const LOST = ['rejected', 'dead_lettered'];
const lost = (result: string): string =>
  perMinute(orZero(rateOf(EXPORTER_SPANS, [], { result }), rateOf(EXPORTER_SPANS)));
const commitP99 = quantileOf(0.99, COMMIT_DURATION);

/** Whether spans arrive, and whether the board itself is quick. */
export const EXPORTER: BoardSpec = {
  name: 'quadro-exporter',
  title: 'Quadro: exporter health',
  about:
    'Whether spans arrive, and whether the board commits quickly. Spans and commits are known only to the process that exports or commits: scrape that process.',
  sections: [
    section(
      'Now',
      band(
        4,
        stat('Exporter lag', {
          about: 'Events of the log that the exporter furthest behind has not read yet.',
          unit: UNIT.count,
          limits: goodBelow(1_000, 10_000),
          queries: [{ expr: largest(EXPORTER_LAG), legend: 'events' }],
        }),
        stat('Spans not taken', {
          about: 'Spans rejected by the receiver or set aside in the dead-letter file, a minute.',
          unit: UNIT.perMinute,
          limits: badFrom(0.01),
          queries: [{ expr: lost(`=~${LOST.join('|')}`), legend: 'spans' }],
        }),
        stat('Commit p99', {
          about: '99 % of the group commits took less than this.',
          unit: UNIT.seconds,
          limits: goodBelow(0.1, 1),
          queries: [{ expr: commitP99, legend: 'p99' }],
        }),
        stat('Clamped durations', {
          about: 'Durations below zero since the left edge, counted as zero: a clock went back in an imported log.',
          unit: UNIT.count,
          limits: badFrom(1),
          queries: [{ expr: sinceLeftEdge(CLAMPED_DURATIONS), legend: 'durations' }],
        }),
      ),
    ),
    section(
      'Exporter',
      band(
        9,
        graph('Lag', {
          about:
            'Events of the log not read yet, by signal. It rises while a receiver is away, and falls in one slope once it is back.',
          unit: UNIT.count,
          limits: goodBelow(1_000, 10_000),
          queries: [{ expr: largest(EXPORTER_LAG, ['signal']), legend: '{{signal}}' }],
        }),
        graph('Cursor', {
          about: 'The last event read, by signal. A flat line beside a growing lag is an exporter that stands still.',
          unit: UNIT.count,
          limits: NEUTRAL,
          queries: [{ expr: largest(EXPORTER_CURSOR, ['signal']), legend: '{{signal}}' }],
        }),
      ),
      band(
        9,
        graph('Spans by result', {
          about:
            'Spans a minute by how their delivery ended. too_old and not_sampled were left out as the options ask.',
          unit: UNIT.perMinute,
          limits: NEUTRAL,
          stacked: true,
          queries: [{ expr: perMinute(rateOf(EXPORTER_SPANS, ['result'])), legend: '{{result}}' }],
        }),
        graph('Rejected and dead letters', {
          about: 'Spans that did not arrive, a minute. What is in the dead-letter file can be sent again.',
          unit: UNIT.perMinute,
          limits: badFrom(0.01),
          queries: LOST.map(result => ({ expr: lost(result), legend: result })),
        }),
      ),
    ),
    section(
      'Commits',
      band(
        9,
        graph('Commit duration', {
          about: 'How long group commits took: 50 % and 99 % of them less than this, by kind of database.',
          unit: UNIT.seconds,
          limits: goodBelow(0.1, 1),
          logarithmic: true,
          queries: [0.5, 0.99].map(q => ({
            expr: quantileOf(q, COMMIT_DURATION, ['backend']),
            legend: `{{backend}} p${q * 100}`,
          })),
        }),
        heatmap('Batch size', {
          about:
            'Commits by how many commands they held. Large batches are many callers at once, and cost one commit each.',
          unit: UNIT.count,
          limits: NEUTRAL,
          queries: [{ expr: bucketsOf(COMMIT_BATCH_SIZE), legend: '{{le}}' }],
        }),
        graph('Queue depth', {
          about:
            'Commands that wait for a commit as each scrape found it. The queue is bounded; what does not fit is refused.',
          unit: UNIT.count,
          limits: goodBelow(256, 4_096),
          queries: [{ expr: totalOf(QUEUE_DEPTH, ['backend']), legend: '{{backend}}' }],
        }),
      ),
      band(
        9,
        graph('Refusals by code', {
          about:
            'Commands refused, a minute, by intent and error code. fence_conflict is a late worker, and right; overloaded is more than the board commits.',
          unit: UNIT.perMinute,
          limits: goodBelow(10, 100),
          queries: [
            { expr: perMinute(rateOf(REFUSALS, ['intent', 'error_code'])), legend: '{{intent}} {{error_code}}' },
          ],
        }),
        graph('Retries by reason', {
          about:
            'Commits tried again, a minute. Now and then one is nothing; a rate that stays is a server or a network to look at.',
          unit: UNIT.perMinute,
          limits: goodBelow(10, 100),
          queries: [{ expr: perMinute(rateOf(RETRIES, ['reason'])), legend: '{{reason}}' }],
        }),
        graph('Circuits of agents', {
          about:
            'Whether agents with addresses of their own are left alone because they did not answer: 1 is one that is, 0.5 one being tried again.',
          unit: UNIT.count,
          limits: badFrom(1),
          queries: [{ expr: orZero(largest(AGENT_CIRCUIT_STATE, ['url']), largest(QUEUE_DEPTH)), legend: '{{url}}' }],
        }),
        graph('Clamped durations', {
          about:
            'Durations of the log below zero, a minute. On a board of Quadro there are none; an imported log may have some.',
          unit: UNIT.perMinute,
          limits: badFrom(0.01),
          queries: [{ expr: perMinute(rateOf(CLAMPED_DURATIONS)), legend: 'durations' }],
        }),
      ),
    ),
  ],
};
