import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, ParentBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Micros } from '../../board/core/time.ts';
import { packageVersion } from '../../board/package-version.ts';
import { fileSink } from '../../exporters/otel/file-sink.ts';
import { SCHEMA_URL } from '../../exporters/otel/names.ts';
import { otlpSink } from '../../exporters/otel/otlp-sink.ts';
import type { SpanSink } from '../../exporters/otel/sink.ts';
import { AgentCalls } from './agent-calls.ts';
import { SpanOutbox, type SpanOutboxSummary } from './span-outbox.ts';

/** Workers that trace what they do. */
export interface WorkerTracing {
  readonly calls: AgentCalls;
  /** Writes and sends what is left; once. @throws QuadroError `storage_failed` where the file could not be written. */
  stop(): Promise<SpanOutboxSummary>;
}

/** The receiver of the standard variables. @throws ConfigurationError where they cannot be read. */
export function workerReceiver(): SpanSink {
  return otlpSink();
}

/**
 * OpenTelemetry as an application sets it up for its workers: a tracer of its own with its own service name, and a context
 * manager, by which the board puts what a worker's function traces under the stage's span.
 *
 * @param file Of OTLP JSON lines. @param clock The board's.
 */
export function traceWorkers(file: string, receiver: SpanSink | null, clock: () => Micros): WorkerTracing {
  const outbox = new SpanOutbox(fileSink(file), receiver);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'newsroom-workers' }),
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [outbox],
  });
  // Where somebody has preloaded one, that serves as well.
  const isOurs = context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const tracer = provider.getTracer('quadro-demo', packageVersion(), { schemaUrl: SCHEMA_URL });
  let stopped: Promise<SpanOutboxSummary> | undefined;
  return {
    calls: new AgentCalls(tracer, clock),
    stop() {
      if (isOurs && stopped === undefined) context.disable();
      stopped ??= outbox.stop();
      return stopped;
    },
  };
}
