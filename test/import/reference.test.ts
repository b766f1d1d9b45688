import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { checkLog } from '../../board/check/check.ts';
import type { Event } from '../../board/core/records.ts';
import { stagesOf } from '../../board/core/stages.ts';
import { isoOf, microsOf } from '../../board/core/time.ts';
import { type ImportSummary, importReference } from '../../board/import/reference.ts';
import { openBoard } from '../../board/index.ts';
import type { NewsroomExpected, Spread } from '../support/newsroom-expected.ts';
import { requireShared, sharedPath } from '../support/shared.ts';
import { tempDir } from '../support/temp.ts';

const NEWSROOM = 'data/newsroom.db';

/** Linear interpolation, as the expected figures were made. */
function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const low = sorted[Math.floor(place)] ?? 0;
    return low + ((sorted[Math.ceil(place)] ?? 0) - low) * (place - Math.floor(place));
  };
  const mean = sorted.reduce((sum, each) => sum + each, 0) / sorted.length;
  return { count: sorted.length, mean, p50: at(0.5), p95: at(0.95), max: sorted.at(-1) ?? 0 };
}

function expectSpread(found: Spread, expected: Spread): void {
  expect(found.count).toBe(expected.count);
  for (const name of ['mean', 'p50', 'p95', 'max'] as const) expect(found[name], name).toBeCloseTo(expected[name], 5);
}

function countBy<T>(rows: readonly T[], keyOf: (row: T) => string): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(rows, keyOf)].map(([key, group]) => [key, group.length]));
}

const isTransition = (event: Event): boolean => event.event_type !== 'task_heartbeat';

async function imported(file: string): Promise<{ board: Board; summary: ImportSummary }> {
  const into = sqlite({ file: ':memory:' });
  const summary = await importReference(file, { into });
  return { board: await openBoard({ backend: into }), summary };
}

/** A copy of a reference board that a test may change. */
function changedCopy(context: TestContext, sql: string): string {
  const file = join(tempDir(), 'board.db');
  copyFileSync(requireShared(NEWSROOM, context), file);
  const database = new BetterSqlite3(file);
  database.exec(sql);
  database.close();
  return file;
}

/** A reference board of its own: its schema, and rows. */
function referenceBoard(context: TestContext, sql: string): string {
  const tables = ['tasks', 'agents', 'events', 'data_entries', 'archived_tasks'];
  return changedCopy(context, [...tables.map(table => `delete from ${table};`), sql].join('\n'));
}

const T0 = '2026-01-01T00:00:0';

function eventSql(seq: number, type: string, from: string | null, to: string, payload: object, task = 't1'): string {
  const text = (value: string | null): string => (value === null ? 'null' : `'${value}'`);
  const agent = type === 'task_posted' ? null : 'w1';
  const values = [text(type), text(task), text(agent), text(from), text(to), text(JSON.stringify(payload))];
  return `insert into events values (${seq}, ${values.join(', ')}, null, '${T0}${seq}.000000+00:00');`;
}

function taskSql(status: string, task = 't1', type = 'memo', table = 'tasks'): string {
  return `insert into ${table} values ('${task}', '${type}', 'x', 5, '${status}', 'w1', null, '["n"]', null, null, null, '${T0}1+00:00', '${T0}9+00:00');`;
}

