import type { Event } from '../../../board/core/records.ts';
import { microsOf } from '../../../board/core/time.ts';
import { PRESS_LIFECYCLES } from '../golden/press-room.ts';
import { isStep, type StageSubject, type TaskSubject } from './golden-subjects.ts';

/** What an attribute must be, worked out from the log's rows by another way than the translator's; null: it is left out. */
export type Expected<Subject> = Readonly<Record<string, (subject: Subject) => unknown>>;

const WORKING = ['active', 'review', 'rework'];

/** Statuses in which an agent works. */
export const isWork = ({ stage_kind }: Event): boolean => stage_kind !== null && WORKING.includes(stage_kind);

/** When the beats of a stage were made, late ones aside; its entry and its last event are given. */
export function beatsOf(history: readonly Event[], entering: Event, closing: Event): number[] {
  return history
    .filter(({ sequence_id }) => sequence_id > entering.sequence_id && sequence_id < closing.sequence_id)
    .filter(({ payload }) => payload.fenced !== true)
    .map(({ payload }) => microsOf(String(payload.heartbeat_at)) ?? Number.NaN);
}

/** Whether a step took the task away for a stale heartbeat: it says so, or is an import's that cannot. */
export function isStale({ payload, event_type }: Event): boolean {
  return payload.reason === 'stale_heartbeat' || (payload.reason === undefined && event_type === 'task_stale');
}

/** Why a stage failed itself, or null. */
export function failureOf({ entering, closing }: StageSubject): string | null {
  if (isStale(closing)) return 'stale_heartbeat';
  if (closing.payload.reason === 'worker_error') return 'worker_error';
  if (closing.to_status !== 'HUMAN_REVIEW') return null;
  const declared = PRESS_LIFECYCLES.find(({ name }) => name === closing.profile)?.definition.edges ?? [];
  const isPlan = declared.some(({ from, to }) => from === entering.to_status && to === 'HUMAN_REVIEW');
  return isPlan ? null : 'human_review';
}

/** The event by which the task first finished, if it has. */
export function finishOf(history: readonly Event[]): Event | undefined {
  return history.find(event => event.finished_sequence_id === event.sequence_id);
}

function gapOf({ history, entering, closing }: StageSubject): number | null {
  const beats = beatsOf(history, entering, closing);
  const signs = [entering.timestamp, ...beats];
  return beats.length === 0 ? null : Math.max(0, ...beats.map((beat, index) => beat - (signs[index] ?? 0))) / 1000;
}

/** An agent's stage, on the board whose spans were asked for such words. */
const ofAgent = (value: (subject: StageSubject) => unknown) => (subject: StageSubject) =>
  subject.log.board === 'press' && isWork(subject.entering) && subject.entering.assigned_to !== null
    ? value(subject)
    : null;

/** `stage {status}` */
export const STAGE_ATTRIBUTES: Expected<StageSubject> = {
  'quadro.task_id': ({ closing }) => closing.task_id,
  'quadro.task_type': ({ closing }) => closing.task_type,
  'quadro.from_status': ({ entering }) => entering.to_status,
  'quadro.to_status': ({ closing }) => closing.to_status,
  'quadro.assigned_to': ({ entering }) => entering.assigned_to,
  'quadro.duration_ms': ({ entering, closing }) => Math.max(0, closing.timestamp - entering.timestamp) / 1000,
  'quadro.event_type': ({ closing }) => closing.event_type,
  'quadro.edge': ({ closing }) => closing.edge,
  'quadro.stage_kind': ({ entering }) => entering.stage_kind,
  'quadro.visit': ({ history, entering }) =>
    history.filter(
      event => isStep(event) && event.to_status === entering.to_status && event.sequence_id <= entering.sequence_id,
    ).length,
  'quadro.sequence_id': ({ closing }) => closing.sequence_id,
  'quadro.heartbeats': ({ history, entering, closing }) => beatsOf(history, entering, closing).length,
  'quadro.max_heartbeat_gap_ms': gapOf,
  'quadro.after_terminal': ({ history, closing }) => {
    const finish = finishOf(history);
    return finish !== undefined && finish.sequence_id < closing.sequence_id ? true : null;
  },
  'error.type': failureOf,
  'gen_ai.operation.name': ofAgent(() => 'invoke_agent'),
  'gen_ai.provider.name': ofAgent(() => 'openai'),
  'gen_ai.agent.id': ofAgent(({ entering }) => entering.assigned_to),
  'gen_ai.agent.name': ofAgent(({ entering }) => entering.assigned_to),
};

/** Where a task's time went, in microseconds: a sum over its stages that may hold negative ones, where a clock went back. */
export function timesOf({ life }: TaskSubject): Record<'wait' | 'active' | 'lost' | 'blocked', number> {
  const times = { wait: 0, active: 0, lost: 0, blocked: 0 };
  const steps = life.filter(isStep);
  for (const [index, closing] of steps.entries()) {
    const entering = steps[index - 1];
    if (entering === undefined) continue;
    const dwell = closing.timestamp - entering.timestamp;
    if (!isWork(entering)) times[entering.stage_kind === 'blocked' ? 'blocked' : 'wait'] += dwell;
    else if (!isStale(closing)) times.active += dwell;
    else {
      const last = (beatsOf(life, entering, closing).at(-1) ?? entering.timestamp) - entering.timestamp;
      const alive = Math.min(Math.max(last, 0), dwell);
      times.active += alive;
      times.lost += dwell - alive;
    }
  }
  return times;
}
