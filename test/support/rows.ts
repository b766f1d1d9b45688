import type { Event } from '../../board/core/records.ts';
import { NO_STAGE_LEFT, type StageLeft } from '../../board/core/stage-left.ts';
import type { EdgeKind, StageKind } from '../../board/core/statuses.ts';
import { isoOf, type Micros } from '../../board/core/time.ts';

/** One thing that happened to a task, as short as a test can say it. */
export interface Happening {
  readonly at: Micros;
  /** The status entered; absent: a heartbeat. */
  readonly to?: string;
  readonly edge?: EdgeKind;
  readonly kind?: StageKind;
  readonly agent?: string;
  readonly reason?: string;
  readonly finishes?: boolean;
  readonly fenced?: boolean;
  readonly cycle?: string;
}

/** The running values of the stage a hand-made history is in. */
interface Present {
  status: string;
  agent: string | null;
  entered: Event;
  visit: number;
  heartbeats: number;
  gap: Micros | null;
  last: Micros | null;
}

function stageLeft(present: Present): StageLeft {
  return {
    entered_at: present.entered.timestamp,
    entered_sequence_id: present.entered.sequence_id,
    from_stage_kind: present.entered.stage_kind,
    from_edge: present.entered.edge,
    from_agent_id: present.agent,
    from_cycle_id: present.entered.cycle_id,
    visit: present.visit,
    heartbeats: present.heartbeats,
    max_heartbeat_gap_us: present.gap,
    last_heartbeat_at: present.last,
  };
}

function typeOf({ to, edge }: Happening): Event['event_type'] {
  if (to === undefined) return 'task_heartbeat';
  if (edge === 'post') return 'task_posted';
  return edge === 'stale' ? 'task_stale' : 'task_completed';
}

/**
 * The events of one task, made from what happened, with the columns a board would fill in: `sequence_id` from 1, the stage
 * left, the first finish. A second maker beside the board's own, so that tests of readers do not lean on it.
 */
export function historyOf(happenings: readonly Happening[], taskId = 't1'): Event[] {
  const events: Event[] = [];
  const visits = new Map<string, number>();
  let present = null as Present | null;
  let finished = null as number | null;
  for (const [index, happening] of happenings.entries()) {
    const { at, to, edge = 'forward', kind = 'wait', agent, reason, fenced, cycle } = happening;
    const sequence_id = index + 1;
    if (happening.finishes && finished === null) finished = sequence_id;
    const beat = { heartbeat_at: isoOf(at), ...(fenced && { fenced }) };
    const holder: string | null = agent ?? present?.agent ?? null;
    const event: Event = {
      sequence_id,
      event_type: typeOf(happening),
      task_id: taskId,
      agent_id: holder,
      from_status: present?.status ?? null,
      to_status: to ?? present?.status ?? null,
      payload: to === undefined ? beat : { profile: 'p', ...(reason !== undefined && { reason }) },
      idempotency_key: null,
      timestamp: at,
      task_type: 'article',
      profile: 'p',
      assigned_to: holder,
      actor: null,
      edge: to === undefined ? null : edge,
      stage_kind: to === undefined ? null : kind,
      cycle_id: cycle ?? null,
      tick_id: null,
      finished_sequence_id: finished,
      ...(present === null ? NO_STAGE_LEFT : stageLeft(present)),
    };
    events.push(event);
    if (to !== undefined) {
      const visit = (visits.get(to) ?? 0) + 1;
      visits.set(to, visit);
      present = { status: to, agent: holder, entered: event, visit, heartbeats: 0, gap: null, last: null };
    } else if (present !== null && !fenced) {
      present.gap = Math.max(present.gap ?? 0, at - (present.last ?? present.entered.timestamp));
      present.last = at;
      present.heartbeats += 1;
    }
  }
  return events;
}
