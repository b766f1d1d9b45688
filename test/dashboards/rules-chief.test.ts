import { describe, expect, it } from 'vitest';
import {
  CHIEF_CYCLE_DURATION,
  CHIEF_STATE,
  DISPATCH_STRANDED,
  TASK_TRANSITIONS,
} from '../../exporters/prometheus/names.ts';
import {
  type Firing,
  type InputSeries,
  reader,
  scenarioFaults,
  series,
  tickingUntil,
  twice,
  wakingUntil,
} from './rules-scenarios.ts';

const MINUTES = 60;

function stranded(at: number | ((minute: number) => number)): InputSeries {
  return series(DISPATCH_STRANDED, { capability: 'writing' }, at);
}

function posts(at: (minute: number) => number | null, task_type = 'article'): InputSeries {
  return series(TASK_TRANSITIONS, { task_type, from_status: '', to_status: 'UNASSIGNED', edge: 'post' }, at);
}

function state(name: string, at: number): InputSeries {
  return series(CHIEF_STATE, { state: name }, at);
}

const asleep: Firing = {
  labels: { capability: 'writing' },
  summary: 'Board news: the Chief sleeps over work for writing',
  description:
    '2 tasks and as many idle agents with the capability writing have waited for each other for 1m, and the Chief does not bring them together.',
};

function notWaking(value: number): Firing {
  return {
    summary: 'Board news: the Chief does not wake',
    description: `${value} steps or waiting tasks have called for the Chief, and no cycle that began within the last 5m has ended.`,
  };
}

describe('ChiefAsleepWithStrandedWork', () => {
  const from5To20 = stranded(minute => (minute >= 5 && minute < 20 ? 2 : 0));

  it('fires when a minute has passed, once for two readers, and ends with what it is about', context => {
    const scenario = {
      minutes: MINUTES,
      series: twice([from5To20, state('sleeping', 1), reader(), wakingUntil(MINUTES)]),
      alerts: { ChiefAsleepWithStrandedWork: { 5: [], 6: [asleep], 19: [asleep], 20: [] } },
      quietAt: [0, 4, 6, 19, 30],
    };
    expect(scenarioFaults(scenario, context)).toBe('');
  });

  it('fires where no Chief ever said what it does', context => {
    const scenario = {
      minutes: MINUTES,
      series: [from5To20, reader(), wakingUntil(MINUTES)],
      alerts: { ChiefAsleepWithStrandedWork: { 6: [asleep] } },
    };
    expect(scenarioFaults(scenario, context)).toBe('');
  });

  it('is silent while the Chief thinks, and where work is stranded for moments', context => {
    const thinking = [from5To20, state('sleeping', 0), state('thinking', 1)];
    const moments = [stranded(minute => minute % 2), state('sleeping', 1)];
    for (const those of [thinking, moments]) {
      const scenario = {
        minutes: MINUTES,
        series: [...those, reader(), wakingUntil(MINUTES)],
        quietAt: [1, 7, 19, 40],
      };
      expect(scenarioFaults(scenario, context)).toBe('');
    }
  });
});

