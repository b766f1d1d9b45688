/**
 * The metrics as a contract: every name, label, ladder and help text. docs/metrics.md is this file as a table, and a test
 * holds the two together.
 */
import {
  byAgent,
  type CounterSpec,
  counter,
  type GaugeSpec,
  gauge,
  type HistogramSpec,
  type MetricSpec,
  seconds,
  US_PER_SECOND,
} from './metric-spec.ts';

/** Transitions, the post among them (`edge="post"`, `from_status` empty). */
export const TASK_TRANSITIONS: CounterSpec = counter(
  'quadro_task_transitions_total',
  'log',
  ['task_type', 'from_status', 'to_status', 'edge'],
  ['task_type', 'from_status', 'to_status'],
  'Transitions of tasks; a post has the edge post and an empty from_status.',
);

/** Post to first finish. */
export const TASK_DURATION: HistogramSpec = seconds(
  'quadro_task_duration_seconds',
  'task',
  ['task_type', 'outcome'],
  ['task_type', 'outcome'],
  'Time from post to the first finish of a task, by the status that finished it.',
);

/** How long a visit to a status lasted, counted when it ends. */
export const STAGE_DURATION: HistogramSpec = byAgent(
  seconds(
    'quadro_task_stage_duration_seconds',
    'task',
    ['task_type', 'status', 'stage_kind'],
    ['task_type', 'status'],
    'Time a task spent in one visit to a status, counted when the visit ends.',
  ),
);

/** Unfinished tasks now. */
export const TASKS: GaugeSpec = gauge(
  'quadro_tasks',
  'state',
  ['task_type', 'status', 'stage_kind'],
  ['task_type', 'status'],
  'Unfinished tasks; zero where there were some before.',
);

/** When the task that has been longest in its status entered it. */
export const OLDEST_ENTERED: GaugeSpec = gauge(
  'quadro_task_oldest_entered_timestamp_seconds',
  'state',
  ['task_type', 'status'],
  ['task_type', 'status'],
  'When the unfinished task that is longest in its status entered it; its age is time() minus this.',
);

/** Agents by status, once for each of their capabilities. */
export const AGENTS: GaugeSpec = byAgent(
  gauge(
    'quadro_agents',
    'state',
    ['status', 'capability'],
    ['capability'],
    'Agents by status; an agent counts once for each of its capabilities.',
  ),
);

/** Time between two signs of life of a stage. */
export const HEARTBEAT_INTERVAL: HistogramSpec = byAgent(
  seconds(
    'quadro_heartbeat_interval_seconds',
    'task',
    ['task_type'],
    ['task_type'],
    'Time between two signs of life in a stage, its entry being the first.',
  ),
);

/** Length of a Chief cycle. */
export const CHIEF_CYCLE_DURATION: HistogramSpec = seconds(
  'quadro_chief_cycle_duration_seconds',
  'chief',
  ['trigger', 'result'],
  [],
  'Length of a Chief cycle; the result is acted, noop (reactive and idle), empty (idle otherwise) or error.',
);

/** How long the Chief slept before a cycle. */
export const CHIEF_SLEEP_DURATION: HistogramSpec = seconds(
  'quadro_chief_sleep_duration_seconds',
  'sleep',
  ['woken_by'],
  [],
  'How long the Chief slept before what woke it; a stopped Chief does not sleep.',
);

/** Actions the Chief took. */
export const CHIEF_ACTIONS: CounterSpec = counter(
  'quadro_chief_actions_total',
  'log',
  ['trigger'],
  [],
  'Actions of the Chief.',
);

/** Wakes that arrived during a cycle and became part of the next. */
export const CHIEF_WAKES_COALESCED: CounterSpec = counter(
  'quadro_chief_wakes_coalesced_total',
  'log',
  ['trigger'],
  [],
  'Wakes that were taken together with another.',
);

/** The present streak of noops (spec.md). */
export const CHIEF_CONSECUTIVE_NOOPS: GaugeSpec = gauge(
  'quadro_chief_consecutive_noops',
  'log',
  [],
  [],
  'Reactive cycles without an action since the last action.',
);

/** What the Chiefs say they do, as one series a state. */
export const CHIEF_STATE: GaugeSpec = gauge(
  'quadro_chief_state',
  'state',
  ['state'],
  [],
  'Chiefs by the state they last reported: one for the only Chief, zero for its other states.',
);

/** When the Chief last woke. */
export const CHIEF_LAST_WAKE: GaugeSpec = gauge(
  'quadro_chief_last_wake_timestamp_seconds',
  'log',
  [],
  [],
  'When the last finished cycle of the Chief began.',
);

/** Work that could be dispatched now and is not. */
export const DISPATCH_STRANDED: GaugeSpec = gauge(
  'quadro_dispatch_stranded',
  'state',
  ['capability'],
  ['capability'],
  'The smaller of the tasks that may be dispatched now and the idle agents, whatever the Chief does.',
);

/** How long Chiefs slept over work that an idle agent could have had. */
export const DISPATCH_FAILURE: CounterSpec = {
  ...counter(
    'quadro_dispatch_failure_seconds_total',
    'log',
    [],
    [],
    'Time that Chiefs slept on, beyond the grace, while a task and an idle agent waited for each other.',
  ),
  unitsPerShown: US_PER_SECOND,
};

