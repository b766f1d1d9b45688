/**
 * Workers that trace what they do: spans of their own, and those of a process they start, nest under the stages that Quadro
 * writes. Run it with `node examples/tracing.ts`.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanExporter,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { Chief, localNetwork, openBoard, type WorkContext, Worker } from 'quadro';
import { exportSpans } from 'quadro/otel';
import { sqlite } from 'quadro/sqlite';

const run = promisify(execFile);

// What an application that traces has set up anyway. In one of your own, an OTLP exporter stands here.
const ofWorkers = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: ofWorkers })] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const tracer = provider.getTracer('essays');

/** Any process that follows the convention: it finds its parent in TRACEPARENT. Here, one that only says it. */
const CHILD = 'console.log(process.env.TRACEPARENT)';

async function write({ task, traceEnv }: WorkContext): Promise<string> {
  return tracer.startActiveSpan('chat a-model', async span => {
    const { stdout } = await run(process.execPath, ['--eval', CHILD], { env: { ...process.env, ...traceEnv } });
    span.end();
    return `${task.label}, checked by a process under ${stdout.trim()}`;
  });
}

const board = await openBoard({ backend: sqlite({ file: ':memory:' }), taskTypes: { essay: 'fast' } });
const network = localNetwork();
const ada = new Worker({ agentId: 'ada', capabilities: ['essay'], url: 'a2a://ada', board, network, execute: write });
await board.run({ chief: new Chief({ board, network }), workers: ada });

const { task } = await board.postTask({ task_type: 'essay', label: 'On bees' });
while ((await board.getTask(task.task_id)).task.standing === 'open') {
  await new Promise(resolve => setTimeout(resolve, 10));
}

const ofBoard: ReadableSpan[] = [];
const exporter: SpanExporter = {
  export(spans, done) {
    ofBoard.push(...spans);
    done({ code: 0 });
  },
  shutdown: async () => undefined,
};
await exportSpans(board, { exporter, follow: false });
const stage = ofBoard.find(span => span.name === 'stage IN_PROGRESS');
const [chat] = ofWorkers.getFinishedSpans();
const { output } = (await board.getTask(task.task_id)).task;
console.log(`${chat?.name} is in the task's trace: ${chat?.spanContext().traceId === stage?.spanContext().traceId}`);
console.log(`its parent is ${stage?.name}: ${chat?.parentSpanContext?.spanId === stage?.spanContext().spanId}`);
console.log(`and so is the process's: ${String(output).includes(stage?.spanContext().spanId ?? '?')}`);
await board.close();
