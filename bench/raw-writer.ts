import BetterSqlite3 from 'better-sqlite3';
import type { Changes } from '../board/backends/backend.ts';
import { encodeRow, type StoredRow, TABLES, type TableColumns } from '../board/backends/kysely/columns.ts';
import { CHECKPOINT_PAGES } from '../board/backends/sqlite/index.ts';

/** The rows of one transaction, encoded as the driver takes them. */
export interface RawBatch {
  readonly statements: readonly { readonly sql: string; readonly rows: readonly unknown[][] }[];
}

function insertSql(table: TableColumns, replaces: boolean): string {
  const columns = table.columns.map(name => `"${name}"`);
  const insert = `insert into "${table.name}" (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`;
  if (!replaces) return insert;
  const rest = table.columns.filter(name => !table.key.includes(name));
  const updates = rest.map(name => `"${name}" = excluded."${name}"`);
  return `${insert} on conflict (${table.key.map(name => `"${name}"`).join(', ')}) do update set ${updates.join(', ')}`;
}

/** What a decision wrote, ready for the raw driver: encoding is no part of what is measured. */
export function rawBatchOf(boardId: string, changes: Changes): RawBatch {
  const parts: [TableColumns, readonly object[], boolean][] = [
    [TABLES.boards, [changes.board], true],
    [TABLES.tasks, changes.tasks, true],
    [TABLES.agents, changes.agents, true],
    [TABLES.events, changes.events, false],
    [TABLES.idempotency_keys, changes.idempotency, true],
  ];
  return {
    statements: parts
      .filter(([, records]) => records.length > 0)
      .map(([table, records, replaces]) => ({
        sql: insertSql(table, replaces),
        rows: records.map(record => encodeRow(table, boardId, record)),
      })),
  };
}

/**
 * The raw driver: better-sqlite3 with the same schema, WAL, `synchronous = FULL`, the same checkpoints, statements prepared once, one transaction a
 * batch. Gives the milliseconds of each transaction.
 */
export function writeRaw(file: string, batches: readonly RawBatch[]): number[] {
  const database = new BetterSqlite3(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  const prepared = new Map<string, BetterSqlite3.Statement<unknown[], StoredRow>>();
  const write = database.transaction((batch: RawBatch) => {
    for (const { sql, rows } of batch.statements) {
      let statement = prepared.get(sql);
      if (statement === undefined) {
        statement = database.prepare(sql);
        prepared.set(sql, statement);
      }
      for (const row of rows) statement.run(row);
    }
  });
  const times = batches.map(batch => {
    const startedAt = performance.now();
    write.immediate(batch);
    return performance.now() - startedAt;
  });
  database.close();
  return times;
}
