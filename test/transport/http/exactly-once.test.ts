import { describe, expect, it, onTestFinished } from 'vitest';
import type { Board } from '../../../board/board.ts';
import { QuadroError } from '../../../board/core/errors.ts';
import { type RemoteBoard, remoteBoard } from '../../../board/transport/http/index.ts';
import { serve } from '../../service/served.ts';
import { FINE, type FlakyProxy, flakyProxy, type Mishap, type Reply } from '../../support/flaky-proxy.ts';

const REPLIES: readonly Reply[] = [
  'reset',
  'end',
  'half',
  'garbage',
  'wrong_json',
  'page_500',
  'page_502',
  'busy',
  'redirect',
  'silence',
  'drip',
];

/** Every way in which a request can go wrong. */
const MISHAPS: readonly Mishap[] = REPLIES.flatMap(reply => [
  { delivers: true, reply },
  { delivers: false, reply },
]);

/** A service that says it is busy has taken nothing; only a proxy that lies says so after it has delivered. */
const HONEST = MISHAPS.filter(({ delivers, reply }) => !delivers || reply !== 'busy');

interface Line {
  readonly board: Board;
  readonly proxy: FlakyProxy;
  readonly client: RemoteBoard;
  /** The first request of an intent from now on has this mishap, those after it none. */
  once(mishap: Mishap): void;
}

async function openLine(): Promise<Line> {
  const { board, service } = await serve({ requestsPerMinute: 0 });
  const proxy = await flakyProxy(service.url);
  const client = await remoteBoard({ url: proxy.url, timeoutMs: 400, patienceMs: 20_000 });
  onTestFinished(() => client.close());
  const once = (mishap: Mishap): void => {
    let isFirst = true;
    proxy.happen(({ method }) => {
      if (method !== 'POST' || !isFirst) return FINE;
      isFirst = false;
      return mishap;
    });
  };
  return { board, proxy, client, once };
}

type Fate = { readonly done: true } | { readonly done: false; readonly code: string };

async function fateOf(call: Promise<unknown>): Promise<Fate> {
  try {
    await call;
    return { done: true };
  } catch (error) {
    if (!(error instanceof QuadroError)) throw error;
    return { done: false, code: error.code };
  }
}

async function countEvents(board: Board, matches: (type: string) => boolean): Promise<number> {
  return (await board.events(0, 500)).filter(({ event_type }) => matches(event_type)).length;
}

/** What a repeat can help: the answer was lost, or was none. A 500 and a redirect would only come again. */
const HOPELESS: ReadonlySet<Reply> = new Set<Reply>(['page_500', 'redirect']);

