import { networkInterfaces } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../board/clock.ts';
import type { JsonObject } from '../../board/core/json.ts';
import { createToken, revokeToken, type ServiceOptions, serveBoard } from '../../board/service/index.ts';
import { answerOf, parseAnswer, rawSocket } from './raw-http.ts';
import { openServedBoard, readableLog, serve } from './served.ts';

const metrics = async () => ({ text: 'up 1\n', contentType: 'text/plain' });

interface Operation {
  readonly security: readonly object[];
}

async function servedWithTokens() {
  const board = await openServedBoard();
  onTestFinished(() => board.close());
  const good = await createToken(board, { name: 'good', permissions: ['admin'] });
  const now = systemClock()();
  const expired = await createToken(
    board,
    { name: 'old', permissions: ['admin'], expiresAt: now + 1_000_000 },
    { now: () => now },
  );
  const revoked = await createToken(board, { name: 'gone', permissions: ['admin'] });
  await revokeToken(board, revoked.token_id);
  while (systemClock()() < now + 1_000_000) await new Promise(resolve => setTimeout(resolve, 20));
  return { ...(await serve({ metrics }, {}, board)), good, expired, revoked };
}

describe('tokens', () => {
  it('missing, wrong, expired and revoked ones are refused alike on every route that needs one', async () => {
    const { get, ask, board, good, expired, revoked } = await servedWithTokens();
    const { paths } = (await get('/openapi.json')).body as unknown as {
      paths: Record<string, Record<string, Operation>>;
    };
    const headers: Record<string, Record<string, string>> = {
      missing: {},
      empty: { authorization: '' },
      wrong: { authorization: 'Bearer qdr_nonsense' },
      otherSecret: { authorization: `Bearer ${good.token.slice(0, -6)}AAAAAA` },
      otherScheme: { authorization: `Basic ${good.token}` },
      expired: { authorization: `Bearer ${expired.token}` },
      revoked: { authorization: `Bearer ${revoked.token}` },
    };
    let asked = 0;
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, { security }] of Object.entries(operations)) {
        const url = path.replace(/\{\w+\}/g, 'x');
        if (security.length === 0) {
          expect((await ask(url, { method })).status).toBe(200);
          continue;
        }
        for (const [what, each] of Object.entries(headers)) {
          const { status, body, headers: answered } = await ask(url, { method: method.toUpperCase(), headers: each });
          expect([what, method, url, status, body.error_code]).toEqual([what, method, url, 401, 'unauthorized']);
          expect(answered.get('www-authenticate')).toBe('Bearer realm="quadro"');
          asked += 1;
        }
      }
    }
    expect(asked).toBeGreaterThan(100);
    expect(await board.listTasks()).toEqual([]);
    expect((await get('/tasks', { authorization: `Bearer ${good.token}` })).status).toBe(200);
  });

  it('the first one closes the door of a running service, and a revoked one does not open it again', async () => {
    const { board, get } = await serve();
    expect((await get('/tasks')).status).toBe(200);
    const { token, token_id } = await createToken(board, { name: 'first', permissions: ['read'] });
    while ((await get('/tasks')).status !== 401) await new Promise(resolve => setTimeout(resolve, 50));
    expect((await get('/tasks', { authorization: `Bearer ${token}` })).status).toBe(200);
    await revokeToken(board, token_id);
    while ((await get('/tasks', { authorization: `Bearer ${token}` })).status !== 401) {
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    expect((await get('/tasks')).status).toBe(401);
  });

  it('what is recorded is the token, or whom it acts for', async () => {
    const board = await openServedBoard();
    onTestFinished(() => board.close());
    const { token, token_id } = await createToken(board, { name: 'ci', permissions: ['admin'] });
    const { post, lines } = await serve({}, {}, board);
    const authorization = `Bearer ${token}`;
    await post('/tasks', { task_id: 'a', task_type: 'memo', label: 'x' }, { authorization });
    const envelope = {
      intent: 'board.post_task',
      request_id: 'r9',
      timestamp: '2026-01-01T00:00:00+00:00',
      payload: { task_id: 'b', task_type: 'memo', label: 'x' },
      context: { actor: 'ada' },
    };
    expect((await post('/a2a', envelope, { authorization })).body).toMatchObject({ ok: true, request_id: 'r9' });
    const { events } = await board.streamEvents();
    expect(events.map(({ task_id, actor }) => [task_id, actor])).toEqual([
      ['a', 'ci'],
      ['b', 'ada'],
    ]);
    const audit = lines().filter(({ log }) => log === 'audit');
    expect(audit).toMatchObject([
      { token: 'ci', token_id, actor: 'ci', task_id: 'a', outcome: 'ok', sequence_id: 1, intent: 'board.post_task' },
      { token: 'ci', token_id, actor: 'ada', task_id: 'b', outcome: 'ok', sequence_id: 2, intent: 'board.post_task' },
    ]);
  });

  it('tell a public address from a private one: /ready gives details only to who may read', async () => {
    const board = await openServedBoard();
    onTestFinished(() => board.close());
    const reader = await createToken(board, { name: 'r', permissions: ['read'] });
    const poster = await createToken(board, { name: 'p', permissions: ['post'] });
    const failing = { name: 'exporter', check: async () => Promise.reject(new Error('the collector is away')) };
    const { get } = await serve({ readiness: [failing] }, {}, board);
    const nobody = await get('/ready');
    expect([nobody.status, nobody.body]).toEqual([503, { status: 'unready', failing: ['exporter'] }]);
    expect((await get('/ready', { authorization: `Bearer ${poster.token}` })).body).toEqual(nobody.body);
    const { body } = await get('/ready', { authorization: `Bearer ${reader.token}` });
    expect(body.checks).toMatchObject([
      { name: 'database', ok: true, error: null, facts: { next_sequence_id: 1 } },
      { name: 'exporter', ok: false, error: 'the collector is away' },
    ]);
  });
});

