import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openExportedLog } from '../../analysis/exported-log.ts';
import { Chief } from '../../board/agents/chief.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { IntentPort } from '../../board/core/intents.ts';
import type { ChiefCycle, Event } from '../../board/core/records.ts';
import { localNetwork } from '../../board/transport/network.ts';
import type { StoredLog } from '../../exporters/feed/index.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { DispatchFailures } from '../../exporters/prometheus/dispatch-failures.ts';
import { measureBoard } from '../../exporters/prometheus/index.ts';
import { sampleOf } from '../support/exposition.ts';
import { addAgent, memoBoard } from '../support/memo-board.ts';
import { NO_DEPTHS } from '../support/no-depths.ts';
import { eventRecord } from '../support/records.ts';
import { tempDir } from '../support/temp.ts';

const S = 1_000_000;
const GRACE = 1 * S;
const WAITING = { memo: { waiting: 1, in_flight: 0, idle_agents: 1, busy_agents: 0 } };
/** Both are there, but not for each other. */
const APART = {
  memo: { waiting: 3, in_flight: 0, idle_agents: 0, busy_agents: 2 },
  review: { waiting: 0, in_flight: 0, idle_agents: 3, busy_agents: 0 },
};

function cycle(sequence_id: number, over: Partial<ChiefCycle>): ChiefCycle {
  const woke_at = over.woke_at ?? 0;
  return {
    sequence_id,
    cycle_id: `c${sequence_id}`,
    chief_id: 'chief',
    trigger: 'worker',
    woke_at,
    slept_at: woke_at,
    previous_slept_at: null,
    seen_sequence_id: 0,
    thinking_us: 0,
    acting_us: 0,
    actions_taken: 0,
    coalesced_wakes: 0,
    ...NO_DEPTHS,
    draining: false,
    error: null,
    ...over,
  };
}

interface Logs {
  readonly events: readonly Event[];
  readonly cycles: readonly ChiefCycle[];
}

function sourceOf({ events, cycles }: Logs) {
  const page = <Row extends { sequence_id: number }>(rows: readonly Row[], after: number, limit: number): Row[] =>
    rows.filter(each => each.sequence_id > after).slice(0, limit);
  const asked = { events: 0, chiefCycles: 0 };
  return {
    asked,
    events: async (after: number, limit: number, maxBytes?: number) => {
      // Outputs may be of any length.
      if (maxBytes === undefined) throw new Error('a page of any number of bytes');
      asked.events++;
      return page(events, after, limit);
    },
    chiefCycles: async (after: number, limit: number) => {
      asked.chiefCycles++;
      return page(cycles, after, limit);
    },
  };
}

/** Reads the cycles in pages of a size, by one reader or by a new one for each page, as after restarts. */
async function failuresOf(logs: Logs, pageSize = 100, isRestarted = false): Promise<[number, number][]> {
  const source = sourceOf(logs);
  const found: [number, number][] = [];
  let reader = new DispatchFailures(source, GRACE);
  for (let at = 0; at < logs.cycles.length; at += pageSize) {
    if (isRestarted) reader = new DispatchFailures(source, GRACE);
    found.push(...(await reader.endedIn(logs.cycles.slice(at, at + pageSize))));
  }
  return found;
}

const event = (sequence_id: number, at: number, over: Partial<Event> = {}): Event =>
  eventRecord(sequence_id, { timestamp: at * S, ...over });
const heartbeat = { event_type: 'task_heartbeat' } as const;

/** A cycle that went to sleep at 10 s having seen event 5, and one that woke at 60 s having seen event 9. */
function sleep(events: readonly Event[], over: { before?: Partial<ChiefCycle>; after?: Partial<ChiefCycle> }): Logs {
  const before = cycle(1, { woke_at: 9 * S, slept_at: 10 * S, seen_sequence_id: 5, ...over.before });
  const slept = { woke_at: 60 * S, previous_slept_at: 10 * S, seen_sequence_id: 9, by_capability: WAITING };
  return { events, cycles: [before, cycle(2, { ...slept, ...over.after })] };
}

