import type { Cursor } from '../../board/core/records.ts';
import type { Micros } from '../../board/core/time.ts';
import { endOf, type LogSource } from '../../board/log-source.ts';
import { LOG_START } from './feed.ts';

/**
 * The place just before an event, so that a feed begins with it; the other logs begin with the rows that ended at or after
 * its time.
 *
 * @param sequenceId from 1; beyond the log's end the feed will refuse it.
 */
export async function cursorAt(source: LogSource, sequenceId: number): Promise<Cursor> {
  const events = Math.max(0, sequenceId - 1);
  // Everything, also what ended before there was an event.
  if (events === 0) return { ...LOG_START };
  const [event] = await source.events(events, 1);
  if (event === undefined) return { ...LOG_START, events };
  const end = endOf(await source.board());
  const { timestamp } = event;
  return {
    events,
    chief_cycles: await lastBefore(0, end.chief_cycles, timestamp, async n => {
      const [cycle] = await source.chiefCycles(n - 1, 1);
      return cycle?.slept_at;
    }),
    ombudsman_ticks: await lastBefore(0, end.ombudsman_ticks, timestamp, async n => {
      const [tick] = await source.ombudsmanTicks(n - 1, 1);
      return tick?.ended_at;
    }),
  };
}

/**
 * Where a feed must begin and end so as to miss no row of a stretch of time; it may read others too. Only events that a board
 * wrote itself are in the order of their times: imports come as they were, and cycles and ticks tell their own times.
 *
 * @param until exclusive. The end is where the logs end now, or before.
 */
export async function cursorsBetween(
  source: LogSource,
  { since, until }: { since?: Micros | undefined; until?: Micros | undefined },
): Promise<{ readonly start: Cursor; readonly end: Cursor }> {
  const board = await source.board();
  const end = endOf(board);
  const ordered = Math.min(end.events, source.unorderedUntil ?? board.imported_until ?? 0);
  const before = (instant: Micros): Promise<number> =>
    lastBefore(ordered, end.events, instant, async number => (await source.events(number - 1, 1))[0]?.timestamp);
  const first = since === undefined || ordered > 0 ? 0 : await before(since);
  return {
    start: { ...LOG_START, events: first },
    end: until === undefined ? end : { ...end, events: await before(until) },
  };
}

/**
 * The number of the last row, of those after `low` up to `high`, whose time is before an instant; `low` where none is. The
 * rows' times must not go back.
 */
export async function lastBefore(
  low: number,
  high: number,
  instant: Micros,
  timeOf: (sequenceId: number) => Promise<Micros | undefined>,
): Promise<number> {
  let before = low;
  let notBefore = high + 1;
  while (notBefore - before > 1) {
    const middle = Math.floor((before + notBefore) / 2);
    const time = await timeOf(middle);
    if (time !== undefined && time < instant) before = middle;
    else notBefore = middle;
  }
  return before;
}
