import { describe, expect, it } from 'vitest';
import { lifecycleOf } from '../../board/core/lifecycle/builder.ts';
import { type BoardFixture, NEWSROOM } from '../board-suite.ts';
import { callLoosely, everything, post, refusalOf, register, walk } from '../support/board-steps.ts';

/** Rules of posting, moving, listing and archiving tasks. */
export function taskRules(on: BoardFixture): void {
  describe('tasks', () => {
    it('Q1, Q2, Q21: a posted task is UNASSIGNED, with every field of the record', async () => {
      const { task, event } = await on.board.postTask({ task_type: 'report', label: 'Bees', notes: ['n'] });
      expect(task).toMatchObject({
        task_type: 'report',
        label: 'Bees',
        priority: 5,
        status: 'UNASSIGNED',
        assigned_to: null,
        output: null,
        notes: ['n'],
        continuation_token: null,
        heartbeat_at: null,
        context_snapshot_hash: null,
        profile: 'review_required',
        profile_version: 0,
        standing: 'open',
        visit: 1,
      });
      expect(task.created_at).toBe(task.updated_at);
      expect(event).toMatchObject({
        event_type: 'task_posted',
        from_status: null,
        to_status: 'UNASSIGNED',
        agent_id: null,
      });
      expect(event.payload).toEqual({ task_type: 'report', label: 'Bees', priority: 5 });
      expect((await on.board.getTask(task.task_id)).task).toEqual(task);
      expect((await on.board.getTaskHistory(task.task_id)).events).toEqual([event]);
    });

    it('a post tells all it was given, so that the log alone is enough; a trace context is linked unless it says parent', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const ids = { parent_task_id: 'p', origin_task_id: 'o', scope: 's' };
      const params = { task_type: 'memo', label: 'x', priority: -2, traceparent, ...ids };
      const { task, event } = await on.board.postTask(params);
      expect(event.payload).toEqual({ ...params, trace_relation: 'link' });
      expect(task).toMatchObject(event.payload);
      const parent = await on.board.postTask({ ...params, trace_relation: 'parent' });
      expect(parent.task.trace_relation).toBe('parent');
      const without = await on.board.postTask({ task_type: 'memo', label: 'x', trace_relation: 'parent' });
      expect([without.task.trace_relation, without.event.payload.trace_relation]).toEqual([null, undefined]);
    });

    it('Q23: an output of null keeps what is there; a new label is told by the event, the same one is not', async () => {
      await post(on.board, 't', 'memo');
      const given = { task_id: 't', label: 'Renamed' };
      const first = await on.board.updateTask({ ...given, to_status: 'IN_PROGRESS', output: 'kept' });
      const { task, event } = await on.board.updateTask({ ...given, to_status: 'COMPLETE', output: null });
      expect(task).toMatchObject({ output: 'kept', label: 'Renamed' });
      expect([first.event.payload.label, event.payload.label]).toEqual(['Renamed', undefined]);
    });

    it('Q22: minted ids are five of [0-9a-z]; a caller’s own id is taken as it is', async () => {
      const { task } = await on.board.postTask({ task_type: 'report', label: 'x' });
      expect(task.task_id).toMatch(/^[0-9a-z]{5}$/);
      for (const id of ['Mine ', 'mine ', 'mine', 'ﬁ/№ 7']) expect((await post(on.board, id)).task_id).toBe(id);
      expect((await on.board.listTasks()).map(each => each.task_id)).toEqual(expect.arrayContaining(['mine', 'mine ']));
    });

    it('Q22: a provider is asked again while its id is taken, and at most 100 times', async () => {
      const board = await on.reopen({ taskIds: { generate: existing => `n${existing.size}` } });
      const { task: first } = await board.postTask({ task_type: 'report', label: 'x' });
      const { task: second } = await board.postTask({ task_type: 'report', label: 'y' });
      expect([first.task_id, second.task_id]).toEqual(['n0', 'n1']);
      const stuck = await on.reopen({ taskIds: { generate: () => 'stuck' } });
      await post(stuck, 'stuck');
      expect(await refusalOf(stuck.postTask({ task_type: 'report', label: 'z' }))).toMatch(
        /task_ids_exhausted: .*100 attempts/,
      );
    });

    it('Q10, Q17: an illegal step is a TransitionError that names profile and edge, and writes nothing', async () => {
      await post(on.board, 'r');
      await post(on.board, 'm', 'memo');
      await post(on.board, 'a', 'article');
      const before = await everything(on.board);
      const refused = async (task_id: string, to_status: string): Promise<string> =>
        refusalOf(on.board.updateTask({ task_id, to_status }));
      expect(await refused('r', 'COMPLETE')).toMatch(
        /^TransitionError illegal_transition: Illegal transition for review_required: UNASSIGNED -> COMPLETE/,
      );
      expect(await refused('m', 'PENDING_REVIEW')).toMatch(/Illegal transition for fast: UNASSIGNED -> PENDING_REVIEW/);
      expect(await refused('a', 'published')).toMatch(/Illegal transition for newsroom: UNASSIGNED -> published/);
      expect(await refused('r', 'UNASSIGNED'), 'Q23: no step to itself').toMatch(/illegal_transition/);
      expect(await refused('none', 'IN_PROGRESS')).toBe('NotFoundError task_not_found: Task not found: none');
      expect(await everything(on.board)).toEqual(before);
    });

    it('Q17, invariants 3, 6: every accepted step appends exactly one event, numbered from 1 without gap', async () => {
      await register(on.board, 'w');
      await post(on.board, 't');
      const steps = [
        'IN_PROGRESS@w',
        'PENDING_REVIEW',
        'IN_PROGRESS@r',
        'REVISION_NEEDED',
        'IN_PROGRESS',
        'STALE',
        'UNASSIGNED',
      ];
      const events = await walk(on.board, 't', [...steps, 'IN_PROGRESS', 'APPROVED', 'COMPLETE']);
      expect(events.map(event => event.sequence_id)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      expect(events.map(event => event.event_type)).toEqual([
        'task_assigned',
        'task_completed',
        'task_assigned',
        'task_reviewed',
        'task_assigned',
        'task_stale',
        'task_reassigned',
        'task_assigned',
        'task_reviewed',
        'task_reviewed',
      ]);
      expect(events.map(event => event.edge)).toEqual([
        ...[
          'forward',
          'forward',
          'forward',
          'revision',
          'forward',
          'stale',
          'reassign',
          'forward',
          'forward',
          'forward',
        ],
      ]);
      expect((await on.board.getTaskHistory('t')).events.slice(1)).toEqual(events);
      const times = events.map(event => event.timestamp);
      expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
    });

    it('better 1: ON_HOLD and every step of a custom profile outside the frozen map has its event', async () => {
      await post(on.board, 't');
      const [held] = await walk(on.board, 't', ['ON_HOLD']);
      expect(held).toMatchObject({ event_type: 'task_failed', edge: 'exit', payload: { on_hold: true } });
      await post(on.board, 'a', 'article');
      const [, fromCustom] = await walk(on.board, 'a', ['writing', 'ON_HOLD']);
      expect(fromCustom).toMatchObject({ event_type: 'task_completed', payload: { profile: 'newsroom' } });
    });

    it('Q23, Q24: absent fields keep their value, assigned_to over every status, explicit null clears it', async () => {
      await post(on.board, 't');
      const steps = [
        'IN_PROGRESS@w',
        'PENDING_REVIEW',
        'IN_PROGRESS@r',
        'REVISION_NEEDED',
        'IN_PROGRESS@w',
        'PENDING_REVIEW',
      ];
      const events = await walk(on.board, 't', [...steps, 'IN_PROGRESS@r', 'APPROVED', 'COMPLETE']);
      expect(events.map(event => event.assigned_to).join('')).toBe('wwrrwwrrr');
      expect(events.map(event => event.agent_id).join('')).toBe('wwrrwwrrr');
      await post(on.board, 'u');
      await walk(on.board, 'u', ['IN_PROGRESS@w']);
      const fields = {
        label: 'New',
        output: { a: [1, 'é'], b: null },
        notes_append: 'one',
        context_snapshot_hash: 'h',
      };
      await on.board.updateTask({ task_id: 'u', to_status: 'PENDING_REVIEW', ...fields });
      const { task } = await on.board.updateTask({ task_id: 'u', to_status: 'IN_PROGRESS', assigned_to: null });
      expect(task).toMatchObject({ label: 'New', output: '{"a": [1, "é"], "b": null}', notes: ['one'] });
      expect(task).toMatchObject({ context_snapshot_hash: 'h', assigned_to: null });
    });

    it('Q23: an output that is no text is stored as the reference prints it', async () => {
      const outputs = [
        ['text', 'text'],
        [0, '0'],
        [false, 'False'],
        [[1, { a: true }], '[1, {"a": true}]'],
      ] as const;
      for (const [index, [output, stored]] of outputs.entries()) {
        await post(on.board, `t${index}`, 'memo');
        await walk(on.board, `t${index}`, ['IN_PROGRESS']);
        expect((await on.board.postResult({ task_id: `t${index}`, output })).task.output).toBe(stored);
      }
    });

    it('Q25, Q26: lists are by priority, then age; any of the statuses; none of an empty list or of what is no list', async () => {
      for (const [task_id, priority] of [
        ['c', 9],
        ['a', 1],
        ['b', 1],
      ] as const) {
        await on.board.postTask({ task_id, task_type: 'memo', label: 'x', priority });
      }
      await walk(on.board, 'b', ['IN_PROGRESS']);
      const ids = async (statuses: string[]): Promise<string> =>
        (await on.board.listTasksByStatus(statuses)).tasks.map(task => task.task_id).join('');
      expect(await ids(['UNASSIGNED'])).toBe('ac');
      expect(await ids(['UNASSIGNED', 'IN_PROGRESS', 'none'])).toBe('abc');
      expect(await ids([])).toBe('');
      expect(await callLoosely(on.board, 'board.list_tasks_by_status', { statuses: 'UNASSIGNED' })).toEqual({
        tasks: [],
      });
      expect((await on.board.listTasks()).map(task => task.task_id).join('')).toBe('abc');
    });

    it('Q27: the full state has tasks, agents, data and the terminal statuses', async () => {
      await post(on.board, 'open');
      await post(on.board, 'gone', 'memo');
      await walk(on.board, 'gone', ['HUMAN_REVIEW']);
      await on.board.archiveTask('gone');
      await register(on.board, 'b');
      await register(on.board, 'a');
      await on.board.putData('_k', 1);
      const { tasks, agents, data, _terminal_statuses } = await on.board.getFullState();
      expect(tasks.map(task => task.task_id)).toEqual(['open']);
      expect(agents.map(agent => agent.agent_id)).toEqual(['a', 'b']);
      expect(data).toEqual({ _col_order: [...NEWSROOM.columns], _k: 1 });
      expect(_terminal_statuses).toEqual([
        'COMPLETE',
        'HUMAN_REVIEW',
        'ON_HOLD',
        'archived copy',
        'published',
        'rejected',
      ]);
    });

    it('Q29: histories and the stream ascend; an unknown id has an empty one', async () => {
      await register(on.board, 'w');
      await post(on.board, 't');
      await post(on.board, 'u');
      await walk(on.board, 't', ['IN_PROGRESS@w']);
      await on.board.postAgentHeartbeat({ agent_id: 'w', task_id: 't' });
      const { events } = await on.board.streamEvents();
      expect(events.map(event => event.sequence_id)).toEqual([1, 2, 3, 4]);
      expect((await on.board.streamEvents(2)).events).toEqual(events.slice(2));
      expect((await on.board.getTaskHistory('t')).events).toEqual(events.filter(event => event.task_id === 't'));
      expect((await on.board.getAgentActivity('w')).events).toEqual(events.slice(2));
      expect((await on.board.getTaskHistory('none')).events).toEqual([]);
      expect((await on.board.getAgentActivity('none')).events).toEqual([]);
    });

    it('Q32, better 10: only finished tasks are archived; an archived one can be read and nothing else, its id stays taken', async () => {
      await register(on.board, 'w');
      await post(on.board, 't', 'memo');
      expect(await refusalOf(on.board.archiveTask('t'))).toMatch(
        /^TransitionError not_finished: Only terminal tasks can be archived/,
      );
      await walk(on.board, 't', ['IN_PROGRESS@w', 'COMPLETE']);
      expect(await on.board.archiveTask('t')).toMatchObject({ archived: true, task: { standing: 'archived' } });
      const before = await everything(on.board);
      expect((await on.board.archiveTask('t')).archived, 'a second time changes nothing').toBe(false);
      expect(await refusalOf(on.board.updateTask({ task_id: 't', to_status: 'HUMAN_REVIEW' }))).toMatch(
        /task_archived/,
      );
      expect(await refusalOf(on.board.postAgentHeartbeat({ agent_id: 'w', task_id: 't' }))).toMatch(/task_archived/);
      expect(await refusalOf(on.board.postResult({ task_id: 't' }))).toMatch(/task_archived/);
      expect(await refusalOf(on.board.appendFlightLog({ task_id: 't', stage: 's', payload: 1 }))).toMatch(
        /task_archived/,
      );
      expect(await refusalOf(post(on.board, 't'))).toMatch(/^ConflictError duplicate_task_id/);
      expect(await everything(on.board)).toEqual(before);
      expect((await on.board.listTasks()).length).toBe(0);
      expect((await on.board.getTask('t')).task.standing).toBe('archived');
      expect((await on.board.getTaskHistory('t')).events).toHaveLength(3);
    });

    it('Q33: a result is taken only IN_PROGRESS; it goes to PENDING_REVIEW under review_required, else to COMPLETE', async () => {
      for (const [id, type, to] of [
        ['r', 'report', 'PENDING_REVIEW'],
        ['m', 'memo', 'COMPLETE'],
      ] as const) {
        await post(on.board, id, type);
        expect(await refusalOf(on.board.postResult({ task_id: id }))).toMatch(
          `TransitionError not_in_progress: Task ${id} must be IN_PROGRESS to post result`,
        );
        await walk(on.board, id, ['IN_PROGRESS@w']);
        const { task, event } = await on.board.postResult({ task_id: id, output: 'done', agent_id: 'w' });
        expect(task).toMatchObject({ status: to, output: 'done', assigned_to: 'w' });
        expect(event).toMatchObject({ event_type: 'task_completed', agent_id: 'w', actor: 'w' });
      }
    });

    it('better 19: a result obeys the profile: no COMPLETE declared, no COMPLETE written', async () => {
      await post(on.board, 'a', 'article');
      await walk(on.board, 'a', ['writing', 'IN_PROGRESS']);
      const before = await everything(on.board);
      expect(await refusalOf(on.board.postResult({ task_id: 'a', output: 'x' }))).toMatch(
        /illegal_transition: Illegal transition for newsroom: IN_PROGRESS -> COMPLETE/,
      );
      expect(await everything(on.board)).toEqual(before);
    });

    it('better 6: an old fence is a ConflictError for update and result; the present one and none are accepted', async () => {
      await post(on.board, 't');
      const [assigned] = await walk(on.board, 't', ['IN_PROGRESS@a']);
      await walk(on.board, 't', ['STALE', 'UNASSIGNED', 'IN_PROGRESS@b']);
      const before = await everything(on.board);
      const fence = assigned?.sequence_id ?? 0;
      expect(await refusalOf(on.board.postResult({ task_id: 't', output: 'late', fence }))).toMatch(
        /^ConflictError fence_conflict/,
      );
      expect(await refusalOf(on.board.updateTask({ task_id: 't', to_status: 'HUMAN_REVIEW', fence }))).toMatch(
        /fence_conflict/,
      );
      expect(await everything(on.board)).toEqual(before);
      const { task } = await on.board.getTask('t');
      const next = await on.board.postResult({ task_id: 't', fence: task.entered_sequence_id });
      expect(next.task.status).toBe('PENDING_REVIEW');
      expect((await on.board.updateTask({ task_id: 't', to_status: 'IN_PROGRESS', fence: null })).task.visit).toBe(3);
    });

    it('a task first finishes once: its finish is on every later event, and a resumable board brings it back', async () => {
      const board = await on.reopen({ resumable: true });
      await post(board, 't', 'memo');
      const [blocked, back, working, done] = await walk(board, 't', [
        'HUMAN_REVIEW',
        'UNASSIGNED',
        'IN_PROGRESS',
        'COMPLETE',
      ]);
      expect(blocked?.finished_sequence_id).toBe(blocked?.sequence_id);
      expect([back, working, done].map(event => event?.finished_sequence_id)).toEqual([2, 2, 2]);
      expect(back).toMatchObject({ edge: 'reassign', event_type: 'task_reassigned' });
      expect((await board.getTask('t')).task).toMatchObject({ standing: 'finished', finished_at: blocked?.timestamp });
    });

    it('a status may have any name an object inherits', async () => {
      const profile = lifecycleOf('odd', [
        ['UNASSIGNED', 'constructor'],
        ['constructor', '__proto__'],
        ['__proto__', 'toString'],
      ]);
      const board = await on.reopen({ lifecycles: [profile], taskTypes: { odd: 'odd' } });
      await post(board, 't', 'odd');
      await walk(board, 't', ['constructor', '__proto__', 'toString']);
      const { task } = await board.getTask('t');
      expect(Object.entries(task.visits)).toEqual([
        ['UNASSIGNED', 1],
        ['constructor', 1],
        ['__proto__', 1],
        ['toString', 1],
      ]);
      expect(task).toMatchObject({ visit: 1, status: 'toString', standing: 'finished' });
    });
  });
}
