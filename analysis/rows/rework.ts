/** What was sent back. Columns of the `.sql` files of these names, typed (see `analyses.ts`). */
import type { Figure } from './figure.ts';

/** revisions-by-type.sql; `task_type` null is all of them. */
export interface RevisionsByTypeRow {
  task_type: string | null;
  decisions: Figure;
  revisions: Figure;
  revision_rate: Figure;
  decided_tasks: number;
  first_pass_tasks: number;
  revised_tasks: number;
  first_pass_yield: Figure;
  mean_revisions: Figure;
  p95_revisions: Figure;
  rework_seconds: number;
  rework_share: Figure;
}

/** revisions-by-agent.sql */
export interface RevisionsByAgentRow {
  role: 'author' | 'reviewer';
  agent_id: string | null;
  decisions: number;
  revisions: number;
  revision_rate: Figure;
  decided_tasks: number;
  first_pass_yield: Figure;
  mean_revisions: Figure;
  p95_revisions: Figure;
  rework_seconds: number;
  rework_share: Figure;
}

/** Analysis → a row of it. */
export interface ReworkRows {
  revisions_by_type: RevisionsByTypeRow;
  revisions_by_agent: RevisionsByAgentRow;
}

/** The names of {@link ReworkRows}, in the order of a report. */
export const REWORK_NAMES: readonly (keyof ReworkRows)[] = ['revisions_by_type', 'revisions_by_agent'];
