import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { JsonObject } from '../../board/core/json.ts';
import { openBoard } from '../../board/index.ts';
import { resultToWire } from '../../board/transport/wire.ts';
import { gate, until } from '../agents/office.ts';
import { writeSample } from '../support/sample-board.ts';
import { tempDir } from '../support/temp.ts';
import { type Hindrance, hindered } from './broken-backend.ts';
import { serve } from './served.ts';

describe('tasks over REST', () => {
  it('are posted, moved, finished and archived as by the typed methods', async () => {
    const { board, get, post } = await serve();
    const posted = await post('/tasks', { task_id: 't1', task_type: 'memo', label: 'lunch' });
    expect(posted.status).toBe(201);
    expect(posted.body).toMatchObject({ task: { task_id: 't1', status: 'UNASSIGNED' }, event: { sequence_id: 1 } });
    const moved = await post('/tasks/t1/transition', { to_status: 'IN_PROGRESS', assigned_to: 'ada' });
    expect([moved.status, moved.body]).toMatchObject([
      200,
      { task: { assigned_to: 'ada' }, event: { sequence_id: 2 } },
    ]);
    const done = await post('/tasks/t1/result', { output: { words: 3 }, agent_id: 'ada' });
    expect(done.body).toMatchObject({ task: { status: 'COMPLETE', output: '{"words": 3}' } });
    expect((await post('/tasks/t1/archive')).body).toMatchObject({ archived: true, task: { standing: 'archived' } });
    expect((await get('/tasks/t1')).body).toEqual(resultToWire(await board.getTask('t1')));
    expect((await get('/tasks/t1/flight-plan')).body).toEqual(resultToWire(await board.flightPlan('t1')));
  });

  it('go in bulk: all of them or none', async () => {
    const { board, post } = await serve();
    const tasks = [
      { task_id: 'a', task_type: 'memo', label: 'x' },
      { task_id: 'b', task_type: 'memo', label: 'y' },
    ];
    const { status, body } = await post('/tasks', { tasks });
    expect([status, (body.tasks as JsonObject[]).map(task => task.task_id)]).toEqual([201, ['a', 'b']]);
    const refused = await post('/tasks', { tasks: [{ task_id: 'c', task_type: 'memo', label: 'z' }, tasks[0] ?? {}] });
    expect([refused.status, refused.body.error_code]).toEqual([409, 'duplicate_task_id']);
    expect(refused.body.details).toMatchObject({ index: 1 });
    expect(await board.listTasks()).toHaveLength(2);
  });

  it('are posted once under one Idempotency-Key', async () => {
    const { board, post } = await serve();
    const key = { 'idempotency-key': 'k1' };
    const first = await post('/tasks', { task_type: 'memo', label: 'x' }, key);
    const again = await post('/tasks', { task_type: 'memo', label: 'x' }, key);
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    const other = await post('/tasks', { task_type: 'memo', label: 'y' }, key);
    expect([other.status, other.body.error_code]).toEqual([409, 'idempotency_conflict']);
    expect(await board.listTasks()).toHaveLength(1);
  });

  it('are refused with a field that no task has, in a bulk too', async () => {
    const { board, post } = await serve();
    const task = { task_type: 'memo', label: 'x', prio: 1 };
    for (const body of [task, { tasks: [task] }, { tasks: [], colour: 1 }]) {
      const answer = await post('/tasks', body);
      expect([answer.status, answer.body.error_code]).toEqual([400, 'invalid_payload']);
    }
    expect((await post('/tasks/none/transition', { to_status: 'X', task_id: 'other' })).status).toBe(400);
    expect(await board.listTasks()).toHaveLength(0);
  });

  it('page by priority and age, each task once, whatever is between', async () => {
    const { board, get } = await serve();
    const all = Array.from({ length: 57 }, (_, index) => ({
      task_id: `t${index}`,
      task_type: index % 3 === 0 ? 'memo' : 'article',
      label: 'x',
      priority: index % 4,
    }));
    await board.postTasks(all);
    for (const limit of [1, 7, 16, 57, 100]) {
      const seen: string[] = [];
      let path = `/tasks?limit=${limit}`;
      while (path !== '') {
        const { body } = await get(path);
        const tasks = body.tasks as JsonObject[];
        expect(tasks.length).toBeLessThanOrEqual(limit);
        seen.push(...tasks.map(task => String(task.task_id)));
        path = body.next === null ? '' : `/tasks?limit=${limit}&after=${body.next}`;
      }
      expect(seen).toEqual((await board.listTasks()).map(task => task.task_id));
    }
    const memos = (await get('/tasks?task_type=memo&status=UNASSIGNED&limit=500')).body.tasks as JsonObject[];
    expect(memos).toHaveLength(19);
    const named = (await get('/tasks?task_id=t1&task_id=t2&task_id=none')).body.tasks as JsonObject[];
    expect(named.map(task => task.task_id).sort()).toEqual(['t1', 't2']);
  });

  it('a page of large tasks ends early, and nothing is left out', async () => {
    const { board, get } = await serve();
    const note = 'n'.repeat(500_000);
    for (let index = 0; index < 40; index++) await board.postTask({ task_type: 'memo', label: 'x', notes: [note] });
    const seen = new Set<string>();
    let path = '/tasks?limit=500';
    let pages = 0;
    while (path !== '') {
      const { body, text } = await get(path);
      expect(text.length).toBeLessThan(10_000_000);
      for (const { task_id } of body.tasks as JsonObject[]) seen.add(String(task_id));
      path = body.next === null ? '' : `/tasks?limit=500&after=${body.next}`;
      pages += 1;
    }
    expect([seen.size, pages > 2]).toEqual([40, true]);
  });
});

