import { RESOURCE, SCOPE_NAME } from '../names.ts';
import { contentDigest, type SpanFormat } from './compared-fields.ts';
import type { ReceivedSpans } from './received-spans.ts';
import type { SpanRecord } from './span-record.ts';
import { SEEN, type SpanTable, spanTable } from './span-table.ts';

/** How far a verification is. */
export interface VerifyProgress {
  /** Spans read. */
  readonly received: number;
  /** Spans of the log that were looked for among them. */
  readonly expected: number;
}

/** Who may stop a verification, and who is told how far it is. */
export interface Watched {
  signal?: AbortSignal;
  onProgress?: (progress: VerifyProgress) => void;
}

/** What the received spans are, before anything is compared. */
export interface Reading {
  readonly table: SpanTable;
  /** Null where there was no span. */
  readonly format: SpanFormat | null;
  /** All that were read. */
  readonly received: number;
  /** Copies of spans that were there already. */
  readonly duplicates: number;
  /** Of other boards, services and workers. */
  readonly foreign: number;
}

const TELL_EVERY = 1_000;

/** Whether a span says it is one of a board's own; where a worker's spans nest under a stage, it is their scope that tells. */
export function isOfBoard({ resource, scope_name }: SpanRecord, boardUid: string): boolean {
  return resource[RESOURCE.board_uid] === boardUid && (scope_name === null || scope_name === SCOPE_NAME);
}

/** Reads all received spans, and keeps of each of the board's no more than a digest. */
export async function readReceived(
  spans: ReceivedSpans,
  boardUid: string,
  { signal, onProgress }: Watched,
): Promise<Reading> {
  const table = spanTable();
  let [received, duplicates, foreign] = [0, 0, 0];
  let found: SpanFormat | null = null;
  for await (const { record, format } of spans.read()) {
    signal?.throwIfAborted();
    found = format;
    received += 1;
    if (received % TELL_EVERY === 0) onProgress?.({ received, expected: 0 });
    if (!isOfBoard(record, boardUid)) {
      foreign += 1;
      continue;
    }
    const digest = contentDigest(record, format);
    if (table.add(record.span_id, digest)) continue;
    duplicates += 1;
    if (table.digestOf(record.span_id) !== digest) table.mark(record.span_id, SEEN.conflicting);
  }
  return { table, format: found, received, duplicates, foreign };
}
