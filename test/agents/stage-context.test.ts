import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Context, context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AlwaysOnSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Chief } from '../../board/agents/chief.ts';
import type { WorkContext } from '../../board/agents/execution.ts';
import { StageContext } from '../../board/agents/stage-context.ts';
import { Worker, type WorkerOptions } from '../../board/agents/worker.ts';
import { WorkerPool } from '../../board/agents/worker-pool.ts';
import type { BoardOptions } from '../../board/board-options.ts';
import type { Task } from '../../board/core/records.ts';
import { parseTraceParent, stageTraceparent } from '../../board/core/trace-ids.ts';
import { requestOf } from '../../board/transport/envelope.ts';
import { gate, type Office, openOffice, post, until } from './office.ts';

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({
  sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  spanProcessors: [new SimpleSpanProcessor({ exporter })],
});
const tracer = provider.getTracer('agents of a test');

beforeEach(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterEach(() => {
  context.disable();
  exporter.reset();
});

/** What the worker's own code traces, without a word about where it belongs. */
function traced(name: string): void {
  tracer.startSpan(name).end();
}

async function hire(office: Office, execute: WorkerOptions['execute']): Promise<Worker> {
  const who = { agentId: 'ann', capabilities: ['note'], url: 'a2a://ann' };
  const worker = new Worker({ ...office.surroundings, ...who, execute });
  await worker.start();
  return worker;
}

async function assigned({ board }: Office): Promise<Task> {
  const { task_id } = await post(board, 'note');
  return (await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'ann' })).task;
}

function tell({ network, board }: Office, task: Task, told = stageTraceparent(board.boardUid, task)) {
  const payload = { task_id: task.task_id, fence: task.entered_sequence_id, traceparent: told };
  return network.request('a2a://ann', requestOf('worker.execute_task', payload, { at: 0 }));
}

/** One note that a worker does; gives its office and the stage's ids. */
async function worked(execute: WorkerOptions['execute'], options: Partial<BoardOptions> = {}) {
  const office = await openOffice(options);
  await hire(office, execute);
  const task = await assigned(office);
  const response = await tell(office, task, stageTraceparent(office.board.boardUid, task, options.traceSampleRatio));
  expect(response).toMatchObject({ ok: true, result: { mode: 'execution' } });
  return { office, stage: parseTraceParent(stageTraceparent(office.board.boardUid, task)) };
}

const spans = () =>
  exporter.getFinishedSpans().map(span => ({
    name: span.name,
    traceId: span.spanContext().traceId,
    parent: span.parentSpanContext?.spanId,
    isRemote: span.parentSpanContext?.isRemote,
  }));

