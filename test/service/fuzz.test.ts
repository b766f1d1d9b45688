import { Agent, request } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkLog } from '../../board/check/check.ts';
import { isWriteIntent } from '../../board/core/decide/decide.ts';
import type { Intent } from '../../board/core/intents.ts';
import type { JsonObject } from '../../board/core/json.ts';
import { checkPayload, INTENT_FIELDS, isIntent } from '../../board/core/payload.ts';
import { isJsonObject } from '../../board/transport/envelope.ts';
import { paramsFromWire } from '../../board/transport/wire.ts';
import { register } from '../agents/office.ts';
import { runMemo } from '../support/sample-board.ts';
import { answerOf, parseAnswer, rawSocket } from './raw-http.ts';
import { type Served, serve } from './served.ts';

/** What no answer may hold: a stack, a statement, a path. */
const LEAK = /\bat \S+ \(|node_modules|node:internal|\bselect\b.+\bfrom\b|insert into|\.ts:\d|\/work\//i;

interface Got {
  readonly status: number;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** Sends a request over a connection that is kept. */
function send(url: string, method: string, path: string, headers: Record<string, string>, body?: string): Promise<Got> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ agent, hostname, port, method, path, headers }, response => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** What is wrong with an answer to nonsense; null: nothing. */
function faultOf({ status, text }: Got): string | null {
  if (status >= 500 || status < 200) return `${status}: ${text.slice(0, 300)}`;
  if (LEAK.test(text)) return `leaks: ${text.slice(0, 300)}`;
  if (status < 400) return null;
  const body = JSON.parse(text) as JsonObject;
  const isRefusal = typeof body.error === 'string' && typeof body.error_code === 'string' && body.request_id !== '';
  return isRefusal ? null : `no code: ${text.slice(0, 300)}`;
}

/** Whether the board would take a payload: then it is no nonsense. */
function isGood(intent: Intent, payload: unknown): boolean {
  try {
    checkPayload(intent, paramsFromWire(intent, payload as JsonObject) as unknown as Record<string, unknown>);
    return true;
  } catch {
    return false;
  }
}

async function fuzzed(): Promise<Served & { digest: () => Promise<string> }> {
  const served = await serve({ requestsPerMinute: 0, bodyLimitBytes: 20_000 });
  await register(served.board, 'ada', 'memo');
  for (const id of ['t1', 't2']) await runMemo(served.board, id, 'x');
  await served.board.postTask({ task_id: 't3', task_type: 'article', label: 'bees' });
  await served.board.putData('k', [1]);
  const digest = async () => {
    const { board_digest } = await checkLog(served.board);
    if (board_digest === null) throw new Error('a whole board has a digest');
    return board_digest;
  };
  return { ...served, digest };
}

const odd = fc.constantFrom<unknown>(
  '',
  '\0',
  '\ud800',
  'x'.repeat(201),
  'é'.repeat(150),
  '__proto__',
  'constructor',
  "'; drop table tasks; --",
  -1,
  1e308,
  Number.MAX_SAFE_INTEGER + 2,
  0.5,
  null,
  true,
  [],
  {},
  [[[[[[]]]]]],
);
const value = fc.oneof(odd, fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: 'binary' }));
const names = [...new Set(Object.values(INTENT_FIELDS).flatMap(Object.keys))];
const payload = fc.oneof(
  { weight: 4, arbitrary: fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value, { maxKeys: 8 }) },
  { weight: 1, arbitrary: value },
);
/** Near enough to a task that its fields are looked at. */
const nearTask = fc
  .tuple(fc.constantFrom('task_type', 'label', 'notes', 'priority', 'task_id'), value)
  .map(([name, bad]) => ({
    task_type: 'memo',
    label: 'x',
    [name]: bad,
  }));
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '{',
    '[',
    '{"a":',
    '"',
    'nul',
    '{}{}',
    '[1,]',
    '{"a":1e999}',
    '\ufeff{}',
    `[${'['.repeat(5_000)}`,
    '{"__proto__":{"a":1}}',
  ),
);
const percent = fc.string({ unit: 'binary', maxLength: 40 }).map(each => encodeURIComponent(each.toWellFormed()));
const header = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter(code => code !== 0x7f)
    .map(code => String.fromCharCode(code)),
  maxLength: 60,
});

const POSTS = ['/tasks', '/tasks/none/transition', '/tasks/t3/transition', '/tasks/none/result', '/tasks/t1/result'];
const INTENT_OF: Record<string, Intent> = { '/tasks': 'board.post_task' };

