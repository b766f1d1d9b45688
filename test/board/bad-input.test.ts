import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import type { BoardOptions } from '../../board/board-options.ts';
import { lifecycleOf } from '../../board/core/lifecycle/builder.ts';
import { openBoard } from '../../board/open-board.ts';
import { callLoosely, everything, post, refusalOf, register, walk } from '../support/board-steps.ts';

async function boardInMemory(options: Partial<BoardOptions> = {}): Promise<Board> {
  const board = await openBoard({ backend: sqlite({ file: ':memory:' }), taskTypes: { memo: 'fast' }, ...options });
  onTestFinished(() => board.close());
  return board;
}

/** A board with something on it, so that what must not change is there. */
async function busyBoard(): Promise<Board> {
  const board = await boardInMemory();
  await register(board, 'w');
  await post(board, 't', 'memo');
  await walk(board, 't', ['IN_PROGRESS@w']);
  await board.putData('k', 1);
  return board;
}

const CARD = { agent_id: 'a', name: 'A', url: 'a2a://a', version: '1', capabilities: ['x'], description: 'works' };
const POST = { task_type: 'memo', label: 'x' };
const MOVE = { task_id: 't', to_status: 'COMPLETE' };

/** Intent, payload, code, and what the message names. */
type Bad = readonly [intent: string, payload: unknown, code: string, names: RegExp];

async function refuses(cases: readonly Bad[]): Promise<void> {
  const board = await busyBoard();
  const before = await everything(board);
  for (const [intent, payload, code, names] of cases) {
    const refusal = await refusalOf(callLoosely(board, intent, payload));
    expect(refusal, `${intent} ${inspect(payload).slice(0, 80)}`).toMatch(new RegExp(`^\\w+Error ${code}: `));
    expect(refusal).toMatch(names);
    expect(refusal.length, 'a message that can be read').toBeLessThan(600);
  }
  expect(await everything(board)).toEqual(before);
}

const json = (text: string): unknown => JSON.parse(text);

