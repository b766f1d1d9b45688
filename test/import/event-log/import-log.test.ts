import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sqlite } from '../../../board/backends/sqlite/index.ts';
import { checkLog } from '../../../board/check/check.ts';
import { isoOf, microsOf } from '../../../board/core/time.ts';
import { type ImportLogOptions, type ImportLogProgress, importLog } from '../../../board/index.ts';
import { requireShared } from '../../support/shared.ts';
import { tempDir } from '../../support/temp.ts';
import { fileOf, imported } from './files.ts';

const T = (minute: number) => `2024-01-01T10:${String(minute).padStart(2, '0')}:00Z`;
const at = (minute: number) => microsOf(T(minute));

function csv(...rows: readonly (readonly (string | number)[])[]): string {
  return fileOf('log.csv', rows.map(row => row.join(',')).join('\n'));
}

describe('the board of an event log', () => {
  const FILE = () =>
    csv(
      ['task_id', 'status', 'timestamp', 'agent_id'],
      ['c1', 'open', T(0), 'ann'],
      ['c2', 'open', T(1), ''],
      ['c1', 'work', T(2), 'bob'],
      ['c1', 'work', T(4), 'bob'],
      ['c1', 'open', T(5), ''],
      ['c2', 'work', T(7), 'bob'],
      ['c1', 'done', T(9), 'ann'],
    );

  it('has an event a row, a task a case; the first posts, straight into its status, and the last finishes', async () => {
    const { board, events, summary } = await imported(FILE());
    expect(summary).toMatchObject({
      rows: 7,
      events: 7,
      tasks: 2,
      agents: 2,
      statuses: 3,
      steps: 4,
      paired: 0,
      rejected: 0,
    });
    expect(
      events.map(each => [
        each.task_id,
        each.event_type,
        each.from_status,
        each.to_status,
        each.edge,
        each.stage_kind,
        each.finished_sequence_id,
      ]),
    ).toEqual([
      ['c1', 'task_posted', null, 'open', 'post', 'wait', null],
      ['c2', 'task_posted', null, 'open', 'post', 'wait', null],
      ['c1', 'task_completed', 'open', 'work', 'forward', 'wait', null],
      ['c1', 'task_completed', 'work', 'work', 'loop', 'wait', null],
      ['c1', 'task_completed', 'work', 'open', 'loop', 'wait', null],
      ['c2', 'task_completed', 'open', 'work', 'forward', 'terminal', 6],
      ['c1', 'task_completed', 'open', 'done', 'forward', 'terminal', 7],
    ]);
    expect(events[4]).toMatchObject({
      timestamp: at(5),
      agent_id: null,
      assigned_to: null,
      actor: null,
      task_type: 'case',
      profile: 'imported',
    });
    expect(events[4]).toMatchObject({
      ...{
        entered_at: at(4),
        entered_sequence_id: 4,
        from_stage_kind: 'wait',
        from_edge: 'loop',
        from_agent_id: 'bob',
        visit: 2,
      },
      ...{ heartbeats: 0, max_heartbeat_gap_us: null, last_heartbeat_at: null, from_cycle_id: null },
    });
    expect((await board.getTask('c1')).task).toMatchObject({
      ...{ status: 'done', standing: 'finished', assigned_to: 'ann', label: '', priority: 5, profile_version: 1 },
      ...{ created_at: at(0), updated_at: at(9), finished_at: at(9), finished_sequence_id: 7 },
      ...{
        stage_kind: 'terminal',
        entered_edge: 'forward',
        entered_sequence_id: 7,
        visit: 1,
        visits: { open: 2, work: 2, done: 1 },
      },
    });
    expect(await board.listAgents()).toMatchObject([
      {
        agent_id: 'ann',
        name: 'ann',
        status: 'OFFLINE',
        registered_at: at(0),
        last_seen_at: at(9),
        open_assignments: [],
      },
      { agent_id: 'bob', status: 'OFFLINE', registered_at: at(2), last_seen_at: at(7) },
    ]);
    expect(await board.board()).toMatchObject({
      created_at: at(0),
      last_timestamp: at(9),
      next_sequence_id: 8,
      imported_until: null,
    });
    expect(await checkLog(board)).toMatchObject({ ok: true, own: 0, inherited: 0, events: 7, tasks: 2, skipped: [] });
  });

  it('leaves cases open where it is told to', async () => {
    const { board, events } = await imported(FILE(), { open: true });
    expect(events.every(each => each.finished_sequence_id === null && each.stage_kind === 'wait')).toBe(true);
    expect((await board.getTask('c1')).task).toMatchObject({ standing: 'open', finished_at: null, status: 'done' });
    expect(await checkLog(board)).toMatchObject({ ok: true, own: 0, inherited: 0 });
  });

  it('says what a stay is where it is told', async () => {
    const { events, board } = await imported(FILE(), { kinds: { work: 'active', open: 'review' } });
    expect(events.map(each => [each.to_status, each.from_stage_kind, each.stage_kind])).toEqual([
      ['open', null, 'review'],
      ['open', null, 'review'],
      ['work', 'review', 'active'],
      ['work', 'active', 'active'],
      ['open', 'active', 'review'],
      ['work', 'review', 'terminal'],
      ['done', 'review', 'terminal'],
    ]);
    expect(await checkLog(board)).toMatchObject({ ok: true, own: 0 });
  });

  it('orders by time, then by seq, then as the file does', async () => {
    const rows = [
      ['c', 'd', T(1), 2],
      ['c', 'b', T(1), -1],
      ['c', 'c', T(1), 2],
      ['c', 'a', '2024-01-01T12:00:00+02:00', 9],
      ['c', 'e', T(1), 10],
    ];
    const header = ['task_id', 'status', 'timestamp', 'n'];
    const order = async (options: Partial<ImportLogOptions>) =>
      (await imported(csv(header, ...rows), options)).events.map(each => each.to_status).join('');
    expect(await order({})).toBe('adbce');
    expect(await order({ map: { seq: 'n' } })).toBe('abdce');
  });

  it('calls a step a loop where every other time it leads back to where its case had been', async () => {
    const ways = ['ab', 'ab', 'ba', 'bab', 'cac', 'ca'];
    const rows = ways.flatMap((way, index) => [...way].map((status, step) => [`c${index}`, status, T(step)]));
    const { events } = await imported(csv(['task_id', 'status', 'timestamp'], ...rows));
    const edges = new Map(events.map(each => [`${each.from_status ?? ''}${each.to_status}`, each.edge]));
    // a → b: twice new, once back; c → a: twice new; a → c: once, back.
    expect(Object.fromEntries(edges)).toEqual({
      ...{ a: 'post', b: 'post', c: 'post', ab: 'forward', ba: 'forward', ca: 'forward', ac: 'loop' },
    });
  });

  it('knows the statuses that a board has of its own', async () => {
    const way = [
      'UNASSIGNED',
      'IN_PROGRESS',
      'STALE',
      'UNASSIGNED',
      'HUMAN_REVIEW',
      'HUMAN_REVIEW',
      'ON_HOLD',
      'IN_PROGRESS',
      'COMPLETE',
    ];
    const { board, events } = await imported(
      csv(['task_id', 'status', 'timestamp'], ...way.map((status, step) => ['c', status, T(step)])),
    );
    expect(events.map(each => [each.event_type, each.edge])).toEqual([
      ['task_posted', 'post'],
      ['task_assigned', 'forward'],
      ['task_stale', 'stale'],
      ['task_reassigned', 'reassign'],
      ['task_failed', 'exit'],
      ['task_failed', 'reassign'],
      ['task_failed', 'reassign'],
      ['task_assigned', 'reassign'],
      ['task_completed', 'forward'],
    ]);
    expect(await checkLog(board)).toMatchObject({ ok: true, own: 0, inherited: 0 });
  });

  it('takes type, label and priority of a case, and tells of what changes', async () => {
    const { board, events } = await imported(
      csv(
        ['task_id', 'status', 'timestamp', 'task_type', 'label', 'priority'],
        ['c', 'a', T(0), '', 'Bees', ''],
        ['c', 'b', T(1), 'bug', 'Bees', 2],
        ['c', 'c', T(2), 'task', '', 2],
        ['c', 'd', T(3), 'bug', 'Wasps', 1],
        ['c', 'e', T(4), '', '', ''],
      ),
    );
    expect(events.map(each => each.payload)).toEqual([
      { task_type: 'bug', label: 'Bees', priority: 5 },
      { priority: 2 },
      { task_type: 'task' },
      { label: 'Wasps', priority: 1 },
      {},
    ]);
    expect((await board.getTask('c')).task).toMatchObject({ task_type: 'bug', label: 'Wasps', priority: 1 });
    expect(await checkLog(board)).toMatchObject({ ok: true, own: 0 });
  });

  it('is no log where the status is a text that is new in every row', async () => {
    const rows = Array.from({ length: 10_001 }, (_, index) => ['c', `status ${index}`, T(0)]);
    const importing = importLog(csv(['task_id', 'status', 'timestamp'], ...rows), {
      into: sqlite({ file: ':memory:' }),
    });
    await expect(importing).rejects.toMatchObject({
      code: 'invalid_source',
      message:
        'The log has 10001 different statuses and 10000 steps between them: the column of the status is no activity, choose another',
    });
  });

  it('is the same board again from the same file, and another from what is read in another way', async () => {
    const uid = async (options: Partial<ImportLogOptions> = {}) => (await imported(FILE(), options)).summary.board_uid;
    const first = await uid();
    expect(await uid()).toBe(first);
    const others = [
      await uid({ open: true }),
      await uid({ map: { status: 'agent_id' } }),
      await uid({ kinds: { work: 'active' } }),
    ];
    expect(new Set([first, ...others]).size).toBe(4);
  });
});

