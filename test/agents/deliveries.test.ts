import { afterEach, describe, expect, it, vi } from 'vitest';
import { Chief } from '../../board/agents/chief.ts';
import { Deliveries } from '../../board/agents/deliveries.ts';
import type { WorkContext } from '../../board/agents/execution.ts';
import { moveTo } from '../../board/agents/move.ts';
import { type RunOptions, runBoard } from '../../board/agents/run.ts';
import { surroundingsOf } from '../../board/agents/surroundings.ts';
import { Worker, type WorkerOptions } from '../../board/agents/worker.ts';
import { WorkerPool, type WorkerPoolOptions } from '../../board/agents/worker-pool.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { errorOf } from '../../board/core/errors.ts';
import type { IntentPort } from '../../board/core/intents.ts';
import { lifecycle } from '../../board/core/lifecycle/builder.ts';
import type { Task } from '../../board/core/records.ts';
import { stageTraceparent } from '../../board/core/trace-ids.ts';
import { tempDir } from '../support/temp.ts';
import { gate, type Office, openOffice, pathOf, post, register, taskNow, until } from './office.ts';

/** So many processes on one board: each with a network of its own, which reaches nobody else's. */
async function openProcesses(count: number): Promise<Office[]> {
  const file = `${tempDir()}/board.db`;
  return Promise.all(Array.from({ length: count }, () => openOffice({ backend: sqlite({ file }) })));
}

function start({ board, surroundings }: Office, options: RunOptions) {
  return runBoard(board, { pollSeconds: 0.005, onError: surroundings.onError, ...options });
}

function poolOf(office: Office, execute: WorkerOptions['execute'], options: Partial<WorkerPoolOptions> = {}) {
  const capabilities = { note: { workers: 3, execute } };
  return new WorkerPool({ ...office.surroundings, capabilities, ...options });
}

function workerOf(office: Office, execute: WorkerOptions['execute'], options: Partial<WorkerOptions> = {}) {
  const who = { agentId: 'ann', capabilities: ['note', 'writer'], url: 'a2a://ann' };
  return new Worker({ ...office.surroundings, ...who, execute, ...options });
}

const assign = async (board: Board, task_id: string, assigned_to = 'ann', to_status = 'IN_PROGRESS'): Promise<Task> =>
  (await board.updateTask({ task_id, to_status, assigned_to })).task;

async function allDone(board: Board, count: number): Promise<void> {
  await until(async () => (await board.listTasksByStatus(['COMPLETE'])).tasks.length === count);
}

/** A function that notes whose assignment it was called for. */
function notingWork() {
  const executed: string[] = [];
  const execute = ({ task, fence }: WorkContext) => {
    executed.push(`${task.task_id} ${fence}`);
    return 'done';
  };
  return { executed, execute };
}

