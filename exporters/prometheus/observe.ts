/**
 * Log rows to observations. Pure: equal rows give equal observations, so that totals are a function of the log and a
 * cursor, whoever computes them and however often it was killed on the way.
 */
import { cycleResultOf } from '../../board/core/cycle-result.ts';
import type { ChiefCycle, Event, OmbudsmanTick } from '../../board/core/records.ts';
import { isStaleHeartbeat } from '../../board/core/stages.ts';
import { WORKING_KINDS } from '../../board/core/statuses.ts';
import { type Micros, US_PER_SECOND } from '../../board/core/time.ts';
import type { HistogramSpec } from './metric-spec.ts';
import * as names from './names.ts';
import type { ExemplarRef, LabelValues, Observation, SpanRef } from './observation.ts';

/** What the rows of a page do not say themselves (see look-up.ts). */
export interface Lookups {
  /** When a task was posted, of the tasks that first finish in the page. */
  readonly postedAt: ReadonlyMap<string, Micros>;
  /** The status an event entered, by its number, of the stages that end unlinked in the page. */
  readonly enteredStatus: ReadonlyMap<number, string>;
  /** How long dispatch had failed, beyond the grace, before a cycle of the page, by its number; only where it had. */
  readonly dispatchFailures: ReadonlyMap<number, Micros>;
}

function* duration(
  metric: HistogramSpec,
  labels: LabelValues,
  from: Micros,
  to: Micros,
  span: SpanRef,
): Generator<Observation> {
  const exemplar: ExemplarRef = { span, timestamp: to };
  yield { kind: 'observe', metric, labels, value: Math.max(0, to - from), exemplar };
  if (to < from) yield { kind: 'count', metric: names.CLAMPED_DURATIONS, labels: [], by: 1 };
}

function stageOf(event: Event): SpanRef {
  const { task_id, entered_sequence_id } = event;
  return entered_sequence_id === null ? { kind: 'task', task_id } : { kind: 'stage', task_id, entered_sequence_id };
}

function* observeHeartbeat(event: Event): Generator<Observation> {
  // A late beat of a former assignee is no sign of life of the present stage.
  const former = event.last_heartbeat_at ?? event.entered_at;
  if (event.payload.fenced === true || former === null) return;
  const labels = [event.task_type, event.agent_id ?? ''];
  yield* duration(names.HEARTBEAT_INTERVAL, labels, former, event.timestamp, stageOf(event));
}

function* observeStageLeft(event: Event, status: string): Generator<Observation> {
  const { task_type, timestamp, entered_at, last_heartbeat_at } = event;
  if (entered_at === null) return;
  const agent = event.from_agent_id ?? '';
  const labels = [task_type, status, event.from_stage_kind ?? '', agent];
  yield* duration(names.STAGE_DURATION, labels, entered_at, timestamp, stageOf(event));
  if (!isStaleHeartbeat(event)) return;
  yield { kind: 'count', metric: names.OMBUDSMAN_STALE, labels: [task_type, status, agent], by: 1 };
  yield* duration(
    names.STALE_DETECTION,
    [task_type, agent],
    last_heartbeat_at ?? entered_at,
    timestamp,
    stageOf(event),
  );
}

/** A stage that may go silent begins to be counted at 0, or `increase()` would miss the first that does. */
function* observeStageEntered({ task_type, to_status, stage_kind, assigned_to }: Event): Generator<Observation> {
  if (to_status === null || stage_kind === null || !WORKING_KINDS.has(stage_kind)) return;
  yield { kind: 'count', metric: names.OMBUDSMAN_STALE, labels: [task_type, to_status, assigned_to ?? ''], by: 0 };
}

/** What an event adds: a transition, the stage it ends, the task it finishes; or an interval between heartbeats. */
export function* observeEvent(
  event: Event,
  lookups: Pick<Lookups, 'postedAt' | 'enteredStatus'>,
): Generator<Observation> {
  if (event.event_type === 'task_heartbeat') return yield* observeHeartbeat(event);
  if (event.edge === null) return;
  const { task_id, task_type, edge, entered_sequence_id, timestamp } = event;
  const from = event.from_status ?? '';
  const to = event.to_status ?? '';
  yield { kind: 'count', metric: names.TASK_TRANSITIONS, labels: [task_type, from, to, edge], by: 1 };
  if (entered_sequence_id !== null) {
    yield* observeStageLeft(event, lookups.enteredStatus.get(entered_sequence_id) ?? from);
  }
  yield* observeStageEntered(event);
  const postedAt = event.finished_sequence_id === event.sequence_id ? lookups.postedAt.get(task_id) : undefined;
  if (postedAt === undefined) return;
  yield* duration(names.TASK_DURATION, [task_type, to], postedAt, timestamp, { kind: 'task', task_id });
}

/** What a Chief cycle adds: its length, the sleep before it and what of that was failure, and its actions. */
export function* observeCycle(
  cycle: ChiefCycle,
  { dispatchFailures }: Pick<Lookups, 'dispatchFailures'>,
): Generator<Observation> {
  const { trigger, cycle_id, woke_at, slept_at, previous_slept_at, actions_taken, coalesced_wakes } = cycle;
  const span: SpanRef = { kind: 'cycle', cycle_id };
  const result = cycleResultOf(cycle);
  yield* duration(names.CHIEF_CYCLE_DURATION, [trigger, result], woke_at, slept_at, span);
  if (previous_slept_at !== null) {
    yield* duration(names.CHIEF_SLEEP_DURATION, [trigger], previous_slept_at, woke_at, span);
  }
  const failed = dispatchFailures.get(cycle.sequence_id);
  if (failed !== undefined) yield { kind: 'count', metric: names.DISPATCH_FAILURE, labels: [], by: failed };
  yield { kind: 'count', metric: names.CHIEF_ACTIONS, labels: [trigger], by: actions_taken };
  yield { kind: 'count', metric: names.CHIEF_WAKES_COALESCED, labels: [trigger], by: coalesced_wakes };
  yield { kind: 'set', metric: names.CHIEF_LAST_WAKE, labels: [], to: woke_at / US_PER_SECOND };
  const noops = { metric: names.CHIEF_CONSECUTIVE_NOOPS, labels: [] } as const;
  // An idle cycle of another trigger neither adds to the streak nor ends it; the series begins at 0 all the same.
  yield actions_taken > 0 ? { kind: 'set', ...noops, to: 0 } : { kind: 'add', ...noops, by: result === 'noop' ? 1 : 0 };
}

/** What an Ombudsman tick adds. */
export function* observeTick(tick: OmbudsmanTick): Generator<Observation> {
  const { tick_id, started_at, ended_at, stale_count, error } = tick;
  const found = stale_count > 0 ? 'found' : 'empty';
  const labels = [error === null ? found : 'error'];
  yield* duration(names.OMBUDSMAN_TICK_DURATION, labels, started_at, ended_at, { kind: 'tick', tick_id });
  yield { kind: 'set', metric: names.OMBUDSMAN_LAST_TICK, labels: [], to: ended_at / US_PER_SECOND };
}
