import { describe, expect, it } from 'vitest';
import { Chief } from '../../board/agents/chief.ts';
import { WorkerPool, type WorkerPoolOptions } from '../../board/agents/worker-pool.ts';
import { ConfigurationError } from '../../board/core/errors.ts';
import { gate, type Office, openOffice, post, until } from './office.ts';

function poolOf(office: Office, capabilities: WorkerPoolOptions['capabilities'], options = {}): WorkerPool {
  return new WorkerPool({ ...office.surroundings, capabilities, ...options });
}

const execute = () => 'x';

describe('WorkerPool', () => {
  it('Q54: N workers a capability, by id and url, each registered; built twice is the same', async () => {
    const office = await openOffice();
    const pool = poolOf(office, { note: { workers: 2, execute }, review: { execute, reviewer: true } });
    expect(await pool.build()).toBe(await pool.build());
    expect(pool.registry).toEqual({
      note: [
        ['note_worker_1', 'a2a://workers/note_1'],
        ['note_worker_2', 'a2a://workers/note_2'],
      ],
      review: [['review_worker_1', 'a2a://workers/review_1']],
    });
    const { agents } = await office.board.getFullState();
    expect(agents.map(each => [each.agent_id, each.a2a_url, each.capabilities, each.status])).toEqual([
      ['note_worker_1', 'a2a://workers/note_1', ['note'], 'IDLE'],
      ['note_worker_2', 'a2a://workers/note_2', ['note'], 'IDLE'],
      ['review_worker_1', 'a2a://workers/review_1', ['review'], 'IDLE'],
    ]);
    await pool.close();
  });

  it('a named pool’s agents are nobody else’s', async () => {
    const office = await openOffice();
    const pools = ['oslo', 'rome'].map(name => poolOf(office, { note: { workers: 2, execute } }, { name }));
    await Promise.all(pools.map(pool => pool.build()));
    const { agents } = await office.board.getFullState();
    expect(agents.map(each => [each.agent_id, each.a2a_url])).toEqual([
      ['oslo_note_worker_1', 'a2a://workers/oslo/note_1'],
      ['oslo_note_worker_2', 'a2a://workers/oslo/note_2'],
      ['rome_note_worker_1', 'a2a://workers/rome/note_1'],
      ['rome_note_worker_2', 'a2a://workers/rome/note_2'],
    ]);
    await pools[0]?.close();
    const statuses = (await office.board.listAgents()).map(each => each.status);
    expect(statuses).toEqual(['OFFLINE', 'OFFLINE', 'IDLE', 'IDLE']);
    await pools[1]?.close();
  });

  it('Q54: working statuses and time-outs come from the capabilities; an Ombudsman only after build', async () => {
    const office = await openOffice();
    const pool = poolOf(office, {
      writer: { execute, activeStatus: 'writing' },
      editor: { execute, activeStatus: 'editing', timeoutSeconds: 60 },
      note: { execute },
    });
    expect(() => pool.ombudsman()).toThrow(/after \.build/);
    expect([...pool.workingStatuses]).toEqual(['writing', 'editing']);
    expect(pool.statusTimeouts).toEqual({ writing: 1800, editing: 60 });
    await pool.build();
    const ombudsman = pool.ombudsman();
    expect(ombudsman.statuses).toEqual(['IN_PROGRESS', 'writing', 'editing']);
    const timeouts = ['IN_PROGRESS', 'writing', 'editing'].map(status => ombudsman.timeoutOf(status));
    expect(timeouts).toEqual([1800, 1800, 60]);
    expect(pool.ombudsman({ timeoutSeconds: 5 }).timeoutOf('IN_PROGRESS')).toBe(5);
    await pool.close();
  });

  it('Q54: capacity is one a worker unless it is set, and no more functions run at a time', async () => {
    const office = await openOffice();
    expect(poolOf(office, { a: { workers: 2, execute }, b: { workers: 3, execute } }).capacity).toBe(5);
    const held = gate();
    let running = 0;
    const slow = async () => {
      running++;
      await held.opened;
      expect(running).toBeLessThanOrEqual(2);
      running--;
    };
    const pool = poolOf(office, { note: { workers: 4, execute: slow } }, { capacity: 2 });
    await pool.build();
    for (let index = 0; index < 4; index++) await post(office.board, 'note');
    const chief = new Chief(office.surroundings);
    await chief.wake('seed');
    await until(
      async () => (await office.board.streamEvents()).events.filter(each => each.heartbeats === 0).length >= 4,
    );
    expect(running).toBe(2);
    held.open();
    await until(async () => (await office.board.listTasksByStatus(['COMPLETE'])).tasks.length === 4);
    await pool.close();
  });

  it('refuses counts that are none', async () => {
    const office = await openOffice();
    expect(() => poolOf(office, { note: { workers: 0, execute } })).toThrow(ConfigurationError);
    expect(() => poolOf(office, { note: { execute } }, { capacity: 1.5 })).toThrow(ConfigurationError);
    expect(() => poolOf(office, { note: { execute, timeoutSeconds: 0 } })).toThrow(ConfigurationError);
  });
});
