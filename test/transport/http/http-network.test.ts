import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JsonObject } from '../../../board/core/json.ts';
import { answer, requestOf } from '../../../board/transport/envelope.ts';
import { type HttpNetwork, type HttpNetworkOptions, httpNetwork } from '../../../board/transport/http/index.ts';
import type { EndpointHandler } from '../../../board/transport/network.ts';
import { gate, until } from '../../agents/office.ts';
import { flakyProxy } from '../../support/flaky-proxy.ts';

const WORK = requestOf('worker.execute_task', { task_id: 't' }, { at: 0 });
const WAKE = requestOf('chief.wake', {}, { at: 0 });
const READ = requestOf('board.get_task', { task_id: 't' }, { at: 0 });

function network(options: HttpNetworkOptions = {}): HttpNetwork {
  const made = httpNetwork({ patienceMs: 0, ...options });
  onTestFinished(() => made.close());
  return made;
}

/** Answers with who asked and what. */
const echo: EndpointHandler = request =>
  answer(request, async ({ intent, payload }) => ({ intent, payload }) as JsonObject);

/** A network that answers at `/agent` for other processes. */
async function agent(handler: EndpointHandler = echo, options: Parameters<HttpNetwork['listen']>[0] = {}) {
  const theirs = network();
  const server = await theirs.listen(options);
  const url = `${server.url}/agent`;
  const unregister = theirs.registerEndpoint(url, handler);
  return { url, server, theirs, unregister };
}

async function failureOf(call: Promise<unknown>): Promise<{ code: string; message: string; details: object }> {
  return call.then(
    value => {
      throw new Error(`it gave ${JSON.stringify(value)}`);
    },
    ({ code, message, details }) => ({ code, message, details }),
  );
}

/** An address where nobody listens. */
async function deadUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return `http://127.0.0.1:${port}/agent`;
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url, {
    method: 'POST',
    body: text,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as JsonObject };
}

