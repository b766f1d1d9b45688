/**
 * The intents of the A2A envelope: what each takes and gives. The typed methods of `Board` and `BoardClient` are these,
 * with times in microseconds; on the wire the same fields carry ISO 8601.
 */
import type { Json, JsonObject } from './json.ts';
import type { Route } from './lifecycle/types.ts';
import type {
  Agent,
  ChiefCycle,
  DataEntry,
  Event,
  FlightLogEntry,
  Lease,
  OmbudsmanTick,
  Task,
  TraceRelation,
  WakeTrigger,
} from './records.ts';
import type { FlightPlan } from './stages.ts';
import type { AgentStatus, TaskStatus } from './statuses.ts';
import type { Micros } from './time.ts';

/** The payload of `board.post_task`. */
export interface PostTaskParams {
  task_type: string;
  label: string;
  /** Minted by the board's id provider where absent. */
  task_id?: string | null;
  /** Default 5; lower goes first. */
  priority?: number;
  notes?: readonly string[];
  parent_task_id?: string | null;
  origin_task_id?: string | null;
  scope?: string | null;
  traceparent?: string | null;
  trace_relation?: TraceRelation | null;
  /**
   * A reason to hold the task back: it is posted and stands in ON_HOLD at once, both in one commit, with the reason in its notes.
   * No part of what an idempotency key is compared by.
   */
  hold?: string | null;
}

/** The payload of `board.post_tasks`. */
export interface PostTasksParams {
  /** 1 to 1,000, each with all that `board.post_task` takes. */
  tasks: readonly PostTaskParams[];
}

/** The payload of `board.update_task`: always a transition. */
export interface UpdateTaskParams {
  task_id: string;
  to_status: TaskStatus;
  /** Present, even as null: the task is assigned anew. Absent: the assignee stays. */
  assigned_to?: string | null;
  /** An object or list is stored as JSON text. */
  output?: Json;
  label?: string;
  notes_append?: string;
  context_snapshot_hash?: string | null;
  continuation_token?: string | null;
  /** The task's `entered_sequence_id` as the caller saw it; an old one is a ConflictError (`fence_conflict`). */
  fence?: number | null;
  /** Recorded as `payload.reason` of the event: `stale_heartbeat`, `worker_error`, or words of your own. */
  reason?: string | null;
  /** Refused (`fence_conflict`) where the task has shown a sign of life after this instant. */
  if_silent_since?: Micros | null;
  /** Refused (`fence_conflict`) where `assigned_to` names an agent that is not IDLE. */
  require_idle?: boolean;
}

/** The payload of `board.register_agent`. */
export interface RegisterAgentParams {
  agent_id: string;
  name: string;
  url: string;
  version: string;
  capabilities: readonly string[];
  description: string;
  status?: AgentStatus;
}

/** The payload of `board.post_agent_heartbeat`. */
export interface HeartbeatParams {
  agent_id: string;
  task_id?: string | null;
  fence?: number | null;
  /** This beat begins the assignment: it counts only where no beat has, and the agent is the assignee. Default false. */
  claim?: boolean;
}

/** The payload of `worker.post_result`. */
export interface PostResultParams {
  task_id: string;
  output?: Json;
  agent_id?: string | null;
  fence?: number | null;
}

/** The payload of `worker.execute_task`, from the Chief to a worker's endpoint. */
export interface ExecuteTaskParams {
  task_id: string;
  /** The assignment's token; goes with everything the worker writes. */
  fence?: number | null;
  /** Context of the stage's span, known the moment the stage opens. */
  traceparent?: string | null;
}

/** The payload of `chief.wake`; the reference sends none. */
export interface WakeParams {
  /** Default `worker`. */
  trigger?: WakeTrigger;
  /** The event that is the reason: a cycle that has already seen it starts none. */
  sequence_id?: number | null;
}

/** A lease as somebody saw it; once its holder renews it, it is not that any more. */
export type LeaseSighting = Pick<Lease, 'role' | 'term' | 'renewals'> & { readonly holder: string };

/** Under which lease a command is written. */
export type LeaseToken = Pick<Lease, 'role' | 'term'>;

/** The payload of `board.acquire_lease`. */
export interface AcquireLeaseParams {
  role: string;
  kind: string;
  /** Who asks; must differ from every other process's. */
  holder: string;
  /** What the role has to itself among those of its kind; null: everything. */
  claims: readonly string[] | null;
  /** How long the caller may be silent from now on, in milliseconds. */
  duration_ms: number;
  /** Leases that the caller has watched stand still for the lease's time: free, where they are still as seen. */
  dead?: readonly LeaseSighting[];
}

/** A task and the event that changed it. */
export interface TaskAndEvent {
  task: Task;
  event: Event;
}

/** The tasks of a bulk and the events that posted them, both in the order given. */
export interface TasksAndEvents {
  tasks: readonly Task[];
  events: readonly Event[];
}

/**
 * The answer to a heartbeat. `abort` is true for a late one: the assignment it belongs to is over; and for a claim that does
 * not count, which has no event: somebody else has begun the work, or it is not the agent's.
 */
export interface HeartbeatResult {
  agent: Agent;
  task: Task | null;
  event: Event | null;
  abort: boolean;
}

/** The whole board but its archive. */
export interface FullState {
  tasks: readonly Task[];
  agents: readonly Agent[];
  data: Readonly<Record<string, Json>>;
  _terminal_statuses: readonly string[];
}

