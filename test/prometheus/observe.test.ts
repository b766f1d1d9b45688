import { describe, expect, it } from 'vitest';
import type { ChiefCycle, Event, OmbudsmanTick } from '../../board/core/records.ts';
import { summaryOf } from '../../board/core/stages.ts';
import type { Observation } from '../../exporters/prometheus/observation.ts';
import { type Lookups, observeCycle, observeEvent, observeTick } from '../../exporters/prometheus/observe.ts';
import { historyOf } from '../support/rows.ts';

const S = 1_000_000;
const NO_LOOKUPS: Lookups = { postedAt: new Map(), enteredStatus: new Map(), dispatchFailures: new Map() };

/** One line an observation, as short as it can be said: `name{labels} ±value`. */
function said(observations: Iterable<Observation>): string[] {
  return Array.from(observations, each => {
    const name = each.metric.name.replace(/^quadro_/, '');
    if (each.kind === 'zero') return `${name} zero`;
    const labels = each.labels.join(',');
    const value = { count: 'by', add: 'by', set: 'to', observe: 'value' }[each.kind];
    return `${name}{${labels}} ${each.kind} ${(each as unknown as Record<string, number>)[value]}`;
  });
}

const observed = (events: readonly Event[], lookups = NO_LOOKUPS): string[] =>
  events.flatMap(event => said(observeEvent(event, lookups)));

describe('events', () => {
  it('a life: post, work with heartbeats, finish', () => {
    const events = historyOf([
      { at: 100 * S, to: 'UNASSIGNED', edge: 'post' },
      { at: 102.5 * S, to: 'IN_PROGRESS', kind: 'active', agent: 'ann' },
      { at: 103 * S },
      { at: 110 * S },
      { at: 111 * S, to: 'COMPLETE', kind: 'terminal', finishes: true },
    ]);
    expect(observed(events, { ...NO_LOOKUPS, postedAt: new Map([['t1', 100 * S]]) })).toEqual([
      'task_transitions_total{article,,UNASSIGNED,post} count 1',
      'task_transitions_total{article,UNASSIGNED,IN_PROGRESS,forward} count 1',
      'task_stage_duration_seconds{article,UNASSIGNED,wait,} observe 2500000',
      'ombudsman_stale_total{article,IN_PROGRESS,ann} count 0',
      'heartbeat_interval_seconds{article,ann} observe 500000',
      'heartbeat_interval_seconds{article,ann} observe 7000000',
      'task_transitions_total{article,IN_PROGRESS,COMPLETE,forward} count 1',
      'task_stage_duration_seconds{article,IN_PROGRESS,active,ann} observe 8500000',
      'task_duration_seconds{article,COMPLETE} observe 11000000',
    ]);
  });

  it('a late heartbeat of a fenced worker is no interval', () => {
    const events = historyOf([
      { at: 0, to: 'UNASSIGNED', edge: 'post' },
      { at: 5 * S, fenced: true },
    ]);
    expect(observed(events.slice(1))).toEqual([]);
  });

  it('found stale: from the last heartbeat, and from the entry where none came', () => {
    const events = historyOf([
      { at: 0, to: 'UNASSIGNED', edge: 'post' },
      { at: 1 * S, to: 'IN_PROGRESS', kind: 'active', agent: 'ann' },
      { at: 4 * S },
      { at: 34 * S, to: 'STALE', edge: 'stale' },
      { at: 35 * S, to: 'writing', kind: 'active', agent: 'bob' },
      { at: 95 * S, to: 'HUMAN_REVIEW', edge: 'exit', kind: 'blocked', reason: 'stale_heartbeat' },
    ]);
    const lines = observed(events).filter(line => line.includes('stale_'));
    expect(lines).toEqual([
      'ombudsman_stale_total{article,IN_PROGRESS,ann} count 0',
      'ombudsman_stale_total{article,IN_PROGRESS,ann} count 1',
      'stale_detection_seconds{article,ann} observe 30000000',
      'ombudsman_stale_total{article,writing,bob} count 0',
      'ombudsman_stale_total{article,writing,bob} count 1',
      'stale_detection_seconds{article,bob} observe 60000000',
    ]);
  });

  it.each([
    { to: 'HUMAN_REVIEW', edge: 'exit', kind: 'blocked', reason: 'worker_error' },
    { to: 'STALE', edge: 'stale', reason: 'taken back by a person' },
  ] as const)('for another reason is not found stale, as in spans and analyses: %o', left => {
    const events = historyOf([
      { at: 0, to: 'IN_PROGRESS', edge: 'post', kind: 'active' },
      { at: 9 * S, ...left },
    ]);
    expect(summaryOf(events).stale_count).toBe(0);
    expect(observed(events).filter(line => line.includes('stale_'))).toEqual([
      'ombudsman_stale_total{article,IN_PROGRESS,} count 0',
    ]);
  });

  it('a second finish adds no second duration', () => {
    const events = historyOf([
      { at: 0, to: 'UNASSIGNED', edge: 'post' },
      { at: 3 * S, to: 'COMPLETE', kind: 'terminal', finishes: true },
      { at: 5 * S, to: 'HUMAN_REVIEW', edge: 'exit', kind: 'blocked', finishes: true },
    ]);
    const lines = observed(events, { ...NO_LOOKUPS, postedAt: new Map([['t1', 0]]) });
    expect(lines.filter(line => line.startsWith('task_duration'))).toEqual([
      'task_duration_seconds{article,COMPLETE} observe 3000000',
    ]);
  });

  it("an unlinked stage has the status that its entering event says, not the closing event's from_status", () => {
    const [post, , closing] = historyOf([
      { at: 0, to: 'UNASSIGNED', edge: 'post' },
      { at: 1 * S, to: 'writing', kind: 'active' },
      { at: 3 * S, to: 'done', edge: 'unlinked', kind: 'terminal' },
    ]);
    if (post === undefined || closing === undefined) throw new Error('the history is shorter than it was made');
    const unlinked = { ...closing, from_status: 'reviewing' };
    expect(observed([unlinked], { ...NO_LOOKUPS, enteredStatus: new Map([[2, 'writing']]) })).toEqual([
      'task_transitions_total{article,reviewing,done,unlinked} count 1',
      'task_stage_duration_seconds{article,writing,active,} observe 2000000',
    ]);
  });

  it('a clock that went back gives 0 and is counted', () => {
    const events = historyOf([
      { at: 10 * S, to: 'UNASSIGNED', edge: 'post' },
      { at: 9 * S, to: 'IN_PROGRESS', kind: 'active' },
    ]);
    expect(observed(events).slice(2)).toEqual([
      'task_stage_duration_seconds{article,UNASSIGNED,wait,} observe 0',
      'clamped_durations_total{} count 1',
      'ombudsman_stale_total{article,IN_PROGRESS,} count 0',
    ]);
  });
});

