import { describe, expect, it } from 'vitest';
import { Chief, type ChiefOptions } from '../../board/agents/chief.ts';
import { CHIEF_TELEMETRY_KEY } from '../../board/agents/chief-telemetry.ts';
import type { PolicyContext } from '../../board/agents/policy.ts';
import { errorOf } from '../../board/core/errors.ts';
import { hydrateChief } from '../../board/core/hydration.ts';
import type { JsonObject } from '../../board/core/json.ts';
import { lifecycle } from '../../board/core/lifecycle/builder.ts';
import { stageTraceparent } from '../../board/core/trace-ids.ts';
import { answer, requestOf, success } from '../../board/transport/envelope.ts';
import { gate, type Office, openOffice, pathOf, post, register, taskNow, until } from './office.ts';

function chiefOf(office: Office, options: Partial<ChiefOptions> = {}): Chief {
  return new Chief({ ...office.surroundings, ...options });
}

/** Plays an agent that takes note of what it is sent and does nothing. */
function play(office: Office, agentId: string): JsonObject[] {
  const sent: JsonObject[] = [];
  office.network.registerEndpoint(`a2a://${agentId}`, async request => {
    const { request_id, payload } = request as { request_id: string; payload: JsonObject };
    sent.push(payload);
    return success(request_id);
  });
  return sent;
}

const cyclesOf = (office: Office) => office.board.chiefCycles(0, 1000);

describe('Chief: waking', () => {
  it('Q41: answers the cycles run; a wake during a cycle gives 0 and one more cycle, labelled worker', async () => {
    const office = await openOffice();
    const began = gate();
    const held = gate();
    let policies = 0;
    let atOnce = 0;
    const policy = async () => {
      policies++;
      expect(++atOnce).toBe(1);
      if (policies === 1) {
        began.open();
        await held.opened;
      }
      atOnce--;
    };
    const chief = chiefOf(office, { policy });
    const first = chief.wake('seed');
    await began.opened;
    expect(await Promise.all([chief.wake(), chief.wake('ombudsman'), chief.wake('board_event')])).toEqual([0, 0, 0]);
    held.open();
    expect(await first).toBe(2);
    expect(policies).toBe(2);
    const cycles = await cyclesOf(office);
    expect(cycles.map(each => [each.trigger, each.coalesced_wakes])).toEqual([
      ['seed', 0],
      ['worker', 3],
    ]);
    expect(await chief.nudge()).toBe(1);
  });

  it('Q42: wake listeners hear every wake first, coalesced ones too, and cannot break it', async () => {
    const office = await openOffice();
    const chief = chiefOf(office);
    const heard: string[] = [];
    chief.onWake(() => {
      throw new Error('deaf');
    });
    const stop = chief.onWake(trigger => heard.push(trigger));
    const first = chief.wake('seed');
    expect(await chief.wake('worker')).toBe(0);
    await first;
    expect(heard).toEqual(['seed', 'worker']);
    expect(office.reported).toEqual(['A wake listener threw: Error: deaf', 'A wake listener threw: Error: deaf']);
    stop();
    await chief.wake('seed');
    expect(heard).toHaveLength(2);
  });

  it('Q42: answers chief.wake only where it has a url, and no other intent', async () => {
    const office = await openOffice();
    const { network } = office;
    const envelope = requestOf('chief.wake', {}, { at: 0 });
    const mute = chiefOf(office);
    mute.start();
    await expect(network.request('a2a://chief', envelope)).rejects.toThrow('No endpoint registered for a2a://chief');
    const chief = chiefOf(office, { url: 'a2a://chief' });
    chief.start();
    expect(await network.request('a2a://chief', envelope)).toMatchObject({ ok: true, result: {} });
    expect((await cyclesOf(office)).map(each => each.trigger)).toEqual(['worker']);
    const wrong = requestOf('board.get_full_state', {}, { at: 0 });
    expect((await network.request('a2a://chief', wrong)).error).toBe('Unsupported chief intent: board.get_full_state');
    await chief.close();
    await expect(network.request('a2a://chief', envelope)).rejects.toThrow(/No endpoint/);
    expect(await chief.wake('seed')).toBe(0);
  });

  it('a wake whose event an earlier cycle has seen starts none: one result is one cycle', async () => {
    const office = await openOffice();
    const chief = chiefOf(office);
    await post(office.board, 'note');
    await post(office.board, 'note');
    expect(await chief.wake('worker', { sequence_id: 1 })).toBe(1);
    expect(await chief.wake('board_event', { sequence_id: 2 })).toBe(0);
    expect(await chief.wake('worker', { sequence_id: 2 })).toBe(0);
    expect(await chief.wake('ombudsman', { sequence_id: 2 })).toBe(1);
    expect(await chief.wake('worker')).toBe(1);
    await post(office.board, 'note');
    expect(await chief.wake('worker', { sequence_id: 3 })).toBe(1);
    expect((await cyclesOf(office)).map(each => each.seen_sequence_id)).toEqual([2, 2, 2, 3]);
  });

  it('an event whose cycle could not do what it wanted has not been answered: the next wake for it starts one', async () => {
    const office = await openOffice();
    const { board } = office;
    await register(board, 'ann', 'note');
    const { task_id } = await post(board, 'note');
    let failures = 1;
    const port: ChiefOptions['board'] = {
      call: (intent, params, options) =>
        intent === 'board.update_task' && failures-- > 0
          ? Promise.reject(errorOf('storage_full', 'no room'))
          : board.call(intent, params, options),
    };
    const chief = chiefOf(office, { board: port });
    const { entered_sequence_id: sequence_id } = await taskNow(board, task_id);
    const wakes: number[] = [];
    for (let index = 0; index < 3; index++) wakes.push(await chief.wake('worker', { sequence_id }));
    expect(wakes).toEqual([1, 1, 0]);
    expect((await cyclesOf(office)).map(each => each.error)).toEqual(['no room', null]);
    expect((await taskNow(board, task_id)).status).toBe('IN_PROGRESS');
  });

  it('a wake during a cycle whose event the cycle saw needs no other', async () => {
    const office = await openOffice();
    const held = gate();
    const began = gate();
    const policy = async ({ trigger }: PolicyContext) => {
      if (trigger !== 'seed') return;
      began.open();
      await held.opened;
    };
    const chief = chiefOf(office, { policy });
    const first = chief.wake('seed');
    await began.opened;
    const { sequence_id } = (await office.board.postTask({ task_type: 'note', label: 'x' })).event;
    expect(await chief.wake('board_event', { sequence_id })).toBe(0);
    held.open();
    expect(await first).toBe(1);
  });
});

