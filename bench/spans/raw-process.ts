/**
 * Sends ready-made spans with the stock OTLP exporter, in a fresh process: spans of the same log, translated before the clock
 * starts, in requests of the same size, over and over until it has sent as many as the replay.
 */
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { openBoard } from '../../board/index.ts';
import { LOG_START } from '../../exporters/feed/index.ts';
import { translatedBatches } from '../../exporters/otel/translated-batches.ts';
import { jobOf } from './child.ts';

/** Spans that are held ready: enough that no cache holds them, few enough that they do not trouble the collector of garbage. */
const READY_SPANS = 50_000;

process.once('disconnect', () => process.exit());
const { file, url, spans } = jobOf<{ file: string; url: string; spans: number }>();
const board = await openBoard({ backend: sqlite({ file, readOnly: true }), readOnly: true });
const ready: (readonly ReadableSpan[])[] = [];
let held = 0;
for await (const batch of translatedBatches(board, { follow: false }, LOG_START)) {
  ready.push(batch.spans);
  held += batch.spans.length;
  if (held >= READY_SPANS) break;
}
await board.close();

const exporter = new OTLPTraceExporter({ url });
function send(batch: readonly ReadableSpan[]): Promise<void> {
  return new Promise((resolve, reject) => {
    exporter.export([...batch], ({ code, error }) => (code === ExportResultCode.SUCCESS ? resolve() : reject(error)));
  });
}

let sent = 0;
const startedAt = performance.now();
while (sent < spans) {
  for (const batch of ready) {
    await send(batch);
    sent += batch.length;
    if (sent >= spans) break;
  }
}
process.send?.({ spans: sent, seconds: (performance.now() - startedAt) / 1000 });
await exporter.shutdown();
