import root from 'otlp-transformer-independent/build/src/generated/root.js';

/** Everything a span says on the wire, whichever encoding it came in. */
export interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty where there is none. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  /** In nanoseconds. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, WireValue>>;
  readonly links: readonly WireLink[];
  readonly droppedLinks: number;
  readonly events: number;
  readonly status: { readonly code: number; readonly message: string };
  /** Null where the decoder does not know them. */
  readonly flags: number | null;
  readonly resource: Readonly<Record<string, WireValue>>;
  readonly resourceSchemaUrl: string;
  readonly scope: { readonly name: string; readonly version: string; readonly schemaUrl: string };
}

/** A link on the wire. */
export interface WireLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number | null;
  readonly attributes: Readonly<Record<string, WireValue>>;
}

/** An attribute's value and the type it was sent as. */
export type WireValue =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'int' | 'double'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'string[]'; readonly value: readonly string[] };

/** Generated code whose declarations leave its contents out. */
interface GeneratedRoot {
  opentelemetry: { proto: { collector: { trace: { v1: { ExportTraceServiceRequest: Decoder } } } } };
}

interface Decoder {
  decode(body: Uint8Array): unknown;
}

/** The message that a protobuf request is, as another decoder than the sender's has it. */
export const protobufRequest: Decoder = (root as unknown as GeneratedRoot).opentelemetry.proto.collector.trace.v1
  .ExportTraceServiceRequest;

/** The spans of an OTLP JSON request. */
export function decodeJson(body: Uint8Array | string): WireSpan[] {
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
  return spansOf(JSON.parse(text) as RawRequest, id => String(id ?? ''));
}

/** The span as the protobuf decoder gives it, which is older than flags. */
export function withoutFlags<Span extends WireSpan>(span: Span): Span {
  return { ...span, flags: null, links: span.links.map(link => ({ ...link, flags: null })) };
}

/** The spans of an OTLP protobuf request, by another decoder than the sender's. */
export function decodeProtobuf(body: Uint8Array): WireSpan[] {
  return spansOf(protobufRequest.decode(body) as RawRequest, id =>
    Buffer.from((id ?? []) as Uint8Array).toString('hex'),
  );
}

/** What both encodings have in common; a field that holds its default may be absent. */
interface RawRequest {
  resourceSpans: {
    resource: { attributes: RawAttribute[] };
    schemaUrl?: string;
    scopeSpans: { scope: { name: string; version: string }; schemaUrl?: string; spans: RawSpan[] }[];
  }[];
}

interface RawSpan extends RawIds {
  parentSpanId?: unknown;
  name: string;
  kind: number;
  startTimeUnixNano: unknown;
  endTimeUnixNano: unknown;
  attributes?: RawAttribute[];
  links?: (RawIds & { attributes?: RawAttribute[] })[];
  droppedLinksCount?: number;
  events?: unknown[];
  status?: { code?: number; message?: string };
}

interface RawIds {
  traceId: unknown;
  spanId: unknown;
  flags?: number;
}

interface RawAttribute {
  key: string;
  value: RawValue;
}

interface RawValue {
  stringValue?: string | null;
  intValue?: unknown;
  doubleValue?: number | null;
  boolValue?: boolean | null;
  arrayValue?: { values?: RawValue[] } | null;
}

function spansOf({ resourceSpans }: RawRequest, idOf: (id: unknown) => string): WireSpan[] {
  return resourceSpans.flatMap(({ resource, schemaUrl: resourceSchemaUrl = '', scopeSpans }) =>
    scopeSpans.flatMap(({ scope: { name, version }, schemaUrl = '', spans }) => {
      const scope = { name, version, schemaUrl };
      const shared = { resource: attributesOf(resource.attributes), resourceSchemaUrl, scope };
      return spans.map(span => ({ ...spanOf(span, idOf), ...shared }));
    }),
  );
}

function spanOf(span: RawSpan, idOf: (id: unknown) => string) {
  return {
    traceId: idOf(span.traceId),
    spanId: idOf(span.spanId),
    parentSpanId: idOf(span.parentSpanId),
    name: span.name,
    kind: span.kind,
    start: BigInt(String(span.startTimeUnixNano)),
    end: BigInt(String(span.endTimeUnixNano)),
    attributes: attributesOf(span.attributes ?? []),
    links: (span.links ?? []).map(({ traceId, spanId, flags = null, attributes = [] }) => {
      return { traceId: idOf(traceId), spanId: idOf(spanId), flags, attributes: attributesOf(attributes) };
    }),
    droppedLinks: span.droppedLinksCount ?? 0,
    events: span.events?.length ?? 0,
    status: { code: span.status?.code ?? 0, message: span.status?.message ?? '' },
    flags: span.flags ?? null,
  };
}

function attributesOf(attributes: readonly RawAttribute[]): Record<string, WireValue> {
  const keys = new Set(attributes.map(({ key }) => key));
  if (keys.size !== attributes.length) throw new Error(`An attribute is there twice: ${[...keys].join(', ')}`);
  return Object.fromEntries(attributes.map(({ key, value }) => [key, wireValue(key, value)]));
}

function wireValue(key: string, { stringValue, intValue, doubleValue, boolValue, arrayValue }: RawValue): WireValue {
  if (stringValue != null) return { type: 'string', value: stringValue };
  if (intValue != null) return { type: 'int', value: Number(String(intValue)) };
  if (doubleValue != null) return { type: 'double', value: doubleValue };
  if (boolValue != null) return { type: 'boolean', value: boolValue };
  const values = arrayValue?.values?.map(each => each.stringValue);
  if (arrayValue == null || values?.some(each => each == null)) throw new Error(`${key} has no value of our types`);
  return { type: 'string[]', value: (values ?? []) as string[] };
}
