import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/** A value of an attribute, as plain data; what the contract never uses (maps, bytes) comes as its text. */
export type PlainValue = string | number | bigint | boolean | null | readonly PlainValue[];

/** A link, as plain data. */
export interface LinkRecord {
  readonly trace_id: string;
  readonly span_id: string;
  readonly attributes: Readonly<Record<string, PlainValue>>;
}

/** A span as plain data, wherever it comes from: the log, OTLP JSON, or Jaeger's. */
export interface SpanRecord {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly name: string;
  /** OTLP's number: 1 is INTERNAL. */
  readonly kind: number;
  /** Nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint;
  /** OTLP's number: 0 unset, 1 ok, 2 error. */
  readonly status_code: number;
  readonly status_message: string;
  readonly attributes: Readonly<Record<string, PlainValue>>;
  readonly links: readonly LinkRecord[];
  readonly events: number;
  readonly dropped_links: number;
  readonly dropped_attributes: number;
  readonly trace_state: string;
  readonly resource: Readonly<Record<string, PlainValue>>;
  /** The instrumentation scope's name; null where the format does not tell. */
  readonly scope_name: string | null;
}

/** A translated span as plain data. Not by way of a serializer, so that a serializer's faults are seen. */
export function recordOfSpan(span: ReadableSpan): SpanRecord {
  const { traceId, spanId, traceState } = span.spanContext();
  return {
    trace_id: traceId,
    span_id: spanId,
    parent_span_id: span.parentSpanContext?.spanId ?? null,
    name: span.name,
    // The API counts kinds from 0, OTLP keeps 0 for an unspecified one.
    kind: span.kind + 1,
    start: nanosOf(span.startTime),
    end: nanosOf(span.endTime),
    status_code: span.status.code,
    status_message: span.status.message ?? '',
    attributes: plainAttributes(span.attributes),
    links: span.links.map(({ context, attributes = {} }) => ({
      trace_id: context.traceId,
      span_id: context.spanId,
      attributes: plainAttributes(attributes),
    })),
    events: span.events.length,
    dropped_links: span.droppedLinksCount,
    dropped_attributes: span.droppedAttributesCount,
    trace_state: traceState?.serialize() ?? '',
    resource: plainAttributes(span.resource.attributes),
    scope_name: span.instrumentationScope.name,
  };
}

function nanosOf([seconds, nanos]: readonly [number, number]): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

function plainAttributes(attributes: Readonly<Record<string, unknown>>): Record<string, PlainValue> {
  const plain: Record<string, PlainValue> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value != null) plain[name] = plainValue(value);
  }
  return plain;
}

function plainValue(value: unknown): PlainValue {
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return value === null || value === undefined ? null : JSON.stringify(value);
}
