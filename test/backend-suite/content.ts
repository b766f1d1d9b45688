import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../board/core/json.ts';
import type { BackendFixture } from '../backend-suite.ts';
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