/** What one Chief cycle can act on. */
export interface OpenState {
  /** The board's identity, of which the trace context of a stage is made. */
  board_uid: string;
  /** Every unfinished task, by priority, then created_at. */
  tasks: readonly Task[];
  agents: readonly Agent[];
  /** The log's end when this was read: nothing up to here is missing. */
  seen_sequence_id: number;
  /** `profile@version` → status → route. */
  routes: Readonly<Record<string, Readonly<Record<string, Route>>>>;
  /** The share of traces whose sampled flag is set in the trace context of a stage. */
  trace_sample_ratio: number;
  /** `profile@version` → the statuses with an edge to STALE. */
  stale_from: Readonly<Record<string, readonly string[]>>;
}

/** A Chief cycle's row before the board gives it its number. */
export type ChiefCycleParams = Omit<ChiefCycle, 'sequence_id'>;
/** An Ombudsman tick's row before the board gives it its number. */
export type OmbudsmanTickParams = Omit<OmbudsmanTick, 'sequence_id'>;

/** Intent → payload and result. */
export interface Intents {
  'board.post_task': { params: PostTaskParams; result: TaskAndEvent };
  /** Ours: many posts in one commit, all or nothing. */
  'board.post_tasks': { params: PostTasksParams; result: TasksAndEvents };
  'board.update_task': { params: UpdateTaskParams; result: TaskAndEvent };
  'board.get_task': { params: { task_id: string }; result: { task: Task } };
  'board.get_full_state': { params: Record<string, never>; result: FullState };
  'board.list_tasks_by_status': { params: { statuses: readonly string[] }; result: { tasks: readonly Task[] } };
  'board.register_agent': { params: RegisterAgentParams; result: { agent: Agent } };
  'board.post_agent_heartbeat': { params: HeartbeatParams; result: HeartbeatResult };
  'board.stream_events': { params: { since_sequence?: number }; result: { events: readonly Event[] } };
  'board.put_data': { params: { key: string; value: Json }; result: { key: string } };
  'board.get_data': { params: { key: string }; result: { key: string; value: Json } };
  'board.list_data': {
    params: { prefix?: string | null };
    result: { entries: readonly Pick<DataEntry, 'key' | 'value'>[] };
  };
  'board.delete_data': { params: { key: string }; result: { key: string; deleted: boolean } };
  'board.get_task_history': { params: { task_id: string }; result: { events: readonly Event[] } };
  'board.get_agent_activity': { params: { agent_id: string }; result: { events: readonly Event[] } };
  'board.archive_task': { params: { task_id: string }; result: { task: Task; archived: boolean } };
  'worker.post_result': { params: PostResultParams; result: TaskAndEvent };
  'worker.execute_task': { params: ExecuteTaskParams; result: JsonObject };
  'chief.wake': { params: WakeParams; result: Record<string, never> };
  /** Ours: the flight plan (analysis.md 5). */
  'board.flight_plan': { params: { task_id: string }; result: { flight_plan: FlightPlan } };
  /** Ours: append-only, no event. */
  'board.append_flight_log': {
    params: { task_id: string; stage: string; payload: Json };
    result: { entry: FlightLogEntry };
  };
  /** Ours: what the Chief and the Ombudsman need of the board, at a cost that follows the work in flight. */
  'board.get_open_state': {
    /** Only tasks of these types, at most 1,000; all where absent. */
    params: { task_types?: readonly string[] };
    result: OpenState;
  };
  /** Ours: the row a Chief cycle leaves. */
  'board.record_cycle': { params: ChiefCycleParams; result: { cycle: ChiefCycle } };
  /** Ours: the row an Ombudsman tick leaves. */
  'board.record_tick': { params: OmbudsmanTickParams; result: { tick: OmbudsmanTick } };
  /** Ours: an agent without a sign of life since `if_silent_since` becomes OFFLINE; no event. */
  'board.set_agent_offline': {
    params: { agent_id: string; if_silent_since: Micros };
    result: { agent: Agent; offline: boolean };
  };
  /** Ours: takes a role or renews it; `held` is false where somebody else has it. */
  'board.acquire_lease': { params: AcquireLeaseParams; result: { lease: Lease; held: boolean } };
  /** Ours: gives a role up. */
  'board.release_lease': {
    params: { role: string; holder: string; term: number };
    result: { released: boolean };
  };
  /** Ours: who holds which role. */
  'board.list_leases': { params: Record<string, never>; result: { leases: readonly Lease[] } };
}

/** The name of an intent. */
export type Intent = keyof Intents;
/** What intent `I` takes. */
export type ParamsOf<I extends Intent> = Intents[I]['params'];
/** What intent `I` gives. */
export type ResultOf<I extends Intent> = Intents[I]['result'];

/** What may accompany any intent. */
export interface CallOptions {
  /** Same key and payload → the first result, and nothing is written. Only for posts, moves, beats and results. */
  idempotencyKey?: string | null;
  /** Who asks; recorded on the event. */
  actor?: string | null;
  /** The Chief cycle on whose behalf this is. */
  cycleId?: string | null;
  /** The Ombudsman tick on whose behalf this is. */
  tickId?: string | null;
  /** The lease a write is made under: refused (`lease_lost`) once the role has another term, or nobody. */
  lease?: LeaseToken | null;
}

/** Whatever answers intents: a `Board` in this process, or a client of one elsewhere. */
export interface IntentPort {
  call<I extends Intent>(intent: I, params: ParamsOf<I>, options?: CallOptions): Promise<ResultOf<I>>;
}