describe('ChiefNotWaking', () => {
  it('fires six minutes after the last wake of a Chief whose board goes on', context => {
    const scenario = {
      minutes: MINUTES,
      series: twice([posts(minute => minute), wakingUntil(10), reader()]),
      alerts: { ChiefNotWaking: { 15: [], 16: [], 17: [notWaking(5)], 60: [notWaking(5)] } },
      quietAt: [5, 12, 16, 17, 60],
    };
    expect(scenarioFaults(scenario, context)).toBe('');
  });

  it('fires for a single step, the first of its kind, and while work stays stranded', context => {
    const first = posts(minute => (minute < 20 ? null : 1), 'memo');
    const scenario = {
      minutes: MINUTES,
      series: [first, state('thinking', 1), state('sleeping', 0), wakingUntil(10), reader()],
      alerts: { ChiefNotWaking: { 19: [], 20: [], 21: [notWaking(1)], 24: [notWaking(1)], 26: [] } },
    };
    expect(scenarioFaults(scenario, context)).toBe('');
    const left = stranded(minute => (minute < 20 ? 0 : 3));
    const withWork = {
      ...scenario,
      series: [...scenario.series, left],
      alerts: { ChiefNotWaking: { 21: [notWaking(1)], 26: [notWaking(3)], 60: [notWaking(3)] } },
      quietAt: [26, 60],
    };
    expect(scenarioFaults(withWork, context)).toBe('');
  });

  it('fires where there is work and never was a Chief', context => {
    const scenario = {
      minutes: 10,
      series: [stranded(2), state('thinking', 1), state('sleeping', 0), reader()],
      alerts: { ChiefNotWaking: { 0: [], 1: [notWaking(2)] } },
    };
    expect(scenarioFaults(scenario, context)).toBe('');
  });

  it('is silent on an idle board, on one where all agents are busy, and on one that is at work', context => {
    const idle = [posts(() => 40), stranded(0), state('sleeping', 1), wakingUntil(1)];
    const atWork = [posts(minute => 3 * minute), stranded(0), wakingUntil(MINUTES)];
    for (const those of [idle, atWork]) {
      expect(scenarioFaults({ minutes: MINUTES, series: [...those, reader()], quietAt: [2, 8, 30, 60] }, context)).toBe(
        '',
      );
    }
  });

  it('is silent while the reader does not know the end of the log, and after a history it has just read', context => {
    const behind = (minute: number): number => (minute < 20 ? 50_000 - 2500 * minute : 0);
    const minutes = [3, 10, 19, 20, 22, 25, 30, 59];
    const scenario = {
      minutes: MINUTES,
      series: [posts(minute => 1000 * Math.min(minute, 20)), stranded(0), wakingUntil(0), reader(behind)],
      alerts: { ChiefNotWaking: Object.fromEntries(minutes.map(minute => [minute, []])) },
    };
    const withWork = [stranded(3), wakingUntil(0), reader(behind)];
    const early = { ...scenario, series: withWork, alerts: { ChiefNotWaking: { 3: [], 10: [], 19: [] } } };
    expect(scenarioFaults(early, context)).toBe('');
    expect(scenarioFaults(scenario, context)).toBe('');
  });
});

describe('NoopRateHigh', () => {
  function cycles(trigger: string, result: string, perMinute: number): InputSeries {
    return series(`${CHIEF_CYCLE_DURATION.name}_count`, { trigger, result }, minute => perMinute * minute);
  }
  const quiet = [0, 29, 30, 44, 60, 90];
  const surroundings = [reader(), wakingUntil(90), tickingUntil(90)];

  it('fires where nine of ten reactive cycles did nothing', context => {
    const firing: Firing = {
      summary: 'Board news: 90% of what wakes the Chief needs nothing of it',
      description: 'Of the cycles that a result or a commit woke in 30m, 90% took no action; it should be at most 80%.',
    };
    const scenario = {
      minutes: 90,
      series: twice([
        cycles('worker', 'noop', 1.8),
        cycles('board_event', 'noop', 0.9),
        cycles('board_event', 'acted', 0.3),
        cycles('seed', 'empty', 5),
        ...surroundings,
      ]),
      alerts: { NoopRateHigh: { 45: [firing], 90: [firing] } },
      quietAt: [29, 30, 44, 45, 90],
    };
    expect(scenarioFaults(scenario, context)).toBe('');
  });

  it('is silent where they are few, where half of them act, and where none is a noop', context => {
    const few = [cycles('worker', 'noop', 1.6)];
    const half = [cycles('worker', 'noop', 2), cycles('worker', 'acted', 2)];
    const none = [cycles('worker', 'acted', 3), cycles('ombudsman', 'empty', 40)];
    for (const those of [few, half, none]) {
      const scenario = { minutes: 90, series: [...those, ...surroundings], quietAt: quiet };
      expect(scenarioFaults(scenario, context)).toBe('');
    }
  });
});
