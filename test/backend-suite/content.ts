import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { EventQuery } from '../../board/backends/backend.ts';
import type { Json } from '../../board/core/json.ts';
import type { BackendFixture } from '../backend-suite.ts';
import { cycleRow, tickRow } from '../otel/array-log.ts';
import { agentRecord, boardRecord, changesOf, eventRecord, keysFor, taskRecord } from '../support/records.ts';

const MEBIBYTE = 1_048_576;
const MOST = Number.MAX_SAFE_INTEGER;

/** 200 bytes, the most an id may have, in characters of four; they differ in the last one only. */
const LONG_IDS = ['𝒜', '𝒝', '𝒞'].map(last => '𝒜'.repeat(49) + last);

/** What escaping, a character set or a driver's own parsing could change. */
const UNUSUAL: readonly Json[] = [
  '\u0001\u001f\u007f\u0080\u2028\u2029\uFEFF\u{10FFFF}',
  `'"\\\`%_;--/*?$1:name@x{}[]\\u0000\\'\\"`,
  '\r\n\t\b\f \v trailing ',
  '🧑‍🤝‍🧑 e\u0301 ﷽ ‮',
  '',
  'null',
  '{"a":1}',
  '0001-01-01 00:00:00',
  { '': { '': [] }, __proto: 1, 'a.b': {}, "it's": { $ref: '%s' } },
  [[[[]]], [{}], null, true, false],
  [0, 1, -1, 0.1, 1e-7, 1e21, 1.7976931348623157e308, 5e-324, MOST, -MOST, 123_456_789_012_345_680],
];

