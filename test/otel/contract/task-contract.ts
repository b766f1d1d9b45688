import { isStep, type TaskSubject } from './golden-subjects.ts';
import { type Expected, isStale, isWork, timesOf } from './stage-contract.ts';

/** `task {task_type}` */
export const TASK_ATTRIBUTES: Expected<TaskSubject> = {
  'quadro.task_id': ({ finishing }) => finishing.task_id,
  'quadro.task_type': ({ finishing }) => finishing.task_type,
  'quadro.label': ({ log, life }) =>
    log.board === 'press' ? life.findLast(({ payload }) => payload.label !== undefined)?.payload.label : null,
  'quadro.priority': ({ log, life, finishing }) =>
    life[0]?.payload.priority ?? log.tasks.get(finishing.task_id)?.priority ?? null,
  'quadro.outcome': ({ finishing }) => finishing.to_status,
  'quadro.revisions': ({ life }) => life.filter(({ edge }) => edge === 'revision').length,
  'quadro.stale_count': ({ life }) => life.filter(isStep).slice(1).filter(isStale).length,
  'quadro.attempts': ({ life }) => life.filter(isStep).slice(0, -1).filter(isWork).length,
  'quadro.wait_seconds': subject => secondsOf(subject, 'wait'),
  'quadro.active_seconds': subject => secondsOf(subject, 'active'),
  'quadro.lost_seconds': subject => secondsOf(subject, 'lost'),
  'quadro.blocked_seconds': subject => secondsOf(subject, 'blocked'),
  'quadro.flow_efficiency': subject => {
    const share = timesOf(subject).active / 1e6 / (elapsedOf(subject) / 1e6);
    return elapsedOf(subject) > 0 && share >= 0 && share <= 1 ? share : null;
  },
  'quadro.sequence_id': ({ finishing }) => finishing.sequence_id,
};

/** From the post to the finish, in microseconds; negative where a clock went back. */
export function elapsedOf({ life, finishing }: TaskSubject): number {
  return finishing.timestamp - (life[0]?.timestamp ?? Number.NaN);
}

/** Where the clock went back from post to finish the span lasts 0, which the parts cannot sum to. */
function secondsOf(subject: TaskSubject, part: keyof ReturnType<typeof timesOf>): number | null {
  return elapsedOf(subject) < 0 ? null : timesOf(subject)[part] / 1e6;
}
