import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Chief } from '../../board/agents/chief.ts';
import type { WorkContext } from '../../board/agents/execution.ts';
import { type RunOptions, runBoard } from '../../board/agents/run.ts';
import { Worker, type WorkerOptions } from '../../board/agents/worker.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { BoardOptions } from '../../board/board-options.ts';
import type { PostTaskParams } from '../../board/core/intents.ts';
import type { JsonObject } from '../../board/core/json.ts';
import { parseTraceParent, stageTraceparent, taskTraceId, traceIdOf } from '../../board/core/trace-ids.ts';
import { isSampled } from '../../board/core/trace-sampling.ts';
import { openBoard } from '../../board/open-board.ts';
import { BoardClient } from '../../board/transport/board-client.ts';
import { boardEndpoint } from '../../board/transport/board-endpoint.ts';
import { requestOf, success } from '../../board/transport/envelope.ts';
import { allSpans } from '../otel/all-spans.ts';
import { tempDir } from '../support/temp.ts';
import { type Office, openOffice, pathOf, post, until } from './office.ts';

const run = promisify(execFile);

const CALLER = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) };
const traceparent = `00-${CALLER.traceId}-${CALLER.spanId}-01`;

function start({ board, surroundings }: Office, options: RunOptions) {
  return runBoard(board, { pollSeconds: 0.005, onError: surroundings.onError, ...options });
}

function workerOf(
  office: Office,
  agentId: string,
  capability: string,
  execute: WorkerOptions['execute'],
  next?: string,
) {
  const who = { agentId, capabilities: [capability], url: `a2a://${agentId}`, ...(next !== undefined && { next }) };
  return new Worker({ ...office.surroundings, ...who, execute });
}

async function allEnded({ board }: Office): Promise<void> {
  await until(async () => (await board.countOpenTasks()).length === 0);
}

/** A Chief and agents who do every article and note, to their end; gives what each function was given. */
async function worked(office: Office, tasks: readonly PostTaskParams[]): Promise<WorkContext[]> {
  const seen: WorkContext[] = [];
  const noting = (output: string | null) => (context: WorkContext) => {
    seen.push(context);
    return output;
  };
  const workers = [
    workerOf(office, 'wanda', 'writer', noting('text'), 'written'),
    workerOf(office, 'edgar', 'editor', noting(null), 'published'),
    workerOf(office, 'nora', 'note', noting('noted')),
  ];
  const running = await start(office, { chief: new Chief(office.surroundings), workers });
  await office.board.postTasks(tasks);
  await allEnded(office);
  await running.close();
  expect(office.reported).toEqual([]);
  return seen;
}

