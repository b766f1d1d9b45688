import { setTimeout as sleep } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { errorOf } from '../../board/core/errors.ts';
import { openBoard } from '../../board/open-board.ts';
import { type EventStreamsOptions, eventStreams } from '../../board/service/events/event-streams.ts';
import { lastEventId } from '../../board/service/events/last-event-id.ts';
import { eventToWire } from '../../board/transport/wire.ts';
import { databaseKinds } from '../support/database-kinds.ts';
import { tempDir } from '../support/temp.ts';
import { SseClient } from './sse-client.ts';
import { type StreamServer, streamServer } from './stream-server.ts';

const SHORT = { heartbeatSeconds: 0.4, pollSeconds: 0.1 } as const;

async function served(options: EventStreamsOptions = SHORT): Promise<{ board: Board; server: StreamServer }> {
  const board = await openBoard({ backend: sqlite({ file: `${tempDir()}/board.db` }) });
  const server = await streamServer(board, options);
  onTestFinished(async () => {
    await server.close();
    await board.close();
  });
  return { board, server };
}

const connect = ({ port }: StreamServer, path = '/', id?: string): SseClient => {
  const client = new SseClient({ port, path, headers: id === undefined ? {} : { 'Last-Event-ID': id } });
  onTestFinished(() => client.close());
  return client;
};

const post = (board: Board, count: number, over: object = {}) =>
  board.postTasks(Array.from({ length: count }, () => ({ task_type: 'memo', label: 'x\ny\u2028z', ...over })));

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);
const idsOf = ({ events }: SseClient): number[] => events.map(({ id }) => id);

