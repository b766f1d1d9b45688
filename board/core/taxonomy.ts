import { ValidationError } from './errors.ts';
import { EVENT_TYPES, type EventType, isStandardStatus } from './statuses.ts';

const KNOWN: ReadonlySet<string> = new Set(EVENT_TYPES);
const STANDARD_STEPS: ReadonlyMap<string, EventType> = new Map<string, EventType>([
  ['UNASSIGNED>IN_PROGRESS', 'task_assigned'],
  ['PENDING_REVIEW>IN_PROGRESS', 'task_assigned'],
  ['REVISION_NEEDED>IN_PROGRESS', 'task_assigned'],
  ['STALE>UNASSIGNED', 'task_reassigned'],
  ['IN_PROGRESS>PENDING_REVIEW', 'task_completed'],
  ['IN_PROGRESS>COMPLETE', 'task_completed'],
  ['REVISION_NEEDED>PENDING_REVIEW', 'task_completed'],
  ['REVISION_NEEDED>COMPLETE', 'task_completed'],
  ['IN_PROGRESS>APPROVED', 'task_reviewed'],
  ['IN_PROGRESS>REVISION_NEEDED', 'task_reviewed'],
  ['APPROVED>COMPLETE', 'task_reviewed'],
]);

/**
 * The event a transition appends: exactly one for every pair of statuses, custom ones included. `from` is null for the post.
 *
 * ```ts
 * eventTypeOf('IN_PROGRESS', 'APPROVED'); // 'task_reviewed'
 * eventTypeOf('writing', 'editing'); // 'task_completed'
 * ```
 */
export function eventTypeOf(from: string | null, to: string): EventType {
  if (from === null) return 'task_posted';
  if (!isStandardStatus(to)) return 'task_completed';
  if (to === 'STALE') return 'task_stale';
  if (to === 'HUMAN_REVIEW') return 'task_failed';
  if (to === 'ON_HOLD') return isStandardStatus(from) ? 'task_failed' : 'task_completed';
  return STANDARD_STEPS.get(`${from}>${to}`) ?? eventTypeOfArrival(to);
}

function eventTypeOfArrival(to: string): EventType {
  if (to === 'UNASSIGNED') return 'task_reassigned';
  return to === 'IN_PROGRESS' ? 'task_assigned' : 'task_completed';
}

/** The text as an event type; a `ValidationError` (`unsupported_event_type`) where it is none of the frozen taxonomy. */
export function assertEventType(text: string): EventType {
  if (isEventType(text)) return text;
  throw new ValidationError('unsupported_event_type', `Unsupported frozen event type: ${text}`);
}

/** Whether an event of this type is a reason for the Chief to look at the board: all but a heartbeat. */
export function wakesChief(eventType: EventType): boolean {
  return eventType !== 'task_heartbeat';
}

function isEventType(text: string): text is EventType {
  return KNOWN.has(text);
}