describe('starts and completions', () => {
  it('are one event at completion where a row has both', async () => {
    const { events } = await imported(
      csv(
        ['task_id', 'status', 'timestamp', 'begun'],
        ['c', 'a', T(5), '2024-01-01T11:00+01:00'],
        ['c', 'b', T(6), ''],
      ),
      {
        map: { started_at: 'begun' },
      },
    );
    expect(
      events.map(each => [isoOf(each.timestamp), each.payload.started_at, each.payload.original_started_at]),
    ).toEqual([
      ['2024-01-01T10:05:00.000000+00:00', '2024-01-01T10:00:00.000000+00:00', '2024-01-01T11:00+01:00'],
      ['2024-01-01T10:06:00.000000+00:00', undefined, undefined],
    ]);
  });

  it('are joined by a lifecycle column, the first start to the first completion of its case and activity', async () => {
    const { events, summary, board } = await imported(
      csv(
        ['task_id', 'status', 'timestamp', 'phase', 'agent_id', 'note', 'label'],
        ['c', 'a', T(0), 'START', 'ann', 'begun', 'Bees'],
        ['d', 'a', T(1), 'complete', 'eve', '', ''],
        ['c', 'a', T(2), 'Complete', 'bob', 'ended', ''],
        ['c', 'b', T(3), 'complete', 'bob', 'alone', ''],
        ['c', 'b', T(4), 'start', 'bob', '', ''],
        ['c', 'b', T(5), 'start', 'bob', '', ''],
        ['c', 'b', T(6), 'suspend', 'bob', '', ''],
        ['c', 'b', T(7), 'complete', 'bob', '', ''],
        ['c', 'b', T(8), 'complete', 'bob', '', ''],
        ['c', 'b', T(9), 'complete', 'bob', '', ''],
        ['c', 'e', T(10), 'start', 'cyd', '', ''],
      ),
      { map: { lifecycle: 'phase' } },
    );
    expect(summary).toMatchObject({ rows: 11, events: 8, paired: 3, agents: 4 });
    const started = (minute: number) => isoOf(at(minute) ?? 0);
    expect(
      events.filter(each => each.task_id === 'c').map(each => [each.to_status, each.timestamp, each.payload]),
    ).toEqual([
      [
        'a',
        at(2),
        {
          ...{ task_type: 'case', label: 'Bees', priority: 5, lifecycle: 'Complete', started_at: started(0) },
          ...{ attributes: { note: 'ended' }, start: { agent_id: 'ann', attributes: { note: 'begun' } } },
        },
      ],
      ['b', at(3), { lifecycle: 'complete', attributes: { note: 'alone' } }],
      ['b', at(6), { lifecycle: 'suspend' }],
      ['b', at(7), { lifecycle: 'complete', started_at: started(4) }],
      ['b', at(8), { lifecycle: 'complete', started_at: started(5) }],
      ['b', at(9), { lifecycle: 'complete' }],
      ['e', at(10), { lifecycle: 'start' }],
    ]);
    expect(await checkLog(board)).toMatchObject({ ok: true, own: 0 });
  });
});

