import type { Event } from '../../board/core/records.ts';
import { isStaleHeartbeat } from '../../board/core/stages.ts';
import { cycleIds, stageSpanId } from '../../board/core/trace-ids.ts';
import { ATTR, ERROR_TYPE, LINK, SPAN } from './names.ts';
import { contextOfIds, linkTo, type SpanFields } from './span.ts';
import { rootIds } from './task-span.ts';
import type { TranslationContext } from './translation-context.ts';

/** Whether an event closes a stage: every transition does but the post. */
export function closesStage(event: Event): event is Event & { entered_at: number; entered_sequence_id: number } {
  return event.edge !== null && event.entered_sequence_id !== null && event.entered_at !== null;
}

/** The span of the stage that an event closed. */
export function stageSpan(
  event: Event & { entered_at: number; entered_sequence_id: number },
  context: TranslationContext,
): SpanFields {
  const { board_uid } = context.board;
  const { task_id, entered_at, entered_sequence_id, sequence_id, finished_sequence_id } = event;
  const status = context.enteredStatus.get(entered_sequence_id) ?? event.from_status;
  const root = rootIds(task_id, context);
  const errorType = stageErrorType(event);
  return {
    name: `${SPAN.stage} ${status}`,
    ids: { traceId: root.traceId, spanId: stageSpanId(board_uid, entered_sequence_id) },
    parent: contextOfIds(root),
    start: entered_at,
    end: event.timestamp,
    attributes: {
      [ATTR.task_id]: task_id,
      [ATTR.task_type]: event.task_type,
      [ATTR.from_status]: status,
      [ATTR.to_status]: event.to_status,
      [ATTR.assigned_to]: event.from_agent_id,
      [ATTR.duration_ms]: Math.max(0, event.timestamp - entered_at) / 1000,
      [ATTR.event_type]: event.event_type,
      [ATTR.edge]: event.edge,
      [ATTR.stage_kind]: event.from_stage_kind,
      [ATTR.visit]: event.visit,
      [ATTR.sequence_id]: sequence_id,
      [ATTR.heartbeats]: event.heartbeats,
      [ATTR.max_heartbeat_gap_ms]: event.max_heartbeat_gap_us === null ? null : event.max_heartbeat_gap_us / 1000,
      [ATTR.after_terminal]: finished_sequence_id !== null && finished_sequence_id < sequence_id ? true : null,
    },
    links:
      event.from_cycle_id === null
        ? []
        : [linkTo(contextOfIds(cycleIds(board_uid, event.from_cycle_id)), LINK.chief_cycle)],
    ...(errorType !== null && { error: { type: errorType } }),
  };
}

/** Why the stage itself failed, or null. A declared step to HUMAN_REVIEW is a plan, an exit to it a failure. */
function stageErrorType(event: Event): string | null {
  const { edge, to_status, payload } = event;
  if (isStaleHeartbeat(event)) return ERROR_TYPE.stale_heartbeat;
  if (payload.reason === ERROR_TYPE.worker_error) return ERROR_TYPE.worker_error;
  const isUnplanned = edge === 'exit' || edge === 'unlinked';
  return to_status === 'HUMAN_REVIEW' && isUnplanned ? ERROR_TYPE.human_review : null;
}
