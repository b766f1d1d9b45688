import type { Json, JsonObject } from '../../board/core/json.ts';
import type { Event } from '../../board/core/records.ts';
import { parseTraceParent } from '../../board/core/trace-ids.ts';

/** The fields of payloads that spans are made of, or that tell stages apart. */
const FIELDS = [
  'reason',
  'label',
  'priority',
  'traceparent',
  'trace_relation',
  'parent_task_id',
  'origin_task_id',
  'heartbeat_at',
  'fenced',
] as const;

/** A payload with more fields is an import's. */
const MAX_FIELDS = 16;
/** In characters: as long as an id may be. */
const MAX_TEXT = 200;
const TRACEPARENT_TEXT = 55;

/**
 * The event as it may be kept: a payload can be of any size, and spans need little of it. The spans made of it are the same.
 *
 * @param withLabel whether labels are wanted whole.
 */
export function lightEvent(event: Event, withLabel: boolean): Event {
  return isLight(event.payload, withLabel) ? event : { ...event, payload: lightPayload(event.payload, withLabel) };
}

function isLight(payload: JsonObject, withLabel: boolean): boolean {
  let fields = 0;
  for (const name in payload) {
    fields += 1;
    if (!(name === 'label' && withLabel) && isLong(payload[name])) return false;
  }
  return fields <= MAX_FIELDS;
}

function isLong(value: Json | undefined): boolean {
  return typeof value === 'string' ? value.length > MAX_TEXT : typeof value === 'object' && value !== null;
}

function lightPayload(payload: JsonObject, withLabel: boolean): JsonObject {
  const light: Record<string, Json> = {};
  for (const name of FIELDS) {
    const value = payload[name];
    if (value !== undefined) light[name] = name === 'label' && withLabel ? value : lightValue(name, value);
  }
  return light;
}

/** What a reader only compares stays unequal when it is cut. */
function lightValue(name: string, value: Json): Json {
  if (!isLong(value)) return value;
  if (typeof value !== 'string') return null;
  if (name === 'traceparent') return parseTraceParent(value) === null ? '' : value.slice(0, TRACEPARENT_TEXT);
  return value.slice(0, MAX_TEXT);
}
