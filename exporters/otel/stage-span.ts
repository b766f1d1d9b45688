import type { Attributes } from '@opentelemetry/api';
import type { Event } from '../../board/core/records.ts';
import { isStaleHeartbeat } from '../../board/core/stages.ts';
import { cycleIds, stageSpanId } from '../../board/core/trace-ids.ts';
import { genAiAttributes } from './gen-ai.ts';
import { ATTR, ERROR_TYPE, LINK, SPAN } from './names.ts';
import { contextOfIds, linkTo, putAttribute, type SpanFields } from './span.ts';
import { rootIds } from './task-span.ts';
import type { TranslationContext } from './translation-context.ts';

/** An event that closed a stage, which it describes. */
export type ClosingEvent = Event & { entered_at: number; entered_sequence_id: number };

/** Whether an event closes a stage: every transition does but the post. */
export function closesStage(event: Event): event is ClosingEvent {
  return event.edge !== null && event.entered_sequence_id !== null && event.entered_at !== null;
}

/** The span of the stage that an event closed. */
export function stageSpan(event: ClosingEvent, context: TranslationContext): SpanFields {
  const { board_uid } = context.board;
  const { task_id, entered_at, entered_sequence_id } = event;
  const status = context.enteredStatus.get(entered_sequence_id) ?? event.from_status;
  const root = rootIds(task_id, context);
  const errorType = stageErrorType(event);
  return {
    name: `${SPAN.stage} ${status}`,
    ids: { traceId: root.traceId, spanId: stageSpanId(board_uid, entered_sequence_id) },
    parent: contextOfIds(root),
    start: entered_at,
    end: event.timestamp,
    attributes: Object.assign(stageAttributes(event, status), genAiAttributes(event, context.genAi)),
    ...(event.from_cycle_id !== null && {
      links: [linkTo(contextOfIds(cycleIds(board_uid, event.from_cycle_id)), LINK.chief_cycle)],
    }),
    ...(errorType !== null && { error: { type: errorType } }),
  };
}

function stageAttributes(event: ClosingEvent, status: string | null): Attributes {
  const { sequence_id, finished_sequence_id, max_heartbeat_gap_us: gap } = event;
  const attributes: Attributes = {
    [ATTR.task_id]: event.task_id,
    [ATTR.task_type]: event.task_type,
    [ATTR.duration_ms]: Math.max(0, event.timestamp - event.entered_at) / 1000,
    [ATTR.event_type]: event.event_type,
    [ATTR.sequence_id]: sequence_id,
  };
  putAttribute(attributes, ATTR.from_status, status);
  putAttribute(attributes, ATTR.to_status, event.to_status);
  putAttribute(attributes, ATTR.assigned_to, event.from_agent_id);
  putAttribute(attributes, ATTR.edge, event.edge);
  putAttribute(attributes, ATTR.stage_kind, event.from_stage_kind);
  putAttribute(attributes, ATTR.visit, event.visit);
  putAttribute(attributes, ATTR.heartbeats, event.heartbeats);
  putAttribute(attributes, ATTR.max_heartbeat_gap_ms, gap === null ? null : gap / 1000);
  if (finished_sequence_id !== null && finished_sequence_id < sequence_id) attributes[ATTR.after_terminal] = true;
  return attributes;
}

/**
 * Why the stage itself failed, or null. HUMAN_REVIEW is a failure where it finishes the task: a lifecycle that leads on from there
 * plans for it.
 */
export function stageErrorType(event: Event): string | null {
  const { edge, to_status, payload } = event;
  if (isStaleHeartbeat(event)) return ERROR_TYPE.stale_heartbeat;
  if (payload.reason === ERROR_TYPE.worker_error) return ERROR_TYPE.worker_error;
  const isUnplanned = (edge === 'exit' || edge === 'unlinked') && event.finished_sequence_id !== null;
  return to_status === 'HUMAN_REVIEW' && isUnplanned ? ERROR_TYPE.human_review : null;
}
