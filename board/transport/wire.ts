/**
 * Records ↔ wire. The words are the same on both sides; the one thing that differs is time: microseconds in memory,
 * ISO 8601 on the wire. So this is a table of the fields that hold a time, and nothing else is mapped.
 */
import { atIndex } from '../core/at-index.ts';
import { ValidationError } from '../core/errors.ts';
import type { Intent, ParamsOf, ResultOf } from '../core/intents.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { INTENT_FIELDS } from '../core/payload.ts';
import type {
  Agent,
  BoardRecord,
  ChiefCycle,
  Event,
  FlightLogEntry,
  Lease,
  OmbudsmanTick,
  Task,
} from '../core/records.ts';
import type { FlightPlan, Stage } from '../core/stages.ts';
import { isoOf, microsOf } from '../core/time.ts';
import { isJsonObject } from './envelope.ts';

/** Where a record keeps its times: fields of its own, and fields that hold further records. */
interface TimeFields {
  readonly times: readonly string[];
  readonly nested?: Readonly<Record<string, TimeFields>>;
}

/** Names that are fields of the record, so that a field that is renamed does not compile here. */
const fieldsOf = <Row>(...times: readonly (keyof Row & string)[]): TimeFields => ({ times });

const TASK = fieldsOf<Task>(
  'heartbeat_at',
  'created_at',
  'updated_at',
  'status_entered_at',
  'last_heartbeat_at',
  'finished_at',
  'archived_at',
);
const AGENT = fieldsOf<Agent>('last_seen_at', 'registered_at');
const EVENT = fieldsOf<Event>('timestamp', 'entered_at', 'last_heartbeat_at');
const ENTRY = fieldsOf<FlightLogEntry>('timestamp');
const LEASE = fieldsOf<Lease>('taken_at', 'renewed_at');
const CYCLE = fieldsOf<ChiefCycle>('woke_at', 'slept_at', 'previous_slept_at');
const TICK = fieldsOf<OmbudsmanTick>('started_at', 'ended_at');
const FLIGHT_PLAN: TimeFields = {
  ...fieldsOf<FlightPlan>('created_at', 'terminal_at'),
  nested: {
    stages: fieldsOf<Stage>('entered_at', 'exited_at', 'last_heartbeat_at'),
    flight_log: ENTRY,
    events: EVENT,
  },
};

/** What a result's field holds; fields that are not here hold no record. */
const RESULT: TimeFields = {
  times: [],
  nested: {
    task: TASK,
    tasks: TASK,
    agent: AGENT,
    agents: AGENT,
    event: EVENT,
    events: EVENT,
    entry: ENTRY,
    lease: LEASE,
    leases: LEASE,
    flight_plan: FLIGHT_PLAN,
    cycle: CYCLE,
    chief_cycles: CYCLE,
    tick: TICK,
    ombudsman_ticks: TICK,
    board: fieldsOf<BoardRecord>('created_at', 'last_timestamp'),
  },
};

/** Records that no intent answers with, under the names they travel by. */
export interface RecordPage {
  readonly tasks?: readonly Task[];
  readonly agents?: readonly Agent[];
  readonly events?: readonly Event[];
  readonly chief_cycles?: readonly ChiefCycle[];
  readonly ombudsman_ticks?: readonly OmbudsmanTick[];
  readonly board?: BoardRecord;
}

type Convert = (value: Json, field: string) => Json;

function mapTimes(value: Json, fields: TimeFields, convert: Convert): Json {
  if (Array.isArray(value)) return value.map(item => mapTimes(item, fields, convert));
  if (!isJsonObject(value)) return value;
  const mapped: Record<string, Json> = { ...value };
  for (const name of fields.times) if (name in mapped) mapped[name] = convert(mapped[name] ?? null, name);
  for (const [name, inner] of Object.entries(fields.nested ?? {})) {
    if (name in mapped) mapped[name] = mapTimes(mapped[name] ?? null, inner, convert);
  }
  return mapped;
}

const toIso: Convert = value => (typeof value === 'number' ? isoOf(value) : value);

const toMicros: Convert = (value, field) => {
  if (value === null) return null;
  const micros = typeof value === 'string' ? microsOf(value) : null;
  if (micros === null) throw new ValidationError('invalid_payload', `${field} must be an ISO 8601 time`);
  return micros;
};

const WHOLE_NUMBER = /^\s*[+-]?\d{1,15}\s*$/;

function paramTimes(intent: Intent): TimeFields {
  const times = Object.entries(INTENT_FIELDS[intent]).filter(([, { kind }]) => kind === 'micros');
  return { times: times.map(([name]) => name) };
}

function withoutUndefined(params: object): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
}

/** An intent's parameters as they travel. */
export function paramsToWire<I extends Intent>(intent: I, params: ParamsOf<I>): JsonObject {
  return mapTimes(withoutUndefined(params), paramTimes(intent), toIso) as JsonObject;
}

/**
 * What travelled as an intent's parameters: fields the intent does not know are left out (the wire is a superset of the
 * reference's), numeric text stands for its number where a number is wanted. The values are still unchecked.
 *
 * @throws ValidationError (`invalid_payload`) where a time is none.
 */
export function paramsFromWire<I extends Intent>(intent: I, payload: JsonObject): ParamsOf<I> {
  const fields = INTENT_FIELDS[intent];
  if (Object.hasOwn(payload, '__proto__')) {
    throw new ValidationError('invalid_payload', `${intent}: the key __proto__ is not accepted`);
  }
  const known = Object.entries(payload)
    .filter(([name]) => Object.hasOwn(fields, name))
    .map(([name, value]): [string, Json] => {
      if (fields[name]?.kind === 'tasks' && Array.isArray(value)) return [name, value.map(taskFromWire)];
      const isNumericText = fields[name]?.kind === 'int' && typeof value === 'string' && WHOLE_NUMBER.test(value);
      return [name, isNumericText ? Number(value) : value];
    });
  return mapTimes(Object.fromEntries(known), paramTimes(intent), toMicros) as unknown as ParamsOf<I>;
}

/** A task of a bulk, as `board.post_task` takes it alone. */
function taskFromWire(task: Json, index: number): Json {
  if (!isJsonObject(task)) return task;
  return atIndex(index, () => paramsFromWire('board.post_task', task)) as unknown as Json;
}

/** An event as it travels by itself. */
export function eventToWire(event: Event): JsonObject {
  return mapTimes(event as unknown as JsonObject, EVENT, toIso) as JsonObject;
}

/** An intent's result as it travels; so do pages of records under the names of their tables. */
export function resultToWire<I extends Intent>(result: ResultOf<I> | RecordPage): JsonObject {
  return mapTimes(result as unknown as JsonObject, RESULT, toIso) as JsonObject;
}

/**
 * What travelled as an intent's result.
 *
 * @throws ValidationError (`invalid_payload`) where a time is none.
 */
export function resultFromWire<I extends Intent>(result: JsonObject): ResultOf<I> {
  return mapTimes(result, RESULT, toMicros) as unknown as ResultOf<I>;
}
