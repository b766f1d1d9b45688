import type { Attributes, Link, SpanContext } from '@opentelemetry/api';
import type { Event } from '../../board/core/records.ts';
import { parseTraceParent, type SpanIds, taskSpanId, taskTraceId } from '../../board/core/trace-ids.ts';
import { ATTR, LINK, SPAN } from './names.ts';
import type { RootFacts } from './root-facts.ts';
import { contextOfIds, isClamped, linkTo, putAttribute, type SpanFields } from './span.ts';
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
    attributes: taskAttributes(event, facts, context),
    links: origin === undefined ? [] : rootLinks(origin, event, context),
  };
}

function taskAttributes(event: Event, facts: RootFacts, { withLabel }: TranslationContext): Attributes {
  const attributes: Attributes = {
    [ATTR.task_id]: event.task_id,
    [ATTR.task_type]: event.task_type,
    [ATTR.revisions]: facts.revisions,
    [ATTR.stale_count]: facts.stale_count,
    [ATTR.attempts]: facts.attempts,
    [ATTR.sequence_id]: event.sequence_id,
  };
  // The parts could not sum to a duration that was cut.
  if (!isClamped({ start: facts.posted_at, end: event.timestamp })) {
    attributes[ATTR.wait_seconds] = facts.wait_seconds;
    attributes[ATTR.active_seconds] = facts.active_seconds;
    attributes[ATTR.lost_seconds] = facts.lost_seconds;
    attributes[ATTR.blocked_seconds] = facts.blocked_seconds;
  }
  if (withLabel) putAttribute(attributes, ATTR.label, facts.label);
  putAttribute(attributes, ATTR.priority, facts.priority);
  putAttribute(attributes, ATTR.outcome, event.to_status);
  putAttribute(attributes, ATTR.flow_efficiency, facts.flow_efficiency);
  return attributes;
}

function callerOf({ traceparent }: TaskOrigin): SpanContext | null {
  const caller = traceparent === null ? null : parseTraceParent(traceparent);
  return caller === null ? null : { ...caller, isRemote: true };
}

function rootLinks(origin: TaskOrigin, event: Event, context: TranslationContext): Link[] {
  const links: Link[] = [];
  const caller = origin.trace_relation === 'parent' ? null : callerOf(origin);
  if (caller !== null) links.push(linkTo(caller, LINK.caller));
  const { parent_task_id, origin_task_id } = origin;
  if (parent_task_id !== null) links.push(linkToTask(parent_task_id, LINK.parent_task, event, context));
  if (origin_task_id !== null) links.push(linkToTask(origin_task_id, LINK.origin_task, event, context));
  return links;
}

function linkToTask(taskId: string, kind: string, finishing: Event, context: TranslationContext): Link {
  const origin = context.origins.get(taskId);
  // A relative that is posted later was not known when this span was first written: it must not change by it.
  const isKnown = origin !== undefined && origin.posted_at <= finishing.timestamp;
  return linkTo(contextOfIds(isKnown ? origin.ids : ownIds(taskId, context)), kind);
}

/** The ids of a task's root span, which its stages need too. */
export function rootIds(taskId: string, context: TranslationContext): SpanIds {
  return context.origins.get(taskId)?.ids ?? ownIds(taskId, context);
}

function ownIds(taskId: string, { board: { board_uid } }: TranslationContext): SpanIds {
  return { traceId: taskTraceId(board_uid, taskId), spanId: taskSpanId(board_uid, taskId) };
}