/** Rules of what a row may hold: ids, texts, JSON, numbers, and how many rows at once. */
export function contentRules(on: BackendFixture): void {
  describe('content', () => {
    it('ids of 200 bytes in characters of four, in every place an id has', async () => {
      const { backend } = on;
      const boards = LONG_IDS.map(id => [randomUUID() + id.slice(-41 * 2), id] as const);
      for (const [index, [board_id, id]] of boards.entries()) {
        const rows = {
          tasks: LONG_IDS.map(task_id => taskRecord(task_id, { task_type: id, status: id, profile: id })),
          agents: LONG_IDS.map(each => agentRecord(each)),
          events: [eventRecord(1, { task_id: id, agent_id: id, to_status: id, idempotency_key: id })],
          data_put: [{ key: id, value: index, updated_at: 1 }],
          idempotency: [{ idempotency_key: id, fingerprint: id, result: {}, created_at: 1 }],
        };
        const board = boardRecord(board_id, { board_uid: randomUUID() });
        await backend.transact(keysFor(board_id), () => ({ changes: changesOf(board, rows), result: null }));
        await backend.saveCursor(board_id, id, { index });
      }
      for (const [index, [board_id, id]] of boards.entries()) {
        const page = { board_id, limit: 9 };
        expect((await backend.readBoard(board_id))?.board_id).toBe(board_id);
        const tasks = await backend.readTasks({ ...page, task_types: [id], statuses: [id] });
        expect(tasks.map(task => task.task_id)).toEqual(LONG_IDS);
        expect((await backend.readTasks({ ...page, task_ids: [id] })).map(task => task.task_id)).toEqual([id]);
        expect((await backend.readAgents(board_id)).map(agent => agent.agent_id)).toEqual(LONG_IDS);
        const events = await backend.readEvents({ ...page, after: 0, task_id: id, agent_id: id });
        expect(events.map(event => event.idempotency_key)).toEqual([id]);
        expect(await backend.readData({ ...page, keys: LONG_IDS })).toEqual([{ key: id, value: index, updated_at: 1 }]);
        expect((await backend.readIdempotency(page)).map(each => each.idempotency_key)).toEqual([id]);
        expect(await backend.loadCursor(board_id, id)).toEqual({ index });
      }
    });

    it('texts and JSON of a mebibyte', async () => {
      const { backend, boardId } = on;
      const text = 'ä'.repeat(MEBIBYTE / 2);
      const task = taskRecord('t', { output: text, label: text, notes: [text], continuation_token: text });
      const event = eventRecord(1, { payload: { text: '𝒜'.repeat(MEBIBYTE / 4) } });
      const data = { key: 'd', value: Array.from({ length: MEBIBYTE / 4 }, () => 'x'), updated_at: 1 };
      await on.write({ tasks: [task], events: [event], data_put: [data] });
      expect(await backend.readTasks({ board_id: boardId, limit: 9 })).toEqual([task]);
      expect(await backend.readEvents({ board_id: boardId, after: 0, limit: 9 })).toEqual([event]);
      expect(await backend.readData({ board_id: boardId, limit: 9 })).toEqual([data]);
    });

    it('any JSON and any text, as they were written', async () => {
      const { backend, boardId } = on;
      const rows = UNUSUAL.map((value, index) => ({ key: `k${index}`, value, updated_at: index }));
      const texts = UNUSUAL.filter(value => typeof value === 'string');
      const events = UNUSUAL.map((value, index) => eventRecord(index + 1, { payload: { value } }));
      const task = taskRecord('t', { notes: texts, visits: { '': 1, "'": 2, constructor: 3 } });
      const labelled = texts.map((text, index) => taskRecord(`u${index}`, { label: text, output: text }));
      await on.write({ data_put: rows, events, tasks: [task, ...labelled] });
      const read = await backend.readData({ board_id: boardId, limit: 99 });
      expect(read.toSorted((a, b) => a.updated_at - b.updated_at)).toEqual(rows);
      expect(await backend.readEvents({ board_id: boardId, after: 0, limit: 99 })).toEqual(events);
      expect(await backend.readTasks({ board_id: boardId, limit: 99 })).toEqual([task, ...labelled]);
    });

    it('whole numbers as far as they are exact, negative ones too', async () => {
      const { backend, boardId } = on;
      const board = boardRecord(boardId, { created_at: -MOST, last_timestamp: MOST, next_sequence_id: MOST });
      const tasks = [-MOST, -1, 0, MOST].map(priority =>
        taskRecord(`p${priority}`, { priority, created_at: 0 - priority }),
      );
      await backend.transact(keysFor(boardId), () => ({ changes: changesOf(board), result: null }));
      await on.write({ tasks, events: [eventRecord(MOST - 1), eventRecord(MOST)] });
      expect(await backend.readBoard(boardId)).toEqual(board);
      const read = await backend.readTasks({ board_id: boardId, limit: 9 });
      expect(read).toEqual(tasks);
      const after = await backend.readTasks({ board_id: boardId, limit: 9, ...(read[1] && { after: read[1] }) });
      expect(after).toEqual(tasks.slice(2));
      const events = await backend.readEvents({ board_id: boardId, after: MOST - 1, limit: 9 });
      expect(events.map(event => event.sequence_id)).toEqual([MOST]);
    });

    it('1,000 tasks and 3,000 events in one transaction', async () => {
      const { backend, boardId } = on;
      const tasks = Array.from({ length: 1_000 }, (_, index) => taskRecord(`t${String(index).padStart(4, '0')}`));
      const events = Array.from({ length: 3_000 }, (_, index) =>
        eventRecord(index + 1, { task_id: `t${index % 1_000}` }),
      );
      await on.write({ tasks, events });
      expect(await backend.readTasks({ board_id: boardId, limit: 9_999 })).toEqual(tasks);
      expect(await backend.readEvents({ board_id: boardId, after: 0, limit: 9_999 })).toEqual(events);
    });

    it('pages of so many bytes: all rows that fit, a larger one alone, and nothing else is read', async () => {
      const { backend, boardId } = on;
      // As it is stored, {"text":"…"}: 2,000 bytes in 665 to 1,989 characters.
      const payload = (text: string) => ({ text: text.repeat(Math.floor(1_989 / Buffer.byteLength(text))) });
      const texts = ['x', 'ä', '𝒜', 'x'];
      const events = [1, 2, 3, 4, 5, 6].map(n =>
        eventRecord(n, {
          task_id: n === 5 ? 'u' : 't',
          payload: n === 6 ? { text: 'y'.repeat(MEBIBYTE) } : payload(texts[n % 4] ?? ''),
        }),
      );
      await on.write({ events });
      const page = { board_id: boardId, after: 0, limit: 9 };
      const numbers = async (query: Partial<EventQuery>): Promise<number[]> =>
        (await backend.readEvents({ ...page, ...query })).map(event => event.sequence_id);
      expect(await numbers({ max_bytes: 6_100 })).toEqual([1, 2, 3]);
      expect(await numbers({ max_bytes: 3_900 }), 'not one byte more').toEqual([1]);
      expect(await numbers({ max_bytes: 1 }), 'one at least').toEqual([1]);
      expect(await numbers({ max_bytes: 6_100, limit: 2 })).toEqual([1, 2]);
      expect(await numbers({ max_bytes: 100_000 })).toEqual([1, 2, 3, 4, 5]);
      expect(await numbers({ max_bytes: 100_000, after: 5 })).toEqual([6]);
      expect(await numbers({ max_bytes: 6_100, after: 3, task_id: 't' })).toEqual([4]);
      expect(await numbers({ max_bytes: 100, after: 6 })).toEqual([]);
      expect(await backend.readEvents({ ...page, max_bytes: 2 * MEBIBYTE })).toEqual(events);
    });

    it('pages of so many bytes of the other logs, whose long columns may be absent', async () => {
      const { backend, boardId } = on;
      const kilobyte = 'e'.repeat(1_000);
      const cycles = [1, 2, 3].map(n => ({
        ...cycleRow({ sequence_id: n, cycle_id: `c${n}` }),
        error: n === 1 ? null : kilobyte,
      }));
      const ticks = [1, 2, 3].map(n => tickRow({ sequence_id: n, tick_id: `k${n}`, statuses_scanned: [kilobyte] }));
      const entries = [1, 2, 3].map(n => ({ entry_id: n, task_id: 't', stage: 's', payload: kilobyte, timestamp: n }));
      await on.write({ chief_cycles: cycles, ombudsman_ticks: ticks, flight_log: entries });
      const page = { board_id: boardId, after: 0, limit: 9, max_bytes: 2_200 };
      expect(await backend.readChiefCycles({ ...page, max_bytes: 1_200 })).toEqual(cycles.slice(0, 2));
      expect(await backend.readOmbudsmanTicks(page)).toEqual(ticks.slice(0, 2));
      expect(await backend.readFlightLog(page)).toEqual(entries.slice(0, 2));
      expect(await backend.readFlightLog({ ...page, max_bytes: 1 })).toEqual(entries.slice(0, 1));
    });

    it('only the columns of tasks that are asked for', async () => {
      const { backend, boardId } = on;
      await on.write({ tasks: [taskRecord('t', { output: 'long', notes: ['n'], visits: { UNASSIGNED: 1 } })] });
      const columns = ['task_id', 'priority', 'visits', 'parent_task_id'] as const;
      const read = await backend.readTasks({ board_id: boardId, columns, limit: 9 });
      expect(read).toEqual([{ task_id: 't', priority: 5, visits: { UNASSIGNED: 1 }, parent_task_id: null }]);
    });

    it('more in one transaction than a server takes in one statement', async () => {
      const { backend, boardId } = on;
      // 20 MiB: over the 16 MiB that MariaDB takes unless it is told otherwise.
      const text = 'x'.repeat(MEBIBYTE);
      const events = Array.from({ length: 20 }, (_, index) => eventRecord(index + 1, { payload: { text } }));
      await on.write({ events });
      const read = await backend.readEvents({ board_id: boardId, after: 0, limit: 99 });
      expect(read.map(({ payload }) => payload.text === text)).toEqual(events.map(() => true));
    });
  });
}