describe('importing newsroom.db', () => {
  let board: Board;
  let summary: ImportSummary;
  let events: readonly Event[];
  let expected: NewsroomExpected;

  beforeAll(async () => {
    const file = sharedPath(NEWSROOM);
    if (file === null) return;
    expected = JSON.parse(readFileSync(sharedPath('data/expected/newsroom.json') ?? '', 'utf8')) as NewsroomExpected;
    ({ board, summary } = await imported(file));
    events = await board.events(0, 10_000);
    return () => board.close();
  });

  beforeEach(context => void requireShared(NEWSROOM, context));

  it('takes every event and task', async () => {
    const tasks = await board.listTasks();
    expect(summary).toMatchObject({
      events: expected.events,
      tasks: expected.tasks,
      unlinked: 4,
      imported_until: 2175,
    });
    expect(countBy(events, event => event.event_type)).toEqual(expected.events_by_type);
    expect(countBy(tasks, task => task.status)).toEqual(expected.tasks_by_status);
    expect(tasks.every(task => task.standing === 'finished')).toBe(true);
  });

  it('keeps numbers, times, payloads and rows as they are', async () => {
    const source = new BetterSqlite3(sharedPath(NEWSROOM) ?? '', { readonly: true });
    const rows = source.prepare('select * from events order by sequence_id').all() as Record<string, string>[];
    const tasks = source.prepare('select * from tasks order by task_id').all() as Record<string, string>[];
    source.close();
    const shared = ['sequence_id', 'event_type', 'task_id', 'agent_id', 'from_status', 'to_status'] as const;
    expect(events.map(event => [...shared.map(name => event[name]), isoOf(event.timestamp), event.payload])).toEqual(
      rows.map(row => [...shared.map(name => row[name]), row.timestamp, JSON.parse(row.payload_json ?? '')]),
    );
    const found = (await board.listTasks()).toSorted((a, b) => (a.task_id < b.task_id ? -1 : 1));
    expect(found.map(each => [each.task_id, isoOf(each.created_at), isoOf(each.updated_at), each.notes])).toEqual(
      tasks.map(each => [each.task_id, each.created_at, each.updated_at, JSON.parse(each.notes_json ?? '')]),
    );
  });

  it('gives the edges and marks the broken links', () => {
    const transitions = events.filter(event => isTransition(event) && event.from_status !== null);
    const counts = countBy(transitions, event => `${event.from_status} ${event.to_status}`);
    expect(counts).toEqual(
      Object.fromEntries(expected.edges.map(each => [`${each.from_status} ${each.to_status}`, each.count])),
    );
    const unlinked = events.filter(event => event.edge === 'unlinked').map(event => event.sequence_id);
    expect(unlinked).toEqual(expected.unlinked_sequence_ids.toSorted((a, b) => a - b));
  });

  it('finds revisions and decisions', async () => {
    const { revision } = expected;
    const decisions = events.filter(
      event =>
        isTransition(event) && event.from_status === 'reviewing' && event.edge !== 'exit' && event.edge !== 'stale',
    );
    const revisions = events.filter(event => event.edge === 'revision');
    const decided = new Set(decisions.map(event => event.task_id));
    const revised = new Set(revisions.map(event => event.task_id));
    expect(revisions).toHaveLength(revision.edges);
    expect(decisions).toHaveLength(revision.decisions);
    expect(revised.size).toBe(revision.revised_tasks);
    expect(1 - revised.size / decided.size).toBeCloseTo(revision.first_pass_yield, 6);
    expect(decisions.every(event => event.from_stage_kind === 'review')).toBe(true);
  });

  it('gives the dwell of every status', () => {
    const stages = [...Map.groupBy(events, event => event.task_id).values()].flatMap(history => stagesOf(history));
    const closed = stages.filter(stage => stage.dwell_seconds !== null);
    const byStatus = Map.groupBy(closed, stage => stage.status);
    expect([...byStatus.keys()].sort()).toEqual(Object.keys(expected.dwell_seconds_by_status).sort());
    for (const [status, group] of byStatus) {
      const wanted = expected.dwell_seconds_by_status[status];
      if (wanted !== undefined) expectSpread(spread(group.map(stage => stage.dwell_seconds ?? 0)), wanted);
    }
  });

  it('gives the elapsed time up to the first finish', async () => {
    const tasks = await board.listTasks();
    const posted = new Map(
      events.filter(event => event.edge === 'post').map(event => [event.task_id, event.timestamp]),
    );
    const elapsed = tasks.map(task => ((task.finished_at ?? 0) - (posted.get(task.task_id) ?? 0)) / 1e6);
    expectSpread(spread(elapsed), expected.elapsed_seconds);
  });

  it('gives the stages of a task to the microsecond', async () => {
    const { task_id, stages } = expected.a_task;
    const found = stagesOf(await board.taskHistory(task_id)).filter(stage => stage.exited_at !== null);
    expect(
      found.map(({ status, entered_at, exited_at, dwell_seconds }) => {
        return { status, entered_at, exited_at, dwell_seconds };
      }),
    ).toEqual(
      stages.map(each => ({ ...each, entered_at: microsOf(each.entered_at), exited_at: microsOf(each.exited_at) })),
    );
  });

  it('infers the profile: active where somebody beat, review where a revision leaves', async () => {
    const [record] = (await board.backend.readProfiles('default')).profiles;
    expect(summary.profiles).toMatchObject([{ profile: 'article', profile_version: 1, faults: [] }]);
    expect(record?.definition).toMatchObject({
      columns: (await board.getData('_col_order')).value,
      kinds: {
        ideating: 'active',
        idea_ready: 'wait',
        researching: 'active',
        research_ready: 'wait',
        writing: 'active',
        draft_ready: 'wait',
        reviewing: 'review',
      },
      routes: { draft_ready: { to_status: 'reviewing', capability: 'review' } },
    });
    const edges = record?.definition.edges as { edge: string }[];
    expect(countBy(edges, ({ edge }) => edge)).toEqual({ forward: 8, revision: 1 });
  });

  it('derives BUSY again, and takes no idempotency keys', async () => {
    expect(countBy(await board.listAgents(), agent => agent.status)).toEqual({ IDLE: 12 });
    expect(events.every(event => event.cycle_id === null && event.actor === null)).toBe(true);
  });

  it('is whole but for what it inherited: four links and two rows', async () => {
    const report = await checkLog(board);
    expect(report).toMatchObject({ ok: true, own: 0, inherited: 6, events: 2175, tasks: 150, skipped: [] });
    const links = report.faults.filter(fault => fault.code === 'broken_link').map(fault => fault.sequence_id);
    const rows = report.faults.filter(fault => fault.code === 'row_differs').map(fault => fault.task_id);
    expect(links.toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual([1291, 1293, 1514, 1515]);
    expect(rows.sort()).toEqual(expected.tasks_whose_row_differs_from_the_log);
    expect(report.faults.every(fault => fault.inherited)).toBe(true);
  });

  it('gives the same ids and the same log a second time', async () => {
    const again = await imported(sharedPath(NEWSROOM) ?? '');
    expect(again.board.boardUid).toBe(board.boardUid);
    expect((await checkLog(again.board)).digest).toBe((await checkLog(board)).digest);
    await again.board.close();
  });
});

describe('a board after its import', () => {
  it('can be worked on, and its own log stays whole', async context => {
    const into = sqlite({ file: ':memory:' });
    await importReference(requireShared(NEWSROOM, context), { into });
    const board = await openBoard({ backend: into, resumable: true });
    const last = (await board.board()).last_timestamp;
    const { task, event } = await board.postTask({ task_type: 'article', label: 'after' });
    expect(event).toMatchObject({ sequence_id: 2176, profile: 'article' });
    expect(event.timestamp).toBeGreaterThan(last);
    const agent = 'review_worker_1';
    for (const to_status of ['ideating', 'idea_ready', 'researching', 'research_ready', 'writing', 'draft_ready']) {
      await board.updateTask({ task_id: task.task_id, to_status, assigned_to: agent });
    }
    const reviewing = await board.updateTask({ task_id: task.task_id, to_status: 'reviewing', assigned_to: agent });
    expect(reviewing.task.stage_kind).toBe('review');
    await board.postAgentHeartbeat({ agent_id: agent, task_id: task.task_id });
    const back = await board.updateTask({ task_id: task.task_id, to_status: 'idea_ready' });
    expect(back.event).toMatchObject({ edge: 'revision', stage_kind: 'wait' });
    await expect(board.updateTask({ task_id: task.task_id, to_status: 'published' })).rejects.toMatchObject({
      code: 'illegal_transition',
    });
    // Its row says HUMAN_REVIEW while its log ends elsewhere.
    await board.postAgentHeartbeat({ agent_id: agent, task_id: 'dq4eb' });
    await board.updateTask({ task_id: 'dq4eb', to_status: 'UNASSIGNED' });
    await board.archiveTask('ylayz');
    const report = await checkLog(board);
    expect(report).toMatchObject({ ok: true, own: 0, events: 2187 });
    await board.close();
  });
});

describe('a reference board of the built-in profiles', () => {
  it('keeps the built-in, and its open work', async context => {
    const profile = { profile: 'review_required' };
    const file = referenceBoard(
      context,
      [
        `insert into agents values ('w1', 'W', 'IDLE', '["memo"]', 'a2a://w1', '{}', null, '1', '${T0}9+00:00');`,
        eventSql(3, 'task_posted', null, 'UNASSIGNED', { task_type: 'memo' }),
        eventSql(4, 'task_assigned', 'UNASSIGNED', 'IN_PROGRESS', profile),
        eventSql(5, 'task_heartbeat', 'IN_PROGRESS', 'IN_PROGRESS', { heartbeat_at: `${T0}4.500000+00:00` }),
        eventSql(6, 'task_reviewed', 'IN_PROGRESS', 'REVISION_NEEDED', profile),
        eventSql(8, 'task_assigned', 'REVISION_NEEDED', 'IN_PROGRESS', profile),
        taskSql('IN_PROGRESS'),
        taskSql('COMPLETE', 't2', 'memo', 'archived_tasks'),
      ].join('\n'),
    );
    const { board, summary } = await imported(file);
    expect(summary).toMatchObject({ profiles: [], tasks: 2, archived_tasks: 1, imported_until: 8 });
    const { task } = await board.getTask('t1');
    expect(task).toMatchObject({ profile: 'review_required', profile_version: 0, stage_kind: 'rework', visit: 2 });
    expect(task).toMatchObject({ standing: 'open', entered_sequence_id: 8 });
    const left = (await board.taskHistory('t1')).find(event => event.sequence_id === 6);
    expect(left).toMatchObject({
      edge: 'revision',
      heartbeats: 1,
      max_heartbeat_gap_us: 500_000,
      from_stage_kind: 'active',
    });
    expect((await board.getTask('t2')).task).toMatchObject({ standing: 'archived' });
    expect(await board.listAgents()).toMatchObject([
      { status: 'BUSY', open_assignments: ['t1'], current_task_id: 't1' },
    ]);
    const { ok, faults } = await checkLog(board);
    expect(ok).toBe(true);
    // Numbers that the reference had skipped, a row that its log never heard of, and the beat that its row never saw.
    expect(faults.map(({ code }) => code).sort()).toEqual([
      ...['row_differs', 'row_without_events', 'sequence_gap', 'sequence_gap'],
    ]);
    const result = await board.postResult({ task_id: 't1', agent_id: 'w1', output: 'done' });
    expect(result.task.status).toBe('PENDING_REVIEW');
    await board.close();
  });
});

describe('a board that was imported in the middle of its work', () => {
  it('takes the columns that nobody had reached yet to follow', async context => {
    const file = referenceBoard(
      context,
      [
        `insert into data_entries values ('_col_order', '["UNASSIGNED","writing","written","editing","done"]', '${T0}1+00:00');`,
        eventSql(1, 'task_posted', null, 'UNASSIGNED', { task_type: 'memo' }),
        eventSql(2, 'task_completed', 'UNASSIGNED', 'writing', { profile: 'memo' }),
        eventSql(3, 'task_heartbeat', 'writing', 'writing', { heartbeat_at: `${T0}3.000000+00:00` }),
        taskSql('writing').replace('null, null, null,', `null, '${T0}3.000000+00:00', null,`),
      ].join('\n'),
    );
    const { board, summary } = await imported(file);
    expect(summary.profiles).toMatchObject([
      { columns: ['UNASSIGNED', 'writing', 'written', 'editing', 'done'], faults: [] },
    ]);
    expect((await board.getTask('t1')).task).toMatchObject({ standing: 'open', stage_kind: 'active' });
    for (const to_status of ['written', 'editing', 'done']) await board.updateTask({ task_id: 't1', to_status });
    expect((await board.getTask('t1')).task.standing).toBe('finished');
    expect((await checkLog(board)).own).toBe(0);
    await board.close();
  });
});

describe('what an import refuses', () => {
  const refused = (file: string, words: RegExp, into = sqlite({ file: ':memory:' })) =>
    expect(importReference(file, { into })).rejects.toMatchObject({
      code: 'invalid_source',
      message: expect.stringMatching(words),
    });

  it('a board that is in use', async context => {
    const file = requireShared(NEWSROOM, context);
    const into = sqlite({ file: ':memory:' });
    await importReference(file, { into });
    await refused(file, /in use already/, into);
    await importReference(file, { into, boardId: 'another' });
    expect((await into.readBoards()).map(board => board.board_id)).toEqual(['another', 'default']);
    await into.close();
  });

  it('files that are no such board, saying why', async context => {
    const dir = tempDir();
    const text = join(dir, 'text.db');
    writeFileSync(text, 'This is no database, whatever its name says. '.repeat(40));
    const folder = join(dir, 'folder.db');
    mkdirSync(folder);
    const ours = join(dir, 'ours.db');
    await (await openBoard({ backend: sqlite({ file: ours }) })).close();
    await refused(join(dir, 'absent.db'), /There is no file/);
    await refused(text, /is no SQLite database/);
    await refused(folder, /There is no file/);
    await refused(ours, /copy it instead/);
    await refused(changedCopy(context, 'drop table data_entries'), /lacks the table data_entries/);
    await refused(changedCopy(context, 'alter table events drop column to_status'), /the column events\.to_status/);
    await refused(changedCopy(context, 'delete from events'), /holds no events/);
  });

  it('rows that cannot be read, naming them', async context => {
    const bad = (sql: string) => changedCopy(context, sql);
    await refused(
      bad(`update events set payload_json = '{' where sequence_id = 7`),
      /In events 7 .* payload_json is no JSON/,
    );
    await refused(bad(`update events set timestamp = 'noon' where sequence_id = 7`), /In events 7 .* no ISO 8601 time/);
    await refused(bad(`update events set event_type = 'x' where sequence_id = 7`), /frozen taxonomy/);
    await refused(bad(`update tasks set notes_json = '{}' where task_id = 'ylayz'`), /In tasks ylayz .* notes_json/);
  });

  it('to leave half a board behind when it is stopped', async context => {
    const into = sqlite({ file: ':memory:' });
    const file = requireShared(NEWSROOM, context);
    await expect(importReference(file, { into, signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
    await into.open();
    expect(await into.readBoards()).toEqual([]);
    await into.close();
  });

  it('to leave half a board behind when the last of its rows cannot be written', async context => {
    const path = join(tempDir(), 'into.db');
    await (await openBoard({ backend: sqlite({ file: path }), boardId: 'other' })).close();
    const database = new BetterSqlite3(path);
    database.exec(`create trigger t before insert on task_types begin select raise(abort, 'no more'); end`);
    const into = sqlite({ file: path });
    const file = requireShared(NEWSROOM, context);
    await expect(importReference(file, { into })).rejects.toMatchObject({ code: 'storage_failed' });
    const counts = ['boards', 'events', 'tasks'].map(table =>
      database.prepare(`select count(*) from ${table}`).pluck().get(),
    );
    expect(counts).toEqual([1, 0, 0]);
    database.exec('drop trigger t');
    await expect(importReference(file, { into })).resolves.toMatchObject({ events: 2175 });
    database.close();
    await into.close();
  });
});
