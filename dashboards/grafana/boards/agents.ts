import {
  AGENTS,
  HEARTBEAT_INTERVAL,
  OMBUDSMAN_LAST_TICK,
  OMBUDSMAN_STALE,
  OMBUDSMAN_TICK_DURATION,
  STALE_DETECTION,
} from '../../../exporters/prometheus/names.ts';
import {
  ageOf,
  bucketsOf,
  countOf,
  orZero,
  perHour,
  perMinute,
  quantileOf,
  rateOf,
  share,
  sinceLeftEdge,
  totalOf,
} from '../promql.ts';
import { type BoardSpec, badFrom, band, goodBelow, graph, heatmap, NEUTRAL, section, stat, UNIT } from '../spec.ts';

const busyShare = share(
  totalOf(AGENTS, ['capability'], { status: 'BUSY' }),
  totalOf(AGENTS, ['capability'], { status: '=~BUSY|IDLE' }),
);

/** Who works, who has fallen silent, and how soon that is noticed. */
export const AGENTS_BOARD: BoardSpec = {
  name: 'quadro-agents',
  title: 'Quadro: Ombudsman and agents',
  about: 'Who works and who is idle, which workers fell silent, and how soon the Ombudsman notices.',
  sections: [
    section(
      'Now',
      band(
        4,
        stat('Busiest capability', {
          about:
            'Busy agents of those that are not offline, where that share is largest. Near 100 % tasks wait for agents.',
          unit: UNIT.share,
          limits: goodBelow(0.85, 0.98),
          queries: [{ expr: `max(${busyShare})`, legend: 'busy' }],
        }),
        stat('Offline', {
          about: 'Agents without a sign of life for their time-out, in the capability that has most of them.',
          unit: UNIT.count,
          limits: badFrom(1),
          queries: [{ expr: `max(${totalOf(AGENTS, ['capability'], { status: 'OFFLINE' })})`, legend: 'offline' }],
        }),
        stat('Stale', {
          about: 'Stages ended for want of a sign of life since the left edge.',
          unit: UNIT.count,
          limits: goodBelow(1, 10),
          queries: [
            { expr: orZero(sinceLeftEdge(OMBUDSMAN_STALE), countOf(OMBUDSMAN_TICK_DURATION)), legend: 'stale' },
          ],
        }),
        stat('Since the last tick', {
          about: 'Time since an Ombudsman last looked. Beyond a few of its intervals nobody notices a silent worker.',
          unit: UNIT.seconds,
          limits: goodBelow(120, 600),
          queries: [{ expr: ageOf('max', OMBUDSMAN_LAST_TICK), legend: 'since' }],
        }),
      ),
    ),
    section(
      'Agents',
      band(
        9,
        graph('Agents by status', {
          about:
            'Agents by capability and status. An agent counts once for each of its capabilities, so these do not add up.',
          unit: UNIT.count,
          limits: NEUTRAL,
          queries: [{ expr: totalOf(AGENTS, ['capability', 'status']), legend: '{{capability}} {{status}}' }],
        }),
        graph('Busy share', {
          about:
            'Busy agents of those that are not offline, by capability. Near 100 % with a growing wait: add agents. Low with a growing wait: the Chief is late.',
          unit: UNIT.share,
          limits: goodBelow(0.85, 0.98),
          queries: [{ expr: busyShare, legend: '{{capability}}' }],
        }),
      ),
    ),
    section(
      'Signs of life',
      band(
        9,
        heatmap('Heartbeat intervals', {
          about:
            'Times between two signs of life of a stage, the entry being the first. Marks near the stale time-out are workers about to be given up.',
          unit: UNIT.seconds,
          limits: NEUTRAL,
          queries: [{ expr: bucketsOf(HEARTBEAT_INTERVAL), legend: '{{le}}' }],
        }),
        graph('Heartbeat interval', {
          about: '50 %, 95 % and 99 % of the intervals between two signs of life were shorter than this.',
          unit: UNIT.seconds,
          limits: goodBelow(60, 300),
          logarithmic: true,
          queries: [0.5, 0.95, 0.99].map(q => ({ expr: quantileOf(q, HEARTBEAT_INTERVAL), legend: `p${q * 100}` })),
        }),
      ),
    ),
    section(
      'Silence, and who notices',
      band(
        9,
        graph('Stale by stage', {
          about: 'Stages ended for want of a sign of life, an hour, by the status they were in.',
          unit: UNIT.perHour,
          limits: badFrom(1),
          stacked: true,
          queries: [{ expr: perHour(rateOf(OMBUDSMAN_STALE, ['status'])), legend: '{{status}}' }],
          tracesBy: ['status'],
        }),
        graph('Stale by task type', {
          about: 'The same by task type: one type alone points at its work, all of them at the machines.',
          unit: UNIT.perHour,
          limits: badFrom(1),
          stacked: true,
          queries: [{ expr: perHour(rateOf(OMBUDSMAN_STALE, ['task_type'])), legend: '{{task_type}}' }],
          tracesBy: ['task_type'],
        }),
        graph('Detection time', {
          about:
            'From the last sign of life of a stage until it was found stale: lost work. At best the stale time-out, at worst that and a tick.',
          unit: UNIT.seconds,
          limits: goodBelow(600, 3600),
          queries: [0.5, 0.95].map(q => ({ expr: quantileOf(q, STALE_DETECTION), legend: `p${q * 100}` })),
        }),
      ),
      band(
        9,
        graph('Ticks', {
          about: 'Scans of the Ombudsman, a minute, by what came of them.',
          unit: UNIT.perMinute,
          limits: NEUTRAL,
          stacked: true,
          queries: [{ expr: perMinute(countOf(OMBUDSMAN_TICK_DURATION, ['result'])), legend: '{{result}}' }],
        }),
        graph('Tick duration', {
          about: 'How long 95 % of the scans took at most, by what came of them.',
          unit: UNIT.seconds,
          limits: goodBelow(1, 10),
          logarithmic: true,
          queries: [{ expr: quantileOf(0.95, OMBUDSMAN_TICK_DURATION, ['result']), legend: '{{result}} p95' }],
        }),
        graph('Since the last tick', {
          about: 'A saw: it falls to 0 at each tick. A line that climbs is an Ombudsman that has stopped.',
          unit: UNIT.seconds,
          limits: goodBelow(120, 600),
          queries: [{ expr: ageOf('max', OMBUDSMAN_LAST_TICK), legend: 'since the last tick' }],
        }),
      ),
    ),
  ],
};
