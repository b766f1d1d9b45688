import { LONG_COLUMNS, rowsThatFit } from '../board/core/page-bytes.ts';
import { type DuckDb, quoteIdentifier } from '../board/duckdb.ts';
import { logTable } from './open-log.ts';

/** A log of an exported board, whose rows are numbered without gaps unless it is damaged. */
export type NumberedTable = 'events' | 'chief_cycles' | 'ombudsman_ticks';

/** A row's number, and the bytes of what it holds that may be long. */
type Size = readonly [sequence_id: number, bytes: number];

/** The rows of a log that a query selects, and its parameters. */
interface Selected {
  readonly where: string;
  readonly parameters: readonly (string | bigint)[];
}

/** Rows whose sizes are read at once: one narrow query serves many pages, and an exported log never changes. */
const AHEAD_ROWS = 8_192;

/** Tells how far a page of an exported log may go without being more than so many bytes. */
export class LogSizes {
  readonly #db: DuckDb;
  readonly #boardUid: string;
  readonly #ahead = new Map<NumberedTable, { readonly after: number; readonly sizes: readonly Size[] }>();

  constructor(db: DuckDb, boardUid: string) {
    this.#db = db;
    this.#boardUid = boardUid;
  }

  /** The last row of a page after a number that holds no more bytes, but one row at least; null where there is no row. */
  async lastThatFits(table: NumberedTable, after: number, limit: number, maxBytes: number): Promise<number | null> {
    return lastOf((await this.#after(table, after, limit)).slice(0, limit), maxBytes);
  }

  /** The same of any rows, in their order. */
  async lastOfSelected(table: NumberedTable, selected: Selected, maxBytes: number): Promise<number | null> {
    return lastOf(await this.#read(table, selected), maxBytes);
  }

  async #after(table: NumberedTable, after: number, limit: number): Promise<readonly Size[]> {
    const known = this.#ahead.get(table);
    if (known !== undefined && known.after <= after) {
      const sizes = known.sizes.filter(([sequence_id]) => sequence_id > after);
      if (sizes.length >= limit) return sizes;
    }
    // A range, which Parquet answers from its row groups' bounds; where numbers are missing, the next ones.
    const rows = Math.max(limit, AHEAD_ROWS);
    const range = 'board_uid = $1 AND sequence_id > $2 AND sequence_id <= $3 ORDER BY sequence_id';
    let sizes = await this.#read(table, { where: range, parameters: this.#bounds(after, after + rows) });
    if (sizes.length < limit) {
      const rest = 'board_uid = $1 AND sequence_id > $2 ORDER BY sequence_id LIMIT $3';
      sizes = await this.#read(table, { where: rest, parameters: this.#bounds(after, limit) });
    }
    this.#ahead.set(table, { after, sizes });
    return sizes;
  }

  #bounds(...numbers: readonly number[]): readonly (string | bigint)[] {
    return [this.#boardUid, ...numbers.map(BigInt)];
  }

  async #read(table: NumberedTable, { where, parameters }: Selected): Promise<readonly Size[]> {
    const bytes = LONG_COLUMNS[table].map(name => `coalesce(strlen(${quoteIdentifier(name)}::VARCHAR), 0)`).join(' + ');
    const sql = `SELECT sequence_id, ${bytes} FROM ${logTable(table)} WHERE ${where}`;
    const reader = await this.#db.connection.runAndReadAll(sql, [...parameters]);
    return reader.getRows().map(([sequence_id, size]) => [Number(sequence_id), Number(size)]);
  }
}

function lastOf(sizes: readonly Size[], maxBytes: number): number | null {
  const fitting = rowsThatFit(
    sizes.map(([, bytes]) => bytes),
    maxBytes,
  );
  return sizes[fitting - 1]?.[0] ?? null;
}
