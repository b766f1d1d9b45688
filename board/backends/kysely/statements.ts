import { type Compilable, type CompiledQuery, type Kysely, type RawBuilder, sql } from 'kysely';
import { errorOf } from '../../core/errors.ts';
import { encodeRow, type StoredRow, type TableColumns, type TableName } from './columns.ts';
import type { DialectTraits } from './dialect-traits.ts';
import { LogPages } from './log-pages.ts';

/** Kysely knows the tables by {@link TABLES}; their row types are ours, so its own schema type is open. */
export type Database = Record<string, StoredRow>;

/** Where a statement runs: the pool, or the connection of a transaction. */
export type Executor = Pick<Kysely<Database>, 'executeQuery'>;

type Insert = ReturnType<Kysely<Database>['insertInto']>;
type RowsOfJson = NonNullable<DialectTraits['rowsOfJson']>;

/** Records of a table to insert; with `replaces`, one whose key exists is replaced whole. */
export type Write = readonly [table: TableColumns, records: readonly object[], replaces: boolean];

/** Tables whose JSON may be a null, which in a list of rows would be no value at all. */
const NULLABLE_JSON: ReadonlySet<TableName> = new Set<TableName>(['data_entries', 'flight_log', 'leases', 'cursors']);

/** Group sizes that a list is padded or cut to, so that few statements are ever compiled. */
const SHAPES = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const;
const MAX_SHAPE = 256;

/** Most bytes the values of a row may take in a statement: a UTF-16 unit is at most three, quoted characters two. */
function mostBytesOf(row: readonly unknown[]): number {
  return row.reduce((sum: number, value) => sum + (typeof value === 'string' ? 3 * value.length : 24), 0);
}

function compilable(fragment: RawBuilder<unknown>, db: Kysely<Database>): Compilable {
  return { compile: () => fragment.compile(db) };
}

/**
 * The statements of the write path, each compiled once for each shape and executed with other parameters: compiling anew at
 * every call costs more than the write itself.
 */
export class Statements {
  readonly pages: LogPages;
  readonly #db: Kysely<Database>;
  readonly #traits: DialectTraits;
  readonly #compiled = new Map<string, CompiledQuery>();

  constructor(db: Kysely<Database>, traits: DialectTraits) {
    this.#db = db;
    this.#traits = traits;
    this.pages = new LogPages(db, traits);
  }

