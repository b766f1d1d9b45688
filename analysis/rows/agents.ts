/** Who does the work, and who hands it to whom. Columns of the `.sql` files of these names, typed (see `analyses.ts`). */
import type { Figure } from './figure.ts';

/**
 * agents-summary.sql: one row an agent, those without work too; the 500 with the most attempts. `low` and `high` bound a
 * rate by Wilson's 95 % interval.
 */
export interface AgentsSummaryRow {
  board_uid: string;
  agent_id: string;
  /** Attempts that have ended: visits to stages of kind active, review or rework. succeeded + failed + stale + withdrawn. */
  attempts: number;
  open_attempts: number;
  /** Those of the attempts that were reviews. */
  reviews: number;
  /** Ended as its lifecycle goes on; a review that sends work back has succeeded. */
  succeeded: number;
  /** Ended in HUMAN_REVIEW. */
  failed: number;
  /** Ended for silence. */
  stale: number;
  /** Taken back: reassigned, put ON_HOLD, sent to STALE for another reason, or not known (an import's broken link). */
  withdrawn: number;
  success_rate: Figure;
  success_rate_low: Figure;
  success_rate_high: Figure;
  stale_rate: Figure;
  stale_rate_low: Figure;
  stale_rate_high: Figure;
  /** Reviews decided on its work. */
  decisions: number;
  /** Those that sent it back. */
  revisions: number;
  revision_rate: Figure;
  revision_rate_low: Figure;
  revision_rate_high: Figure;
  active_seconds: number;
  lost_seconds: number;
  /** Since it was first known, to the log's end, or until it was last seen if it is OFFLINE; null for one that is not registered. */
  known_seconds: Figure;
  /** Time it held work / known_seconds; at most 1, though it may hold several tasks. */
  utilisation: Figure;
}

/** handovers.sql: a task's attempt and its next one, by who held them; the 200 most frequent. */
export interface HandoverRow {
  board_uid: string;
  /** Null: nobody was assigned. */
  from_agent_id: string | null;
  /** May be the same agent. */
  to_agent_id: string | null;
  count: number;
  /** Of all handovers of all boards. */
  share: number;
  /** Those by which work came back from a review. */
  revisions: number;
  /** From the end of the one attempt to the beginning of the next. */
  total_wait_seconds: number;
  mean_wait_seconds: number;
  p50_wait_seconds: number;
  p95_wait_seconds: number;
}

/** Analysis → a row of it. */
export interface AgentsRows {
  agents_summary: AgentsSummaryRow;
  handovers: HandoverRow;
}

/** The names of {@link AgentsRows}, in the order of a report. */
export const AGENTS_NAMES: readonly (keyof AgentsRows)[] = ['agents_summary', 'handovers'];
