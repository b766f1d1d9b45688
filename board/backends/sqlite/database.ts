import type BetterSqlite3 from 'better-sqlite3';
import type { SqliteDatabase, SqliteStatement } from 'kysely';

/** Most prepared statements kept: the write path has a few dozen shapes. */
const MAX_STATEMENTS = 300;

/**
 * A better-sqlite3 database as kysely's dialect takes it, with every statement prepared once, and transactions that take the
 * write lock as they begin: one that began as a reader could lose its snapshot to another process in between.
 */
export function preparingDatabase(database: BetterSqlite3.Database): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      const prepared = database.prepare(sql === 'begin' ? 'begin immediate' : sql) as unknown as SqliteStatement;
      const statement = sql === 'rollback' ? rollingBack(database, prepared) : prepared;
      if (statements.size >= MAX_STATEMENTS) statements.clear();
      statements.set(sql, statement);
      return statement;
    },
  };
}

/** A full disk makes SQLite roll back by itself; rolling back once more would fail and hide that error behind its own. */
function rollingBack(database: BetterSqlite3.Database, rollback: SqliteStatement): SqliteStatement {
  return {
    reader: false,
    all: parameters => rollback.all(parameters),
    iterate: parameters => rollback.iterate(parameters),
    run: parameters => (database.inTransaction ? rollback.run(parameters) : { changes: 0, lastInsertRowid: 0 }),
  };
}
