import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { errorOf } from '../../board/core/errors.ts';
import type { JsonObject } from '../../board/core/json.ts';
import { createToken, PERMISSIONS, type Permission, type ServiceOptions } from '../../board/service/index.ts';
import { gate, register, until } from '../agents/office.ts';
import { NO_DEPTHS } from '../support/no-depths.ts';
import { type Hindrance, hindered } from './broken-backend.ts';
import { ContractCheck } from './document.ts';
import { answerOf, parseAnswer, rawSocket } from './raw-http.ts';
import { type Answer, openServedBoard, type Served, serve } from './served.ts';

const metrics: ServiceOptions['metrics'] = async () => ({ text: 'up 1\n', contentType: 'text/plain; version=0.0.4' });

const envelope = (intent: string, payload: object, more: object = {}): object => ({
  intent,
  request_id: 'r1',
  timestamp: '2026-01-31T09:30:00+00:00',
  payload,
  ...more,
});

interface Sample {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  readonly headers?: Record<string, string>;
  /** The route's pattern, as documented. */
  readonly route: string;
  readonly needs: Permission | 'public';
}

const get = (route: string, path: string, needs: Sample['needs'] = 'read'): Sample => ({
  method: 'GET',
  route,
  path,
  needs,
});
const post = (route: string, path: string, needs: Sample['needs'], body?: object): Sample => ({
  method: 'POST',
  route,
  path,
  needs,
  ...(body && { body }),
});

/** A request to each route that is answered well, in this order. */
const SAMPLES: readonly Sample[] = [
  post('/tasks', '/tasks', 'post', { task_id: 't1', task_type: 'memo', label: 'x' }),
  post('/tasks/{task_id}/transition', '/tasks/t1/transition', 'work', { to_status: 'IN_PROGRESS', assigned_to: 'ada' }),
  post('/tasks/{task_id}/result', '/tasks/t1/result', 'work', { output: { n: 1 }, agent_id: 'ada' }),
  post('/tasks/{task_id}/archive', '/tasks/t1/archive', 'post'),
  post('/a2a', '/a2a', 'read', envelope('board.get_task', { task_id: 't1' })),
  get('/tasks', '/tasks?status=UNASSIGNED&limit=2'),
  get('/tasks/{task_id}', '/tasks/t1'),
  get('/tasks/{task_id}/history', '/tasks/t1/history?limit=2'),
  get('/tasks/{task_id}/flight-plan', '/tasks/t1/flight-plan'),
  get('/agents', '/agents'),
  get('/agents/{agent_id}/activity', '/agents/ada/activity?limit=1'),
  get('/state', '/state'),
  get('/board', '/board'),
  { ...get('/events', '/events?after=1&limit=3'), headers: { accept: 'application/json' } },
  get('/log/chief-cycles', '/log/chief-cycles'),
  get('/log/ombudsman-ticks', '/log/ombudsman-ticks'),
  get('/metrics', '/metrics'),
  get('/', '/', 'public'),
  get('/health', '/health', 'public'),
  get('/ready', '/ready', 'public'),
];

const GUARDED = SAMPLES.filter(({ needs }) => needs !== 'public');
const LIMITED = SAMPLES.filter(({ route }) => route !== '/health' && route !== '/ready');

/** A board with something of everything. */
async function fill(board: Board): Promise<void> {
  await register(board, 'ada', 'memo');
  await board.postTask({ task_id: 't0', task_type: 'article', label: 'bees', notes: ['n'], traceparent: null });
  await board.updateTask({ task_id: 't0', to_status: 'writing', assigned_to: 'ada' });
  await board.postAgentHeartbeat({ agent_id: 'ada', task_id: 't0' });
  await board.appendFlightLog({ task_id: 't0', stage: 'writing', payload: [1, null, 'x'] });
  await board.putData('k', { any: ['thing'] });
  const cycle = {
    cycle_id: 'c1',
    chief_id: 'chief',
    trigger: 'seed',
    woke_at: 1,
    slept_at: 2,
    previous_slept_at: null,
  };
  const counts = { thinking_us: 1, acting_us: 1, actions_taken: 0, coalesced_wakes: 0, ...NO_DEPTHS };
  await board.call('board.record_cycle', {
    ...cycle,
    ...counts,
    trigger: 'seed',
    seen_sequence_id: 0,
    draining: false,
    error: null,
  });
  const tick = { tick_id: 'k1', started_at: 1, ended_at: 2, statuses_scanned: ['IN_PROGRESS'] };
  await board.call('board.record_tick', { ...tick, tasks_scanned: 0, stale_count: 0, error: null });
  await board.postTasks(Array.from({ length: 5 }, () => ({ task_type: 'memo', label: 'x' })));
}

