import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { LogSource } from '../../board/log-source.ts';
import { type FeedOptions, feed } from '../../exporters/feed/index.ts';
import { contextReader, type TranslationOptions } from '../../exporters/otel/context.ts';
import { translate } from '../../exporters/otel/translate.ts';

/** Every span of a log, in the order they are written. */
export async function allSpans(
  source: LogSource,
  options: TranslationOptions & FeedOptions = {},
): Promise<ReadableSpan[]> {
  const spans: ReadableSpan[] = [];
  const readContext = contextReader(source, { serviceName: 'quadro', ...options });
  for await (const batch of feed(source, { ...options, follow: false })) {
    spans.push(...translate(batch, await readContext(batch)).spans);
  }
  return spans;
}

/** A span as plain data, for comparing whole. */
export function plain(span: ReadableSpan): Record<string, unknown> {
  return {
    name: span.name,
    kind: span.kind,
    context: span.spanContext(),
    parent: span.parentSpanContext ?? null,
    startTime: span.startTime,
    endTime: span.endTime,
    duration: span.duration,
    status: span.status,
    attributes: span.attributes,
    links: span.links,
    droppedLinksCount: span.droppedLinksCount,
  };
}
