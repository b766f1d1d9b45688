import { describe, expect, it } from 'vitest';
import type { WorkContext } from '../../board/agents/execution.ts';
import { moveTo } from '../../board/agents/move.ts';
import { Worker, type WorkerOptions } from '../../board/agents/worker.ts';
import { errorOf } from '../../board/core/errors.ts';
import { hydrateWorker } from '../../board/core/hydration.ts';
import type { IntentPort } from '../../board/core/intents.ts';
import type { JsonObject } from '../../board/core/json.ts';
import type { Task } from '../../board/core/records.ts';
import { workerBuilder } from '../../board/index.ts';
import { requestOf, success } from '../../board/transport/envelope.ts';
import { gate, type Office, openOffice, pathOf, post, taskNow, until } from './office.ts';

async function hire(office: Office, execute: WorkerOptions['execute'], options: Partial<WorkerOptions> = {}) {
  const who = { agentId: 'ann', capabilities: ['note', 'writer'], url: 'a2a://ann' };
  const worker = new Worker({ ...office.surroundings, ...who, execute, ...options });
  await worker.start();
  return worker;
}

/** Assigns as a Chief does, and gives the task with its fence. */
async function assign({ board }: Office, type = 'note', agent = 'ann', status = 'IN_PROGRESS'): Promise<Task> {
  const { task_id } = await post(board, type);
  return (await board.updateTask({ task_id, to_status: status, assigned_to: agent })).task;
}

function send({ network }: Office, payload: JsonObject, url = 'a2a://ann') {
  return network.request(url, requestOf('worker.execute_task', payload, { at: 0 }));
}

const told = (task: Task) => ({ task_id: task.task_id, fence: task.entered_sequence_id });