function send(
  { ask }: Served,
  { method, path, body, headers: own = {} }: Sample,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return ask(path, { method, headers: { ...type, ...own, ...headers }, ...(body && { body: JSON.stringify(body) }) });
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

async function contract(): Promise<ContractCheck> {
  const { get: read } = await serve({ metrics });
  return new ContractCheck((await read('/openapi.json')).body);
}

/** Each scenario brings about some of the documented answers and hands them to `see`. */
type Scenario = (see: (sample: Sample, answer: Answer) => void) => Promise<void>;

const done: Scenario = async see => {
  const served = await serve({ metrics });
  await fill(served.board);
  for (const sample of SAMPLES) see(sample, await send(served, sample));
  const bulk = post('/tasks', '/tasks', 'post', { tasks: [{ task_type: 'memo', label: 'x' }] });
  see(bulk, await send(served, bulk));
  // Every intent's refusal and result has the envelope's form.
  for (const body of [{}, envelope('board.get_task', { task_id: 'none' }), envelope('board.get_full_state', {})]) {
    const sample = post('/a2a', '/a2a', 'read', body);
    const answer = await send(served, sample);
    expect(answer.status).toBe(200);
    see(sample, answer);
  }
  for (const path of [
    '/tasks/t0',
    '/tasks/t0/flight-plan',
    '/tasks/t0/history',
    '/tasks?limit=100',
    '/agents/ada/activity',
  ]) {
    const sample = get(path, path);
    see(sample, await send(served, sample));
  }
};

const refusedTokens: Scenario = async see => {
  const board = await openServedBoard();
  onTestFinished(() => board.close());
  const tokens = new Map<Permission, string>();
  for (const permission of PERMISSIONS) {
    tokens.set(permission, (await createToken(board, { name: permission, permissions: [permission] })).token);
  }
  const served = await serve({ metrics }, {}, board);
  for (const sample of GUARDED) {
    const others = PERMISSIONS.filter(permission => permission !== sample.needs && permission !== 'admin');
    for (const permission of others) {
      const answer = await send(served, sample, bearer(tokens.get(permission) ?? ''));
      const outcome = [sample.route, permission, answer.status, answer.body.error_code];
      expect(outcome).toEqual([sample.route, permission, 403, 'forbidden']);
      see(sample, answer);
    }
    see(sample, await send(served, sample));
  }
};

const badInput: Scenario = async see => {
  const served = await serve({ metrics, bodyLimitBytes: 5_000 });
  await fill(served.board);
  for (const sample of SAMPLES.filter(({ method }) => method === 'POST')) {
    const refused = (headers: Record<string, string>, body: string): Promise<Answer> =>
      served.ask(sample.path, { method: 'POST', headers, body });
    const json = { 'content-type': 'application/json' };
    see(sample, await refused(json, '{"half":'));
    see(sample, await refused(json, JSON.stringify({ label: 'x'.repeat(6_000) })));
    see(sample, await refused({ 'content-type': 'text/plain' }, 'x'));
  }
  for (const { route, path } of SAMPLES.filter(({ method }) => method === 'GET')) {
    const bad = path.includes('?') || route.startsWith('/log') ? `${path.split('?')[0]}?nope=1` : '/tasks/%00';
    const sample = get(route, route.startsWith('/tasks/{') ? route.replace('{task_id}', '%00') : bad);
    see(sample, await send(served, sample));
  }
  const unknown = [
    ...SAMPLES.filter(({ route }) => route.startsWith('/tasks/{task_id}')).map(sample => ({
      ...sample,
      path: sample.path.replace('t1', 'none'),
    })),
  ];
  for (const sample of unknown) see(sample, await send(served, sample));
  const conflicts = [
    post('/tasks', '/tasks', 'post', { task_id: 't0', task_type: 'memo', label: 'x' }),
    post('', '/tasks/t0/transition', 'work', { to_status: 'COMPLETE' }),
    post('', '/tasks/t0/result', 'work', {}),
    post('', '/tasks/t0/archive', 'post'),
  ];
  for (const sample of conflicts) see(sample, await send(served, sample));
  const beyond = get('/events', '/events?since=999');
  see(beyond, await send(served, beyond));
};

const tooMany: Scenario = async see => {
  const served = await serve({ metrics, requestsPerMinute: 1 });
  await served.get('/');
  for (const sample of LIMITED) {
    const answer = await send(served, sample);
    expect([sample.route, answer.status, answer.body.error_code]).toEqual([sample.route, 429, 'rate_limited']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    see(sample, answer);
  }
};

const brokenDatabase: Scenario = async see => {
  const hindrance: Hindrance = {};
  const backend = hindered(sqlite({ file: ':memory:' }), hindrance);
  const broken: ServiceOptions['metrics'] = async () => {
    throw new Error('no metrics');
  };
  const served = await serve({ metrics: broken }, { backend });
  const openly = SAMPLES.filter(({ route }) => route !== '/' && route !== '/health');
  for (const error of [new Error('SELECT * FROM /var/lib/secret'), errorOf('storage_unavailable', '/var/lib/secret')]) {
    hindrance.before = () => {
      throw error;
    };
    for (const sample of openly) {
      const answer = await send(served, sample);
      expect(answer.text).not.toMatch(/secret|SELECT|\bat .*:\d+/);
      see(sample, answer);
    }
  }
  hindrance.before = null;
  served.board.backend.readBoard = async () => null;
  see(get('/board', '/board'), await served.get('/board'));
};

const stopping: Scenario = async see => {
  const hindrance: Hindrance = {};
  const served = await serve({ metrics }, { backend: hindered(sqlite({ file: ':memory:' }), hindrance) });
  await served.get('/tasks');
  const { opened, open } = gate();
  hindrance.before = () => opened;
  const begun = served.get('/board');
  const sockets = await Promise.all(
    LIMITED.map(async sample => {
      const socket = await rawSocket(served.service.url);
      const accept = sample.headers?.accept ?? '*/*';
      socket.write(`${sample.method} ${sample.path} HTTP/1.1\r\nhost: localhost\r\naccept: ${accept}\r\n`);
      return { sample, socket };
    }),
  );
  await until(() => served.service.stats().in_flight > 0);
  // By then what the sockets sent has been read as well.
  for (let index = 0; index < 5; index++) await served.get('/health');
  const closed = served.service.close(60);
  for (const { sample, socket } of sockets) {
    const answer = answerOf(socket);
    socket.write('content-length: 0\r\n\r\n');
    const { status, headers, body, text } = parseAnswer(await answer);
    expect([sample.route, status, body.error_code]).toEqual([sample.route, 503, 'closed']);
    expect(headers.get('connection')).toBe('close');
    see(sample, { status, headers, body, text });
    if (!socket.closed) await once(socket, 'close');
  }
  open();
  expect((await begun).status).toBe(200);
  expect(await closed).toEqual({ finished: true });
};

describe('the OpenAPI document', () => {
  it('has every route, and every answer is as it says, each of them seen', async () => {
    const check = await contract();
    const documented = check.routes.map(({ method, path }) => `${method} ${path}`);
    expect(documented.sort()).toEqual(SAMPLES.map(({ method, route }) => `${method} ${route}`).sort());
    const faults: string[] = [];
    const see = ({ method, path }: Sample, answer: Answer): void => {
      faults.push(...check.faultsOf(method, path, answer));
      expect(answer.headers.get('x-request-id'), path).toMatch(/^[\x20-\x7e]+$/);
    };
    for (const scenario of [done, refusedTokens, badInput, tooMany, brokenDatabase, stopping]) await scenario(see);
    expect(faults).toEqual([]);
    expect(check.unseen()).toEqual([]);
  });

  it('would see an answer that is not as it says', async () => {
    const check = await contract();
    const served = await serve();
    await fill(served.board);
    const answer = await served.get('/tasks/t0');
    const { task } = answer.body as { task: JsonObject };
    const changed = [
      { ...answer, status: 418 },
      { ...answer, body: {} },
      { ...answer, body: { task: { ...task, extra: 1 } } },
      { ...answer, body: { task: { ...task, created_at: 'today' } } },
      { ...answer, status: 404, body: { error: 'x', error_code: 'nonsense', request_id: 'r' } },
    ];
    expect(check.faultsOf('GET', '/tasks/t0', answer)).toEqual([]);
    for (const wrong of changed) expect(check.faultsOf('GET', '/tasks/t0', wrong)).toHaveLength(1);
  });
});