describe('a service without tokens', () => {
  it('is refused on an address that others reach, unless it is meant', async () => {
    const board = await openServedBoard();
    onTestFinished(() => board.close());
    const { logger } = readableLog();
    const open = serveBoard(board, { host: '0.0.0.0', port: 0, logger });
    await expect(open).rejects.toThrow(/quadro token create/);
    await expect(open).rejects.toMatchObject({ code: 'invalid_configuration' });
    const meant = await serveBoard(board, { host: '0.0.0.0', port: 0, logger, insecure: true });
    const { status } = await fetch(`${meant.url}/tasks`);
    await meant.close();
    expect(status).toBe(200);
    await createToken(board, { name: 'any', permissions: ['read'] });
    const guarded = await serveBoard(board, { host: '0.0.0.0', port: 0, logger });
    const refused = (await fetch(`${guarded.url}/tasks`)).status;
    await guarded.close();
    expect(refused).toBe(401);
  });

  it('is reached at no address but its own', async () => {
    const { service } = await serve();
    const others = Object.values(networkInterfaces())
      .flatMap(each => each ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address } of others) {
      await expect(fetch(`http://${address}:${service.address.port}/health`)).rejects.toThrow();
    }
    expect(service.address.host).toBe('127.0.0.1');
  });

  it('does not answer to a name that leads to it from elsewhere', async () => {
    const { service, board } = await serve();
    const asked = async (host: string, path = '/tasks'): Promise<[number, JsonObject]> => {
      const socket = await rawSocket(service.url);
      const answer = answerOf(socket);
      socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
      const { status, body } = parseAnswer(await answer);
      return [status, body];
    };
    for (const host of ['evil.example', 'evil.example:7337', '127.0.0.1.evil.example', 'localhost.evil.example', '']) {
      const [status, body] = await asked(host);
      expect([host, status, body.error_code]).toEqual([host, 403, 'forbidden']);
    }
    for (const host of ['localhost', 'localhost:7337', '127.0.0.1:1', '[::1]:7337', 'LOCALHOST']) {
      expect([host, (await asked(host))[0]]).toEqual([host, 200]);
    }
    expect((await asked('evil.example', '/health'))[0]).toBe(200);
    expect(await board.listTasks()).toEqual([]);
  });

  it('takes nothing from a page of another origin: no CORS, and no body that needs none', async () => {
    const { ask, board } = await serve();
    const preflight = await ask('/tasks', {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([405, null]);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const body = '{"task_type":"memo","label":"x"}';
      const { status } = await ask('/tasks', { method: 'POST', headers: { 'content-type': type }, body });
      expect([type, status]).toEqual([type, 415]);
    }
    expect(await board.listTasks()).toEqual([]);
  });
});

