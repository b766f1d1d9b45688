import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { StorageError } from '../../core/errors.ts';
import type { DialectTraits } from './dialect-traits.ts';
import { board0001 } from './migrations/0001-board.ts';
import { shared0002 } from './migrations/0002-shared.ts';
import type { Database } from './statements.ts';

const MIGRATION_TABLE = 'quadro_migrations';
const LOCK_TABLE = 'quadro_migrations_lock';

function migrationsOf(traits: DialectTraits): Record<string, Migration> {
  return { '0001-board': board0001(traits), '0002-shared': shared0002(traits) };
}

/** What is migrated, and how. */
export interface MigrateOptions {
  readonly traits: DialectTraits;
  /** Whether the schema may be changed; a reader only checks it. */
  readonly migrates: boolean;
  /** For messages. */
  readonly location: string;
  /** Where the tables are, in a database that has several schemas. */
  readonly schema?: string;
}

async function appliedMigrations(db: Kysely<Database>, traits: DialectTraits): Promise<readonly string[]> {
  try {
    const rows = await db.selectFrom(MIGRATION_TABLE).select('name').execute();
    return rows.map(row => String(row.name));
  } catch (error) {
    // Asking is cheaper than looking through everything that a shared database holds.
    if (traits.isMissingTable(error)) return [];
    throw error;
  }
}

/**
 * Brings the schema up to date under a lock, or only checks it. Any number of processes may do so at once.
 *
 * @throws StorageError (`storage_newer_schema`) where a later version of Quadro made it, (`storage_failed`) where a reader
 * finds no board or an older schema.
 */
export async function migrate(db: Kysely<Database>, options: MigrateOptions): Promise<void> {
  const { traits, migrates, location, schema } = options;
  const migrations = migrationsOf(traits);
  const applied = await appliedMigrations(db, traits);
  const unknown = applied.filter(name => !Object.hasOwn(migrations, name));
  if (unknown.length > 0) {
    throw new StorageError(
      'storage_newer_schema',
      `${location} was written by a newer version of Quadro (it has ${unknown.join(', ')}): install that version to open it`,
      { details: { unknown_migrations: unknown } },
    );
  }
  const pending = Object.keys(migrations).filter(name => !applied.includes(name));
  if (pending.length === 0) return;
  if (!migrates) {
    throw new StorageError(
      'storage_failed',
      applied.length === 0
        ? `${location} holds no Quadro board: check the path or the database's name; a board of the reference implementation is imported first`
        : `${location} was written by an older version of Quadro: open it once for writing, or run quadro boards URL --migrate, to bring it up to date`,
    );
  }
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations) },
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: LOCK_TABLE,
    ...(schema !== undefined && { migrationTableSchema: schema }),
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
