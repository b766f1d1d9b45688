import type { Board } from '../../board/board.ts';
import { errorOf } from '../../board/core/errors.ts';
import type { ReadinessCheck, ServiceOptions } from '../../board/service/service-options.ts';
import type { ServiceStats } from '../../board/service/service-stats.ts';
import type { CircuitStats } from '../../board/transport/http/index.ts';
import { defaultCursorStore } from '../../exporters/feed/index.ts';
import { type ExporterMeter, measureBoard } from '../../exporters/prometheus/index.ts';
import { patiently } from '../patiently.ts';
import { serviceRegistry } from './service-metrics.ts';

/** Metrics that are answered while a board is served. */
export interface ServedMetrics {
  readonly metrics: NonNullable<ServiceOptions['metrics']>;
  readonly readiness: ReadinessCheck;
  /** What the span exporter reports to. */
  readonly spansMeter: ExporterMeter;
  /** Saves the totals. */
  close(): Promise<void>;
}

/** What a process that serves knows of itself. */
export interface ServiceFigures {
  /** Null until the service has started. */
  stats(): ServiceStats | null;
  /** The agents that its Chief sends work to. */
  circuits(): readonly CircuitStats[];
}

/** How `/metrics` gets on. */
interface Reading {
  isWhole: boolean;
  error: unknown;
}

/** Measures a board from its log's start, or from where the last process saved its totals. */
export async function serveMetrics(
  board: Board,
  { stats, circuits }: ServiceFigures,
  onError: (error: unknown) => void,
): Promise<ServedMetrics> {
  const registry = await serviceRegistry(stats);
  const cursorStore = await defaultCursorStore(board.backend, await board.board(), 'prometheus');
  const measured = await measureBoard(board, { registry, cursorStore, circuits, onError });
  const closing = new AbortController();
  const reading: Reading = { isWhole: false, error: null };
  const caughtUp = patiently(() => measured.catchUp({ signal: closing.signal }), closing.signal).then(
    () => {
      reading.isWhole = !closing.signal.aborted;
    },
    error => {
      reading.error = error;
    },
  );
  return {
    metrics: async accept => {
      // Whoever scraped totals that still rise to where they stood before would count them again.
      if (!reading.isWhole) {
        throw errorOf('overloaded', 'The log is still being read to its end; its metrics follow', {
          cause: reading.error,
        });
      }
      return measured.metrics(accept);
    },
    readiness: {
      name: 'metrics',
      check: async () => {
        if (reading.error !== null) throw reading.error;
        return { caught_up: reading.isWhole };
      },
    },
    spansMeter: measured.exporterMeter('traces'),
    async close() {
      closing.abort();
      await caughtUp;
      await measured.close();
    },
  };
}
