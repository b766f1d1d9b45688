import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openExportedLog } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { isoOf } from '../../board/core/time.ts';
import type { TableSource } from '../../board/table-source.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { openSmallLog, openTimedBoard } from '../analysis/small-log.ts';
import { RANDOM_STEPS, randomBoard } from '../otel/random-board.ts';
import { tempDir } from '../support/temp.ts';
import { checkedOcel, type Ocel } from './ocel-rules.ts';

async function textOf(source: TableSource): Promise<string> {
  const to = join(tempDir(), 'log.ocel.json');
  await exportLog(source, { to });
  return readFile(to, 'utf8');
}

const idsOf = (ocel: Ocel, type: string): readonly string[] =>
  ocel.objects.filter(each => each.type === type).map(({ id }) => id.slice(type.length + 1));

/** Holds a document against the board it was made of. */
async function expectBoard(ocel: Ocel, board: Board): Promise<void> {
  const [events, cycles] = [await board.events(0, 1_000_000), await board.chiefCycles(0, 1_000_000)];
  const related = (ids: Readonly<Record<string, string | null>>) =>
    Object.entries(ids).flatMap(([qualifier, id]) =>
      id === null
        ? []
        : [
            {
              qualifier,
              objectId: `${qualifier === 'task_id' ? 'task' : qualifier === 'cycle_id' ? 'cycle' : qualifier === 'chief_id' ? 'chief' : 'agent'}:${id}`,
            },
          ],
    );
  expect(ocel.events.map(({ type, time, relationships }) => ({ type, time, relationships }))).toEqual([
    ...events.map(({ edge, to_status, timestamp, task_id, agent_id, assigned_to, from_agent_id, cycle_id }) => ({
      type: edge === null ? 'task_heartbeat' : to_status,
      time: isoOf(timestamp),
      relationships: related({ task_id, agent_id, assigned_to, from_agent_id, cycle_id }),
    })),
    ...cycles.map(({ woke_at, cycle_id, chief_id }) => ({
      type: 'chief_cycle',
      time: isoOf(woke_at),
      relationships: related({ cycle_id, chief_id }),
    })),
  ]);
  // The last values of each task are its row's.
  for (const task of await Array.fromAsync(board.tasks())) {
    const object = ocel.objects.find(({ id }) => id === `task:${task.task_id}`);
    const last = new Map(object?.attributes.map(({ name, value }) => [name, value]));
    expect(last.get('status')).toBe(task.status);
    expect(last.get('stage_kind')).toBe(task.stage_kind);
    expect(last.get('assigned_to') ?? '').toBe(task.assigned_to ?? '');
    expect(last.get('label')).toBe(task.label);
    expect(last.get('archived_at')).toBe(task.archived_at === null ? undefined : isoOf(task.archived_at));
    const relatives = [task.parent_task_id, task.origin_task_id].filter(id => id !== null);
    expect(object?.relationships.map(({ objectId }) => objectId)).toEqual(relatives.map(id => `task:${id}`));
  }
  expect(idsOf(ocel, 'agent')).toEqual(expect.arrayContaining((await board.listAgents()).map(agent => agent.agent_id)));
  expect(idsOf(ocel, 'cycle')).toEqual(expect.arrayContaining(cycles.map(({ cycle_id }) => cycle_id)));
}