describe('an event stream', () => {
  it('sends each event as it stands on the wire, from now on where no place is named', async () => {
    const { board, server } = await served();
    await post(board, 3);
    const client = connect(server);
    await client.until(() => client.lastEventId === '3');
    expect(client.response?.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'close',
    });
    expect(client.retry).toBe(2_000);
    await post(board, 2);
    await board.updateTask({ task_id: (await board.listTasks())[0]?.task_id ?? '', to_status: 'ON_HOLD' });
    await client.until(() => client.events.length === 3);
    const { events } = await board.streamEvents(3);
    expect(client.events).toEqual(
      events.map(event => ({
        id: event.sequence_id,
        event: event.event_type,
        data: JSON.stringify(eventToWire(event)),
      })),
    );
  });

  it('replays from Last-Event-ID, else since, whether the ring or the database has it', async () => {
    const { board, server } = await served({ ...SHORT, ringEvents: 50 });
    await post(board, 700, { notes: ['n'.repeat(500)] });
    const first = connect(server, '/?since=0');
    await first.until(() => first.events.length === 700);
    for (let n = 0; n < 10; n++) await post(board, 10);
    const [old, recent] = [connect(server, '/?since=5', '650'), connect(server, '/?since=780')];
    await Promise.all([
      first.until(() => first.events.length === 800),
      old.until(() => old.events.length === 150),
      recent.until(() => recent.events.length === 20),
    ]);
    expect(idsOf(first)).toEqual(range(1, 800));
    expect(idsOf(old)).toEqual(range(651, 800));
    expect(idsOf(recent)).toEqual(range(781, 800));
    expect(server.streams.stats().page_reads).toBeGreaterThan(0);
  });

  it('refuses a place beyond the log, before and after others have committed', async () => {
    const { board, server } = await served({ ...SHORT, pollSeconds: 600 });
    await post(board, 3);
    const beyond = connect(server, '/?since=4');
    await beyond.ended;
    expect([beyond.status, beyond.body]).toEqual([409, 'cursor_beyond_log']);
    const other = await openBoard({ backend: sqlite({ file: board.backend.sidecarPath ?? '' }) });
    onTestFinished(() => other.close());
    await post(other, 3);
    const known = connect(server, '/?since=5');
    await known.until(() => known.lastEventId === '5');
    await post(board, 1);
    await known.until(() => known.events.length === 2);
    expect(idsOf(known)).toEqual([6, 7]);
  });

  it.each([
    ['', undefined, null],
    ['', '0', 0],
    ['7', '3', 7],
    [undefined, undefined, null],
  ] as const)('Last-Event-ID %s, since %s: after %s', (header, since, after) =>
    expect(lastEventId(header, since)).toBe(after),
  );

  it.each(['-1', '1.5', 'x', '1e3', ' 1', '9'.repeat(17), '9007199254740993'])('refuses the id %s', text => {
    expect(() => lastEventId(text, undefined)).toThrow(/Last-Event-ID must be/);
    expect(() => lastEventId(undefined, text)).toThrow(/since must be/);
  });

  it('shows life to a client that gets nothing, and marks what its filter left out', async () => {
    const { board, server } = await served();
    const client = connect(server, '/?task_type=article&since=0');
    await client.until(() => client.lastEventId === '0');
    await post(board, 40);
    await client.until(() => client.lastEventId === '40');
    expect(client.events).toEqual([]);
    expect(client.comments).toContain('heartbeat');
    await board.postTask({ task_type: 'article', label: 'a' });
    await client.until(() => client.events.length === 1);
    expect(idsOf(client)).toEqual([41]);
  });

  it('filters by every field, by any of the values of one', async () => {
    const { board, server } = await served();
    await board.postTask({ task_type: 'memo', label: 'a', task_id: 'a' });
    await board.postTask({ task_type: 'article', label: 'b', task_id: 'b' });
    await board.registerAgent({
      agent_id: 'ann',
      name: 'a',
      url: 'x',
      version: '1',
      capabilities: [],
      description: '',
    });
    for (const task_id of ['a', 'b']) await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'ann' });
    await board.updateTask({ task_id: 'b', to_status: 'HUMAN_REVIEW' });
    const cases: [string, number[]][] = [
      ['task_id=a', [1, 3]],
      ['task_id=a&task_id=b', [1, 2, 3, 4, 5]],
      ['task_type=article', [2, 4, 5]],
      ['event_type=task_posted&event_type=task_failed', [1, 2, 5]],
      ['agent_id=ann', [3, 4, 5]],
      ['status=IN_PROGRESS', [3, 4]],
      ['status=IN_PROGRESS&task_type=article', [4]],
      ['task_id=nobody', []],
    ];
    for (const [query, expected] of cases) {
      const client = connect(server, `/?since=0&${query}`);
      await client.until(() => client.lastEventId === '5');
      expect(idsOf(client), query).toEqual(expected);
    }
  });

  it('takes as many streams as it may, and none once it is closed', async () => {
    const { server } = await served({ ...SHORT, maxStreams: 2 });
    const [first, second] = [connect(server), connect(server)];
    await Promise.all([first, second].map(client => client.until(() => client.lastEventId === '0')));
    const third = connect(server);
    await third.ended;
    expect(third.body).toBe('overloaded');
    first.close();
    while (server.streams.stats().clients > 1) await sleep(5);
    const fourth = connect(server);
    await fourth.until(() => fourth.lastEventId === '0');
    await server.streams.close();
    await Promise.all([second.ended, fourth.ended]);
    for (const { comments, response } of [second, fourth]) {
      expect(comments.at(-1)).toBe('closing');
      expect(response?.complete, 'ended in order').toBe(true);
    }
    const late = connect(server);
    await late.ended;
    expect(late.body).toBe('closed');
    expect(server.ends.toSorted()).toEqual(['client_gone', 'closing', 'closing']);
  });

  it('ends where the log is replaced by a shorter one, for the client to be told when it comes again', async () => {
    const { board, server } = await served();
    await post(board, 5);
    const client = connect(server);
    await client.until(() => client.lastEventId === '5');
    const database = new BetterSqlite3(board.backend.sidecarPath ?? '');
    database.exec('delete from events where sequence_id > 3; update boards set next_sequence_id = 4');
    database.close();
    await client.ended;
    expect(client.comments.at(-1)).toBe('log_replaced');
    const again = connect(server, '/', client.lastEventId);
    await again.ended;
    expect(again.body).toBe('cursor_beyond_log');
    const fresh = connect(server);
    await fresh.until(() => fresh.lastEventId === '3');
    await post(board, 1);
    await fresh.until(() => fresh.events.length === 1);
  });

  it('outlives a database that is away', async () => {
    const board = await openBoard({ backend: sqlite({ file: ':memory:' }) });
    let isAway = false;
    const errors: string[] = [];
    const guarded = <Result>(read: () => Promise<Result>): Promise<Result> =>
      isAway ? Promise.reject(errorOf('storage_unavailable', 'away')) : read();
    const server = await streamServer(
      {
        board: () => guarded(() => board.board()),
        events: (...page) => guarded(() => board.events(...page)),
        taskEvents: (...page) => guarded(() => board.taskEvents(...page)),
        onEvents: () => () => undefined,
        onSignal: () => () => undefined,
      },
      { ...SHORT, ringEvents: 2, onError: message => errors.push(message) },
    );
    onTestFinished(async () => {
      await server.close();
      await board.close();
    });
    isAway = true;
    const early = connect(server);
    await early.ended;
    expect(early.body).toBe('storage_unavailable');
    isAway = false;
    const client = connect(server);
    await client.until(() => client.lastEventId === '0');
    isAway = true;
    await post(board, 10);
    while (errors.length < 3) await sleep(20);
    isAway = false;
    await client.until(() => client.events.length === 10);
    isAway = true;
    const behind = connect(server, '/?since=1');
    await behind.until(() => behind.lastEventId === '1');
    await sleep(300);
    expect(behind.events).toEqual([]);
    isAway = false;
    await behind.until(() => behind.events.length === 9);
    expect([idsOf(client), idsOf(behind)]).toEqual([range(1, 10), range(2, 10)]);
    expect(new Set(errors)).toEqual(
      new Set(['The board could not be asked for new events', 'Events could not be read for a stream']),
    );
  });

  it.each(['heartbeatSeconds', 'pollSeconds', 'stallSeconds', 'maxStreams', 'ringBytes'])('refuses %s of 0', name => {
    const board = {} as Board;
    expect(() => eventStreams(board, { [name]: 0 })).toThrow(new RegExp(name));
    expect(() => eventStreams(board, { [name]: Number.NaN })).toThrow(new RegExp(name));
  });
});

