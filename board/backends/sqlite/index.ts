import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Dialect, SqliteAdapter, SqliteDialect, sql } from 'kysely';
import { StorageError } from '../../core/errors.ts';
import { importPeer } from '../../missing-package.ts';
import type { Backend } from '../backend.ts';
import type { DialectTraits } from '../kysely/dialect-traits.ts';
import { KyselyBackend } from '../kysely/kysely-backend.ts';
import { reopeningOf } from '../reopening.ts';
import { preparingDatabase } from './database.ts';
import { primaryCode, sqliteErrorOf } from './errors.ts';
import { PLAN_STATEMENTS } from './plan-statements.ts';

/** Where the file is and how it is opened. */
export interface SqliteOptions {
  /** A path, or `:memory:` for a board that lives as long as its process. */
  readonly file: string;
  /** Opens for reading only: the file must exist, and nothing is created or migrated. Default false. */
  readonly readOnly?: boolean;
  /** Refuses to make a file that is not there. Default false. */
  readonly mustExist?: boolean;
  /** How long a write waits for another process's, in milliseconds. Default 5,000. */
  readonly busyTimeoutMs?: number;
}

const TRAITS: DialectTraits = {
  types: {
    text: 'text',
    longText: 'text',
    int: 'integer',
    bool: 'integer',
    json: 'text',
  },
  // Rows in the order of their key.
  tableSuffix: () => 'without rowid',
  indexesWithTable: false,
  planStatements: PLAN_STATEMENTS,
  growthStatements: [],
  supportsArrays: false,
  rowsOfJson: null,
  plainKinds: new Set(['text', 'int']),
  byteLength: column => sql`octet_length(${sql.ref(column)})`,
  locksRows: false,
  supportsOnConflict: true,
  maxParameters: 32_766,
  errorOf: sqliteErrorOf,
  losesCommitAnswers: false,
  maxStatementBytes: () => Number.POSITIVE_INFINITY,
  retryReasonOf: error => (sqliteErrorOf(error, 'write').code === 'storage_busy' ? 'storage_busy' : null),
  isConnectionLost: () => false,
  isMissingTable: error => error instanceof Error && error.message.startsWith('no such table'),
  isDuplicateKey: error => primaryCode(error) === 'SQLITE_CONSTRAINT',
};

class TransactionalDdlAdapter extends SqliteAdapter {
  /** SQLite has it; with it, migrations run inside one transaction, whose write lock is the migration lock. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class BoardSqliteDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalDdlAdapter();
  }
}

/**
 * Pages the write-ahead log gathers before they go into the database, 16 MiB: four times SQLite's default. The same few pages
 * (the board's row, the ends of the logs) are written again and again, and each checkpoint copies them once.
 */
export const CHECKPOINT_PAGES = 4_000;

/** Longest pause while another process commits, which takes a few milliseconds. */
const MAX_PAUSE_MS = 10;

async function dialectOf(options: SqliteOptions): Promise<Dialect> {
  const { file, readOnly = false, mustExist = readOnly } = options;
  const { default: BetterSqlite3 } = await importPeer('better-sqlite3', () => import('better-sqlite3'));
  if (mustExist && file !== ':memory:' && !existsSync(file)) {
    throw new StorageError('storage_failed', `There is no board at ${file}: check the path`);
  }
  try {
    // No time-out: SQLite would wait by blocking, and what it waits for may be in this very process.
    const database = new BetterSqlite3(file, { readonly: readOnly, timeout: 0 });
    try {
      if (!readOnly) {
        database.pragma('journal_mode = WAL');
        // NORMAL would lose acknowledged commits in a power cut.
        database.pragma('synchronous = FULL');
        database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      }
      database.pragma('foreign_keys = ON');
    } catch (error) {
      database.close();
      throw error;
    }
    return new BoardSqliteDialect({ database: preparingDatabase(database) });
  } catch (error) {
    throw sqliteErrorOf(error, `open ${file}`);
  }
}

/**
 * A board in a SQLite file: WAL, `synchronous = FULL`, one writer at a time across processes. Needs the package
 * `better-sqlite3`.
 *
 * @example const board = await openBoard({ backend: sqlite({ file: 'board.db' }) });
 * @throws StorageError when opened: `storage_not_a_database`, `storage_read_only`, `storage_full`, `storage_busy`,
 * `storage_newer_schema`, `storage_failed`. ConfigurationError (`missing_package`).
 */
export function sqlite(options: SqliteOptions): Backend {
  const isMemory = options.file === ':memory:' || options.file === '';
  const sidecarPath = isMemory ? null : resolve(options.file);
  return new KyselyBackend({
    name: 'sqlite',
    location: options.file,
    isSynchronous: true,
    sidecarPath,
    reopening: sidecarPath === null ? null : reopeningOf(import.meta.url, 'sqlite', { ...options, file: sidecarPath }),
    traits: TRAITS,
    dialect: () => dialectOf(options),
    migrates: options.readOnly !== true,
    retry: { forMs: options.busyTimeoutMs ?? 5_000, attempts: Number.POSITIVE_INFINITY, maxPauseMs: MAX_PAUSE_MS },
  });
}
