import type { BoardRecord } from '../../../board/core/records.ts';
import type { LogSource } from '../../../board/log-source.ts';
import { checkSelection, type SelectionOptions } from '../selection.ts';
import { compareWithLog, countUnselected } from './compare-with-log.ts';
import type { SpanFormat } from './compared-fields.ts';
import { type DifferingSpan, type FaultySpan, nameFaults } from './name-faults.ts';
import { readReceived, type Watched } from './read-received.ts';
import { type ReceivedOptions, receivedSpans } from './received-spans.ts';

/**
 * What comparing the log with received spans came to. Every received span is in one of `found`, `differing_count`,
 * `unknown_count`, `unselected`, `duplicates` and `foreign`; every expected one in `found`, `missing_count` or
 * `differing_count`.
 */
export interface SpanVerification {
  /** Nothing missing, differing or unknown. */
  readonly ok: boolean;
  /** What was read; null where it held no span. */
  readonly format: SpanFormat | null;
  /** Spans the log says, of those selected. */
  readonly expected: number;
  /** Spans read, repeats included. */
  readonly received: number;
  /** Expected spans that were received, equal in all that the format tells. */
  readonly found: number;
  /** Expected spans that were not received. */
  readonly missing_count: number;
  /** Expected spans of which at least one copy differs. */
  readonly differing_count: number;
  /** Spans of this board that its log does not know. */
  readonly unknown_count: number;
  /** Spans the log knows, but the options leave out. No fault. */
  readonly unselected: number;
  /** Further copies of spans: delivery is at least once. No fault, unless they differ. */
  readonly duplicates: number;
  /** Spans of other services, workers and boards, which are not looked at. */
  readonly foreign: number;
  /** The first of each kind, as many as `maxListed`. */
  readonly missing: readonly FaultySpan[];
  readonly differing: readonly DifferingSpan[];
  readonly unknown: readonly FaultySpan[];
  /** What the backend said about its answer. */
  readonly notes: readonly string[];
}

/** What to compare. The selection must be the one the spans were sent with, or a part of it. */
export interface VerifyOptions extends SelectionOptions, ReceivedOptions, Watched {
  /** Faulty spans of each kind that are named; all are counted. Default 1,000. */
  maxListed?: number;
}

/**
 * Compares what a board's log says with what a file or a backend's query holds, and names what is missing, differs, or is
 * not known. Nothing is sent or written. The received spans are read before the log, so that a board may be worked on
 * meanwhile; memory holds some 50 bytes for each, however large they are.
 *
 * @param received A file, or an http or https URL: OTLP JSON (a document, or one a line), or an answer of Tempo or Jaeger.
 * @throws QuadroError `invalid_source` where that holds no spans, `remote_error` where the URL does not answer with them,
 * `invalid_configuration` for options that cannot be.
 * @example
 * await writeSpans(board, 'spans.ndjson');
 * await verifySpans(board, 'spans.ndjson'); // { ok: true, expected: 1200, found: 1200, missing_count: 0, missing: [], … }
 */
export async function verifySpans(
  source: LogSource,
  received: string,
  options: VerifyOptions = {},
): Promise<SpanVerification> {
  const { maxListed = 1_000, signal } = options;
  checkSelection(options);
  const board = await source.board();
  const spans = await receivedSpans(received, options);
  const reading = await readReceived(spans, board.board_uid, options);
  const compared = await compareWithLog(source, reading, { ...options, maxListed });
  const unselected = await countUnselected(source, reading.table, compared, options);
  const unknown_count = reading.table.size - compared.found - compared.differing_count - unselected;
  const faults = { differing: compared.differing, unknown_count, maxListed, signal };
  const named = await nameFaults(spans, reading, board.board_uid, faults);
  const { expected, found, missing_count, differing_count, missing } = compared;
  const { format, duplicates, foreign } = reading;
  return {
    ok: missing_count + differing_count + unknown_count === 0,
    format,
    expected,
    received: reading.received,
    found,
    missing_count,
    differing_count,
    unknown_count,
    unselected,
    duplicates,
    foreign,
    missing,
    ...named,
    notes: [...spans.notes, ...foreignNote(board, reading)],
  };
}

/** All of them foreign is seldom what somebody meant to look at. */
function foreignNote(
  { board_id, board_uid }: Pick<BoardRecord, 'board_id' | 'board_uid'>,
  { received, foreign }: { readonly received: number; readonly foreign: number },
): string[] {
  if (foreign === 0 || foreign < received) return [];
  return [`none of the ${foreign} spans is of board ${board_id} (quadro.board_uid ${board_uid})`];
}
