import type { BoardRecord } from '../core/records.ts';
import { endOf } from '../log-source.ts';
import { readTable, type TableSource } from '../table-source.ts';
import type { FaultList } from './faults.ts';
import type { TableDigests } from './table-digests.ts';

type SideLog = 'chief_cycles' | 'ombudsman_ticks' | 'flight_log';

const SIDE_LOGS: readonly SideLog[] = ['chief_cycles', 'ombudsman_ticks', 'flight_log'];

/** What checking the logs beside the events needs. */
export interface SideLogOptions {
  readonly source: TableSource;
  /** The board's row, read before. */
  readonly board: BoardRecord;
  readonly faults: FaultList;
  /** Takes every row. */
  readonly digests: TableDigests;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks the logs beside the events up to where `board` says they end: gapless, ascending, and all there. That a
 * cycle which was killed left no row is no fault: a row's number is given when it is written.
 *
 * @returns what the source has not, a sentence each.
 */
export async function checkSideLogs(options: SideLogOptions): Promise<string[]> {
  const skipped: string[] = [];
  for (const name of SIDE_LOGS) {
    if (options.source.absentTables?.has(name)) skipped.push(`The source has no ${name} table: it was not checked`);
    else await checkSideLog(name, options);
  }
  return skipped;
}

async function checkSideLog(name: SideLog, { source, board, faults, digests, signal }: SideLogOptions): Promise<void> {
  const { chief_cycles, ombudsman_ticks } = endOf(board);
  const end = { chief_cycles, ombudsman_ticks, flight_log: board.next_entry_id - 1 }[name];
  let last = 0;
  for await (const page of readTable(source, name, board)) {
    signal?.throwIfAborted();
    for (const row of page) {
      digests.add(name, row);
      const { sequence_id, entry_id } = row as Partial<Record<'sequence_id' | 'entry_id', number>>;
      const number = entry_id ?? sequence_id ?? 0;
      const isNew = number > last;
      if (!isNew) {
        faults.add('sequence_order', `Row ${number} of ${name} comes after row ${last}`, { inherited: false });
      } else if (number > last + 1) {
        faults.add('sequence_gap', `Rows ${last + 1} to ${number - 1} of ${name} are missing`, { inherited: false });
      }
      last = Math.max(last, number);
    }
  }
  // The flight log is not cut where the board's row says: what is written meanwhile makes it longer.
  if (last >= end) return;
  const message = `${name} ends with row ${last}; the next number of the board's row was ${end + 1}`;
  faults.add('board_row', message, { inherited: false });
}
