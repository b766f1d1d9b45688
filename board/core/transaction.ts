/** What a transaction reads and writes: the line between deciding (`core/decide`) and storing (`backends`). */
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
} from './records.ts';
import type { Micros } from './time.ts';

/** What a transaction reads before it decides. The agents that hold the named tasks are read as well. */
export interface TransactKeys {
  readonly board_id: string;
  readonly task_ids: readonly string[];
  readonly agent_ids: readonly string[];
  readonly idempotency_keys: readonly string[];
  readonly data_keys: readonly string[];
  /** The `profiles_version` the caller knows: profiles are read only where the board's differs. */
  readonly profiles_version: number;
  /** Whether the board's leases are read. */
  readonly reads_leases: boolean;
}

/** What the board's row lock and those reads found. Absent ids are absent from the maps. */
export interface Snapshot {
  /** Null before the board's first transaction. */
  readonly board: BoardRecord | null;
  readonly tasks: ReadonlyMap<string, Task>;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly idempotency: ReadonlyMap<string, IdempotencyRecord>;
  readonly data: ReadonlyMap<string, DataEntry>;
  /** Every lease of the board by its role, or none where they were not asked for. */
  readonly leases: ReadonlyMap<string, Lease>;
  /** Null where the caller's `profiles_version` is the board's. */
  readonly profiles: ProfileSet | null;
}

/** Everything registered on a board: all versions of all profiles, and the task types that use them. */
export interface ProfileSet {
  readonly profiles: readonly ProfileRecord[];
  readonly task_types: readonly TaskTypeRecord[];
}

/** Rows a decision writes, all in the transaction that read its snapshot. */
export interface Changes {
  /** The board's row as it shall be; written always. */
  readonly board: BoardRecord;
  /** Inserted, or replaced whole. */
  readonly tasks: readonly Task[];
  /** Inserted, or replaced whole. */
  readonly agents: readonly Agent[];
  readonly events: readonly Event[];
  readonly chief_cycles: readonly ChiefCycle[];
  readonly ombudsman_ticks: readonly OmbudsmanTick[];
  readonly flight_log: readonly FlightLogEntry[];
  /** Inserted, or replaced where the key had expired. */
  readonly idempotency: readonly IdempotencyRecord[];
  readonly data_put: readonly DataEntry[];
  readonly data_deleted: readonly string[];
  /** Inserted. */
  readonly profiles: readonly ProfileRecord[];
  /** Inserted, or replaced. */
  readonly task_types: readonly TaskTypeRecord[];
  /** Inserted, or replaced. */
  readonly leases: readonly Lease[];
  /** Idempotency records made before this instant are deleted; null deletes none. */
  readonly idempotency_expired_before: Micros | null;
}

/** Rows besides those of a decision's changes. */
export type MoreRows = Partial<Pick<Changes, 'tasks' | 'agents' | 'events'>>;

/** What `decide` answers: rows to write (null writes nothing) and whatever the caller wants back. */
export interface Decision<Result> {
  readonly changes: Changes | null;
  readonly result: Result;
  /**
   * Further rows of the same transaction, of which each batch is written before the next is asked for: more than memory should
   * hold. Called again where the transaction is tried again. What it throws rolls back.
   */
  readonly more?: () => AsyncIterable<MoreRows>;
}

/** Changes that write the board's row alone; spread them and name what else there is. */
export const NO_CHANGES: Omit<Changes, 'board'> = {
  tasks: [],
  agents: [],
  events: [],
  chief_cycles: [],
  ombudsman_ticks: [],
  flight_log: [],
  idempotency: [],
  data_put: [],
  data_deleted: [],
  profiles: [],
  task_types: [],
  leases: [],
  idempotency_expired_before: null,
};
