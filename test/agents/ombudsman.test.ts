import { describe, expect, it } from 'vitest';
import { Chief } from '../../board/agents/chief.ts';
import { Ombudsman, type OmbudsmanOptions } from '../../board/agents/ombudsman.ts';
import { Worker } from '../../board/agents/worker.ts';
import { ConflictError } from '../../board/core/errors.ts';
import type { IntentPort } from '../../board/core/intents.ts';
import { gate, type Office, openOffice, pathOf, post, register, taskNow, until } from './office.ts';

function ombudsmanOf(office: Office, options: Partial<OmbudsmanOptions> = {}): Ombudsman {
  return new Ombudsman({ ...office.surroundings, ...options });
}

async function working({ board }: Office, type = 'note', to_status = 'IN_PROGRESS', assigned_to = 'ann') {
  const { task_id } = await post(board, type);
  return (await board.updateTask({ task_id, to_status, assigned_to })).task;
}

const ticksOf = (office: Office) => office.board.ombudsmanTicks(0, 100);

describe('Ombudsman', () => {
  it('Q58: work that is silent for longer than the time-out goes to STALE, with one event', async () => {
    const office = await openOffice();
    const { board } = office;
    await register(board, 'ann', 'note');
    const { task_id } = await working(office);
    await board.postAgentHeartbeat({ agent_id: 'ann', task_id });
    office.pass(2999);
    expect(await ombudsmanOf(office).nudge()).toBe(0);
    office.pass(2);
    expect(await ombudsmanOf(office).nudge()).toBe(1);
    expect(await ombudsmanOf(office).nudge()).toBe(0);
    const { events } = await board.getTaskHistory(task_id);
    expect(events.at(-1)).toMatchObject({
      event_type: 'task_stale',
      edge: 'stale',
      actor: 'ombudsman',
      payload: { profile: 'fast', reason: 'stale_heartbeat' },
      tick_id: (await ticksOf(office))[1]?.tick_id,
    });
    expect((await board.getFullState()).agents).toMatchObject([{ status: 'OFFLINE', open_assignments: [] }]);
  });

  it('better-list 4: entering the status is a first sign of life, after a reassignment too', async () => {
    const office = await openOffice();
    const { board } = office;
    await register(board, 'ann', 'note');
    const ombudsman = ombudsmanOf(office, { timeoutSeconds: 10 });
    const { task_id } = await working(office);
    expect(await ombudsman.nudge()).toBe(0);
    await board.postAgentHeartbeat({ agent_id: 'ann', task_id });
    office.pass(11);
    expect(await ombudsman.nudge()).toBe(1);
    await board.updateTask({ task_id, to_status: 'UNASSIGNED' });
    await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'ann' });
    // The task's latest heartbeat is of the stage before, and old.
    expect(await ombudsman.nudge()).toBe(0);
  });

  it('Q58: standard statuses in which nobody works are left alone', async () => {
    const office = await openOffice();
    const { board } = office;
    await post(board, 'note');
    const { task_id } = await working(office, 'report');
    await board.postResult({ task_id, output: 'x' });
    office.pass(10_000);
    expect(await ombudsmanOf(office).nudge()).toBe(0);
    expect(await ticksOf(office)).toMatchObject([{ tasks_scanned: 0, stale_count: 0, error: null }]);
  });

  it('Q59: named custom statuses by their own time-out; without a way to STALE to HUMAN_REVIEW with a note', async () => {
    const office = await openOffice();
    const { board } = office;
    const writing = await working(office, 'article', 'writing');
    const editing = await working(office, 'article', 'writing');
    await board.updateTask({ task_id: editing.task_id, to_status: 'written' });
    await board.updateTask({ task_id: editing.task_id, to_status: 'editing', assigned_to: 'ann' });
    office.pass(100);
    expect(await ombudsmanOf(office, { timeoutSeconds: 10 }).nudge()).toBe(0);
    const options = { workingStatuses: ['writing'], statusTimeouts: { editing: 99 }, timeoutSeconds: 200 };
    expect(await ombudsmanOf(office, options).nudge()).toBe(1);
    const task = await taskNow(board, editing.task_id);
    expect([task.status, task.notes]).toEqual([
      'HUMAN_REVIEW',
      ["Ombudsman: stale heartbeat in status 'editing' (timeout=99s)"],
    ]);
    office.pass(101);
    expect(await ombudsmanOf(office, options).nudge()).toBe(1);
    expect((await taskNow(board, writing.task_id)).status).toBe('STALE');
    const [, last] = (await ticksOf(office)).slice(-2);
    expect(last).toMatchObject({ statuses_scanned: ['IN_PROGRESS', 'writing', 'editing'], tasks_scanned: 1 });
  });

  it('better-list 15: a task that cannot be moved does not end the scan; the tick says what was wrong', async () => {
    const office = await openOffice();
    const { board } = office;
    const stuck = await working(office);
    await working(office);
    office.pass(4000);
    const port: IntentPort = {
      call: (intent, params, options) => {
        const isStuck = intent === 'board.update_task' && 'task_id' in params && params.task_id === stuck.task_id;
        return isStuck ? Promise.reject(new Error('the disk is on fire')) : board.call(intent, params, options);
      },
    };
    expect(await ombudsmanOf(office, { board: port }).nudge()).toBe(1);
    expect(await ticksOf(office)).toMatchObject([{ tasks_scanned: 2, stale_count: 1, error: 'the disk is on fire' }]);
  });

  it('a beat between the scan and the step wins', async () => {
    const office = await openOffice();
    const { board } = office;
    await register(board, 'ann', 'note');
    const { task_id } = await working(office);
    office.pass(4000);
    const port: IntentPort = {
      call: async (intent, params, options) => {
        if (intent === 'board.update_task') await board.postAgentHeartbeat({ agent_id: 'ann', task_id });
        return board.call(intent, params, options);
      },
    };
    expect(await ombudsmanOf(office, { board: port }).nudge()).toBe(0);
    expect((await taskNow(board, task_id)).status).toBe('IN_PROGRESS');
    expect(await ticksOf(office)).toMatchObject([{ stale_count: 0, error: null }]);
  });

  it('an agent without a sign of life becomes OFFLINE, is given nothing, and is back with its next beat', async () => {
    const office = await openOffice();
    const { board } = office;
    await register(board, 'ann', 'note');
    office.pass(61);
    await ombudsmanOf(office, { agentTimeoutSeconds: null, timeoutSeconds: 60 }).nudge();
    expect((await board.getFullState()).agents).toMatchObject([{ status: 'IDLE' }]);
    const woken: string[] = [];
    const wake = async (trigger: string) => void woken.push(trigger);
    await ombudsmanOf(office, { agentTimeoutSeconds: 60, wake }).nudge();
    expect(woken).toEqual(['ombudsman']);
    expect((await board.getFullState()).agents).toMatchObject([{ status: 'OFFLINE' }]);
    const { task_id } = await post(board, 'note');
    const chief = new Chief(office.surroundings);
    await chief.wake('seed');
    expect((await taskNow(board, task_id)).status).toBe('UNASSIGNED');
    await board.postAgentHeartbeat({ agent_id: 'ann' });
    await chief.wake('seed');
    expect((await taskNow(board, task_id)).status).toBe('IN_PROGRESS');
  });

  it('Q60: wakes the Chief after a tick that found something, and only then', async () => {
    const office = await openOffice();
    const { board } = office;
    const chief = new Chief(office.surroundings);
    const ombudsman = ombudsmanOf(office, { wake: trigger => chief.wake(trigger) });
    await ombudsman.nudge();
    expect(await board.chiefCycles(0, 10)).toEqual([]);
    const { task_id } = await working(office);
    office.pass(4000);
    expect(await ombudsman.nudge()).toBe(1);
    expect(await pathOf(board, task_id)).toEqual(['UNASSIGNED', 'IN_PROGRESS', 'STALE', 'UNASSIGNED']);
    const { events } = await board.getTaskHistory(task_id);
    expect(events.at(-1)).toMatchObject({ event_type: 'task_reassigned', edge: 'reassign' });
    expect(await board.chiefCycles(0, 10)).toMatchObject([{ trigger: 'ombudsman', actions_taken: 1 }]);
  });

  it('also wakes it for work that waits beside an idle agent, and for assignments that never arrived', async () => {
    const office = await openOffice();
    const { board } = office;
    let wakes = 0;
    const ombudsman = ombudsmanOf(office, { wake: async () => ++wakes });
    const { task_id } = await post(board, 'note');
    await ombudsman.nudge();
    expect(wakes).toBe(0);
    await register(board, 'ann', 'note');
    await ombudsman.nudge();
    expect(wakes).toBe(1);
    await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'ann' });
    await ombudsman.nudge();
    expect(wakes).toBe(1);
    office.pass(11);
    await ombudsman.nudge();
    expect(wakes).toBe(2);
  });

  it('better-list 6: a worker that stalls loses its task; another finishes it, and the late result is refused', async () => {
    const office = await openOffice();
    const { board, surroundings } = office;
    const began = gate();
    const stalls = gate();
    let late: unknown = null;
    const ann = new Worker({
      ...surroundings,
      agentId: 'ann',
      capabilities: ['note'],
      url: 'a2a://ann',
      execute: async ({ task: { task_id }, board: mine }) => {
        began.open();
        await stalls.opened;
        late = await mine.postResult({ task_id, output: 'late' }).catch(error => error);
      },
    });
    const bob = { agentId: 'bob', capabilities: ['note'], url: 'a2a://bob' };
    await ann.start();
    const chief = new Chief(surroundings);
    const { task_id } = await post(board, 'note');
    await chief.wake('seed');
    await began.opened;
    office.pass(4000);
    await new Worker({ ...surroundings, ...bob, execute: () => 'from bob' }).start();
    await ombudsmanOf(office, { wake: trigger => chief.wake(trigger) }).nudge();
    await chief.wake('seed');
    await until(async () => (await taskNow(board, task_id)).status === 'COMPLETE');
    stalls.open();
    await until(() => late !== null);
    expect(late).toBeInstanceOf(ConflictError);
    expect(await taskNow(board, task_id)).toMatchObject({ output: 'from bob', assigned_to: 'bob' });
    expect(await pathOf(board, task_id)).toEqual([
      ...['UNASSIGNED', 'IN_PROGRESS', 'STALE', 'UNASSIGNED', 'IN_PROGRESS', 'COMPLETE'],
    ]);
  });

  it('a clock that is set back while it looks does not make a tick end before it began', async () => {
    const office = await openOffice();
    const { board } = office;
    const port: OmbudsmanOptions['board'] = {
      call: (intent, params, options) => {
        if (intent === 'board.get_open_state') office.pass(-3600);
        return board.call(intent, params, options);
      },
    };
    await new Ombudsman({ ...office.surroundings, board: port }).nudge();
    const [tick] = await board.ombudsmanTicks(0, 10);
    expect(tick?.ended_at).toBe(tick?.started_at);
  });

  it('refuses time-outs that are none', async () => {
    const office = await openOffice();
    expect(() => ombudsmanOf(office, { statusTimeouts: { writing: 0 } })).toThrow(/more than 0/);
  });
});