describe('the function of a worker', () => {
  it("runs under its stage's span, across awaits, timers, callbacks and promises", async () => {
    const { office, stage } = await worked(async ({ signal }) => {
      traced('at once');
      await sleep(5, undefined, { signal });
      traced('after a timer');
      await Promise.all([sleep(2).then(() => traced('in a promise')), new Promise(done => setImmediate(done))]);
      await new Promise<void>(done => setTimeout(() => done(traced('in a callback')), 1));
      process.nextTick(traced, 'in a tick');
      await sleep(1);
    });
    const names = ['at once', 'after a timer', 'in a promise', 'in a callback', 'in a tick'];
    const child = { traceId: stage?.traceId, parent: stage?.spanId, isRemote: true };
    expect(spans()).toEqual(names.map(name => ({ name, ...child })));
    expect(office.reported).toEqual([]);
  });

  it('has spans of its own between the stage and what they hold', async () => {
    const { stage } = await worked(async () => {
      await tracer.startActiveSpan('chat', async span => {
        await sleep(1);
        traced('tool');
        span.end();
      });
    });
    const [tool, chat] = exporter.getFinishedSpans();
    expect(tool?.parentSpanContext?.spanId).toBe(chat?.spanContext().spanId);
    expect(chat?.parentSpanContext).toMatchObject({ traceId: stage?.traceId, spanId: stage?.spanId });
  });

  it('keeps its own context where one worker does ten tasks at a time', async () => {
    const office = await openOffice();
    const all = gate();
    let begun = 0;
    await hire(office, async ({ task }) => {
      if (++begun === 10) all.open();
      await all.opened;
      for (let step = 0; step < 3; step++) {
        await sleep(Math.random() * 5);
        traced(task.task_id);
      }
    });
    const tasks: Task[] = [];
    for (let n = 0; n < 10; n++) tasks.push(await assigned(office));
    await Promise.all(tasks.map(task => tell(office, task)));
    const expected = tasks.flatMap(task => {
      const stage = parseTraceParent(stageTraceparent(office.board.boardUid, task));
      const span = { name: task.task_id, traceId: stage?.traceId, parent: stage?.spanId, isRemote: true };
      return [span, span, span];
    });
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    expect(spans().toSorted(byName)).toEqual(expected.toSorted(byName));
    expect(new Set(expected.map(({ parent }) => parent)).size).toBe(10);
  });

  it('keeps it where it waited for a slot of the pool that another task left', async () => {
    const office = await openOffice();
    const { board, surroundings } = office;
    const seen = new Map<string, string | undefined>();
    const execute = async ({ task, traceparent }: WorkContext) => {
      await sleep(2);
      seen.set(parseTraceParent(traceparent ?? '')?.spanId ?? '', trace.getSpanContext(context.active())?.spanId);
      return task.label;
    };
    const pool = new WorkerPool({ ...surroundings, capacity: 1, capabilities: { note: { workers: 4, execute } } });
    const run = await board.run({ chief: new Chief(surroundings), workers: pool });
    for (let n = 0; n < 4; n++) await post(board, 'note');
    await until(() => seen.size === 4);
    await run.close();
    expect([...seen.values()]).toEqual([...seen.keys()]);
  });

  it("is in the stage's trace alone, whatever is active where the worker is told or the Chief woken", async () => {
    const office = await openOffice();
    const seen: Context[] = [];
    const worker = await hire(office, () => void seen.push(context.active()));
    const baggage = propagation.createBaggage({ who: { value: 'a request' } });
    const caller = tracer.startSpan('request');
    const outside = propagation.setBaggage(trace.setSpan(ROOT_CONTEXT, caller), baggage);
    const task = await assigned(office);
    await context.with(outside, () => tell(office, task));
    const chief = new Chief(office.surroundings);
    await post(office.board, 'note');
    await context.with(outside, () => chief.wake('seed'));
    await until(() => seen.length === 2);
    await chief.close();
    await worker.close();
    for (const active of seen) {
      expect(propagation.getBaggage(active)).toBeUndefined();
      expect(trace.getSpanContext(active)?.isRemote).toBe(true);
      expect(trace.getSpanContext(active)?.traceId).not.toBe(caller.spanContext().traceId);
    }
  });

  it('traces nothing where the flag says so, and the tracer asks its parent', async () => {
    const flags: unknown[] = [];
    await worked(
      () => {
        flags.push(trace.getSpanContext(context.active())?.traceFlags);
        expect(tracer.startSpan('never sent').isRecording()).toBe(false);
        traced('never sent');
      },
      { traceSampleRatio: 0 },
    );
    expect(flags).toEqual([0]);
    expect(spans()).toEqual([]);
  });

  it('what it throws, at once or later, is its own failure as ever', async () => {
    const office = await openOffice();
    const failures = [
      () => {
        throw new Error('at once');
      },
      async () => {
        await sleep(1);
        throw new Error('later');
      },
    ];
    await hire(office, () => failures.shift()?.());
    for (const words of ['at once', 'later']) {
      const task = await assigned(office);
      expect(await tell(office, task)).toMatchObject({ ok: false, error: `Worker error: ${words}` });
      expect((await office.board.getTask(task.task_id)).task.status).toBe('HUMAN_REVIEW');
    }
    expect(office.reported).toEqual([]);
  });

  it('runs as it always did where no context manager is registered, or none any more', async () => {
    context.disable();
    const { stage } = await worked(() => traced('alone'));
    const [alone] = exporter.getFinishedSpans();
    expect(alone?.parentSpanContext).toBeUndefined();
    expect(alone?.spanContext().traceId).not.toBe(stage?.traceId);
  });

  it('is under it as soon as one is registered, though the worker was there before', async () => {
    context.disable();
    const office = await openOffice();
    await hire(office, () => traced('x'));
    await tell(office, await assigned(office));
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    await tell(office, await assigned(office));
    expect(spans().map(({ isRemote }) => isRemote)).toEqual([undefined, true]);
  });

  it('works without a span where it was told of none that is valid', async () => {
    const office = await openOffice();
    const seen: unknown[] = [];
    await hire(office, () => seen.push(trace.getSpan(context.active())));
    expect(await tell(office, await assigned(office), 'nonsense')).toMatchObject({ ok: true });
    expect(seen).toEqual([undefined]);
  });
});

