/** The trace contract's words (docs/telemetry.md). An attribute is `quadro.` and the record's field. */

/** Instrumentation scope of every span. */
export const SCOPE_NAME = 'quadro';
/** Semantic conventions the spans follow; pinned, so that bytes do not change with a dependency. */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.37.0';

/** Span names; a task's and a stage's are followed by the task type and the status. */
export const SPAN = {
  task: 'task',
  stage: 'stage',
  cycle: 'chief cycle',
  tick: 'ombudsman tick',
} as const;

/** Attributes of the resource. */
export const RESOURCE = {
  service_name: 'service.name',
  board_id: 'quadro.board_id',
  board_uid: 'quadro.board_uid',
  id_scheme: 'quadro.id_scheme',
} as const;

/** Attributes of spans and links. */
export const ATTR = {
  task_id: 'quadro.task_id',
  task_type: 'quadro.task_type',
  label: 'quadro.label',
  priority: 'quadro.priority',
  outcome: 'quadro.outcome',
  revisions: 'quadro.revisions',
  stale_count: 'quadro.stale_count',
  attempts: 'quadro.attempts',
  wait_seconds: 'quadro.wait_seconds',
  active_seconds: 'quadro.active_seconds',
  lost_seconds: 'quadro.lost_seconds',
  blocked_seconds: 'quadro.blocked_seconds',
  flow_efficiency: 'quadro.flow_efficiency',
  sequence_id: 'quadro.sequence_id',
  from_status: 'quadro.from_status',
  to_status: 'quadro.to_status',
  assigned_to: 'quadro.assigned_to',
  duration_ms: 'quadro.duration_ms',
  event_type: 'quadro.event_type',
  edge: 'quadro.edge',
  stage_kind: 'quadro.stage_kind',
  visit: 'quadro.visit',
  heartbeats: 'quadro.heartbeats',
  max_heartbeat_gap_ms: 'quadro.max_heartbeat_gap_ms',
  after_terminal: 'quadro.after_terminal',
  cycle_id: 'quadro.cycle_id',
  chief_id: 'quadro.chief_id',
  trigger: 'quadro.trigger',
  actions_taken: 'quadro.actions_taken',
  cycle_duration_ms: 'quadro.cycle_duration_ms',
  result: 'quadro.result',
  waiting: 'quadro.waiting',
  in_flight: 'quadro.in_flight',
  idle_agents: 'quadro.idle_agents',
  busy_agents: 'quadro.busy_agents',
  coalesced_wakes: 'quadro.coalesced_wakes',
  slept_seconds: 'quadro.slept_seconds',
  tick_id: 'quadro.tick_id',
  statuses_scanned: 'quadro.statuses_scanned',
  tasks_scanned: 'quadro.tasks_scanned',
  tick_duration_ms: 'quadro.tick_duration_ms',
  /** Of a link: what it leads to, one of {@link LINK}. */
  link: 'quadro.link',
  /** OpenTelemetry's own. */
  error_type: 'error.type',
} as const;

/** OpenTelemetry's attributes of an agent's work, on stages where they were asked for (`genAi`). */
export const GEN_AI = {
  operation_name: 'gen_ai.operation.name',
  provider_name: 'gen_ai.provider.name',
  agent_id: 'gen_ai.agent.id',
  agent_name: 'gen_ai.agent.name',
} as const;

/** The operation that an agent's stage is, of those that OpenTelemetry names. */
export const GEN_AI_OPERATION = 'invoke_agent';

/** What a link leads to. */
export const LINK = {
  caller: 'caller',
  parent_task: 'parent_task',
  origin_task: 'origin_task',
  chief_cycle: 'chief_cycle',
  opened_stage: 'opened_stage',
  stale_stage: 'stale_stage',
} as const;

/** Why a stage failed, as `error.type`. */
export const ERROR_TYPE = {
  stale_heartbeat: 'stale_heartbeat',
  worker_error: 'worker_error',
  human_review: 'human_review',
  /** OpenTelemetry's word for an error without a type of its own: a cycle or tick that threw. */
  other: '_OTHER',
} as const;

/** Links a span carries at most; the rest are counted as dropped. */
export const MAX_LINKS = 100;
