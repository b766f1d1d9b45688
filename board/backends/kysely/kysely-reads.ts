import type { Kysely } from 'kysely';
import type { JsonObject } from '../../core/json.ts';
import type {
  Agent,
  BoardRecord,
  ChiefCycle,
  DataEntry,
  Event,
  FlightLogEntry,
  IdempotencyRecord,
  Lease,
  OmbudsmanTick,
  ProfileRecord,
  Task,
  TaskTypeRecord,
} from '../../core/records.ts';
import type { ProfileSet } from '../../core/transaction.ts';
import type {
  DataQuery,
  EventQuery,
  FlightLogQuery,
  IdempotencyQuery,
  LogQuery,
  TaskCount,
  TaskQuery,
} from '../backend.ts';
import { decodeRow, type StoredRow, TABLES } from './columns.ts';
import type { Database, Statements } from './statements.ts';
import { selectLeases } from './transact.ts';

/** The columns of a task that it is counted by. */
const COUNTED_BY = ['task_type', 'profile', 'profile_version', 'status', 'stage_kind'] as const;
const TASK_COUNTS = { ...TABLES.tasks, columns: COUNTED_BY };

const TASK_ORDERS = { priority: ['priority', 'created_at', 'task_id'], task_id: ['task_id'] } as const;

/** The reads of the storage contract: what each asks and how its rows become records. */
export abstract class KyselyReads {
  /** Runs a read on an open database, again where its connection is lost; its errors are ours. */
  protected abstract read<T>(run: (db: Kysely<Database>, statements: Statements) => Promise<T>): Promise<T>;

  readBoards(): Promise<readonly BoardRecord[]> {
    return this.read(async db => {
      const rows = await db.selectFrom('boards').selectAll().orderBy('board_id').execute();
      return rows.map(row => decodeRow<BoardRecord>(TABLES.boards, row));
    });
  }

  readBoard(boardId: string): Promise<BoardRecord | null> {
    return this.read(async (db, statements) => {
      const [row] = await statements.selectBoard(db, TABLES.boards, boardId, false);
      return row === undefined ? null : decodeRow<BoardRecord>(TABLES.boards, row);
    });
  }

  readProfiles(boardId: string): Promise<ProfileSet> {
    return this.read(async db => {
      const [profiles, taskTypes] = await Promise.all([
        db
          .selectFrom('profiles')
          .selectAll()
          .where('board_id', '=', boardId)
          .orderBy('profile')
          .orderBy('profile_version')
          .execute(),
        db
          .selectFrom('task_types')
          .selectAll()
          .where('board_id', '=', boardId)
          .orderBy('task_type')
          .orderBy('task_type_version')
          .execute(),
      ]);
      return {
        profiles: profiles.map(row => decodeRow<ProfileRecord>(TABLES.profiles, row)),
        task_types: taskTypes.map(row => decodeRow<TaskTypeRecord>(TABLES.task_types, row)),
      };
    });
  }

  readTasks<Column extends keyof Task = keyof Task>(query: TaskQuery<Column>): Promise<readonly Pick<Task, Column>[]> {
    const {
      board_id,
      columns = TABLES.tasks.columns,
      order = 'priority',
      task_ids,
      statuses,
      task_types,
      standings = ['open', 'finished'],
      archived_since,
      after,
      limit,
    } = query;
    if ([task_ids, statuses, task_types].some(list => list?.length === 0)) return Promise.resolve([]);
    if (isOneTask(query)) return this.#oneTask(query);
    return this.read(async db => {
      let select = db
        .selectFrom('tasks')
        .select([...columns])
        .where('board_id', '=', board_id)
        .where('standing', 'in', [...standings]);
      // Named tasks are bounded by their names. SQLite plans a statement anew whenever a bound limit is set again, which takes
      // several times as long as finding a task by its key.
      if (task_ids === undefined || task_ids.length > limit) select = select.limit(limit);
      for (const column of TASK_ORDERS[order]) select = select.orderBy(column);
      if (task_ids !== undefined) select = select.where('task_id', 'in', [...task_ids]);
      if (statuses !== undefined) select = select.where('status', 'in', [...statuses]);
      if (task_types !== undefined) select = select.where('task_type', 'in', [...task_types]);
      if (archived_since !== undefined) select = select.where('archived_at', '>=', archived_since);
      if (after !== undefined && order === 'task_id') select = select.where('task_id', '>', after.task_id);
      if (after !== undefined && order === 'priority') {
        select = select.where(eb =>
          eb(
            eb.refTuple('priority', 'created_at', 'task_id'),
            '>',
            eb.tuple(after.priority, after.created_at, after.task_id),
          ),
        );
      }
      const rows = await select.execute();
      return rows.map(row => decodeRow<Pick<Task, Column>>({ ...TABLES.tasks, columns }, row));
    });
  }

