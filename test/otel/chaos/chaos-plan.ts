/** What a receiver does to a request, once, before it goes back to taking what comes. */
export type Fault =
  /** 503 (or 429) to everything, for ten minutes of the exporter's waiting. */
  | 'outage'
  /** Takes the spans, and does not answer while the exporter waits. */
  | 'slow'
  /** Takes the spans, answers the head, and then a byte now and then. */
  | 'drip'
  /** Reads half of the body, and resets the connection. */
  | 'half_read'
  /** Reads all, takes nothing, and resets the connection. */
  | 'reset_before'
  /** Takes the spans, and resets the connection instead of an answer. */
  | 'reset_after'
  /** Takes the spans, and closes the connection within the answer's body. */
  | 'cut_answer'
  /** 500, which may be the fault of what is in the request. */
  | 'error'
  /** Takes the spans and answers so: no fault, but a moment to be killed in. */
  | 'answered';

/** A fault, and when it comes. */
export interface Step {
  readonly fault: Fault;
  /** Requests that are judged by what is in them before it comes. */
  readonly calm: number;
  /** Whether the exporter is killed at that moment: nothing of the fault has reached it then, but an answer. */
  readonly isDeadly: boolean;
}

/** The waiting at which an exporter is killed within an outage, in milliseconds of it. */
export const OUTAGE_KILLS: readonly number[] = [150_000, 400_000];

/** Which lone refusals of the poison are deadly: one before it is told, a later one right after, as the span is set aside. */
export const POISON_KILLS = { untold: 2, told: 4 } as const;

/** Kills in all. */
export const KILLS = 10;

const DEADLY: readonly Fault[] = ['slow', 'half_read', 'reset_before', 'reset_after', 'cut_answer', 'answered'];
const HARMLESS: readonly Fault[] = [
  'outage',
  'slow',
  'drip',
  'half_read',
  'reset_before',
  'reset_after',
  'cut_answer',
  'error',
  'error',
];

/** Every fault, each deadly one also with a kill, in an order and at distances that the seed decides. */
export function chaosPlan(seed: number): Step[] {
  const random = randomOf(seed);
  const steps = [
    ...DEADLY.map(fault => ({ fault, isDeadly: true })),
    ...HARMLESS.map(fault => ({ fault, isDeadly: false })),
  ];
  return steps
    .map(step => ({ ...step, calm: 1 + Math.floor(random() * 4), place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ place: _, ...step }) => step);
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