  #shape(name: string, build: () => Compilable): CompiledQuery {
    let compiled = this.#compiled.get(name);
    if (compiled === undefined) {
      compiled = build().compile();
      this.#compiled.set(name, compiled);
    }
    return compiled;
  }

  async #run(executor: Executor, compiled: CompiledQuery, parameters: readonly unknown[]): Promise<StoredRow[]> {
    const { rows } = await executor.executeQuery<StoredRow>({ ...compiled, parameters });
    return rows;
  }

  /** Writes rows of several tables, in one statement where the database can; no list is empty. */
  async write(executor: Executor, boardId: string, writes: readonly Write[]): Promise<void> {
    const { rowsOfJson } = this.#traits;
    const together = rowsOfJson === null ? [] : writes.filter(([table]) => !NULLABLE_JSON.has(table.name));
    if (rowsOfJson !== null && together.length > 0) {
      const name = together.map(([table, , replaces]) => `${table.name} ${replaces}`).join(', ');
      const compiled = this.#shape(`write ${name}`, () => this.#insertsOfJson(together, rowsOfJson));
      const parameters = together.flatMap(([, records]) => [boardId, JSON.stringify(records)]);
      await this.#run(executor, compiled, parameters);
    }
    for (const write of writes) {
      if (together.includes(write)) continue;
      const [table, records, replaces] = write;
      const rows = records.map(record => encodeRow(table, boardId, record));
      await this.#insertValues(executor, table, rows, replaces);
    }
  }

  async #insertValues(
    executor: Executor,
    table: TableColumns,
    rows: readonly unknown[][],
    replace: boolean,
  ): Promise<void> {
    const most = Math.min(MAX_SHAPE, Math.floor(this.#traits.maxParameters / table.columns.length));
    for (let start = 0; start < rows.length; ) {
      const fitting = this.#rowsThatFit(rows, start, Math.min(most, rows.length - start));
      const size = SHAPES.findLast(shape => shape <= fitting) ?? 1;
      const compiled = this.#shape(`insert ${table.name} ${size} ${replace}`, () =>
        this.#insertOf(table, size, replace),
      );
      await this.#run(executor, compiled, rows.slice(start, start + size).flat());
      start += size;
    }
  }

  /** How many of the next rows a statement can hold: servers have a limit of its bytes. */
  #rowsThatFit(rows: readonly unknown[][], start: number, most: number): number {
    const limit = this.#traits.maxStatementBytes();
    if (limit === Number.POSITIVE_INFINITY) return most;
    let bytes = 0;
    for (let count = 0; count < most; count++) {
      bytes += mostBytesOf(rows[start + count] ?? []);
      if (bytes <= limit) continue;
      if (count === 0) this.#checkFits(rows[start] ?? [], limit);
      return count;
    }
    return most;
  }

  /** A server ends the connection of whoever sends too much: that must not be taken for a fault of the network. */
  #checkFits(row: readonly unknown[], limit: number): void {
    const bytes = row.reduce(
      (sum: number, value) => sum + (typeof value === 'string' ? Buffer.byteLength(value) : 0),
      0,
    );
    // The limit leaves half of the packet for quoting.
    if (bytes <= 2 * limit) return;
    throw errorOf(
      'storage_failed',
      `A row of ${bytes} bytes is larger than the server takes: store large content elsewhere, or raise its max_allowed_packet`,
    );
  }

  #insertOf(table: TableColumns, size: number, replace: boolean): Compilable {
    const row: StoredRow = Object.fromEntries(table.columns.map(name => [name, '']));
    const insert = this.#db.insertInto(table.name).values(Array.from({ length: size }, () => row));
    return replace ? this.#replacing(insert, table) : insert;
  }

  /** Every table's insert in one statement: the time between two statements is time in which the board is locked. */
  #insertsOfJson(writes: readonly Write[], rowsOfJson: RowsOfJson): Compilable {
    const inserts = writes.map(([table, , replaces]) => sql`${this.#insertOfJson(table, rowsOfJson, replaces)}`);
    const parts = inserts.slice(0, -1).map((insert, index) => sql`${sql.ref(`write_${index}`)} as (${insert})`);
    const last = inserts.at(-1) ?? sql``;
    return compilable(parts.length === 0 ? last : sql`with ${sql.join(parts)} ${last}`, this.#db);
  }

  #insertOfJson(table: TableColumns, rowsOfJson: RowsOfJson, replaces: boolean): Insert {
    const { types } = this.#traits;
    const names = table.columns.filter(name => name !== 'board_id');
    const rows = rowsOfJson(
      '',
      names.map(name => [name, types[table.kinds[name] ?? 'text']]),
    );
    const columns = sql.join(names.map(name => sql.ref(name)));
    const insert = this.#db
      .insertInto(table.name)
      .columns(['board_id', ...names])
      .expression(sql`select ${''}, ${columns} from ${rows}`);
    return replaces ? this.#replacing(insert, table) : insert;
  }

  #replacing(insert: Insert, table: TableColumns): Insert {
    const rest = table.columns.filter(name => !table.key.includes(name));
    if (this.#traits.supportsOnConflict) {
      return insert.onConflict(conflict =>
        conflict
          .columns([...table.key])
          .doUpdateSet(eb => Object.fromEntries(rest.map(name => [name, eb.ref(`excluded.${name}`)]))),
      );
    }
    return insert.onDuplicateKeyUpdate(eb =>
      Object.fromEntries(rest.map(name => [name, eb.fn('values', [eb.ref(name)])])),
    );
  }

  /** Rows of a board whose `column` is one of `values`. */
  async selectIn(
    executor: Executor,
    table: TableColumns,
    boardId: string,
    column: string,
    values: readonly string[],
  ): Promise<StoredRow[]> {
    if (this.#traits.supportsArrays) return this.#selectInArray(executor, table, boardId, column, values);
    const rows: StoredRow[] = [];
    for (let start = 0; start < values.length; start += MAX_SHAPE) {
      const part = values.slice(start, start + MAX_SHAPE);
      const size = SHAPES.find(shape => shape >= part.length) ?? MAX_SHAPE;
      // A value more than once in the list changes nothing, so the list is padded with its last.
      const padded = [...part, ...Array.from({ length: size - part.length }, () => part.at(-1))];
      const compiled = this.#shape(`select ${table.name} ${column} ${size}`, () =>
        this.#db
          .selectFrom(table.name)
          .select([...table.columns])
          .where('board_id', '=', '')
          .where(
            column,
            'in',
            Array.from({ length: size }, () => ''),
          ),
      );
      rows.push(...(await this.#run(executor, compiled, [boardId, ...padded])));
    }
    return rows;
  }

  #selectInArray(
    executor: Executor,
    table: TableColumns,
    boardId: string,
    column: string,
    values: readonly string[],
  ): Promise<StoredRow[]> {
    const compiled = this.#shape(`select ${table.name} ${column}`, () =>
      this.#db
        .selectFrom(table.name)
        .select([...table.columns])
        .where('board_id', '=', '')
        .where(eb => eb(column, '=', eb.fn.any(eb.val([])))),
    );
    return this.#run(executor, compiled, [boardId, values]);
  }

  /** The board's row, locked where rows can be. */
  async selectBoard(executor: Executor, table: TableColumns, boardId: string, lock: boolean): Promise<StoredRow[]> {
    const locks = lock && this.#traits.locksRows;
    const compiled = this.#shape(`board ${locks}`, () => {
      const select = this.#db
        .selectFrom(table.name)
        .select([...table.columns])
        .where('board_id', '=', '');
      return locks ? select.forUpdate() : select;
    });
    return this.#run(executor, compiled, [boardId]);
  }
}
