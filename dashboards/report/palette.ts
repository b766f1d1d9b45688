/**
 * What each colour of the report means. A colour is a custom property of page.css, which has it for light and for dark; one thing
 * has one colour wherever it stands. The hues are told apart with every common colour vision; legends and labels name them besides.
 */
import type { StageKind } from '../../board/core/statuses.ts';

/** Something with a colour of its own. */
export interface Hue {
  readonly label: string;
  readonly color: string;
}

/** The hues of what is drawn, in their order, for a legend. */
export function huesOf(hues: Readonly<Record<string, Hue>>, drawn: ReadonlySet<string | null>): readonly Hue[] {
  return Object.entries(hues).flatMap(([name, hue]) => (drawn.has(name) ? [hue] : []));
}

/** What a task does at an instant: the kind of its stage, or time lost to a silent worker. */
export type TimeKind = StageKind | 'lost';

/** Time kinds in the order in which they are stacked. */
export const TIME_KINDS: Readonly<Record<TimeKind, Hue>> = {
  active: { label: 'work', color: 'var(--active)' },
  review: { label: 'review', color: 'var(--review)' },
  rework: { label: 'rework', color: 'var(--rework)' },
  wait: { label: 'waiting', color: 'var(--wait)' },
  lost: { label: 'lost to silent workers', color: 'var(--lost)' },
  blocked: { label: 'blocked on a person', color: 'var(--blocked)' },
  terminal: { label: 'end', color: 'var(--terminal)' },
};

/** What a Chief does at an instant. */
export type ChiefState = 'sleeping' | 'thinking' | 'acting' | 'stopped';

/** The states of a Chief, in the order in which they are stacked. */
export const CHIEF_STATES: Readonly<Record<ChiefState, Hue>> = {
  sleeping: { label: 'sleeping', color: 'var(--sleeping)' },
  thinking: { label: 'thinking', color: 'var(--thinking)' },
  acting: { label: 'acting', color: 'var(--acting)' },
  stopped: { label: 'stopped', color: 'var(--stopped)' },
};

/** What is told apart by place and name, not by colour. */
export const PLAIN = 'var(--plain)';
/** The same, paler: what stands beside it for comparison. */
export const PALE = 'var(--pale)';
/** Text, axes and rules inside charts. */
export const INK = 'var(--ink)';
/** Less important text. */
export const MUTED = 'var(--muted)';
/** What lies behind a chart. */
export const PAPER = 'var(--paper)';
/** What went wrong. */
export const FAULT = 'var(--fault)';
