import { describe, expect, it, onTestFinished } from 'vitest';
import { createToken, revokeToken } from '../../board/service/index.ts';
import { until } from '../agents/office.ts';
import { openServedBoard, type Served, serve } from './served.ts';
import { SseClient } from './sse-client.ts';

function connect({ service }: Served, path: string, headers: Record<string, string> = {}): SseClient {
  const client = new SseClient({ port: service.address.port, host: service.address.host, path, headers });
  onTestFinished(() => client.close());
  return client;
}

const ids = ({ events }: SseClient): number[] => events.map(({ id }) => id);

describe('GET /events', () => {
  it('streams from where the client says, filtered, with the headers of every answer', async () => {
    const served = await serve({ corsOrigins: ['https://app.example'] });
    const { board } = served;
    await board.postTask({ task_id: 'a', task_type: 'memo', label: 'x' });
    await board.postTask({ task_id: 'b', task_type: 'article', label: 'x' });
    const all = connect(served, '/events?since=0', { origin: 'https://app.example', 'x-request-id': 'mine' });
    const memos = connect(served, '/events?since=0&task_type=memo&event_type=task_posted&event_type=task_assigned');
    const rest = connect(served, '/events?since=0', { 'last-event-id': '1' });
    const news = connect(served, '/events');
    await until(() => served.service.stats().open_streams === 4);
    await board.updateTask({ task_id: 'a', to_status: 'IN_PROGRESS' });
    await board.updateTask({ task_id: 'b', to_status: 'writing' });
    await all.until(() => all.events.length === 4);
    await rest.until(() => rest.events.length === 3);
    await memos.until(() => memos.events.length === 2);
    await news.until(() => news.events.length === 2);
    expect([all, rest, memos, news].map(ids)).toEqual([
      [1, 2, 3, 4],
      [2, 3, 4],
      [1, 3],
      [3, 4],
    ]);
    expect(all.response?.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-request-id': 'mine',
      'x-content-type-options': 'nosniff',
      'access-control-allow-origin': 'https://app.example',
    });
    const page = await served.get('/events?after=0', { accept: 'application/json' });
    expect(all.events.map(({ data }) => JSON.parse(data) as object)).toEqual(page.body.events);
    all.close();
    await until(() => served.lines().some(({ route, request_id }) => route === '/events' && request_id === 'mine'));
    const stats = served.service.stats();
    expect(stats).toMatchObject({
      in_flight: 0,
      open_streams: 3,
      event_streams: { clients: 3, opened: 4, dropped: 0 },
    });
  });

  it('refuses before it streams: what no stream or page has, too many, no token', async () => {
    const { get, service, board } = await serve({ maxStreams: 1 });
    const json = { accept: 'application/json' };
    const refusals: [string, Record<string, string>, number, string][] = [
      ['/events?after=1', {}, 400, 'invalid_payload'],
      ['/events?limit=1', {}, 400, 'invalid_payload'],
      ['/events?since=1', json, 400, 'invalid_payload'],
      ['/events?task_id=a', json, 400, 'invalid_payload'],
      ['/events?event_type=task_eaten', {}, 400, 'invalid_payload'],
      ['/events', { 'last-event-id': 'x' }, 400, 'invalid_payload'],
      ['/events', { 'last-event-id': '7' }, 409, 'cursor_beyond_log'],
    ];
    for (const [path, headers, status, code] of refusals) {
      const answer = await get(path, headers);
      expect([path, answer.status, answer.body.error_code]).toEqual([path, status, code]);
    }
    const leaving = new AbortController();
    const stream = await fetch(`${service.url}/events`, { signal: leaving.signal });
    const second = await get('/events');
    expect([stream.status, second.status, second.body.error_code]).toEqual([200, 503, 'overloaded']);
    leaving.abort();
    await until(() => service.stats().open_streams === 0);
    await createToken(board, { name: 'any', permissions: ['post'] });
    await until(async () => (await get('/tasks')).status === 401);
    expect((await get('/events')).status).toBe(401);
  });

  it('ends for a token that is revoked, and for no other', async () => {
    const board = await openServedBoard();
    onTestFinished(() => board.close());
    const gone = await createToken(board, { name: 'gone', permissions: ['read'] });
    const good = await createToken(board, { name: 'good', permissions: ['read'] });
    const served = await serve({}, {}, board);
    const [first, second] = [gone, good].map(({ token }) =>
      connect(served, '/events?since=0', { authorization: `Bearer ${token}` }),
    ) as [SseClient, SseClient];
    await until(() => served.service.stats().open_streams === 2);
    await revokeToken(board, gone.token_id);
    await first.ended;
    await board.postTask({ task_type: 'memo', label: 'x' });
    await second.until(() => second.events.length === 1);
    expect([first.events.length, served.service.stats().open_streams]).toEqual([0, 1]);
  });
});