describe('the trace context a worker is given', () => {
  it('has the ids of the span that is written for its stage later, whatever its caller is to it', async () => {
    const office = await openOffice({ traceRelations: { article: 'parent' } });
    const seen = await worked(office, [
      { task_id: 'own', task_type: 'note', label: 'n' },
      { task_id: 'linked', task_type: 'note', label: 'n', traceparent },
      { task_id: 'child', task_type: 'note', label: 'n', traceparent, trace_relation: 'parent' },
      { task_id: 'by type', task_type: 'article', label: 'a', traceparent },
      { task_id: 'not by type', task_type: 'article', label: 'a', traceparent, trace_relation: 'link' },
    ]);
    const spans = await allSpans(office.board);
    const given = seen.map(({ task, fence, traceparent }) => {
      const { traceId, spanId } = parseTraceParent(traceparent ?? '') ?? CALLER;
      return { traceId, spanId, name: `stage ${task.status}`, task_id: task.task_id, fence };
    });
    expect(given).toHaveLength(7);
    for (const { traceId, spanId, name, task_id } of given) {
      const span = spans.find(each => each.spanContext().spanId === spanId);
      expect(span?.name).toBe(name);
      expect(span?.attributes['quadro.task_id']).toBe(task_id);
      expect(span?.spanContext().traceId).toBe(traceId);
      const root = spans.find(each => each.spanContext().spanId === span?.parentSpanContext?.spanId);
      expect(root?.spanContext().traceId).toBe(traceId);
      const isChild = ['child', 'by type'].includes(task_id);
      expect(root?.parentSpanContext?.spanId).toBe(isChild ? CALLER.spanId : undefined);
      expect(traceId).toBe(isChild ? CALLER.traceId : taskTraceId(office.board.boardUid, task_id));
    }
  });

  it('is the same, flag and all, for a worker that the Chief tells and for one in another process', async () => {
    const file = `${tempDir()}/board.db`;
    const open = () => openOffice({ backend: sqlite({ file }), traceSampleRatio: 0.5 });
    const [boss, other] = [await open(), await open()];
    const told: JsonObject[] = [];
    // At the address of the worker that lives elsewhere; it takes the order, and does nothing.
    boss.network.registerEndpoint('a2a://nora', async request => {
      told.push((request as { payload: JsonObject }).payload);
      return success('r');
    });
    const seen: WorkContext[] = [];
    const nora = workerOf(other, 'nora', 'note', context => void seen.push(context));
    const running = [await start(other, { workers: nora })];
    running.push(await start(boss, { chief: new Chief(boss.surroundings) }));
    for (let n = 0; n < 8; n++) await post(boss.board, 'note');
    await allEnded(boss);
    await Promise.all(running.map(each => each.close()));
    const orders = seen.map(({ task, fence, traceparent }) => ({ task_id: task.task_id, fence, traceparent }));
    expect(orders).toHaveLength(8);
    expect(told).toEqual(orders);
    for (const { task, traceparent } of seen) {
      expect(traceparent).toBe(stageTraceparent(other.board.boardUid, task, 0.5));
    }
  });

  it.each([0, 0.5, 1])('has the sampled flag of its trace id, of which %d are kept', async traceSampleRatio => {
    const office = await openOffice({ traceSampleRatio });
    const ids = Array.from({ length: 40 }, (_, n) => `t${n}`);
    const seen = await worked(
      office,
      ids.map(task_id => ({ task_id, task_type: 'note', label: 'n' })),
    );
    const flags = new Map(seen.map(({ task, traceparent }) => [task.task_id, traceparent?.slice(-2)]));
    const { boardUid } = office.board;
    const flagOf = (id: string) => (isSampled(taskTraceId(boardUid, id), traceSampleRatio) ? '01' : '00');
    expect(ids.map(id => flags.get(id))).toEqual(ids.map(flagOf));
    const kinds = { 0: ['00'], 0.5: ['00', '01'], 1: ['01'] }[traceSampleRatio];
    expect([...new Set(flags.values())].toSorted()).toEqual(kinds);
  });

  it("is of the caller's trace where that is its parent: one decision for the whole trace", async () => {
    const office = await openOffice({ traceSampleRatio: 0.5, traceRelations: { note: 'parent' } });
    const callers = ['0', 'f'].map(digit => `00-${'a'.repeat(18)}${digit.repeat(14)}-${CALLER.spanId}-01`);
    const seen = await worked(
      office,
      callers.map(traceparent => ({ task_type: 'note', label: traceparent, traceparent })),
    );
    const flags = seen.map(({ task, traceparent }) => [task.label, traceparent?.slice(-2)]);
    expect(new Map(flags as [string, string][])).toEqual(
      new Map([
        [callers[0], '00'],
        [callers[1], '01'],
      ]),
    );
  });

  it("a Chief that knows its board by envelopes only sets the flag as the board's process says", async () => {
    const office = await openOffice({ traceSampleRatio: 0 });
    office.network.registerEndpoint('a2a://board', boardEndpoint(office.board));
    const client = new BoardClient({ network: office.network });
    const seen: (string | null)[] = [];
    const nora = workerOf(office, 'nora', 'note', ({ traceparent }) => void seen.push(traceparent));
    await nora.start();
    const chief = new Chief({ ...office.surroundings, board: client });
    const task = await post(office.board, 'note');
    await chief.wake('seed');
    await until(() => seen.length > 0);
    expect(seen[0]).toMatch(new RegExp(`^00-${taskTraceId(office.board.boardUid, task.task_id)}-[0-9a-f]{16}-00$`));
    await chief.close();
    await nora.close();
  });
});