describe('origins that are allowed', () => {
  it('may ask, and no other', async () => {
    const { ask, get } = await serve({ corsOrigins: ['https://app.example'] });
    const asked = (origin: string) =>
      ask('/tasks', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      });
    const good = await asked('https://app.example');
    expect([good.status, good.headers.get('access-control-allow-origin')]).toEqual([204, 'https://app.example']);
    expect(good.headers.get('access-control-allow-headers')).toContain('authorization');
    expect((await asked('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    expect((await ask('/tasks', { method: 'OPTIONS' })).status).toBe(204);
    const read = await get('/tasks', { origin: 'https://app.example' });
    expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([200, 'https://app.example']);
  });
});

describe('the limit of requests', () => {
  it('counts each client by its token, and who has none by address', async () => {
    const board = await openServedBoard();
    onTestFinished(() => board.close());
    const first = await createToken(board, { name: 'one', permissions: ['read'] });
    const second = await createToken(board, { name: 'two', permissions: ['read'] });
    const { get, service } = await serve({ requestsPerMinute: 3 }, {}, board);
    const statuses = async (headers: Record<string, string>, path = '/agents') => {
      const all: number[] = [];
      for (let index = 0; index < 5; index++) all.push((await get(path, headers)).status);
      return all;
    };
    expect(await statuses({ authorization: `Bearer ${first.token}` })).toEqual([200, 200, 200, 429, 429]);
    expect(await statuses({ authorization: `Bearer ${second.token}` })).toEqual([200, 200, 200, 429, 429]);
    // Guessing counts against the address.
    expect(await statuses({ authorization: 'Bearer guess' })).toEqual([401, 401, 401, 429, 429]);
    expect(await statuses({}, '/nowhere')).toEqual([429, 429, 429, 429, 429]);
    expect(await statuses({}, '/health')).toEqual([200, 200, 200, 200, 200]);
    expect(await statuses({}, '/ready')).toEqual([200, 200, 200, 200, 200]);
    const answer = await get('/agents', { authorization: `Bearer ${first.token}` });
    expect(answer.body).toMatchObject({ error_code: 'rate_limited', details: { requests_per_minute: 3 } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(service.stats().refused.rate_limited).toBeGreaterThan(8);
  });

  it('believes an address in X-Forwarded-For only of a proxy it was told of', async () => {
    const statuses = async (options: ServiceOptions) => {
      const { get } = await serve({ requestsPerMinute: 1, ...options });
      const all: number[] = [];
      for (const client of ['192.0.2.1', '192.0.2.2', '192.0.2.2']) {
        all.push((await get('/', { 'x-forwarded-for': client })).status);
      }
      return all;
    };
    expect(await statuses({})).toEqual([200, 429, 429]);
    expect(await statuses({ trustProxy: ['127.0.0.1'] })).toEqual([200, 200, 429]);
    expect(await statuses({ trustProxy: ['10.0.0.0/8'] })).toEqual([200, 429, 429]);
  });
});
