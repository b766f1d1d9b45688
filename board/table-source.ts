import { errorOf } from './core/errors.ts';
import type { Agent, BoardRecord, FlightLogEntry, ProfileRecord, Task } from './core/records.ts';
import type { TableName, TableRecords } from './core/tables.ts';
import type { Micros } from './core/time.ts';
import { endOf, type LogSource } from './log-source.ts';

/**
 * Everything of one board that is exported and analysed: its logs and its tables. A `Board` is one; so is an exported log
 * opened by `quadro/analysis`.
 */
export interface TableSource extends LogSource {
  /** Every task, archived ones too, by task_id. */
  tasks(): AsyncIterable<Task>;
  /**
   * Tasks archived at that time or later, by task_id: the only change of a task that leaves no event, so that whoever follows
   * the log finds the rest by its events.
   */
  archivedTasks(since: Micros): AsyncIterable<Task>;
  /** Every agent, by agent_id. */
  agents(): AsyncIterable<Agent>;
  /** Every flight-log entry after one, by entry_id. Default: from the first on. */
  flightLog(after?: number): AsyncIterable<FlightLogEntry>;
  /**
   * Every version of every profile, the built-in ones (version 0) included: an analysis elsewhere knows edges, kinds and
   * routes from here alone.
   */
  profiles(): AsyncIterable<ProfileRecord>;
  /** Tables the source lacks, such as all but `events` of a file of events. Absent: it has them all. */
  readonly absentTables?: ReadonlySet<TableName>;
}

/** Rows a page of {@link readTable} holds at most. */
export const TABLE_PAGE_ROWS = 4096;

type LogPage<Row> = (after: number, limit: number) => Promise<readonly Row[]>;

async function* logPages<Row extends { sequence_id: number }>(
  read: LogPage<Row>,
  start: number,
  last: number,
): AsyncGenerator<readonly Row[]> {
  let after = start;
  while (after < last) {
    const page = await read(after, TABLE_PAGE_ROWS);
    const until = page.findIndex(({ sequence_id }) => sequence_id > last);
    if (page.length > 0) yield until === -1 ? page : page.slice(0, until);
    if (page.length < TABLE_PAGE_ROWS || until !== -1) return;
    after = page.at(-1)?.sequence_id ?? last;
  }
}

/** Gathers rows to pages of {@link TABLE_PAGE_ROWS}. */
export async function* rowPages<Row>(rows: AsyncIterable<Row>): AsyncGenerator<readonly Row[]> {
  let page: Row[] = [];
  for await (const row of rows) {
    page.push(row);
    if (page.length === TABLE_PAGE_ROWS) {
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}

/**
 * The rows of one table in its own order, in pages. The three logs stop where `board`, read before, says they end, so
 * that all tables of one export are cut there; rows that are replaced (tasks, agents) are as they are when read, and
 * of a board that is being written may be newer than the last event.
 *
 * @param start Logs and flight log: the number after which to begin. Default: from the first row on.
 */
export function readTable(
  source: TableSource,
  table: TableName,
  board: BoardRecord,
  start = 0,
): AsyncGenerator<readonly TableRecords[TableName][]> {
  const end = endOf(board);
  const readers = {
    events: () => logPages((after, limit) => source.events(after, limit), start, end.events),
    chief_cycles: () => logPages((after, limit) => source.chiefCycles(after, limit), start, end.chief_cycles),
    ombudsman_ticks: () => logPages((after, limit) => source.ombudsmanTicks(after, limit), start, end.ombudsman_ticks),
    tasks: () => rowPages(source.tasks()),
    agents: () => rowPages(source.agents()),
    flight_log: () => rowPages(source.flightLog(start)),
    profiles: () => rowPages(source.profiles()),
    boards: () => rowPages(onlyRow(board)),
  };
  if (source.absentTables?.has(table)) {
    throw errorOf('invalid_source', `This source has no ${table}: it holds other tables only`);
  }
  return readers[table]();
}

async function* onlyRow<Row>(row: Row): AsyncGenerator<Row> {
  yield row;
}

/** Rows a table will give, where the board's own row tells; null where only reading does. */
export function expectedRows(table: TableName, board: BoardRecord): number | null {
  const end = endOf(board);
  if (table === 'events' || table === 'chief_cycles' || table === 'ombudsman_ticks') return end[table];
  return table === 'boards' ? 1 : null;
}
