import { describe, expect, it } from 'vitest';
import type { Board } from '../../board/board.ts';
import { checkLog } from '../../board/check/check.ts';
import type { PostTaskParams } from '../../board/core/intents.ts';
import type { Event } from '../../board/core/records.ts';
import { randomTaskIds } from '../../board/task-ids.ts';
import type { BoardFixture } from '../board-suite.ts';
import { callLoosely, everything, post, refusalOf, register, walk } from '../support/board-steps.ts';

const memo = (over: Partial<PostTaskParams> = {}): PostTaskParams => ({ task_type: 'memo', label: 'x', ...over });
const memos = (count: number): PostTaskParams[] => Array.from({ length: count }, (_, n) => memo({ label: `m${n}` }));

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Tasks that differ in everything a post can say. */
const MIXED: readonly PostTaskParams[] = [
  memo({ task_id: 'a', priority: 9 }),
  { task_id: 'b', task_type: 'article', label: 'ä', notes: ['one', 'two'], parent_task_id: 'a', scope: 's' },
  { task_id: 'c', task_type: 'unheard of', label: '', traceparent: TRACE, origin_task_id: 'b' },
  memo({ task_id: 'd', traceparent: TRACE, trace_relation: 'parent' }),
];

/** Rules of posts in bulk: one commit, all or nothing. */
export function bulkRules(on: BoardFixture): void {
  const commits = (board: Board): number[][] => {
    const seen: number[][] = [];
    board.onEvents(events => seen.push(events.map(event => event.sequence_id)));
    return seen;
  };

  describe('posts in bulk', () => {
    it('gives the rows and events that the same posts give one by one, in the order given, in one commit', async () => {
      const now = 2_100_000_000_000_000;
      const [bulk, single] = [
        await on.reopen({ boardId: 'bulk', clock: () => now }),
        await on.reopen({ boardId: 'single', clock: () => now }),
      ];
      const seen = commits(bulk);
      const options = { actor: 'ann', cycleId: 'c1', tickId: 't1' };
      const { tasks, events } = await bulk.postTasks(MIXED, options);
      const one: { task: object; event: object }[] = [];
      for (const params of MIXED) one.push(await single.postTask(params, options));
      expect(tasks).toEqual(one.map(each => each.task));
      expect(events).toEqual(one.map(each => each.event));
      expect(seen).toEqual([[1, 2, 3, 4]]);
      expect((await bulk.streamEvents()).events).toEqual(events);
      expect(await bulk.tasksById(['a', 'b', 'c', 'd'])).toEqual(await single.tasksById(['a', 'b', 'c', 'd']));
      const end = async (board: Board): Promise<readonly number[]> => {
        const { next_sequence_id, last_timestamp } = await board.board();
        return [next_sequence_id, last_timestamp];
      };
      expect(await end(bulk)).toEqual(await end(single));
      const next = await bulk.postTask(memo());
      expect(next.event.timestamp, 'what follows is later').toBeGreaterThan(events.at(-1)?.timestamp ?? Infinity);
      expect((await checkLog(bulk)).faults).toEqual([]);
    });

    it('invariant 6: its events have times of their own, later ones later, whatever the clock does', async () => {
      let now = 2_100_000_000_000_000;
      const board = await on.reopen({ clock: () => now });
      await board.postTasks(memos(3));
      now -= 9_000_000;
      await board.postTasks(memos(2));
      now += 9_000_004;
      await board.postTasks(memos(3));
      const { events } = await board.streamEvents();
      const first = events[0]?.timestamp ?? 0;
      expect(events.map(event => event.timestamp - first)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect((await checkLog(board)).faults).toEqual([]);
    });

    it('a fault in any task refuses them all with its code, names its place, and writes nothing', async () => {
      await post(on.board, 'taken', 'memo');
      const before = await everything(on.board);
      const faults: readonly [fault: unknown, refusal: RegExp][] = [
        [memo({ task_id: 'taken' }), /^ConflictError duplicate_task_id: tasks\[3\]: Task taken exists already/],
        [memo({ task_id: 'm1' }), /^ConflictError duplicate_task_id: tasks\[3\]: Task m1 exists already/],
        [memo({ priority: 2 ** 40 }), /^ValidationError invalid_payload: tasks\[3\]: .*priority/],
        [memo({ traceparent: '00-0-0-00' }), /^ValidationError invalid_payload: tasks\[3\]: .*traceparent/],
        [memo({ task_id: '' }), /^ValidationError invalid_payload: tasks\[3\]: .*task_id/],
        [memo({ label: 'a\0b' }), /^ValidationError invalid_text: tasks\[3\]: label holds a NUL/],
        [{ ...memo(), priorty: 1 }, /^ValidationError invalid_payload: tasks\[3\]: .*priorty/],
        [{ task_type: 'memo' }, /^ValidationError invalid_payload: tasks\[3\]: Missing payload fields: \['label'\]/],
        [null, /^ValidationError invalid_payload: tasks\[3\]: payload must be an object/],
        [[], /^ValidationError invalid_payload: tasks\[3\]: payload must be an object/],
        [new Map(), /^ValidationError invalid_payload: tasks\[3\]: payload must be a plain JSON object/],
        ['x'.repeat(9), /^ValidationError invalid_payload: tasks\[3\]: payload must be an object/],
        [memo({ label: 'x'.repeat(2 ** 20) }), /^ValidationError payload_too_large: tasks\[3\]: /],
      ];
      for (const [fault, refusal] of faults) {
        const tasks = [memo({ task_id: 'm0' }), memo({ task_id: 'm1' }), memo(), fault, memo()];
        const call = callLoosely(on.board, 'board.post_tasks', { tasks });
        expect(await refusalOf(call)).toMatch(refusal);
        expect(await call.catch(error => error.details), 'a program can read the place').toMatchObject({ index: 3 });
      }
      expect(await everything(on.board)).toEqual(before);
    });

    it('its list holds 1 to 1,000 tasks, and four of the largest payloads', async () => {
      const board = await on.reopen({ maxPayloadBytes: 2_000 });
      const before = await everything(board);
      for (const tasks of [[], memos(1_001), {}, 'abc', null, undefined, new Array(1e6)]) {
        const refusal = await refusalOf(callLoosely(board, 'board.post_tasks', { tasks }));
        expect(refusal).toMatch(/^ValidationError invalid_payload: .*(tasks must be a list of 1 to 1000|'tasks')/);
      }
      expect(await refusalOf(callLoosely(board, 'board.post_tasks', { tasks: new Array(3) }))).toMatch(/tasks\[0\]/);
      expect(await refusalOf(callLoosely(board, 'board.post_tasks', { tasks: [memo()], actor: 'a' }))).toMatch(/actor/);
      const size = (tasks: readonly PostTaskParams[]): number => Buffer.byteLength(JSON.stringify({ tasks }));
      const many = Array.from({ length: 8 }, () => memo({ label: 'ä'.repeat(480) }));
      const fits = [...many, memo({ label: 'x'.repeat(8_000 - size([...many, memo({ label: '' })])) })];
      expect(size(fits)).toBe(8_000);
      const over = [...many, memo({ label: `${fits.at(-1)?.label}x` })];
      expect(await refusalOf(board.postTasks(over))).toMatch(/^ValidationError payload_too_large: .*8000 bytes/);
      expect(await everything(board)).toEqual(before);
      expect((await board.postTasks(fits)).tasks).toHaveLength(9);
    });

    it('1,000 tasks under minted ids are 1,000 events of one commit', async () => {
      const seen = commits(on.board);
      const { tasks, events } = await on.board.postTasks(memos(1_000));
      expect(tasks.map(task => task.label)).toEqual(memos(1_000).map(({ label }) => label));
      expect(new Set(tasks.map(task => task.task_id)).size).toBe(1_000);
      expect(events.map(event => event.task_id)).toEqual(tasks.map(task => task.task_id));
      expect(seen).toEqual([Array.from({ length: 1_000 }, (_, n) => n + 1)]);
      const listed = await on.board.listTasks();
      expect(listed, 'listed by age, so in the order given').toEqual(tasks);
      expect((await checkLog(on.board)).faults).toEqual([]);
    });

    it('invariant 8: it takes its turn in a batch: what comes before and after it sees it whole or not at all', async () => {
      await register(on.board, 'w');
      const move = (task_id: string) => on.board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'w' });
      const bulk = (...ids: string[]) => on.board.postTasks(ids.map(task_id => memo({ task_id })));
      const settled = await Promise.allSettled([
        move('b'),
        bulk('a', 'b'),
        move('b'),
        bulk('c', 'b'),
        move('c'),
        on.board.postTask(memo({ task_id: 'a' })),
        on.board.postTask(memo({ task_id: 'c' })),
        bulk('d', 'c'),
        bulk('d'),
      ]);
      expect(settled.map(each => (each.status === 'fulfilled' ? 'ok' : each.reason.code))).toEqual([
        'task_not_found',
        'ok',
        'ok',
        'duplicate_task_id',
        'task_not_found',
        'duplicate_task_id',
        'ok',
        'duplicate_task_id',
        'ok',
      ]);
      const { events } = await on.board.streamEvents();
      expect(events.map(event => event.task_id)).toEqual(['a', 'b', 'b', 'c', 'd']);
      expect((await checkLog(on.board)).faults).toEqual([]);
    });

    it('counts for as many commands as it posts: a large one goes alone, and nobody overtakes', async () => {
      const board = await on.reopen({ maxBatch: 4 });
      const sizes: number[] = [];
      board.attachMeter({ commit: (_, size) => sizes.push(size), refusal: () => {}, retry: () => {} });
      const single = (label: string) => board.postTask(memo({ label }));
      const bulk = (count: number) => board.postTasks(memos(count));
      await Promise.all([single('1'), single('2'), bulk(3), single('3'), bulk(9), single('4'), single('5'), bulk(2)]);
      expect(sizes).toEqual([2, 2, 1, 3]);
      const { events } = await board.streamEvents();
      const labels = events.map(event => (event.payload as { label: string }).label);
      const list = (count: number): string[] => memos(count).map(({ label }) => label);
      expect(labels).toEqual(['1', '2', ...list(3), '3', ...list(9), '4', '5', ...list(2)]);
    });

    it('what a caller does to its list after the call does not reach the board', async () => {
      const notes = ['as called'];
      const second = memo({ task_id: 'b' });
      const tasks = [memo({ task_id: 'a', notes }), second];
      const posting = on.board.postTasks(tasks);
      notes.push('\0');
      second.label = 'changed';
      tasks.push(memo({ task_id: 'c' }));
      const posted = (await posting).tasks;
      expect(posted.map(({ label, notes }) => [label, notes])).toEqual([
        ['x', ['as called']],
        ['x', []],
      ]);
    });

    it('a field spelled undefined is not given', async () => {
      const spelled = { ...memo(), task_id: undefined, notes: undefined, scope: undefined };
      const { tasks } = (await callLoosely(on.board, 'board.post_tasks', { tasks: [spelled] })) as {
        tasks: { task_id: string; notes: string[] }[];
      };
      expect(tasks[0]?.task_id).toMatch(/^[0-9a-z]{5}$/);
      expect(tasks[0]?.notes).toEqual([]);
    });
  });

  describe('ids of a bulk', () => {
    it('Q22: only minted ids that are taken are minted again; a caller’s own is refused as it is', async () => {
      const minted: string[] = [];
      const from = ['a', 'own', 'b', 'a', 'c', 'd', 'e'];
      const generate = (): string => {
        const task_id = from[minted.length] ?? 'none';
        minted.push(task_id);
        return task_id;
      };
      const board = await on.reopen({ taskIds: { generate } });
      for (const taken of ['a', 'c']) await post(board, taken, 'memo');
      const ids = async (tasks: readonly PostTaskParams[]): Promise<string[]> =>
        (await board.postTasks(tasks)).tasks.map(task => task.task_id);
      // a is taken; `own` is in the list; b is kept; then a again, c is taken too; d at last.
      expect(await ids([memo(), memo({ task_id: 'own' }), memo()])).toEqual(['d', 'own', 'b']);
      expect(minted).toEqual(['a', 'own', 'b', 'a', 'c', 'd']);
      const before = await everything(board);
      const refusal = await refusalOf(ids([memo(), memo({ task_id: 'own' })]));
      expect(refusal).toMatch(/duplicate_task_id: tasks\[1\]: Task own/);
      expect(minted.at(-1), 'the other one was minted once').toBe('e');
      expect(minted).toHaveLength(7);
      expect(await everything(board)).toEqual(before);
    });

    it('Q22: a provider sees the ids it must not give; one that always gives the same is given up', async () => {
      const board = await on.reopen({ taskIds: { generate: existing => `n${existing.size}` } });
      const { tasks } = await board.postTasks([memo(), memo({ task_id: 'own' }), memo()]);
      expect(tasks.map(task => task.task_id)).toEqual(['n1', 'own', 'n2']);
      const before = await everything(on.board);
      for (const [given, refusal] of [
        ['stuck', /^QuadroError task_ids_exhausted: .*100 attempts/],
        ['', /^ValidationError invalid_payload/],
        ['a\0', /^ValidationError invalid_text/],
        ['x'.repeat(201), /^ValidationError invalid_payload: .*200 bytes/],
      ] as const) {
        const bad = await on.reopen({ taskIds: { generate: () => given } });
        expect(await refusalOf(bad.postTasks(memos(2)))).toMatch(refusal);
      }
      expect(await everything(on.board)).toEqual(before);
    });

    if (on.outlivesConnection)
      it('Q22: callers of two boards fill most of a small space of ids at once, and every task has its own', async () => {
        const boards = [await on.reopen({ taskIds: randomTaskIds(2) }), await on.reopen({ taskIds: randomTaskIds(2) })];
        const posted = await Promise.all(boards.flatMap(board => [0, 1, 2, 3].map(() => board.postTasks(memos(125)))));
        const ids = posted.flatMap(({ tasks }) => tasks.map(task => task.task_id));
        expect(new Set(ids).size).toBe(1_000);
        const { events } = await on.board.streamEvents();
        expect(events.map(event => event.sequence_id)).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 1));
        // Each bulk lies in one piece in the log, as its answer says.
        for (const bulk of posted) {
          const first = bulk.events[0]?.sequence_id ?? 0;
          expect(events.slice(first - 1, first - 1 + 125)).toEqual(bulk.events);
        }
        expect((await checkLog(on.board)).faults).toEqual([]);
      });
  });

  describe('idempotency of a bulk', () => {
    it('Q34: the same key and list give the first result and write nothing; every event carries the key', async () => {
      const tasks = [memo({ label: 'y' }), memo({ task_id: 'own' }), memo()];
      const first = await on.board.postTasks(tasks, { idempotencyKey: 'k' });
      const before = await everything(on.board);
      expect(await on.board.postTasks(tasks, { idempotencyKey: 'k' })).toEqual(first);
      for (const other of [tasks.toReversed(), tasks.slice(0, 2), [...tasks, memo()]]) {
        expect(await refusalOf(on.board.postTasks(other, { idempotencyKey: 'k' }))).toMatch(/idempotency_conflict/);
      }
      expect(await refusalOf(on.board.postTask(memo(), { idempotencyKey: 'k' }))).toMatch(/idempotency_conflict/);
      expect(await everything(on.board)).toEqual(before);
      expect(first.events.map((event: Event) => event.idempotency_key)).toEqual(['k', 'k', 'k']);
      expect((await checkLog(on.board)).faults).toEqual([]);
    });

    it('Q34: a batch that holds it several times executes it once, and a refusal is not kept', async () => {
      await post(on.board, 't', 'memo');
      await walk(on.board, 't', ['HUMAN_REVIEW']);
      const send = () => on.board.postTasks(memos(4), { idempotencyKey: 'k' });
      const [a, b, c] = await Promise.all([send(), send(), send()]);
      expect(b).toEqual(a);
      expect(c).toEqual(a);
      expect((await on.board.streamEvents()).events).toHaveLength(6);
      const free = (): Promise<string> =>
        refusalOf(on.board.postTasks([memo({ task_id: 'u' }), memo({ task_id: 'v' })], { idempotencyKey: 'l' }));
      await post(on.board, 'v', 'memo');
      expect(await free()).toMatch(/duplicate_task_id/);
      expect(await refusalOf(on.board.postTasks([memo({ task_id: 'w' })], { idempotencyKey: 'l' }))).toMatch(
        /accepted/,
      );
      expect(await free()).toMatch(/idempotency_conflict/);
    });

    it('the largest bulk is answered again whole', async () => {
      const label = 'x'.repeat(4_000);
      const tasks = Array.from({ length: 1_000 }, (_, n) => memo({ label: `${n} ${label}`, traceparent: TRACE }));
      const first = await on.board.postTasks(tasks, { idempotencyKey: 'k' });
      expect(await on.board.postTasks(tasks, { idempotencyKey: 'k' })).toEqual(first);
      expect((await on.board.board()).next_sequence_id).toBe(1_001);
    });

    if (on.outlivesConnection)
      it('Q34: its key survives a restart', async () => {
        const first = await on.board.postTasks(memos(3), { idempotencyKey: 'k' });
        await on.board.close();
        const again = await on.reopen();
        expect(await again.postTasks(memos(3), { idempotencyKey: 'k' })).toEqual(first);
        expect((await again.streamEvents()).events).toEqual(first.events);
      });
  });
}
