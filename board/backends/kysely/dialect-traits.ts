import type { RawBuilder } from 'kysely';
import type { QuadroError } from '../../core/errors.ts';
import type { ColumnKind, TableName } from './columns.ts';

/** How a database spells the column kinds. */
export interface SqlTypes {
  readonly text: string;
  readonly longText: string;
  readonly int: string;
  readonly bool: string;
  readonly json: string;
}

/** The reason to try again where no connection could be made at all. */
export const SERVER_UNREACHABLE = 'server_unreachable';

/** A column of rows that come as JSON: its name and SQL type. */
export type JsonColumn = readonly [name: string, type: string];

/**
 * What differs between databases, as capabilities: the one kysely implementation asks for these and never for a
 * database's name.
 */
export interface DialectTraits {
  readonly types: SqlTypes;
  /** The kinds of columns whose values the driver gives as records have them. */
  readonly plainKinds: ReadonlySet<ColumnKind>;
  /** Appended to CREATE TABLE: how its rows are stored. */
  tableSuffix(table: TableName): string;
  /** Whether indexes are made in the statement that makes their table; where not, each by itself if it is missing. */
  readonly indexesWithTable: boolean;
  /**
   * Run once the tables are made: what the planner should know of a large board before anybody has gathered statistics.
   * Empty where the database gathers them by itself.
   */
  readonly planStatements: readonly string[];
  /**
   * Run again and again while a board is young, for the planner to know how large it has become; empty where the database
   * plans well without.
   */
  readonly growthStatements: readonly string[];
  /** Whether a list can be one parameter (`= any($1)`); where not, each of its values is one. */
  readonly supportsArrays: boolean;
  /**
   * Rows out of one JSON text, a list of objects, as a source to select from; null where each value is a parameter. Writing
   * one text costs this process half of what a thousand parameters do.
   */
  readonly rowsOfJson: ((json: string, columns: readonly JsonColumn[]) => RawBuilder<unknown>) | null;
  /** The bytes of a text or JSON column as it is stored. */
  byteLength(column: string): RawBuilder<number>;
  /** Whether a read can lock its row (`SELECT … FOR UPDATE`); where not, a transaction locks the database as it begins. */
  readonly locksRows: boolean;
  /** Whether an upsert is spelled `ON CONFLICT … DO UPDATE`; where not, `ON DUPLICATE KEY UPDATE`. */
  readonly supportsOnConflict: boolean;
  /** Whether a commit whose answer is lost may have taken place: then each leaves a mark that can be asked for. */
  readonly losesCommitAnswers: boolean;
  /** Most parameters one statement may have. */
  readonly maxParameters: number;
  /** Most bytes one statement may have with its values. */
  maxStatementBytes(): number;
  /** Our error for a driver's, in words that say what to do. */
  errorOf(error: unknown, doing: string): QuadroError;
  /** Why a transaction can be tried again (`deadlock`, `connection_lost`, {@link SERVER_UNREACHABLE} …), or null where it cannot. */
  retryReasonOf(error: unknown): string | null;
  /** Whether the connection is gone, so that nobody was told how the statement ended. */
  isConnectionLost(error: unknown): boolean;
  /** Whether a statement named a table that is not there. */
  isMissingTable(error: unknown): boolean;
  /** Whether a row of that key was there already. */
  isDuplicateKey(error: unknown): boolean;
}