describe('Chief: a cycle', () => {
  it('Q44, Q45: assigns by priority, and sends the fence and the trace context of the stage', async () => {
    const office = await openOffice();
    const { board } = office;
    await register(board, 'ann', 'note');
    const sent = play(office, 'ann');
    const later = await post(board, 'note', { priority: 7 });
    const first = await post(board, 'note', { priority: 1 });
    const chief = chiefOf(office);
    await chief.wake('seed');
    await chief.close();
    const task = await taskNow(board, first.task_id);
    expect([task.status, task.assigned_to]).toEqual(['IN_PROGRESS', 'ann']);
    expect((await taskNow(board, later.task_id)).status).toBe('UNASSIGNED');
    const { board_uid } = await board.board();
    const traceparent = stageTraceparent(board_uid, task);
    expect(sent).toEqual([{ task_id: first.task_id, fence: task.entered_sequence_id, traceparent }]);
    const [cycle] = await cyclesOf(office);
    const [, assigned] = (await board.getTaskHistory(first.task_id)).events;
    expect(assigned).toMatchObject({ actor: 'chief', cycle_id: cycle?.cycle_id, event_type: 'task_assigned' });
    expect(cycle).toMatchObject({ waiting: 2, waiting_after: 1, in_flight_after: 1, idle_agents: 1, actions_taken: 1 });
    expect(cycle).toMatchObject({ idle_agents_after: 0, busy_agents_after: 1, stranded_after: 0, error: null });
    expect(cycle?.by_capability_after).toEqual({
      note: { waiting: 1, in_flight: 1, idle_agents: 0, busy_agents: 1, stranded: 0 },
    });
  });

  it('follows the routes of a custom lifecycle', async () => {
    const office = await openOffice();
    const { board } = office;
    await register(board, 'ann', 'writer');
    await register(board, 'bob', 'editor');
    const { task_id } = await post(board, 'article');
    const chief = chiefOf(office);
    await chief.wake();
    await board.updateTask({ task_id, to_status: 'written' });
    await chief.wake();
    expect(await pathOf(board, task_id)).toEqual(['UNASSIGNED', 'writing', 'written', 'editing']);
    expect((await taskNow(board, task_id)).assigned_to).toBe('bob');
  });

  it('better-list 2: three tasks and one idle agent: one assignment a cycle', async () => {
    const office = await openOffice();
    await register(office.board, 'ann', 'note');
    for (let index = 0; index < 3; index++) await post(office.board, 'note');
    await chiefOf(office).wake('seed');
    const { tasks } = await office.board.listTasksByStatus(['IN_PROGRESS']);
    expect(tasks).toHaveLength(1);
  });

  it('Q45: an address nobody answers at may be another process’s: it is reported where nobody has begun 10 s later', async () => {
    const office = await openOffice();
    await register(office.board, 'ann', 'note');
    const { task_id } = await post(office.board, 'note');
    const chief = chiefOf(office);
    expect(await chief.wake('seed')).toBe(1);
    expect(office.reported).toEqual([]);
    office.pass(10);
    expect(await chief.wake('seed')).toBe(1);
    await chief.close();
    expect((await taskNow(office.board, task_id)).status).toBe('IN_PROGRESS');
    expect(office.reported).toEqual([expect.stringContaining('No endpoint registered for a2a://ann')]);
  });

  it('Q45: a worker that refuses is reported', async () => {
    const office = await openOffice();
    await register(office.board, 'ann', 'note');
    office.network.registerEndpoint('a2a://ann', request =>
      answer(request, () => Promise.reject(errorOf('closed', 'ann is closing'))),
    );
    await post(office.board, 'note');
    await chiefOf(office).wake('seed');
    await until(() => office.reported.length > 0);
    expect(office.reported).toEqual(['ann refused its task: ann is closing']);
  });

  it('an assignment that never beat is sent again after 10 s with the same fence, one that beat is not', async () => {
    const office = await openOffice();
    const { board } = office;
    await register(board, 'ann', 'note');
    await register(board, 'bob', 'note');
    // The Chief that committed these died before it sent anything.
    const dead = new Chief({
      ...office.surroundings,
      network: { ...office.network, request: () => new Promise(() => {}) },
    });
    const first = await post(board, 'note');
    const second = await post(board, 'note');
    await dead.wake('seed');
    const sent = [play(office, 'ann'), play(office, 'bob')];
    const chief = chiefOf(office);
    await chief.wake('seed');
    expect(sent).toEqual([[], []]);
    await board.postAgentHeartbeat({ agent_id: 'bob', task_id: second.task_id });
    office.pass(10);
    await chief.wake('ombudsman');
    const { entered_sequence_id: fence } = await taskNow(board, first.task_id);
    expect(sent).toMatchObject([[{ task_id: first.task_id, fence }], []]);
    expect((await cyclesOf(office)).at(-1)?.actions_taken).toBe(0);
    await board.call('board.set_agent_offline', { agent_id: 'ann', if_silent_since: Number.MAX_SAFE_INTEGER });
    await chief.wake('ombudsman');
    expect(sent.flat(), 'nobody would answer').toHaveLength(1);
  });

  it('an assignment whose answer is awaited is not sent again by the Chief that sent it', async () => {
    const office = await openOffice();
    await register(office.board, 'ann', 'note');
    await post(office.board, 'note');
    const held = gate();
    let sent = 0;
    office.network.registerEndpoint('a2a://ann', async request => {
      sent++;
      await held.opened;
      return success((request as { request_id: string }).request_id);
    });
    const chief = chiefOf(office);
    await chief.wake('seed');
    office.pass(11);
    await chief.wake('ombudsman');
    expect(sent).toBe(1);
    held.open();
  });

  it('a tick that wakes it during a cycle is followed by one, whatever event it names', async () => {
    const office = await openOffice();
    const { board } = office;
    const { entered_sequence_id: sequence_id } = await post(board, 'note');
    let wakes: Promise<number>[] = [];
    const policy = () => {
      if (wakes.length === 0) wakes = [chief.wake('ombudsman', { sequence_id })];
    };
    const chief: Chief = chiefOf(office, { policy });
    expect(await chief.wake('seed')).toBe(2);
    expect(await Promise.all(wakes)).toEqual([0]);
  });

  it('two Chiefs that wake at once assign each task once, and each agent once', async () => {
    const office = await openOffice();
    const { board } = office;
    for (const name of ['ann', 'bob', 'cyd']) await register(board, name, 'note');
    const tasks = [await post(board, 'note'), await post(board, 'note'), await post(board, 'note')];
    const chiefs = [chiefOf(office, { chiefId: 'one' }), chiefOf(office, { chiefId: 'two' })];
    expect(await Promise.all(chiefs.map(chief => chief.wake('seed')))).toEqual([1, 1]);
    const now = await Promise.all(tasks.map(each => taskNow(board, each.task_id)));
    expect(now.map(each => each.assigned_to).sort()).toEqual(['ann', 'bob', 'cyd']);
    for (const each of tasks) expect(await pathOf(board, each.task_id)).toEqual(['UNASSIGNED', 'IN_PROGRESS']);
    const cycles = await cyclesOf(office);
    expect(cycles.reduce((sum, each) => sum + each.actions_taken, 0)).toBe(3);
    expect(cycles.map(each => [each.stranded_after, each.in_flight_after])).toEqual([
      [0, 3],
      [0, 3],
    ]);
  });

  it('Q60: what a step that needs nobody makes possible is done in the same cycle: its own commits do not wake the Chief', async () => {
    const office = await openOffice();
    const { board } = office;
    await register(board, 'ann', 'note');
    const [first, second] = [await post(board, 'note', { priority: 1 }), await post(board, 'note', { priority: 9 })];
    for (const to_status of ['IN_PROGRESS', 'STALE']) {
      for (const { task_id } of [first, second]) await board.updateTask({ task_id, to_status });
    }
    const sent = play(office, 'ann');
    expect(await chiefOf(office).wake('ombudsman')).toBe(1);
    expect(await pathOf(board, first.task_id)).toEqual([
      ...['UNASSIGNED', 'IN_PROGRESS', 'STALE'],
      ...['UNASSIGNED', 'IN_PROGRESS'],
    ]);
    const { entered_sequence_id: fence } = await taskNow(board, first.task_id);
    expect(sent).toMatchObject([{ task_id: first.task_id, fence }]);
    expect((await taskNow(board, second.task_id)).status).toBe('UNASSIGNED');
    expect(await cyclesOf(office)).toMatchObject([
      { actions_taken: 3, waiting: 2, waiting_after: 1, in_flight_after: 1, stranded_after: 0, error: null },
    ]);
  });

  it('a profile that leads in a circle without anybody does not keep a cycle for ever', async () => {
    const circle = lifecycle('circle')
      .phase('UNASSIGNED', 'queued')
      .phase('queued', 'done')
      .loop('queued', 'UNASSIGNED')
      .route('UNASSIGNED', 'queued', null)
      .route('queued', 'UNASSIGNED', null)
      .build();
    const office = await openOffice({ lifecycles: [circle], taskTypes: { wheel: 'circle' } });
    await post(office.board, 'wheel');
    expect(await chiefOf(office).wake('seed')).toBe(1);
    expect((await cyclesOf(office))[0]?.actions_taken).toBeLessThan(20);
  });

  it('an agent that somebody has given work since the cycle looked is given no more', async () => {
    const office = await openOffice();
    const { board } = office;
    await register(board, 'ann', 'note');
    const { task_id } = await post(board, 'note', { priority: 1 });
    const other = await post(board, 'note', { priority: 9 });
    const port: ChiefOptions['board'] = {
      call: async (intent, params, options) => {
        const isDecided = intent === 'board.update_task' && (await taskNow(board, other.task_id)).assigned_to === null;
        if (isDecided) await board.updateTask({ task_id: other.task_id, to_status: 'IN_PROGRESS', assigned_to: 'ann' });
        return board.call(intent, params, options);
      },
    };
    await chiefOf(office, { board: port }).wake('seed');
    expect((await taskNow(board, task_id)).status).toBe('UNASSIGNED');
    expect(await cyclesOf(office)).toMatchObject([
      { error: null, actions_taken: 0, waiting_after: 1, busy_agents_after: 1 },
    ]);
  });

  it('better-list 15: a task that cannot go does not stop the others', async () => {
    const office = await openOffice();
    const { board } = office;
    const stuck = await post(board, 'note');
    const fine = await post(board, 'note');
    await register(board, 'ann', 'note');
    await register(board, 'bob', 'note');
    const port: ChiefOptions['board'] = {
      call: (intent, params, options) => {
        const isStuck = intent === 'board.update_task' && 'task_id' in params && params.task_id === stuck.task_id;
        return isStuck ? Promise.reject(new Error('the disk is on fire')) : board.call(intent, params, options);
      },
    };
    expect(await chiefOf(office, { board: port }).wake('seed')).toBe(1);
    expect((await taskNow(board, fine.task_id)).status).toBe('IN_PROGRESS');
    expect(await cyclesOf(office)).toMatchObject([
      { error: 'the disk is on fire', actions_taken: 1, stranded_after: 1 },
    ]);
  });
});

