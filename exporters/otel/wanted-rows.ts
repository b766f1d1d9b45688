import type { Cursor, Event, OmbudsmanTick } from '../../board/core/records.ts';
import type { Micros } from '../../board/core/time.ts';
import type { LogSource } from '../../board/log-source.ts';
import type { FeedBatch } from '../feed/index.ts';
import type { ContextKeeper } from './context.ts';
import { lightEvent } from './light-event.ts';
import { lightSource, transitionsOf } from './light-source.ts';
import { type Sampling, spansOf, taskSampler } from './sampling.ts';
import type { SelectionOptions } from './selection.ts';

/** Rows whose spans are wanted: what is wanted of a page of the log, or a part of it. */
export interface WantedRows {
  /** With the cursor and lag of a reader that has dealt with it: only the last part of a page moves them. */
  readonly rows: FeedBatch;
  /** Spans held back in it, less those it gives that were held back before. */
  readonly not_sampled: number;
}

/** An event whose spans are wanted, or, being null, one whose spans are held back; and what that adds to the count. */
interface Counted {
  readonly event: Event | null;
  readonly not_sampled: number;
}

/** Most events of a part: a page may bring back a task with a past of any length. */
const PART_EVENTS = 2_000;

const NOT_SAMPLED: Sampling = { held: new Set(), released: new Map() };

/**
 * The rows that are wanted of a log's pages, each with the place before it. Pages come in the order of the log, or of each
 * task's history.
 */
export function wantedRows(
  source: LogSource,
  keeper: ContextKeeper,
  options: SelectionOptions,
): (page: FeedBatch, before: Cursor) => AsyncIterable<WantedRows> | readonly WantedRows[] {
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = options;
  const { sampleRatio = 1, quietTicks = true } = options;
  const isInTime = (time: Micros): boolean => time >= since && time < until;
  const isWanted = (tick: OmbudsmanTick): boolean => isInTime(tick.ended_at) && (quietTicks || !isQuiet(tick));
  const isEverything = sampleRatio >= 1 && options.since === undefined && options.until === undefined && quietTicks;
  const log = lightSource(source, { withLabel: false });
  const sample = sampleRatio < 1 ? taskSampler(log, sampleRatio) : null;

  async function samplingOf(page: FeedBatch): Promise<Sampling> {
    if (sample === null) return NOT_SAMPLED;
    const transitions = page.events.filter(({ edge }) => edge !== null).map(event => lightEvent(event, false));
    const origins = await keeper.originsOf(
      page,
      transitions.map(({ task_id }) => task_id),
    );
    return sample(transitions, origins);
  }

  async function* counted(events: readonly Event[], { held, released }: Sampling): AsyncGenerator<Counted, void, void> {
    for (const event of events) {
      const spans = spansOf(event);
      if (spans === 0 || !isInTime(event.timestamp)) continue;
      const { sequence_id, task_id } = event;
      if (held.has(sequence_id)) {
        yield { event: null, not_sampled: spans };
        continue;
      }
      if (released.has(sequence_id)) {
        const past = released.get(sequence_id) ?? transitionsOf(log, task_id, sequence_id);
        for await (const earlier of past) {
          if (spansOf(earlier) > 0) yield { event: earlier, not_sampled: -spansOf(earlier) };
        }
      }
      yield { event, not_sampled: 0 };
    }
  }

  async function* wanted(page: FeedBatch, before: Cursor): AsyncGenerator<WantedRows, void, void> {
    const chief_cycles = page.chief_cycles.filter(({ slept_at }) => isInTime(slept_at));
    const ombudsman_ticks = page.ombudsman_ticks.filter(isWanted);
    const part = { ...page, chief_cycles: [], ombudsman_ticks: [], ...standingAt(before, page) };
    let events: Event[] = [];
    let not_sampled = 0;
    for await (const row of counted(page.events, await samplingOf(page))) {
      if (events.length >= PART_EVENTS) {
        yield { rows: { ...part, events }, not_sampled };
        events = [];
        not_sampled = 0;
      }
      if (row.event !== null) events.push(row.event);
      not_sampled += row.not_sampled;
    }
    yield { rows: { ...page, events, chief_cycles, ombudsman_ticks }, not_sampled };
  }

  return isEverything ? page => [{ rows: page, not_sampled: 0 }] : wanted;
}

/** Whether a tick found nothing, and did what it was to do. */
function isQuiet({ stale_count, error }: OmbudsmanTick): boolean {
  return stale_count === 0 && error === null;
}

/** The place of a reader that has not dealt with a page. */
function standingAt(before: Cursor, { cursor, lag }: FeedBatch): Pick<FeedBatch, 'cursor' | 'lag'> {
  return { cursor: before, lag: lag + cursor.events - before.events };
}
