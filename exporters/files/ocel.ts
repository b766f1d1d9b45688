import type { DuckDBValue } from '@duckdb/node-api';
import type { TableName } from '../../board/core/tables.ts';
import type { LoadedLog } from './loaded-log.ts';
import { attributeTypes, type OcelRelationship, objectId, type TypedName } from './ocel-json.ts';
import { OBJECT_TYPES, ocelObjects } from './ocel-objects.ts';
import { asText, columnsBut, columnsOf, packed, unpacked } from './typed-columns.ts';

/** The tables that are read. */
export const OCEL_TABLES: readonly TableName[] = ['events', 'tasks', 'agents', 'chief_cycles'];

/** Column → the type of the object it names; the column is the relationship's qualifier. */
const RELATED = {
  task_id: 'task',
  agent_id: 'agent',
  assigned_to: 'agent',
  from_agent_id: 'agent',
  cycle_id: 'cycle',
} as const;
const QUALIFIERS = Object.keys(RELATED) as (keyof typeof RELATED)[];

const EVENT_COLUMNS = columnsBut('events', [
  'board_uid',
  'task_type',
  'profile',
  'to_status',
  'timestamp',
  ...QUALIFIERS,
]);

/** A transition is of the status it enters, as in XES. */
const EVENT_TYPE = "CASE WHEN edge IS NULL THEN 'task_heartbeat' ELSE to_status END";
const CYCLE_TYPE = 'chief_cycle';

/** The columns of an event in one: its time, whom it is related to, and its attributes. */
const PACKED = packed([
  ...columnsOf('events', ['timestamp']).map(each => asText(each, 'e')),
  ...QUALIFIERS.map(name => `e.${name}`),
  ...EVENT_COLUMNS.map(each => asText(each, 'e')),
]);

const EVENTS = `SELECT e.sequence_id, ${EVENT_TYPE}, ${PACKED} FROM log_events e ORDER BY e.sequence_id`;

const WOKE_AT = columnsOf('chief_cycles', ['woke_at']).map(each => asText(each, 'c'));
const CYCLES = `SELECT c.sequence_id, ${packed([...WOKE_AT, 'c.cycle_id', 'c.chief_id'])}
  FROM log_chief_cycles c ORDER BY c.sequence_id`;

const EVENT_TYPES = `SELECT DISTINCT ${EVENT_TYPE} FROM log_events ORDER BY 1`;

async function eventTypes(log: LoadedLog): Promise<readonly TypedName[]> {
  const types = new Map<string, TypedName>([[CYCLE_TYPE, { name: CYCLE_TYPE, attributes: [] }]]);
  const attributes = attributeTypes(EVENT_COLUMNS);
  for await (const [type] of log.rows(EVENT_TYPES)) types.set(String(type), { name: String(type), attributes });
  return [...types.values()];
}

function eventOf([sequenceId, type, columns]: readonly DuckDBValue[]): object {
  const [time, ...values] = unpacked(columns);
  const relationships = QUALIFIERS.flatMap((qualifier, index): readonly OcelRelationship[] => {
    const id = values[index] ?? null;
    return id === null ? [] : [{ objectId: objectId(RELATED[qualifier], id), qualifier }];
  });
  const attributes = EVENT_COLUMNS.flatMap(({ name }, index) => {
    const value = values[QUALIFIERS.length + index] ?? null;
    return value === null ? [] : [{ name, value }];
  });
  return { id: `event:${sequenceId}`, type, time, attributes, relationships };
}

function cycleEventOf([sequenceId, columns]: readonly DuckDBValue[]): object {
  const [time, cycleId, chiefId] = unpacked(columns);
  const relationships = [
    { objectId: objectId('cycle', cycleId ?? ''), qualifier: 'cycle_id' },
    { objectId: objectId('chief', chiefId ?? ''), qualifier: 'chief_id' },
  ];
  return { id: `cycle:${sequenceId}`, type: CYCLE_TYPE, time, attributes: [], relationships };
}

async function* eventsOf(log: LoadedLog): AsyncGenerator<object> {
  for await (const row of log.rows(EVENTS)) yield eventOf(row);
  for await (const row of log.rows(CYCLES)) yield cycleEventOf(row);
}

/** Members of a JSON array, a line each. */
async function* lines(members: AsyncIterable<object>, counted: (members: number) => void): AsyncGenerator<string> {
  let count = 0;
  for await (const member of members) {
    yield `${count === 0 ? '' : ',\n'}${JSON.stringify(member)}`;
    counted(++count);
  }
}

/**
 * A log as OCEL 2.0 JSON. Objects are tasks, agents, Chiefs and their cycles; events are transitions, by the status they enter,
 * heartbeats (`task_heartbeat`) and wakings of a Chief (`chief_cycle`). A task's status, kind of stage and assignee change over
 * time.
 *
 * @param counted Told how many events are written so far.
 */
export async function* ocelTexts(log: LoadedLog, counted: (events: number) => void): AsyncGenerator<string> {
  yield `{"objectTypes":${JSON.stringify(OBJECT_TYPES)},\n"eventTypes":${JSON.stringify(await eventTypes(log))},\n"events":[\n`;
  yield* lines(eventsOf(log), counted);
  yield '],\n"objects":[\n';
  yield* lines(ocelObjects(log), () => undefined);
  yield ']}\n';
}
