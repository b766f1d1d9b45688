/**
 * What each intent's payload may hold, in one table: the typed methods, the envelope and (later) the HTTP schemas read it.
 * Checking a payload never changes it.
 */

import { atIndex } from './at-index.ts';
import { ValidationError } from './errors.ts';
import type { Intent } from './intents.ts';
import { checkPlain, measureJson, refusePayload } from './measure-json.ts';
import { TRACE_RELATIONS } from './trace-relation.ts';

/**
 * `id` a name of at most 200 bytes; `text` any text; `texts` a list of texts; `int` a whole number (numeric text is
 * accepted, as the reference does); `micros` an instant; `json` any JSON value; `object` a JSON object; `bool`; `tasks` a
 * list of payloads of `board.post_task`.
 */
export type FieldKind = 'id' | 'text' | 'texts' | 'int' | 'micros' | 'json' | 'object' | 'bool' | 'tasks';

/** One field of a payload. */
export interface FieldSpec {
  readonly kind: FieldKind;
  readonly required: boolean;
  readonly nullable: boolean;
  /** The only values allowed. */
  readonly values?: readonly string[];
}

const required = (kind: FieldKind): FieldSpec => ({ kind, required: true, nullable: false });
const optional = (kind: FieldKind, values?: readonly string[]): FieldSpec => ({
  kind,
  required: false,
  nullable: false,
  ...(values && { values }),
});
const nullable = (kind: FieldKind, values?: readonly string[]): FieldSpec => ({
  ...optional(kind, values),
  nullable: true,
});
const requiredNullable = (kind: FieldKind): FieldSpec => ({ kind, required: true, nullable: true });

type Fields = Readonly<Record<string, FieldSpec>>;

const CYCLE_COUNTS = [
  'thinking_us',
  'acting_us',
  'actions_taken',
  'coalesced_wakes',
  'waiting',
  'in_flight',
  'idle_agents',
  'busy_agents',
  'waiting_after',
  'in_flight_after',
  'idle_agents_after',
  'busy_agents_after',
  'stranded_after',
  'seen_sequence_id',
];

/** Intent → field → what it must be. */
export const INTENT_FIELDS: Readonly<Record<Intent, Fields>> = {
  'board.post_task': {
    task_type: required('id'),
    label: required('text'),
    task_id: nullable('id'),
    priority: optional('int'),
    notes: optional('texts'),
    parent_task_id: nullable('id'),
    origin_task_id: nullable('id'),
    scope: nullable('id'),
    traceparent: nullable('text'),
    trace_relation: nullable('text', TRACE_RELATIONS),
    hold: nullable('text'),
  },
  'board.post_tasks': { tasks: required('tasks') },
  'board.update_task': {
    task_id: required('id'),
    to_status: required('id'),
    assigned_to: nullable('id'),
    output: nullable('json'),
    label: optional('text'),
    notes_append: optional('text'),
    context_snapshot_hash: nullable('text'),
    continuation_token: nullable('text'),
    fence: nullable('int'),
    reason: nullable('text'),
    if_silent_since: nullable('micros'),
    require_idle: optional('bool'),
  },
  'board.get_task': { task_id: required('id') },
  'board.get_full_state': {},
  'board.list_tasks_by_status': { statuses: required('json') },
  'board.register_agent': {
    agent_id: required('id'),
    name: required('text'),
    url: required('text'),
    version: required('text'),
    capabilities: required('texts'),
    description: required('text'),
    status: optional('text', ['IDLE', 'BUSY', 'OFFLINE']),
  },
  'board.post_agent_heartbeat': {
    agent_id: required('id'),
    task_id: nullable('id'),
    fence: nullable('int'),
    claim: optional('bool'),
  },
  'board.stream_events': { since_sequence: optional('int') },
  'board.put_data': { key: required('id'), value: requiredNullable('json') },
  'board.get_data': { key: required('id') },
  'board.list_data': { prefix: nullable('text') },
  'board.delete_data': { key: required('id') },
  'board.get_task_history': { task_id: required('id') },
  'board.get_agent_activity': { agent_id: required('id') },
  'board.archive_task': { task_id: required('id') },
  'worker.post_result': {
    task_id: required('id'),
    output: nullable('json'),
    agent_id: nullable('id'),
    fence: nullable('int'),
  },
  'worker.execute_task': { task_id: required('id'), fence: nullable('int'), traceparent: nullable('text') },
  'chief.wake': {
    trigger: optional('text', ['worker', 'ombudsman', 'seed', 'board_event']),
    sequence_id: nullable('int'),
  },
  'board.flight_plan': { task_id: required('id') },
  'board.append_flight_log': { task_id: required('id'), stage: required('id'), payload: requiredNullable('json') },
  'board.get_open_state': { task_types: optional('texts') },
  'board.record_cycle': {
    cycle_id: required('id'),
    chief_id: required('id'),
    trigger: { ...required('text'), values: ['worker', 'ombudsman', 'seed', 'board_event'] },
    woke_at: required('micros'),
    slept_at: required('micros'),
    previous_slept_at: requiredNullable('micros'),
    ...Object.fromEntries(CYCLE_COUNTS.map(name => [name, required('int')])),
    by_capability: required('object'),
    by_capability_after: required('object'),
    draining: required('bool'),
    error: requiredNullable('text'),
  },
  'board.record_tick': {
    tick_id: required('id'),
    started_at: required('micros'),
    ended_at: required('micros'),
    statuses_scanned: required('texts'),
    tasks_scanned: required('int'),
    stale_count: required('int'),
    error: requiredNullable('text'),
  },
  'board.set_agent_offline': { agent_id: required('id'), if_silent_since: required('micros') },
  'board.acquire_lease': {
    role: required('id'),
    kind: required('id'),
    holder: required('id'),
    claims: requiredNullable('texts'),
    duration_ms: required('int'),
    dead: optional('json'),
  },
  'board.release_lease': { role: required('id'), holder: required('id'), term: required('int') },
  'board.list_leases': {},
};