describe('a service that is sent nonsense', () => {
  it('answers 6,000 bodies with 4xx and a code, or ok false in an envelope, and writes nothing', async () => {
    const { service, digest } = await fuzzed();
    const before = await digest();
    const json = { 'content-type': 'application/json' };
    const seen = new Map<number, number>();
    const note = (got: Got, what: string): void => {
      seen.set(got.status, (seen.get(got.status) ?? 0) + 1);
      const fault = faultOf(got);
      if (fault !== null) throw new Error(`${what} → ${fault}`);
    };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...POSTS), fc.oneof(payload, nearTask), async (path, body) => {
        const intent = INTENT_OF[path];
        if (intent !== undefined && isJsonObject(body) && (isGood(intent, body) || isGood('board.post_tasks', body)))
          return;
        const got = await send(service.url, 'POST', path, json, JSON.stringify(body) ?? '');
        note(got, `${path} ${JSON.stringify(body)}`);
        if (path !== '/tasks/t3/transition') expect(got.status, JSON.stringify(body)).toBeGreaterThanOrEqual(400);
      }),
      { numRuns: 3_000 },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('/a2a', ...POSTS), text, async (path, body) => {
        note(await send(service.url, 'POST', path, json, body), `${path} ${JSON.stringify(body)}`);
      }),
      { numRuns: 1_500 },
    );
    const intents = fc.oneof(fc.constantFrom(...(Object.keys(INTENT_FIELDS) as string[])), fc.string());
    await fc.assert(
      fc.asyncProperty(intents, payload, fc.option(value), fc.option(value), async (intent, body, key, context) => {
        if (isIntent(intent) && isWriteIntent(intent) && isJsonObject(body) && isGood(intent, body)) return;
        const envelope = { intent, request_id: 'r', timestamp: 't', payload: body, idempotency_key: key, context };
        const got = await send(service.url, 'POST', '/a2a', json, JSON.stringify(envelope));
        note(got, JSON.stringify(envelope));
        const answer = JSON.parse(got.text) as JsonObject;
        expect(answer.ok === true || typeof answer.error_code === 'string', got.text).toBe(true);
      }),
      { numRuns: 1_500 },
    );
    expect([...seen.values()].reduce((sum, count) => sum + count)).toBeGreaterThan(5_500);
    expect(await digest()).toBe(before);
  });

  it('answers 5,000 paths, queries and headers below 500, with a code, and writes nothing', async () => {
    const { service, digest } = await fuzzed();
    const before = await digest();
    const routes = [
      '/tasks',
      '/events',
      '/log/chief-cycles',
      '/agents',
      '/tasks/t1/history',
      '/',
      '/docs',
      '/openapi.json',
    ];
    const note = (got: Got, what: string): void => {
      const fault = faultOf(got);
      if (fault !== null) throw new Error(`${what} → ${fault}`);
    };
    const accept = { accept: 'application/json' };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('/tasks/', '/agents/', '/', '/tasks/t1/'), percent, async (start, part) => {
        note(await send(service.url, 'GET', `${start}${part}`, accept), `${start}${part}`);
      }),
      { numRuns: 1_500 },
    );
    const parameter = fc.tuple(
      fc.oneof(fc.constantFrom('status', 'after', 'limit', 'task_id', 'since', 'event_type'), percent),
      fc.oneof(percent, fc.constantFrom('%00', '%ff', '%', '-1', '1e9', '9'.repeat(30), '', '%ED%A0%80', 'e30', 'W10')),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...routes), fc.array(parameter, { maxLength: 5 }), async (route, query) => {
        const path = `${route}?${query.map(pair => pair.join('=')).join('&')}`;
        note(await send(service.url, 'GET', path, accept), path);
      }),
      { numRuns: 2_000 },
    );
    const fields = [
      'x-request-id',
      'idempotency-key',
      'authorization',
      'content-type',
      'last-event-id',
      'x-forwarded-for',
      'cookie',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...fields),
        header,
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH'),
        async (name, content, method) => {
          const headers = { ...accept, 'content-type': 'application/json', [name]: content };
          const body = method === 'GET' ? undefined : '{"task_type":"memo"}';
          note(
            await send(service.url, method, method === 'GET' ? '/events' : '/tasks', headers, body),
            `${name}: ${content}`,
          );
        },
      ),
      { numRuns: 1_500 },
    );
    expect(await digest()).toBe(before);
  });

  it('answers 500 requests that are no HTTP, byte by byte, and goes on', async () => {
    const { service, digest, get } = await fuzzed();
    const before = await digest();
    const line = fc.oneof(
      fc.constantFrom(
        'GET /tasks HTTP/1.1',
        'POST /tasks HTTP/1.1',
        'GET',
        'GET / HTTP/9.9',
        'GET /\0 HTTP/1.1',
        'PRI * HTTP/2.0',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 40 }),
    );
    const more = fc.array(
      fc.oneof(
        fc.constantFrom(
          'host: localhost',
          'content-length: 5',
          'content-length: -1',
          'transfer-encoding: chunked',
          'expect: 100-continue',
          'upgrade: websocket',
          'connection: upgrade',
          ' folded',
          'a:\0',
          'content-type: application/json',
        ),
        fc.string({ unit: 'binary-ascii', maxLength: 40 }),
      ),
      { maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(line, more, fc.string({ unit: 'binary-ascii', maxLength: 30 }), async (first, headers, body) => {
        const socket = await rawSocket(service.url);
        const answer = answerOf(socket);
        socket.end(`${[first, ...headers].join('\r\n')}\r\n\r\n${body}`, 'latin1');
        const bytes = await answer;
        socket.destroy();
        // A half request that is ended has nobody left to answer.
        if (bytes === '') return;
        const { status, text: content } = parseAnswer(bytes.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, ''));
        const isCut = content === '' && status === 0;
        if (!isCut && !content.startsWith('retry:'))
          expect([bytes, faultOf({ status, text: content })]).toEqual([bytes, null]);
      }),
      { numRuns: 500 },
    );
    expect((await get('/tasks')).status).toBe(200);
    expect(await digest()).toBe(before);
  });
});
