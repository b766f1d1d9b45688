import { countOf, fieldsOf, integerOf, type JsonFields, listOf, nanosecondsOf, textOf } from './json-reading.ts';
import type { LinkRecord, PlainValue, SpanRecord } from './span-record.ts';

/** Names that protobuf's own JSON mapping writes where OTLP has numbers; Tempo's answers have them. */
const KINDS: readonly string[] = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUS_CODES: readonly string[] = ['UNSET', 'OK', 'ERROR'];

/**
 * The spans of a list of `ResourceSpans` as OTLP JSON writes it, and as protobuf's JSON mapping does: ids in hex or
 * base64, enums as numbers or names.
 *
 * @throws Error where it has another shape.
 */
export function* recordsOfOtlp(resourceSpans: unknown): Generator<SpanRecord, void, void> {
  for (const each of listOf(resourceSpans, 'resourceSpans')) {
    const { resource, scopeSpans, instrumentationLibrarySpans } = fieldsOf(each, 'an entry of resourceSpans');
    const attributes = attributesOf(fieldsOf(resource, 'resource').attributes);
    for (const group of listOf(scopeSpans ?? instrumentationLibrarySpans, 'scopeSpans')) {
      const { scope, instrumentationLibrary, spans } = fieldsOf(group, 'an entry of scopeSpans');
      const scopeName = textOf(fieldsOf(scope ?? instrumentationLibrary, 'scope').name);
      for (const span of listOf(spans, 'spans')) {
        yield recordOf(fieldsOf(span, 'a span'), attributes, scopeName === '' ? null : scopeName);
      }
    }
  }
}

function recordOf(span: JsonFields, resource: SpanRecord['resource'], scope_name: string | null): SpanRecord {
  const status = fieldsOf(span.status, 'status');
  return {
    trace_id: idOf(span.traceId, 16),
    span_id: idOf(span.spanId, 8),
    parent_span_id: idOf(span.parentSpanId, 8) || null,
    name: textOf(span.name),
    kind: enumOf(span.kind, 'SPAN_KIND_', KINDS),
    start: nanosecondsOf(span.startTimeUnixNano),
    end: nanosecondsOf(span.endTimeUnixNano),
    status_code: enumOf(status.code, 'STATUS_CODE_', STATUS_CODES),
    status_message: textOf(status.message),
    attributes: attributesOf(span.attributes),
    links: listOf(span.links, 'links').map(linkOf),
    events: listOf(span.events, 'events').length,
    dropped_links: countOf(span.droppedLinksCount),
    dropped_attributes: countOf(span.droppedAttributesCount),
    trace_state: textOf(span.traceState),
    resource,
    scope_name,
  };
}

function linkOf(value: unknown): LinkRecord {
  const { traceId, spanId, attributes } = fieldsOf(value, 'a link');
  return { trace_id: idOf(traceId, 16), span_id: idOf(spanId, 8), attributes: attributesOf(attributes) };
}

/** An id as lower-case hex. Hex and base64 of the same bytes differ in length, so neither can be taken for the other. */
function idOf(value: unknown, bytes: number): string {
  const text = textOf(value);
  if (text.length === bytes * 2 && /^[0-9a-f]+$/i.test(text)) return text.toLowerCase();
  const decoded = Buffer.from(text, 'base64');
  return decoded.length === bytes ? decoded.toString('hex') : text;
}

function enumOf(value: unknown, prefix: string, names: readonly string[]): number {
  if (typeof value === 'number') return value;
  const text = textOf(value);
  if (/^\d+$/.test(text)) return Number(text);
  // What is neither a number nor a known name equals nothing.
  return text === '' ? 0 : names.indexOf(text.replace(prefix, ''));
}

function attributesOf(value: unknown): Record<string, PlainValue> {
  const attributes: Record<string, PlainValue> = Object.create(null);
  for (const each of listOf(value, 'attributes')) {
    const { key, value: wrapped } = fieldsOf(each, 'an attribute');
    attributes[textOf(key)] = anyValueOf(fieldsOf(wrapped, 'the value of an attribute'));
  }
  return attributes;
}

function anyValueOf(wrapped: JsonFields): PlainValue {
  const { stringValue, boolValue, intValue, doubleValue, arrayValue } = wrapped;
  if (stringValue != null) return textOf(stringValue);
  if (typeof boolValue === 'boolean') return boolValue;
  if (intValue != null) return integerOf(intValue);
  // A text is one of NaN, Infinity and -Infinity.
  if (doubleValue != null) return Number(doubleValue);
  if (arrayValue == null) return Object.keys(wrapped).length === 0 ? null : JSON.stringify(wrapped);
  const { values } = fieldsOf(arrayValue, 'arrayValue');
  return listOf(values, 'the values of arrayValue').map(each => anyValueOf(fieldsOf(each, 'a value of arrayValue')));
}
