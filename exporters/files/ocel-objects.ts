import type { DuckDBValue } from '@duckdb/node-api';
import type { Column } from '../../board/core/tables.ts';
import type { LoadedLog } from './loaded-log.ts';
import { attributeTypes, type OcelRelationship, objectId, type TypedName } from './ocel-json.ts';
import { asText, columnsBut, columnsOf, packed, unpacked } from './typed-columns.ts';

/** A value of an object from a time on. */
interface ObjectAttribute extends Readonly<Record<'name' | 'time' | 'value', string>> {}

interface OcelObject {
  readonly id: string;
  readonly type: string;
  readonly attributes: readonly ObjectAttribute[];
  readonly relationships: readonly OcelRelationship[];
}

/** What a task is from the beginning (its events say the kinds too), and what its transitions change. */
const KINDS = columnsOf('tasks', ['task_type', 'profile']);
const POSTED = columnsOf('tasks', ['label', 'priority', 'profile_version', 'scope', 'traceparent', 'trace_relation']);
const CHANGING = ['status', 'stage_kind', 'assigned_to'] as const;
const AGENT_COLUMNS = columnsOf('agents', ['name', 'capabilities', 'a2a_url', 'version']);
const CYCLE_COLUMNS = columnsBut('chief_cycles', ['board_uid', 'cycle_id', 'chief_id']);

/** The types of objects, with their attributes. */
export const OBJECT_TYPES: readonly TypedName[] = [
  {
    name: 'task',
    attributes: [
      ...attributeTypes([...KINDS, ...POSTED]),
      ...CHANGING.map(name => ({ name, type: 'string' })),
      { name: 'finished_at', type: 'time' },
      { name: 'archived_at', type: 'time' },
    ],
  },
  { name: 'agent', attributes: attributeTypes(AGENT_COLUMNS) },
  { name: 'chief', attributes: [] },
  { name: 'cycle', attributes: attributeTypes(CYCLE_COLUMNS) },
];

/** Of columns, their texts. */
const texts = (columns: readonly Column[], from: string): readonly string[] => columns.map(each => asText(each, from));
const instant = (column: string, from: string): string => asText({ name: column, type: 'timestamp' }, from);

/** Every task there is a word of: relatives may be named that were never posted. */
const TASKS = `WITH firsts AS (
    SELECT task_id, min(sequence_id) AS first_sequence_id, arg_min(task_type, sequence_id) AS task_type,
      arg_min(profile, sequence_id) AS profile, min("timestamp") AS began_at
    FROM log_events GROUP BY task_id
  ), ids AS (
    SELECT task_id FROM log_events UNION SELECT task_id FROM log_tasks UNION
    SELECT parent_task_id FROM log_tasks UNION SELECT origin_task_id FROM log_tasks
  )
  SELECT f.first_sequence_id, ${packed([
    'i.task_id',
    `coalesce(${instant('began_at', 'f')}, ${instant('created_at', 't')})`,
    ...['t.parent_task_id', 't.origin_task_id', instant('finished_at', 't'), instant('archived_at', 't')],
    ...['coalesce(t.task_type, f.task_type)', 'coalesce(t.profile, f.profile)'],
    ...texts(POSTED, 't'),
  ])}
  FROM ids i LEFT JOIN firsts f ON f.task_id = i.task_id LEFT JOIN log_tasks t ON t.task_id = i.task_id
  WHERE i.task_id IS NOT NULL ORDER BY f.first_sequence_id NULLS LAST, i.task_id`;

/** What becomes of each task, in the order of the tasks. */
const CHANGES = `WITH firsts AS (SELECT task_id, min(sequence_id) AS first_sequence_id FROM log_events GROUP BY task_id)
  SELECT f.first_sequence_id, ${packed([instant('timestamp', 'e'), 'e.to_status', 'e.stage_kind', 'e.assigned_to'])}
  FROM log_events e JOIN firsts f ON f.task_id = e.task_id
  WHERE e.edge IS NOT NULL ORDER BY f.first_sequence_id, e.sequence_id`;

const AGENTS = `WITH ids AS (
    SELECT agent_id FROM log_agents UNION SELECT agent_id FROM log_events UNION SELECT assigned_to FROM log_events UNION
    SELECT from_agent_id FROM log_events
  )
  SELECT ${packed(['i.agent_id', instant('registered_at', 'a'), ...texts(AGENT_COLUMNS, 'a')])}
  FROM ids i LEFT JOIN log_agents a ON a.agent_id = i.agent_id WHERE i.agent_id IS NOT NULL ORDER BY i.agent_id`;

