import { type AliasedRawBuilder, type CompiledQuery, type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import { LONG_COLUMNS, type LogName, rowsThatFit } from '../../core/page-bytes.ts';
import type { TableRecords } from '../../core/tables.ts';
import type { LogQuery } from '../backend.ts';
import { decodeRows, recordColumns, type StoredRow, TABLES, type TableName } from './columns.ts';
import type { DialectTraits } from './dialect-traits.ts';
import type { Database, Executor } from './statements.ts';

/** Column → the value it must have; undefined: any. */
type Filter = Readonly<Record<string, string | undefined>>;

/** A page as its statement is built: the values come later. */
type Page = SelectQueryBuilder<Database, TableName, unknown>;

/** Reads pages of the logs by statements compiled once for each shape: a reader far behind asks for thousands. */
export class LogPages {
  readonly #db: Kysely<Database>;
  readonly #traits: DialectTraits;
  readonly #compiled = new Map<string, CompiledQuery>();

  constructor(db: Kysely<Database>, traits: DialectTraits) {
    this.#db = db;
    this.#traits = traits;
  }

  async read<Log extends LogName>(
    executor: Executor,
    log: Log,
    { board_id, after, limit, max_bytes }: LogQuery,
    filter: Filter = {},
  ): Promise<readonly TableRecords[Log][]> {
    const filters = Object.entries(filter).filter(([, value]) => value !== undefined);
    const columns = filters.map(([column]) => column);
    const values = [board_id, after, ...filters.map(([, value]) => value)];
    const fitting =
      max_bytes === undefined ? limit : await this.#fitting(executor, log, columns, [...values, limit], max_bytes);
    const rows = await this.#run(executor, this.#rows(log, columns), [...values, fitting]);
    return decodeRows<TableRecords[Log]>(TABLES[log], rows, this.#traits.plainKinds);
  }

  /** How many of these rows fit. Sizes are asked before rows, so that nothing too large is ever on its way. */
  async #fitting(
    executor: Executor,
    log: LogName,
    columns: readonly string[],
    values: readonly unknown[],
    maxBytes: number,
  ): Promise<number> {
    const [total] = await this.#run(executor, this.#total(log, columns), values);
    // No more rows than were summed: others may have been committed since.
    if (Number(total?.bytes ?? 0) <= maxBytes) return Number(total?.count ?? 0);
    const sizes = await this.#run(executor, this.#sizes(log, columns), values);
    return rowsThatFit(
      sizes.map(row => Number(row.bytes)),
      maxBytes,
    );
  }

  async #run(executor: Executor, compiled: CompiledQuery, parameters: readonly unknown[]): Promise<StoredRow[]> {
    const { rows } = await executor.executeQuery<StoredRow>({ ...compiled, parameters });
    return rows;
  }

  #rows(log: LogName, columns: readonly string[]): CompiledQuery {
    return this.#shape(`rows ${log} ${columns}`, () => {
      return this.#page(log, columns).select([...recordColumns(TABLES[log])]);
    });
  }

  #sizes(log: LogName, columns: readonly string[]): CompiledQuery {
    return this.#shape(`sizes ${log} ${columns}`, () => this.#page(log, columns).select(this.#bytes(log)));
  }

  /** Of most pages nothing but their sum is ever needed. */
  #total(log: LogName, columns: readonly string[]): CompiledQuery {
    return this.#shape(`total ${log} ${columns}`, () => {
      const sizes = this.#page(log, columns).select(this.#bytes(log));
      const sums = [sql`sum(${sql.ref('bytes')})`.as('bytes'), sql`count(*)`.as('count')];
      return this.#db.selectFrom(sizes.as('sizes')).select(sums);
    });
  }

  #bytes(log: LogName): AliasedRawBuilder<number, 'bytes'> {
    const lengths = LONG_COLUMNS[log].map(column => sql`coalesce(${this.#traits.byteLength(column)}, 0)`);
    return sql<number>`${sql.join(lengths, sql` + `)}`.as('bytes');
  }

  /** A page by number, after one, with values of the given columns. */
  #page(log: LogName, columns: readonly string[]): Page {
    const [, number = ''] = TABLES[log].key;
    const after = this.#db.selectFrom(log).where('board_id', '=', '').where(number, '>', 0);
    return columns.reduce((page, column) => page.where(column, '=', ''), after.orderBy(number).limit(0));
  }

  #shape(name: string, build: () => { compile(): CompiledQuery }): CompiledQuery {
    let compiled = this.#compiled.get(name);
    if (compiled === undefined) {
      compiled = build().compile();
      this.#compiled.set(name, compiled);
    }
    return compiled;
  }
}
