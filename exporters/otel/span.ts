import {
  type Attributes,
  type HrTime,
  type Link,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
} from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { BoardRecord } from '../../board/core/records.ts';
import { type Micros, US_PER_SECOND } from '../../board/core/time.ts';
import { ID_SCHEME, type SpanIds } from '../../board/core/trace-ids.ts';
import { ATTR, MAX_LINKS, RESOURCE, SCHEMA_URL, SCOPE_NAME } from './names.ts';
import { packageVersion } from './version.ts';

/** What all spans of one board share. One object a board: exporters group spans by the resource's identity. */
export interface SpanScope {
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
}

/** A span before it becomes OpenTelemetry's: what a log row says. */
export interface SpanFields {
  readonly name: string;
  readonly ids: SpanIds;
  readonly parent?: SpanContext;
  readonly start: Micros;
  /** Below `start` where a clock went back: the span's duration is then 0. */
  readonly end: Micros;
  /** Null ones are left out. */
  readonly attributes: Readonly<Record<string, string | number | boolean | readonly string[] | null>>;
  readonly links?: readonly Link[];
  /** Present where what the span stands for failed itself. */
  readonly error?: { readonly type: string; readonly message?: string };
}

/** The scope of a board's spans. Nothing in it is random or depends on the machine. */
export function spanScope(board: Pick<BoardRecord, 'board_id' | 'board_uid'>, serviceName: string): SpanScope {
  const attributes = {
    [RESOURCE.service_name]: serviceName,
    [RESOURCE.board_id]: board.board_id,
    [RESOURCE.board_uid]: board.board_uid,
    [RESOURCE.id_scheme]: ID_SCHEME,
  };
  return {
    resource: resourceFromAttributes(attributes, { schemaUrl: SCHEMA_URL }),
    instrumentationScope: { name: SCOPE_NAME, version: packageVersion(), schemaUrl: SCHEMA_URL },
  };
}

/** A context inside the board's own traces. Always sampled: what is not to be sent never becomes a span. */
export function contextOfIds(ids: SpanIds): SpanContext {
  return { traceId: ids.traceId, spanId: ids.spanId, traceFlags: 1 };
}

/** A link that says what it leads to. */
export function linkTo(context: SpanContext, kind: string): Link {
  return { context, attributes: { [ATTR.link]: kind } };
}

/** OpenTelemetry's time, exactly: seconds and nanoseconds. */
function hrTime(micros: Micros): HrTime {
  const seconds = Math.floor(micros / US_PER_SECOND);
  return [seconds, (micros - seconds * US_PER_SECOND) * 1000];
}

/** The span as exporters take it. Equal fields give equal spans. */
export function readableSpan(scope: SpanScope, fields: SpanFields): ReadableSpan {
  const { name, ids, parent, start, links = [], error } = fields;
  const end = Math.max(start, fields.end);
  const context = contextOfIds(ids);
  const attributes = presentOnly(fields.attributes);
  if (error !== undefined) attributes[ATTR.error_type] = error.type;
  return {
    name,
    kind: SpanKind.INTERNAL,
    spanContext: () => context,
    ...(parent && { parentSpanContext: parent }),
    startTime: hrTime(start),
    endTime: hrTime(end),
    duration: hrTime(end - start),
    status: statusOf(error),
    attributes,
    links: links.length > MAX_LINKS ? links.slice(0, MAX_LINKS) : [...links],
    events: [],
    ended: true,
    resource: scope.resource,
    instrumentationScope: scope.instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: Math.max(0, links.length - MAX_LINKS),
  };
}

function statusOf(error: SpanFields['error']): ReadableSpan['status'] {
  if (error === undefined) return { code: SpanStatusCode.UNSET };
  return error.message === undefined
    ? { code: SpanStatusCode.ERROR }
    : { code: SpanStatusCode.ERROR, message: error.message };
}

function presentOnly(attributes: SpanFields['attributes']): Attributes {
  const present: Attributes = {};
  // Runs once a span in a backfill of millions: no array of entries.
  for (const key in attributes) {
    const value = attributes[key];
    if (value != null) present[key] = typeof value === 'object' ? [...value] : value;
  }
  return present;
}
