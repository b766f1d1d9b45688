/** What backends answer for the spans they were sent, written from their own translators' rules; input is OTLP JSON. */

/** An attribute as OTLP JSON has it. */
export interface OtlpAttribute {
  key: string;
  value: Record<string, unknown>;
}

/** A span as OTLP JSON has it. */
export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number | string;
  startTimeUnixNano: string | number;
  endTimeUnixNano: string | number;
  attributes: OtlpAttribute[];
  links?: { traceId: string; spanId: string; attributes?: OtlpAttribute[] }[];
  status?: { code?: number | string; message?: string };
}

/** One resource's spans. */
export interface OtlpResourceSpans {
  resource: { attributes: OtlpAttribute[] };
  scopeSpans: { scope: { name: string; version?: string }; spans: OtlpSpan[] }[];
}

/** The requests in a text of OTLP JSON lines, as one list. */
export function resourceSpansOf(text: string): OtlpResourceSpans[] {
  return text
    .split('\n')
    .filter(line => line !== '')
    .flatMap(line => (JSON.parse(line) as { resourceSpans: OtlpResourceSpans[] }).resourceSpans);
}

/** Every span in it. */
export function spansIn(resourceSpans: readonly OtlpResourceSpans[]): OtlpSpan[] {
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

/** A copy with other spans in it. */
export function withSpans(
  resourceSpans: readonly OtlpResourceSpans[],
  change: (spans: OtlpSpan[]) => OtlpSpan[],
): OtlpResourceSpans[] {
  return structuredClone(resourceSpans).map(each => ({
    ...each,
    scopeSpans: each.scopeSpans.map(group => ({ ...group, spans: change(group.spans) })),
  }));
}

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUSES = ['UNSET', 'OK', 'ERROR'];

/** As Tempo tells them: protobuf's JSON mapping, with ids in base64 and enums by name; what is empty is left out. */
export function tempoBatches(resourceSpans: readonly OtlpResourceSpans[]): unknown[] {
  return withSpans(resourceSpans, spans =>
    spans.map(({ links, status, parentSpanId, kind, ...span }) => ({
      ...span,
      traceId: base64(span.traceId),
      spanId: base64(span.spanId),
      ...(parentSpanId && { parentSpanId: base64(parentSpanId) }),
      kind: `SPAN_KIND_${KINDS[Number(kind)]}`,
      // Parquet gives attributes back in an order of its own.
      attributes: span.attributes.toReversed(),
      ...(links?.length && {
        links: links.map(link => ({ ...link, traceId: base64(link.traceId), spanId: base64(link.spanId) })),
      }),
      status: status?.code ? { ...status, code: `STATUS_CODE_${STATUSES[Number(status.code)]}` } : {},
    })),
  );
}

interface JaegerTag {
  key: string;
  type: string;
  value: unknown;
}

function tagOf({ key, value }: OtlpAttribute): JaegerTag {
  if (value.boolValue !== undefined) return { key, type: 'bool', value: value.boolValue };
  if (value.intValue !== undefined) return { key, type: 'int64', value: Number(value.intValue) };
  if (value.doubleValue !== undefined) return { key, type: 'float64', value: value.doubleValue };
  if (value.stringValue !== undefined) return { key, type: 'string', value: value.stringValue };
  const { values } = value.arrayValue as { values: Record<string, unknown>[] };
  // Go's own JSON, which escapes what HTML might take for a tag.
  const list = JSON.stringify(values.map(each => Object.values(each)[0])).replaceAll('<', '\\u003c');
  return { key, type: 'string', value: list };
}

const micros = (nanos: string | number): number => Number(BigInt(nanos) / 1000n);

function jaegerSpan(span: OtlpSpan, scope: { name: string; version?: string }, processID: string): unknown {
  const { traceId, spanId, parentSpanId, links = [], status = {} } = span;
  const text = (key: string, value: string): JaegerTag => ({ key, type: 'string', value });
  return {
    traceID: traceId,
    spanID: spanId,
    operationName: span.name,
    references: [
      ...(parentSpanId ? [{ refType: 'CHILD_OF', traceID: traceId, spanID: parentSpanId }] : []),
      ...links.map(link => ({ refType: 'FOLLOWS_FROM', traceID: link.traceId, spanID: link.spanId })),
    ],
    startTime: micros(span.startTimeUnixNano),
    duration: micros(span.endTimeUnixNano) - micros(span.startTimeUnixNano),
    tags: [
      text('otel.scope.name', scope.name),
      ...(scope.version ? [text('otel.scope.version', scope.version)] : []),
      ...span.attributes.map(tagOf),
      text('span.kind', KINDS[Number(span.kind)]?.toLowerCase() ?? ''),
      ...(status.code === 2
        ? [text('otel.status_code', 'ERROR'), { key: 'error', type: 'bool', value: true } satisfies JaegerTag]
        : []),
      ...(status.message ? [text('otel.status_description', status.message)] : []),
      text('internal.span.format', 'otlp'),
    ],
    logs: [],
    processID,
    warnings: null,
  };
}

/** As Jaeger's `/api/traces` tells them. */
export function jaegerData(resourceSpans: readonly OtlpResourceSpans[]): unknown[] {
  const traces = new Map<string, { traceID: string; spans: unknown[]; processes: Record<string, unknown> }>();
  for (const [index, { resource, scopeSpans }] of resourceSpans.entries()) {
    const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue;
    const tags = resource.attributes.filter(({ key }) => key !== 'service.name').map(tagOf);
    for (const { scope, spans } of scopeSpans) {
      for (const span of spans) {
        const trace = traces.get(span.traceId) ?? { traceID: span.traceId, spans: [], processes: {} };
        traces.set(span.traceId, trace);
        trace.processes[`p${index}`] = { serviceName: service, tags };
        trace.spans.push(jaegerSpan(span, scope, `p${index}`));
      }
    }
  }
  return [...traces.values()];
}

/** Jaeger's answer around its traces. */
export function jaegerAnswer(resourceSpans: readonly OtlpResourceSpans[]): unknown {
  return { data: jaegerData(resourceSpans), total: 0, limit: 0, offset: 0, errors: null };
}
