import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
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
import { checkedXes, exactText, type XesLog } from './xes-rules.ts';

async function xesOf(source: TableSource): Promise<XesLog> {
  const to = join(tempDir(), 'log.xes');
  await exportLog(source, { to });
  return checkedXes(await readFile(to, 'utf8'));
}

/** Each task's transitions, as the board has them and as the document does, in the order of the tasks. */
async function expectSteps(xes: XesLog, board: Board): Promise<void> {
  const events = (await board.events(0, 1_000_000)).filter(event => event.edge !== null);
  const byTask = Map.groupBy(events, event => event.task_id);
  const found = xes.traces.map(({ attributes, events: steps }) => [
    exactText(attributes, 'concept:name'),
    steps.map(step =>
      ['concept:name', 'time:timestamp', 'org:resource', 'sequence_id', 'edge', 'payload'].map(key =>
        exactText(step, key),
      ),
    ),
  ]);
  const expected = [...byTask].map(([id, steps]) => [
    id,
    steps.map(step => [
      step.to_status,
      isoOf(step.timestamp),
      step.agent_id,
      String(step.sequence_id),
      step.edge,
      JSON.stringify(step.payload),
    ]),
  ]);
  expect(found).toEqual(expected);
}

describe('a log as XES', () => {
  it('has a trace a task and an event a transition, with the types of their columns', async () => {
    const board = await openSmallLog();
    const xes = await xesOf(board);
    await expectSteps(xes, board);
    const { board_uid } = await board.board();
    expect(xes.attributes.get('identity:id')).toEqual({ type: 'id', value: board_uid });
    expect([...xes.classifiers]).toEqual([
      ['Activity', ['concept:name']],
      ['ActivityAndTransition', ['concept:name', 'lifecycle:transition']],
      ['ActivityAndKind', ['concept:name', 'stage_kind']],
    ]);
    const [first] = xes.traces;
    expect(first?.attributes.get('priority')).toEqual({ type: 'int', value: '5' });
    expect(first?.attributes.get('label')).toEqual({ type: 'string', value: `"it's", a task` });
    expect(first?.attributes.get('finished_at')).toEqual({ type: 'date', value: '2023-11-14T22:14:30.000000+00:00' });
    const [posted, taken] = first?.events ?? [];
    expect(posted?.has('org:resource'), 'nobody').toBe(false);
    expect(taken?.get('lifecycle:transition')).toEqual({ type: 'string', value: 'complete' });
    expect(taken?.get('entered_at')).toEqual({ type: 'date', value: '2023-11-14T22:13:20.000000+00:00' });
    const closing = first?.events.find(event => event.get('heartbeats')?.value === '1');
    expect(closing?.get('concept:name')?.value, 'heartbeats are told of by what ends their stage').toBe(
      'PENDING_REVIEW',
    );
    await board.close();
  });

  it('keeps what XML cannot hold, and what it would change', async () => {
    const { board } = await openTimedBoard();
    const hostile = '\u0001\u001f\ufffe\uffff\u007f\u0085';
    const changed = 'a & b < c > "d" \'e\'\r\n\tf  g ]]> &#10; <!-- 🧨 \u2028';
    for (const text of [hostile, changed]) {
      await board.postTask({ task_id: text, task_type: 'brief', label: text });
      await board.updateTask({ task_id: text, to_status: 'IN_PROGRESS', assigned_to: text, reason: text });
    }
    const xes = await xesOf(board);
    await expectSteps(xes, board);
    const [first, second] = xes.traces;
    expect(first?.attributes.get('label')?.value).toBe('␁␟\ufffd\ufffd\u007f\u0085');
    expect(exactText(first?.attributes ?? new Map(), 'label')).toBe(hostile);
    expect(second?.attributes.get('label')?.value).toBe(changed);
    expect(second?.attributes.has('exact_texts')).toBe(false);
    await board.close();
  });

  it('says what the board says of any log', async () => {
    const property = fc.asyncProperty(RANDOM_STEPS, async steps => {
      const board = await randomBoard(steps, true, async () => undefined);
      await expectSteps(await xesOf(board), board);
      await board.close();
    });
    await fc.assert(property, { numRuns: 8 });
  });

  it('is the same from an exported log; of events alone it has what these say of their tasks', async () => {
    const board = await openSmallLog();
    const folder = tempDir();
    const textOf = async (source: TableSource, name: string) => {
      await exportLog(source, { to: join(folder, name) });
      return readFile(join(folder, name), 'utf8');
    };
    const live = await textOf(board, 'live.xes');
    await exportLog(board, { to: join(folder, 'log') });
    await exportLog(board, { to: join(folder, 'events.ndjson') });
    const [log, events] = [
      await openExportedLog(join(folder, 'log')),
      await openExportedLog(join(folder, 'events.ndjson')),
    ];
    expect(await textOf(log, 'exported.xes')).toBe(live);
    const bare = checkedXes(await textOf(events, 'events.xes'));
    await expectSteps(bare, board);
    expect([...(bare.traces[0]?.attributes.keys() ?? [])]).toEqual(['concept:name', 'task_type', 'profile']);
    for (const each of [log, events]) await each.close();
    await board.close();
  });

  it('an empty board is a log without traces', async () => {
    const { board } = await openTimedBoard();
    expect((await xesOf(board)).traces).toEqual([]);
    await board.close();
  });

  it('is compressed where its name says so, and leaves nothing beside it', async () => {
    const board = await openSmallLog();
    const folder = tempDir();
    const [plain, zipped] = [join(folder, 'log.xes'), join(folder, 'log.XES.gz')];
    expect(await exportLog(board, { to: plain })).toEqual([{ table: 'events', path: plain, rows: 23 }]);
    await exportLog(board, { to: zipped });
    expect(gunzipSync(await readFile(zipped)).toString()).toBe(await readFile(plain, 'utf8'));
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error('enough'));
    for (const to of ['log.xes', 'other.ocel.json']) {
      const stopped = exportLog(board, { to: join(folder, to), signal: stop.signal, onProgress });
      await expect(stopped).rejects.toThrow('enough');
    }
    expect(await readdir(folder)).toEqual(['log.XES.gz', 'log.xes']);
    expect(checkedXes(await readFile(plain, 'utf8')).traces, 'the former one').toHaveLength(4);
    const refused = { code: 'invalid_configuration' };
    await expect(exportLog(board, { to: plain, tables: ['events'] })).rejects.toMatchObject(refused);
    await expect(exportLog(board, { to: plain, format: 'csv' })).rejects.toMatchObject(refused);
    await board.close();
  });
});

describe('the rules of XES', () => {
  const HEAD = '<?xml version="1.0" encoding="UTF-8"?>';
  const log = (inside: string) => `${HEAD}<log xes.version="1.0" xmlns="http://www.xes-standard.org/">${inside}</log>`;

  it.each([
    ['an attribute before a global', '<string key="a" value=""/><global scope="trace"/>'],
    ['a key that is no name', '<string key="a b" value=""/>'],
    ['a number that is none', '<int key="a" value="1.5"/>'],
    ['an instant without an offset', '<date key="a" value="2026-01-01T00:00:00"/>'],
    ['a prefix nobody declared', '<string key="org:resource" value=""/>'],
    ['a classifier of no global', '<classifier name="A" scope="event" keys="b"/>'],
    ['an event without a global', '<global scope="event"><string key="a" value=""/></global><trace><event/></trace>'],
    ['a key twice', '<trace><string key="a" value=""/><string key="a" value=""/></trace>'],
    ['an attribute after an event', '<trace><event/><string key="a" value=""/></trace>'],
    ['an open element', '<trace>'],
  ])('would find %s', (_, inside) => {
    expect(() => checkedXes(log(inside))).toThrow();
    expect(checkedXes(log('')).traces).toEqual([]);
  });
});
