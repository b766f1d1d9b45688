import { QuadroError } from '../../board/core/errors.ts';
import type { BoardRecord, Cursor } from '../../board/core/records.ts';
import type { Micros } from '../../board/core/time.ts';
import { endOf, type LogSource } from '../../board/log-source.ts';
import type { FeedBatch, FeedOptions } from './feed.ts';

const MEBIBYTE = 1_048_576;

/** Most rows of a page, and most bytes of their payloads. */
type PageBounds = Required<Pick<FeedOptions, 'batchSize' | 'maxPageBytes'>>;

/** @throws QuadroError `invalid_configuration` */
export function pageBounds({ batchSize = 500, maxPageBytes = 4 * MEBIBYTE }: FeedOptions): PageBounds {
  checkCount('batchSize', batchSize);
  checkCount('maxPageBytes', maxPageBytes);
  return { batchSize, maxPageBytes };
}

/**
 * Reads the page of the three logs after a cursor, or null at their ends, the three side by side in time. Only logs whose counter
 * moved are read.
 */
export function pageReader(
  source: LogSource,
  options: FeedOptions,
): { after(cursor: Cursor, board: BoardRecord): Promise<FeedBatch | null> } {
  const { batchSize, maxPageBytes } = pageBounds(options);
  const events = growingPages(batchSize, (after, limit) => source.events(after, limit, maxPageBytes));
  const cycles = inStep(
    growingPages(batchSize, (after, limit) => source.chiefCycles(after, limit, maxPageBytes)),
    cycle => cycle.slept_at,
  );
  const ticks = inStep(
    growingPages(batchSize, (after, limit) => source.ombudsmanTicks(after, limit, maxPageBytes)),
    tick => tick.ended_at,
  );
  return {
    async after(cursor, board) {
      const end = earlier(endOf(board), options.end);
      const page = await events(cursor.events, end.events);
      const reachedEvent = page.at(-1);
      const isBehind = reachedEvent !== undefined && reachedEvent.sequence_id < end.events;
      const until = isBehind ? reachedEvent.timestamp : Number.POSITIVE_INFINITY;
      const chief_cycles = await cycles(cursor.chief_cycles, end.chief_cycles, until);
      const ombudsman_ticks = await ticks(cursor.ombudsman_ticks, end.ombudsman_ticks, until);
      if (page.length + chief_cycles.length + ombudsman_ticks.length === 0) return null;
      const reached = {
        events: reachedEvent?.sequence_id ?? cursor.events,
        chief_cycles: chief_cycles.at(-1)?.sequence_id ?? cursor.chief_cycles,
        ombudsman_ticks: ombudsman_ticks.at(-1)?.sequence_id ?? cursor.ombudsman_ticks,
      };
      const lag = Math.max(0, end.events - reached.events);
      return { board, events: page, chief_cycles, ombudsman_ticks, cursor: reached, lag };
    },
  };
}

/**
 * Pages of a log that keeps step with the events: while those are behind, only rows up to the time they have reached, the rest
 * of a page waiting here. What a cycle or tick caused is then near the events just read, and need not be read ahead.
 */
function inStep<Row extends { sequence_id: number }>(
  pages: (after: number, end: number) => Promise<readonly Row[]>,
  timeOf: (row: Row) => Micros,
): (after: number, end: number, until: Micros) => Promise<readonly Row[]> {
  let waiting: readonly Row[] = [];
  return async (after, end, until) => {
    waiting = waiting.filter(({ sequence_id }) => sequence_id > after);
    if (waiting.length === 0) waiting = await pages(after, end);
    const later = waiting.findIndex(row => timeOf(row) > until);
    return later === -1 ? waiting : waiting.slice(0, later);
  };
}

function checkCount(name: string, count: number): void {
  if (Number.isInteger(count) && count >= 1) return;
  throw new QuadroError('invalid_configuration', `${name} must be a whole number from 1 on, not ${count}`);
}

function earlier(end: Cursor, last: Cursor = end): Cursor {
  return {
    events: Math.min(end.events, last.events),
    chief_cycles: Math.min(end.chief_cycles, last.chief_cycles),
    ombudsman_ticks: Math.min(end.ombudsman_ticks, last.ombudsman_ticks),
  };
}

/**
 * Pages of one log. After one that its bytes cut short the next asks for twice its rows, not for a whole page: some databases
 * unpack a value to tell its size.
 */
function growingPages<Row extends { sequence_id: number }>(
  batchSize: number,
  read: (after: number, limit: number) => Promise<readonly Row[]>,
): (after: number, end: number) => Promise<readonly Row[]> {
  let size = batchSize;
  return async (after, end) => {
    const limit = Math.min(size, end - after);
    if (limit <= 0) return [];
    const page = await read(after, limit);
    size = Math.min(batchSize, 2 * (page.length < limit ? page.length : size));
    const beyond = page.findIndex(({ sequence_id }) => sequence_id > end);
    return beyond === -1 ? page : page.slice(0, beyond);
  };
}
