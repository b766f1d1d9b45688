import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { openBoard } from '../../board/index.ts';
import { traceBoard } from '../../exporters/otel/index.ts';
import { measureBoard, serveMetrics } from '../../exporters/prometheus/index.ts';
import { otlpReceiver, type ReceivedSpan } from '../otel/otlp-receiver.ts';
import { LIFECYCLES, Office, PROFILES } from './observed-run-office.ts';
import { type PhaseTimes, runPhases } from './observed-run-phases.ts';
import { type RunningPrometheus, startPrometheus } from './prometheus-server.ts';

export { type PhaseName, type PhaseTimes, REJECTED_SPANS } from './observed-run-phases.ts';

/** The run's own ladder for tasks, in seconds: its stages last less than a second. */
export const TASK_BUCKETS: readonly number[] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** How long work may be stranded before it is a failure of dispatch, in seconds. */
export const DISPATCH_GRACE_SECONDS = 0.5;

/** Labels of the scraped target. */
export const TARGET_LABELS = { job: 'quadro', board: 'newsroom' } as const;

/** How to make a run. */
export interface ObservedRunOptions {
  /** Files of rules for its Prometheus. */
  readonly rulesFiles?: readonly string[];
  /** How many times as long as a minute it shall take, in all its parts. Default 1. */
  readonly slowness?: number;
}

/** A board that was worked on under the eyes of a Prometheus, and on which nothing moves any more. */
export interface ObservedRun {
  /** The board's SQLite file. */
  readonly file: string;
  readonly prometheus: RunningPrometheus;
  readonly phases: PhaseTimes;
  /** From when on the last scrape saw all there is to see, in seconds since 1970. */
  readonly settledAt: number;
  /** The metrics as plain text, at the end. */
  readonly plain: string;
  /** What a collector got. */
  readonly spans: readonly ReceivedSpan[];
  close(): Promise<void>;
}

/** Waits for a scrape that began after now; answers its time. */
async function nextScrape(prometheus: RunningPrometheus): Promise<number> {
  const now = Date.now() / 1000;
  for (;;) {
    const [scraped] = await prometheus.query('timestamp(up)');
    if (scraped !== undefined && scraped.value > now) return scraped.value;
    await sleep(100);
  }
}

/**
 * Runs a newsroom on a board in a folder, through all that can happen to it, with its spans sent to a collector and its metrics
 * scraped twice a second.
 */
export async function observeRun(
  dir: string,
  { rulesFiles = [], slowness = 1 }: ObservedRunOptions,
): Promise<ObservedRun> {
  const file = join(dir, 'board.db');
  const receiver = await otlpReceiver();
  const board = await openBoard({ backend: sqlite({ file }), lifecycles: LIFECYCLES, taskTypes: PROFILES });
  const measured = await measureBoard(board, {
    buckets: { task: TASK_BUCKETS },
    dispatchGraceSeconds: DISPATCH_GRACE_SECONDS,
  });
  const server = await serveMetrics(measured, { port: 0 });
  const meter = measured.exporterMeter('traces');
  const tracing = traceBoard(board, { url: receiver.url, meter, maxRetryMs: 500, stopWithinMs: 60_000 });
  const office = new Office(board, slowness);
  const prometheus = await startPrometheus({ targets: [{ url: server.url, labels: TARGET_LABELS }], rulesFiles });
  const close = async (): Promise<void> => {
    await prometheus.stop();
    await server.close();
    await office.close();
    await board.close();
    await measured.close();
    await receiver.close();
  };
  try {
    await nextScrape(prometheus);
    await office.open();
    const phases = await runPhases({ board, file, office, receiver, slowness });
    await tracing.stop();
    const settledAt = await nextScrape(prometheus);
    const { text: plain } = await measured.metrics();
    return { file, prometheus, phases, settledAt, plain, spans: receiver.spans, close };
  } catch (error) {
    await close();
    throw error;
  }
}
