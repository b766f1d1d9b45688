import { describe, expect, it } from 'vitest';
import { checkLog } from '../../board/check/check.ts';
import type { BoardFixture } from '../board-suite.ts';
import { post, refusalOf, register, walk } from '../support/board-steps.ts';

const codes = (settled: readonly PromiseSettledResult<unknown>[]): string[] =>
  settled.map(each => (each.status === 'fulfilled' ? 'ok' : (each.reason as { code: string }).code));

/** Rules of groups of commands, of time, and of two boards on one database. */
export function batchRules(on: BoardFixture): void {
  describe('batches, time and other processes', () => {
    it('invariant 8: a batch is decided in order over one evolving snapshot; a refusal touches nothing else', async () => {
      await register(on.board, 'w');
      const move = (to_status: string) => on.board.updateTask({ task_id: 't', to_status });
      const settled = await Promise.allSettled([
        move('IN_PROGRESS'),
        on.board.postTask({ task_id: 't', task_type: 'memo', label: 'x' }),
        on.board.postTask({ task_id: 't', task_type: 'memo', label: 'again' }),
        move('COMPLETE'),
        on.board.updateTask({ task_id: 't', to_status: 'IN_PROGRESS', assigned_to: 'w' }),
        on.board.postAgentHeartbeat({ agent_id: 'w', task_id: 't' }),
        move('COMPLETE'),
        move('STALE'),
        on.board.archiveTask('t'),
        move('HUMAN_REVIEW'),
      ]);
      expect(codes(settled)).toEqual([
        'task_not_found',
        'ok',
        'duplicate_task_id',
        'illegal_transition',
        'ok',
        'ok',
        'ok',
        'illegal_transition',
        'ok',
        'task_archived',
      ]);
      const { events } = await on.board.streamEvents();
      expect(events.map(event => event.to_status)).toEqual(['UNASSIGNED', 'IN_PROGRESS', 'IN_PROGRESS', 'COMPLETE']);
      expect((await checkLog(on.board)).faults).toEqual([]);
    });

    it('what a caller does to its payload after the call does not reach the board', async () => {
      const notes = ['as called'];
      const params = { task_id: 't', task_type: 'memo', label: 'as called', notes };
      const posting = on.board.postTask(params);
      notes.push('\0');
      params.label = 'changed';
      expect((await posting).task).toMatchObject({ label: 'as called', notes: ['as called'] });
    });

    it('invariant 6: a clock that jumps back never makes a later event earlier', async () => {
      const base = 2_100_000_000_000_000;
      let now = base;
      const board = await on.reopen({ clock: () => now });
      now = base + 5_000_000;
      await post(board, 't', 'memo');
      for (const [later, step] of [
        [4_000_000, 'IN_PROGRESS'],
        [4_000_000, 'STALE'],
        [9_000_000, 'UNASSIGNED'],
        [0, 'IN_PROGRESS'],
      ] as const) {
        now = base + later;
        await walk(board, 't', [step]);
      }
      const { events } = await board.streamEvents();
      expect(events.map(event => event.timestamp - base)).toEqual([
        5_000_000, 5_000_001, 5_000_002, 9_000_000, 9_000_001,
      ]);
      expect((await checkLog(board)).faults).toEqual([]);
    });

    if (on.outlivesConnection)
      it('invariant 1: nothing lives in a board’s memory: another one on the same database goes on with the same', async () => {
        const other = await on.reopen();
        expect(other.boardUid).toBe(on.board.boardUid);
        await register(on.board, 'w');
        await post(on.board, 't', 'article');
        await walk(other, 't', ['writing@w']);
        await walk(on.board, 't', ['editing']);
        expect(await other.listAgents()).toEqual(await on.board.listAgents());
        expect((await other.getTask('t')).task).toEqual((await on.board.getTask('t')).task);
        expect((await other.streamEvents()).events).toEqual((await on.board.streamEvents()).events);
        await Promise.all(
          [on.board, other].flatMap(board =>
            Array.from({ length: 40 }, () => board.postTask({ task_type: 'memo', label: 'x' })),
          ),
        );
        const sequence = (await on.board.streamEvents()).events.map(event => event.sequence_id);
        expect(sequence).toEqual(Array.from({ length: 83 }, (_, index) => index + 1));
      });

    it('close finishes what was taken, refuses what comes later, and a failing part does not stop it', async () => {
      const posted = Array.from({ length: 20 }, (_, index) => post(on.board, `t${index}`, 'memo'));
      on.board.closeWith(() => Promise.reject(new Error('a part that cannot stop')));
      const board = on.board;
      const closing = board.close();
      await expect(closing).rejects.toThrow('a part that cannot stop');
      expect((await Promise.all(posted)).map(task => task.status)).toEqual(posted.map(() => 'UNASSIGNED'));
      expect(await refusalOf(board.postTask({ task_type: 'memo', label: 'late' }))).toMatch(/closed/);
      expect(await refusalOf(board.getTask('t0'))).toMatch(/closed/);
    });
  });
}
