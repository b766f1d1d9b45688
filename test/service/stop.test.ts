import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { gate, until } from '../agents/office.ts';
import { type Hindrance, hindered } from './broken-backend.ts';
import { answerOf, parseAnswer, rawSocket } from './raw-http.ts';
import { serve } from './served.ts';

async function hinderedService() {
  const hindrance: Hindrance = {};
  const served = await serve({}, { backend: hindered(sqlite({ file: ':memory:' }), hindrance) });
  await served.get('/agents');
  return { ...served, hindrance };
}

const task = { task_type: 'memo', label: 'x' };

describe('close', () => {
  it('finishes what is under way, and says that all was finished', async () => {
    const { service, post, get, hindrance, board, lines } = await hinderedService();
    const { opened, open } = gate();
    hindrance.before = method => (method === 'transact' ? opened : undefined);
    const writes = Array.from({ length: 20 }, () => post('/tasks', task));
    await until(() => service.stats().in_flight === 20);
    const closed = service.close(60);
    expect(service.close()).toBe(closed);
    await expect(get('/health')).rejects.toThrow();
    open();
    expect((await Promise.all(writes)).map(({ status }) => status)).toEqual(Array.from(writes, () => 201));
    expect(await closed).toEqual({ finished: true });
    expect(await board.listTasks()).toHaveLength(20);
    expect(lines().at(-1)).toMatchObject({ log: 'service', msg: 'stopped', finished: true });
  });

  it('cuts what is not finished by the deadline, says so, and loses nothing that was acknowledged', async () => {
    const { service, post, hindrance, board } = await hinderedService();
    const { opened, open } = gate();
    await post('/tasks', task);
    hindrance.before = method => (method === 'transact' ? opened : undefined);
    const write = post('/tasks', task).catch(() => 'cut');
    await until(() => service.stats().in_flight === 1);
    const closed = service.close(600);
    // A second call brings the deadline forward.
    expect(await service.close(0.2)).toEqual({ finished: false });
    expect(await closed).toEqual({ finished: false });
    expect(await write).toBe('cut');
    // The board still has the command it took: who closes the board waits for it.
    open();
    await until(async () => (await board.listTasks()).length === 2);
  });

  it('ends event streams in order, and waits for none of them', async () => {
    const { service, board } = await serve();
    await board.postTask(task);
    const response = await fetch(`${service.url}/events?since=0`);
    const text = response.text();
    await until(() => service.stats().open_streams === 1);
    expect(service.stats().in_flight).toBe(0);
    expect(await service.close(60)).toEqual({ finished: true });
    expect(await text).toMatch(/event: task_posted\n[\s\S]*: closing\n\n$/);
    expect(service.stats()).toMatchObject({ open_streams: 0, in_flight: 0 });
  });

  it('comes before the board is closed, whoever closes it', async () => {
    const { service, post, hindrance, board } = await hinderedService();
    const { opened, open } = gate();
    hindrance.before = method => (method === 'transact' ? opened : undefined);
    const writes = Array.from({ length: 10 }, () => post('/tasks', task));
    await until(() => service.stats().in_flight === 10);
    const closed = board.close();
    await expect(fetch(`${service.url}/health`)).rejects.toThrow();
    open();
    expect((await Promise.all(writes)).map(({ status }) => status)).toEqual(Array.from(writes, () => 201));
    await closed;
  });

  it('comes after a drain, in which /ready says no and everything else is answered', async () => {
    const { service, get, post } = await serve();
    expect((await get('/ready')).status).toBe(200);
    service.drain();
    const ready = await get('/ready');
    expect([ready.status, ready.body.failing]).toEqual([503, ['service']]);
    expect((await post('/tasks', task)).status).toBe(201);
    expect((await get('/health')).status).toBe(200);
  });
});

describe('slow and broken clients', () => {
  it('one that drips its headers or its body gets 408 and is let go; others do not notice', async () => {
    const { service, get, board, lines } = await serve({ requestTimeoutSeconds: 1 });
    const drip = async (start: string): Promise<string> => {
      const socket = await rawSocket(service.url);
      const answer = answerOf(socket);
      socket.write(start);
      const timer = setInterval(() => socket.write('a'), 200);
      const text = await answer;
      clearInterval(timer);
      if (!socket.closed) await once(socket, 'close');
      return text;
    };
    const head = 'POST /tasks HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
    const slow = [drip('GET /tasks HTTP/1.1\r\nx-a: '), drip(`${head}content-length: 100000\r\n\r\n"`)];
    const slowChunks = drip(`${head}transfer-encoding: chunked\r\n\r\nfffff\r\n`);
    const [headers = '', body = ''] = await Promise.all(slow);
    for (const text of [headers, body, await slowChunks]) {
      const { status, body: json } = parseAnswer(text);
      expect([status, json.error_code]).toEqual([408, 'request_timeout']);
    }
    expect((await get('/tasks')).status).toBe(200);
    expect(await board.listTasks()).toEqual([]);
    await until(() => service.stats().in_flight === 0);
    const logged = lines().filter(({ status }) => status === 408);
    expect(logged.map(({ method, error_code }) => [method, error_code]).sort()).toEqual([
      ['POST', 'request_timeout'],
      ['POST', 'request_timeout'],
      ['unknown', 'request_timeout'],
    ]);
  });

  it('one that goes away in the middle leaves nothing behind', async () => {
    const { service, board, lines } = await serve();
    for (let index = 0; index < 20; index++) {
      const socket = await rawSocket(service.url);
      socket.write(
        'POST /tasks HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"label"',
      );
      await until(() => service.stats().in_flight === 1);
      socket.destroy();
      await until(() => service.stats().in_flight === 0);
    }
    await until(() => lines().filter(({ aborted }) => aborted === true).length === 20);
    expect(service.stats().in_flight).toBe(0);
    expect(await board.listTasks()).toEqual([]);
  });

  it('what is no HTTP is answered with JSON and a code', async () => {
    const { service } = await serve();
    const asked = async (bytes: string): Promise<[number, unknown]> => {
      const socket = await rawSocket(service.url);
      const answer = answerOf(socket);
      socket.write(bytes, 'latin1');
      const { status, body } = parseAnswer(await answer);
      socket.destroy();
      return [status, body.error_code];
    };
    expect(await asked('nonsense\r\n\r\n')).toEqual([400, 'invalid_payload']);
    expect(await asked('GET / HTTP/1.1\r\n\r\n')).toEqual([400, 'invalid_payload']);
    expect(await asked(`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`)).toEqual([
      431,
      'payload_too_large',
    ]);
    expect(await asked('CONNECT example.org:443 HTTP/1.1\r\nhost: example.org\r\n\r\n')).toEqual([
      405,
      'method_not_allowed',
    ]);
    expect(await asked('BREW /tasks HTTP/1.1\r\nhost: localhost\r\n\r\n')).toEqual([400, 'invalid_payload']);
    expect(await asked('PROPFIND /tasks HTTP/1.1\r\nhost: localhost\r\n\r\n')).toEqual([405, 'method_not_allowed']);
    const two = 'content-length: 3\r\ncontent-length: 4\r\n\r\n{}';
    expect(await asked(`POST /tasks HTTP/1.1\r\nhost: localhost\r\n${two}`)).toEqual([400, 'invalid_payload']);
    const both = 'content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n';
    expect(await asked(`POST /tasks HTTP/1.1\r\nhost: localhost\r\n${both}`)).toEqual([400, 'invalid_payload']);
  });
});