describe('a log as OCEL 2.0', () => {
  it('has tasks, agents, Chiefs and cycles, and what becomes of a task over time', async () => {
    const board = await openSmallLog();
    const ocel = checkedOcel(await textOf(board));
    await expectBoard(ocel, board);
    expect(ocel.objectTypes.map(({ name }) => name)).toEqual(['task', 'agent', 'chief', 'cycle']);
    expect(idsOf(ocel, 'agent')).toEqual(['r1', 'w1', 'w2', 'w3']);
    expect(idsOf(ocel, 'chief')).toEqual(['chief']);
    const task = ocel.objects.find(({ id }) => id === 'task:t3');
    expect(
      task?.attributes.filter(({ name }) => name === 'status').map(({ value, time }) => [value, time.slice(14, 23)]),
    ).toEqual([
      ['UNASSIGNED', '13:50.500'],
      ['IN_PROGRESS', '13:55.500'],
      ['HUMAN_REVIEW', '15:00.500'],
    ]);
    const agent = ocel.objects.find(({ id }) => id === 'agent:w1');
    expect(agent?.attributes.find(({ name }) => name === 'capabilities')?.value).toBe('["article"]');
    await board.close();
  });

  it('says what the board says of any log, also of relatives that were never posted', async () => {
    const property = fc.asyncProperty(RANDOM_STEPS, async steps => {
      const board = await randomBoard(steps, true, async () => undefined);
      await expectBoard(checkedOcel(await textOf(board)), board);
      await board.close();
    });
    await fc.assert(property, { numRuns: 8 });
  });

  it('keeps any text, and names that a task, an agent and a status share apart', async () => {
    const { board } = await openTimedBoard();
    for (const text of ['\u0001"\n\\', 'same', '\uffff🧨']) {
      await board.postTask({ task_id: text, task_type: 'brief', label: text });
      await board.updateTask({ task_id: text, to_status: 'IN_PROGRESS', assigned_to: text });
    }
    const ocel = checkedOcel(await textOf(board));
    await expectBoard(ocel, board);
    expect(idsOf(ocel, 'agent').toSorted()).toEqual(['\u0001"\n\\', 'same', '\uffff🧨'].toSorted());
    await board.close();
  });

  it('is the same from an exported log; of events alone it has what these name', async () => {
    const board = await openSmallLog();
    const folder = tempDir();
    await exportLog(board, { to: folder });
    const [log, events] = [await openExportedLog(folder), await openExportedLog(join(folder, 'events.parquet'))];
    const live = await textOf(board);
    expect(await textOf(log)).toBe(live);
    const bare = checkedOcel(await textOf(events));
    expect(bare.events).toEqual(checkedOcel(live).events.filter(({ type }) => type !== 'chief_cycle'));
    expect(idsOf(bare, 'task')).toEqual(["it's", 't2', 't3', 't4']);
    expect(idsOf(bare, 'chief')).toEqual([]);
    for (const each of [log, events]) await each.close();
    await board.close();
  });

  it('of two steps at one instant, as imports have them, an object has the later value', async () => {
    const board = await openSmallLog();
    const to = join(tempDir(), 'events.ndjson');
    await exportLog(board, { to });
    const text = await readFile(to, 'utf8');
    await writeFile(
      to,
      text.replaceAll(
        '"timestamp":"2023-11-14T22:14:01.250000+00:00"',
        '"timestamp":"2023-11-14T22:14:00.250000+00:00"',
      ),
    );
    const log = await openExportedLog(to);
    const ocel = checkedOcel(await textOf(log));
    const statuses = ocel.objects
      .find(({ id }) => id === 'task:t2')
      ?.attributes.filter(({ name }) => name === 'status');
    expect(statuses?.map(({ value }) => value).slice(0, 4)).toEqual([
      'UNASSIGNED',
      'IN_PROGRESS',
      'UNASSIGNED',
      'IN_PROGRESS',
    ]);
    await log.close();
    await board.close();
  });

  it('of an empty board has types and nothing of them', async () => {
    const { board } = await openTimedBoard();
    expect(checkedOcel(await textOf(board))).toMatchObject({ events: [], objects: [] });
    await board.close();
  });
});

describe('the rules of OCEL', () => {
  const event = { id: 'e', type: 't', time: '2026-01-01T00:00:00Z', attributes: [], relationships: [] };
  const object = { id: 'o', type: 't', attributes: [], relationships: [] };
  const type = { name: 't', attributes: [{ name: 'n', type: 'integer' }] };
  const document = (given: object) =>
    JSON.stringify({ eventTypes: [type], objectTypes: [type], events: [event], objects: [object], ...given });

  it.each([
    ['a value that is no text', { events: [{ ...event, attributes: [{ name: 'n', value: 1 }] }] }],
    ['a value of another type', { events: [{ ...event, attributes: [{ name: 'n', value: 'one' }] }] }],
    ['an attribute that is not declared', { events: [{ ...event, attributes: [{ name: 'm', value: '1' }] }] }],
    ['a type that is not declared', { objects: [{ ...object, type: 'u' }] }],
    [
      'a relationship that leads nowhere',
      { events: [{ ...event, relationships: [{ objectId: 'p', qualifier: '' }] }] },
    ],
    ['an id used twice', { objects: [object, object] }],
    ['a time that is none', { events: [{ ...event, time: 'yesterday' }] }],
    [
      'two values at one time',
      { objects: [{ ...object, attributes: [1, 2].map(n => ({ name: 'n', value: `${n}`, time: event.time })) }] },
    ],
    ['a type of attributes nobody knows', { eventTypes: [{ name: 't', attributes: [{ name: 'n', type: 'list' }] }] }],
    ['a missing array', { objects: undefined }],
  ])('would find %s', (_, given) => {
    expect(() => checkedOcel(document(given))).toThrow('A rule of OCEL 2.0 is broken');
    expect(checkedOcel(document({})).events).toHaveLength(1);
  });
});
