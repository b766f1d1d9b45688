import type { Event } from '../../board/core/records.ts';
import { stagesOf, summaryOf, type TimeTotals } from '../../board/core/stages.ts';
import { WORKING_KINDS } from '../../board/core/statuses.ts';
import type { Micros } from '../../board/core/time.ts';

/** What the root span of a task says of its life up to its first finish. */
export interface RootFacts extends TimeTotals {
  posted_at: Micros;
  /** As it was when the task finished; null where the log does not tell (imports). */
  label: string | null;
  priority: number | null;
  revisions: number;
  stale_count: number;
  /** Active, review and rework stages. */
  attempts: number;
  /** Active over elapsed; null where the task took no time. */
  flow_efficiency: number | null;
}

/**
 * The facts of a task at the event by which it first finished; whatever comes after changes nothing.
 *
 * @param history all events of the task, by ascending `sequence_id`.
 */
export function rootFactsOf(history: readonly Event[], finishing: Event): RootFacts {
  // A heartbeat before the post (imports) is no part of the task's life.
  const begins = history.findIndex(event => event.edge !== null);
  const life = history.slice(Math.max(0, begins)).filter(event => event.sequence_id <= finishing.sequence_id);
  const [post] = life;
  const summary = summaryOf(life);
  const { active_seconds, wait_seconds, lost_seconds, blocked_seconds, elapsed_seconds, revisions, stale_count } =
    summary;
  const attempts = stagesOf(life).filter(stage => stage.exited_at !== null && WORKING_KINDS.has(stage.stage_kind));
  const label = life.findLast(event => typeof event.payload.label === 'string')?.payload.label;
  const priority = post?.payload.priority;
  return {
    posted_at: post?.timestamp ?? finishing.timestamp,
    // An import's may hold half a character, which no protobuf can.
    label: typeof label === 'string' ? label.toWellFormed() : null,
    priority: typeof priority === 'number' ? priority : null,
    revisions,
    stale_count,
    attempts: attempts.length,
    active_seconds,
    wait_seconds,
    lost_seconds,
    blocked_seconds,
    flow_efficiency: flowEfficiency(active_seconds, elapsed_seconds),
  };
}

/** A share; where an import's clock went back it may be none. */
function flowEfficiency(active: number, elapsed: number | null): number | null {
  if (elapsed === null || elapsed <= 0) return null;
  const share = active / elapsed;
  return share >= 0 && share <= 1 ? share : null;
}