describe('Worker: execution', () => {
  it('Q50: reads, beats, runs, posts the result, answers with mode and task, wakes the Chief', async () => {
    const office = await openOffice();
    const { board, network } = office;
    const woken: unknown[] = [];
    network.registerEndpoint('a2a://chief', async request => {
      woken.push((request as { payload: unknown }).payload);
      return success('r');
    });
    let seen: WorkContext | null = null;
    await hire(
      office,
      context => {
        seen = context;
        return `done: ${context.task.label}`;
      },
      { wakes: 'a2a://chief' },
    );
    const task = await assign(office);
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const response = await send(office, { ...told(task), traceparent });
    expect(response).toMatchObject({ ok: true, result: { mode: 'execution', task: { status: 'COMPLETE' } } });
    expect(await taskNow(board, task.task_id)).toMatchObject({ output: 'done: a note', status: 'COMPLETE' });
    const { snapshot_hash } = hydrateWorker({ task, notes: [] });
    expect(seen).toMatchObject({ task, notes: [], traceparent, fence: task.entered_sequence_id, snapshot_hash });
    const { events } = await board.getTaskHistory(task.task_id);
    expect(events.map(each => [each.event_type, each.agent_id, each.actor])).toEqual([
      ['task_posted', null, null],
      ['task_assigned', 'ann', null],
      ['task_heartbeat', 'ann', 'ann'],
      ['task_completed', 'ann', 'ann'],
    ]);
    await until(() => woken.length > 0);
    expect(woken).toEqual([{ sequence_id: events.at(-1)?.sequence_id }]);
    expect((await board.getFullState()).agents).toMatchObject([{ agent_id: 'ann', status: 'IDLE' }]);
  });

  it('Q50: a Chief that cannot be woken is no failure', async () => {
    const office = await openOffice();
    await hire(office, () => 'x', { wakes: 'a2a://nobody' });
    expect((await send(office, told(await assign(office)))).ok).toBe(true);
    expect(office.reported).toEqual([]);
  });

  it('Q50: where the function has moved the task itself, nothing more is posted', async () => {
    const office = await openOffice();
    const { board } = office;
    await hire(office, async ({ board: mine, task: { task_id } }) => {
      await mine.updateTask({ task_id, to_status: 'written', output: 'mine' });
      return 'not posted';
    });
    const task = await assign(office, 'article', 'ann', 'writing');
    expect(await send(office, told(task))).toMatchObject({ ok: true, result: { mode: 'execution' } });
    expect(await pathOf(board, task.task_id)).toEqual(['UNASSIGNED', 'writing', 'written']);
    expect((await taskNow(board, task.task_id)).output).toBe('mine');
  });

  it('Q50: a task that left through somebody else is left alone', async () => {
    const office = await openOffice();
    const { board } = office;
    await hire(office, async ({ task: { task_id } }) => {
      await board.updateTask({ task_id, to_status: 'ON_HOLD' });
      return 'too late';
    });
    const task = await assign(office);
    expect(await send(office, told(task))).toMatchObject({ ok: true, result: { mode: 'fenced' } });
    expect(await taskNow(board, task.task_id)).toMatchObject({ status: 'ON_HOLD', output: null });
  });

  it('Q51: what the function throws sends the task to HUMAN_REVIEW with the first 500 characters', async () => {
    const office = await openOffice();
    const { board } = office;
    const message = `${'é'.repeat(499)}😀\0 and more`;
    await hire(office, () => {
      throw new Error(message);
    });
    const task = await assign(office);
    const response = await send(office, told(task));
    expect([response.ok, response.error]).toEqual([false, `Worker error: ${message}`]);
    const after = await taskNow(board, task.task_id);
    expect([after.status, after.notes]).toEqual(['HUMAN_REVIEW', [`Worker error: ${'é'.repeat(499)}😀`]]);
    const event = (await board.getTaskHistory(task.task_id)).events.at(-1);
    expect(event).toMatchObject({ event_type: 'task_failed', payload: { reason: 'worker_error' }, actor: 'ann' });
    expect((await board.getFullState()).agents).toMatchObject([{ status: 'IDLE' }]);
  });

  it('Q51: a result the board cannot take is such an error too', async () => {
    const office = await openOffice();
    await hire(office, () => 'a\0b');
    const task = await assign(office);
    expect((await send(office, told(task))).ok).toBe(false);
    const { status, notes } = await taskNow(office.board, task.task_id);
    expect([status, notes[0]]).toEqual(['HUMAN_REVIEW', expect.stringContaining('NUL')]);
  });

  it('Q52: a reviewer says REVISION_NEEDED or approves; the value goes to the notes', async () => {
    const office = await openOffice();
    const { board } = office;
    const verdicts = ['REVISION_NEEDED', 'revision_needed'];
    await hire(office, () => verdicts.shift(), { reviewer: true });
    const paths: unknown[] = [];
    for (let index = 0; index < 2; index++) {
      const { task_id } = await post(board, 'report');
      await board.updateTask({ task_id, to_status: 'IN_PROGRESS' });
      await board.postResult({ task_id, output: 'text' });
      const { task } = await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'ann' });
      expect(await send(office, told(task))).toMatchObject({ ok: true, result: { mode: 'review' } });
      const { status, assigned_to, notes, output } = await taskNow(board, task_id);
      paths.push([status, assigned_to, notes, output]);
    }
    expect(paths).toEqual([
      ['REVISION_NEEDED', 'ann', ['REVISION_NEEDED'], 'text'],
      ['APPROVED', 'ann', ['revision_needed'], 'text'],
    ]);
  });

  it('on a custom lifecycle the function, or the worker, says where a task goes; nobody saying it is an error', async () => {
    const office = await openOffice();
    const { board } = office;
    const outcomes: { [name: string]: unknown } = {};
    const give = { move: moveTo('written', { output: 'a', notes_append: 'n' }), next: 'b', neither: 'c' };
    for (const name of ['move', 'next', 'neither'] as const) {
      const url = `a2a://${name}`;
      const worker = await hire(office, () => give[name], {
        agentId: name,
        url,
        ...(name === 'next' && { next: 'written' }),
      });
      const task = await assign(office, 'article', name, 'writing');
      await send(office, told(task), worker.url);
      const { status, output, notes, context_snapshot_hash } = await taskNow(board, task.task_id);
      outcomes[name] = [status, output, notes.length];
      if (status === 'written') expect(context_snapshot_hash).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(outcomes).toEqual({
      move: ['written', 'a', 1],
      next: ['written', 'b', 0],
      neither: ['HUMAN_REVIEW', null, 1],
    });
  });
});

