/**
 * A task's history as stages and figures (analysis.md 1–5). Pure: the board's flight plan, the root span and the tests
 * stand on these; the SQL is compared with them.
 */
import type { Event, FlightLogEntry, Task } from './records.ts';
import { type EdgeKind, type StageKind, WORKING_KINDS } from './statuses.ts';
import { type Micros, microsOf, US_PER_SECOND } from './time.ts';

/** One visit of a task to a status (analysis.md 1–3). All `_seconds` come from integer microseconds. */
export interface Stage {
  status: string;
  stage_kind: StageKind;
  visit: number;
  entered_at: Micros;
  /** Null while the task is still in it: right-censored. */
  exited_at: Micros | null;
  /** Null while open. */
  dwell_seconds: number | null;
  assigned_to: string | null;
  cycle_id: string | null;
  entered_sequence_id: number;
  exited_sequence_id: number | null;
  edge_in: EdgeKind;
  edge_out: EdgeKind | null;
  heartbeats: number;
  last_heartbeat_at: Micros | null;
  max_heartbeat_gap_seconds: number | null;
}

/** Where a task's time went, up to its first finish: the four sum to `elapsed_seconds` (analysis.md 3). */
export interface TimeTotals {
  active_seconds: number;
  wait_seconds: number;
  lost_seconds: number;
  blocked_seconds: number;
}

/** The figures of a task: its totals up to the first finish, and counts over the whole history given. */
export interface TaskSummary extends TimeTotals {
  /** When it first finished. */
  terminal_at: Micros | null;
  /** Posted to first finish; null while it never finished. */
  elapsed_seconds: number | null;
  /** `revision` edges. */
  revisions: number;
  /** Stages that ended for a stale heartbeat. */
  stale_count: number;
  /** `reassign` edges. */
  reassignments: number;
  /** Whether it never finished: the totals then stop at the last closed stage. */
  censored: boolean;
}

/** A task's flight plan (analysis.md 5). */
export interface FlightPlan extends TaskSummary {
  task_id: string;
  task_type: string;
  label: string;
  priority: number;
  status: string;
  created_at: Micros;
  stages: Stage[];
  output: string | null;
  notes: readonly string[];
  flight_log: readonly FlightLogEntry[];
  events: readonly Event[];
}

/** An event that closed a stage: the columns of the stage left are there. */
type ClosingEvent = Event & { entered_at: Micros; entered_sequence_id: number };

const isTransition = (event: Event): boolean => event.event_type !== 'task_heartbeat';

function isClosing(event: Event): event is ClosingEvent {
  return isTransition(event) && event.entered_at !== null && event.entered_sequence_id !== null;
}

/**
 * Whether an event took the task away because its worker had gone silent: `payload.reason` says so. The reference
 * implementation gives no reason, so an imported `task_stale` without one counts as well.
 */
export function isStaleHeartbeat(event: Event): boolean {
  const { reason } = event.payload;
  return reason === 'stale_heartbeat' || (reason === undefined && event.event_type === 'task_stale');
}

const secondsOf = (micros: number): number => micros / US_PER_SECOND;
const secondsOrNull = (micros: number | null): number | null => (micros === null ? null : secondsOf(micros));

function closedStage(closing: ClosingEvent, entering: Event | undefined): Stage {
  return {
    // After a broken link of an import, `from_status` is not where the task was.
    status: entering?.to_status ?? closing.from_status ?? '',
    stage_kind: closing.from_stage_kind ?? 'wait',
    visit: closing.visit ?? 1,
    entered_at: closing.entered_at,
    exited_at: closing.timestamp,
    dwell_seconds: secondsOf(closing.timestamp - closing.entered_at),
    assigned_to: closing.from_agent_id,
    cycle_id: closing.from_cycle_id,
    entered_sequence_id: closing.entered_sequence_id,
    exited_sequence_id: closing.sequence_id,
    edge_in: closing.from_edge ?? 'unlinked',
    edge_out: closing.edge,
    heartbeats: closing.heartbeats ?? 0,
    last_heartbeat_at: closing.last_heartbeat_at,
    max_heartbeat_gap_seconds: secondsOrNull(closing.max_heartbeat_gap_us),
  };
}

/** When a heartbeat was made: an import's event is a little later than the beat it reports. */
function beatAt(event: Event): Micros {
  const { heartbeat_at } = event.payload;
  return (typeof heartbeat_at === 'string' ? microsOf(heartbeat_at) : null) ?? event.timestamp;
}