describe('a board with more to write than it holds', () => {
  it('refuses with 503 and says when to try again; what it took is written', async () => {
    const hindrance: Hindrance = {};
    const backend = hindered(sqlite({ file: ':memory:' }), hindrance);
    const { board, post, service } = await serve({}, { backend, maxQueued: 5 });
    const { opened, open } = gate();
    await post('/tasks', { task_type: 'memo', label: 'x' });
    hindrance.before = method => (method === 'transact' ? opened : undefined);
    const posts = Array.from({ length: 30 }, () => post('/tasks', { task_type: 'memo', label: 'x' }));
    await until(() => (service.stats().refused.overloaded ?? 0) > 10);
    open();
    const answers = await Promise.all(posts);
    const refused = answers.filter(({ status }) => status !== 201);
    for (const { status, body, headers } of refused) {
      expect([status, body.error_code, headers.get('retry-after')]).toEqual([503, 'overloaded', '1']);
    }
    expect(refused.length).toBeGreaterThan(10);
    expect(await board.listTasks()).toHaveLength(1 + answers.length - refused.length);
  });
});

describe('a board that is only read', () => {
  it('is served: reads are answered, writes refused', async () => {
    const file = join(tempDir(), 'board.db');
    await writeSample(file);
    const board = await openBoard({ backend: sqlite({ file, readOnly: true }), readOnly: true });
    onTestFinished(() => board.close());
    const { get, post } = await serve({}, {}, board);
    expect((await get('/tasks')).body.tasks).toHaveLength(2);
    const { status, body, text } = await post('/tasks', { task_type: 'memo', label: 'x' });
    expect([status, body.error_code, text.includes(file)]).toEqual([409, 'storage_read_only', false]);
  });
});

describe('logs over REST', () => {
  it('page to the end, and a page that is cut for its bytes says that there is more', async () => {
    const { board, get } = await serve();
    const large = 'x'.repeat(700_000);
    for (let index = 0; index < 9; index++) {
      await board.postTask({ task_id: `t${index}`, task_type: 'memo', label: index % 2 ? large : 'small' });
    }
    for (const path of ['/events', '/tasks/t1/history', '/agents/nobody/activity']) {
      const rows: JsonObject[] = [];
      let after: number | null = 0;
      while (after !== null) {
        const { body } = await get(`${path}?after=${after}&limit=4`, { accept: 'application/json' });
        rows.push(...(body.events as JsonObject[]));
        after = body.next as number | null;
      }
      const expected = { '/events': 9, '/tasks/t1/history': 1 }[path] ?? 0;
      expect([path, rows.length]).toEqual([path, expected]);
    }
  });
});