describe('a write over a line that fails once', () => {
  it.each(MISHAPS)('happens once: $reply, delivered: $delivers', async mishap => {
    const { board, client, once } = await openLine();
    await board.registerAgent({
      agent_id: 'ann',
      name: 'ann',
      url: 'a2a://ann',
      version: '1',
      capabilities: [],
      description: '',
    });
    const isHopeless = HOPELESS.has(mishap.reply);
    const expected = isHopeless ? { done: false, code: 'storage_uncertain' } : { done: true };

    once(mishap);
    expect(await fateOf(client.postTask({ task_type: 'memo', label: 'x', task_id: 't1' }))).toEqual(expected);
    if (isHopeless && !mishap.delivers) await board.postTask({ task_type: 'memo', label: 'x', task_id: 't1' });
    expect(await countEvents(board, type => type === 'task_posted')).toBe(1);

    once(mishap);
    const start = { task_id: 't1', to_status: 'IN_PROGRESS', assigned_to: 'ann' };
    expect(await fateOf(client.updateTask(start))).toEqual(expected);
    if (isHopeless && !mishap.delivers) await board.updateTask(start);

    once(mishap);
    const beat = { agent_id: 'ann', task_id: 't1' };
    expect(await fateOf(client.postAgentHeartbeat(beat))).toEqual(expected);
    const beats = isHopeless && !mishap.delivers ? 0 : 1;
    expect(await countEvents(board, type => type === 'task_heartbeat')).toBe(beats);

    once(mishap);
    const fate = await fateOf(client.postResult({ task_id: 't1', output: 'done' }));
    expect(fate).toEqual(expected);
    const { task } = await board.getTask('t1');
    expect(task.status).toBe(isHopeless && !mishap.delivers ? 'IN_PROGRESS' : 'COMPLETE');
    expect(new Set((await board.events(0, 500)).map(event => event.sequence_id)).size).toBe(
      (await board.board()).next_sequence_id - 1,
    );
  });

  it.each(HONEST)('an entry of a log without keys happens at most once: $reply, delivered: $delivers', async mishap => {
    const { board, client, once } = await openLine();
    await board.postTask({ task_type: 'memo', label: 'x', task_id: 't1' });
    once(mishap);
    const fate = await fateOf(client.appendFlightLog({ task_id: 't1', stage: 'UNASSIGNED', payload: { n: 1 } }));
    const entries = await Array.fromAsync(board.flightLog());
    if (fate.done) expect(entries).toHaveLength(1);
    else expect(fate.code).toBe('storage_uncertain');
    expect(entries.length).toBeLessThanOrEqual(1);
    if (mishap.delivers) expect(entries.length).toBeGreaterThanOrEqual(1);
  });

  it.each(MISHAPS)('a lease stays its holder’s, under one term: $reply, delivered: $delivers', async mishap => {
    const { board, client, once } = await openLine();
    const claim = { role: 'chief:c', kind: 'chief', claims: null, holder: 'h1', duration_ms: 1_600 };
    once(mishap);
    const acquire = (): Promise<Fate> => fateOf(client.call('board.acquire_lease', claim));
    if (!(await acquire()).done) expect(await acquire()).toEqual({ done: true });
    const { leases } = await board.call('board.list_leases', {});
    expect(leases).toMatchObject([{ role: 'chief:c', holder: 'h1', term: 1 }]);
    once(mishap);
    await fateOf(client.call('board.release_lease', { role: 'chief:c', holder: 'h1', term: 1 }));
    const after = (await board.call('board.list_leases', {})).leases[0];
    if (mishap.delivers) expect(after).toMatchObject({ holder: null, term: 1 });
  });
});

describe('a claim whose answer is lost', () => {
  it.each(MISHAPS.filter(({ reply }) => !HOPELESS.has(reply)))(
    'is its claimant’s all the same, and nobody else’s: $reply, delivered: $delivers',
    async mishap => {
      const { board, client, once } = await openLine();
      await board.registerAgent({
        agent_id: 'ann',
        name: 'ann',
        url: 'a2a://ann',
        version: '1',
        capabilities: [],
        description: '',
      });
      const { task } = await board.postTask({ task_type: 'memo', label: 'x' });
      const { task_id } = task;
      const moved = await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'ann' });
      const claim = { agent_id: 'ann', task_id, fence: moved.task.entered_sequence_id, claim: true };
      once(mishap);
      expect((await client.postAgentHeartbeat(claim)).abort).toBe(false);
      // Another process of the same agent, with a key of its own.
      expect((await client.postAgentHeartbeat(claim)).abort).toBe(true);
      expect(await countEvents(board, type => type === 'task_heartbeat')).toBe(1);
    },
  );
});

describe('a busy line', () => {
  it('every write of many happens once or, where it is refused, at most once', async () => {
    const { board, client, proxy } = await openLine();
    let seed = 7;
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const passing = HONEST.filter(({ reply }) => reply !== 'silence' && reply !== 'drip');
    proxy.happen(() => (random() < 0.4 ? (passing[Math.floor(random() * passing.length)] ?? FINE) : FINE));
    const fates = await Promise.all(
      Array.from({ length: 150 }, (_, index) =>
        fateOf(client.postTask({ task_type: 'memo', label: `n${index}` })).then(fate => [index, fate] as const),
      ),
    );
    const labels = (await board.listTasks()).map(({ label }) => label);
    expect(new Set(labels).size).toBe(labels.length);
    for (const [index, fate] of fates) {
      if (fate.done) expect(labels).toContain(`n${index}`);
      else expect(['storage_uncertain', 'delivery_failed', 'rate_limited']).toContain(fate.code);
      // Only what says that nobody knows may have been done.
      if (!fate.done && fate.code !== 'storage_uncertain') expect(labels).not.toContain(`n${index}`);
    }
    expect(fates.filter(([, { done }]) => done).length).toBeGreaterThan(75);
    expect(proxy.arrivals.length).toBeGreaterThan(150);
  });
});
