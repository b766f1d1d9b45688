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
