import { describe, expect, it } from 'vitest';
import { OLDEST_ENTERED, OMBUDSMAN_STALE, STAGE_DURATION, TASK_TRANSITIONS } from '../../exporters/prometheus/names.ts';
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

type At = number | ((minute: number) => number | null);

const watched = [reader(), wakingUntil(10_000), tickingUntil(10_000)];

/** Visits to a status, by the upper bounds of their buckets. */
function visits(status: string, upTo: Readonly<Record<string, At>>, kind = 'active'): InputSeries[] {
  const labels = { task_type: 'article', status, stage_kind: kind };
  const buckets = Object.entries(upTo).map(([le, at]) =>
    series(`${STAGE_DURATION.name}_bucket`, { ...labels, le }, at),
  );
  return [...buckets, series(`${STAGE_DURATION.name}_count`, labels, upTo['+Inf'] ?? 0)];
}

function oldest(status: string, enteredAt: At): InputSeries {
  return series(OLDEST_ENTERED, { task_type: 'article', status }, enteredAt);
}

describe('StageAgeingPastP95', () => {
  // Of 100 visits 95 took up to 300 s: the p95.
  const history = visits('writing', { '60': 40, '300': 95, '900': 100, '+Inf': 100 });

  function ageing(age: string): Firing {
    return {
      labels: { task_type: 'article', status: 'writing' },
      summary: `Board news: the oldest article in writing is there for ${age}`,
      description: `The oldest article in writing has been there for ${age}, more than 2 times what 95% of the visits in the last 7d took.`,
    };
  }

  it('fires five minutes after twice the p95, and ends when the task goes on', context => {
    const scenario = {
      minutes: 40,
      series: twice([...history, oldest('writing', minute => (minute < 30 ? 0 : 1800)), ...watched]),
      alerts: {
        StageAgeingPastP95: { 10: [], 15: [], 16: [ageing('16m 0s')], 29: [ageing('29m 0s')], 30: [] },
      },
      quietAt: [5, 16, 29, 30, 40],
    };
    expect(scenarioFaults(scenario, context)).toBe('');
  });

  it('is silent with few visits, without any, with those of another status, and up to the limit', context => {
    const few = [...visits('writing', { '60': 7, '300': 18, '900': 19, '+Inf': 19 }), oldest('writing', 0)];
    const none = [oldest('writing', 0)];
    const other = [...history, oldest('reviewing', 0)];
    const young = [...history, oldest('writing', minute => 60 * Math.max(0, minute - 10))];
    for (const those of [few, none, other, young]) {
      const scenario = { minutes: 60, series: [...those, ...watched], quietAt: [0, 12, 17, 30, 60] };
      expect(scenarioFaults(scenario, context)).toBe('');
    }
  });

  it('goes by the last seven days where there are more, and by all there is where there are less', context => {
    const hour = 60;
    const day = 24 * hour;
    // A hundred slow ones before the week, then fast ones: in the last week nearly all took 300 s.
    const fast = (minute: number): number => Math.max(0, minute - 1.5 * day) / hour;
    const upTo = {
      '300': fast,
      '259200': (minute: number) => 1000 + fast(minute),
      '+Inf': (minute: number) => 1000 + fast(minute),
    };
    const slowThenFast = visits('writing', upTo);
    const start = 9 * day - 2 * hour;
    const entered = oldest('writing', minute => (minute < start ? null : start * 60));
    const scenario = {
      minutes: 9 * day,
      step: hour,
      series: [...slowThenFast, entered, ...watched],
      alerts: { StageAgeingPastP95: { [9 * day]: [ageing('2h 0m 0s')], [start]: [] } },
    };
    expect(scenarioFaults(scenario, context)).toBe('');
    const sinceYesterday = { ...scenario, series: scenario.series.map(each => laterOnly(each, 8 * day)) };
    const faults = scenarioFaults({ ...sinceYesterday, alerts: { StageAgeingPastP95: { [9 * day]: [] } } }, context);
    expect(faults).toBe('');
  });
});

/** The series as it is where nobody scraped before a minute. */
function laterOnly(each: InputSeries, from: number): InputSeries {
  return { ...each, at: minute => (minute < from ? null : each.at(minute)) };
}

