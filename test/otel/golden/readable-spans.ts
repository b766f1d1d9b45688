import { isoOf } from '../../../board/core/time.ts';
import { decodeJson, type WireLink, type WireSpan, type WireValue } from '../wire-span.ts';

/** Links that are shown of a span. */
const SHOWN_LINKS = 3;

/** OTLP JSON lines, for reading: a paragraph a span, with everything but what all of a request share. */
export function readableSpans(text: string): string {
  const spans = text
    .split('\n')
    .filter(line => line !== '')
    .flatMap(decodeJson);
  return spans.map((span, index) => `${index + 1}. ${paragraph(span)}\n`).join('\n');
}

function paragraph(span: WireSpan): string {
  const { traceId, spanId, parentSpanId, links, droppedLinks, flags } = span;
  const parent = parentSpanId === '' ? 'no parent' : `parent ${parentSpanId}`;
  const more =
    links.length > SHOWN_LINKS ? [`link … and ${links.length - SHOWN_LINKS} more, ${droppedLinks} dropped`] : [];
  const lines = [
    `trace ${traceId}, span ${spanId}, ${parent}, flags ${flags}`,
    `${timeOf(span.start)} + ${Number(span.end - span.start) / 1e9} s${statusOf(span)}`,
    ...Object.entries(span.attributes).map(([key, value]) => `${key} ${shown(value)}`),
    ...links.slice(0, SHOWN_LINKS).map(linkOf),
    ...more,
  ];
  return [JSON.stringify(span.name), ...lines].join('\n   ');
}

function timeOf(nanos: bigint): string {
  if (nanos % 1000n !== 0n) throw new Error(`${nanos} is no whole number of microseconds`);
  return isoOf(Number(nanos / 1000n));
}

function statusOf({ status: { code, message } }: WireSpan): string {
  if (code === 0) return '';
  return ` ${code === 2 ? 'ERROR' : `status ${code}`}${message === '' ? '' : ` ${JSON.stringify(message)}`}`;
}

function linkOf({ traceId, spanId, flags, attributes }: WireLink): string {
  const words = Object.entries(attributes).map(([key, value]) => `${key} ${shown(value)}`);
  return `link ${words.join(', ')} → trace ${traceId}, span ${spanId}, flags ${flags}`;
}

function shown({ type, value }: WireValue): string {
  return type === 'int' ? String(value) : `${JSON.stringify(value)}${type === 'double' ? ' (double)' : ''}`;
}