describe.each(databaseKinds())('event streams on $name', kind => {
  it.skipIf(kind.skip !== undefined)('send what this process and another commit, in one order', async () => {
    const database = await kind.create();
    const [board, other] = [
      await openBoard({ backend: database.backend() }),
      await openBoard({ backend: database.backend() }),
    ];
    const server = await streamServer(board, SHORT);
    onTestFinished(async () => {
      await server.close();
      await board.close();
      await other.close();
    });
    const clients = ['/?since=0', '/', '/?task_type=other&since=0'].map(path => connect(server, path));
    await Promise.all(clients.map(client => client.until(() => client.lastEventId === '0')));
    const write = async (to: Board, task_type: string): Promise<void> => {
      for (let n = 0; n < 40; n++) {
        await to.postTask({ task_type, label: `${n}` });
        if (n % 8 === 0) await sleep(3);
      }
    };
    await Promise.all([write(board, 'own'), write(other, 'other')]);
    const [all, now, others] = clients as [SseClient, SseClient, SseClient];
    await Promise.all([
      all.until(() => all.events.length === 80),
      now.until(() => now.events.length === 80),
      others.until(() => others.events.length === 40),
    ]);
    const { events } = await board.streamEvents();
    const elsewhere = await streamServer(other, SHORT);
    onTestFinished(() => elsewhere.close());
    const moved = connect(elsewhere, '/', '33');
    await moved.until(() => moved.events.length === 47);
    expect(idsOf(moved), 'gone on at another process').toEqual(range(34, 80));
    expect(idsOf(all)).toEqual(range(1, 80));
    expect(idsOf(now)).toEqual(range(1, 80));
    expect(idsOf(others)).toEqual(events.filter(event => event.task_type === 'other').map(event => event.sequence_id));
  });
});