/** Whether a text names an intent. */
export function isIntent(text: string): text is Intent {
  return Object.hasOwn(INTENT_FIELDS, text);
}

/** Longest id, status name or data key, in bytes of UTF-8: a key that every supported database can index. */
export const MAX_ID_BYTES = 200;

/** Default limit of a payload: 1 MiB of JSON. */
export const MAX_PAYLOAD_BYTES = 1_048_576;

/** Most tasks of a bulk: what it answers is kept whole for its idempotency key, 2 MB for that many plain tasks. */
const MAX_BULK_TASKS = 1_000;

/**
 * How many largest payloads a whole bulk may weigh. Its kept answer says most texts twice, in the task and in its event, and
 * is one value of one statement: with the default limit it stays below the 16 MiB that MariaDB takes.
 */
const MAX_BULK_PAYLOADS = 4;

/** Whether a text is short enough to be an id. */
export function isIdSized(text: string): boolean {
  // A UTF-16 unit is at most three bytes of UTF-8, so short texts need no encoding to know.
  return text.length * 3 <= MAX_ID_BYTES || Buffer.byteLength(text) <= MAX_ID_BYTES;
}

const CHECKS: Record<FieldKind, (value: unknown) => string | null> = {
  id: value => {
    if (typeof value !== 'string' || value === '') return 'a text that is not empty';
    return isIdSized(value) ? null : `at most ${MAX_ID_BYTES} bytes long`;
  },
  text: value => (typeof value === 'string' ? null : 'a text'),
  texts: value => (Array.isArray(value) && value.every(item => typeof item === 'string') ? null : 'a list of texts'),
  int: value => (Number.isSafeInteger(value) ? null : 'a whole number'),
  micros: value => (Number.isSafeInteger(value) ? null : 'a time'),
  json: () => null,
  object: value => (typeof value === 'object' && value !== null && !Array.isArray(value) ? null : 'a JSON object'),
  bool: value => (typeof value === 'boolean' ? null : 'true or false'),
  tasks: value => {
    const isSized = Array.isArray(value) && value.length >= 1 && value.length <= MAX_BULK_TASKS;
    return isSized ? null : `a list of 1 to ${MAX_BULK_TASKS} tasks`;
  },
};