describe('how long dispatch had failed before a cycle', () => {
  it.each<[what: string, logs: Logs, seconds: number]>([
    ['from the event that should have woken it', sleep([event(6, 20)], {}), 39],
    ['from where it went to sleep, where it left work stranded', sleep([], { before: { stranded_after: 2 } }), 49],
    ['no event is news: nothing', sleep([], {}), 0],
    ['a heartbeat is no news', sleep([event(6, 20, heartbeat), event(7, 30)], {}), 29],
    ["a Chief's own step is no news", sleep([event(6, 20, { cycle_id: 'c1' }), event(7, 40)], {}), 19],
    ['news during the cycle before counts from the sleep', sleep([event(6, 9.5)], {}), 49],
    ['what an earlier cycle saw is no news', sleep([event(5, 20), event(8, 50)], {}), 9],
    ['what came after the cycle had looked is no news', sleep([event(10, 20)], {}), 0],
    ['within the grace: nothing', sleep([event(6, 59.5)], {}), 0],
    ['just at the grace: nothing', sleep([event(6, 59)], {}), 0],
    ['just beyond the grace', sleep([event(6, 58.75)], {}), 0.25],
    ['nothing stranded as it woke', sleep([event(6, 20)], { after: { by_capability: {} } }), 0],
    ['tasks and idle agents, of other capabilities', sleep([event(6, 20)], { after: { by_capability: APART } }), 0],
    ['draining', sleep([event(6, 20)], { after: { draining: true } }), 0],
    ['its first cycle, after no sleep', sleep([event(6, 20)], { after: { previous_slept_at: null } }), 0],
    ["another Chief's cycle before is not its own", sleep([event(6, 20)], { before: { chief_id: 'other' } }), 0],
    ['a clock that went back', sleep([event(6, 90)], {}), 0],
    ['depths that are none', sleep([event(6, 20)], { after: { by_capability: { memo: 'x', ad: [1], x: null } } }), 0],
  ])('%s', async (_what, logs, seconds) => {
    expect(await failuresOf(logs)).toEqual(seconds === 0 ? [] : [[2, seconds * S]]);
  });

  it('Chiefs are told apart: each has slept since its own last cycle', async () => {
    const ads = { chief_id: 'ads', by_capability: WAITING };
    const memos = { chief_id: 'memos', by_capability: WAITING };
    const cycles = [
      cycle(1, { ...ads, woke_at: 0, slept_at: 1 * S, seen_sequence_id: 1 }),
      cycle(2, { ...memos, woke_at: 8 * S, slept_at: 9 * S, seen_sequence_id: 3, stranded_after: 1 }),
      // Whether the news since its sleep was for this Chief or for the other, nobody can tell.
      cycle(3, { ...ads, woke_at: 20 * S, slept_at: 21 * S, previous_slept_at: 1 * S, seen_sequence_id: 4 }),
      cycle(4, { ...memos, woke_at: 30 * S, slept_at: 31 * S, previous_slept_at: 9 * S, seen_sequence_id: 5 }),
      cycle(5, { ...memos, woke_at: 50 * S, slept_at: 51 * S, previous_slept_at: 31 * S, seen_sequence_id: 6 }),
    ];
    const expected = [
      [4, 20 * S],
      [5, 9 * S],
    ];
    const logs = { events: [event(2, 4), event(3, 5), event(4, 6), event(5, 7), event(6, 40)], cycles };
    for (const size of [1, 2, 100]) {
      expect(await failuresOf(logs, size)).toEqual(expected);
      expect(await failuresOf(logs, size, true)).toEqual(expected);
    }
  });

  it('a Chief that is woken in time costs no reading', async () => {
    const cycles = Array.from({ length: 50 }, (_, index) => {
      const woke_at = index * S;
      const slept = { woke_at, slept_at: woke_at + S / 2, previous_slept_at: index === 0 ? null : woke_at - S / 2 };
      return cycle(index + 1, { ...slept, by_capability: WAITING, stranded_after: 1 });
    });
    const source = sourceOf({ events: [], cycles });
    expect([...(await new DispatchFailures(source, GRACE).endedIn(cycles))]).toEqual([]);
    expect(source.asked).toEqual({ events: 0, chiefCycles: 0 });
  });

  it('a page that could not be counted, and comes again, gives the same', async () => {
    const logs = sleep([event(6, 20)], {});
    const reader = new DispatchFailures(sourceOf(logs), GRACE);
    const first = await reader.endedIn(logs.cycles);
    expect(await reader.endedIn(logs.cycles)).toEqual(first);
    expect(await reader.endedIn(logs.cycles.slice(1))).toEqual(first);
  });

  it('is the same however the log is cut into pages, and however often the reader begins anew', async () => {
    const news = fc.record({ after: fc.nat({ max: 3 * S }), isNews: fc.boolean() });
    const turn = fc.record({
      chief_id: fc.constantFrom('a', 'b'),
      after: fc.nat({ max: 4 * S }),
      isStranded: fc.boolean(),
      leaves: fc.nat({ max: 1 }),
      events: fc.array(news, { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { maxLength: 40 }), fc.integer({ min: 1, max: 7 }), async (turns, size) => {
        const events: Event[] = [];
        const cycles: ChiefCycle[] = [];
        const sleptAt = new Map<string, number>();
        let now = 0;
        for (const { chief_id, after, isStranded, leaves, events: some } of turns) {
          for (const each of some) {
            now += each.after;
            events.push(event(events.length + 1, now / S, each.isNews ? {} : heartbeat));
          }
          now += after;
          const slept = { woke_at: now, slept_at: now + 10, previous_slept_at: sleptAt.get(chief_id) ?? null };
          const found = { by_capability: isStranded ? WAITING : APART, stranded_after: leaves };
          cycles.push(cycle(cycles.length + 1, { chief_id, ...slept, seen_sequence_id: events.length, ...found }));
          sleptAt.set(chief_id, now + 10);
          now += 10;
        }
        const whole = await failuresOf({ events, cycles });
        expect(await failuresOf({ events, cycles }, size)).toEqual(whole);
        expect(await failuresOf({ events, cycles }, size, true)).toEqual(whole);
      }),
    );
  });
});

/** The same by SQL over the board's tables, in microseconds. */
const BY_SQL = `
with cycles as (
  select *,
    (select coalesce(sum(min(load.value ->> 'waiting', load.value ->> 'idle_agents')), 0)
       from json_each(by_capability) as load) as stranded,
    lag(sequence_id) over chief = sequence_id - 1 as is_alone,
    lag(seen_sequence_id) over chief as seen_before,
    lag(stranded_after) over chief as stranded_before
  from chief_cycles window chief as (partition by chief_id order by sequence_id)
), failures as (
  select woke_at - :grace - case when stranded_before > 0 then previous_slept_at else (
    select max(timestamp, previous_slept_at) from events
    where is_alone and sequence_id > seen_before and sequence_id <= seen_sequence_id
      and event_type <> 'task_heartbeat' and cycle_id is null
    order by sequence_id limit 1) end as failed
  from cycles where not draining and previous_slept_at is not null and seen_before is not null and stranded > 0
)
select coalesce(sum(max(failed, 0)), 0) as failed from failures`;

describe('quadro_dispatch_failure_seconds_total', () => {
  it('is what SQL makes of a run in which wakes were missed and steps failed', async () => {
    const file = join(tempDir(), 'board.db');
    const { board, clock } = await memoBoard({
      backend: sqlite({ file }),
      taskTypes: { memo: 'fast', ad: 'fast' },
    });
    await addAgent(board, 'ann', ['memo']);
    await addAgent(board, 'bob', ['ad']);
    await addAgent(board, 'eve', ['ad']);
    let isBroken = false;
    const port: IntentPort = {
      call(intent, params, options) {
        if (isBroken && intent === 'board.update_task') return Promise.reject(new Error('the database is away'));
        return board.call(intent, params, options);
      },
    };
    const chiefOf = (chiefId: string, taskType: string): Chief =>
      new Chief({
        board: port,
        network: localNetwork(),
        chiefId,
        taskTypes: [taskType],
        clock: () => clock.now,
        onError: () => undefined,
      });
    const memos = chiefOf('memos', 'memo');
    const ads = chiefOf('ads', 'ad');
    const pass = (seconds: number): void => {
      clock.now += seconds * S;
    };
    await memos.wake('seed');

    // A wake that was missed: 30 s from the post, less the grace.
    pass(10);
    await board.postTask({ task_type: 'memo', label: 'missed', task_id: 'm1' });
    pass(30);
    await memos.wake('ombudsman');
    // Nobody is idle: however long this one waits, it is no failure of dispatch.
    await board.postTask({ task_type: 'memo', label: 'nobody is free', task_id: 'm2' });
    pass(50);
    await memos.wake('board_event');
    // From a result that woke nobody somebody was idle, for 7 s.
    await board.postResult({ task_id: 'm1', agent_id: 'ann' });
    pass(7);
    await memos.wake('worker');
    // A cycle whose steps fail leaves work behind: 20 s from its sleep, whoever else runs meanwhile.
    await ads.wake('seed');
    await board.postTask({ task_type: 'ad', label: 'refused', task_id: 'a1' });
    isBroken = true;
    await ads.wake('board_event');
    isBroken = false;
    pass(15);
    await memos.wake('ombudsman');
    pass(5);
    await ads.wake('ombudsman');
    // What another Chief's tasks do is no news for one that is woken for its own at once.
    await board.postTask({ task_type: 'memo', label: 'not for ads', task_id: 'm3' });
    await memos.wake('board_event');
    pass(100);
    await board.postTask({ task_type: 'ad', label: 'at once', task_id: 'a2' });
    await ads.wake('board_event');
    await memos.close();
    await ads.close();

    const steps = (await board.chiefCycles(0, 100)).map(each => `${each.chief_id} ${each.actions_taken}`);
    expect(steps.filter(each => !each.endsWith(' 0'))).toEqual(['memos 1', 'memos 1', 'ads 1', 'ads 1']);
    const textOf = async (source: StoredLog, dispatchGraceSeconds: number): Promise<string> => {
      const measured = await measureBoard(source, { dispatchGraceSeconds });
      const { text } = await measured.metrics();
      await measured.close();
      return text;
    };
    const failed = async (source: StoredLog, grace: number): Promise<number | undefined> =>
      sampleOf(await textOf(source, grace), 'quadro_dispatch_failure_seconds_total');
    const to = join(tempDir(), 'log');
    await exportLog(board, { to, format: 'ndjson' });
    const log = await openExportedLog(to);
    onTestFinished(() => log.close());
    const database = new Database(file, { readonly: true });
    const bySql = (grace: number): number =>
      (database.prepare<{ grace: number }, { failed: number }>(BY_SQL).get({ grace: grace * S })?.failed ?? -1) / S;
    for (const grace of [0, 1, 2.5, 25]) {
      expect([grace, await failed(board, grace), await failed(log, grace)]).toEqual([
        grace,
        bySql(grace),
        bySql(grace),
      ]);
    }
    database.close();
    // The board keeps the times of its events a microsecond apart.
    expect(await failed(board, 1)).toBeCloseTo(29 + 6 + 19, 4);
    // What is stranded now an exported log cannot know.
    expect(await textOf(board, 1)).toContain('quadro_dispatch_stranded{');
    expect(await textOf(log, 1)).not.toContain('quadro_dispatch_stranded{');
  });
});
