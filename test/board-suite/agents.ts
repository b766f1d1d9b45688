import { describe, expect, it } from 'vitest';
import type { BoardFixture } from '../board-suite.ts';
import { callLoosely, everything, post, refusalOf, register, walk } from '../support/board-steps.ts';

/** Rules of agents: registering, beating, and what their tasks make of their status. */
export function agentRules(on: BoardFixture): void {
  const agent = async (id: string) => (await on.board.listAgents()).find(each => each.agent_id === id);

  describe('agents', () => {
    it('Q2, Q30: registering needs the whole card, adds an IDLE agent, and again brings the card up to date', async () => {
      expect(await refusalOf(callLoosely(on.board, 'board.register_agent', { agent_id: 'a', name: 'A' }))).toBe(
        "ValidationError invalid_payload: Missing AgentCard fields: ['capabilities', 'description', 'url', 'version']",
      );
      const first = await register(on.board, 'a', ['article']);
      expect(first).toMatchObject({ status: 'IDLE', capabilities: ['article'], a2a_url: 'a2a://a', version: '1' });
      expect(first).toMatchObject({ current_task_id: null, open_assignments: [], agent_card: { agent_id: 'a' } });
      const second = await register(on.board, 'a', ['review']);
      expect(second).toMatchObject({ capabilities: ['review'], registered_at: first.registered_at });
      expect(await on.board.listAgents()).toEqual([second]);
    });

    it('Q31: a beat needs a known agent; with a task it is one event and the task’s sign of life, without it none', async () => {
      expect(await refusalOf(on.board.postAgentHeartbeat({ agent_id: 'x' }))).toBe(
        'NotFoundError agent_not_found: Agent not found: x',
      );
      const { last_seen_at } = await register(on.board, 'a');
      const alone = await on.board.postAgentHeartbeat({ agent_id: 'a' });
      expect(alone).toMatchObject({ task: null, event: null, abort: false });
      expect(alone.agent.last_seen_at).toBeGreaterThan(last_seen_at);
      await post(on.board, 't');
      await walk(on.board, 't', ['IN_PROGRESS@a']);
      const { task, event } = await on.board.postAgentHeartbeat({ agent_id: 'a', task_id: 't' });
      expect(event).toMatchObject({
        event_type: 'task_heartbeat',
        from_status: 'IN_PROGRESS',
        to_status: 'IN_PROGRESS',
      });
      expect(event).toMatchObject({ agent_id: 'a', edge: null, stage_kind: null, heartbeats: 0 });
      expect(task).toMatchObject({ heartbeat_at: event?.timestamp, updated_at: event?.timestamp, heartbeats: 1 });
      expect((await on.board.getTask('t')).task).toEqual(task);
    });

    it('a beat says who asked and in whose name, its agent where nobody is named', async () => {
      await register(on.board, 'a');
      await post(on.board, 't');
      const beat = { agent_id: 'a', task_id: 't' };
      const plain = await on.board.postAgentHeartbeat(beat);
      expect(plain.event).toMatchObject({ actor: 'a', cycle_id: null, tick_id: null });
      const named = await on.board.postAgentHeartbeat(beat, { actor: 'op', cycleId: 'c1', tickId: 't1' });
      expect(named.event).toMatchObject({ agent_id: 'a', actor: 'op', cycle_id: 'c1', tick_id: 't1' });
    });

    it('better 6: a late beat is logged as fenced, changes no row, and its answer says abort', async () => {
      await register(on.board, 'a');
      await post(on.board, 't');
      const [assigned] = await walk(on.board, 't', ['IN_PROGRESS@a', 'STALE']);
      const rows = async () => [(await on.board.getTask('t')).task, await agent('a')];
      const before = await rows();
      const fence = assigned?.sequence_id ?? null;
      const late = await on.board.postAgentHeartbeat({ agent_id: 'a', task_id: 't', fence });
      expect(late).toMatchObject({ abort: true, event: { event_type: 'task_heartbeat', payload: { fenced: true } } });
      expect(await rows()).toEqual(before);
    });

    it('ours: the first claim begins an assignment; one that comes later, or is not the assignee’s, aborts and changes nothing', async () => {
      await register(on.board, 'a');
      await register(on.board, 'b');
      await post(on.board, 't');
      const [assigned] = await walk(on.board, 't', ['IN_PROGRESS@a']);
      const fence = assigned?.sequence_id ?? null;
      const claim = (agent_id: string, idempotencyKey: string | null = null) =>
        on.board.postAgentHeartbeat({ agent_id, task_id: 't', fence, claim: true }, { idempotencyKey });
      const posted = await everything(on.board);
      expect(await claim('b')).toMatchObject({ abort: true, event: null, task: { heartbeats: 0, assigned_to: 'a' } });
      expect(await everything(on.board)).toEqual(posted);
      const first = await claim('a', 'one');
      expect(first).toMatchObject({ abort: false, event: { event_type: 'task_heartbeat' }, task: { heartbeats: 1 } });
      const begun = await everything(on.board);
      expect(await claim('a', 'two')).toMatchObject({ abort: true, event: null, task: { heartbeats: 1 } });
      expect(await claim('a', 'one'), 'sent again by whoever was not told').toEqual(first);
      expect(await everything(on.board)).toEqual(begun);
      const plain = await on.board.postAgentHeartbeat({ agent_id: 'a', task_id: 't', fence });
      expect(plain).toMatchObject({ abort: false, task: { heartbeats: 2 } });
    });

    it('ours: of claims in one commit one counts, and one that does not is not kept under its key', async () => {
      await register(on.board, 'a');
      await post(on.board, 't', 'memo');
      await walk(on.board, 't', ['IN_PROGRESS@a']);
      const claim = (idempotencyKey: string) =>
        on.board.postAgentHeartbeat({ agent_id: 'a', task_id: 't', claim: true }, { idempotencyKey });
      const claims = await Promise.all([claim('one'), claim('two'), claim('one')]);
      expect(claims.map(each => each.abort)).toEqual([false, true, false]);
      expect(claims[2]).toEqual(claims[0]);
      expect((await on.board.getTask('t')).task.heartbeats).toBe(1);
      await walk(on.board, 't', ['STALE', 'UNASSIGNED', 'IN_PROGRESS@a']);
      expect((await claim('two')).abort, 'a new assignment is claimed anew').toBe(false);
    });

    if (on.outlivesConnection)
      it('ours: of two processes’ claims one counts', async () => {
        const other = await on.reopen();
        await register(on.board, 'a');
        for (const id of ['t', 'u', 'v']) {
          await post(on.board, id, 'memo');
          await walk(on.board, id, ['IN_PROGRESS@a']);
          const claims = [on.board, other].map(each =>
            each.postAgentHeartbeat({ agent_id: 'a', task_id: id, claim: true }),
          );
          expect((await Promise.all(claims)).map(each => each.abort).sort()).toEqual([false, true]);
          expect((await other.getTask(id)).task.heartbeats).toBe(1);
        }
      });

    it('ours: a claim of an assignment that is over is a late beat; nobody claims what nobody works on', async () => {
      await register(on.board, 'a');
      await post(on.board, 't');
      const [assigned] = await walk(on.board, 't', ['IN_PROGRESS@a', 'PENDING_REVIEW']);
      const claim = (fence: number | null) =>
        on.board.postAgentHeartbeat({ agent_id: 'a', task_id: 't', fence, claim: true });
      const late = await claim(assigned?.sequence_id ?? null);
      expect(late).toMatchObject({ abort: true, event: { payload: { fenced: true } } });
      // Waiting for its review it still names its author.
      expect(await claim(null)).toMatchObject({ abort: true, event: null, task: { assigned_to: 'a', heartbeats: 0 } });
      expect(await refusalOf(on.board.postAgentHeartbeat({ agent_id: 'a', claim: true }))).toBe(
        'ValidationError invalid_payload: A claim needs the task_id of the assignment it begins',
      );
    });

    it('Q36: work makes its agent BUSY; handing it in, losing it or ending it makes it IDLE', async () => {
      await register(on.board, 'a');
      await register(on.board, 'b');
      await post(on.board, 't');
      const status = async (step: string): Promise<string> => {
        await walk(on.board, 't', [step]);
        return `${(await agent('a'))?.status} ${(await agent('b'))?.status}`;
      };
      expect(await status('IN_PROGRESS@a')).toBe('BUSY IDLE');
      expect(await agent('a')).toMatchObject({ current_task_id: 't', open_assignments: ['t'] });
      expect(await status('PENDING_REVIEW')).toBe('IDLE IDLE');
      expect(await status('IN_PROGRESS@b')).toBe('IDLE BUSY');
      expect(await status('REVISION_NEEDED')).toBe('IDLE IDLE');
      expect(await status('IN_PROGRESS@a')).toBe('BUSY IDLE');
      expect(await status('STALE')).toBe('IDLE IDLE');
      expect(await status('UNASSIGNED')).toBe('IDLE IDLE');
      expect(await status('IN_PROGRESS')).toBe('BUSY IDLE');
      expect(await status('APPROVED@b')).toBe('IDLE IDLE');
      expect((await agent('a'))?.current_task_id).toBeNull();
    });

    it('Q36: a custom status that is no end makes BUSY whom the command named; its end and a move without a name, IDLE', async () => {
      await register(on.board, 'a');
      await post(on.board, 't', 'article');
      const seen: (string | undefined)[] = [];
      for (const step of ['writing@a', 'editing', 'writing@a', 'editing@a', 'published@a']) {
        await walk(on.board, 't', [step]);
        seen.push((await agent('a'))?.status);
      }
      expect(seen).toEqual(['BUSY', 'IDLE', 'BUSY', 'BUSY', 'IDLE']);
    });

    it('better 2: BUSY follows open assignments: an agent with two tasks is IDLE only after both', async () => {
      await register(on.board, 'a');
      for (const id of ['t', 'u']) {
        await post(on.board, id, 'memo');
        await walk(on.board, id, ['IN_PROGRESS@a']);
      }
      expect(await agent('a')).toMatchObject({ status: 'BUSY', open_assignments: ['t', 'u'], current_task_id: 'u' });
      await walk(on.board, 'u', ['COMPLETE']);
      expect(await agent('a')).toMatchObject({ status: 'BUSY', open_assignments: ['t'], current_task_id: 't' });
      expect((await register(on.board, 'a')).status, 'registering again does not free it').toBe('BUSY');
      await walk(on.board, 't', ['COMPLETE']);
      expect(await agent('a')).toMatchObject({ status: 'IDLE', open_assignments: [], current_task_id: null });
    });

    it('assigning only an idle agent, and only a silent task: the check and the write are one', async () => {
      await register(on.board, 'a');
      await post(on.board, 't', 'memo');
      await post(on.board, 'u', 'memo');
      const assign = (task_id: string) => ({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'a', require_idle: true });
      const both = await Promise.allSettled(['t', 'u'].map(id => on.board.updateTask(assign(id))));
      expect(both.map(each => each.status)).toEqual(['fulfilled', 'rejected']);
      const { event } = await on.board.postAgentHeartbeat({ agent_id: 'a', task_id: 't' });
      const before = await everything(on.board);
      const silent = { task_id: 't', to_status: 'STALE', if_silent_since: (event?.timestamp ?? 0) - 1 };
      expect(await refusalOf(on.board.updateTask(silent))).toMatch(/^ConflictError fence_conflict/);
      expect(await everything(on.board)).toEqual(before);
      const { task } = await on.board.updateTask({ ...silent, if_silent_since: event?.timestamp ?? 0 });
      expect(task.status).toBe('STALE');
    });

    it('what somebody else does by name to its task is no sign of life of an agent; its own step is', async () => {
      const { last_seen_at } = await register(on.board, 'a');
      await post(on.board, 't', 'memo');
      await walk(on.board, 't', ['IN_PROGRESS@a']);
      await on.board.call('board.set_agent_offline', { agent_id: 'a', if_silent_since: Number.MAX_SAFE_INTEGER });
      const before = (await agent('a'))?.last_seen_at;
      expect(before).toBeGreaterThan(last_seen_at);
      await on.board.updateTask({ task_id: 't', to_status: 'STALE' }, { actor: 'operator' });
      expect(await agent('a')).toMatchObject({ status: 'OFFLINE', last_seen_at: before, open_assignments: [] });
      await on.board.updateTask({ task_id: 't', to_status: 'UNASSIGNED' }, { actor: 'a' });
      expect((await agent('a'))?.status).toBe('IDLE');
      expect((await agent('a'))?.last_seen_at).toBeGreaterThan(before ?? 0);
    });

    it('an agent without a sign of life becomes OFFLINE, and its next beat brings it back', async () => {
      const { last_seen_at } = await register(on.board, 'a');
      const offline = (if_silent_since: number) =>
        on.board.call('board.set_agent_offline', { agent_id: 'a', if_silent_since });
      expect((await offline(last_seen_at - 1)).offline).toBe(false);
      expect((await offline(last_seen_at)).agent.status).toBe('OFFLINE');
      expect((await on.board.postAgentHeartbeat({ agent_id: 'a' })).agent.status).toBe('IDLE');
    });
  });
}