  /** One task by its id is what is read most: by a statement compiled once. */
  #oneTask<Column extends keyof Task>({
    board_id,
    task_ids = [],
  }: TaskQuery<Column>): Promise<readonly Pick<Task, Column>[]> {
    return this.read(async (db, statements) => {
      const rows = await statements.selectIn(db, TABLES.tasks, board_id, 'task_id', task_ids);
      return rows.map(row => decodeRow<Task>(TABLES.tasks, row));
    });
  }

  readAgents(boardId: string): Promise<readonly Agent[]> {
    return this.read(async db => {
      const rows = await db
        .selectFrom('agents')
        .selectAll()
        .where('board_id', '=', boardId)
        .orderBy('agent_id')
        .execute();
      return rows.map(row => decodeRow<Agent>(TABLES.agents, row));
    });
  }

  readEvents(query: EventQuery): Promise<readonly Event[]> {
    const filter = { task_id: query.task_id, agent_id: query.agent_id };
    return this.read((db, { pages }) => pages.read(db, 'events', query, filter));
  }

  readChiefCycles(query: LogQuery): Promise<readonly ChiefCycle[]> {
    return this.read((db, { pages }) => pages.read(db, 'chief_cycles', query));
  }

  readOmbudsmanTicks(query: LogQuery): Promise<readonly OmbudsmanTick[]> {
    return this.read((db, { pages }) => pages.read(db, 'ombudsman_ticks', query));
  }

  readFlightLog(query: FlightLogQuery): Promise<readonly FlightLogEntry[]> {
    return this.read((db, { pages }) => pages.read(db, 'flight_log', query, { task_id: query.task_id }));
  }

  readData(query: DataQuery): Promise<readonly DataEntry[]> {
    const { board_id, keys, prefix, after, limit } = query;
    if (keys?.length === 0) return Promise.resolve([]);
    return this.read(async db => {
      let select = db
        .selectFrom('data_entries')
        .selectAll()
        .where('board_id', '=', board_id)
        .orderBy('key')
        .limit(limit);
      if (keys !== undefined) select = select.where('key', 'in', [...keys]);
      if (after !== undefined) select = select.where('key', '>', after);
      // A range, not LIKE: `_` and `%` in a key are themselves.
      if (prefix) select = select.where('key', '>=', prefix);
      const end = prefix ? endOfPrefix(prefix) : null;
      if (end !== null) select = select.where('key', '<', end);
      const rows: StoredRow[] = await select.execute();
      return rows.map(row => decodeRow<DataEntry>(TABLES.data_entries, row));
    });
  }

  readIdempotency({ board_id, keys, after = '', limit }: IdempotencyQuery): Promise<readonly IdempotencyRecord[]> {
    if (keys?.length === 0) return Promise.resolve([]);
    return this.read(async db => {
      const rows = await db
        .selectFrom('idempotency_keys')
        .selectAll()
        .where('board_id', '=', board_id)
        .where('idempotency_key', '>', after)
        .$if(keys !== undefined, query => query.where('idempotency_key', 'in', keys ?? []))
        .orderBy('idempotency_key')
        .limit(limit)
        .execute();
      return rows.map(row => decodeRow<IdempotencyRecord>(TABLES.idempotency_keys, row));
    });
  }

  readLeases(boardId: string): Promise<readonly Lease[]> {
    return this.read(db => selectLeases(db, boardId));
  }

  loadCursor(boardId: string, destination: string): Promise<JsonObject | null> {
    return this.read(async db => {
      const [row] = await db
        .selectFrom('cursors')
        .selectAll()
        .where('board_id', '=', boardId)
        .where('destination', '=', destination)
        .execute();
      return row === undefined ? null : decodeRow<{ value: JsonObject }>(TABLES.cursors, row).value;
    });
  }

  countOpenTasks(boardId: string): Promise<readonly TaskCount[]> {
    return this.read(async db => {
      const rows = await db
        .selectFrom('tasks')
        .select(eb => [
          ...COUNTED_BY,
          eb.fn.countAll().as('count'),
          eb.fn.min('status_entered_at').as('oldest_entered_at'),
        ])
        .where('board_id', '=', boardId)
        .where('standing', '=', 'open')
        .groupBy(COUNTED_BY)
        .orderBy('task_type')
        .orderBy('profile')
        .orderBy('profile_version')
        .orderBy('status')
        .orderBy('stage_kind')
        .execute();
      return rows.map(row => ({
        ...decodeRow<TaskCount>(TASK_COUNTS, row),
        count: Number(row.count),
        oldest_entered_at: Number(row.oldest_entered_at),
      }));
    });
  }
}

/** Whether a query asks for one task whole, whatever its standing, and for nothing else of it. */
function isOneTask({
  task_ids,
  columns,
  statuses,
  task_types,
  standings,
  archived_since,
  after,
  limit,
}: TaskQuery): boolean {
  const isFiltered = [columns, statuses, task_types, archived_since, after].some(each => each !== undefined);
  return task_ids?.length === 1 && !isFiltered && new Set(standings).size === 3 && limit >= 1;
}

/** The first text, by code point, after all that begin with `prefix`; null where there is none. */
function endOfPrefix(prefix: string): string | null {
  const characters = [...prefix];
  const index = characters.findLastIndex(character => character !== '\u{10FFFF}');
  const last = characters[index]?.codePointAt(0);
  if (last === undefined) return null;
  // Between U+D7FF and U+E000 lie the surrogates, which are no characters.
  const next = String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
  return characters.slice(0, index).join('') + next;
}