describe('faulty rows', () => {
  const FILE = () =>
    csv(
      ['task_id', 'status', 'timestamp', 'priority', 'agent_id'],
      ['c', 'a', T(0), 1, 'ann'],
      ['', 'a', T(1), 1, 'ann'],
      ['c', 'a', T(1), 'high', 'ann'],
      ['c', 'a', T(1), 99_999_999_999, 'ann'],
      ['c', 'a', '', 1, 'ann'],
      ['x'.repeat(201), 'a', T(1), 1, 'ann'],
      ['c', 'ß'.repeat(101), T(1), 1, 'ann'],
      ['c', 'a\0', T(1), 1, 'ann'],
      ['c', 'a', T(1)],
      ['c', 'b', T(2), '', 'ann'],
    );
  const REASONS = [
    [3, 'task_id: it is empty'],
    [4, 'priority: "high" is no whole number within ±2147483647'],
    [5, 'priority: "99999999999" is no whole number within ±2147483647'],
    [6, 'timestamp: it is empty'],
    [7, 'task_id: is too long: 201 bytes, at most 200'],
    [8, 'status: is too long: 202 bytes, at most 200'],
    [9, 'status: holds a NUL character'],
    [10, 'it has 3 fields, the header 5'],
  ];

  it('are left out, told of with line and reason, and kept aside as they were found', async () => {
    const rejectsFile = join(tempDir(), 'aside.ndjson');
    const { summary, events } = await imported(FILE(), { rejectsFile });
    expect(events.map(each => each.to_status)).toEqual(['a', 'b']);
    expect(summary).toMatchObject({ rows: 10, events: 2, rejected: 8, rejects_file: rejectsFile });
    expect(summary.rejects.map(({ line, reason }) => [line, reason])).toEqual(REASONS);
    const kept = readFileSync(rejectsFile, 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as object);
    expect(kept).toHaveLength(8);
    expect(kept[1]).toEqual({ line: 4, reason: REASONS[1]?.[1], row: `c,a,${T(1)},high,ann` });
    expect(readdirSync(dirname(rejectsFile))).toEqual(['aside.ndjson']);
  });

  it('are only counted where no file is named, and none is made where there are none', async () => {
    expect((await imported(FILE())).summary).toMatchObject({ rejected: 8, rejects_file: null });
    const rejectsFile = join(tempDir(), 'aside.ndjson');
    const { summary } = await imported(csv(['task_id', 'status', 'timestamp'], ['c', 'a', T(0)]), { rejectsFile });
    expect(summary).toMatchObject({ rejected: 0, rejects: [], rejects_file: null });
    expect(readdirSync(dirname(rejectsFile))).toEqual([]);
  });

  it('stop it where it is strict, and leave nothing', async () => {
    const folder = tempDir();
    const into = sqlite({ file: join(folder, 'board.db') });
    const strict = importLog(FILE(), { into, strict: true, rejectsFile: join(folder, 'aside.ndjson') });
    await expect(strict).rejects.toMatchObject({
      code: 'invalid_source',
      message: expect.stringMatching(/log\.csv, line 3: task_id: it is empty$/),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leave no file where the import fails for another reason', async () => {
    const folder = tempDir();
    const into = sqlite({ file: ':memory:' });
    await importLog(csv(['task_id', 'status', 'timestamp'], ['c', 'a', T(0)]), { into });
    const again = importLog(FILE(), { into, rejectsFile: join(folder, 'aside.ndjson') });
    await expect(again).rejects.toMatchObject({
      code: 'invalid_source',
      message: expect.stringMatching(/is in use already/),
    });
    expect(readdirSync(folder)).toEqual([]);
    const unwritable = importLog(FILE(), {
      into: sqlite({ file: ':memory:' }),
      rejectsFile: join(folder, 'no', 'aside.ndjson'),
    });
    await expect(unwritable).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringMatching(/cannot be kept in .*aside\.ndjson/),
    });
  });
});

