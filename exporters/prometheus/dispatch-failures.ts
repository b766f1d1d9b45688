import type { ChiefCycle, Event } from '../../board/core/records.ts';
import { wakesChief } from '../../board/core/taxonomy.ts';
import type { Micros } from '../../board/core/time.ts';
import type { LogSource } from '../../board/log-source.ts';

/** How many rows are read at a time, and of events how many bytes: a long sleep may have had large outputs. */
const PAGE_ROWS = 500;
const PAGE_BYTES = 4 * 1_048_576;

/** What a cycle's successor must know of it. */
type Before = Pick<ChiefCycle, 'sequence_id' | 'seen_sequence_id' | 'stranded_after'>;

/**
 * How long Chiefs slept although they could have dispatched: the third kind of sleep, which is neither "nothing to do" nor
 * "everybody is busy". A function of the log: it begins as the Chief went to sleep where it left such work behind, else with the
 * first event that should have woken it, and ends with the cycle that found it. Where another Chief ran meanwhile such an event
 * may have been its, which the log does not say: then only work that was left behind counts.
 */
export class DispatchFailures {
  readonly #source: Pick<LogSource, 'events' | 'chiefCycles'>;
  readonly #grace: Micros;
  /** The latest cycle that passed by, of each Chief. */
  readonly #latest = new Map<string, Before>();

  /** @param grace How long work may be stranded before it is a failure. */
  constructor(source: Pick<LogSource, 'events' | 'chiefCycles'>, grace: Micros) {
    this.#source = source;
    this.#grace = grace;
  }

  /** The failures that cycles of a page ended, beyond the grace, by the cycle's number. Pages must come in the log's order. */
  async endedIn(cycles: readonly ChiefCycle[]): Promise<ReadonlyMap<number, Micros>> {
    const failures = new Map<number, Micros>();
    for (const cycle of cycles) {
      const failed = await this.#failedBefore(cycle);
      if (failed > 0) failures.set(cycle.sequence_id, failed);
      const { sequence_id, seen_sequence_id, stranded_after } = cycle;
      this.#latest.set(cycle.chief_id, { sequence_id, seen_sequence_id, stranded_after });
    }
    return failures;
  }

  async #failedBefore(cycle: ChiefCycle): Promise<Micros> {
    const { previous_slept_at, woke_at, draining } = cycle;
    // Most cycles end here: what follows reads the log.
    if (draining || previous_slept_at === null || woke_at - previous_slept_at <= this.#grace) return 0;
    if (!foundStranded(cycle)) return 0;
    const before = await this.#before(cycle);
    const since = before === null ? null : await this.#strandedSince(cycle, previous_slept_at, before);
    return since === null ? 0 : Math.max(0, woke_at - since - this.#grace);
  }

  async #strandedSince(cycle: ChiefCycle, sleptAt: Micros, before: Before): Promise<Micros | null> {
    if (before.stranded_after > 0) return sleptAt;
    const isAlone = before.sequence_id === cycle.sequence_id - 1;
    if (!isAlone) return null;
    const news = await this.#firstNews(before.seen_sequence_id, cycle.seen_sequence_id);
    return news === null ? null : Math.max(sleptAt, news.timestamp);
  }

  /** The first event after one cycle's last and up to another's that should have woken a Chief: no heartbeat, no Chief's own. */
  async #firstNews(after: number, upTo: number): Promise<Event | null> {
    for (let place = after; place < upTo; ) {
      const page = await this.#source.events(place, Math.min(PAGE_ROWS, upTo - place), PAGE_BYTES);
      const news = page.find(each => wakesChief(each.event_type) && each.cycle_id === null);
      if (news !== undefined) return news.sequence_id <= upTo ? news : null;
      const last = page.at(-1);
      if (last === undefined) return null;
      place = last.sequence_id;
    }
    return null;
  }

  /** The cycle of the same Chief before this one: as it passed by, else read back from the log. */
  async #before({ chief_id, sequence_id }: ChiefCycle): Promise<Before | null> {
    const latest = this.#latest.get(chief_id);
    // A page that could not be counted comes again: what passed by may then be this cycle, or one after it.
    if (latest !== undefined && latest.sequence_id < sequence_id) return latest;
    for (let end = sequence_id - 1; end > 0; end -= PAGE_ROWS) {
      const page = await this.#source.chiefCycles(Math.max(0, end - PAGE_ROWS), Math.min(PAGE_ROWS, end));
      const before = page.findLast(each => each.chief_id === chief_id && each.sequence_id < sequence_id);
      if (before !== undefined) return before;
    }
    return null;
  }
}

/** Whether a task and an idle agent waited for each other as the Chief woke. */
function foundStranded({ by_capability }: Pick<ChiefCycle, 'by_capability'>): boolean {
  return Object.values(by_capability).some(load => {
    if (typeof load !== 'object' || load === null || !('waiting' in load && 'idle_agents' in load)) return false;
    return Math.min(Number(load.waiting), Number(load.idle_agents)) > 0;
  });
}