/** Lets everything run that does not wait for a timer. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve));
}

afterEach(() => void vi.useRealTimers());

describe('deliveries through the board', () => {
  it('a Chief in one process, workers in two others: all is done, each assignment executed once', async () => {
    const [boss, ...crew] = (await openProcesses(3)) as [Office, Office, Office];
    const { executed, execute } = notingWork();
    const pools = crew.map((office, index) => poolOf(office, execute, { name: `p${index}` }));
    const runs = [await start(boss, { chief: new Chief(boss.surroundings) })];
    for (const [index, office] of crew.entries()) {
      runs.push(await start(office, { workers: pools[index] as WorkerPool }));
    }
    for (let index = 0; index < 30; index++) await post(boss.board, 'note');
    await allDone(boss.board, 30);
    await Promise.all(runs.map(run => run.close()));
    const { events } = await boss.board.streamEvents();
    const assigned = events.filter(each => each.to_status === 'IN_PROGRESS' && each.edge !== null);
    expect(executed.sort()).toEqual(assigned.map(each => `${each.task_id} ${each.sequence_id}`).sort());
    expect(new Set(assigned.map(each => each.agent_id?.slice(0, 3)))).toEqual(new Set(['p0_', 'p1_']));
    expect(events.filter(each => each.payload.fenced)).toEqual([]);
    expect([boss, ...crew].flatMap(office => office.reported)).toEqual([]);
  });

  it('beside its Chief a worker is told of each assignment twice, reads it once and works once', async () => {
    const office = await openOffice();
    const { board } = office;
    const { executed, execute } = notingWork();
    const reads = vi.spyOn(board, 'tasksById');
    const calls = vi.spyOn(board, 'call');
    const port: IntentPort = {
      async call(intent, params, options) {
        // As long as a database elsewhere takes.
        if (intent === 'board.get_task') await settle();
        return board.call(intent, params, options);
      },
    };
    const workers = poolOf(office, execute, { board: port });
    const run = await start(office, { chief: new Chief(office.surroundings), workers });
    for (let index = 0; index < 20; index++) await post(board, 'note');
    await allDone(board, 20);
    await run.close();
    expect(executed).toHaveLength(20);
    expect(new Set(executed).size).toBe(20);
    expect(reads).not.toHaveBeenCalled();
    expect(calls.mock.calls.filter(([intent]) => intent === 'board.get_task')).toHaveLength(20);
  });

  it('two processes that run agents of the same ids, told by a Chief and by the board: each assignment is executed once', async () => {
    const [one, other] = (await openProcesses(2)) as [Office, Office];
    const { executed, execute } = notingWork();
    const runs = [
      await start(one, { chief: new Chief(one.surroundings), workers: poolOf(one, execute) }),
      await start(other, { workers: poolOf(other, execute) }),
    ];
    for (let index = 0; index < 40; index++) await post(index % 2 === 0 ? one.board : other.board, 'note');
    await allDone(one.board, 40);
    await Promise.all(runs.map(run => run.close()));
    expect(executed).toHaveLength(40);
    expect(new Set(executed).size).toBe(40);
    const { events } = await one.board.streamEvents();
    // A claim that comes when the work is over already is logged as late.
    const beats = events.filter(each => each.event_type === 'task_heartbeat' && each.payload.fenced !== true);
    expect(beats.filter(({ heartbeats }) => heartbeats === 0)).toHaveLength(40);
    expect([...one.reported, ...other.reported]).toEqual([]);
  });

  it('the worker that comes second answers that somebody is at it, and runs nothing', async () => {
    const [one, other] = (await openProcesses(2)) as [Office, Office];
    const held = gate();
    const began = gate();
    let runs = 0;
    const execute = async () => {
      runs++;
      began.open();
      await held.opened;
    };
    const workers = [workerOf(one, execute), workerOf(other, execute)] as const;
    for (const worker of workers) await worker.start();
    const { task_id } = await post(one.board, 'note');
    const { entered_sequence_id: fence } = await assign(one.board, task_id);
    const order = { intent: 'worker.execute_task', request_id: 'r', timestamp: '', payload: { task_id, fence } };
    const first = workers[0].endpoint(order);
    await began.opened;
    expect(await workers[1].endpoint(order)).toMatchObject({ ok: true, result: { mode: 'running' } });
    await other.board.updateTask({ task_id, to_status: 'STALE' });
    expect(await workers[1].endpoint(order)).toMatchObject({ ok: true, result: { mode: 'fenced' } });
    held.open();
    expect(await first).toMatchObject({ result: { mode: 'fenced' } });
    expect(runs).toBe(1);
    for (const worker of workers) await worker.close();
  });

  it('a worker told of somebody else’s task leaves it alone', async () => {
    const office = await openOffice();
    const { executed, execute } = notingWork();
    const worker = workerOf(office, execute);
    await worker.start();
    await register(office.board, 'bob', 'note');
    const { task_id } = await post(office.board, 'note');
    await assign(office.board, task_id, 'bob');
    const order = { intent: 'worker.execute_task', request_id: 'r', timestamp: '', payload: { task_id } };
    expect(await worker.endpoint(order)).toMatchObject({ ok: true, result: { mode: 'fenced' } });
    expect(executed).toEqual([]);
    await worker.close();
  });

  it('a claim whose answer was lost is sent again, and is not refused by itself', async () => {
    const office = await openOffice();
    const { board } = office;
    let lost = 0;
    const port: IntentPort = {
      async call(intent, params, options) {
        const result = await board.call(intent, params, options);
        const isClaim = intent === 'board.post_agent_heartbeat' && 'claim' in params;
        if (isClaim && lost++ === 0) throw errorOf('storage_uncertain', 'The connection was cut');
        return result;
      },
    };
    const { executed, execute } = notingWork();
    const run = await start(office, { workers: workerOf(office, execute, { board: port }) });
    const { task_id } = await post(board, 'note');
    await assign(board, task_id);
    await allDone(board, 1);
    await run.close();
    expect([lost, executed.length]).toEqual([2, 1]);
    const { events } = await board.getTaskHistory(task_id);
    expect(events.filter(each => each.event_type === 'task_heartbeat')).toHaveLength(1);
  });

  it('a beat that comes before the claim is through does not begin the assignment for nobody', async () => {
    const office = await openOffice();
    const { board } = office;
    const port: IntentPort = {
      async call(intent, params, options) {
        const isClaim = intent === 'board.post_agent_heartbeat' && 'claim' in params;
        if (isClaim) await new Promise(resolve => setTimeout(resolve, 50));
        return board.call(intent, params, options);
      },
    };
    const { executed, execute } = notingWork();
    const run = await start(office, { workers: workerOf(office, execute, { board: port, timeoutSeconds: 0.025 }) });
    const { task_id } = await post(board, 'note');
    await assign(board, task_id);
    await allDone(board, 1);
    await run.close();
    expect(executed).toHaveLength(1);
  });

  it('what was assigned while the process was away is brought as it starts; what somebody had begun is not', async () => {
    const [one, other] = (await openProcesses(2)) as [Office, Office];
    const { executed, execute } = notingWork();
    await register(one.board, 'ann', 'note');
    const [waiting, begun] = [await post(one.board, 'note'), await post(one.board, 'note')];
    const { entered_sequence_id } = await assign(one.board, waiting.task_id);
    await assign(one.board, begun.task_id);
    // Its process died right after the claim.
    await one.board.postAgentHeartbeat({ agent_id: 'ann', task_id: begun.task_id, claim: true });
    const run = await start(other, { workers: workerOf(other, execute), pollSeconds: 60 });
    await allDone(one.board, 1);
    await run.close();
    expect(executed).toEqual([`${waiting.task_id} ${entered_sequence_id}`]);
    expect(await taskNow(one.board, begun.task_id)).toMatchObject({ status: 'IN_PROGRESS', heartbeats: 1 });
  });

  it('brings the trace context of the stage, and needs no Chief anywhere', async () => {
    const office = await openOffice();
    const { board } = office;
    const seen: (string | null)[] = [];
    const execute = ({ traceparent }: WorkContext) => void seen.push(traceparent);
    const run = await start(office, { workers: workerOf(office, execute) });
    const { task_id } = await post(board, 'note');
    const task = await assign(board, task_id);
    await allDone(board, 1);
    await run.close();
    expect(seen).toEqual([stageTraceparent(board.boardUid, task)]);
  });

  it('a status that a task came to without being given to anybody is nobody’s assignment', async () => {
    const print = lifecycle('print')
      .phase('UNASSIGNED', 'writing')
      .phase('writing', 'printing')
      .phase('printing', 'printed')
      .kind('printing', 'active')
      .build();
    const office = await openOffice({ lifecycles: [print], taskTypes: { leaflet: 'print' } });
    const { board } = office;
    const { executed, execute } = notingWork();
    const held = gate();
    const run = await start(office, { workers: workerOf(office, context => held.opened.then(() => execute(context))) });
    const { task_id } = await post(board, 'leaflet');
    await assign(board, task_id, 'ann', 'writing');
    await settle();
    // A machine does it; whoever wrote is still named.
    const { task } = await board.updateTask({ task_id, to_status: 'printing' });
    expect(task).toMatchObject({ stage_kind: 'active', assigned_to: 'ann' });
    await settle();
    held.open();
    await run.close();
    expect(executed).toHaveLength(1);
    expect((await taskNow(board, task_id)).heartbeats).toBe(0);
  });

  it('what a step of the function itself begins is brought to nobody while it goes on, and 10 s later where it did not', async () => {
    const office = await openOffice();
    const { board } = office;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const went: string[] = [];
    const held = gate();
    const execute = async ({ task: { task_id, status }, board: mine }: WorkContext) => {
      went.push(status);
      if (status === 'editing') return moveTo('published');
      await mine.updateTask({ task_id, to_status: 'written' });
      await mine.updateTask({ task_id, to_status: 'editing', assigned_to: 'ann' });
      return held.opened;
    };
    const run = await runBoard(board, { workers: workerOf(office, execute, { timeoutSeconds: 5000 }) });
    const { task_id } = await post(board, 'article');
    await assign(board, task_id, 'ann', 'writing');
    await settle();
    expect(await taskNow(board, task_id)).toMatchObject({ status: 'editing', heartbeats: 0 });
    // Before it could be taken for undelivered, it says that it goes on.
    vi.advanceTimersByTime(5_000);
    await settle();
    expect(await taskNow(board, task_id)).toMatchObject({ status: 'editing', heartbeats: 1 });
    vi.advanceTimersByTime(5_000);
    await settle();
    expect(went).toEqual(['writing']);
    held.open();
    await settle();

    const second = await post(board, 'article');
    await assign(board, second.task_id, 'ann', 'writing');
    await settle();
    expect([...went, (await taskNow(board, second.task_id)).heartbeats]).toEqual(['writing', 'writing', 0]);
    vi.advanceTimersByTime(10_000);
    await settle();
    expect(await pathOf(board, second.task_id)).toEqual(['UNASSIGNED', 'writing', 'written', 'editing', 'published']);
    vi.useRealTimers();
    await run.close();
  });

  it('what could not be read or begun is tried again after 10 s', async () => {
    const office = await openOffice();
    const { board } = office;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { executed, execute } = notingWork();
    await register(board, 'ann', 'note');
    const early = await post(board, 'note');
    await assign(board, early.task_id);
    const failures = ['open state', 'tasks', 'task'];
    const fail = (what: string): void => {
      if (failures[0] === what) throw errorOf('storage_busy', `no ${failures.shift()} now`);
    };
    const port: IntentPort = {
      async call(intent, params, options) {
        if (intent === 'board.get_open_state') fail('open state');
        if (intent === 'board.get_task') fail('task');
        return board.call(intent, params, options);
      },
    };
    const worker = workerOf(office, execute, { board: port });
    await worker.start();
    const deliveries = new Deliveries(
      {
        call: port.call,
        board: () => board.board(),
        listAgents: () => board.listAgents(),
        traceSampleRatio: board.traceSampleRatio,
        tasksById: async ids => {
          fail('tasks');
          return board.tasksById(ids);
        },
      },
      [worker],
      surroundingsOf(office.surroundings),
    );
    board.onEvents(events => deliveries.heard(events));
    const pass = async (): Promise<void> => {
      vi.advanceTimersByTime(10_000);
      await settle();
    };
    await deliveries.start();
    await settle();
    expect(executed.splice(0)).toEqual([]);
    await pass();
    expect(executed.splice(0)).toHaveLength(1);
    const { task_id } = await post(board, 'note');
    const { entered_sequence_id: fence } = await assign(board, task_id);
    await settle();
    await pass();
    expect(executed).toEqual([]);
    await pass();
    expect(executed).toEqual([`${task_id} ${fence}`]);
    expect(office.reported).toEqual([
      expect.stringContaining('could not be read: StorageError: no open state now'),
      expect.stringContaining('could not be read to be delivered: StorageError: no tasks now'),
      expect.stringContaining('ann refused its task: no task now'),
    ]);
    vi.useRealTimers();
    await deliveries.close();
    await worker.close();
  });

  it('nothing is brought to a worker that has closed, nor after its own end', async () => {
    const office = await openOffice();
    const { board } = office;
    const { executed, execute } = notingWork();
    const worker = workerOf(office, execute);
    const bob = workerOf(office, execute, { agentId: 'bob', url: 'a2a://bob' });
    const held = gate();
    // Closes for as long as a function takes that is still at work.
    const slow = { start: async () => undefined, close: () => held.opened };
    const run = await start(office, { workers: [worker, bob, slow] });
    await worker.close();
    for (let index = 0; index < 2; index++) {
      const { task_id } = await post(board, 'note');
      await assign(board, task_id);
      await settle();
    }
    expect(office.reported).toEqual(['ann refused its task: ann is closing and takes no work']);
    const closed = run.close();
    for (const isClosed of [false, true]) {
      if (isClosed) held.open();
      if (isClosed) await closed;
      const { task_id } = await post(board, 'note');
      await assign(board, task_id, 'bob');
      await settle();
    }
    expect(executed).toEqual([]);
    expect(office.reported).toHaveLength(1);
  });

  it('a worker that died after its claim is found by a tick, and its task is done in another process', async () => {
    const [one, other] = (await openProcesses(2)) as [Office, Office];
    await register(one.board, 'a_dead', 'note');
    const { task_id } = await post(one.board, 'note');
    await assign(one.board, task_id, 'a_dead');
    await one.board.postAgentHeartbeat({ agent_id: 'a_dead', task_id, claim: true });
    const { executed, execute } = notingWork();
    const pool = await poolOf(other, execute).build();
    const chief = new Chief(one.surroundings);
    const ombudsman = pool.ombudsman({ board: one.board, clock: one.clock, timeoutSeconds: 5, statusTimeouts: {} });
    const runs = [await start(one, { chief, ombudsman, tickSeconds: 0.02 }), await start(other, { workers: pool })];
    one.pass(6);
    await until(async () => {
      // Nobody but the dead is silent.
      await Promise.all(pool.workers.map(({ agentId }) => one.board.postAgentHeartbeat({ agent_id: agentId })));
      return (await taskNow(one.board, task_id)).status === 'COMPLETE';
    });
    await Promise.all(runs.map(run => run.close()));
    expect(executed).toHaveLength(1);
    expect(await pathOf(one.board, task_id)).toContain('STALE');
  });
});
