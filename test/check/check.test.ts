import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { type CheckReport, checkLog } from '../../board/check/check.ts';
import { lifecycle } from '../../board/core/lifecycle/builder.ts';
import { openBoard } from '../../board/index.ts';
import type { TableSource } from '../../board/table-source.ts';
import { tempDir } from '../support/temp.ts';

const press = lifecycle('press')
  .phase('UNASSIGNED', 'writing')
  .phase('writing', 'written')
  .phase('written', 'editing')
  .phase('editing', 'printed')
  .branch('editing', 'spiked')
  .revision('editing', 'written')
  .loop('written', 'UNASSIGNED')
  .build();

/** Ticks by a millisecond a call. */
function ticking(): () => number {
  let now = 1_700_000_000_000_000;
  return () => {
    now += 1000;
    return now;
  };
}

function openPress(file: string): Promise<Board> {
  const taskTypes = { article: 'press', memo: 'fast' };
  return openBoard({ backend: sqlite({ file }), lifecycles: [press], taskTypes, resumable: true, clock: ticking() });
}

async function registerAgents(board: Board): Promise<void> {
  for (const agent_id of ['a1', 'a2']) {
    const card = { name: agent_id, url: `a2a://${agent_id}`, version: '1', description: '', capabilities: ['press'] };
    await board.registerAgent({ agent_id, ...card });
  }
}

/** A board with two tasks: 1 and 2 the posts, t1 goes 3 writing, 4 beat, 5 written, 6 editing, 7 beat, 8 back, 9 written → HUMAN_REVIEW, 10 a memo at work. */
async function work(board: Board): Promise<void> {
  await registerAgents(board);
  await board.postTask({ task_id: 't1', task_type: 'article', label: 'one' });
  await board.postTask({ task_id: 't2', task_type: 'memo', label: 'two' });
  await board.updateTask({ task_id: 't1', to_status: 'writing', assigned_to: 'a1' });
  await board.postAgentHeartbeat({ agent_id: 'a1', task_id: 't1' });
  await board.updateTask({ task_id: 't1', to_status: 'written' });
  await board.updateTask({ task_id: 't1', to_status: 'editing', assigned_to: 'a2' });
  await board.postAgentHeartbeat({ agent_id: 'a2', task_id: 't1' });
  await board.updateTask({ task_id: 't1', to_status: 'written' });
  await board.updateTask({ task_id: 't1', to_status: 'HUMAN_REVIEW' });
  await board.updateTask({ task_id: 't2', to_status: 'IN_PROGRESS', assigned_to: 'a1' });
  await board.appendFlightLog({ task_id: 't1', stage: 'writing', payload: { words: 300 } });
  await board.appendFlightLog({ task_id: 't1', stage: 'editing', payload: { words: 200 } });
}

async function tampered(sql: string): Promise<CheckReport> {
  const file = join(tempDir(), 'board.db');
  const board = await openPress(file);
  await work(board);
  await board.close();
  const database = new BetterSqlite3(file);
  database.exec(sql);
  database.close();
  const again = await openBoard({ backend: sqlite({ file }), readOnly: true });
  const report = await checkLog(again);
  await again.close();
  return report;
}

const codes = (report: CheckReport): string[] => [...new Set(report.faults.map(fault => fault.code))].sort();

