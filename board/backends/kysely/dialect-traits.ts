import type { QuadroError } from '../../core/errors.ts';
import type { TableName } from './columns.ts';

/** How a database spells the column kinds. */
export interface SqlTypes {
  readonly text: string;
  readonly longText: string;
  readonly int: string;
  readonly bool: string;
  readonly json: string;
}

/**
 * What differs between databases, as capabilities: the one kysely implementation asks for these and never for a
 * database's name.
 */
export interface DialectTraits {
  readonly types: SqlTypes;
  /** Appended to CREATE TABLE: how its rows are stored. */
  tableSuffix(table: TableName): string;
  /** Whether indexes are made in the statement that makes their table; where not, each by itself if it is missing. */
  readonly indexesWithTable: boolean;
  /**
   * Run once the tables are made: what the planner should know of a large board before anybody has gathered statistics.
   * Empty where the database gathers them by itself.
   */
  readonly planStatements: readonly string[];
  /** Whether a read can lock its row (`SELECT … FOR UPDATE`); where not, a transaction locks the database as it begins. */
  readonly locksRows: boolean;
  /** Whether an upsert is spelled `ON CONFLICT … DO UPDATE`; where not, `ON DUPLICATE KEY UPDATE`. */
  readonly supportsOnConflict: boolean;
  /** Most parameters one statement may have. */
  readonly maxParameters: number;
  /** Our error for a driver's, in words that say what to do. */
  errorOf(error: unknown, doing: string): QuadroError;
  /** Whether the transaction can be tried again: a deadlock, a serialization failure, a busy database. */
  isRetryable(error: unknown): boolean;
}
