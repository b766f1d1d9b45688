import { describe, expect, it, onTestFinished } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { checkLog } from '../../board/check/check.ts';
import { QuadroError } from '../../board/core/errors.ts';
import type { PostTaskParams } from '../../board/core/intents.ts';
import { openBoard } from '../../board/open-board.ts';
import type { AdmissionRequest, Admit } from '../../board/service/admission/admission.ts';
import { admitted } from '../../board/service/admission/admitted.ts';
import { everything } from '../support/board-steps.ts';
import { databaseKinds } from '../support/database-kinds.ts';

const BY = { caller: { name: 'ci', token_id: '0123456789ab' }, request_id: 'r1', signal: new AbortController().signal };
const MEMO: PostTaskParams = { task_type: 'memo', label: 'x' };

async function memoryBoard(options: object = {}): Promise<Board> {
  const board = await openBoard({ backend: sqlite({ file: ':memory:' }), ...options });
  onTestFinished(() => board.close());
  return board;
}

/** A hook that does as its task's label says, and keeps what it was asked. */
function scripted() {
  const asked: { task: PostTaskParams; by: AdmissionRequest }[] = [];
  const admit: Admit = async (task, by) => {
    asked.push({ task, by });
    await Promise.resolve();
    if (task.label === 'refuse') return { verdict: 'refuse', reason: 'not today' };
    if (task.label === 'hold') return { verdict: 'hold', reason: 'ask ann' };
    if (task.label === 'throw') throw new Error('secret detail');
    return { verdict: 'allow' };
  };
  return { admit, asked };
}

const refusalOf = async (promise: Promise<unknown>): Promise<QuadroError> => {
  const error: unknown = await promise.then(
    () => null,
    thrown => thrown,
  );
  if (error instanceof QuadroError) return error;
  throw new Error(`not refused: ${String(error)}`);
};

describe('a board behind a hook', () => {
  it('posts what is allowed, as it was sent, and tells the hook who asks', async () => {
    const board = await memoryBoard();
    const { admit, asked } = scripted();
    const spoiling: Admit = (task, by) => {
      const answer = admit(task, by);
      Object.assign(task, { label: 'spoilt', notes: ['spoilt'] });
      return answer;
    };
    const sent = { ...MEMO, notes: ['a'] };
    const { task } = await admitted(board, spoiling).call('board.post_task', sent, { actor: 'ci' }, BY);
    expect(task).toMatchObject({ label: 'x', status: 'UNASSIGNED', notes: ['a'] });
    expect(asked[0]?.by).toEqual({ ...BY, idempotency_key: null });
    expect((await board.streamEvents()).events[0]?.actor).toBe('ci');
  });

  it('makes no task of what is refused, and says why', async () => {
    const board = await memoryBoard();
    const before = await everything(board);
    const posts = admitted(board, scripted().admit);
    const error = await refusalOf(posts.call('board.post_task', { ...MEMO, label: 'refuse' }, {}, BY));
    expect(error).toMatchObject({ name: 'AccessError', code: 'admission_refused', details: { reason: 'not today' } });
    expect(error.message).toBe('The task is refused: not today');
    expect(await everything(board)).toEqual(before);
  });

  it('posts what is held and holds it, with the reason in its notes; a caller may ask for a hold too', async () => {
    const board = await memoryBoard();
    const posts = admitted(board, scripted().admit);
    const held = await posts.call('board.post_task', { ...MEMO, label: 'hold', notes: ['a'], hold: 'own' }, {}, BY);
    expect(held.task).toMatchObject({ status: 'ON_HOLD', notes: ['a', 'ask ann'] });
    const own = await posts.call('board.post_task', { ...MEMO, hold: 'own' }, {}, BY);
    expect(own.task).toMatchObject({ status: 'ON_HOLD', notes: ['own'] });
    expect((await board.streamEvents()).events.map(({ to_status }) => to_status)).toEqual([
      'UNASSIGNED',
      'ON_HOLD',
      'UNASSIGNED',
      'ON_HOLD',
    ]);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('secret detail'))],
    ['answers nothing', () => undefined],
    ['answers another verdict', () => ({ verdict: 'maybe' })],
    ['answers a reason that is no text', () => ({ verdict: 'hold', reason: 7 })],
    ['answers a reason that no database stores', () => ({ verdict: 'hold', reason: 'a\0' })],
  ])('fails closed where the hook %s', async (_, hook) => {
    const board = await memoryBoard();
    const posts = admitted(board, hook as Admit);
    const error = await refusalOf(posts.call('board.post_task', MEMO, {}, BY));
    expect(error.code).toBe('admission_unavailable');
    expect(error.message).not.toContain('secret');
    expect((await board.board()).next_sequence_id).toBe(1);
  });

  it('cuts a long reason, and has words for a missing one', async () => {
    const board = await memoryBoard();
    const refusal = async (reason: unknown): Promise<unknown> => {
      const posts = admitted(board, (() => ({ verdict: 'refuse', reason })) as Admit);
      return (await refusalOf(posts.call('board.post_task', MEMO, {}, BY))).details.reason;
    };
    expect(await refusal('😀'.repeat(900))).toBe('😀'.repeat(500));
    for (const none of [undefined, null, '']) expect(await refusal(none)).toBe('refused by the admission gate');
  });

  it('asks neither about other intents, nor about what the board would refuse', async () => {
    const board = await memoryBoard();
    const { admit, asked } = scripted();
    const posts = admitted(board, admit);
    expect((await posts.call('board.list_leases', {}, {}, BY)).leases).toEqual([]);
    for (const params of [{ task_type: 'memo' }, { ...MEMO, priority: 'high' }, { ...MEMO, other: 1 }, null]) {
      expect((await refusalOf(posts.call('board.post_task', params as never, {}, BY))).code).toBe('invalid_payload');
    }
    expect((await refusalOf(posts.call('board.post_tasks', [MEMO] as never, {}, BY))).code).toBe('invalid_payload');
    expect(asked).toEqual([]);
  });

  it('asks about every task of a bulk, a few at a time, and posts all or none', async () => {
    const board = await memoryBoard();
    let [atOnce, most] = [0, 0];
    const { admit, asked } = scripted();
    const counting: Admit = async (task, by) => {
      most = Math.max(most, ++atOnce);
      await new Promise(resolve => setTimeout(resolve, 1));
      atOnce--;
      return await admit(task, by);
    };
    const posts = admitted(board, counting);
    const labels = Array.from({ length: 60 }, (_, n) => (n % 20 === 3 ? 'hold' : `m${n}`));
    const bulk = labels.map(label => ({ ...MEMO, label }));
    const { tasks } = await posts.call('board.post_tasks', { tasks: bulk }, {}, BY);
    expect(tasks.map(({ label, status }) => [label, status])).toEqual(
      labels.map(label => [label, label === 'hold' ? 'ON_HOLD' : 'UNASSIGNED']),
    );
    expect(most).toBe(8);
    expect(asked.map(({ by }) => by.request_id).sort()).toEqual(labels.map((_, n) => `r1/${n}`).sort());
    const before = await everything(board);
    asked.length = 0;
    const refused = bulk.with(30, { ...MEMO, label: 'refuse' });
    const error = await refusalOf(posts.call('board.post_tasks', { tasks: refused }, {}, BY));
    expect(error).toMatchObject({ code: 'admission_refused', details: { index: 30, reason: 'not today' } });
    expect(error.message).toBe('tasks[30]: The task is refused: not today');
    expect(asked.length, 'the rest are left').toBeLessThan(60);
    expect(asked.at(-1)?.by.signal.aborted).toBe(true);
    const failing = bulk.with(30, { ...MEMO, label: 'throw' });
    expect(await refusalOf(posts.call('board.post_tasks', { tasks: failing }, {}, BY))).toMatchObject({
      code: 'admission_unavailable',
      details: { index: 30 },
    });
    expect(await everything(board)).toEqual(before);
  });

  it('without a hook is the board itself', async () => {
    const board = await memoryBoard();
    const { task } = await admitted(board, undefined).call('board.post_task', MEMO, {}, BY);
    expect(task.status).toBe('UNASSIGNED');
  });
});

