import type { Board } from '../../board/board.ts';
import type { loadOtel } from '../load-otel.ts';
import { printable } from '../output.ts';
import type { SpanOutboxSummary } from './span-outbox.ts';

/** Spans going out while the demo runs. */
export interface Sending {
  /** Sends what is left, and answers what came of it, in a line. */
  stop(): Promise<string>;
}

/** Whether the standard variables name a receiver of spans. */
export function hasReceiver(): boolean {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT } = process.env;
  return Boolean(OTEL_EXPORTER_OTLP_ENDPOINT || OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
}

/** The board's spans go to that receiver while the run lasts. */
export function sendBoardSpans(
  { traceBoard }: Awaited<ReturnType<typeof loadOtel>>,
  board: Board,
  source: string,
): Sending {
  let obstacle: string | null = null;
  let isAllSent = false;
  const tracing = traceBoard(board, {
    onProgress: ({ waiting, lag }) => {
      obstacle = waiting?.reason ?? null;
      isAllSent = lag === 0 && waiting === null;
    },
    // Told at the end.
    onError: () => undefined,
  });
  return {
    async stop() {
      const { spans, error } = await tracing.stop();
      const delivered = `${spans} spans delivered while it ran.`;
      if (isAllSent) return delivered;
      const reason = printable(obstacle ?? error?.message ?? 'it was too slow');
      return `${delivered} The rest waits for the receiver: ${reason}. npx quadro spans ${source} sends it.`;
    },
  };
}

/** What came of the spans that the workers made themselves, in a line; `file` has them all. */
export function workerSpansText({ spans, delivered, obstacle }: SpanOutboxSummary, file: string): string {
  const count = `${delivered} spans of the workers' own calls delivered`;
  if (delivered === spans) return `${count} with them.`;
  return `${count}, of ${spans}: ${printable(obstacle ?? 'it was too slow')}. All are in ${file}.`;
}
