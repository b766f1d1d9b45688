import { describe, expect, it } from 'vitest';
import {
  CHIEF_CYCLE_DURATION,
  CHIEF_STATE,
  DISPATCH_STRANDED,
  EXPORTER_LAG,
  OLDEST_ENTERED,
  OMBUDSMAN_STALE,
  STAGE_DURATION,
  TASK_TRANSITIONS,
  TASKS,
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

function tasks(stage_kind: string, count: number): InputSeries {
  return series(TASKS, { task_type: 'article', status: stage_kind.toUpperCase(), stage_kind }, count);
}

describe('OmbudsmanSilent', () => {
  const silent: Firing = {
    summary: 'Board news: nobody looks whether 4 tasks are still worked on',
    description:
      '4 tasks are with agents, and no tick of the Ombudsman has ended within the last 5m: a worker that dies now is not found.',
  };
  const atWork = [tasks('active', 3), tasks('review', 1), tasks('rework', 0), tasks('wait', 7)];

  it('fires six minutes after the last tick, also where there never was one', context => {
    const scenario = {
      minutes: 30,
      series: twice([...atWork, tickingUntil(10), reader()]),
      alerts: { OmbudsmanSilent: { 15: [], 16: [], 17: [silent], 30: [silent] } },
      quietAt: [5, 15, 16, 17, 30],
    };
    expect(scenarioFaults(scenario, context)).toBe('');
    const never = { minutes: 10, series: [...atWork, reader()], alerts: { OmbudsmanSilent: { 0: [], 1: [silent] } } };
    expect(scenarioFaults(never, context)).toBe('');
  });

  it('is silent where nobody works, while it ticks, and while the reader does not know the end of the log', context => {
    const idle = [tasks('active', 0), tasks('wait', 7), tasks('blocked', 2), tickingUntil(1), reader()];
    const ticking = [...atWork, tickingUntil(30), reader()];
    for (const those of [idle, ticking]) {
      expect(scenarioFaults({ minutes: 30, series: those, quietAt: [0, 7, 12, 30] }, context)).toBe('');
    }
    const behind = {
      minutes: 30,
      series: [...atWork, tickingUntil(1), reader(90_000)],
      alerts: { OmbudsmanSilent: { 7: [], 12: [], 30: [] } },
    };
    expect(scenarioFaults(behind, context)).toBe('');
  });
});

describe('ExporterLag', () => {
  const surroundings = [wakingUntil(60), tickingUntil(60)];

  function behind(signal: string, least: string): Firing {
    return {
      labels: { signal },
      summary: `Board news: the exporter of ${signal} is ${least} events behind`,
      description: `In the last 10m the exporter of ${signal} was never less than ${least} events behind the end of the log; that is 10000 or more, or it is growing.`,
    };
  }

  it('fires for the signal that stays behind, and ends when it has caught up', context => {
    const lag = (minute: number): number => (minute < 10 || minute >= 40 ? 0 : 20_000);
    const scenario = {
      minutes: 60,
      series: twice([series(EXPORTER_LAG, { signal: 'traces' }, lag), reader(), ...surroundings]),
      alerts: { ExporterLag: { 19: [], 24: [], 25: [behind('traces', '20k')], 39: [behind('traces', '20k')], 40: [] } },
      quietAt: [0, 15, 24, 25, 39, 40, 60],
    };
    expect(scenarioFaults(scenario, context)).toBe('');
  });

  it('fires for a small lag that only grows', context => {
    const scenario = {
      minutes: 60,
      series: [series(EXPORTER_LAG, { signal: 'traces' }, m => 50 * Math.max(0, m - 10)), reader(), ...surroundings],
      alerts: { ExporterLag: { 21: [], 26: [], 27: [behind('traces', '350')] } },
      quietAt: [0, 20, 27],
    };
    expect(scenarioFaults(scenario, context)).toBe('');
  });

  it('is silent while a backlog is worked off, for what is always on its way, and where an exporter has just begun', context => {
    const workedOff = (minute: number): number => Math.max(0, 200_000 - 20_000 * minute);
    const onItsWay = (minute: number): number => (minute % 2) * 5000;
    const steady = (): number => 9000;
    const begun = (minute: number): number | null => (minute < 50 ? null : 500_000);
    for (const lag of [workedOff, onItsWay, steady, begun]) {
      const all = [series(EXPORTER_LAG, { signal: 'traces' }, lag), reader(), ...surroundings];
      expect(scenarioFaults({ minutes: 60, series: all, quietAt: [0, 5, 9, 15, 20, 40, 58, 60] }, context)).toBe('');
    }
  });
});

describe('all alerts', () => {
  const transition = { task_type: 'article', from_status: 'reviewing', to_status: 'published' };
  const stage = { task_type: 'article', status: 'writing', stage_kind: 'active' };
  const cycles = `${CHIEF_CYCLE_DURATION.name}_count`;
  const healthy = [
    series(TASK_TRANSITIONS, { ...transition, edge: 'forward' }, m => 3 * m),
    series(TASK_TRANSITIONS, { ...transition, to_status: 'writing', edge: 'revision' }, m => m),
    series(`${STAGE_DURATION.name}_bucket`, { ...stage, le: '60' }, m => 2 * m),
    series(`${STAGE_DURATION.name}_bucket`, { ...stage, le: '300' }, m => 3 * m),
    series(`${STAGE_DURATION.name}_bucket`, { ...stage, le: '+Inf' }, m => 3 * m),
    series(`${STAGE_DURATION.name}_count`, stage, m => 3 * m),
    series(OLDEST_ENTERED, { task_type: 'article', status: 'writing' }, m => 60 * Math.max(0, m - 4)),
    series(OMBUDSMAN_STALE, { task_type: 'article', status: 'writing' }, m => Math.floor(m / 20)),
    series(cycles, { trigger: 'worker', result: 'acted' }, m => 3 * m),
    series(cycles, { trigger: 'board_event', result: 'noop' }, m => 3 * m),
    series(CHIEF_STATE, { state: 'sleeping' }, 1),
    series(DISPATCH_STRANDED, { capability: 'writing' }, m => (m % 7 === 0 ? 1 : 0)),
    tasks('active', 3),
    series(EXPORTER_LAG, { signal: 'traces' }, m => (m % 3) * 40),
    reader(),
    wakingUntil(200),
    tickingUntil(200),
  ];
  const every20 = Array.from({ length: 10 }, (_, index) => 20 * index);

  it('are silent on a healthy board for hours, with one reader and with two', context => {
    for (const all of [healthy, twice(healthy)]) {
      expect(scenarioFaults({ minutes: 180, series: all, quietAt: every20 }, context)).toBe('');
    }
  });

  it('are silent where nothing is scraped, and where the scrapes of a healthy board end', context => {
    expect(scenarioFaults({ minutes: 60, series: [], quietAt: [0, 30, 60] }, context)).toBe('');
    const ended = healthy.map(each => ({ ...each, at: (minute: number) => (minute > 60 ? null : each.at(minute)) }));
    expect(scenarioFaults({ minutes: 120, series: ended, quietAt: [60, 62, 64, 66, 70, 90, 120] }, context)).toBe('');
  });

  it('compare what the recording rules record, which two readers do not change', context => {
    for (const all of [healthy, twice(healthy)]) {
      const sum = (record: string): string => `sum(${record})`;
      const values = {
        [sum('board_task_type_status:quadro_task_stage_duration_seconds:p95_1h')]: {
          120: 60 + 240 * ((0.95 - 2 / 3) * 3),
        },
        [sum('board_task_type_status:quadro_task_stage_duration_seconds:p50_1h')]: { 120: 45 },
        [sum('board:quadro_chief_noops_per_reactive_cycle:ratio_rate1h')]: { 120: 0.5 },
        [sum('board_task_type:quadro_task_revisions_per_decision:ratio_rate1h')]: { 120: 0.25 },
        [sum('board_task_type_status:quadro_task_oldest_age_seconds:max')]: { 120: 240 },
        [sum('board:quadro_chief_reactive_cycles:increase30m')]: { 120: 180 },
        [sum('board:quadro_ombudsman_stale:increase10m')]: { 120: 1 },
      };
      expect(scenarioFaults({ minutes: 120, series: all, values }, context)).toBe('');
    }
  });
});