describe('StaleBurst', () => {
  function stale(at: At): InputSeries {
    return series(OMBUDSMAN_STALE, { task_type: 'article', status: 'writing' }, at);
  }
  function ended(at: (minute: number) => number | null): InputSeries {
    return series(
      `${STAGE_DURATION.name}_count`,
      { task_type: 'article', status: 'writing', stage_kind: 'active' },
      at,
    );
  }

  function burst(count: number): Firing {
    return {
      summary: `Board news: ${count} stages lost their worker`,
      description: `The Ombudsman ended ${count} stages in 10m for want of a sign of life, at least 5% of all visits to working stages that ended.`,
    };
  }

  it('fires at once, also for the first stale stages of a board, and ends with the window', context => {
    const scenario = {
      minutes: 60,
      series: twice([stale(minute => (minute < 20 ? null : 6)), ended(minute => 2 * minute), ...watched]),
      alerts: { StaleBurst: { 19: [], 20: [burst(6)], 29: [burst(6)], 30: [] } },
      quietAt: [0, 19, 20, 29, 30, 60],
    };
    expect(scenarioFaults(scenario, context)).toBe('');
  });

  it('is silent for a few, for few of many, and for what two readers count twice', context => {
    const few = [stale(minute => (minute < 20 ? 10 : 14)), ended(minute => minute)];
    const ofMany = [stale(minute => 0.6 * minute), ended(minute => 100 * minute)];
    const doubled = twice([stale(minute => (minute < 20 ? 10 : 13)), ended(minute => minute)]);
    for (const those of [few, ofMany, doubled]) {
      const scenario = { minutes: 60, series: [...those, ...watched], quietAt: [0, 20, 25, 40, 60] };
      expect(scenarioFaults(scenario, context)).toBe('');
    }
  });

  it('is silent about a history that is read for the first time, read anew, or read after a gap', context => {
    const surroundings = [wakingUntil(60), tickingUntil(60)];
    const minutes = [0, 3, 5, 13, 20, 21, 22, 31, 32, 33, 42, 45, 60];
    const readAtOnce = [stale(500), reader()];
    const readSlowly = [stale(minute => Math.min(500, 20 * minute)), reader(minute => (minute < 25 ? 100_000 : 0))];
    const readAnew = [
      stale(minute => (minute >= 20 && minute < 24 ? 50 : 500)),
      reader(minute => (minute >= 20 && minute < 24 ? 80_000 : 0)),
    ];
    const isDown = (minute: number): boolean => minute >= 20 && minute < 40;
    const afterGap = [
      stale(minute => (isDown(minute) ? null : minute < 20 ? 10 : 60)),
      reader(minute => (isDown(minute) ? null : 0)),
    ];
    for (const those of [readAtOnce, readSlowly, readAnew, afterGap]) {
      const all = [...those, ended(minute => minute), ...surroundings];
      const scenario = {
        minutes: 60,
        series: all,
        alerts: { StaleBurst: Object.fromEntries(minutes.map(at => [at, []])) },
      };
      expect(scenarioFaults(scenario, context)).toBe('');
    }
  });
});

describe('RevisionRateJump', () => {
  function step(edge: string, to_status: string, at: (minute: number) => number | null): InputSeries {
    return series(TASK_TRANSITIONS, { task_type: 'article', from_status: 'reviewing', to_status, edge }, at);
  }

  interface Reviewing {
    readonly perMinute: number;
    readonly share: number;
  }

  /** Review decisions up to minute 120, and from then on; a share of each are revisions. */
  function reviews(before: Reviewing, after: Reviewing): InputSeries[] {
    const decided = (minute: number, of: ({ perMinute, share }: Reviewing) => number): number =>
      of(before) * Math.min(minute, 120) + of(after) * Math.max(0, minute - 120);
    return [
      step('revision', 'writing', minute => decided(minute, ({ perMinute, share }) => perMinute * share)),
      step('forward', 'published', minute => decided(minute, ({ perMinute, share }) => perMinute * (1 - share))),
      // Neither is a review decision.
      step('stale', 'STALE', minute => 10 * minute),
      series(
        TASK_TRANSITIONS,
        { task_type: 'article', from_status: '', to_status: 'UNASSIGNED', edge: 'post' },
        m => m,
      ),
    ];
  }

  it('fires when reviewers send back half where they used to send back a tenth', context => {
    const firing = (share: string): Firing => ({
      summary: `Board news: ${share} of review decisions are revisions`,
      description: `In the last 1h reviewers sent ${share} back, more than 2 times what they did in the 7d before, and at least 10% of all decisions more.`,
    });
    const scenario = {
      minutes: 180,
      series: twice([...reviews({ perMinute: 2, share: 0.1 }, { perMinute: 2, share: 0.5 }), ...watched]),
      alerts: { RevisionRateJump: { 120: [], 144: [], 150: [firing('30%')], 180: [firing('50%')] } },
      quietAt: [0, 60, 100, 120, 144, 150, 180],
    };
    expect(scenarioFaults(scenario, context)).toBe('');
  });

  it('is silent for a steady rate, a small rise, few decisions now or before, and a board without a history', context => {
    const usual = { perMinute: 2, share: 0.1 };
    const steady = reviews({ perMinute: 2, share: 0.4 }, { perMinute: 2, share: 0.4 });
    const small = reviews({ perMinute: 2, share: 0.02 }, usual);
    const fewBefore = reviews({ perMinute: 0.5, share: 0.1 }, { perMinute: 2, share: 0.5 });
    const young = reviews(usual, { perMinute: 2, share: 0.9 }).map(each => laterOnly(each, 130));
    for (const those of [steady, small, fewBefore, young]) {
      const scenario = { minutes: 180, series: [...those, ...watched], quietAt: [0, 100, 130, 150, 165, 180] };
      expect(scenarioFaults(scenario, context)).toBe('');
    }
    // Ten minutes after the last busy ones have left the window.
    const fewNow = reviews(usual, { perMinute: 0.1, share: 0.5 });
    expect(scenarioFaults({ minutes: 200, series: [...fewNow, ...watched], quietAt: [160, 190, 200] }, context)).toBe(
      '',
    );
  });
});
