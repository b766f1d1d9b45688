import { bulkhead } from 'cockatiel';
import type { LogSource } from '../../log-source.ts';
import type { EventMatcher } from './event-filter.ts';
import { type EventFrame, frameOf } from './event-frame.ts';

/** Most pages that are read at a time, for all streams together: catching up must not keep the board from its work. */
const MAX_READS = 4;

/** Events of a page that all match: about as many as are sent at once. */
const PAGE_EVENTS = 100;

/** Events of a page of which a filter lets some through. */
const FILTERED_PAGE_EVENTS = 500;

/** Most bytes of payloads in a page. */
const PAGE_BYTES = 65_536;

/** A page of the log, as it is sent. */
export interface EventPage {
  readonly frames: readonly EventFrame[];
  /** There is nothing more to be sent up to this event. */
  readonly end: number;
}

/** Reads pages for streams that are behind; those that stand at the same place share a read. */
export class EventPages {
  readonly #board: Pick<LogSource, 'events' | 'taskEvents'>;
  readonly #reads = bulkhead(MAX_READS, Number.POSITIVE_INFINITY);
  readonly #underWay = new Map<string, Promise<EventPage>>();
  #count = 0;

  constructor(board: Pick<LogSource, 'events' | 'taskEvents'>) {
    this.#board = board;
  }

  /** Pages read so far. */
  get count(): number {
    return this.#count;
  }

  /** The page after an event; `last` is an event that is known to be in the log. */
  read(after: number, last: number, matcher: EventMatcher): Promise<EventPage> {
    const limit = matcher.key === '' ? PAGE_EVENTS : FILTERED_PAGE_EVENTS;
    const key = JSON.stringify([after, limit, matcher.taskId]);
    const reading = this.#underWay.get(key) ?? this.#start(key, after, { limit, last, taskId: matcher.taskId });
    return reading;
  }

  #start(
    key: string,
    after: number,
    { limit, last, taskId }: { limit: number; last: number; taskId: string | null },
  ): Promise<EventPage> {
    const reading = this.#reads
      .execute(async () => {
        this.#count++;
        const events =
          taskId === null
            ? await this.#board.events(after, limit, PAGE_BYTES)
            : await this.#board.taskEvents(taskId, after, limit, PAGE_BYTES);
        // A task has no more events up to what was in the log before they were read.
        const end = events.at(-1)?.sequence_id ?? (taskId === null ? after : last);
        return { frames: events.map(frameOf), end };
      })
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, reading);
    return reading;
  }
}
