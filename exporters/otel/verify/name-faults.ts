import { ATTR } from '../names.ts';
import { differencesOf, type SpanDifference } from './compared-fields.ts';
import { isOfBoard, type Reading } from './read-received.ts';
import type { ReceivedSpans } from './received-spans.ts';
import type { SpanRecord } from './span-record.ts';
import { SEEN } from './span-table.ts';

/** A span that something is wrong with. */
export interface FaultySpan {
  readonly name: string;
  readonly trace_id: string;
  readonly span_id: string;
  /** Its task; null for a cycle or tick. */
  readonly task_id: string | null;
}

/** A span that was received otherwise than the log says. */
export interface DifferingSpan extends FaultySpan {
  readonly differences: readonly SpanDifference[];
}

/** The name of a span, for a list of faults. */
export function faultySpan({ name, trace_id, span_id, attributes }: SpanRecord): FaultySpan {
  const task_id = attributes[ATTR.task_id];
  return { name, trace_id, span_id, task_id: typeof task_id === 'string' ? task_id : null };
}

/** What is to be named. */
export interface FaultsToName {
  /** By span id, what the log says of spans that differ. */
  readonly differing: ReadonlyMap<string, SpanRecord>;
  readonly unknown_count: number;
  readonly maxListed: number;
  readonly signal: AbortSignal | undefined;
}

/** Reads the received spans once more, where there is something to name: the first time only their digests were kept. */
export async function nameFaults(
  spans: ReceivedSpans,
  { table }: Reading,
  boardUid: string,
  { differing, unknown_count, maxListed, signal }: FaultsToName,
): Promise<{ differing: readonly DifferingSpan[]; unknown: readonly FaultySpan[] }> {
  const named = new Map<string, DifferingSpan>();
  const unknown = new Map<string, FaultySpan>();
  const unknownListed = Math.min(unknown_count, maxListed);
  const isDone = (): boolean => named.size === differing.size && unknown.size === unknownListed;
  if (isDone()) return { differing: [], unknown: [] };
  for await (const { record, format } of spans.read()) {
    signal?.throwIfAborted();
    if (!isOfBoard(record, boardUid)) continue;
    const { span_id } = record;
    const expected = differing.get(span_id);
    if (expected !== undefined && !named.has(span_id)) {
      const differences = differencesOf(expected, record, format);
      // A copy may be as it should be, and another one not.
      if (differences.length > 0) named.set(span_id, { ...faultySpan(expected), differences });
    } else if (unknown.size < unknownListed && !table.has(span_id, SEEN.expected | SEEN.unselected)) {
      if (!unknown.has(span_id)) unknown.set(span_id, faultySpan(record));
    }
    if (isDone()) break;
  }
  // In the order of the log, as the missing ones are.
  return { differing: [...differing.keys()].flatMap(id => named.get(id) ?? []), unknown: [...unknown.values()] };
}
