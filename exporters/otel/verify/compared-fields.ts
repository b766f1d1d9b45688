import { hash } from 'node:crypto';
import { isoOf } from '../../../board/core/time.ts';
import { RESOURCE } from '../names.ts';
import type { LinkRecord, PlainValue, SpanRecord } from './span-record.ts';

/** What received spans are written in, which decides what of them can be compared. */
export type SpanFormat = 'otlp' | 'jaeger';

/** Where a received span is not what the log says. */
export interface SpanDifference {
  /** `trace_id`, `start`, `links`, …, `attributes.quadro.outcome`, `resource.service.name`. */
  readonly field: string;
  /** What the log says; null where it has no such field. */
  readonly expected: ComparedValue;
  /** What was received; null where it has no such field. */
  readonly received: ComparedValue;
}

/** A field's value as JSON has it; an integer beyond JSON's own comes as its digits. */
export type ComparedValue = string | number | boolean | null | readonly ComparedValue[];

const STATUS_CODES: readonly string[] = ['unset', 'ok', 'error'];
/** Only these of a resource: a collector adds what it knows of the machine. */
const RESOURCE_NAMES: readonly string[] = Object.values(RESOURCE);

/**
 * The content of a span, as an id that equal contents share: 64 bits of a hash over every field that the format can tell.
 */
export function contentDigest(record: SpanRecord, format: SpanFormat): bigint {
  const lines = [...comparedFields(record, format)].map(
    ([field, value]) => `${JSON.stringify(field)} ${canonical(value)}`,
  );
  return BigInt(`0x${hash('sha256', lines.sort().join('\n')).slice(0, 16)}`);
}

/** Where two spans differ, as far as the format can tell; nothing where their digests are equal. */
export function differencesOf(expected: SpanRecord, received: SpanRecord, format: SpanFormat): SpanDifference[] {
  const [wanted, got] = [comparedFields(expected, format), comparedFields(received, format)];
  const fields = new Set([...wanted.keys(), ...got.keys()]);
  return [...fields]
    .map(field => ({ field, expected: wanted.get(field) ?? null, received: got.get(field) ?? null }))
    .filter(difference => canonical(difference.expected) !== canonical(difference.received))
    .map(({ field, expected, received }) => ({ field, expected: jsonValue(expected), received: jsonValue(received) }));
}

/** Every field by name; what is absent or empty is left out. */
function comparedFields(record: SpanRecord, format: SpanFormat): Map<string, PlainValue> {
  const fields = new Map<string, PlainValue>();
  const put = (field: string, value: PlainValue): void => {
    if (value !== null && value !== '' && value !== 0) fields.set(field, value);
  };
  put('trace_id', record.trace_id);
  put('parent_span_id', record.parent_span_id);
  put('name', record.name);
  put('kind', record.kind);
  put('start', timeText(record.start, format));
  put('end', timeText(record.end, format));
  fields.set('status', STATUS_CODES[record.status_code] ?? record.status_code);
  put('status_message', record.status_message);
  put('events', record.events);
  put('trace_state', record.trace_state);
  if (record.links.length > 0) fields.set('links', linkTexts(record.links, format));
  if (format === 'otlp') {
    put('dropped_links', record.dropped_links);
    put('dropped_attributes', record.dropped_attributes);
  }
  // Of attributes also empty texts and zeros: they say something.
  for (const [name, value] of Object.entries(record.attributes)) {
    if (value !== null) fields.set(`attributes.${name}`, comparable(value, format));
  }
  for (const name of RESOURCE_NAMES) put(`resource.${name}`, record.resource[name] ?? null);
  return fields;
}

/** ISO 8601 with six digits, or nine where there is more to say; Jaeger's times end at the microsecond. */
function timeText(nanos: bigint, format: SpanFormat): string {
  const micros = nanos / 1000n;
  const rest = nanos - micros * 1000n;
  // A time that no calendar has must not end the comparison: it is told as it came.
  if (nanos < 0n || micros > LAST_MICROS) return `${nanos} ns`;
  const iso = isoOf(Number(micros));
  return format === 'jaeger' || rest === 0n ? iso : iso.replace('+', `${String(rest).padStart(3, '0')}+`);
}

/** The last microsecond that a number holds exactly. */
const LAST_MICROS = BigInt(Number.MAX_SAFE_INTEGER);

/** Links in an order of their own: backends keep them in any. Jaeger keeps no attributes of them. */
function linkTexts(links: readonly LinkRecord[], format: SpanFormat): string[] {
  return links
    .map(({ trace_id, span_id, attributes }) => {
      const told = format === 'jaeger' ? [] : Object.entries(attributes).map(([key, value]) => `${key}=${value}`);
      return [`${trace_id}-${span_id}`, ...told.sort()].join(' ');
    })
    .sort();
}

/** Jaeger writes a list as JSON in a text, so both sides are taken to such a text, written one way. */
function comparable(value: PlainValue, format: SpanFormat): PlainValue {
  if (format === 'otlp') return value;
  if (Array.isArray(value)) return JSON.stringify(jsonValue(value));
  if (typeof value !== 'string' || !value.startsWith('[')) return value;
  try {
    return JSON.stringify(JSON.parse(value));
  } catch {
    return value;
  }
}

/** Equal for equal values: an integer and a double of one value are the same, as backends turn one into the other. */
function canonical(value: PlainValue): string {
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  if (typeof value === 'object' && value !== null) return `[${value.map(canonical).join()}]`;
  return String(value);
}

function jsonValue(value: PlainValue): ComparedValue {
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'object' && value !== null ? value.map(jsonValue) : value;
}