describe('a context manager that does not work', () => {
  it('is told of once, and the work is done', async () => {
    context.disable();
    const told: string[] = [];
    const manager = new AsyncLocalStorageContextManager();
    manager.bind = () => {
      throw new Error('no bind');
    };
    context.setGlobalContextManager(manager);
    const stages = new StageContext((what, error) => told.push(`${what}: ${String(error)}`));
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const results = [stages.run(traceparent, () => 'one'), stages.run(traceparent, async () => 'two')];
    expect(await Promise.all(results)).toEqual(['one', 'two']);
    expect(await stages.run(traceparent, () => 'three')).toBe('three');
    expect(told).toEqual(['Spans of work cannot nest under its stage: Error: no bind']);
  });
});

describe('a context manager of another OpenTelemetry', () => {
  it('of a later major version, which this one cannot use, is no obstacle', async () => {
    context.disable();
    const later = Symbol.for('opentelemetry.js.api.2');
    Object.defineProperty(globalThis, later, { value: { version: '2.0.0', context: {} }, configurable: true });
    onTestFinished(() => void Reflect.deleteProperty(globalThis, later));
    const { office } = await worked(() => traced('alone'));
    expect(spans()).toMatchObject([{ name: 'alone', parent: undefined }]);
    expect(office.reported).toEqual([]);
  });
});

describe('a process without OpenTelemetry', () => {
  const run = promisify(execFile);
  const here = (file: string): string => pathToFileURL(resolve(import.meta.dirname, file)).href;
  const WORK = `
    import { Chief, localNetwork, openBoard, Worker } from '${here('../../board/index.ts')}';
    import { sqlite } from '${here('../../board/backends/sqlite/index.ts')}';
    const board = await openBoard({ backend: sqlite({ file: ':memory:' }), taskTypes: { memo: 'fast' } });
    const network = localNetwork();
    const onError = (what, error) => console.log(what, error.code);
    const done = Promise.withResolvers();
    const execute = async ({ traceparent }) => {
      await new Promise(resolve => setTimeout(resolve, 1));
      return done.resolve(traceparent);
    };
    const chief = new Chief({ board, network });
    const ann = { agentId: 'ann', capabilities: ['memo'], url: 'a2a://ann' };
    await board.run({ chief, workers: new Worker({ ...ann, board, network, execute, onError }) });
    await board.postTask({ task_type: 'memo', label: 'm' });
    console.log((await done.promise).length);
    await board.close();`;
  const REGISTERED = `globalThis[Symbol.for('opentelemetry.js.api.1')] = { version: '1.10.0', context: {} };`;

  async function printed(code: string, hidden: string): Promise<string[]> {
    const hooks = ['hide-packages', 'record-packages'].flatMap(name => ['--import', here(`../support/${name}.ts`)]);
    const env = { ...process.env, QUADRO_TEST_HIDDEN: hidden };
    const args = [...hooks, '--input-type=module', '--eval', code];
    const { stdout } = await run(process.execPath, args, { env });
    return stdout.trim().split('\n');
  }

  it('works, and loads none of it, installed or not', async () => {
    for (const hidden of ['', '@opentelemetry']) {
      const [length, packages = '', ...more] = await printed(WORK, hidden);
      expect([length, more]).toEqual(['55', []]);
      expect(JSON.parse(packages).filter((name: string) => name.startsWith('@opentelemetry'))).toEqual([]);
    }
  });

  it('that has a context manager all the same says why spans do not nest, and works', async () => {
    const [told, length] = await printed(REGISTERED + WORK, '@opentelemetry');
    expect(told).toBe('Spans of work cannot nest under its stage ERR_MODULE_NOT_FOUND');
    expect(length).toBe('55');
  });
});
