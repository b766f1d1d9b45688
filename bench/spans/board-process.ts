/**
 * A board under an offered load in a fresh process, with spans sent in one of five ways: `off`; `attached` by `traceBoard`;
 * `failing`, the same to a receiver that fails at every second request; `sidecar` by a process that follows; `live`, one span of
 * OpenTelemetry's SDK an event, as instrumentations do.
 */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { openBoard } from '../../board/index.ts';
import { traceBoard } from '../../exporters/otel/index.ts';
import { jobOf } from './child.ts';
import { BENCH_AGENT, type LoadRun, type OnTransition, offerLoad, SPANS_PER_TASK } from './offered-load.ts';
import { saturate } from './saturate.ts';

/** How spans leave. */
export type Mode = 'off' | 'attached' | 'failing' | 'sidecar' | 'live';

/** What a load is told. */
export interface LoadJob {
  readonly file: string;
  readonly url: string;
  readonly mode: Mode;
  /** Transitions offered a second; `saturating` is as many as the board takes. */
  readonly perSecond: number | 'saturating';
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

/** What a load came to. */
export interface LoadFigures {
  readonly perSecond: number;
  readonly latencies: readonly number[];
  /** Spans that the receiver must have in the end, of the warm-up too. */
  readonly spans: number;
}

process.once('disconnect', () => process.exit());
const { file, url, mode, perSecond, seconds, warmUpSeconds } = jobOf<LoadJob>();

/** The reference's way: the process that writes makes a span for each event, and a batch processor sends them. */
function liveSpans(): { onTransition: OnTransition; stop(): Promise<void> } {
  // As much room as nobody gives it: by default it holds 2,048 spans and drops the rest.
  const processor = new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }), maxQueueSize: 1_000_000 });
  const provider = new TracerProvider({ spanProcessors: [processor] });
  const tracer = provider.getTracer('live');
  return {
    onTransition(taskId, toStatus, startTime) {
      const attributes = {
        'quadro.task_id': taskId,
        'quadro.task_type': 'work',
        'quadro.from_status': 'UNASSIGNED',
        'quadro.to_status': toStatus,
        'quadro.assigned_to': BENCH_AGENT,
        'quadro.duration_ms': 1,
        'quadro.event_type': 'task_assigned',
        'quadro.edge': 'forward',
        'quadro.stage_kind': 'active',
        'quadro.visit': 1,
        'quadro.sequence_id': 1,
        'quadro.heartbeats': 0,
      };
      tracer.startSpan(`stage ${toStatus}`, { startTime, attributes }).end();
    },
    stop: () => provider.shutdown(),
  };
}

const board = await openBoard({ backend: sqlite({ file }), taskTypes: { work: 'fast' } });
const card = { name: BENCH_AGENT, url: 'a2a://bench', version: '1', capabilities: [], description: '' };
await board.registerAgent({ agent_id: BENCH_AGENT, ...card });
// Insists soon, so that failures are as many as they can be, and the log's end is reached nevertheless.
const insisting = mode === 'failing' ? { firstRetryMs: 20 } : {};
const tracing = mode === 'attached' || mode === 'failing' ? traceBoard(board, { url, ...insisting }) : null;
const live = mode === 'live' ? liveSpans() : null;
const load = (forSeconds: number, prefix: string): Promise<LoadRun> =>
  perSecond === 'saturating'
    ? saturate(board, forSeconds, prefix, live?.onTransition)
    : offerLoad(board, perSecond, forSeconds, prefix, live?.onTransition);
const warmUp = await load(warmUpSeconds, 'warm');
const run = await load(seconds, 'load');
const { perSecond: reached, latencies } = run;
const figures: LoadFigures = { perSecond: reached, latencies, spans: (warmUp.tasks + run.tasks) * SPANS_PER_TASK };
process.send?.(figures);
// Stays until it is let go, so that what is unsent is sent by the exporter as it runs, not by its end.
process.once('message', async () => {
  await tracing?.stop();
  await live?.stop();
  await board.close();
  process.send?.('closed');
});
