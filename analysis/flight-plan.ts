import { errorOf } from '../board/core/errors.ts';
import type { Event, FlightLogEntry } from '../board/core/records.ts';
import type { FlightPlan, Stage } from '../board/core/stages.ts';
import { TABLES } from '../board/core/tables.ts';
import { type DuckDb, quoteIdentifier } from '../board/duckdb.ts';
import { rowReader } from './duckdb-values.ts';

const STAGE_COLUMNS = [
  'status',
  'stage_kind',
  'visit',
  'entered_at',
  'exited_at',
  'dwell_seconds',
  'assigned_to',
  'cycle_id',
  'entered_sequence_id',
  'exited_sequence_id',
  'edge_in',
  'edge_out',
  'heartbeats',
  'last_heartbeat_at',
  'max_heartbeat_gap_seconds',
] as const satisfies readonly (keyof Stage)[];

const recordColumns = (table: 'events' | 'flight_log'): string =>
  TABLES[table]
    .filter(({ name }) => name !== 'board_uid')
    .map(({ name }) => quoteIdentifier(name))
    .join(', ');

/** Which task, on which board. */
export interface TaskKey {
  readonly board_uid: string;
  readonly task_id: string;
}

async function taskKey(db: DuckDb, taskId: string, boardUid: string | undefined): Promise<TaskKey> {
  const found = await db.connection.runAndReadAll('SELECT board_uid FROM tasks WHERE task_id = $1 ORDER BY 1', [
    taskId,
  ]);
  const boards = found.getRows().map(([uid]) => String(uid));
  const chosen = boardUid === undefined ? boards : boards.filter(uid => uid === boardUid);
  const [board_uid] = chosen;
  if (board_uid === undefined) throw errorOf('task_not_found', `Task not found: ${taskId}`);
  if (chosen.length > 1) {
    throw errorOf(
      'invalid_configuration',
      `${boards.length} boards of this log have a task ${taskId}: name the board_uid`,
    );
  }
  return { board_uid, task_id: taskId };
}

/**
 * The flight plan of one task from the views: equal to the board's own `flightPlan`, times in Micros as there.
 *
 * @throws NotFoundError (`task_not_found`)
 */
export async function flightPlanFromSql(db: DuckDb, taskId: string, boardUid?: string): Promise<FlightPlan> {
  const key = await taskKey(db, taskId, boardUid);
  const rows = async (selected: string, order: string): Promise<unknown[]> => {
    const where = 'WHERE board_uid = $1 AND task_id = $2';
    const sql = `SELECT ${selected} ${where} ORDER BY ${order}`;
    const reader = await db.connection.runAndReadAll(sql, [key.board_uid, key.task_id]);
    return rowReader(db.duckdb, reader, 'micros')(reader.getRows());
  };
  const [plan] = await rows('* EXCLUDE (board_uid) FROM flight_plans', 'task_id');
  const stages = await rows(`${STAGE_COLUMNS.join(', ')} FROM stages`, 'entered_sequence_id');
  const flight_log = await rows(`${recordColumns('flight_log')} FROM flight_log`, 'entry_id');
  const events = await rows(`${recordColumns('events')} FROM events`, 'sequence_id');
  return {
    ...(plan as Omit<FlightPlan, 'stages' | 'flight_log' | 'events'>),
    stages: stages as Stage[],
    flight_log: flight_log as FlightLogEntry[],
    events: events as Event[],
  };
}