describe('what a caller is to the trace of its task', () => {
  const relationOf = async (office: Office, params: Partial<PostTaskParams>) => {
    const { task, event } = await office.board.postTask({ task_type: 'note', label: 'n', ...params });
    expect(event.payload.trace_relation ?? null).toBe(task.trace_relation);
    return task.trace_relation;
  };

  it('is as the post says, else as its type has it, else a link; and nothing without a caller', async () => {
    const office = await openOffice({ traceRelations: { note: 'parent', letter: 'link' } });
    expect(await relationOf(office, { traceparent })).toBe('parent');
    expect(await relationOf(office, { traceparent, trace_relation: null })).toBe('parent');
    expect(await relationOf(office, { traceparent, trace_relation: 'link' })).toBe('link');
    expect(await relationOf(office, { traceparent, task_type: 'letter' })).toBe('link');
    expect(await relationOf(office, { traceparent, task_type: 'letter', trace_relation: 'parent' })).toBe('parent');
    // Names that every object knows are types like any other.
    expect(await relationOf(office, { traceparent, task_type: 'constructor' })).toBe('link');
    expect(await relationOf(office, {})).toBe(null);
    expect(await relationOf(office, { traceparent: null })).toBe(null);
  });

  it('is decided for each task of a bulk, and for what comes by envelope', async () => {
    const office = await openOffice({ traceRelations: { note: 'parent' } });
    const bulk = await office.board.postTasks([
      { task_type: 'note', label: '1', traceparent },
      { task_type: 'article', label: '2', traceparent },
      { task_type: 'note', label: '3', traceparent, trace_relation: 'link' },
      { task_type: 'note', label: '4' },
    ]);
    expect(bulk.tasks.map(task => task.trace_relation)).toEqual(['parent', 'link', 'link', null]);
    const payload = { task_type: 'note', label: 'n', traceparent };
    const { result } = await boardEndpoint(office.board)(requestOf('board.post_task', payload, { at: 0 }));
    expect(result).toMatchObject({ task: { trace_relation: 'parent' } });
  });

  it('stays what it was: a post that is sent again under its key gives the first result, whoever takes it now', async () => {
    const file = `${tempDir()}/board.db`;
    const [one, other] = [
      await openOffice({ backend: sqlite({ file }), traceRelations: { note: 'parent' } }),
      await openOffice({ backend: sqlite({ file }) }),
    ];
    const note = { task_type: 'note', label: 'n', traceparent };
    const first = await one.board.postTask(note, { idempotencyKey: 'k' });
    const again = await other.board.postTask(note, { idempotencyKey: 'k' });
    expect(again.task).toEqual(first.task);
    expect(traceIdOf(other.board.boardUid, again.task.task_id, again.task)).toBe(CALLER.traceId);
    // Another process's stages of the task are the caller's too: it is the task that says it.
    expect(await relationOf(other, { traceparent })).toBe('link');
  });

  it.each([
    ['traceSampleRatio must be a number from 0 to 1', { traceSampleRatio: 1.01 }],
    ['traceSampleRatio must be a number from 0 to 1', { traceSampleRatio: -0.1 }],
    ['traceSampleRatio must be a number from 0 to 1', { traceSampleRatio: Number.NaN }],
    ['traceSampleRatio must be a number from 0 to 1', { traceSampleRatio: '0.5' }],
    ['traceRelations: note must be one of link, parent', { traceRelations: { note: 'child' } }],
    ['a task type of traceRelations must be a text', { traceRelations: { 'a\0b': 'link' } }],
  ])('options that mean nothing are refused: %s', async (words, options) => {
    const backend = sqlite({ file: ':memory:' });
    const opened = openBoard({ backend, ...(options as Partial<BoardOptions>) });
    await expect(opened).rejects.toMatchObject({ code: 'invalid_configuration' });
    await expect(opened).rejects.toThrow(words);
  });
});

describe('a worker that is told something else', () => {
  async function contextOf(told: JsonObject): Promise<WorkContext | undefined> {
    const office = await openOffice();
    const seen: WorkContext[] = [];
    const nora = workerOf(office, 'nora', 'note', context => void seen.push(context));
    await nora.start();
    const { task_id } = await post(office.board, 'note');
    await office.board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'nora' });
    const response = await office.network.request(
      'a2a://nora',
      requestOf('worker.execute_task', { task_id, ...told }, { at: 0 }),
    );
    expect(response).toMatchObject({ ok: true });
    expect(await pathOf(office.board, task_id)).toEqual(['UNASSIGNED', 'IN_PROGRESS', 'COMPLETE']);
    return seen[0];
  }

  it.each([
    ['nothing', {}],
    ['null', { traceparent: null }],
    ['no trace context', { traceparent: 'hello' }],
    ['a context of zeros', { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` }],
    ['capitals', { traceparent: traceparent.toUpperCase() }],
    ['two lines', { traceparent: `${traceparent}\nX: y` }],
  ])('works without a trace context: %s', async (_, told) => {
    const context = await contextOf(told);
    expect([context?.traceparent, context?.traceEnv]).toEqual([null, {}]);
  });

  it('takes one that is valid, of a later version too, as it is', async () => {
    for (const valid of [traceparent, `cc-${CALLER.traceId}-${CALLER.spanId}-01-what-will-be`]) {
      const context = await contextOf({ traceparent: valid });
      expect([context?.traceparent, context?.traceEnv]).toEqual([valid, { TRACEPARENT: valid }]);
    }
  });
});

describe('a process that the work starts', () => {
  it('reads the trace context of the stage in TRACEPARENT', async () => {
    const office = await openOffice();
    const read = async ({ traceEnv }: WorkContext) => {
      const env = { ...process.env, ...traceEnv };
      const { stdout } = await run(process.execPath, ['--print', 'process.env.TRACEPARENT'], { env });
      return stdout.trim();
    };
    const nora = workerOf(office, 'nora', 'note', read);
    const running = await start(office, { chief: new Chief(office.surroundings), workers: nora });
    const { task_id } = await post(office.board, 'note');
    await allEnded(office);
    await running.close();
    const { task } = await office.board.getTask(task_id);
    const [, assigned] = (await office.board.getTaskHistory(task_id)).events;
    const stage = { ...task, entered_sequence_id: assigned?.sequence_id ?? 0 };
    expect(task.output).toBe(stageTraceparent(office.board.boardUid, stage));
  });
});