describe('Worker: fences', () => {
  it('better-list 6: a dispatch with an old fence runs nothing', async () => {
    const office = await openOffice();
    let runs = 0;
    await hire(office, () => ++runs);
    const task = await assign(office);
    await office.board.updateTask({ task_id: task.task_id, to_status: 'STALE' });
    expect(await send(office, told(task))).toMatchObject({ ok: true, result: { mode: 'fenced' } });
    expect(runs).toBe(0);
  });

  it('without a fence, as the reference sends it, the present assignment is worked on', async () => {
    const office = await openOffice();
    await hire(office, () => 'x');
    const { task_id } = await assign(office);
    await send(office, { task_id });
    expect((await taskNow(office.board, task_id)).status).toBe('COMPLETE');
  });

  it('a dispatch that is sent again while it runs runs once', async () => {
    const office = await openOffice();
    const held = gate();
    let runs = 0;
    await hire(office, async () => {
      runs++;
      await held.opened;
    });
    const task = await assign(office);
    const first = send(office, told(task));
    await until(() => runs === 1);
    expect(await send(office, told(task))).toMatchObject({ ok: true, result: { mode: 'running' } });
    held.open();
    expect(await first).toMatchObject({ result: { mode: 'execution' } });
    expect(runs).toBe(1);
  });

  it('better-list 5: it beats while the function runs, and while it is idle', async () => {
    const office = await openOffice();
    const { board } = office;
    const worker = await hire(
      office,
      async ({ task: { task_id } }) => {
        await until(async () => (await taskNow(board, task_id)).heartbeats >= 3);
        return 'slow but alive';
      },
      { timeoutSeconds: 0.05 },
    );
    expect(worker.beatSeconds).toBeCloseTo(0.01);
    const { last_seen_at } = (await board.getFullState()).agents[0] ?? { last_seen_at: 0 };
    await until(async () => ((await board.getFullState()).agents[0]?.last_seen_at ?? 0) > last_seen_at);
    const task = await assign(office);
    await send(office, told(task));
    expect((await taskNow(board, task.task_id)).status).toBe('COMPLETE');
    await worker.close();
    const longest = await hire(office, () => 'x', { agentId: 'bob', url: 'a2a://bob' });
    expect(longest.beatSeconds).toBe(30);
  });

  it('a beat that is late aborts the function, and nothing of what it gives is written', async () => {
    const office = await openOffice();
    const { board } = office;
    const began = gate();
    let reason: unknown = null;
    await hire(
      office,
      async ({ signal }) => {
        began.open();
        await until(() => signal.aborted);
        reason = signal.reason;
        return 'too late';
      },
      { timeoutSeconds: 0.05 },
    );
    const task = await assign(office);
    const answered = send(office, told(task));
    await began.opened;
    await board.updateTask({ task_id: task.task_id, to_status: 'STALE' });
    expect(await answered).toMatchObject({ ok: true, result: { mode: 'fenced' } });
    expect(reason).toMatchObject({ code: 'fence_conflict' });
    expect(await taskNow(board, task.task_id)).toMatchObject({ status: 'STALE', output: null, notes: [] });
    const beats = (await board.getTaskHistory(task.task_id)).events.filter(each => each.payload.fenced === true);
    expect(beats).toHaveLength(1);
  });

  it('a write of the function that comes too late is refused, aborts it, and is no worker error', async () => {
    const office = await openOffice();
    const { board } = office;
    let isAborted = false;
    await hire(office, async ({ task: { task_id }, board: mine, signal }) => {
      await board.updateTask({ task_id, to_status: 'STALE' });
      const refusal = await mine.postResult({ task_id, output: 'late' }).catch(error => error);
      isAborted = signal.aborted;
      throw refusal;
    });
    const task = await assign(office);
    expect(await send(office, told(task))).toMatchObject({ ok: true, result: { mode: 'fenced' } });
    expect(isAborted).toBe(true);
    expect(await pathOf(board, task.task_id)).toEqual(['UNASSIGNED', 'IN_PROGRESS', 'STALE']);
  });

  it('goes on with the fence of the steps it takes itself, and beats are never late because of them', async () => {
    const office = await openOffice();
    const { board } = office;
    let isAborted = true;
    await hire(
      office,
      async ({ task: { task_id }, board: mine, signal }) => {
        await mine.updateTask({ task_id, to_status: 'written' });
        await mine.updateTask({ task_id, to_status: 'editing', assigned_to: 'ann' });
        const { entered_sequence_id } = await taskNow(board, task_id);
        await until(async () => (await taskNow(board, task_id)).heartbeats >= 2);
        expect((await taskNow(board, task_id)).entered_sequence_id).toBe(entered_sequence_id);
        isAborted = signal.aborted;
        return moveTo('published');
      },
      { timeoutSeconds: 0.02 },
    );
    const task = await assign(office, 'article', 'ann', 'writing');
    expect(await send(office, told(task))).toMatchObject({ ok: true, result: { task: { status: 'published' } } });
    expect(isAborted).toBe(false);
    const { events } = await board.getTaskHistory(task.task_id);
    expect(events.filter(each => each.payload.fenced === true)).toEqual([]);
  });

  it("a beat that is overtaken by the worker's own step does not abort it", async () => {
    const office = await openOffice();
    const { board } = office;
    const moved = gate();
    const sent = gate();
    const answered = gate();
    let beats = 0;
    const port: IntentPort = {
      call: async (intent, params, options) => {
        // The first for the task after its claim: while it was idle it may have beaten any number of times.
        const { task_id = null, claim = false } = params as { task_id?: string | null; claim?: boolean };
        const isBeat = intent === 'board.post_agent_heartbeat' && task_id !== null && !claim;
        if (!isBeat || ++beats > 1) return board.call(intent, params, options);
        sent.open();
        await moved.opened;
        return board.call(intent, params, options).finally(() => answered.open());
      },
    };
    let isAborted = true;
    const execute: WorkerOptions['execute'] = async ({ task: { task_id }, board: mine, signal }) => {
      await sent.opened;
      await mine.updateTask({ task_id, to_status: 'written' });
      moved.open();
      await answered.opened;
      await new Promise(resolve => setImmediate(resolve));
      isAborted = signal.aborted;
    };
    await hire(office, execute, { board: port, timeoutSeconds: 0.05 });
    const task = await assign(office, 'article', 'ann', 'writing');
    expect(await send(office, told(task))).toMatchObject({ ok: true, result: { mode: 'execution' } });
    expect(isAborted).toBe(false);
    expect((await board.getTaskHistory(task.task_id)).events.at(-1)?.payload.fenced).toBe(true);
  });

  it('work is not given up because the board is busy for a moment', async () => {
    const office = await openOffice();
    let refusals = 2;
    const port: IntentPort = {
      call: (intent, params, options) => {
        const isRefused = intent === 'worker.post_result' && refusals-- > 0;
        if (isRefused) return Promise.reject(errorOf('overloaded', 'The commit queue is full'));
        return office.board.call(intent, params, options);
      },
    };
    await hire(office, () => 'x', { board: port });
    const task = await assign(office);
    await send(office, told(task));
    expect(await taskNow(office.board, task.task_id)).toMatchObject({ status: 'COMPLETE', output: 'x' });
  });
});