describe('Chief: policy', () => {
  it('Q38, Q43: gets the unfinished tasks, agents, data and counts under their hash, on every wake', async () => {
    const office = await openOffice();
    const { board } = office;
    await register(board, 'ann', 'other');
    const open = await post(board, 'note');
    const done = await post(board, 'note');
    await board.updateTask({ task_id: done.task_id, to_status: 'IN_PROGRESS' });
    await board.postResult({ task_id: done.task_id, output: 'x' });
    const contexts: PolicyContext[] = [];
    const chief = chiefOf(office, { policy: context => contexts.push(context) });
    const event = (await board.streamEvents()).events.at(-1) ?? null;
    await chief.wake('board_event', { event });
    await chief.wake('seed');
    const [context] = contexts;
    expect(contexts).toHaveLength(2);
    expect(context?.tasks.map(each => each.task_id)).toEqual([open.task_id]);
    expect(context?.counts).toEqual({ UNASSIGNED: 1 });
    expect(context?.data).toHaveProperty(CHIEF_TELEMETRY_KEY);
    expect(context?.triggering_event).toEqual(event);
    const { tasks = [], agents = [], data = {} } = context ?? {};
    expect(context?.snapshot_hash).toBe(hydrateChief({ tasks, agents, data, triggering_event: event }).snapshot_hash);
    expect((await context?.fullState())?.tasks).toHaveLength(2);
  });

  it('Q47: a change the policy makes is an action of the cycle, and the routing sees it', async () => {
    const office = await openOffice();
    const { board } = office;
    await register(board, 'ann', 'note');
    const { task_id } = await post(board, 'note');
    const policy = async ({ board: mine, tasks }: PolicyContext) => {
      await mine.updateTask({ task_id: tasks[0]?.task_id ?? '', to_status: 'ON_HOLD' });
      await mine.putData('k', 'no action');
      await mine.postTask({ task_type: 'other', label: 'an action' });
    };
    await chiefOf(office, { policy }).wake('seed');
    const [cycle] = await cyclesOf(office);
    expect(cycle?.actions_taken).toBe(2);
    const history = (await board.getTaskHistory(task_id)).events;
    expect(history.map(each => [each.to_status, each.cycle_id])).toEqual([
      ['UNASSIGNED', null],
      ['ON_HOLD', cycle?.cycle_id],
    ]);
  });

  it('Q49: what it throws reaches the waker, the lock is free, the telemetry stays at thinking, the row has the error', async () => {
    const office = await openOffice();
    let isBroken = true;
    const policy = () => {
      if (isBroken) throw new Error('no idea');
    };
    const chief = chiefOf(office, { policy });
    await expect(chief.wake('seed')).rejects.toThrow('no idea');
    expect(chief.telemetry).toMatchObject({ status: 'thinking', cycles_run: 0 });
    expect(await cyclesOf(office)).toMatchObject([{ error: 'no idea', actions_taken: 0, trigger: 'seed' }]);
    isBroken = false;
    expect(await chief.wake('seed')).toBe(1);
    expect(chief.telemetry).toMatchObject({ status: 'sleeping', cycles_run: 1 });
  });

  it('a wake during a cycle whose policy throws is not lost', async () => {
    const office = await openOffice();
    const began = gate();
    const held = gate();
    let runs = 0;
    const policy = async () => {
      if (++runs > 1) return;
      began.open();
      await held.opened;
      throw new Error('no idea');
    };
    const chief = chiefOf(office, { policy });
    const first = chief.wake('seed');
    await began.opened;
    await chief.wake('worker');
    held.open();
    await expect(first).rejects.toThrow('no idea');
    expect(runs).toBe(2);
  });
});