describe.each(databaseKinds())('admission on $name', kind => {
  it.skipIf(kind.skip !== undefined)(
    'a post that is sent again gets the first answer, whatever the hook says now',
    async () => {
      const database = await kind.create();
      let now = 2_000_000_000_000_000;
      const options = { clock: () => now, idempotencySeconds: 3_600 };
      const board = await openBoard({ backend: database.backend(), ...options });
      const other = await openBoard({ backend: database.backend(), ...options });
      onTestFinished(async () => {
        await board.close();
        await other.close();
      });
      let verdict = 'hold';
      let asked = 0;
      const admit: Admit = () => {
        asked++;
        return { verdict, reason: `reason ${asked}` } as ReturnType<Admit>;
      };
      const post = (over: object = {}, key = 'k') =>
        admitted(asked % 2 === 0 ? board : other, admit).call(
          'board.post_task',
          { ...MEMO, ...over },
          { idempotencyKey: key },
          BY,
        );
      const first = await post();
      const bulk = { tasks: [MEMO, MEMO] };
      const many = await admitted(board, admit).call('board.post_tasks', bulk, { idempotencyKey: 'many' }, BY);
      expect(first.task.notes).toEqual(['reason 1']);
      asked = 0;
      for (verdict of ['allow', 'hold', 'refuse', 'nonsense']) {
        expect(await post()).toEqual(first);
        expect(await admitted(other, admit).call('board.post_tasks', bulk, { idempotencyKey: 'many' }, BY)).toEqual(
          many,
        );
      }
      expect(asked).toBe(0);
      expect((await refusalOf(post({ label: 'y' }))).code).toBe('idempotency_conflict');
      verdict = 'refuse';
      expect((await refusalOf(post({}, 'another'))).code).toBe('admission_refused');
      verdict = 'allow';
      expect((await post({}, 'another')).task.status, 'a refusal is not kept').toBe('UNASSIGNED');
      expect(asked).toBe(2);
      now += 3_600_000_000;
      verdict = 'refuse';
      expect((await refusalOf(post())).code, 'a key that has expired').toBe('admission_refused');
      expect((await checkLog(board)).faults).toEqual([]);
    },
  );
});