describe('Worker: endpoint and end', () => {
  it('answers no other intent, and says what is wrong with a payload', async () => {
    const office = await openOffice();
    await hire(office, () => 'x');
    const wrong = await office.network.request('a2a://ann', requestOf('chief.wake', {}, { at: 0 }));
    expect(wrong).toMatchObject({ ok: false, error: 'Unsupported worker intent: chief.wake' });
    expect(await send(office, {})).toMatchObject({ ok: false, error: "Missing payload fields: ['task_id']" });
    expect(await send(office, { task_id: 'none' })).toMatchObject({ ok: false, error_code: 'task_not_found' });
  });

  it('close waits for the function, takes nothing new, and signs the agent off', async () => {
    const office = await openOffice();
    const { board } = office;
    const began = gate();
    const held = gate();
    const worker = await hire(office, async () => {
      began.open();
      await held.opened;
      return 'in time';
    });
    const task = await assign(office);
    const answered = send(office, told(task));
    await began.opened;
    const closed = worker.close(60);
    await expect(send(office, told(task))).rejects.toThrow(/No endpoint/);
    held.open();
    await closed;
    expect((await answered).ok).toBe(true);
    expect((await taskNow(board, task.task_id)).output).toBe('in time');
    expect((await board.getFullState()).agents).toMatchObject([{ status: 'OFFLINE' }]);
  });

  it('close tells a function that runs beyond the deadline to stop, and does not wait for one that will not', async () => {
    const office = await openOffice();
    let heeded = false;
    const began = [gate(), gate()];
    const heeds = await hire(office, async ({ signal }) => {
      began[0]?.open();
      await until(() => signal.aborted);
      heeded = true;
    });
    const ignores = await hire(
      office,
      () => {
        began[1]?.open();
        return new Promise<undefined>(() => undefined);
      },
      { agentId: 'bob', url: 'a2a://bob' },
    );
    const tasks = [await assign(office), await assign(office, 'note', 'bob')];
    void send(office, told(tasks[0] as Task));
    void send(office, told(tasks[1] as Task), 'a2a://bob');
    await Promise.all(began.map(each => each.opened));
    await Promise.all([heeds.close(0.01), ignores.close(0.01)]);
    expect(heeded).toBe(true);
    for (const { task_id } of tasks) expect((await taskNow(office.board, task_id)).status).toBe('IN_PROGRESS');
  });

  it('a worker that starts again is back, with what it still holds', async () => {
    const office = await openOffice();
    const worker = await hire(office, () => 'x');
    await assign(office);
    await worker.close();
    await hire(office, () => 'x');
    expect((await office.board.getFullState()).agents).toMatchObject([{ status: 'BUSY' }]);
  });
});

describe('workerBuilder', () => {
  it('Q53: needs .at and .execute, and makes the same worker', async () => {
    const office = await openOffice();
    const { surroundings } = office;
    expect(() => workerBuilder('ann').build(surroundings)).toThrow(/requires \.at/);
    expect(() => workerBuilder('ann').at('a2a://ann').build(surroundings)).toThrow(/requires \.execute/);
    const worker = workerBuilder('ann')
      .name('Ann')
      .capability('note')
      .capability('review', 'note')
      .at('a2a://ann')
      .execute(() => 'REVISION_NEEDED')
      .reviewer()
      .wakes('a2a://chief')
      .with({ timeoutSeconds: 50 })
      .build(surroundings);
    expect(worker.beatSeconds).toBe(10);
    await worker.start();
    const [agent] = (await office.board.getFullState()).agents;
    expect(agent).toMatchObject({
      agent_id: 'ann',
      name: 'Ann',
      capabilities: ['note', 'review'],
      a2a_url: 'a2a://ann',
    });
    await worker.close();
  });
});
