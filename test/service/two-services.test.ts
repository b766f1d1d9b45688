import { describe, expect, it, onTestFinished } from 'vitest';
import { postgres } from '../../board/backends/postgres/index.ts';
import { createToken, revokeToken } from '../../board/service/index.ts';
import { until } from '../agents/office.ts';
import { newDatabase, postgresServer } from '../support/servers.ts';
import { openServedBoard, serve } from './served.ts';

describe.skipIf(postgresServer().url === null)('two services of one board on PostgreSQL', () => {
  it('answer as one: tasks, keys, tokens and streams', async () => {
    const url = await newDatabase(postgresServer());
    const boards = await Promise.all([1, 2].map(() => openServedBoard({ backend: postgres({ url }) })));
    onTestFinished(async () => {
      await Promise.all(boards.map(board => board.close()));
    });
    const [one, two] = boards as [(typeof boards)[0], (typeof boards)[0]];
    const { token, token_id } = await createToken(one, { name: 'ci', permissions: ['admin'] });
    const [a, b] = [await serve({}, {}, one), await serve({}, {}, two)];
    const headers = { authorization: `Bearer ${token}` };

    const stream = await fetch(`${b.service.url}/events?since=0`, { headers });
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    let streamed = '';
    const reading = (async () => {
      for (let chunk = await reader?.read(); chunk?.done === false; chunk = await reader?.read())
        streamed += chunk.value;
    })();

    const keyed = { ...headers, 'idempotency-key': 'k1' };
    const task = { task_type: 'memo', label: 'x' };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => (index % 2 ? a : b).post('/tasks', task, keyed)),
    );
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    const posts = Array.from({ length: 60 }, (_, index) =>
      (index % 2 ? a : b).post('/tasks', { ...task, task_id: `t${index}` }, headers),
    );
    expect((await Promise.all(posts)).map(({ status }) => status)).toEqual(Array.from(posts, () => 201));
    expect((await b.get('/tasks?limit=500', headers)).body).toEqual((await a.get('/tasks?limit=500', headers)).body);

    await until(() => streamed.split('event: task_posted').length === 62);
    const ids = [...streamed.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toEqual(Array.from({ length: 62 }, (_, index) => index));

    await revokeToken(one, token_id);
    await until(async () => (await b.get('/tasks', headers)).status === 401);
    await until(async () => (await a.get('/tasks', headers)).status === 401);
    await b.service.close();
    await reading;
    expect(await one.listTasks()).toHaveLength(61);
  });

  it('a hostile id, cursor or key is refused by the service, not by the database', async () => {
    const url = await newDatabase(postgresServer());
    const board = await openServedBoard({ backend: postgres({ url }) });
    onTestFinished(() => board.close());
    const { get, post } = await serve({}, {}, board);
    const cursor = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url');
    const paths = [
      '/tasks/%00',
      '/agents/a%00b/activity',
      '/tasks?status=%00',
      `/tasks?after=${cursor([1e300, 1, 'x'])}`,
      `/tasks?after=${cursor([1, 1, 'x\0'])}`,
      `/tasks?after=${cursor(['1', 1, 'x'])}`,
      `/tasks?after=${cursor([1, 1, '\ud800'])}`,
      '/events?after=9007199254740993',
      `/tasks/${'%F0%9F%90%9D'.repeat(60)}`,
    ];
    for (const path of paths) {
      const { status, body } = await get(path, { accept: 'application/json' });
      expect([path, status, String(body.error_code)]).toEqual([
        path,
        400,
        expect.stringMatching(/^invalid_(payload|text)$/),
      ]);
    }
    for (const [field, bad] of Object.entries({
      task_id: 'a\0',
      label: '\ud800',
      notes: ['\0'],
      scope: 'x'.repeat(201),
    })) {
      const { status } = await post('/tasks', { task_type: 'memo', label: 'x', [field]: bad });
      expect([field, status]).toEqual([field, 400]);
    }
    const { status } = await post('/tasks', { task_type: 'memo', label: 'x' }, { 'idempotency-key': 'é'.repeat(150) });
    expect(status).toBe(400);
    expect(await board.listTasks()).toEqual([]);
  });
});
