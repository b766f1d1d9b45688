import { fieldsOf, integerOf, type JsonFields, listOf, textOf } from './json-reading.ts';
import type { LinkRecord, PlainValue, SpanRecord } from './span-record.ts';

/** Tags that Jaeger makes of what OTLP has fields for, or adds of its own: no attributes. */
const OWN_TAGS: ReadonlySet<string> = new Set([
  'span.kind',
  'error',
  'otel.status_code',
  'otel.status_description',
  'otel.scope.name',
  'otel.scope.version',
  'otel.library.name',
  'otel.library.version',
  'internal.span.format',
  'w3c.tracestate',
]);
const KINDS: readonly string[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;

type Tags = Readonly<Record<string, PlainValue>>;

/**
 * The spans of Jaeger's traces, the list `data` of an answer to `/api/traces`: status and scope are among the tags, links
 * among the references, times in microseconds.
 *
 * @throws Error where it has another shape.
 */
export function* recordsOfJaeger(traces: unknown): Generator<SpanRecord, void, void> {
  for (const trace of listOf(traces, 'data')) {
    const { spans, processes } = fieldsOf(trace, 'a trace');
    const known = fieldsOf(processes, 'processes');
    for (const each of listOf(spans, 'spans')) {
      const span = fieldsOf(each, 'a span');
      const process = fieldsOf(span.process ?? known[textOf(span.processID)], 'a process');
      yield recordOf(span, textOf(process.serviceName), tagsOf(process.tags));
    }
  }
}

function recordOf(span: JsonFields, serviceName: string, process: Tags): SpanRecord {
  const tags = tagsOf(span.tags);
  const trace_id = idOf(span.traceID, TRACE_ID_DIGITS);
  const start = microsecondsOf(span.startTime);
  return {
    trace_id,
    span_id: idOf(span.spanID, SPAN_ID_DIGITS),
    ...relationsOf(span, trace_id),
    name: textOf(span.operationName),
    kind: KINDS.indexOf(textOf(tags['span.kind'] ?? 'unspecified')),
    start,
    end: start + microsecondsOf(span.duration),
    status_code: statusCodeOf(tags),
    status_message: textOf(tags['otel.status_description']),
    attributes: Object.fromEntries(Object.entries(tags).filter(([name]) => !OWN_TAGS.has(name))),
    events: listOf(span.logs, 'logs').length,
    dropped_links: 0,
    dropped_attributes: 0,
    trace_state: textOf(tags['w3c.tracestate']),
    resource: { ...process, 'service.name': serviceName },
    scope_name: scopeNameOf(tags) ?? scopeNameOf(process),
  };
}

/** The first CHILD_OF in the same trace is the parent; every other reference is a link. */
function relationsOf(span: JsonFields, traceId: string): Pick<SpanRecord, 'parent_span_id' | 'links'> {
  const links: LinkRecord[] = [];
  let parent: string | null = null;
  for (const each of listOf(span.references, 'references')) {
    const { refType, traceID, spanID } = fieldsOf(each, 'a reference');
    const link = { trace_id: idOf(traceID, TRACE_ID_DIGITS), span_id: idOf(spanID, SPAN_ID_DIGITS), attributes: {} };
    if (parent === null && refType === 'CHILD_OF' && link.trace_id === traceId) parent = link.span_id;
    else links.push(link);
  }
  return { parent_span_id: parent, links };
}

/** An id as lower-case hex; older versions leave leading zeros out. */
function idOf(value: unknown, digits: number): string {
  return textOf(value).toLowerCase().padStart(digits, '0');
}

function microsecondsOf(value: unknown): bigint {
  const micros = integerOf(value ?? 0);
  return typeof micros === 'string' ? 0n : BigInt(Math.trunc(Number(micros))) * 1000n;
}

function statusCodeOf(tags: Tags): number {
  const code = tags['otel.status_code'];
  if (code === 'ERROR' || (code === undefined && tags.error === true)) return 2;
  return code === 'OK' ? 1 : 0;
}

function scopeNameOf(tags: Tags): string | null {
  const name = tags['otel.scope.name'] ?? tags['otel.library.name'];
  return typeof name === 'string' ? name : null;
}

function tagsOf(value: unknown): Tags {
  const tags: Record<string, PlainValue> = Object.create(null);
  for (const each of listOf(value, 'tags')) {
    const tag = fieldsOf(each, 'a tag');
    tags[textOf(tag.key)] = tagValueOf(tag);
  }
  return tags;
}

/** A tag's value; some storages keep every value as a text, and its type beside it. */
function tagValueOf({ type, value }: JsonFields): PlainValue {
  if (type === 'bool') return value === true || value === 'true';
  if (type === 'int64') return integerOf(value);
  if (type === 'float64') return Number(value);
  return typeof value === 'boolean' || typeof value === 'number' ? value : textOf(value);
}
