import type { Logger } from 'pino';
import type { Board } from '../../board/board.ts';
import type { ReadinessCheck } from '../../board/service/service-options.ts';
import { defaultCursorStore, loadCursor } from '../../exporters/feed/index.ts';
import type { ExportProgress } from '../../exporters/otel/index.ts';
import type { ExporterMeter } from '../../exporters/prometheus/index.ts';
import type { Config } from '../config/config.ts';
import { loadOtel } from '../load-otel.ts';

/** Spans that are sent while a board is served. */
export interface ServedSpans {
  readonly readiness: ReadinessCheck;
  /** Sends what is left; answers whether the log's end was reached. */
  close(): Promise<boolean>;
}

/** The least time for what is unsent at the end, in milliseconds. */
const MIN_STOP_MS = 1_000;

/** Sends a board's spans to a receiver. It can neither fail nor hold up the board; how it gets on is logged. */
export async function serveSpans(
  board: Board,
  config: Config & { readonly otlp_url: string },
  { logger, meter }: { readonly logger: Logger; readonly meter: ExporterMeter | null },
): Promise<ServedSpans> {
  const {
    otlp_url: url,
    otlp_headers,
    otlp_protocol,
    trace_sample_ratio,
    max_exporter_lag_events,
    grace_seconds,
  } = config;
  const { defaultDeadLetterFile, destinationOf, traceBoard } = await loadOtel();
  const destination = destinationOf({ url });
  const record = await board.board();
  const deadLetterFile = defaultDeadLetterFile(board.backend, record, destination);
  // Where an earlier process has come to: with nothing new to send, nothing is told of.
  const store = defaultCursorStore(board.backend, record, destination);
  const begun = (store && (await loadCursor(store, record, destination)))?.cursor.events ?? 0;
  let progress: ExportProgress | null = null;
  const lagFrom = async (sequenceId: number): Promise<number> => {
    return (await board.board()).next_sequence_id - 1 - sequenceId;
  };
  const tracing = traceBoard(board, {
    url,
    headers: { ...otlp_headers },
    protocol: otlp_protocol,
    sampleRatio: trace_sample_ratio,
    stopWithinMs: Math.max(MIN_STOP_MS, grace_seconds * 1000),
    ...(deadLetterFile !== null && { deadLetterFile }),
    ...(meter !== null && { meter }),
    onProgress: told => {
      if (told.waiting !== null && progress?.waiting?.reason !== told.waiting.reason) {
        logger.warn({ log: 'service', reason: told.waiting.reason }, 'spans wait');
      }
      progress = told;
    },
    onError: (error, retryInMs) => {
      logger.warn(
        { log: 'service', error_code: error.code, error: error.message, retry_in_ms: retryInMs },
        'spans failed',
      );
    },
  });
  return {
    readiness: {
      name: 'spans',
      async check() {
        const lag_events = await lagFrom(progress?.cursor.events ?? begun);
        if (max_exporter_lag_events > 0 && lag_events > max_exporter_lag_events) {
          throw new Error(`Spans are ${lag_events} events behind the log: look at the receiver`);
        }
        return { lag_events, spans: progress?.spans ?? 0, waiting: progress?.waiting?.reason ?? null };
      },
    },
    async close() {
      const { cursor } = await tracing.stop();
      return (await lagFrom(cursor?.events ?? 0)) <= 0;
    },
  };
}
