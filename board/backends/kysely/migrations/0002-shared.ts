import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { TABLES } from '../columns.ts';
import type { DialectTraits } from '../dialect-traits.ts';
import { createTable } from './create-table.ts';

/** What several processes on one board need: who holds which role, how far each reader is, whose commit was the last. */
export function shared0002(traits: DialectTraits): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const table of [TABLES.leases, TABLES.cursors, TABLES.writers]) await createTable(db, traits, table);
    },
  };
}
