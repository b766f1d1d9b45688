import { createHash } from 'node:crypto';
import type { Event } from '../../../board/core/records.ts';
import type { WireSpan } from '../wire-span.ts';
import {
  type CycleSubject,
  type GoldenLog,
  isStep,
  type StageSubject,
  type TaskSubject,
  type TickSubject,
} from './golden-subjects.ts';

/** A span that another leads to. */
export interface Target {
  readonly traceId: string;
  readonly spanId: string;
}

/** The ids of telemetry.md, a second way. */
export function hashOf(bytes: number, ...fields: readonly (string | number)[]): string {
  const hash = createHash('sha256').update(Buffer.from(['quadro/1', ...fields].join('\0'), 'utf8'));
  return hash.digest('hex').slice(0, bytes * 2);
}

interface Caller {
  readonly relation: unknown;
  readonly target: Target;
}

function callerOf(post: Event | undefined): Caller | null {
  const [, traceId, spanId] = String(post?.payload.traceparent ?? '').split('-');
  if (post === undefined || traceId === undefined || spanId === undefined) return null;
  return { relation: post.payload.trace_relation, target: { traceId, spanId } };
}

function postOf(taskId: string, { events }: GoldenLog): Event | undefined {
  return events.find(event => event.task_id === taskId && event.edge === 'post');
}

/** The root of a task, by what its post says. */
export function rootOf(taskId: string, log: GoldenLog): Target {
  const { board_uid } = log.record;
  const caller = callerOf(postOf(taskId, log));
  const traceId = caller?.relation === 'parent' ? caller.target.traceId : hashOf(16, 'trace', board_uid, taskId);
  return { traceId, spanId: hashOf(8, 'task', board_uid, taskId) };
}

/** The stage of a task that an event entered. */
export function stageOf(taskId: string, enteredBy: number, log: GoldenLog): Target {
  return { ...rootOf(taskId, log), spanId: hashOf(8, 'stage', log.record.board_uid, enteredBy) };
}

/** The span of a cycle or a tick. */
export function causeOf(kind: 'cycle' | 'tick', id: string, { record }: GoldenLog): Target {
  return { traceId: hashOf(16, kind, record.board_uid, id), spanId: hashOf(8, kind, record.board_uid, id) };
}

/** A task's parent outside its board: the caller, where the post said so. */
export function parentOf({ finishing, log }: TaskSubject): string {
  const caller = callerOf(postOf(finishing.task_id, log));
  return caller?.relation === 'parent' ? caller.target.spanId : '';
}

/** A span that leads somewhere, with where each of its links must lead, dropped ones included. */
type Links<Subject> = Readonly<Record<string, (subject: Subject) => readonly Target[]>>;

/** By the span's name, then by the link's kind. */
export interface LinkContract {
  readonly 'task {task_type}': Links<TaskSubject>;
  readonly 'stage {status}': Links<StageSubject>;
  readonly 'chief cycle': Links<CycleSubject>;
  readonly 'ombudsman tick': Links<TickSubject>;
}

const relative =
  (field: 'parent_task_id' | 'origin_task_id') =>
  ({ finishing, log }: TaskSubject) => {
    const id = postOf(finishing.task_id, log)?.payload[field];
    return typeof id === 'string' ? [rootOf(id, log)] : [];
  };

/** Where links lead, worked out from the rows. */
export const LINKS: LinkContract = {
  'task {task_type}': {
    caller: ({ finishing, log }) => {
      const caller = callerOf(postOf(finishing.task_id, log));
      return caller === null || caller.relation === 'parent' ? [] : [caller.target];
    },
    parent_task: relative('parent_task_id'),
    origin_task: relative('origin_task_id'),
  },
  'stage {status}': {
    chief_cycle: ({ entering: { cycle_id }, log }) => (cycle_id === null ? [] : [causeOf('cycle', cycle_id, log)]),
  },
  'chief cycle': {
    opened_stage: ({ row, log }) =>
      log.events
        .filter(event => isStep(event) && event.cycle_id === row.cycle_id)
        .map(({ task_id, sequence_id }) => stageOf(task_id, sequence_id, log)),
  },
  'ombudsman tick': {
    stale_stage: ({ row, log }) =>
      log.events
        .filter(event => isStep(event) && event.tick_id === row.tick_id)
        .map(({ task_id, entered_sequence_id }) => stageOf(task_id, entered_sequence_id ?? Number.NaN, log)),
  },
};

/** The links of one kind that a span has. */
export function linksOf(span: WireSpan, kind: string): Target[] {
  return span.links
    .filter(({ attributes }) => attributes['quadro.link']?.value === kind)
    .map(({ traceId, spanId }) => ({ traceId, spanId }));
}
