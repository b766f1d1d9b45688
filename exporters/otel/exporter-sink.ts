import type { ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { QuadroError } from '../../board/core/errors.ts';
import type { SendOutcome, SpanSink } from './sink.ts';
import { mayBeSpansFault } from './span-faults.ts';

/** OpenTelemetry's `ExportResultCode.SUCCESS`, without loading the package for a number. */
const SUCCESS: ExportResultCode.SUCCESS = 0;

/**
 * Hands spans to any OpenTelemetry exporter. Its result says no more than success or failure: a failure that carries an
 * HTTP status of 4xx other than 408 and 429 is final (413: in halves), any other is tried again. Rejected spans stay unseen.
 */
export function exporterSink(exporter: SpanExporter): SpanSink {
  return {
    location: 'the given exporter',
    send(spans, signal) {
      return new Promise<SendOutcome>(resolve => {
        const stop = (): void => resolve({ status: 'later', reason: 'stopped' });
        signal.addEventListener('abort', stop, { once: true });
        const settle = (outcome: SendOutcome): void => {
          signal.removeEventListener('abort', stop);
          resolve(outcome);
        };
        try {
          // A copy: what an exporter of the caller does to its array must not change what is sent again.
          exporter.export([...spans], ({ code, error }) => {
            settle(code === SUCCESS ? { status: 'sent', rejected: 0 } : outcomeOfFailure(error));
          });
        } catch (error) {
          settle(outcomeOfFailure(error));
        }
      });
    },
    close: () => exporter.shutdown(),
  };
}

function outcomeOfFailure(error: unknown): SendOutcome {
  const reason = `the given exporter failed: ${error instanceof Error ? error.message : 'it gave no reason'}`;
  const status = error instanceof Error && 'code' in error ? Number(error.code) : Number.NaN;
  if (status === 413) return { status: 'too_large', reason };
  const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (!isFinal) return { status: 'later', reason };
  return {
    status: 'refused',
    error: new QuadroError('delivery_failed', reason, { cause: error, details: { status } }),
    ...(mayBeSpansFault(status) && { suspects: { reason, status } }),
  };
}
