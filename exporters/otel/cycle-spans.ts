import type { Link } from '@opentelemetry/api';
import { cycleResultOf } from '../../board/core/cycle-result.ts';
import type { ChiefCycle, OmbudsmanTick } from '../../board/core/records.ts';
import { US_PER_SECOND } from '../../board/core/time.ts';
import { cycleIds, stageSpanId, tickIds } from '../../board/core/trace-ids.ts';
import type { StageRef } from './caused-stages.ts';
import { ATTR, ERROR_TYPE, LINK, SPAN } from './names.ts';
import { contextOfIds, linkTo, type SpanFields } from './span.ts';
import { rootIds } from './task-span.ts';
import type { TranslationContext } from './translation-context.ts';

const MAX_MESSAGE_LENGTH = 500;

/** The span of a Chief cycle, a trace of its own. */
export function cycleSpan(cycle: ChiefCycle, context: TranslationContext): SpanFields {
  const { woke_at, slept_at, previous_slept_at } = cycle;
  const slept = previous_slept_at === null ? null : Math.max(0, woke_at - previous_slept_at) / US_PER_SECOND;
  return {
    name: SPAN.cycle,
    ids: cycleIds(context.board.board_uid, cycle.cycle_id),
    start: woke_at,
    end: slept_at,
    attributes: {
      [ATTR.cycle_id]: cycle.cycle_id,
      [ATTR.chief_id]: cycle.chief_id,
      [ATTR.trigger]: cycle.trigger,
      [ATTR.actions_taken]: cycle.actions_taken,
      [ATTR.cycle_duration_ms]: Math.max(0, slept_at - woke_at) / 1000,
      [ATTR.result]: cycleResultOf(cycle),
      [ATTR.waiting]: cycle.waiting,
      [ATTR.in_flight]: cycle.in_flight,
      [ATTR.idle_agents]: cycle.idle_agents,
      [ATTR.busy_agents]: cycle.busy_agents,
      [ATTR.coalesced_wakes]: cycle.coalesced_wakes,
      ...(slept !== null && { [ATTR.slept_seconds]: slept }),
    },
    links: linksToStages(context.openedBy.get(cycle.cycle_id) ?? [], LINK.opened_stage, context),
    ...errorOf(cycle.error),
  };
}

/** The span of an Ombudsman tick, a trace of its own. */
export function tickSpan(tick: OmbudsmanTick, context: TranslationContext): SpanFields {
  return {
    name: SPAN.tick,
    ids: tickIds(context.board.board_uid, tick.tick_id),
    start: tick.started_at,
    end: tick.ended_at,
    attributes: {
      [ATTR.tick_id]: tick.tick_id,
      [ATTR.statuses_scanned]: [...tick.statuses_scanned],
      [ATTR.tasks_scanned]: tick.tasks_scanned,
      [ATTR.stale_count]: tick.stale_count,
      [ATTR.tick_duration_ms]: Math.max(0, tick.ended_at - tick.started_at) / 1000,
    },
    links: linksToStages(context.foundStaleBy.get(tick.tick_id) ?? [], LINK.stale_stage, context),
    ...errorOf(tick.error),
  };
}

function linksToStages(refs: readonly StageRef[], kind: string, context: TranslationContext): Link[] {
  const { board_uid } = context.board;
  return refs.map(({ task_id, entered_sequence_id }) => {
    const { traceId } = rootIds(task_id, context);
    return linkTo(contextOfIds({ traceId, spanId: stageSpanId(board_uid, entered_sequence_id) }), kind);
  });
}

function errorOf(message: string | null): Pick<SpanFields, 'error'> {
  if (message === null) return {};
  return {
    error: { type: ERROR_TYPE.other, message: message.slice(0, MAX_MESSAGE_LENGTH).replace(/[\ud800-\udbff]$/, '') },
  };
}
