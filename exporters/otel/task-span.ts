import type { Link, SpanContext } from '@opentelemetry/api';
import type { Event } from '../../board/core/records.ts';
import { parseTraceParent, type SpanIds, taskSpanId, taskTraceId } from '../../board/core/trace-ids.ts';
import { ATTR, LINK, SPAN } from './names.ts';
import type { RootFacts } from './root-facts.ts';
import { contextOfIds, linkTo, type SpanFields } from './span.ts';
import type { TaskOrigin } from './task-origins.ts';
import type { TranslationContext } from './translation-context.ts';

/** Whether a task first finished with this event: its root span is due. */
export function finishesTask(event: Event): boolean {
  return event.finished_sequence_id === event.sequence_id;
}

/** The root span of a task that first finished with this event. */
export function taskSpan(event: Event, facts: RootFacts, context: TranslationContext): SpanFields {
  const { task_id } = event;
  const origin = context.origins.get(task_id);
  const parent = origin?.trace_relation === 'parent' ? callerOf(origin) : null;
  return {
    name: `${SPAN.task} ${event.task_type}`,
    ids: rootIds(task_id, context),
    ...(parent !== null && { parent }),
    start: facts.posted_at,
    end: event.timestamp,
    attributes: {
      [ATTR.task_id]: task_id,
      [ATTR.task_type]: event.task_type,
      [ATTR.label]: context.withLabel ? facts.label : null,
      [ATTR.priority]: facts.priority,
      [ATTR.outcome]: event.to_status,
      [ATTR.revisions]: facts.revisions,
      [ATTR.stale_count]: facts.stale_count,
      [ATTR.attempts]: facts.attempts,
      [ATTR.wait_seconds]: facts.wait_seconds,
      [ATTR.active_seconds]: facts.active_seconds,
      [ATTR.lost_seconds]: facts.lost_seconds,
      [ATTR.blocked_seconds]: facts.blocked_seconds,
      [ATTR.flow_efficiency]: facts.flow_efficiency,
      [ATTR.sequence_id]: event.sequence_id,
    },
    links: origin === undefined ? [] : rootLinks(origin, context),
  };
}

function callerOf({ traceparent }: TaskOrigin): SpanContext | null {
  const caller = traceparent === null ? null : parseTraceParent(traceparent);
  return caller === null ? null : { ...caller, isRemote: true };
}

function rootLinks(origin: TaskOrigin, context: TranslationContext): Link[] {
  const links: Link[] = [];
  const caller = origin.trace_relation === 'parent' ? null : callerOf(origin);
  if (caller !== null) links.push(linkTo(caller, LINK.caller));
  const { parent_task_id, origin_task_id } = origin;
  if (parent_task_id !== null) links.push(linkToTask(parent_task_id, LINK.parent_task, context));
  if (origin_task_id !== null) links.push(linkToTask(origin_task_id, LINK.origin_task, context));
  return links;
}

function linkToTask(taskId: string, kind: string, context: TranslationContext): Link {
  return linkTo(contextOfIds(rootIds(taskId, context)), kind);
}

/** The ids of a task's root span, which its stages need too. */
export function rootIds(taskId: string, { board, origins }: TranslationContext): SpanIds {
  const { board_uid } = board;
  return origins.get(taskId)?.ids ?? { traceId: taskTraceId(board_uid, taskId), spanId: taskSpanId(board_uid, taskId) };
}