describe('bad input has a code and writes nothing', () => {
  it('Q3: unknown intents, whatever an object may inherit, and those of other endpoints', async () => {
    const inherited = ['', 'board.nope', 'toString', 'constructor', '__proto__', 'hasOwnProperty'];
    const unknown = inherited.map((intent): Bad => [intent, {}, 'unsupported_intent', /Unsupported intent: /]);
    await refuses([
      ...unknown,
      ['x\0'.repeat(100_000), {}, 'unsupported_intent', /Unsupported intent: x\\u0000x/],
      ['chief.wake', {}, 'unsupported_intent', /Unsupported board intent: chief.wake/],
      ['worker.execute_task', { task_id: 't' }, 'unsupported_intent', /Unsupported board intent/],
    ]);
  });

  it('Q3, better 11: payloads that are no object, missing fields, all of them named', async () => {
    const noObject = [null, undefined, [], 'text', 7, () => 1, new Map(), Object.create(POST)];
    await refuses([
      ...noObject.map((payload): Bad => ['board.post_task', payload, 'invalid_payload', /payload/]),
      ['board.post_task', {}, 'invalid_payload', /\['label', 'task_type'\]/],
      ['board.post_task', { task_type: 'memo' }, 'invalid_payload', /\['label'\]/],
      ['board.post_task', { ...POST, label: undefined }, 'invalid_payload', /\['label'\]/],
      ['board.update_task', { to_status: 'x' }, 'invalid_payload', /\['task_id'\]/],
      ['board.put_data', { key: 'k' }, 'invalid_payload', /\['value'\]/],
      ['worker.post_result', {}, 'invalid_payload', /\['task_id'\]/],
      ['board.append_flight_log', { task_id: 't' }, 'invalid_payload', /\['payload', 'stage'\]/],
    ]);
  });

  it('extra fields are refused by name, `__proto__` among them', async () => {
    await refuses([
      ['board.post_task', { ...POST, priorty: 1 }, 'invalid_payload', /priorty/],
      ['board.post_task', { ...POST, ['x'.repeat(100_000)]: 1 }, 'invalid_payload', /xxx…/],
      ['board.post_task', { ...POST, ...Array.from({ length: 1_000 }) }, 'invalid_payload', /and 995 more/],
      ['board.get_full_state', { all: true }, 'invalid_payload', /all/],
      [
        'board.post_task',
        json('{"task_type":"memo","label":"x","__proto__":{"priority":1}}'),
        'invalid_payload',
        /__proto__/,
      ],
      ['board.post_task', { ...POST, constructor: 1 }, 'invalid_payload', /constructor/],
      [
        'board.put_data',
        { key: 'k', value: json('{"a":[{"__proto__":1}]}') },
        'invalid_payload',
        /value.a\[0\].*__proto__/,
      ],
      ['board.update_task', { ...MOVE, output: json('{"__proto__":{}}') }, 'invalid_payload', /output.*__proto__/],
    ]);
  });

  it('wrong types, and values that JSON cannot say', async () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    let deep: unknown = 1;
    for (let depth = 0; depth < 10_000; depth++) deep = [deep];
    const sparse = new Array(3);
    const values = [
      cycle,
      deep,
      sparse,
      1n,
      Symbol('s'),
      () => 1,
      Number.NaN,
      Infinity,
      new Date(0),
      new Map(),
      [undefined],
    ];
    const types = [null, 1, true, {}, []].map(
      (label): Bad => ['board.post_task', { ...POST, label }, 'invalid_payload', /label/],
    );
    await refuses([
      ...types,
      ...values.map((value): Bad => ['board.put_data', { key: 'k', value }, 'invalid_payload', /value/]),
      ['board.post_task', { ...POST, priority: 1.5 }, 'invalid_payload', /priority must be a whole number/],
      ['board.post_task', { ...POST, priority: 2 ** 40 }, 'invalid_payload', /priority/],
      ['board.post_task', { ...POST, notes: 'n' }, 'invalid_payload', /notes must be a list/],
      ['board.post_task', { ...POST, notes: sparse }, 'invalid_payload', /notes/],
      ['board.post_task', { ...POST, task_id: '' }, 'invalid_payload', /task_id/],
      ['board.post_task', { ...POST, traceparent: '00-0-0-00' }, 'invalid_payload', /traceparent/],
      ['board.post_task', { ...POST, trace_relation: 'child' }, 'invalid_payload', /link, parent/],
      ['board.update_task', { ...MOVE, fence: '3' }, 'invalid_payload', /fence/],
      ['board.update_task', { ...MOVE, require_idle: 1 }, 'invalid_payload', /true or false/],
      ['board.register_agent', { ...CARD, status: 'ASLEEP' }, 'invalid_payload', /IDLE, BUSY, OFFLINE/],
      ['board.register_agent', { ...CARD, capabilities: [1] }, 'invalid_payload', /capabilities/],
      ['board.stream_events', { since_sequence: 'x' }, 'invalid_payload', /since_sequence/],
      [
        'board.list_tasks_by_status',
        { statuses: Array.from({ length: 40_000 }, (_, n) => `s${n}`) },
        'invalid_payload',
        /statuses/,
      ],
    ]);
  });

  for (const [what, bad] of [
    ['NUL', 'a\0b'],
    ['a lone surrogate', 'a\uD800b'],
    ['a lone low surrogate', '\uDC00'],
  ] as const) {
    it(`${what} is refused in every text: ids, labels, notes, keys, statuses, outputs, nested values and their keys`, async () => {
      await refuses(
        (
          [
            ['board.post_task', { ...POST, task_id: bad }],
            ['board.post_task', { ...POST, task_type: bad }],
            ['board.post_task', { ...POST, label: bad }],
            ['board.post_task', { ...POST, notes: ['fine', bad] }],
            ['board.post_task', { ...POST, scope: bad }],
            ['board.update_task', { ...MOVE, task_id: bad }],
            ['board.update_task', { ...MOVE, to_status: bad }],
            ['board.update_task', { ...MOVE, assigned_to: bad }],
            ['board.update_task', { ...MOVE, output: [{ deep: bad }] }],
            ['board.update_task', { ...MOVE, output: { [bad]: 1 } }],
            ['board.update_task', { ...MOVE, notes_append: bad }],
            ['board.update_task', { ...MOVE, reason: bad }],
            ['board.register_agent', { ...CARD, agent_id: bad }],
            ['board.register_agent', { ...CARD, capabilities: [bad] }],
            ['board.post_agent_heartbeat', { agent_id: bad }],
            ['board.put_data', { key: bad, value: 1 }],
            ['board.put_data', { key: 'k', value: { a: [bad] } }],
            ['board.get_data', { key: bad }],
            ['board.list_data', { prefix: bad }],
            ['board.get_task', { task_id: bad }],
            ['board.get_task_history', { task_id: bad }],
            ['board.list_tasks_by_status', { statuses: [bad] }],
            ['board.append_flight_log', { task_id: 't', stage: bad, payload: 1 }],
            ['worker.post_result', { task_id: 't', output: bad }],
          ] as const
        ).map(([intent, payload]): Bad => [intent, payload, 'invalid_text', /NUL|surrogate/]),
      );
    });

    it(`${what} is refused in what accompanies a call, and in the names a board is opened with`, async () => {
      const board = await busyBoard();
      const before = await everything(board);
      for (const name of ['idempotencyKey', 'actor', 'cycleId', 'tickId']) {
        expect(await refusalOf(board.postTask(POST, { [name]: bad }))).toMatch(`ValidationError invalid_text: ${name}`);
      }
      expect(await everything(board)).toEqual(before);
      expect(await refusalOf(boardInMemory({ boardId: bad }))).toMatch(
        /^ConfigurationError invalid_configuration: boardId/,
      );
      expect(await refusalOf(boardInMemory({ taskTypes: { [bad]: 'fast' } }))).toMatch(
        /^ConfigurationError invalid_configuration: a task type/,
      );
    });
  }

  it('an id of 10,000 characters, and of 201 bytes; 200 bytes are taken', async () => {
    const long = 'x'.repeat(10_000);
    const umlauts = 'ä'.repeat(101);
    await refuses(
      [long, umlauts].flatMap((id): Bad[] => [
        ['board.post_task', { ...POST, task_id: id }, 'invalid_payload', /task_id must be at most 200 bytes long/],
        ['board.post_task', { ...POST, task_type: id }, 'invalid_payload', /200 bytes/],
        ['board.update_task', { ...MOVE, assigned_to: id }, 'invalid_payload', /200 bytes/],
        ['board.register_agent', { ...CARD, agent_id: id }, 'invalid_payload', /200 bytes/],
        ['board.put_data', { key: id, value: 1 }, 'invalid_payload', /200 bytes/],
        ['board.get_task', { task_id: id }, 'invalid_payload', /200 bytes/],
      ]),
    );
    const board = await boardInMemory();
    expect(await refusalOf(board.postTask(POST, { idempotencyKey: long }))).toMatch(/invalid_payload: idempotencyKey/);
    for (const id of ['x'.repeat(200), 'ä'.repeat(100)]) expect((await post(board, id)).task_id).toBe(id);
  });

  it('a payload over the limit is refused, one at the limit is taken, by its bytes as JSON', async () => {
    const board = await boardInMemory({ maxPayloadBytes: 2_000 });
    const values = [
      (n: number) => 'x'.repeat(n),
      (n: number) => '\u0001'.repeat(n),
      (n: number) => '😀'.repeat(n),
      (n: number) => Array.from({ length: n }, () => [[1]]),
      (n: number) => Array.from({ length: n }, () => -Math.PI * 1e-300),
      (n: number) => Array.from({ length: n }, () => ({ a: true })),
    ];
    for (const make of values) {
      const bytes = (n: number): number => Buffer.byteLength(JSON.stringify({ key: 'k', value: make(n) }));
      let most = 0;
      while (bytes(most + 1) <= 2_000) most++;
      expect((await board.putData('k', make(most))).key).toBe('k');
      const before = await everything(board);
      expect(await refusalOf(board.putData('k', make(most + 1)))).toMatch(
        /^ValidationError payload_too_large: .*2000 bytes/,
      );
      expect(await everything(board)).toEqual(before);
    }
  });

  it('the limit is 1 MiB unless it is said otherwise', async () => {
    const board = await boardInMemory();
    const room = 1_048_576 - JSON.stringify({ key: 'k', value: '' }).length;
    await board.putData('k', 'x'.repeat(room));
    expect(await refusalOf(board.putData('k', 'x'.repeat(room + 1)))).toMatch(/payload_too_large/);
  });

  it('a full commit queue gives OverloadedError, writes nothing of it, and takes commands again afterwards', async () => {
    const board = await boardInMemory({ maxQueued: 10, maxBatch: 4 });
    const settled = await Promise.allSettled(Array.from({ length: 25 }, (_, n) => post(board, `t${n}`)));
    const refused = settled.flatMap(each => (each.status === 'rejected' ? [each.reason] : []));
    expect(refused).toHaveLength(15);
    for (const error of refused) expect(error).toMatchObject({ name: 'OverloadedError', code: 'overloaded' });
    expect((await board.listTasks()).map(task => task.task_id)).toEqual(Array.from({ length: 10 }, (_, n) => `t${n}`));
    expect((await board.streamEvents()).events).toHaveLength(10);
    expect((await post(board, 'later')).entered_sequence_id).toBe(11);
  });

  it('a lifecycle that cannot be used is refused as the board is opened, with every fault, and registers nothing', async () => {
    const lost = lifecycleOf('lost', [
      ['UNASSIGNED', 'doing'],
      ['doing', 'done'],
      ['island', 'done'],
    ]);
    const endless = lifecycleOf('endless', [
      ['UNASSIGNED', 'doing'],
      ['doing', 'UNASSIGNED'],
    ]);
    const backend = sqlite({ file: ':memory:' });
    const opening = openBoard({ backend, lifecycles: [lost, endless], taskTypes: { a: 'nowhere' } });
    const refusal = await refusalOf(opening);
    expect(refusal).toMatch(/^ValidationError invalid_lifecycle: /);
    for (const fault of [
      /lost: .*"island" cannot be reached/,
      /endless: no status is terminal/,
      /unknown profile nowhere/,
    ]) {
      expect(refusal).toMatch(fault);
    }
    const board = await openBoard({ backend, taskTypes: { memo: 'fast' } });
    expect((await Array.fromAsync(board.profiles())).map(({ profile }) => profile)).toEqual([
      'review_required',
      'fast',
    ]);
    await board.close();
  });

  it('every fault of the options in one error; an option spelled undefined is not given', async () => {
    const refusal = await refusalOf(boardInMemory({ boardId: '', maxBatch: 0, maxQueued: 1.5 }));
    expect(refusal).toMatch(/^ConfigurationError invalid_configuration: .*boardId.*maxBatch.*maxQueued/);
    const given: Partial<BoardOptions> = JSON.parse('{}');
    const board = await boardInMemory({
      ...given,
      ...({ boardId: undefined, clock: undefined, maxBatch: undefined } as object),
    });
    expect((await post(board, 't')).task_id).toBe('t');
    expect(board.boardId).toBe('default');
  });
});
