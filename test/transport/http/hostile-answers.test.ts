import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { QuadroError } from '../../../board/core/errors.ts';
import { requestOf } from '../../../board/transport/envelope.ts';
import { httpNetwork } from '../../../board/transport/http/index.ts';
import { RemoteBoard } from '../../../board/transport/http/remote-board.ts';

interface Given {
  status: number;
  text: string;
  type: string;
}

/** A server that answers everything with what it is given. */
async function parrot() {
  const given: Given = { status: 200, text: '{}', type: 'application/json' };
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(given.status, { 'content-type': given.type }).end(given.text);
  }).listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { given, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const WORDS = [
  'ok',
  'result',
  'error',
  'error_code',
  'request_id',
  'board',
  'events',
  'tasks',
  'agents',
  'next',
  'task',
];
const json = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(null, true, false, 0, -1, 1e308, '', 'r1', 'yesterday', '2026-01-31T09:30:00Z', '\u0000'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...WORDS, 'created_at', 'sequence_id', '__proto__', 'x'), tie('value'), {
      maxKeys: 5,
    }),
  ),
})).value;
const answers: fc.Arbitrary<Given> = fc.record({
  status: fc.constantFrom(200, 201, 204, 301, 400, 401, 403, 404, 409, 418, 429, 500, 502, 503, 599),
  text: fc.oneof(
    json.map(value => JSON.stringify(value)),
    fc.string(),
    fc.constantFrom('', '{', 'null', '<html>'),
  ),
  type: fc.constantFrom('application/json', 'text/html', 'text/event-stream', ''),
});

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => null,
    error => error,
  );
}

describe('whatever a server answers', () => {
  it('a network gives an answer to the request, or an error with a code', async () => {
    const { given, url } = await parrot();
    const network = httpNetwork({ patienceMs: 0, circuitFailures: Number.MAX_SAFE_INTEGER });
    onTestFinished(() => network.close());
    const intents = ['board.get_task', 'board.post_task', 'board.put_data', 'worker.execute_task'] as const;
    await fc.assert(
      fc.asyncProperty(answers, fc.constantFrom(...intents), async (answer, intent) => {
        Object.assign(given, answer);
        const envelope = requestOf(intent, {}, { requestId: 'r1', at: 0 });
        const end = await network.request(`${url}/a2a`, envelope).catch(error => error);
        if (end instanceof QuadroError) {
          expect(end.message).toContain(url);
          // A write of which nobody knows says so.
          const isWrite = intent === 'board.post_task' || intent === 'board.put_data';
          expect(['remote_error', isWrite ? 'storage_uncertain' : 'delivery_failed']).toContain(end.code);
        } else {
          expect(end).toMatchObject({ request_id: 'r1', result: {} });
          expect(end.ok).toBe(end.error === null);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('a board elsewhere gives records, or an error with a code', async () => {
    const { given, url } = await parrot();
    const board = new RemoteBoard({ url, patienceMs: 0 });
    onTestFinished(() => board.close());
    await fc.assert(
      fc.asyncProperty(answers, async answer => {
        Object.assign(given, answer);
        const reads = [
          () => board.events(0, 10),
          () => board.listAgents(),
          () => board.board(),
          () => board.tasksById(['t']),
        ];
        for (const read of reads) {
          const failure = await failureOf(read());
          if (failure !== null) expect(failure).toBeInstanceOf(QuadroError);
        }
      }),
      { numRuns: 700 },
    );
  });

  it('pages without an end are not read without an end', async () => {
    const { given, url } = await parrot();
    const board = new RemoteBoard({ url, patienceMs: 0 });
    onTestFinished(() => board.close());
    given.text = '{"tasks":[],"next":"again"}';
    await expect(board.tasksById(['t'])).rejects.toMatchObject({ code: 'remote_error' });
    given.text = '{"tasks":[{},{},{}],"next":null}';
    await expect(board.tasksById(['t'])).rejects.toMatchObject({ code: 'remote_error' });
  });
});
