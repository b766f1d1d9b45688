import type { Backend, LogQuery } from '../backends/backend.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { errorOf } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { BoardRecord, ChiefCycle, Event, FlightLogEntry, OmbudsmanTick } from '../core/records.ts';
import { readInBatches } from '../row-batches.ts';
import type { CopyRun } from './copy-run.ts';
import type { NextNumbers } from './copy-target.ts';

/** A log: where its rows are read, and which number of the board's row says how far it is. */
interface CopiedLog<Row extends object> {
  readonly table: 'events' | 'chief_cycles' | 'ombudsman_ticks' | 'flight_log';
  readonly next: keyof NextNumbers;
  numberOf(row: Row): number;
  read(backend: Backend, query: LogQuery): Promise<readonly Row[]>;
}

const EVENTS: CopiedLog<Event> = {
  table: 'events',
  next: 'next_sequence_id',
  numberOf: row => row.sequence_id,
  read: (backend, query) => backend.readEvents(query),
};

const CHIEF_CYCLES: CopiedLog<ChiefCycle> = {
  table: 'chief_cycles',
  next: 'next_cycle_sequence_id',
  numberOf: row => row.sequence_id,
  read: (backend, query) => backend.readChiefCycles(query),
};

const OMBUDSMAN_TICKS: CopiedLog<OmbudsmanTick> = {
  table: 'ombudsman_ticks',
  next: 'next_tick_sequence_id',
  numberOf: row => row.sequence_id,
  read: (backend, query) => backend.readOmbudsmanTicks(query),
};

const FLIGHT_LOG: CopiedLog<FlightLogEntry> = {
  table: 'flight_log',
  next: 'next_entry_id',
  numberOf: row => row.entry_id,
  read: (backend, query) => backend.readFlightLog(query),
};

/** Copies what the target lacks of the logs, up to where `source` says they end. */
export async function copyLogs(run: CopyRun, source: BoardRecord): Promise<void> {
  await copyLog(run, EVENTS, source);
  await copyLog(run, CHIEF_CYCLES, source);
  await copyLog(run, OMBUDSMAN_TICKS, source);
  await copyLog(run, FLIGHT_LOG, source);
}

async function copyLog<Row extends object>(run: CopyRun, log: CopiedLog<Row>, source: BoardRecord): Promise<void> {
  const { from, boardId, target } = run;
  const start = target.next[log.next] - 1;
  // A log that is being written could grow as fast as it is copied.
  if (start + 1 >= source[log.next]) return;
  const pages = readInBatches<Row>((last, limit) =>
    log.read(from, { board_id: boardId, after: last === undefined ? start : log.numberOf(last), limit }),
  );
  for await (const rows of pages) {
    const last = rows.at(-1);
    if (last === undefined) continue;
    await run.write({ [log.table]: rows }, { [log.next]: log.numberOf(last) + 1 });
    if (log.numberOf(last) + 1 >= source[log.next]) return;
  }
}

/**
 * Makes sure that an unfinished copy is one of this source: that the last row copied of each log is the source's.
 *
 * @throws ValidationError (`invalid_source`)
 */
export async function refuseOtherHistory(run: CopyRun): Promise<void> {
  await compareLast(run, EVENTS);
  await compareLast(run, CHIEF_CYCLES);
  await compareLast(run, OMBUDSMAN_TICKS);
  await compareLast(run, FLIGHT_LOG);
}

async function compareLast<Row extends object>({ from, boardId, target }: CopyRun, log: CopiedLog<Row>): Promise<void> {
  const number = target.next[log.next] - 1;
  if (number === 0) return;
  const place = { after: number - 1, limit: 1 };
  const copied = await log.read(target.backend, { board_id: target.boardId, ...place });
  const found = await log.read(from, { board_id: boardId, ...place });
  if (
    canonicalJson(copied as unknown as readonly JsonObject[]) ===
    canonicalJson(found as unknown as readonly JsonObject[])
  )
    return;
  throw errorOf(
    'invalid_source',
    `The unfinished copy ${target.boardId} in ${target.backend.location} has another history than the source (row ${number} of ${log.table} differs): ` +
      'copy into a new board (another database, or another board name)',
    { details: { board_id: target.boardId } },
  );
}