/** Cycles that were killed have left events and no row. */
const CYCLES = `WITH ids AS (SELECT cycle_id FROM log_chief_cycles UNION SELECT cycle_id FROM log_events)
  SELECT ${packed(['i.cycle_id', 'c.chief_id', instant('slept_at', 'c'), ...texts(CYCLE_COLUMNS, 'c')])}
  FROM ids i LEFT JOIN log_chief_cycles c ON c.cycle_id = i.cycle_id
  WHERE i.cycle_id IS NOT NULL ORDER BY c.sequence_id NULLS LAST, i.cycle_id`;

const CHIEFS = `SELECT ${packed(['chief_id'])} FROM (SELECT DISTINCT chief_id FROM log_chief_cycles) ORDER BY chief_id`;

type Text = string | null;

/** The values that a row has of some columns, all known from one time on. */
function known(
  columns: readonly { readonly name: string }[],
  values: readonly Text[],
  time: Text | undefined,
): readonly ObjectAttribute[] {
  if (time === null || time === undefined) return [];
  return columns.flatMap(({ name }, index) => {
    const value = values[index] ?? null;
    return value === null ? [] : [{ name, time, value }];
  });
}

/** Who is related, by the column that says so. */
function related(type: string, ids: Readonly<Record<string, Text | undefined>>): readonly OcelRelationship[] {
  return Object.entries(ids).flatMap(([qualifier, id]) => {
    return id === null || id === undefined ? [] : [{ objectId: objectId(type, id), qualifier }];
  });
}

/** What changes with each transition: the value once it is another one, empty where there is none any more. */
class TaskChanges {
  readonly #rows: AsyncGenerator<readonly DuckDBValue[]>;
  #next: IteratorResult<readonly DuckDBValue[], void> | null = null;

  constructor(log: LoadedLog) {
    this.#rows = log.rows(CHANGES);
  }

  /** Those of the task that began with this event; tasks are asked for in their order. */
  async of(first: DuckDBValue): Promise<readonly ObjectAttribute[]> {
    const changes: ObjectAttribute[] = [];
    const latest = new Map<string, ObjectAttribute>();
    for (;;) {
      this.#next ??= await this.#rows.next();
      if (this.#next.done || first === null || this.#next.value[0] !== first) return changes;
      const [time, ...values] = unpacked(this.#next.value[1]);
      this.#next = null;
      for (const [index, name] of CHANGING.entries()) {
        const change = { name, time: time ?? '', value: values[index] ?? '' };
        const before = latest.get(name);
        if (change.value === (before?.value ?? '')) continue;
        // Imports may have two steps at one instant; there an object has one value: the last.
        if (before?.time === change.time) changes[changes.indexOf(before)] = change;
        else changes.push(change);
        latest.set(name, change);
      }
    }
  }

  async close(): Promise<void> {
    await this.#rows.return(undefined);
  }
}

async function* taskObjects(log: LoadedLog): AsyncGenerator<OcelObject> {
  const changes = new TaskChanges(log);
  try {
    for await (const [first = null, columns] of log.rows(TASKS)) {
      const [id, beganAt, parent_task_id, origin_task_id, finishedAt = null, archivedAt = null, ...values] =
        unpacked(columns);
      yield {
        id: objectId('task', id ?? ''),
        type: 'task',
        attributes: [
          ...known([...KINDS, ...POSTED], values, beganAt),
          ...(await changes.of(first)),
          ...known([{ name: 'finished_at' }], [finishedAt], finishedAt),
          ...known([{ name: 'archived_at' }], [archivedAt], archivedAt),
        ],
        relationships: related('task', { parent_task_id, origin_task_id }),
      };
    }
  } finally {
    await changes.close();
  }
}

/** Every object of a log: whatever its events name, and what else the tables tell of. */
export async function* ocelObjects(log: LoadedLog): AsyncGenerator<OcelObject> {
  yield* taskObjects(log);
  for await (const [columns] of log.rows(AGENTS)) {
    const [id, registeredAt, ...values] = unpacked(columns);
    const attributes = known(AGENT_COLUMNS, values, registeredAt);
    yield { id: objectId('agent', id ?? ''), type: 'agent', attributes, relationships: [] };
  }
  for await (const [columns] of log.rows(CHIEFS)) {
    yield { id: objectId('chief', unpacked(columns)[0] ?? ''), type: 'chief', attributes: [], relationships: [] };
  }
  for await (const [columns] of log.rows(CYCLES)) {
    const [id, chief_id, sleptAt, ...values] = unpacked(columns);
    const attributes = known(CYCLE_COLUMNS, values, sleptAt);
    yield { id: objectId('cycle', id ?? ''), type: 'cycle', attributes, relationships: related('chief', { chief_id }) };
  }
}
