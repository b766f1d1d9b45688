import type { FaultySpan, SpanDifference, SpanVerification } from '../exporters/otel/index.ts';
import { printable } from './output.ts';

/** Faults of each kind that a terminal shows. */
const MOST_SHOWN = 20;
/** Characters of a value that it shows. */
const MOST_CHARACTERS = 120;

/** The outcome of a verification, for people. */
export function verifyText(result: SpanVerification, location: string): string {
  const { missing, missing_count, differing, differing_count, unknown, unknown_count, notes } = result;
  return [
    ...listed('missing', missing, missing_count, () => []),
    ...listed('differs', differing, differing_count, span => span.differences.map(differenceLine)),
    ...listed('unknown', unknown, unknown_count, () => []),
    ...notes.map(note => `note     ${printable(note)}`),
    verdict(result, location),
  ].join('\n');
}

function listed<Span extends FaultySpan>(
  word: string,
  spans: readonly Span[],
  count: number,
  detailsOf: (span: Span) => readonly string[],
): string[] {
  const shown = spans.slice(0, MOST_SHOWN);
  const rest = count - shown.length;
  return [
    ...shown.flatMap(span => [spanLine(word, span), ...detailsOf(span)]),
    ...(rest > 0 ? [`${word.padEnd(7)}  … and ${rest} more`] : []),
  ];
}

function spanLine(word: string, { name, trace_id, span_id, task_id }: FaultySpan): string {
  const task = task_id === null ? '' : `  task ${task_id}`;
  return printable(`${word.padEnd(7)}  ${name}  trace ${trace_id} span ${span_id}${task}`);
}

function differenceLine({ field, expected, received }: SpanDifference): string {
  return printable(`           ${field}: the log says ${shown(expected)}, received ${shown(received)}`);
}

function shown(value: SpanDifference['expected']): string {
  if (value === null) return 'nothing';
  const text = JSON.stringify(value);
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}… (${text.length} characters)`;
}

function verdict(result: SpanVerification, location: string): string {
  const { ok, expected, found, missing_count, differing_count, unknown_count } = result;
  const besides = [
    counted(result.duplicates, 'received more than once'),
    counted(result.unselected, 'outside the selection'),
    counted(result.foreign, 'of others'),
  ].filter(each => each !== '');
  const aside = besides.length === 0 ? '' : `; besides: ${besides.join(', ')}`;
  const where = printable(location);
  if (ok) return `${where} holds what the log says: all ${expected} spans, and each as it should be${aside}`;
  const faults = `${missing_count} missing, ${differing_count} differing, ${unknown_count} unknown to the log`;
  return `${where} is not what the log says: ${found} of ${expected} spans are as they should be, ${faults}${aside}`;
}

function counted(count: number, what: string): string {
  return count === 0 ? '' : `${count} ${what}`;
}
