import type { Event, Task } from './records.ts';

/** The columns of an event that describe the stage now left (for a heartbeat: the stage so far). */
export type StageLeft = Pick<
  Event,
  | 'entered_at'
  | 'entered_sequence_id'
  | 'from_stage_kind'
  | 'from_edge'
  | 'from_agent_id'
  | 'from_cycle_id'
  | 'visit'
  | 'heartbeats'
  | 'max_heartbeat_gap_us'
  | 'last_heartbeat_at'
>;

/** What a post says of the stage it leaves: there is none. */
export const NO_STAGE_LEFT: StageLeft = {
  entered_at: null,
  entered_sequence_id: null,
  from_stage_kind: null,
  from_edge: null,
  from_agent_id: null,
  from_cycle_id: null,
  visit: null,
  heartbeats: null,
  max_heartbeat_gap_us: null,
  last_heartbeat_at: null,
};

/** What an event says of the stage a task is in as it happens. */
export function stageLeft(task: Task): StageLeft {
  return {
    entered_at: task.status_entered_at,
    entered_sequence_id: task.entered_sequence_id,
    from_stage_kind: task.stage_kind,
    from_edge: task.entered_edge,
    from_agent_id: task.assigned_to,
    from_cycle_id: task.entered_cycle_id,
    visit: task.visit,
    heartbeats: task.heartbeats,
    max_heartbeat_gap_us: task.max_heartbeat_gap_us,
    last_heartbeat_at: task.last_heartbeat_at,
  };
}