function checkField(intent: Intent, name: string, spec: FieldSpec, value: unknown): void {
  if (value === null && spec.nullable) return;
  const wanted = CHECKS[spec.kind](value);
  if (wanted !== null) refusePayload(`${intent}: ${name} must be ${wanted}`, { field: name });
  if (spec.values !== undefined && !spec.values.includes(value as string)) {
    refusePayload(`${intent}: ${name} must be one of ${spec.values.join(', ')}`, { field: name });
  }
}

/** Most unknown fields a message names. */
const MAX_NAMED = 5;

/** A text from outside as a message may show it: without control characters, of at most 60 characters. */
export function shortened(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text).slice(1, -1);
}

function checkNames(intent: Intent, fields: Fields, payload: Readonly<Record<string, unknown>>): void {
  const missing = Object.keys(fields)
    .filter(name => fields[name]?.required && payload[name] === undefined)
    .sort();
  if (missing.length > 0) {
    const what = intent === 'board.register_agent' ? 'AgentCard' : 'payload';
    refusePayload(`Missing ${what} fields: [${missing.map(name => `'${name}'`).join(', ')}]`, { missing });
  }
  const unknown = Object.keys(payload).filter(name => !Object.hasOwn(fields, name));
  if (unknown.length > 0) {
    // Names that came from outside, so their number and length have bounds here.
    const names = unknown.slice(0, MAX_NAMED).map(shortened);
    const more = unknown.length > MAX_NAMED ? ` and ${unknown.length - MAX_NAMED} more` : '';
    refusePayload(
      `${intent} does not know the field ${names.join(', ')}${more}; it takes ${Object.keys(fields).join(', ')}`,
      {
        unknown: names,
      },
    );
  }
}

/**
 * Checks a payload whole: missing and unknown fields, kinds, ids, texts, size. Gives its size, a lower bound in bytes as
 * JSON.
 *
 * @throws ValidationError (`invalid_payload`, `invalid_text`, `payload_too_large`); nothing has been written.
 */
export function checkPayload(
  intent: Intent,
  payload: Readonly<Record<string, unknown>>,
  maxBytes: number = MAX_PAYLOAD_BYTES,
): number {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    refusePayload('payload must be an object');
  checkPlain(payload, 'payload');
  const fields = INTENT_FIELDS[intent];
  checkNames(intent, fields, payload);
  let size = 1;
  for (const [name, value] of Object.entries(payload)) {
    if (value === undefined) continue;
    const spec = fields[name];
    size += name.length + 4;
    if (spec?.kind !== 'tasks') size += measureJson(value, name, 0);
    if (spec !== undefined) checkField(intent, name, spec, value);
    if (spec?.kind === 'tasks') size += checkTasks(value as readonly unknown[], maxBytes);
  }
  const limit = intent === 'board.post_tasks' ? maxBytes * MAX_BULK_PAYLOADS : maxBytes;
  // The bound counts UTF-16 units; only a payload near the limit is worth encoding to know its bytes.
  if (size > limit || (size * 6 > limit && Buffer.byteLength(JSON.stringify(payload)) > limit)) {
    const fewer = intent === 'board.post_tasks' ? 'post fewer tasks at once, ' : '';
    throw new ValidationError(
      'payload_too_large',
      `${intent}: the payload is larger than ${limit} bytes of JSON; ${fewer}store large content elsewhere and post a reference, or raise maxPayloadBytes`,
      { details: { max_bytes: limit } },
    );
  }
  return size;
}

/** Checks each task of a bulk as it would be checked alone; what is refused names its place. Gives their size. */
function checkTasks(tasks: readonly unknown[], maxBytes: number): number {
  let size = 1;
  // By index: a hole in a list must not be passed over.
  for (let index = 0; index < tasks.length; index++) {
    const task = tasks[index] as Readonly<Record<string, unknown>>;
    size += 1 + atIndex(index, () => checkPayload('board.post_task', task, maxBytes));
  }
  return size;
}