/** Length of an Ombudsman tick. */
export const OMBUDSMAN_TICK_DURATION: HistogramSpec = seconds(
  'quadro_ombudsman_tick_duration_seconds',
  'chief',
  ['result'],
  [],
  'Length of an Ombudsman tick; the result is found, empty or error.',
);

/** Stages ended for want of a sign of life. */
export const OMBUDSMAN_STALE: CounterSpec = byAgent(
  counter(
    'quadro_ombudsman_stale_total',
    'log',
    ['task_type', 'status'],
    ['task_type', 'status'],
    'Stages ended for want of a sign of life, by the status they were in; 0 from the first visit on.',
  ),
);

/** When the Ombudsman last looked. */
export const OMBUDSMAN_LAST_TICK: GaugeSpec = gauge(
  'quadro_ombudsman_last_tick_timestamp_seconds',
  'log',
  [],
  [],
  'When the last Ombudsman tick ended.',
);

/** Last sign of life to being found stale. */
export const STALE_DETECTION: HistogramSpec = byAgent(
  seconds(
    'quadro_stale_detection_seconds',
    'task',
    ['task_type'],
    ['task_type'],
    'Time from the last sign of life of a stage until it was found stale.',
  ),
);

/** Length of one group commit. */
export const COMMIT_DURATION: HistogramSpec = {
  ...seconds(
    'quadro_board_commit_duration_seconds',
    'commit',
    ['backend'],
    [],
    'Length of a group commit of this process.',
  ),
  origin: 'process',
};

/** Commands that were committed together. */
export const COMMIT_BATCH_SIZE: HistogramSpec = {
  ...seconds(
    'quadro_board_commit_batch_size',
    'batch',
    ['backend'],
    [],
    'Commands that this process committed together.',
  ),
  origin: 'process',
  unitsPerShown: 1,
};

/** Commands waiting for a commit. */
export const QUEUE_DEPTH: GaugeSpec = gauge(
  'quadro_board_queue_depth',
  'process',
  ['backend'],
  [],
  'Commands that wait for a commit of this process.',
);

/** Whether an agent at an address of its own is left alone. */
export const AGENT_CIRCUIT_STATE: GaugeSpec = gauge(
  'quadro_agent_circuit_state',
  'process',
  ['url'],
  ['url'],
  "Circuit of an agent's address: 0 closed, 1 open, 0.5 while a request tries whether it answers again.",
);

/** Commands that were refused. */
export const REFUSALS: CounterSpec = counter(
  'quadro_board_refusals_total',
  'process',
  ['intent', 'error_code'],
  ['intent', 'error_code'],
  'Commands that this process refused, by intent and error code.',
);

/** Commits that were tried again. */
export const RETRIES: CounterSpec = counter(
  'quadro_board_retries_total',
  'process',
  ['reason'],
  ['reason'],
  'Commits that this process tried again, by reason.',
);

/** Durations below zero, shown as zero. */
export const CLAMPED_DURATIONS: CounterSpec = counter(
  'quadro_clamped_durations_total',
  'log',
  [],
  [],
  'Durations of the log that were below zero and are counted as zero.',
);

/** Events an exporter has still to read. */
export const EXPORTER_LAG: GaugeSpec = gauge(
  'quadro_exporter_lag_events',
  'process',
  ['signal'],
  [],
  'Events of the log that the exporter has not read yet.',
);

/** Spans by how their delivery ended. */
export const EXPORTER_SPANS: CounterSpec = counter(
  'quadro_exporter_spans_total',
  'process',
  ['signal', 'result'],
  ['result'],
  'Spans by how their delivery ended; none unless the span exporter runs in this process.',
);

/** Where an exporter stands. */
export const EXPORTER_CURSOR: GaugeSpec = gauge(
  'quadro_exporter_cursor_sequence',
  'process',
  ['signal'],
  [],
  'The last event the exporter has read.',
);

/** Every metric, in the order they are printed. */
export const METRICS: readonly MetricSpec[] = [
  TASK_TRANSITIONS,
  TASK_DURATION,
  STAGE_DURATION,
  TASKS,
  OLDEST_ENTERED,
  AGENTS,
  HEARTBEAT_INTERVAL,
  CHIEF_CYCLE_DURATION,
  CHIEF_SLEEP_DURATION,
  CHIEF_ACTIONS,
  CHIEF_WAKES_COALESCED,
  CHIEF_CONSECUTIVE_NOOPS,
  CHIEF_STATE,
  CHIEF_LAST_WAKE,
  DISPATCH_STRANDED,
  DISPATCH_FAILURE,
  OMBUDSMAN_TICK_DURATION,
  OMBUDSMAN_STALE,
  OMBUDSMAN_LAST_TICK,
  STALE_DETECTION,
  COMMIT_DURATION,
  COMMIT_BATCH_SIZE,
  QUEUE_DEPTH,
  AGENT_CIRCUIT_STATE,
  REFUSALS,
  RETRIES,
  CLAMPED_DURATIONS,
  EXPORTER_LAG,
  EXPORTER_SPANS,
  EXPORTER_CURSOR,
];
