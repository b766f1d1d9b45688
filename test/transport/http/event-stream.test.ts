import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BoardWatch } from '../../../board/agents/board-watch.ts';
import { type RemoteBoard, type RemoteBoardOptions, remoteBoard } from '../../../board/transport/http/index.ts';
import { until } from '../../agents/office.ts';
import { serve } from '../../service/served.ts';
import { FINE, flakyProxy } from '../../support/flaky-proxy.ts';

const MEMO = { task_type: 'memo', label: 'x' };
/** So far apart that in a test nothing comes from asking. */
const NEVER_SECONDS = 3600;

interface Heard {
  readonly ids: number[];
  readonly reported: string[];
}

async function watching(
  url: string,
  pollSeconds: number,
  options: Partial<RemoteBoardOptions> = {},
): Promise<Heard & { readonly there: RemoteBoard }> {
  const reported: string[] = [];
  const onError = (what: string, error: unknown) => void reported.push(`${what}: ${String(error)}`);
  const there = await remoteBoard({ url, onError, ...options });
  const ids: number[] = [];
  const watch = new BoardWatch(there, events => ids.push(...events.map(event => event.sequence_id)), onError);
  await watch.start(pollSeconds);
  onTestFinished(async () => {
    await watch.close();
    await there.close();
  });
  return { ids, reported, there };
}

const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1);
const heardAll = ({ ids }: Heard, last: number): boolean => upTo(last).every(id => ids.includes(id));

/** A server that answers `/events` streams as it is told, and sends everything else on. */
async function streamProxy(target: string, stream: (response: ServerResponse, request: IncomingMessage) => void) {
  const server = createServer((request, response) => {
    if (request.headers.accept === 'text/event-stream') return void stream(response, request);
    fetch(`${target}${request.url}`, { headers: { accept: 'application/json' } })
      .then(async answer => {
        response.writeHead(answer.status, { 'content-type': 'application/json' });
        response.end(await answer.text());
      })
      .catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the event stream of a board elsewhere', () => {
  it('tells of commits as they happen, without asking', async () => {
    const { board, service } = await serve();
    const heard = await watching(service.url, NEVER_SECONDS);
    for (let count = 1; count <= 30; count++) {
      await board.postTask(MEMO);
      if (count % 10 === 0) await until(() => heardAll(heard, count));
    }
    expect(heard.reported).toEqual([]);
  });

  it('goes on where it was cut, without a gap', async () => {
    const { board, service } = await serve();
    const proxy = await flakyProxy(service.url);
    const heard = await watching(proxy.url, NEVER_SECONDS);
    for (let round = 1; round <= 4; round++) {
      await board.postTasks(Array.from({ length: 20 }, () => MEMO));
      proxy.cut();
    }
    await until(() => heardAll(heard, 80));
    expect(proxy.arrivals.filter(({ path }) => path.startsWith('/events')).length).toBeGreaterThan(1);
  });

  it('survives a service that stops and starts', async () => {
    const { board, service } = await serve();
    const { port } = service.address;
    const heard = await watching(service.url, NEVER_SECONDS);
    await board.postTask(MEMO);
    await until(() => heardAll(heard, 1));
    await service.close(1);
    await board.postTask(MEMO);
    await serve({ port }, {}, board);
    await board.postTask(MEMO);
    await until(() => heardAll(heard, 3));
  });

  it('lost for good, the board is asked now and then, and that is said once', async () => {
    const { board, service } = await serve();
    const proxy = await flakyProxy(service.url);
    proxy.happen(({ accept }) => (accept === 'text/event-stream' ? { delivers: false, reply: 'page_502' } : FINE));
    const heard = await watching(proxy.url, 0.05);
    await board.postTasks([MEMO, MEMO]);
    await until(() => heardAll(heard, 2));
    await sleep(500);
    expect(heard.reported).toEqual([expect.stringContaining('The event stream of')]);
  });

  it('silent for too long, it is made anew', async () => {
    const { board, service } = await serve();
    let streams = 0;
    const url = await streamProxy(service.url, response => {
      streams++;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': hello\n\n');
    });
    const heard = await watching(url, NEVER_SECONDS, { silenceSeconds: 0.2 });
    await board.postTask(MEMO);
    await until(() => streams > 2);
    // A new stream is a reason to look what was missed.
    await until(() => heardAll(heard, 1));
    expect(heard.reported[0]).toContain('was silent for 200 ms');
  });

  it.each([
    ['what is no JSON', 'id: 1\ndata: {oops\n\n'],
    ['a time that is none', 'id: 1\ndata: {"sequence_id":1,"timestamp":"yesterday"}\n\n'],
    ['a message without an end', `data: ${'x'.repeat(70_000)}`],
    ['other things', 'event: news\ndata: {"hello":1}\n\nevent: news\ndata: [1]\n\n'],
  ])('garbage (%s) loses nothing', async (_, text) => {
    const { board, service } = await serve();
    const url = await streamProxy(service.url, response => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(text);
    });
    const heard = await watching(url, 0.05, { maxAnswerBytes: 65_536 });
    await board.postTasks([MEMO, MEMO]);
    await until(() => heardAll(heard, 2));
  });

  it('is only there while somebody listens', async () => {
    const { service } = await serve();
    const there = await remoteBoard({ url: service.url });
    onTestFinished(() => there.close());
    const streams = (): number => service.stats().open_streams;
    const stops = [there.onEvents(() => undefined), there.onSignal(() => undefined)];
    await until(() => streams() === 1);
    for (const stop of stops) stop();
    await until(() => streams() === 0);
    there.onSignal(() => undefined);
    await until(() => streams() === 1);
  });
});
