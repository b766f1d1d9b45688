import { gunzipSync } from 'node:zlib';
import { decodeJson, decodeProtobuf, protobufRequest, type WireSpan } from '../wire-span.ts';

/** A span as it came over the wire. */
export interface WireForm {
  /** Trace and span id. */
  readonly id: string;
  /** What an independent decoder makes of it. */
  readonly wire: WireSpan;
  /** It alone as a line of JSON, with its resource and scope. */
  readonly line: string;
  /** All of it: equal where every byte of two spans is. */
  readonly bytes: string;
}

/** Fields of messages of a request, by their numbers: resource spans, scope spans, spans. */
const SPAN_PATH = [1, 2, 2];

/** The spans of an OTLP request as it came. */
export function wireForms(headers: Readonly<Record<string, unknown>>, body: Uint8Array): WireForm[] {
  const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  return String(headers['content-type']).includes('json') ? jsonForms(plain) : protobufForms(plain);
}

/** The spans of an OTLP JSON request. */
export function jsonForms(request: Uint8Array | string): WireForm[] {
  const lines = linesOf(JSON.parse(String(Buffer.from(request))));
  return decodeJson(request).map((wire, index) => formOf(wire, lines[index] ?? '', lines[index] ?? ''));
}

function protobufForms(request: Uint8Array): WireForm[] {
  // The generated message writes itself as protobuf's JSON mapping says.
  const lines = linesOf(JSON.parse(JSON.stringify(protobufRequest.decode(request))));
  const bytes = SPAN_PATH.reduce((parts, field) => parts.flatMap(part => messagesOf(part, field)), [request]);
  return decodeProtobuf(request).map((wire, index) => {
    const line = lines[index] ?? '';
    return formOf(wire, line, `${line} ${Buffer.from(bytes[index] ?? []).toString('hex')}`);
  });
}

function formOf(wire: WireSpan, line: string, bytes: string): WireForm {
  return { id: `${wire.traceId} ${wire.spanId}`, wire, line, bytes };
}

interface JsonRequest {
  readonly resourceSpans?: readonly { readonly scopeSpans: readonly { readonly spans: readonly object[] }[] }[];
}

function linesOf({ resourceSpans = [] }: JsonRequest): string[] {
  return resourceSpans.flatMap(resource =>
    resource.scopeSpans.flatMap(scope =>
      scope.spans.map(span => {
        return JSON.stringify({ resourceSpans: [{ ...resource, scopeSpans: [{ ...scope, spans: [span] }] }] });
      }),
    ),
  );
}

/** The bytes of every message in the field of that number; knows only fields that say their length, as all of ours above do. */
function messagesOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    if ((tag & 7) !== 2) throw new Error(`Field ${tag >> 3} has no length`);
    const length = varint();
    if (tag >> 3 === wanted) found.push(message.subarray(at, at + length));
    at += length;
  }
  return found;
}