describe('httpNetwork', () => {
  it('carries an envelope to another process and its answer back', async () => {
    const { url } = await agent();
    expect(await network().request(url, WAKE)).toEqual({
      request_id: WAKE.request_id,
      ok: true,
      result: { intent: 'chief.wake', payload: {} },
      error: null,
    });
  });

  it('answers for its own addresses without a wire, and names those that are nobody’s', async () => {
    const own = network();
    own.registerEndpoint('a2a://ada', echo);
    expect((await own.request('a2a://ada', WAKE)).ok).toBe(true);
    const failure = await failureOf(own.request('a2a://bob', WAKE));
    expect(failure).toMatchObject({ code: 'endpoint_not_found', message: 'No endpoint registered for a2a://bob' });
  });

  it('a refusal is an answer, not a failure', async () => {
    const { url } = await agent(async request =>
      answer(request, async () => {
        throw Object.assign(new Error('no'), {});
      }),
    );
    expect(await network().request(url, WORK)).toMatchObject({ ok: false, error: 'no', error_code: 'internal_error' });
  });

  it('refuses options that cannot be, all in one sentence', () => {
    expect(() => httpNetwork({ timeoutMs: 0, patienceMs: -1 })).toThrow(/timeoutMs .*; patienceMs /);
    expect(() => httpNetwork({ circuitFailures: 0, circuitPauseMs: Number.NaN })).toThrow(
      /circuitFailures .*; circuitPauseMs /,
    );
  });

  it('says what to do where nobody listens, where a name is unknown and where nobody answers in time', async () => {
    const dead = await deadUrl();
    expect((await failureOf(network().request(dead, READ))).message).toBe(
      `${dead} could not be reached (ECONNREFUSED): nobody listens there; check that it runs, and the host and port`,
    );
    const lost = await failureOf(network().request('http://nowhere.invalid/a2a', READ));
    expect(lost).toMatchObject({ code: 'delivery_failed', message: expect.stringContaining('(E') });
    const { url } = await agent(() => new Promise(() => undefined));
    const late = await failureOf(network({ timeoutMs: 50 }).request(url, READ));
    expect(late).toMatchObject({ code: 'delivery_failed', message: `${url} did not answer within 50 ms` });
  });

  it('takes no answer to another request for its own', async () => {
    const { url } = await agent(async () => ({ request_id: 'another', ok: true, result: {}, error: null }));
    const failure = await failureOf(network().request(url, WAKE));
    expect(failure).toMatchObject({
      code: 'remote_error',
      message: `${url} answered with what is no answer to this request`,
    });
  });

  it('reads no answer larger than it may be', async () => {
    const { url } = await agent(request => answer(request, async () => ({ text: 'x'.repeat(10_000) })));
    const failure = await failureOf(network({ maxAnswerBytes: 1000 }).request(url, READ));
    expect(failure).toMatchObject({ code: 'remote_error', message: expect.stringContaining('more than 1000 bytes') });
  });

  it('never carries its token to where a redirect points', async () => {
    const elsewhere = await flakyProxy('http://127.0.0.1:1');
    const proxy = await flakyProxy('http://127.0.0.1:1', `${elsewhere.url}/a2a`);
    proxy.happen(() => ({ delivers: false, reply: 'redirect' }));
    const failure = await failureOf(network({ token: 'secret' }).request(`${proxy.url}/a2a`, READ));
    expect(failure.message).toBe(
      `${proxy.url}/a2a answered with a redirect (307), which is not followed: give the final address`,
    );
    expect(proxy.arrivals[0]?.authorization).toBe('Bearer secret');
    expect(elsewhere.arrivals).toEqual([]);
  });

  it('gives each address the token that is its own', async () => {
    const { url } = await agent(echo, { token: 'theirs' });
    const trusted = network({ token: address => (address.href === url ? 'theirs' : null) });
    expect((await trusted.request(url, WAKE)).ok).toBe(true);
    expect(await network().request(url, WAKE)).toMatchObject({ ok: false, error_code: 'unauthorized' });
  });

  it('shows neither credentials nor queries of an address', async () => {
    const dead = (await deadUrl()).replace('http://', 'http://ada:secret@');
    for (const url of [dead, dead.replace('ada:secret@', '').concat('?key=secret')]) {
      const own = network();
      expect((await failureOf(own.request(url, WAKE))).message).not.toContain('secret');
      expect(JSON.stringify(own.stats())).not.toContain('secret');
    }
  });

  it('shows no token that cannot be sent, and sends nothing', async () => {
    const proxy = await flakyProxy('http://127.0.0.1:1');
    for (const token of ['secret\n', 'se cret', 'sécret', '']) {
      const failure = await failureOf(network({ token, patienceMs: 5000 }).request(`${proxy.url}/a2a`, READ));
      expect(failure.code).toBe('invalid_configuration');
      expect(failure.message).toMatch(/^The token must be printable ASCII/);
    }
    expect(proxy.arrivals).toEqual([]);
  });

  it('sends nothing that is no JSON', async () => {
    const proxy = await flakyProxy('http://127.0.0.1:1');
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    for (const value of [circular, { count: 1n }]) {
      const envelope = requestOf('board.put_data', { key: 'k', value: value as JsonObject }, { at: 0 });
      const failure = await failureOf(network({ patienceMs: 5000 }).request(`${proxy.url}/a2a`, envelope));
      expect([failure.code, failure.message]).toEqual(['invalid_payload', expect.stringContaining('is no JSON')]);
    }
    expect(proxy.arrivals).toEqual([]);
  });

  it('closed, gives up what it waits for and takes nothing more', async () => {
    const { url } = await agent(() => new Promise(() => undefined));
    const own = httpNetwork();
    const waiting = failureOf(own.request(url, READ));
    await sleep(20);
    await own.close();
    expect((await waiting).code).toBe('closed');
    expect((await failureOf(own.request(url, READ))).code).toBe('closed');
    expect((await failureOf(own.listen())).code).toBe('closed');
  });

  it('heeds Retry-After', async () => {
    const stamps: number[] = [];
    const server = createServer((_, response) => {
      stamps.push(performance.now());
      const isFirst = stamps.length === 1;
      response.writeHead(isFirst ? 503 : 200, { 'content-type': 'application/json', 'retry-after': '1' });
      const ok = { request_id: READ.request_id, ok: true, result: {}, error: null };
      response.end(JSON.stringify(isFirst ? { error: 'busy', error_code: 'overloaded' } : ok));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise(resolve => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const answered = await network({ patienceMs: 20_000 }).request(`http://127.0.0.1:${port}/a2a`, READ);
    expect(answered.ok).toBe(true);
    expect((stamps[1] ?? 0) - (stamps[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('a busy answer is given where it stays so', async () => {
    const proxy = await flakyProxy('http://127.0.0.1:1');
    proxy.happen(() => ({ delivers: false, reply: 'busy' }));
    const answered = await network({ patienceMs: 300 }).request(`${proxy.url}/a2a`, READ);
    expect(answered).toMatchObject({ ok: false, error: 'too many', error_code: 'rate_limited' });
    expect(proxy.arrivals.length).toBeGreaterThan(1);
  });

  it('does not tell an agent of work twice where it may have heard', async () => {
    const proxy = await flakyProxy('http://127.0.0.1:1');
    proxy.happen(() => ({ delivers: false, reply: 'reset' }));
    const patient = network({ patienceMs: 500 });
    await failureOf(patient.request(`${proxy.url}/agent`, WORK));
    expect(proxy.arrivals).toHaveLength(1);
    await failureOf(patient.request(`${proxy.url}/agent`, WAKE));
    expect(proxy.arrivals.length).toBeGreaterThan(2);
  });
});

describe('the circuit of an agent', () => {
  it('opens after five failures, refuses without a request, and closes when a probe is answered', async () => {
    const { url, theirs, server } = await agent();
    const port = Number(new URL(server.url).port);
    const own = network({ circuitPauseMs: 300 });
    expect((await own.request(url, WORK)).ok).toBe(true);
    await server.close();
    for (let failures = 1; failures <= 5; failures++) {
      expect((await failureOf(own.request(url, WORK))).code).toBe('delivery_failed');
      const state = failures < 5 ? 'closed' : 'open';
      expect(own.stats()).toMatchObject([{ url, state, failures, refused: 0 }]);
    }
    const refused = await failureOf(own.request(url, WORK));
    expect(refused.code).toBe('agent_unavailable');
    expect(refused.message).toContain(`${url} has not answered 5 times in a row and is left alone for 0.3 s`);
    expect(own.stats()).toMatchObject([
      { state: 'open', refused: 1, last_error: expect.stringContaining('ECONNREFUSED') },
    ]);
    // A probe that fails opens it again at once.
    await sleep(320);
    expect((await failureOf(own.request(url, WORK))).code).toBe('delivery_failed');
    expect((await failureOf(own.request(url, WORK))).code).toBe('agent_unavailable');
    await theirs.listen({ port });
    await until(async () => {
      await sleep(20);
      return (await own.request(url, WORK).catch(() => null))?.ok === true;
    });
    expect(own.stats()).toMatchObject([{ state: 'closed', failures: 0 }]);
  });

  it('is each address’s own, and none of a board’s', async () => {
    const [dead, other] = [await deadUrl(), await agent()];
    const own = network({ circuitFailures: 1, circuitPauseMs: 60_000 });
    for (const code of ['delivery_failed', 'agent_unavailable']) {
      expect((await failureOf(own.request(dead, WORK))).code).toBe(code);
      expect((await failureOf(own.request(dead, READ))).code).toBe('delivery_failed');
    }
    expect((await own.request(other.url, WORK)).ok).toBe(true);
    expect(
      own
        .stats()
        .map(({ state }) => state)
        .sort(),
    ).toEqual(['closed', 'open']);
  });

  it('a refusal keeps it closed: whoever refuses answers', async () => {
    const { url } = await agent(async request =>
      answer(request, async () => {
        throw new Error('no');
      }),
    );
    const own = network({ circuitFailures: 1 });
    for (let count = 0; count < 3; count++) expect((await own.request(url, WORK)).ok).toBe(false);
    expect(own.stats()).toMatchObject([{ state: 'closed', failures: 0, last_error: null }]);
  });
});

describe('endpoints for other processes', () => {
  it('acknowledges work that takes long while it goes on', async () => {
    const { opened, open } = gate();
    let isDone = false;
    const { url, server } = await agent(
      request =>
        answer(request, async () => {
          await opened;
          isDone = true;
          return {};
        }),
      { acknowledgeMs: 20 },
    );
    expect(await network().request(url, WORK)).toMatchObject({ ok: true, result: { accepted: true } });
    expect(isDone).toBe(false);
    open();
    await until(() => isDone);
    await server.close();
  });

  it('asks for its token, and tells nothing without it', async () => {
    const { url, server } = await agent(echo, { token: 'right' });
    for (const authorization of ['', 'Bearer', 'Bearer wrong', 'Basic right', 'Bearer right2']) {
      const { status, headers, body } = await post(url, WAKE, authorization === '' ? {} : { authorization });
      expect([status, body.error_code, headers.get('www-authenticate')]).toEqual([
        401,
        'unauthorized',
        'Bearer realm="quadro"',
      ]);
      expect((await post(`${server.url}/nobody`, WAKE, { authorization: 'Bearer wrong' })).status).toBe(401);
    }
    expect((await post(url, WAKE, { authorization: 'Bearer right' })).status).toBe(200);
  });

  it('refuses a public host without a token', async () => {
    for (const host of ['0.0.0.0', '::', '10.1.2.3', 'example.com']) {
      const { code, message } = await failureOf(network().listen({ host }));
      expect([code, message]).toEqual([
        'invalid_configuration',
        `Endpoints on ${host} can be reached by others: give a token, or say insecure: true`,
      ]);
    }
    expect((await failureOf(network().listen({ token: '' }))).code).toBe('invalid_configuration');
    const { url } = await network().listen({ host: '0.0.0.0', token: 't' });
    expect(url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
  });

  it('refuses a name that leads here from outside while it asks for no token', async () => {
    const { url } = await agent();
    const status = await new Promise(resolve => {
      const { hostname, port, pathname } = new URL(url);
      import('node:http').then(({ request }) =>
        request({ hostname, port, path: pathname, method: 'POST', headers: { host: 'evil.example' } }, response =>
          resolve(response.statusCode),
        ).end('{}'),
      );
    });
    expect(status).toBe(401);
  });

  it('says where it cannot listen', async () => {
    const { server } = await agent();
    const port = Number(new URL(server.url).port);
    const { code, message } = await failureOf(network().listen({ port }));
    expect([code, message]).toEqual(['invalid_configuration', expect.stringContaining('EADDRINUSE')]);
  });

  it('answers what is no envelope, no endpoint or no POST with a code', async () => {
    const { url, server, unregister } = await agent(echo, { bodyLimitBytes: 1000 });
    expect(await post(url, {})).toMatchObject({ status: 200, body: { ok: false, error_code: 'invalid_payload' } });
    expect(await post(url, '{')).toMatchObject({ status: 400, body: { ok: false, error_code: 'invalid_payload' } });
    expect(await post(url, 'x'.repeat(2000))).toMatchObject({ status: 413, body: { error_code: 'payload_too_large' } });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await post(url, 'a=1', form)).toMatchObject({ status: 415, body: { error_code: 'unsupported_media_type' } });
    expect(await post(`${server.url}/nobody`, WAKE)).toMatchObject({
      status: 404,
      body: { request_id: WAKE.request_id, error_code: 'endpoint_not_found' },
    });
    const got = await fetch(url);
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    unregister();
    expect((await post(url, WAKE)).status).toBe(404);
  });

  it('closing, answers what is under way', async () => {
    const { opened, open } = gate();
    const { url, theirs } = await agent(request =>
      answer(request, async () => {
        await opened;
        return {};
      }),
    );
    const waiting = network().request(url, WAKE);
    await sleep(30);
    const closed = theirs.close();
    open();
    expect((await waiting).ok).toBe(true);
    await closed;
    expect((await failureOf(network().request(url, WAKE))).code).toBe('delivery_failed');
  });
});
