import { describe, expect, it } from 'vitest';
import type { BoardFixture } from '../board-suite.ts';
import { everything, post, refusalOf, register, walk } from '../support/board-steps.ts';

const HOUR_US = 3_600_000_000;

/** Rules of idempotency keys. */
export function idempotencyRules(on: BoardFixture): void {
  describe('idempotency', () => {
    it('Q34: the same key and payload gives the first result and writes nothing, for all four intents', async () => {
      await register(on.board, 'w');
      const calls = [
        () => on.board.postTask({ task_type: 'memo', label: 'x' }, { idempotencyKey: 'post' }),
        () => on.board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'w' }, { idempotencyKey: 'move' }),
        () => on.board.postAgentHeartbeat({ agent_id: 'w', task_id }, { idempotencyKey: 'beat' }),
        () => on.board.postResult({ task_id, output: { a: 1 } }, { idempotencyKey: 'result' }),
      ];
      let task_id = '';
      const results: object[] = [];
      for (const call of calls) {
        const first = await call();
        task_id = first.task?.task_id ?? '';
        const before = await everything(on.board);
        expect(await call()).toEqual(first);
        expect(await everything(on.board)).toEqual(before);
        results.push(first);
      }
      for (const [index, call] of calls.entries()) expect(await call(), 'also long after').toEqual(results[index]);
      expect((await on.board.streamEvents()).events.map(event => event.idempotency_key)).toEqual([
        'post',
        'move',
        'beat',
        'result',
      ]);
    });

    it('Q34: the same key with another payload is a ConflictError “already used”', async () => {
      const first = { task_type: 'memo', label: 'x' };
      await on.board.postTask(first, { idempotencyKey: 'k' });
      const before = await everything(on.board);
      for (const other of [
        { ...first, label: 'y' },
        { ...first, task_id: null },
        { ...first, priority: 5 },
      ]) {
        expect(await refusalOf(on.board.postTask(other, { idempotencyKey: 'k' }))).toMatch(
          /^ConflictError idempotency_conflict: .*already used/,
        );
      }
      expect(await everything(on.board)).toEqual(before);
      const same = await on.board.postTask({ label: 'x', task_type: 'memo' }, { idempotencyKey: 'k' });
      expect(same.event.sequence_id, 'the order of its fields is no difference').toBe(1);
    });

    it('better 12: the same key and payload on another intent is a ConflictError', async () => {
      await post(on.board, 't', 'memo');
      await register(on.board, 'w');
      await walk(on.board, 't', ['IN_PROGRESS@w']);
      const params = { agent_id: 'w', task_id: 't' };
      await on.board.postAgentHeartbeat(params, { idempotencyKey: 'k' });
      expect(await refusalOf(on.board.postResult(params, { idempotencyKey: 'k' }))).toMatch(/idempotency_conflict/);
    });

    it('Q34: a refusal is not stored, and without a key everything executes', async () => {
      const move = { task_id: 't', to_status: 'IN_PROGRESS' };
      expect(await refusalOf(on.board.updateTask(move, { idempotencyKey: 'k' }))).toMatch(/task_not_found/);
      await post(on.board, 't');
      expect((await on.board.updateTask(move, { idempotencyKey: 'k' })).event.sequence_id).toBe(2);
      const twice = { task_type: 'memo', label: 'x' };
      const ids = [await on.board.postTask(twice), await on.board.postTask(twice)].map(({ task }) => task.task_id);
      expect(new Set(ids).size).toBe(2);
    });

    it('Q34: a batch that holds one key several times executes it once', async () => {
      const post = () => on.board.postTask({ task_type: 'memo', label: 'x' }, { idempotencyKey: 'k' });
      const all = await Promise.all([post(), post(), post()]);
      expect(all[1]).toEqual(all[0]);
      expect(all[2]).toEqual(all[0]);
      expect((await on.board.streamEvents()).events).toHaveLength(1);
    });

    if (on.outlivesConnection)
      it('Q34: keys survive a restart; boards of one database have their own', async () => {
        const params = { task_type: 'memo', label: 'x' };
        const first = await on.board.postTask(params, { idempotencyKey: 'k' });
        await on.board.close();
        const again = await on.reopen();
        expect(await again.postTask(params, { idempotencyKey: 'k' })).toEqual(first);
        const other = await on.reopen({ boardId: 'another' });
        expect((await other.postTask(params, { idempotencyKey: 'k' })).event.sequence_id).toBe(1);
        expect(other.boardUid).not.toBe(again.boardUid);
      });

    it('keys live as long as the option says', async () => {
      let now = 2_000_000_000_000_000;
      const board = await on.reopen({ idempotencySeconds: 3600, clock: () => now });
      const send = async () =>
        (await board.postTask({ task_type: 'memo', label: 'x' }, { idempotencyKey: 'k' })).event.sequence_id;
      expect(await send()).toBe(1);
      now += HOUR_US - 1;
      expect(await send()).toBe(1);
      now += 10;
      expect(await send()).toBe(2);
      expect(await send()).toBe(2);
    });
  });
}
