import { TASK_TRANSITIONS } from '../../exporters/prometheus/names.ts';
import type { RuleQueries } from './rule-queries.ts';

/** Steps by which a reviewer sends a task back. */
export const REVISIONS: string = `${TASK_TRANSITIONS.name}{edge="revision"}`;

/**
 * Review decisions, as the analyses count them: steps out of a status from which tasks are sent back, but for exits, stale ones
 * and those that an import left unlinked. Which statuses those are is told by the steps back that there were.
 *
 * @param counted how much the series of a selector have grown, or how fast they grow.
 */
export function reviewDecisions(queries: RuleQueries, counted: (selector: string) => string): string {
  const steps = counted(`${TASK_TRANSITIONS.name}{edge!~"exit|stale|unlinked"}`);
  return `${steps} and ignoring (to_status, edge) ${queries.once(REVISIONS)}`;
}