const CYCLE: ChiefCycle = {
  sequence_id: 1,
  cycle_id: 'c1',
  chief_id: 'chief',
  trigger: 'worker',
  woke_at: 20 * S,
  slept_at: 20.25 * S,
  previous_slept_at: 12 * S,
  seen_sequence_id: 7,
  thinking_us: 200_000,
  acting_us: 50_000,
  actions_taken: 3,
  coalesced_wakes: 2,
  waiting: 5,
  in_flight: 1,
  idle_agents: 2,
  busy_agents: 1,
  waiting_after: 2,
  in_flight_after: 4,
  idle_agents_after: 0,
  busy_agents_after: 3,
  stranded_after: 1,
  by_capability: {},
  by_capability_after: {},
  draining: false,
  error: null,
};

describe('Chief cycles', () => {
  it('one that acted', () => {
    expect(said(observeCycle(CYCLE, { dispatchFailures: new Map([[1, 7_000_000]]) }))).toEqual([
      'chief_cycle_duration_seconds{worker,acted} observe 250000',
      'chief_sleep_duration_seconds{worker} observe 8000000',
      'dispatch_failure_seconds_total{} count 7000000',
      'chief_actions_total{worker} count 3',
      'chief_wakes_coalesced_total{worker} count 2',
      'chief_last_wake_timestamp_seconds{} set 20',
      'chief_consecutive_noops{} set 0',
    ]);
  });

  it("a Chief's first cycle follows no sleep", () => {
    const lines = said(observeCycle({ ...CYCLE, previous_slept_at: null }, NO_LOOKUPS));
    expect(lines.filter(line => line.includes('sleep_duration'))).toEqual([]);
  });

  it.each([
    ['worker', 0, null, 'noop', 'add 1'],
    ['board_event', 0, null, 'noop', 'add 1'],
    ['seed', 0, null, 'empty', 'add 0'],
    ['ombudsman', 0, null, 'empty', 'add 0'],
    ['worker', 0, 'policy failed', 'error', 'add 0'],
    ['worker', 2, 'policy failed', 'error', 'set 0'],
    ['seed', 1, null, 'acted', 'set 0'],
  ] as const)(
    'Q47: trigger %s with %i actions and error %s is %s; noops %s',
    (trigger, actions_taken, error, result, noops) => {
      const lines = said(observeCycle({ ...CYCLE, trigger, actions_taken, error }, NO_LOOKUPS));
      expect(lines[0]).toBe(`chief_cycle_duration_seconds{${trigger},${result}} observe 250000`);
      expect(lines).toContain(`chief_consecutive_noops{} ${noops}`);
    },
  );
});

describe('Ombudsman ticks', () => {
  const TICK: OmbudsmanTick = {
    sequence_id: 1,
    tick_id: 'k1',
    started_at: 30 * S,
    ended_at: 30.02 * S,
    statuses_scanned: ['IN_PROGRESS'],
    tasks_scanned: 4,
    stale_count: 0,
    error: null,
  };
  it.each([
    [0, null, 'empty'],
    [2, null, 'found'],
    [2, 'the database was busy', 'error'],
  ] as const)('%i stale with error %s is %s', (stale_count, error, result) => {
    expect(said(observeTick({ ...TICK, stale_count, error }))).toEqual([
      `ombudsman_tick_duration_seconds{${result}} observe 20000`,
      'ombudsman_last_tick_timestamp_seconds{} set 30.02',
    ]);
  });
});
