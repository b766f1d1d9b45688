import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createToken, type ServiceOptions } from '../../board/service/index.ts';
import { until } from '../agents/office.ts';
import { openServedBoard, serve } from './served.ts';

const admit: NonNullable<ServiceOptions['admit']> = task => {
  if (task.label === 'broken') throw new Error('the hook fell over in /etc/hook');
  if (task.label === 'bad') return { verdict: 'refuse', reason: 'no bad tasks' };
  if (task.label === 'odd') return { verdict: 'hold', reason: 'look at it' };
  return { verdict: 'allow' };
};

const task = (label: string) => ({ task_type: 'memo', label });
const envelope = (label: string) => ({
  intent: 'board.post_task',
  request_id: 'r',
  timestamp: 't',
  payload: task(label),
});

describe('the admission hook of a service', () => {
  it('a refused post answers 403 with the reason, leaves an audit line, and no task', async () => {
    const board = await openServedBoard();
    onTestFinished(() => board.close());
    const { token, token_id } = await createToken(board, { name: 'ci', permissions: ['post'] });
    const { post, lines } = await serve({ admit }, {}, board);
    const headers = { authorization: `Bearer ${token}` };
    const refused = await post('/tasks', { ...task('bad'), task_id: 't1' }, headers);
    expect([refused.status, refused.body]).toMatchObject([
      403,
      { error_code: 'admission_refused', details: { reason: 'no bad tasks' } },
    ]);
    const bulk = await post('/tasks', { tasks: [task('good'), task('bad')] }, headers);
    expect([bulk.status, bulk.body]).toMatchObject([403, { error_code: 'admission_refused', details: { index: 1 } }]);
    const enveloped = await post('/a2a', envelope('bad'), headers);
    expect([enveloped.status, enveloped.body]).toMatchObject([
      403,
      { ok: false, error_code: 'admission_refused', result: {}, request_id: 'r' },
    ]);
    expect(await board.listTasks()).toEqual([]);
    const audit = lines().filter(({ log }) => log === 'audit');
    expect(audit.map(({ token: name, token_id: id, outcome }) => [name, id, outcome])).toEqual(
      Array.from({ length: 3 }, () => ['ci', token_id, 'admission_refused']),
    );
    expect(audit[0]).toMatchObject({ task_id: 't1', intent: 'board.post_task' });
  });

  it('one that fails answers 503 and says nothing of why; a held task stands in ON_HOLD', async () => {
    const { board, post } = await serve({ admit });
    for (const [path, body] of [
      ['/tasks', task('broken')],
      ['/a2a', envelope('broken')],
    ] as const) {
      const { status, body: answer, headers, text } = await post(path, body);
      expect([status, answer.error_code, headers.get('retry-after')]).toEqual([503, 'admission_unavailable', '1']);
      expect(text).not.toContain('/etc');
    }
    const held = await post('/tasks', task('odd'));
    expect([held.status, held.body]).toMatchObject([201, { task: { status: 'ON_HOLD', notes: ['look at it'] } }]);
    expect((await post('/tasks', task('good'))).body).toMatchObject({ task: { status: 'UNASSIGNED' } });
    expect(await board.listTasks()).toHaveLength(2);
  });

  it('is told who asks, and when nobody waits any more', async () => {
    const asked: { name: string; aborted: boolean }[] = [];
    const begun: string[] = [];
    const gone: string[] = [];
    const slow: NonNullable<ServiceOptions['admit']> = async ({ label }, { signal, caller }) => {
      begun.push(label);
      signal.addEventListener('abort', () => gone.push(label));
      await sleep(label === 'left' ? 600_000 : 100, undefined, { signal }).catch(() => undefined);
      asked.push({ name: caller.name, aborted: signal.aborted });
      return { verdict: 'allow' };
    };
    const { post, ask, board } = await serve({ admit: slow });
    expect((await post('/tasks', task('waits'))).status).toBe(201);
    expect(asked).toEqual([{ name: 'anonymous', aborted: false }]);
    const leaving = new AbortController();
    const body = JSON.stringify(task('left'));
    const left = ask('/tasks', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: leaving.signal,
    });
    const refused = expect(left).rejects.toThrow(/abort/);
    await until(() => begun.includes('left'));
    leaving.abort();
    await refused;
    await until(() => gone.includes('left'));
    expect((await board.listTasks()).length).toBeLessThanOrEqual(2);
  });
});
