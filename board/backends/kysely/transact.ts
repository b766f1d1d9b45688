import type { Kysely, Transaction } from 'kysely';
import type {
  Agent,
  BoardRecord,
  DataEntry,
  IdempotencyRecord,
  Lease,
  ProfileRecord,
  Task,
  TaskTypeRecord,
} from '../../core/records.ts';
import type { Changes, MoreRows, ProfileSet, Snapshot, TransactKeys } from '../../core/transaction.ts';
import { decodeRow, TABLES, type TableColumns } from './columns.ts';
import type { CommitMark } from './commit-marks.ts';
import type { Database, Statements, Write } from './statements.ts';

/** What reading no ids finds; shared, for most commands name no data keys and no idempotency keys. */
const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();

/** Reads what `keys` name, the board's row first: it is the lock, and no read may be older than it. */
export async function readSnapshot(
  transaction: Transaction<Database>,
  statements: Statements,
  keys: TransactKeys,
): Promise<Snapshot> {
  const { board_id } = keys;
  const [boardRow] = await statements.selectBoard(transaction, TABLES.boards, board_id, true);
  const board = boardRow === undefined ? null : decodeRow<BoardRecord>(TABLES.boards, boardRow);
  async function select<R extends object>(
    table: TableColumns,
    column: keyof R & string,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, R>> {
    if (ids.length === 0) return NOTHING;
    const rows = await statements.selectIn(transaction, table, board_id, column, ids);
    return new Map(
      rows.map(row => {
        const record = decodeRow<R>(table, row);
        return [record[column] as string, record];
      }),
    );
  }
  const tasks = await select<Task>(TABLES.tasks, 'task_id', keys.task_ids);
  const holders = [...tasks.values()].flatMap(task => (task.assigned_to === null ? [] : [task.assigned_to]));
  const agentIds = [...new Set([...keys.agent_ids, ...holders])];
  const isProfileChange = board !== null && board.profiles_version !== keys.profiles_version;
  return {
    board,
    tasks,
    agents: await select<Agent>(TABLES.agents, 'agent_id', agentIds),
    idempotency: await select<IdempotencyRecord>(TABLES.idempotency_keys, 'idempotency_key', keys.idempotency_keys),
    data: await select<DataEntry>(TABLES.data_entries, 'key', keys.data_keys),
    leases: keys.reads_leases ? await readLeaseMap(transaction, board_id) : NOTHING,
    profiles: isProfileChange ? await readProfileSet(transaction, board_id) : null,
  };
}

async function readLeaseMap(transaction: Transaction<Database>, boardId: string): Promise<ReadonlyMap<string, Lease>> {
  const leases = await selectLeases(transaction, boardId);
  return new Map(leases.map(lease => [lease.role, lease]));
}

/** Every lease of a board, by role. */
export async function selectLeases(db: Kysely<Database>, boardId: string): Promise<Lease[]> {
  const rows = await db.selectFrom('leases').selectAll().where('board_id', '=', boardId).orderBy('role').execute();
  return rows.map(row => decodeRow<Lease>(TABLES.leases, row));
}

async function readProfileSet(transaction: Transaction<Database>, boardId: string): Promise<ProfileSet> {
  const profiles = await transaction.selectFrom('profiles').selectAll().where('board_id', '=', boardId).execute();
  const taskTypes = await transaction.selectFrom('task_types').selectAll().where('board_id', '=', boardId).execute();
  return {
    profiles: profiles.map(row => decodeRow<ProfileRecord>(TABLES.profiles, row)),
    task_types: taskTypes.map(row => decodeRow<TaskTypeRecord>(TABLES.task_types, row)),
  };
}

/** The rows of a batch that may have more batches after it. */
function writesOf({ tasks = [], agents = [], events = [] }: MoreRows): readonly Write[] {
  return [
    [TABLES.tasks, tasks, true],
    [TABLES.agents, agents, true],
    [TABLES.events, events, false],
  ];
}

/** Writes a decision's further rows, batch after batch. */
export async function writeMore(
  transaction: Transaction<Database>,
  statements: Statements,
  boardId: string,
  batches: AsyncIterable<MoreRows>,
): Promise<void> {
  for await (const batch of batches) {
    const present = writesOf(batch).filter(([, records]) => records.length > 0);
    if (present.length > 0) await statements.write(transaction, boardId, present);
  }
}

/** What goes with a decision's rows. */
export interface WriteOptions {
  /** Whether the board is made now: then it must not replace one that somebody else has made meanwhile. */
  readonly isNew: boolean;
  /** The row by which the commit is found, should its answer be lost. */
  readonly mark: CommitMark | null;
}

/** Writes a decision's rows with multi-row statements, the board's row among them. */
export async function writeChanges(
  transaction: Transaction<Database>,
  statements: Statements,
  boardId: string,
  changes: Changes,
  { isNew, mark }: WriteOptions,
): Promise<void> {
  const writes: readonly Write[] = [
    [TABLES.boards, [changes.board], !isNew],
    ...writesOf(changes),
    [TABLES.chief_cycles, changes.chief_cycles, false],
    [TABLES.ombudsman_ticks, changes.ombudsman_ticks, false],
    [TABLES.flight_log, changes.flight_log, false],
    [TABLES.idempotency_keys, changes.idempotency, true],
    [TABLES.data_entries, changes.data_put, true],
    [TABLES.profiles, changes.profiles, false],
    [TABLES.task_types, changes.task_types, false],
    [TABLES.leases, changes.leases, true],
    [TABLES.writers, mark === null ? [] : [mark], true],
  ];
  const present = writes.filter(([, records]) => records.length > 0);
  await statements.write(transaction, boardId, present);
  if (changes.data_deleted.length > 0) {
    await transaction
      .deleteFrom('data_entries')
      .where('board_id', '=', boardId)
      .where('key', 'in', [...changes.data_deleted])
      .execute();
  }
  if (changes.idempotency_expired_before !== null) {
    await transaction
      .deleteFrom('idempotency_keys')
      .where('board_id', '=', boardId)
      .where('created_at', '<', changes.idempotency_expired_before)
      .execute();
  }
}
