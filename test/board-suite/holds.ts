import { describe, expect, it } from 'vitest';
import { checkLog } from '../../board/check/check.ts';
import type { BoardFixture } from '../board-suite.ts';
import { everything, refusalOf } from '../support/board-steps.ts';

/** Rules of tasks that are held back as they are posted. */
export function holdRules(on: BoardFixture): void {
  describe('holds', () => {
    it.each(['memo', 'report', 'article'])(
      'invariants 3, 6: a held %s is posted and on hold in one commit',
      async type => {
        const commits: number[][] = [];
        on.board.onEvents(events => commits.push(events.map(({ sequence_id }) => sequence_id)));
        const params = { task_type: type, label: 'x', notes: ['first'], hold: 'too dear' };
        const { task, event } = await on.board.postTask(params, { actor: 'ann' });
        expect(commits).toEqual([[1, 2]]);
        expect(task).toMatchObject({
          status: 'ON_HOLD',
          standing: 'finished',
          notes: ['first', 'too dear'],
          entered_sequence_id: 2,
          stage_kind: 'blocked',
          visits: { UNASSIGNED: 1, ON_HOLD: 1 },
        });
        const { events } = await on.board.getTaskHistory(task.task_id);
        expect(events[0]).toEqual(event);
        expect(events).toMatchObject([
          { event_type: 'task_posted', to_status: 'UNASSIGNED', edge: 'post', actor: 'ann' },
          {
            event_type: 'task_failed',
            from_status: 'UNASSIGNED',
            to_status: 'ON_HOLD',
            edge: 'exit',
            payload: { on_hold: true },
            actor: 'ann',
            timestamp: event.timestamp + 1,
            entered_sequence_id: 1,
          },
        ]);
        expect(JSON.stringify(event.payload)).not.toContain('hold');
        expect((await checkLog(on.board)).faults).toEqual([]);
      },
    );

    it('are what the same post and move would be', async () => {
      let now = 2_100_000_000_000_000;
      const clock = (): number => now;
      const [held, moved] = [await on.reopen({ boardId: 'held', clock }), await on.reopen({ boardId: 'moved', clock })];
      const post = { task_id: 't', task_type: 'memo', label: 'x' };
      const { task } = await held.postTask({ ...post, hold: 'why' });
      await moved.postTask(post);
      now -= 5;
      const step = await moved.updateTask({ task_id: 't', to_status: 'ON_HOLD', notes_append: 'why' });
      expect(task).toEqual(step.task);
      expect((await held.streamEvents()).events).toEqual((await moved.streamEvents()).events);
    });

    it('null is no hold', async () => {
      const { task } = await on.board.postTask({ task_type: 'memo', label: 'x', hold: null });
      expect(task.status).toBe('UNASSIGNED');
      expect(await refusalOf(on.board.postTask({ task_type: 'memo', label: 'x', hold: 7 as never }))).toMatch(
        /ValidationError invalid_payload: .*hold must be a text/,
      );
    });

    it('some of a bulk: numbers without a gap, each post with its own event in the answer', async () => {
      const held = (hold: string | null, task_id: string) => ({ task_type: 'memo', label: 'x', task_id, hold });
      const bulk = [held('one', 'a'), held(null, 'b'), held('two', 'c'), held(null, 'd')];
      const { tasks, events } = await on.board.postTasks(bulk, { idempotencyKey: 'k' });
      expect(tasks.map(({ status }) => status)).toEqual(['ON_HOLD', 'UNASSIGNED', 'ON_HOLD', 'UNASSIGNED']);
      expect(events.map(each => [each.sequence_id, each.event_type, each.task_id])).toEqual([
        [1, 'task_posted', 'a'],
        [3, 'task_posted', 'b'],
        [4, 'task_posted', 'c'],
        [6, 'task_posted', 'd'],
      ]);
      const log = (await on.board.streamEvents()).events;
      expect(log.map(each => [each.sequence_id, each.task_id, each.to_status])).toEqual([
        [1, 'a', 'UNASSIGNED'],
        [2, 'a', 'ON_HOLD'],
        [3, 'b', 'UNASSIGNED'],
        [4, 'c', 'UNASSIGNED'],
        [5, 'c', 'ON_HOLD'],
        [6, 'd', 'UNASSIGNED'],
      ]);
      expect((await on.board.postTask({ task_type: 'memo', label: 'next' })).event.sequence_id).toBe(7);
      expect((await checkLog(on.board)).faults).toEqual([]);
    });

    it('invariant 8: the same key gives the first answer, whatever the repeat says of a hold', async () => {
      const post = { task_type: 'memo', label: 'x' };
      const first = await on.board.postTask({ ...post, hold: 'why' }, { idempotencyKey: 'one' });
      const bulk = await on.board.postTasks([post, { ...post, hold: 'why' }], { idempotencyKey: 'many' });
      const before = await everything(on.board);
      for (const hold of [undefined, null, 'why', 'otherwise']) {
        const repeat = { ...post, ...(hold !== undefined && { hold }) };
        expect(await on.board.postTask(repeat, { idempotencyKey: 'one' })).toEqual(first);
        expect(await on.board.postTasks([repeat, repeat], { idempotencyKey: 'many' })).toEqual(bulk);
      }
      expect(await refusalOf(on.board.postTask({ ...post, label: 'y' }, { idempotencyKey: 'one' }))).toMatch(
        /idempotency_conflict/,
      );
      expect(await everything(on.board)).toEqual(before);
    });

    it('can be let go where the board is resumable', async () => {
      const board = await on.reopen({ boardId: 'resumable', resumable: true });
      const { task } = await board.postTask({ task_type: 'memo', label: 'x', hold: 'why' });
      expect(task.standing).toBe('finished');
      const back = await board.updateTask({ task_id: task.task_id, to_status: 'UNASSIGNED' });
      expect(back.event).toMatchObject({ event_type: 'task_reassigned', edge: 'reassign' });
      expect((await checkLog(board)).faults).toEqual([]);
    });
  });
}
