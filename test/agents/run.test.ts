import { describe, expect, it } from 'vitest';
import { Chief } from '../../board/agents/chief.ts';
import { Ombudsman } from '../../board/agents/ombudsman.ts';
import { runBoard } from '../../board/agents/run.ts';
import { WorkerPool } from '../../board/agents/worker-pool.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { openBoard } from '../../board/open-board.ts';
import { tempDir } from '../support/temp.ts';
import { gate, openOffice, pathOf, post, register, taskNow, until } from './office.ts';

describe('runBoard', () => {
  it('a seed, then every post, result and verdict moves the work on, until all is done', async () => {
    const office = await openOffice();
    const { board, network, surroundings } = office;
    const verdicts = ['REVISION_NEEDED', 'fine'];
    const pool = new WorkerPool({
      ...surroundings,
      wakes: 'a2a://chief',
      capabilities: {
        report: { workers: 2, execute: ({ task }) => `draft ${task.visits.IN_PROGRESS}` },
        review: { execute: () => verdicts.shift() ?? 'fine', reviewer: true },
      },
    });
    const { task_id } = await post(board, 'report');
    const chief = new Chief({ ...surroundings, network, url: 'a2a://chief' });
    const run = await runBoard(board, { chief, workers: pool });
    for (let index = 0; index < 9; index++) await post(board, 'report');
    await until(async () => (await board.listTasksByStatus(['COMPLETE'])).tasks.length === 10);
    await run.close();
    const working = ['IN_PROGRESS', 'PENDING_REVIEW', 'IN_PROGRESS'];
    expect(await pathOf(board, task_id)).toEqual([
      ...['UNASSIGNED', ...working, 'REVISION_NEEDED', ...working, 'APPROVED', 'COMPLETE'],
    ]);
    const cycles = await board.chiefCycles(0, 1000);
    expect(cycles[0]?.trigger).toBe('seed');
    expect(cycles.filter(each => each.error !== null)).toEqual([]);
    expect(office.reported).toEqual([]);
  });

  it('better-list 3: heartbeats and its own commits do not wake the Chief; one post is one cycle', async () => {
    const office = await openOffice();
    const { board, surroundings, network } = office;
    await register(board, 'ann', 'note');
    network.registerEndpoint('a2a://ann', async () => ({ request_id: 'r', ok: true, result: {}, error: null }));
    const chief = new Chief(surroundings);
    const run = await runBoard(board, { chief });
    await chief.whenAsleep();
    const { task_id } = await post(board, 'note');
    await chief.whenAsleep();
    expect((await taskNow(board, task_id)).status).toBe('IN_PROGRESS');
    await board.postAgentHeartbeat({ agent_id: 'ann', task_id });
    await run.close();
    const cycles = await board.chiefCycles(0, 100);
    expect(cycles.map(each => [each.trigger, each.actions_taken])).toEqual([
      ['seed', 0],
      ['board_event', 1],
      // The last one, of close.
      ['seed', 0],
    ]);
  });

  it('an assignment that never reached its worker is sent again by itself, on a board where nothing else happens', async () => {
    const office = await openOffice();
    const { board, surroundings, network } = office;
    await register(board, 'ann', 'note');
    const { task_id } = await post(board, 'note');
    // Committed by a Chief that died before it told the worker.
    const dead = await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'ann' });
    const fences: unknown[] = [];
    network.registerEndpoint('a2a://ann', async request => {
      fences.push((request as { payload: { fence?: number } }).payload.fence);
      return { request_id: 'r', ok: true, result: {}, error: null };
    });
    const chief = new Chief(surroundings);
    const run = await runBoard(board, { chief, redeliverSeconds: 0.02 });
    await chief.whenAsleep();
    expect(fences).toEqual([]);
    office.pass(11);
    await until(async () => fences.length > 0);
    await run.close();
    expect(fences[0]).toBe(dead.task.entered_sequence_id);
    expect((await taskNow(board, task_id)).entered_sequence_id).toBe(dead.task.entered_sequence_id);
  });

  it('the Chief hears of what another process commits', async () => {
    const file = `${tempDir()}/board.db`;
    const office = await openOffice({ backend: sqlite({ file }) });
    const other = await openBoard({ backend: sqlite({ file }) });
    await register(office.board, 'ann', 'note');
    const chief = new Chief(office.surroundings);
    const run = await runBoard(office.board, { chief, pollSeconds: 0.01 });
    await chief.whenAsleep();
    const { task_id } = await post(other, 'note');
    await until(async () => (await taskNow(other, task_id)).status === 'IN_PROGRESS');
    await run.close();
    await other.close();
    const cycles = await office.board.chiefCycles(0, 100);
    expect(cycles.map(each => each.trigger)).toEqual(['seed', 'board_event', 'seed']);
  });

  it('a worker that dies is found by a tick, and its task is done by another', async () => {
    const office = await openOffice();
    const { board, surroundings, network } = office;
    await register(board, 'a_dead', 'note');
    network.registerEndpoint('a2a://a_dead', () => new Promise(() => undefined));
    const execute = () => 'done';
    const pool = new WorkerPool({ ...surroundings, capabilities: { note: { execute, timeoutSeconds: 0.2 } } });
    await pool.build();
    const chief = new Chief(surroundings);
    const first = await post(board, 'note');
    await chief.wake('seed');
    expect((await taskNow(board, first.task_id)).assigned_to).toBe('a_dead');
    const ombudsman = pool.ombudsman({ agentTimeoutSeconds: 5, wake: trigger => chief.wake(trigger) });
    const run = await runBoard(board, { chief, workers: pool, ombudsman, tickSeconds: 0.02 });
    office.pass(6);
    await until(async () => (await taskNow(board, first.task_id)).status === 'COMPLETE');
    await run.close();
    expect((await board.getTaskHistory(first.task_id)).events.map(each => each.to_status)).toContain('STALE');
  });

  it('Q60: a tick that found something is one cycle, by the Ombudsman', async () => {
    const office = await openOffice();
    const { board, surroundings } = office;
    const { task_id } = await post(board, 'note');
    await board.updateTask({ task_id, to_status: 'IN_PROGRESS' });
    const chief = new Chief(surroundings);
    const ombudsman = new Ombudsman(surroundings);
    const run = await runBoard(board, { chief, ombudsman, tickSeconds: 0.01 });
    await chief.whenAsleep();
    office.pass(4000);
    await until(async () => (await taskNow(board, task_id)).status === 'UNASSIGNED');
    await run.close();
    const cycles = await board.chiefCycles(0, 100);
    expect(cycles.map(each => [each.trigger, each.actions_taken])).toEqual([
      ['seed', 0],
      ['ombudsman', 1],
      ['seed', 0],
    ]);
  });

  it('close in the middle of work: what runs finishes, what waits stays, and nothing is handed out again', async () => {
    const office = await openOffice();
    const { board, surroundings } = office;
    const began = gate();
    const held = gate();
    const pool = new WorkerPool({
      ...surroundings,
      capabilities: {
        note: {
          execute: async () => {
            began.open();
            await held.opened;
            return 'in time';
          },
        },
      },
    });
    const chief = new Chief(surroundings);
    const run = await runBoard(board, { chief, workers: pool });
    const running = await post(board, 'note');
    const waiting = await post(board, 'note');
    await began.opened;
    const closed = run.close();
    expect(run.close()).toBe(closed);
    held.open();
    await closed;
    expect(await taskNow(board, running.task_id)).toMatchObject({ status: 'COMPLETE', output: 'in time' });
    expect((await taskNow(board, waiting.task_id)).status).toBe('UNASSIGNED');
    expect(chief.telemetry.status).toBe('sleeping');
    expect((await board.chiefCycles(0, 100)).at(-1)).toMatchObject({ waiting: 1, in_flight: 0, stranded_after: 0 });
    await board.postTask({ task_type: 'note', label: 'after' });
    expect(await chief.wake('seed')).toBe(0);
  });

  it('while workers finish, nobody is given new work', async () => {
    const office = await openOffice();
    const { board, surroundings } = office;
    await register(board, 'ann', 'note');
    const held = gate();
    const chief = new Chief(surroundings);
    const workers = { start: async () => undefined, close: () => held.opened };
    const run = await runBoard(board, { chief, workers });
    await chief.whenAsleep();
    const closed = run.close();
    const { task_id } = await post(board, 'note');
    await until(() => chief.telemetry.last_trigger === 'board_event');
    await chief.whenAsleep();
    expect((await taskNow(board, task_id)).status).toBe('UNASSIGNED');
    held.open();
    await closed;
  });

  it('close takes the steps that need nobody in a last cycle', async () => {
    const office = await openOffice();
    const { board, surroundings } = office;
    const chief = new Chief(surroundings);
    const run = await runBoard(board, { chief, pollSeconds: 60 });
    const { task_id } = await post(board, 'note');
    await board.updateTask({ task_id, to_status: 'IN_PROGRESS' });
    chief.stopDispatching();
    await board.updateTask({ task_id, to_status: 'STALE' });
    await run.close();
    expect((await taskNow(board, task_id)).status).toBe('UNASSIGNED');
  });

  it('a start that fails leaves nothing running', async () => {
    const office = await openOffice();
    const { board, surroundings } = office;
    let closes = 0;
    const broken = { start: () => Promise.reject(new Error('no address')), close: async () => void closes++ };
    const chief = new Chief({ ...surroundings, url: 'a2a://chief' });
    await expect(runBoard(board, { chief, workers: broken })).rejects.toThrow('no address');
    expect(closes).toBe(1);
    await expect(runBoard(board, { chief, tickSeconds: 0 })).rejects.toThrow(/tickSeconds/);
  });
});
