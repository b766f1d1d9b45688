import type {
  Attributes,
  AttributeValue,
  HrTime,
  Link,
  SpanContext,
  SpanKind,
  SpanStatusCode,
} from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { BoardRecord } from '../../board/core/records.ts';
import { type Micros, US_PER_SECOND } from '../../board/core/time.ts';
import { ID_SCHEME, type SpanIds } from '../../board/core/trace-ids.ts';
import { importPeer } from '../../board/missing-package.ts';
import { packageVersion } from '../../board/package-version.ts';
import { ATTR, MAX_LINKS, RESOURCE, SCHEMA_URL, SCOPE_NAME } from './names.ts';
import { OTEL_PACKAGES } from './otel-packages.ts';

// OpenTelemetry's numbers, so that its packages are only needed by who sends.
const KIND_INTERNAL: SpanKind.INTERNAL = 0;
const STATUS_UNSET: SpanStatusCode.UNSET = 0;
const STATUS_ERROR: SpanStatusCode.ERROR = 2;

const NANOS_PER_SECOND = 1_000_000_000;

/** What all spans of one board share. One object a board: exporters group spans by the resource's identity. */
export interface SpanScope {
  readonly resource: Resource;
  readonly instrumentationScope: ReadableSpan['instrumentationScope'];
}

/** A span before it becomes OpenTelemetry's: what a log row says. */
export interface SpanFields {
  readonly name: string;
  readonly ids: SpanIds;
  readonly parent?: SpanContext;
  readonly start: Micros;
  /** Below `start` where a clock went back: the span's duration is then 0. */
  readonly end: Micros;
  readonly attributes: Attributes;
  readonly links?: Link[];
  /** Present where what the span stands for failed itself. */
  readonly error?: { readonly type: string; readonly message?: string };
}

/**
 * The scope of a board's spans. Nothing in it is random or depends on the machine.
 *
 * @throws ConfigurationError (`missing_package`) where OpenTelemetry's package is not installed.
 */
export async function spanScope(
  board: Pick<BoardRecord, 'board_id' | 'board_uid'>,
  serviceName: string,
): Promise<SpanScope> {
  const { resourceFromAttributes } = await importPeer(OTEL_PACKAGES, () => import('@opentelemetry/resources'));
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

/** OTLP counts nanoseconds from 1970 on, which most receivers hold in 63 bits; and this is the last exact microsecond. */
const LAST_TIME: Micros = Number.MAX_SAFE_INTEGER;

/** OpenTelemetry's time, exactly: seconds and nanoseconds. What OTLP cannot tell is the first or last that it can. */
function hrTime(time: Micros): HrTime {
  const micros = Math.min(Math.max(time, 0), LAST_TIME);
  const seconds = Math.floor(micros / US_PER_SECOND);
  return [seconds, (micros - seconds * US_PER_SECOND) * 1000];
}

/** Whether a span cannot last from its start to its end: a clock went back, or OTLP does not reach as far (imports). */
export function isClamped({ start, end }: Pick<SpanFields, 'start' | 'end'>): boolean {
  return end < start || start < 0 || end > LAST_TIME;
}

/** Adds an attribute that is there; a null one is left out. */
export function putAttribute(attributes: Attributes, name: string, value: AttributeValue | null): void {
  if (value !== null) attributes[name] = value;
}

/** The span as exporters take it. Equal fields give equal spans. */
export function readableSpan(scope: SpanScope, fields: SpanFields): ReadableSpan {
  return new LogSpan(scope, fields);
}

/** A class, so that the millions of spans of a backfill share one shape, and nothing is made that no serializer reads. */
class LogSpan implements ReadableSpan {
  readonly name: string;
  readonly kind = KIND_INTERNAL;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: ReadableSpan['status'];
  readonly attributes: Attributes;
  readonly links: Link[];
  readonly events: ReadableSpan['events'] = [];
  readonly ended = true;
  readonly resource: Resource;
  readonly instrumentationScope: ReadableSpan['instrumentationScope'];
  readonly droppedAttributesCount = 0;
  readonly droppedEventsCount = 0;
  readonly droppedLinksCount: number;
  readonly parentSpanContext?: SpanContext;
  readonly #context: SpanContext;

  constructor(scope: SpanScope, { name, ids, parent, start, end, attributes, links = [], error }: SpanFields) {
    this.name = name;
    this.startTime = hrTime(start);
    this.endTime = hrTime(Math.max(start, end));
    this.status = statusOf(error);
    this.attributes = attributes;
    if (error !== undefined) attributes[ATTR.error_type] = error.type;
    this.links = links.length > MAX_LINKS ? links.slice(0, MAX_LINKS) : links;
    this.droppedLinksCount = Math.max(0, links.length - MAX_LINKS);
    this.resource = scope.resource;
    this.instrumentationScope = scope.instrumentationScope;
    if (parent !== undefined) this.parentSpanContext = parent;
    this.#context = contextOfIds(ids);
  }

  get duration(): HrTime {
    const [seconds, nanos] = this.endTime;
    const passed = (seconds - this.startTime[0]) * NANOS_PER_SECOND + nanos - this.startTime[1];
    return [Math.floor(passed / NANOS_PER_SECOND), passed % NANOS_PER_SECOND];
  }

  spanContext(): SpanContext {
    return this.#context;
  }
}

function statusOf(error: SpanFields['error']): ReadableSpan['status'] {
  if (error === undefined) return { code: STATUS_UNSET };
  return error.message === undefined ? { code: STATUS_ERROR } : { code: STATUS_ERROR, message: error.message };
}
