/** Why work waited. Columns of the `.sql` files of these names, typed (see `analyses.ts`). */
import type { WakeTrigger } from '../../board/core/records.ts';
import type { Figure } from './figure.ts';

/** What held a waiting task at an instant: the first of these that was true (docs/analysis.md). */
export type WaitCause = 'draining' | 'no_agent' | 'contention' | 'chief_cycle' | 'chief_sleep' | 'other';

/** wait-causes.sql; `task_type` null is all of them. The seconds of the six causes sum to `wait_seconds`. */
export interface WaitCausesRow {
  task_type: string | null;
  status: string;
  /** What its tasks wait for; null where no agent is needed or there is no route. */
  capability: string | null;
  /** Visits, open ones too: those are cut where the log ends. */
  waits: number;
  open_waits: number;
  wait_seconds: number;
  draining_seconds: number;
  no_agent_seconds: number;
  contention_seconds: number;
  chief_cycle_seconds: number;
  chief_sleep_seconds: number;
  other_seconds: number;
  /** (chief_cycle + chief_sleep) / wait. */
  chief_share: Figure;
  /** The cause of most of it; null where nothing waited for any time. */
  main_cause: WaitCause | null;
  /** Waits in which a lower-ranked task was given a capable agent first. */
  inversions: number;
  /** From then to the end of these waits; overlaps the causes. */
  inversion_seconds: number;
}

/** inversions.sql: places where a lower-ranked task went first. */
export interface InversionsRow {
  status: string;
  capability: string;
  waits: number;
  /** Waits that were passed over. */
  inversions: number;
  inversion_share: number;
  inversion_seconds: number;
  max_seconds: number;
  /** Up to three tasks, the longest passed over first. */
  worst_task_ids: readonly string[];
}

/** bottleneck.sql */
export interface BottleneckRow {
  status: string;
  capability: string | null;
  score: Figure;
  wait_seconds: number;
  arrivals: number;
  departures: number;
  arrivals_per_departure: Figure;
  p95_seconds: Figure;
  p25_seconds: Figure;
  busy_share: Figure;
  mean_elapsed_seconds: Figure;
  mean_elapsed_if_p25_seconds: Figure;
  is_bottleneck: boolean;
  /** What held its tasks for most of their wait. */
  main_cause: WaitCause | null;
  /** The share of that cause in the wait, 0 to 1. */
  main_cause_share: Figure;
}

/** what-if.sql: what one change would be worth, all else as it was. */
export interface WhatIfRow {
  /** The place's longer waits last its p25; a capable agent is always idle; the Chief dispatches at once. */
  scenario: 'wait_at_p25' | 'no_contention' | 'no_chief_latency';
  status: string;
  capability: string | null;
  mean_elapsed_seconds: number;
  mean_elapsed_if_seconds: number;
  /** The difference, a finished task. */
  saved_seconds: number;
  /** saved_seconds / mean_elapsed_seconds. */
  saved_share: Figure;
}

/** dispatch-failure.sql: a row a Chief. */
export interface DispatchFailureRow {
  board_uid: string;
  chief_id: string;
  /** How long work may be stranded before it is a failure (`dispatchGraceSeconds`). */
  grace_seconds: number;
  episodes: number;
  /** Time in failure: from when the grace was over. */
  failure_seconds: number;
  /** Σ over capabilities of min(dispatchable tasks, idle agents), over the time in failure. */
  stranded_task_seconds: number;
  longest_seconds: number;
  /** Time asleep, the last sleep to the log's end. */
  sleeping_seconds: number;
  /** failure_seconds / sleeping_seconds. */
  failure_share: Figure;
  /** Events that should have woken it and that no cycle saw within the grace. */
  missed_wakes: number;
}

/** dispatch-failure-episodes.sql: the hundred with most stranded task-seconds. */
export interface DispatchFailureEpisodesRow {
  board_uid: string;
  chief_id: string;
  /** Since when a dispatchable task and an idle agent waited for each other. */
  stranded_at: string;
  /** When the grace was over: the failure begins. */
  started_at: string;
  ended_at: string;
  /** From `started_at` to `ended_at`. */
  seconds: number;
  stranded_task_seconds: number;
  /** Most tasks stranded at once. */
  peak: number;
  capabilities: readonly string[];
  /** A wake of the Chief; the work or the agents went away; the Chief turned out to be draining; the log ends. */
  ended_by: 'wake' | 'cleared' | 'draining' | 'log_end';
  /** The trigger of that wake. */
  woken_by: WakeTrigger | null;
}

/** resource-allocation.sql */
export interface ResourceAllocationRow {
  capability: string;
  /** Agents that have it; one with several counts for each. */
  agents: number;
  /** Working time of these agents. */
  busy_seconds: number;
  /** Time that tasks waited for it. */
  waiting_seconds: number;
  /** busy / (busy + waiting). */
  allocation: Figure;
}

/** Analysis → a row of it. */
export interface CoordinationRows {
  bottleneck: BottleneckRow;
  what_if: WhatIfRow;
  wait_causes: WaitCausesRow;
  inversions: InversionsRow;
  dispatch_failure: DispatchFailureRow;
  dispatch_failure_episodes: DispatchFailureEpisodesRow;
  resource_allocation: ResourceAllocationRow;
}

/** The names of {@link CoordinationRows}, in the order of a report. */
export const COORDINATION_NAMES: readonly (keyof CoordinationRows)[] = [
  'bottleneck',
  'what_if',
  'wait_causes',
  'inversions',
  'dispatch_failure',
  'dispatch_failure_episodes',
  'resource_allocation',
];
