import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpGate } from '../../board/service/admission/http-gate.ts';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const json =
  (value: unknown): Answer =>
  response =>
    void response.writeHead(200).end(JSON.stringify(value));
const allow = json({ verdict: 'allow' });

/** A gate that answers one way after another, the last way for good. */
async function gateServer(...answers: Answer[]) {
  const bodies: unknown[] = [];
  const heads: IncomingMessage['headers'][] = [];
  const server = createServer(async (request, response) => {
    bodies.push(JSON.parse(await text(request)));
    heads.push(request.headers);
    const [answer] = answers;
    if (answers.length > 1) answers.shift();
    answer?.(response, request);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/admit?x=1`,
    bodies,
    heads,
    answerBy: (next: Answer) => answers.splice(0, 9, next),
  };
}

const TASK = { task_type: 'memo', label: 'x' };
const BY = {
  caller: { name: 'ci', token_id: '0123456789ab' },
  request_id: 'r1',
  idempotency_key: 'k',
  signal: new AbortController().signal,
};

/** What is no answer, and how. */
const FAULTS: readonly [string, Answer][] = [
  ['status 500', response => void response.writeHead(500).end('{"verdict":"allow"}')],
  ['status 204', response => void response.writeHead(204).end()],
  ['status 403', response => void response.writeHead(403).end('{"verdict":"refuse"}')],
  ['a redirect', response => void response.writeHead(302, { Location: '/' }).end()],
  ['no JSON', response => void response.writeHead(200).end('<html>')],
  ['another verdict', json({ verdict: 'yes' })],
  ['a list', json(['allow'])],
  ['a reason that is no text', json({ verdict: 'refuse', reason: {} })],
  ['no UTF-8', response => void response.writeHead(200).end(Buffer.from([0xff, 0xfe]))],
  ['a cut connection', response => void response.destroy()],
  ['half an answer', response => void response.writeHead(200, { 'Content-Length': '99' }).write('{"verd')],
  ['nothing', () => undefined],
  [
    'more than anybody reads',
    response => void response.writeHead(200).end(`{"verdict":"allow","x":"${'x'.repeat(70_000)}"}`),
  ],
];

describe('a gate over HTTP', () => {
  it.each(['allow', 'refuse', 'hold'])('is asked with all it needs, and its %s is taken', async verdict => {
    const reason = verdict === 'allow' ? {} : { reason: 'ä' };
    const server = await gateServer(json({ verdict, ...reason, more: 1 }));
    const gate = httpGate({ url: server.url, headers: { Authorization: 'Bearer x', 'content-type': 'text/plain' } });
    expect(await gate(TASK, BY)).toEqual({ verdict, ...reason });
    const { signal: _, ...sent } = BY;
    expect(server.bodies).toEqual([{ task: TASK, ...sent }]);
    expect(server.heads[0]).toMatchObject({ authorization: 'Bearer x', 'content-type': 'application/json' });
    expect(gate.stats()).toEqual({ state: 'closed', attempts: 1, failures: 0, unanswered: 0 });
  });

  it.each(FAULTS)('%s is a failure: asked again with the same id, then taken', async (_, fault) => {
    const server = await gateServer(fault, fault, allow);
    const gate = httpGate({ url: server.url, timeoutMs: 300 });
    expect(await gate(TASK, BY)).toEqual({ verdict: 'allow' });
    expect(server.bodies).toHaveLength(3);
    expect(new Set(server.bodies.map(body => JSON.stringify(body))).size).toBe(1);
    expect(gate.stats()).toMatchObject({ attempts: 3, failures: 2, unanswered: 0 });
  });

  it('refuses the post, or lets it through, once its tries are used up', async () => {
    const server = await gateServer(response => void response.writeHead(500).end('secret'));
    const closed = httpGate({ url: server.url, retries: 1, failuresToOpen: 99 });
    await expect(closed(TASK, BY)).rejects.toMatchObject({
      code: 'admission_unavailable',
      message: expect.not.stringMatching(/secret|x=1/),
    });
    const open = httpGate({ url: server.url, retries: 0, failuresToOpen: 99, onUnavailable: 'allow' });
    expect(await open(TASK, BY)).toEqual({ verdict: 'allow' });
    expect([closed.stats(), open.stats()]).toMatchObject([
      { attempts: 2, failures: 2, unanswered: 1 },
      { attempts: 1, failures: 1, unanswered: 1 },
    ]);
    const nobody = httpGate({ url: 'http://127.0.0.1:1/', retries: 0 });
    await expect(nobody(TASK, BY)).rejects.toMatchObject({ code: 'admission_unavailable' });
  });

  it('is left alone after five failures, tried by one post later, and asked again once that went well', async () => {
    const server = await gateServer(response => void response.writeHead(503).end());
    const gate = httpGate({ url: server.url, retries: 0, probeAfterSeconds: 1 });
    const ask = () =>
      gate(TASK, BY).then(
        ({ verdict }) => verdict,
        error => error.code,
      );
    for (let n = 0; n < 5; n++) expect(await ask()).toBe('admission_unavailable');
    expect(gate.stats()).toMatchObject({ state: 'open', attempts: 5 });
    for (let n = 0; n < 20; n++) expect(await ask()).toBe('admission_unavailable');
    expect(server.bodies).toHaveLength(5);
    await sleep(1_050);
    expect(await ask(), 'the probe').toBe('admission_unavailable');
    expect(await ask()).toBe('admission_unavailable');
    expect(server.bodies).toHaveLength(6);
    server.answerBy(allow);
    await sleep(1_050);
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(['allow', 'allow', 'allow']);
    expect(gate.stats()).toMatchObject({ state: 'closed', unanswered: 27 });
  });

  it('does not take it for a failure of the gate that a caller has gone', async () => {
    const server = await gateServer(() => undefined);
    const gate = httpGate({ url: server.url, onUnavailable: 'allow' });
    for (let n = 0; n < 6; n++) {
      const gone = new AbortController();
      const asked = gate(TASK, { ...BY, signal: gone.signal });
      while (server.bodies.length <= n) await sleep(2);
      gone.abort();
      await expect(asked).rejects.toMatchObject({ code: 'admission_unavailable' });
    }
    expect(gate.stats()).toMatchObject({ state: 'closed', attempts: 6, failures: 0 });
  });

  it.each([
    { url: 'gate' },
    { url: 'ftp://gate/' },
    { url: 'http://ann:secret@gate/' },
    { timeoutMs: 0 },
    { retries: -1 },
    { retries: 1.5 },
    { onUnavailable: 'maybe' },
    { failuresToOpen: 0 },
    { probeAfterSeconds: Number.NaN },
    { headers: { 'a b': 'c' } },
  ])('cannot be %j', over => {
    const make = () => httpGate({ url: 'http://gate/', ...over } as Parameters<typeof httpGate>[0]);
    expect(make).toThrow(/^The admission gate: /);
    expect(make).not.toThrow(/secret/);
  });
});
