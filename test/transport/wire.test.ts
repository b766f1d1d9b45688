import { describe, expect, it } from 'vitest';
import type { Intent } from '../../board/core/intents.ts';
import type { Json, JsonObject } from '../../board/core/json.ts';
import { microsOf } from '../../board/core/time.ts';
import { paramsFromWire, paramsToWire, resultFromWire, resultToWire } from '../../board/transport/wire.ts';
import { openOffice, post, register } from '../agents/office.ts';
import { NO_DEPTHS } from '../support/no-depths.ts';

/** Every field, at any depth, whose name says that it holds a time, with its value. */
function timesOf(value: Json, path = ''): [string, Json][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]): [string, Json][] =>
    /_at$|^timestamp$/.test(name) && name !== 'payload'
      ? [[`${path}.${name}`, inner]]
      : timesOf(inner, `${path}.${name}`),
  );
}

const CYCLE = {
  cycle_id: 'c1',
  chief_id: 'chief',
  trigger: 'seed',
  woke_at: 1_000_000,
  slept_at: 2_000_000,
  previous_slept_at: null,
  thinking_us: 1,
  acting_us: 1,
  actions_taken: 0,
  coalesced_wakes: 0,
  ...NO_DEPTHS,
  seen_sequence_id: 0,
  draining: false,
  error: null,
} as const;

const TICK = {
  tick_id: 't1',
  started_at: 1_000_000,
  ended_at: 1_000_001,
  statuses_scanned: ['IN_PROGRESS'],
  tasks_scanned: 0,
  stale_count: 0,
  error: null,
};

describe('wire', () => {
  it('Q2: every time of every result is ISO 8601 with six digits on the wire, and comes back as it was', async () => {
    const { board } = await openOffice();
    await register(board, 'ann', 'note');
    const { task_id } = await post(board, 'note');
    await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'ann' });
    await board.appendFlightLog({ task_id, stage: 'IN_PROGRESS', payload: { created_at: 5 } });
    const results: object[] = [
      await board.postAgentHeartbeat({ agent_id: 'ann', task_id }),
      await board.postResult({ task_id, agent_id: 'ann', output: 'x' }),
      await board.getFullState(),
      await board.call('board.get_open_state', {}),
      await board.getTaskHistory(task_id),
      await board.flightPlan(task_id),
      await board.archiveTask(task_id),
      await board.call('board.record_cycle', CYCLE),
      await board.call('board.record_tick', TICK),
      await board.postTasks([
        { task_type: 'note', label: 'x' },
        { task_type: 'note', label: 'y' },
      ]),
    ];
    for (const result of results) {
      const wire = JSON.parse(JSON.stringify(resultToWire(result as never))) as JsonObject;
      // What a caller stores is left as it is: only records hold times.
      const times = timesOf(wire).filter(([path]) => !path.includes('.payload.'));
      for (const [path, time] of times) {
        if (time !== null) expect(time, path).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
      }
      expect(resultFromWire<Intent>(wire)).toEqual(result);
    }
    const [, posted] = results;
    expect(timesOf(resultToWire(posted as never)).length).toBeGreaterThan(8);
  });

  it('the rows of the side logs and of the board travel likewise, under the names of their tables', async () => {
    const { board } = await openOffice();
    await board.call('board.record_cycle', CYCLE);
    await board.call('board.record_tick', TICK);
    const rows = {
      board: await board.board(),
      chief_cycles: await board.chiefCycles(0, 10),
      ombudsman_ticks: await board.ombudsmanTicks(0, 10),
    };
    const wire = resultToWire(rows);
    const times = timesOf(wire).filter(([, time]) => time !== null && !Array.isArray(time));
    expect(times).toHaveLength(5);
    for (const [path, time] of times) expect(time, path).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
    expect(resultFromWire<Intent>(wire)).toEqual(rows);
  });

  it('maps no field of what a caller stores', async () => {
    const { board } = await openOffice();
    await board.putData('k', { created_at: 5, task: { created_at: 6 } });
    const result = await board.getData('k');
    expect(resultToWire<'board.get_data'>(result)).toEqual(result);
    const { data } = resultToWire<'board.get_full_state'>(await board.getFullState());
    expect(data).toMatchObject({ k: { created_at: 5, task: { created_at: 6 } } });
  });

  it('parameters that are times travel as ISO 8601', () => {
    const params = { task_id: 't', to_status: 'STALE', if_silent_since: 1_500_000, fence: 3 };
    const wire = paramsToWire('board.update_task', params);
    expect(wire).toEqual({ ...params, if_silent_since: '1970-01-01T00:00:01.500000+00:00' });
    expect(paramsFromWire('board.update_task', wire)).toEqual(params);
    expect(paramsFromWire('board.record_cycle', paramsToWire('board.record_cycle', CYCLE))).toEqual(CYCLE);
    expect(paramsFromWire('board.record_tick', paramsToWire('board.record_tick', TICK))).toEqual(TICK);
    for (const if_silent_since of [5, 'yesterday', {}]) {
      expect(() => paramsFromWire('board.update_task', { if_silent_since })).toThrow(/must be an ISO 8601 time/);
    }
  });

  it('unknown fields are left out, numeric text stands for a number', () => {
    expect(paramsFromWire('board.post_task', { task_type: 'x', label: '7', priority: '3', colour: 'red' })).toEqual({
      task_type: 'x',
      label: '7',
      priority: 3,
    });
    expect(paramsFromWire('board.post_task', { priority: 'high' })).toEqual({ priority: 'high' });
    const hostile = JSON.parse('{"task_id":"t","__proto__":{"fence":1}}') as JsonObject;
    expect(() => paramsFromWire('board.get_task', hostile)).toThrow(/__proto__/);
  });

  it('the tasks of a bulk travel as they would alone', () => {
    const params = { tasks: [{ task_type: 'x', label: '7', task_id: null }] };
    expect(paramsFromWire('board.post_tasks', paramsToWire('board.post_tasks', params))).toEqual(params);
    const tasks: Json[] = [
      { task_type: 'x', label: '7', priority: '3', colour: 'red' },
      { priority: 'high' },
      'no task',
      null,
    ];
    const known = [{ task_type: 'x', label: '7', priority: 3 }, { priority: 'high' }, 'no task', null];
    expect(paramsFromWire('board.post_tasks', { tasks, colour: 'red' })).toEqual({ tasks: known });
    expect(paramsFromWire('board.post_tasks', { tasks: 'none' })).toEqual({ tasks: 'none' });
    const hostile = JSON.parse('{"tasks":[{"label":"x"},{"__proto__":{"priority":1}}]}') as JsonObject;
    expect(() => paramsFromWire('board.post_tasks', hostile)).toThrow(/tasks\[1\]: .*__proto__/);
  });

  it('an absent parameter and one that is null stay different', () => {
    expect(paramsToWire('board.list_data', { prefix: null })).toEqual({ prefix: null });
    expect(paramsToWire('board.list_data', {})).toEqual({});
    expect(microsOf('x')).toBeNull();
  });
});