describe('Chief: telemetry', () => {
  it('Q46: the data key says what it is doing, thinking while the policy runs', async () => {
    const office = await openOffice();
    const { board } = office;
    let during: unknown = null;
    const chief = chiefOf(office, {
      policy: async () => {
        during = (await board.getData(CHIEF_TELEMETRY_KEY)).value;
      },
    });
    await chief.wake('seed');
    expect(during).toMatchObject({ status: 'thinking', last_trigger: 'seed', cycles_run: 0 });
    const { value } = await board.getData(CHIEF_TELEMETRY_KEY);
    expect(value).toEqual(chief.telemetry);
    expect(Object.keys(value as JsonObject).sort()).toEqual(
      [
        ...['status', 'last_woke_at', 'last_slept_at', 'last_cycle_duration_ms', 'last_trigger', 'cycles_run'],
        ...['consecutive_noops', 'recent_durations_ms', 'draining'],
      ].sort(),
    );
    for (let index = 0; index < 25; index++) await chief.wake('seed');
    expect(chief.telemetry).toMatchObject({ cycles_run: 26, status: 'sleeping' });
    expect(chief.telemetry.recent_durations_ms).toHaveLength(20);
  });

  it('Q46: a board that cannot take it does not stop the Chief', async () => {
    const office = await openOffice();
    const { board } = office;
    const port: ChiefOptions['board'] = {
      call: (intent, params, options) =>
        intent === 'board.put_data' ? Promise.reject(new Error('full')) : board.call(intent, params, options),
    };
    expect(await chiefOf(office, { board: port }).wake('seed')).toBe(1);
    expect(office.reported).toContain('The Chief could not write its telemetry: Error: full');
  });

  it('Q47: a noop is a reactive cycle without an action; seed and ombudsman leave the streak, an action ends it', async () => {
    const office = await openOffice();
    const chief = chiefOf(office);
    const streak: number[] = [];
    for (const trigger of ['worker', 'board_event', 'seed', 'ombudsman', 'worker'] as const) {
      await chief.wake(trigger);
      streak.push(chief.telemetry.consecutive_noops);
    }
    expect(streak).toEqual([1, 2, 2, 2, 3]);
    await register(office.board, 'ann', 'note');
    await post(office.board, 'note');
    await chief.wake('worker');
    expect(chief.telemetry.consecutive_noops).toBe(0);
  });

  it('Q48: draining shows at once, and nothing leaves UNASSIGNED until it ends', async () => {
    const office = await openOffice();
    const { board } = office;
    await register(board, 'ann', 'note');
    const { task_id } = await post(board, 'note');
    const chief = chiefOf(office);
    await chief.setDraining(true);
    expect(chief.isDraining).toBe(true);
    expect((await board.getData(CHIEF_TELEMETRY_KEY)).value).toMatchObject({ draining: true });
    await chief.wake('seed');
    expect((await taskNow(board, task_id)).status).toBe('UNASSIGNED');
    await chief.setDraining(false);
    await chief.wake('seed');
    expect((await taskNow(board, task_id)).status).toBe('IN_PROGRESS');
    expect((await cyclesOf(office)).map(each => [each.draining, each.stranded_after])).toEqual([
      [true, 0],
      [false, 0],
    ]);
  });

  it('a clock that is set back makes no time of a row negative', async () => {
    const office = await openOffice();
    const chief = chiefOf(office, { policy: () => office.pass(-3600) });
    for (let index = 0; index < 2; index++) await chief.wake('seed');
    office.pass(-3600);
    await chief.wake('seed');
    const cycles = await cyclesOf(office);
    expect(cycles).toHaveLength(3);
    for (const { woke_at, slept_at, previous_slept_at, thinking_us, acting_us } of cycles) {
      for (const span of [thinking_us, acting_us, woke_at - (previous_slept_at ?? woke_at)]) {
        expect(span).toBeGreaterThanOrEqual(0);
      }
      expect(thinking_us + acting_us).toBe(slept_at - woke_at);
    }
    expect(chief.telemetry.recent_durations_ms.every(each => each >= 0)).toBe(true);
  });

  it('rows of cycles are in order, gapless, and say how long it slept before', async () => {
    const office = await openOffice();
    const chief = chiefOf(office);
    for (let index = 0; index < 3; index++) await chief.wake('seed');
    const cycles = await cyclesOf(office);
    expect(cycles.map(each => each.sequence_id)).toEqual([1, 2, 3]);
    expect(cycles.map(each => each.previous_slept_at)).toEqual([null, cycles[0]?.slept_at, cycles[1]?.slept_at]);
    for (const each of cycles) {
      expect(each.cycle_id).toMatch(/^[0-9a-f]{12}$/);
      expect(each.thinking_us + each.acting_us).toBe(each.slept_at - each.woke_at);
    }
  });
});