describe('checkLog', () => {
  it('finds nothing wrong with a board as it was written', async () => {
    const report = await tampered('');
    expect(report).toMatchObject({ ok: true, events: 10, tasks: 2, own: 0, inherited: 0, faults: [], skipped: [] });
    expect(report.digest).toMatch(/^[0-9a-f]{64}$/);
    expect((await tampered('')).digest).toBe(report.digest);
  });

  const FAULTS: readonly (readonly [what: string, sql: string, codes: readonly string[]])[] = [
    ['an event that is missing', 'delete from events where sequence_id = 4', ['sequence_gap', 'stage_left']],
    ['a last event that is missing', 'delete from events where sequence_id = 10', ['board_row', 'row_differs']],
    ['an event that the board row has not counted', 'update boards set next_sequence_id = 10', ['board_row']],
    [
      'a post that is missing',
      'delete from events where sequence_id = 2',
      ['not_posted', 'sequence_gap', 'stage_left'],
    ],
    [
      'an illegal step',
      `update events set to_status = 'printed' where sequence_id = 5`,
      ['broken_link', 'illegal_edge'],
    ],
    [
      'a broken link',
      `update events set from_status = 'written' where sequence_id = 10`,
      ['broken_link', 'illegal_edge'],
    ],
    ['a wrong fence', 'update events set entered_sequence_id = 3 where sequence_id = 6', ['stage_left']],
    ['a wrong time of entry', 'update events set entered_at = entered_at + 1 where sequence_id = 6', ['stage_left']],
    ['a wrong visit', 'update events set visit = 1 where sequence_id = 9', ['stage_left']],
    ['a wrong count of beats', 'update events set heartbeats = 2 where sequence_id = 8', ['stage_left']],
    ['a wrong gap', 'update events set max_heartbeat_gap_us = 1 where sequence_id = 8', ['stage_left']],
    [
      'a wrong kind of the stage left',
      `update events set from_stage_kind = 'wait' where sequence_id = 8`,
      ['stage_left'],
    ],
    ['a wrong edge', `update events set edge = 'loop' where sequence_id = 8`, ['edge_kind', 'stage_left']],
    ['an edge that only imports have', `update events set edge = 'unlinked' where sequence_id = 10`, ['edge_kind']],
    ['a wrong kind of stage', `update events set stage_kind = 'terminal' where sequence_id = 10`, ['stage_kind']],
    ['a wrong type', `update events set event_type = 'task_stale' where sequence_id = 10`, ['event_type']],
    ['a time that goes back', 'update events set timestamp = 1 where sequence_id = 10', ['row_differs', 'time_order']],
    [
      'a finish that is missing',
      'update events set finished_sequence_id = null where sequence_id = 9',
      ['finish', 'row_differs'],
    ],
    [
      'a finish that never was',
      'update events set finished_sequence_id = 10 where sequence_id = 10',
      ['finish', 'row_differs'],
    ],
    ['another profile', `update events set profile = 'fast' where sequence_id = 9`, ['identity', 'illegal_edge']],
    ['an unknown profile', `update events set profile = 'x' where sequence_id = 1`, ['identity', 'unknown_profile']],
    ['a beat with an edge', `update events set edge = 'loop' where sequence_id = 4`, ['heartbeat']],
    ['a beat elsewhere', `update events set from_status = 'x', to_status = 'x' where sequence_id = 4`, ['heartbeat']],
    ['a beat without its time', `update events set payload = '{}' where sequence_id = 4`, ['heartbeat']],
    ['another status', `update tasks set status = 'ON_HOLD' where task_id = 't1'`, ['row_differs']],
    ['another assignee', `update tasks set assigned_to = 'a9' where task_id = 't1'`, ['row_differs']],
    ['another entry', 'update tasks set status_entered_at = 1', ['row_differs']],
    ['another fence', 'update tasks set entered_sequence_id = 1', ['row_differs']],
    ['another beat', 'update tasks set heartbeat_at = 1', ['row_differs']],
    ['a row that is missing', `delete from tasks where task_id = 't2'`, ['row_missing']],
    [
      'a row without events',
      `update tasks set task_id = 't3' where task_id = 't2'`,
      ['row_missing', 'row_without_events'],
    ],
    ['a flight log with a gap', 'delete from flight_log where entry_id = 1', ['sequence_gap']],
    ['a flight log cut off', 'delete from flight_log where entry_id = 2', ['board_row']],
    ['cycles that are not there', 'update boards set next_cycle_sequence_id = 3', ['board_row']],
    ['ticks that are not there', 'update boards set next_tick_sequence_id = 3', ['board_row']],
    ['a clock behind its log', 'update boards set last_timestamp = 1', ['board_row']],
  ];

  it.each(FAULTS)('invariants 3 and 6: finds %s', async (_, sql, expected) => {
    const report = await tampered(sql);
    expect(codes(report)).toEqual(expect.arrayContaining([...expected]));
    expect(report.ok).toBe(false);
    expect(report.faults.every(fault => !fault.inherited)).toBe(true);
  });

  it('finds nothing more than what is wrong', async () => {
    const report = await tampered('update events set visit = 1 where sequence_id = 9');
    expect(report.faults).toEqual([
      {
        code: 'stage_left',
        sequence_id: 9,
        task_id: 't1',
        message: 'Event 9 of task t1 says of the stage left visit 1, not 2',
        inherited: false,
      },
    ]);
  });

  it('calls a fault of an imported part inherited, and no other', async () => {
    const sql = 'update events set visit = 7 where sequence_id in (5, 9); update boards set imported_until = 5';
    const report = await tampered(sql);
    expect(report).toMatchObject({ ok: false, own: 1, inherited: 1 });
    expect(report.faults.map(fault => [fault.sequence_id, fault.inherited])).toEqual([
      [9, false],
      [5, true],
    ]);
  });

  it('sees every column in its digest', async () => {
    const whole = await tampered('');
    for (const sql of [`actor = 'x'`, `payload = '{}'`, `tick_id = 't'`, `idempotency_key = 'k'`]) {
      expect((await tampered(`update events set ${sql} where sequence_id = 10`)).digest, sql).not.toBe(whole.digest);
    }
  });

  it('counts all faults and lists the first', async () => {
    const file = join(tempDir(), 'board.db');
    const board = await openPress(file);
    await work(board);
    const database = new BetterSqlite3(file);
    database.exec('update events set stage_kind = null, entered_sequence_id = 99');
    database.close();
    const report = await checkLog(board, { maxFaults: 3 });
    expect(report.faults).toHaveLength(3);
    expect(report.own).toBeGreaterThan(10);
    await board.close();
  });

  it('says what it could not check of a source with fewer tables', async () => {
    const board = await openPress(':memory:');
    await work(board);
    const absentTables = new Set([
      'tasks',
      'profiles',
      'boards',
      'chief_cycles',
      'ombudsman_ticks',
      'flight_log',
    ] as const);
    const eventsOnly: TableSource = {
      absentTables,
      board: () => board.board(),
      events: (after, limit) => board.events(after, limit),
      chiefCycles: () => Promise.reject(new Error('absent')),
      ombudsmanTicks: () => Promise.reject(new Error('absent')),
      taskEvents: () => Promise.reject(new Error('absent')),
      taskHistory: () => Promise.reject(new Error('absent')),
      tasksById: () => Promise.reject(new Error('absent')),
      onCommit: () => () => undefined,
      tasks: () => Promise.reject(new Error('absent')) as never,
      archivedTasks: () => Promise.reject(new Error('absent')) as never,
      agents: () => Promise.reject(new Error('absent')) as never,
      flightLog: () => Promise.reject(new Error('absent')) as never,
      profiles: () => Promise.reject(new Error('absent')) as never,
    };
    const report = await checkLog(eventsOnly);
    expect(report).toMatchObject({ ok: true, events: 10, tasks: 2 });
    expect(report.digest).toBe((await checkLog(board)).digest);
    expect(report.skipped.map(sentence => /no (\w+) table/.exec(sentence)?.[1])).toEqual([
      ...['profiles', 'tasks', 'boards', 'chief_cycles', 'ombudsman_ticks', 'flight_log'],
    ]);
    await board.close();
  });

  it('can be stopped, and says how far it is', async () => {
    const board = await openPress(':memory:');
    await work(board);
    const seen: number[] = [];
    await checkLog(board, { onProgress: ({ done, total }) => seen.push(done, total) });
    expect(seen.slice(0, 2)).toEqual([10, 10]);
    await expect(checkLog(board, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    await board.close();
  });

  it('judges each task by the version of the profile it has pinned', async () => {
    const file = join(tempDir(), 'board.db');
    const first = await openPress(file);
    await work(first);
    await first.close();
    const shorter = lifecycle('press').phase('UNASSIGNED', 'writing').phase('writing', 'printed').build();
    const board = await openBoard({ backend: sqlite({ file }), lifecycles: [shorter], clock: ticking() });
    await board.postTask({ task_id: 't3', task_type: 'article', label: 'three' });
    await board.updateTask({ task_id: 't3', to_status: 'writing', assigned_to: 'a1' });
    expect(await checkLog(board)).toMatchObject({ ok: true, events: 12 });
    const database = new BetterSqlite3(file);
    database.exec(
      `update tasks set profile_version = 1 where task_id = 't3'; update tasks set profile_version = 2 where task_id = 't1'`,
    );
    database.close();
    expect(codes(await checkLog(board))).toContain('illegal_edge');
    await board.close();
  });

  it('takes a board that is written meanwhile for whole', async () => {
    const board = await openPress(join(tempDir(), 'board.db'));
    await work(board);
    let isDone = false;
    const writing = (async () => {
      for (let round = 0; !isDone; round++) {
        const { task } = await board.postTask({ task_type: 'article', label: `more ${round}` });
        await board.updateTask({ task_id: task.task_id, to_status: 'writing', assigned_to: 'a1' });
        await board.postAgentHeartbeat({ agent_id: 'a1', task_id: task.task_id });
        await board.updateTask({ task_id: task.task_id, to_status: 'written' });
      }
    })();
    const reports = [await checkLog(board), await checkLog(board), await checkLog(board)];
    isDone = true;
    await writing;
    expect(reports.flatMap(report => report.faults)).toEqual([]);
    expect(reports.every(report => report.ok)).toBe(true);
    expect(await checkLog(board)).toMatchObject({ ok: true, skipped: [] });
    await board.close();
  });
});

type Act = { readonly kind: string; readonly task: number; readonly status: string; readonly agent: string | null };

const STATUSES = [
  'writing',
  'written',
  'editing',
  'printed',
  'spiked',
  'UNASSIGNED',
  'IN_PROGRESS',
  'COMPLETE',
  'STALE',
];

const acts = fc.array(
  fc.record({
    kind: fc.constantFrom('post', 'move', 'move', 'move', 'move', 'beat', 'late', 'archive', 'cycle'),
    task: fc.nat(3),
    status: fc.constantFrom(...STATUSES, 'HUMAN_REVIEW', 'ON_HOLD'),
    agent: fc.constantFrom('a1', 'a2', null),
  }),
  { minLength: 5, maxLength: 60 },
);

async function perform(board: Board, { kind, task, status, agent }: Act): Promise<void> {
  const task_id = `t${task}`;
  const agent_id = agent ?? 'a1';
  if (kind === 'post') await board.postTask({ task_id, task_type: task % 2 ? 'memo' : 'article', label: 'x' });
  if (kind === 'move') {
    const options = { cycleId: task === 0 ? 'c1' : null };
    await board.updateTask({ task_id, to_status: status, ...(agent !== null && { assigned_to: agent }) }, options);
  }
  if (kind === 'beat') await board.postAgentHeartbeat({ agent_id, task_id });
  if (kind === 'late') await board.postAgentHeartbeat({ agent_id, task_id, fence: 1 });
  if (kind === 'archive') await board.archiveTask(task_id);
}

describe('invariant 3', () => {
  it('holds after any commands, taken or refused', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(acts, async list => {
        const board = await openPress(':memory:');
        await registerAgents(board);
        await Promise.allSettled(
          [0, 1, 2, 3].map(task => perform(board, { kind: 'post', task, status: '', agent: null })),
        );
        await Promise.allSettled(list.map(act => perform(board, act)));
        const report = await checkLog(board);
        expect(report.faults).toEqual([]);
        expect(report).toMatchObject({ ok: true, skipped: [] });
        taken += report.events;
        await board.close();
      }),
      { numRuns: 60 },
    );
    expect(taken).toBeGreaterThan(60 * 4);
  });
});
