/** What is in the log. Columns of the `.sql` files of these names, typed (see `analyses.ts`). */
import type { EdgeKind, EventType } from '../../board/core/statuses.ts';
import type { Figure } from './figure.ts';

/** log-summary.sql: one row. */
export interface LogSummaryRow {
  boards: number;
  tasks: number;
  finished_tasks: number;
  events: number;
  transitions: number;
  heartbeats: number;
  unlinked_events: number;
  first_event_at: string | null;
  last_event_at: string | null;
  span_seconds: Figure;
}

/** events-by-type.sql */
export interface EventsByTypeRow {
  event_type: EventType;
  count: number;
}

/** tasks-by-status.sql */
export interface TasksByStatusRow {
  status: string;
  count: number;
  open: number;
  finished: number;
  archived: number;
}

/** edges.sql */
export interface EdgeRow {
  from_status: string;
  to_status: string;
  edge: EdgeKind;
  count: number;
}

/** Analysis → a row of it. */
export interface OverviewRows {
  log_summary: LogSummaryRow;
  events_by_type: EventsByTypeRow;
  tasks_by_status: TasksByStatusRow;
  edges: EdgeRow;
}

/** The names of {@link OverviewRows}, in the order of a report. */
export const OVERVIEW_NAMES: readonly (keyof OverviewRows)[] = [
  'log_summary',
  'events_by_type',
  'tasks_by_status',
  'edges',
];
