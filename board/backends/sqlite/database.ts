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
      const statement = database.prepare(sql === 'begin' ? 'begin immediate' : sql) as unknown as SqliteStatement;
      if (statements.size >= MAX_STATEMENTS) statements.clear();
      statements.set(sql, statement);
      return statement;
    },
  };
}