/** The stage that the last transition entered, its running values counted from the beats since. */
function openStage(entering: Event, history: readonly Event[]): Stage {
  const status = entering.to_status ?? '';
  let heartbeats = 0;
  let lastSign = entering.timestamp;
  let maxGap = 0;
  for (const event of history) {
    if (isTransition(event) || event.payload.fenced === true || event.sequence_id < entering.sequence_id) continue;
    const at = beatAt(event);
    heartbeats += 1;
    maxGap = Math.max(maxGap, at - lastSign);
    lastSign = at;
  }
  return {
    status,
    stage_kind: entering.stage_kind ?? 'wait',
    visit: history.filter(event => isTransition(event) && event.to_status === status).length,
    entered_at: entering.timestamp,
    exited_at: null,
    dwell_seconds: null,
    assigned_to: entering.assigned_to,
    cycle_id: entering.cycle_id,
    entered_sequence_id: entering.sequence_id,
    exited_sequence_id: null,
    edge_in: entering.edge ?? 'unlinked',
    edge_out: null,
    heartbeats,
    last_heartbeat_at: heartbeats === 0 ? null : lastSign,
    max_heartbeat_gap_seconds: heartbeats === 0 ? null : secondsOf(maxGap),
  };
}

/**
 * The stages of one task, in order: each closed one as its closing event tells it, and the one it is in, a finished
 * task's last status included. Late beats (`payload.fenced`) belong to no stage.
 *
 * @param history all events of the task, by ascending `sequence_id`.
 */
export function stagesOf(history: readonly Event[]): Stage[] {
  const bySequence = new Map(history.map(event => [event.sequence_id, event]));
  const stages = history.filter(isClosing).map(event => closedStage(event, bySequence.get(event.entered_sequence_id)));
  const last = history.findLast(isTransition);
  if (last !== undefined) stages.push(openStage(last, history));
  return stages;
}

type Totals = { active: Micros; wait: Micros; lost: Micros; blocked: Micros };

function addStage(totals: Totals, closing: ClosingEvent): void {
  const dwell = closing.timestamp - closing.entered_at;
  const kind = closing.from_stage_kind ?? 'wait';
  if (kind === 'blocked') totals.blocked += dwell;
  else if (!WORKING_KINDS.has(kind)) totals.wait += dwell;
  else if (!isStaleHeartbeat(closing)) totals.active += dwell;
  else {
    const lastSign = closing.last_heartbeat_at ?? closing.entered_at;
    const active = Math.min(Math.max(lastSign - closing.entered_at, 0), dwell);
    totals.active += active;
    totals.lost += dwell - active;
  }
}

/**
 * Where the time of one task went, up to its first finish (analysis.md 3): a working stage is active, one that ended for a
 * stale heartbeat only until its last sign of life and lost after; the rest is blocked or waiting. While it has not
 * finished, up to the end of its last closed stage.
 */
export function totalsOf(history: readonly Event[]): TimeTotals {
  const finished = finishOf(history);
  const totals: Totals = { active: 0, wait: 0, lost: 0, blocked: 0 };
  for (const event of history) {
    if (isClosing(event) && event.sequence_id <= (finished ?? Number.POSITIVE_INFINITY)) addStage(totals, event);
  }
  return {
    active_seconds: secondsOf(totals.active),
    wait_seconds: secondsOf(totals.wait),
    lost_seconds: secondsOf(totals.lost),
    blocked_seconds: secondsOf(totals.blocked),
  };
}

function finishOf(history: readonly Event[]): number | null {
  return history.find(event => event.finished_sequence_id !== null)?.finished_sequence_id ?? null;
}

/**
 * The figures of one task. The root span gives the history up to the finishing event only, so that its counts stay the
 * same whatever happens to the task later.
 *
 * @param history all events of the task, by ascending `sequence_id`.
 */
export function summaryOf(history: readonly Event[]): TaskSummary {
  const finished = finishOf(history);
  const posted_at = history[0]?.timestamp ?? null;
  const terminal_at = history.find(event => event.sequence_id === finished)?.timestamp ?? null;
  return {
    ...totalsOf(history),
    terminal_at,
    elapsed_seconds: posted_at === null || terminal_at === null ? null : secondsOf(terminal_at - posted_at),
    revisions: history.filter(event => event.edge === 'revision').length,
    stale_count: history.filter(event => isClosing(event) && isStaleHeartbeat(event)).length,
    reassignments: history.filter(event => event.edge === 'reassign').length,
    censored: finished === null,
  };
}

/**
 * The flight plan of one task (analysis.md 5). Its figures come from the log alone, its metadata from the row.
 *
 * @param history all events of the task, by ascending `sequence_id`.
 */
export function flightPlanOf(task: Task, history: readonly Event[], flightLog: readonly FlightLogEntry[]): FlightPlan {
  return {
    task_id: task.task_id,
    task_type: task.task_type,
    label: task.label,
    priority: task.priority,
    status: task.status,
    created_at: task.created_at,
    ...summaryOf(history),
    stages: stagesOf(history),
    output: task.output,
    notes: task.notes,
    flight_log: flightLog,
    events: history,
  };
}
