import type { BoardRecord, ChiefCycle, Event, OmbudsmanTick } from '../../board/core/records.ts';
import type { LogSource } from '../../board/log-source.ts';
import { lastBefore } from '../feed/cursor-at.ts';

/** A stage, by its task and the event that entered it. */
export interface StageRef {
  readonly task_id: string;
  readonly entered_sequence_id: number;
}

const PAGE_EVENTS = 500;
const MAX_PAGES = 64;
/** A policy may act before the read that a cycle names as seen. */
const EVENTS_BEFORE = 5_000;
/** How far past its beginning a cycle's or tick's own events are looked for; what lies beyond gets no link. */
const EVENTS_AFTER = 20_000;
/** A tick says when it began by the Ombudsman's clock alone, which may be ahead of the board's as well as behind. */
const EVENTS_BEFORE_TICK = EVENTS_AFTER;

/** What to look for, around which event, how much of it there is, and how far back it may lie. */
interface Wanted {
  readonly key: string;
  readonly anchor: number;
  readonly expected: number;
  readonly before: number;
}

/** Of a stretch of the log, only what cycles and ticks caused. */
interface Page {
  /** The last event looked at. */
  upTo: number;
  readonly refs: Map<string, StageRef[]>;
}

/**
 * Finds the stages that a Chief cycle opened or an Ombudsman tick found stale. Their rows commit after their events and do
 * not name them, so a bounded stretch of the log around the row's beginning is searched: a function of log rows alone,
 * wherever the reader's batches begin and end.
 */
export function causedStages(source: LogSource): {
  /** Takes in events that were read anyway, so that they are not read again. */
  learn(events: readonly Event[]): void;
  openedBy(cycle: ChiefCycle, board: BoardRecord): Promise<readonly StageRef[]>;
  foundStaleBy(tick: OmbudsmanTick, board: BoardRecord): Promise<readonly StageRef[]>;
} {
  const pages = new Map<number, Page>();

  async function refsOf(number: number, key: string, end: number): Promise<readonly StageRef[]> {
    const page = await loadPage(source, pages, number, end);
    return page.refs.get(key) ?? [];
  }

  /** From the anchor on, then what lies before it; no further than where all that are expected were found. */
  async function search({ key, anchor, expected, before }: Wanted, board: BoardRecord): Promise<readonly StageRef[]> {
    const end = board.next_sequence_id - 1;
    const first = pageNumber(Math.max(1, anchor));
    const last = pageNumber(Math.min(anchor + EVENTS_AFTER, end));
    const found: StageRef[] = [];
    for (let number = first; number <= last && found.length < expected; number++) {
      found.push(...(await refsOf(number, key, end)));
    }
    const earliest = pageNumber(Math.max(1, anchor - before));
    for (let number = first - 1; number >= earliest && found.length < expected; number--) {
      found.unshift(...(await refsOf(number, key, end)));
    }
    return found;
  }

  return {
    learn(events) {
      for (const event of events) {
        const number = pageNumber(event.sequence_id);
        const page = pages.get(number) ?? (isFirstOfPage(event) ? addPage(pages, number) : undefined);
        if (page?.upTo === event.sequence_id - 1) takeIn(page, event);
      }
    },
    async openedBy(cycle, board) {
      // An action is a change of a task, so a cycle without one opened nothing, unless it threw before it could count.
      // One that threw before its first read has seen nothing, and did nothing.
      if (cycle.actions_taken === 0 && (cycle.error === null || cycle.seen_sequence_id === 0)) return [];
      const expected = expectedOf(cycle.actions_taken, cycle);
      return search(
        { key: cycleKey(cycle.cycle_id), anchor: cycle.seen_sequence_id, expected, before: EVENTS_BEFORE },
        board,
      );
    },
    async foundStaleBy(tick, board) {
      if (tick.stale_count === 0 && tick.error === null) return [];
      // A tick does not say what it saw. Times never go back in what a board wrote itself; in imports they may.
      const imported = board.imported_until ?? 0;
      const anchor = await lastBefore(imported, board.next_sequence_id - 1, tick.started_at, async number => {
        const [event] = await source.events(number - 1, 1);
        return event?.timestamp;
      });
      const expected = expectedOf(tick.stale_count, tick);
      return search({ key: tickKey(tick.tick_id), anchor, expected, before: EVENTS_BEFORE_TICK }, board);
    },
  };
}

/** How many stages there are to be found: what threw may have committed more than it counted. */
function expectedOf(counted: number, { error }: { readonly error: string | null }): number {
  return error === null ? counted : Number.POSITIVE_INFINITY;
}

const cycleKey = (cycleId: string): string => `cycle ${cycleId}`;
const tickKey = (tickId: string): string => `tick ${tickId}`;

function pageNumber(sequenceId: number): number {
  return Math.floor((sequenceId - 1) / PAGE_EVENTS);
}

function isFirstOfPage(event: Event): boolean {
  return (event.sequence_id - 1) % PAGE_EVENTS === 0;
}

function addPage(pages: Map<number, Page>, number: number): Page {
  const page: Page = { upTo: number * PAGE_EVENTS, refs: new Map() };
  pages.set(number, page);
  const [oldest] = pages.keys();
  if (pages.size > MAX_PAGES && oldest !== undefined) pages.delete(oldest);
  return page;
}

async function loadPage(source: LogSource, pages: Map<number, Page>, number: number, end: number): Promise<Page> {
  const page = pages.get(number) ?? addPage(pages, number);
  const limit = (number + 1) * PAGE_EVENTS - page.upTo;
  if (limit > 0 && page.upTo < end) {
    for (const event of await source.events(page.upTo, limit)) takeIn(page, event);
  }
  return page;
}

function takeIn(page: Page, event: Event): void {
  page.upTo = event.sequence_id;
  if (event.edge === null) return;
  if (event.cycle_id !== null) addRef(page, cycleKey(event.cycle_id), event.task_id, event.sequence_id);
  // The stage that went stale is the one the tick's event left.
  if (event.tick_id !== null) addRef(page, tickKey(event.tick_id), event.task_id, event.entered_sequence_id);
}

function addRef(page: Page, key: string, task_id: string, entered_sequence_id: number | null): void {
  if (entered_sequence_id === null) return;
  const refs = page.refs.get(key);
  if (refs === undefined) page.refs.set(key, [{ task_id, entered_sequence_id }]);
  else refs.push({ task_id, entered_sequence_id });
}
