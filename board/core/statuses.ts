/** The nine statuses every board knows (spec.md). A custom profile adds its own beside them. */
export const STANDARD_STATUSES = [
  'UNASSIGNED',
  'IN_PROGRESS',
  'PENDING_REVIEW',
  'REVISION_NEEDED',
  'APPROVED',
  'COMPLETE',
  'STALE',
  'HUMAN_REVIEW',
  'ON_HOLD',
] as const;

/** One of {@link STANDARD_STATUSES}. */
export type StandardStatus = (typeof STANDARD_STATUSES)[number];

/** A task's status: a standard one or any text a custom profile declares. */
export type TaskStatus = StandardStatus | (string & {});

const STANDARD: ReadonlySet<string> = new Set(STANDARD_STATUSES);

/** Whether a status is one of the nine that every board knows. */
export function isStandardStatus(status: string): status is StandardStatus {
  return STANDARD.has(status);
}

/** The two statuses every state may exit to: work that waits for a person. */
export const EXIT_STATUSES = ['HUMAN_REVIEW', 'ON_HOLD'] as const;

/** Whether a status is HUMAN_REVIEW or ON_HOLD. */
export function isExitStatus(status: string): boolean {
  return status === 'HUMAN_REVIEW' || status === 'ON_HOLD';
}

/** What an agent is doing: BUSY while it has an open assignment, OFFLINE after no sign of life for its time-out. */
export type AgentStatus = 'IDLE' | 'BUSY' | 'OFFLINE';

/** What a visit to a status is: waiting, work, review, rework, blocked on a person, or the end. */
export type StageKind = 'wait' | 'active' | 'review' | 'rework' | 'blocked' | 'terminal';

/** The stage kinds in which an agent works. */
export const WORKING_KINDS: ReadonlySet<StageKind> = new Set<StageKind>(['active', 'review', 'rework']);

/** What kind of step a transition was (spec.md): exact where `event_type` is not. */
export type EdgeKind = 'post' | 'forward' | 'branch' | 'revision' | 'loop' | 'stale' | 'reassign' | 'exit' | 'unlinked';

/** The frozen taxonomy: no other event type is ever emitted. */
export const EVENT_TYPES = [
  'task_posted',
  'task_assigned',
  'task_heartbeat',
  'task_completed',
  'task_reviewed',
  'task_stale',
  'task_reassigned',
  'task_failed',
] as const;

/** One of {@link EVENT_TYPES}. */
export type EventType = (typeof EVENT_TYPES)[number];
