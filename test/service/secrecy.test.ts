import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { errorOf } from '../../board/core/errors.ts';
import { createToken } from '../../board/service/index.ts';
import { until } from '../agents/office.ts';
import { type Hindrance, hindered } from './broken-backend.ts';
import { answerOf, rawSocket } from './raw-http.ts';
import { openServedBoard, serve } from './served.ts';

const SECRET = 'hunter2-secret';

describe('the log of a service', () => {
  it('holds no token, no payload, no header, no query and no address, wherever a caller puts them', async () => {
    const hindrance: Hindrance = {};
    const board = await openServedBoard({ backend: hindered(sqlite({ file: ':memory:' }), hindrance) });
    onTestFinished(() => board.close());
    const { token } = await createToken(board, { name: 'ci', permissions: ['admin'] });
    const other = await createToken(board, { name: 'poor', permissions: ['read'] });
    const { get, post, ask, log, lines, service } = await serve({}, {}, board);
    const authorization = `Bearer ${token}`;
    const secrets = { authorization, cookie: SECRET, 'x-secret': SECRET, 'user-agent': SECRET, referer: SECRET };
    const task = { task_id: 't', task_type: 'memo', label: SECRET, notes: [SECRET] };
    await post('/tasks', task, secrets);
    await post('/tasks', task, secrets);
    await post('/tasks/t/transition', { to_status: 'IN_PROGRESS', notes_append: SECRET }, secrets);
    await post('/tasks/t/transition', { to_status: SECRET }, secrets);
    await post('/tasks/t/result', { output: { text: SECRET } }, secrets);
    await post('/tasks', { label: SECRET, [SECRET]: SECRET }, secrets);
    await post('/tasks', `{"label":"${SECRET}`, secrets);
    await post('/tasks', SECRET, { ...secrets, 'content-type': SECRET });
    await post('/a2a', { intent: SECRET, request_id: 'r', timestamp: SECRET, payload: { x: SECRET } }, secrets);
    await post('/a2a', { [SECRET]: 1 }, secrets);
    const data = { key: 'k', value: SECRET };
    const envelope = { intent: 'board.put_data', request_id: 'r', timestamp: 'now', payload: data };
    await post('/a2a', envelope, secrets);
    await get(`/tasks?status=${SECRET}&after=${SECRET}&${SECRET}=1`, secrets);
    await get(`/${SECRET}?token=${token}`, secrets);
    await get(`/tasks/${SECRET}/history`, secrets);
    await get(`/tasks/%zz${SECRET}`, secrets);
    await get('/tasks', { authorization: `Bearer ${SECRET}` });
    await post('/tasks', task, { authorization: `Bearer ${other.token}` });
    await ask(`/tasks/${SECRET}`, { method: 'DELETE', headers: secrets });
    const socket = await rawSocket(service.url);
    const answer = answerOf(socket);
    socket.write(`${SECRET} ${SECRET} nonsense\r\n\r\n`);
    await answer;
    hindrance.before = () => {
      throw errorOf('storage_failed', 'The disk gave up', { cause: new Error(`INSERT ${SECRET}`) });
    };
    const failed = await post('/tasks', task, secrets);
    expect([failed.status, failed.text.includes('disk')]).toEqual([500, false]);
    hindrance.before = null;

    const requestLines = () => lines().filter(line => line.log === 'request');
    await until(() => requestLines().length === 20);
    expect(log()).not.toContain(SECRET);
    for (const each of [token, other.token]) expect(log()).not.toContain(each.split('_').at(-1));
    // The one who looks after the service learns why; who asked does not.
    expect(log()).toContain('The disk gave up');
    const requests = requestLines();
    for (const line of requests) {
      expect(Object.keys(line).sort()).toEqual(Object.keys(requests[0] ?? {}).sort());
      expect(line.request_id).toMatch(/^[0-9a-f-]{36}$/);
    }
    const audit = lines().filter(line => line.log === 'audit');
    const outcomes = audit.map(({ intent, token: name, outcome }) => [intent, name, outcome]);
    expect(outcomes).toEqual([
      ['board.post_task', 'ci', 'ok'],
      ['board.post_task', 'ci', 'duplicate_task_id'],
      ['board.update_task', 'ci', 'ok'],
      ['board.update_task', 'ci', 'illegal_transition'],
      ['worker.post_result', 'ci', 'ok'],
      ['board.put_data', 'ci', 'ok'],
      ['board.post_task', 'poor', 'forbidden'],
      ['board.post_task', 'ci', 'storage_failed'],
    ]);
  });

  it('goes to stdout as JSON lines, all of them there once the service has stopped', () => {
    const urlOf = (file: string) => JSON.stringify(pathToFileURL(resolve(import.meta.dirname, '../..', file)).href);
    const code = `
      const { openBoard } = await import(${urlOf('board/index.ts')});
      const { sqlite } = await import(${urlOf('board/backends/sqlite/index.ts')});
      const board = await openBoard({ backend: sqlite({ file: ':memory:' }) });
      const service = await board.serve({ port: 0 });
      const body = '{"task_type":"memo","label":"x"}';
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
      await Promise.all(Array.from({ length: 200 }, () => fetch(service.url + '/tasks', init)));
      await board.close();
      process.kill(process.pid, 'SIGKILL');`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' });
    const logged = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { log: string; msg: string });
    const countOf = (kind: string) => logged.filter(({ log }) => log === kind).length;
    expect([countOf('request'), countOf('audit'), logged.at(-1)?.msg]).toEqual([200, 200, 'stopped']);
  });

  it('ties an answer, its line and its audit line together by the request id, the given one or a new one', async () => {
    const { post, lines } = await serve();
    const given = await post('/tasks', { task_type: 'memo', label: 'x' }, { 'x-request-id': 'my id: 7' });
    expect(given.headers.get('x-request-id')).toBe('my id: 7');
    for (const bad of ['é', 'x'.repeat(201), '']) {
      const { headers } = await post('/tasks', { task_type: 'memo', label: 'x' }, { 'x-request-id': bad });
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
    const [first, ...others] = lines().filter(({ log }) => log === 'audit');
    expect([first?.request_id, others.length]).toEqual(['my id: 7', 3]);
    expect(lines().filter(({ request_id }) => request_id === 'my id: 7')).toHaveLength(2);
  });
});