describe('an import that is stopped', () => {
  const OPTIONS = { map: { task_id: 'case_id', status: 'activity', agent_id: 'resource' } };

  it.for(['as it reads', 'as it writes', 'before it begins'])(
    '%s leaves nothing, and gives on the reason',
    async (when, context) => {
      const stopped = new AbortController();
      const reason = new Error('enough');
      const folder = tempDir();
      const into = sqlite({ file: join(folder, 'board.db') });
      const seen: ImportLogProgress[] = [];
      const onProgress = (progress: ImportLogProgress): void => {
        seen.push(progress);
        if (when === (progress.total === null ? 'as it reads' : 'as it writes')) stopped.abort(reason);
      };
      if (when === 'before it begins') stopped.abort(reason);
      const file = requireShared('data/bpic2013_closed_problems.csv.gz', context);
      await expect(importLog(file, { into, ...OPTIONS, signal: stopped.signal, onProgress })).rejects.toBe(reason);
      const isOpened = when === 'as it writes';
      expect(readdirSync(folder).includes('board.db')).toBe(isOpened);
      if (isOpened) expect(await into.readBoards()).toEqual([]);
      expect(seen.some(({ total }) => total === 6660)).toBe(isOpened);
      const { events } = await importLog(file, { into, ...OPTIONS });
      expect(events, 'and the same again goes through').toBe(6660);
      await into.close();
    },
  );
});
