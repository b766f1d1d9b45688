import { type Kysely, type RawBuilder, sql } from 'kysely';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { DialectTraits } from './dialect-traits.ts';
import type { Database } from './statements.ts';

/** A place to be written over another. */
export interface CursorReplacement {
  readonly boardId: string;
  readonly destination: string;
  readonly value: JsonObject;
  /** What is there now; null: nothing is. */
  readonly unchangedFrom: JsonObject | null;
}

/** The stored text itself: a JSON column of PostgreSQL compares with nothing, and each server casts to another type. */
const STORED_TEXT: RawBuilder<string> = sql<string>`concat(${sql.ref('value')}, '')`;

/**
 * Writes a cursor where it is still what it was, and answers whether the new one is there now: so too where an earlier
 * attempt wrote it and its answer was lost. One statement decides, so that whoever freezes on the way holds no lock.
 */
export async function replaceCursor(
  db: Kysely<Database>,
  { isDuplicateKey }: Pick<DialectTraits, 'isDuplicateKey'>,
  replacement: CursorReplacement,
): Promise<boolean> {
  const { value, unchangedFrom } = replacement;
  const before = await storedText(db, replacement);
  if (isJson(before, value)) return true;
  // By what it says, not by its text: people repair rows.
  if (!isJson(before, unchangedFrom)) return false;
  const isWritten =
    before === null
      ? await insert(db, replacement).catch(error => {
          if (isDuplicateKey(error)) return false;
          throw error;
        })
      : await update(db, replacement, before);
  return isWritten || isJson(await storedText(db, replacement), value);
}

async function storedText(db: Kysely<Database>, { boardId, destination }: CursorReplacement): Promise<string | null> {
  const row = await db
    .selectFrom('cursors')
    .select(STORED_TEXT.as('text'))
    .where('board_id', '=', boardId)
    .where('destination', '=', destination)
    .executeTakeFirst();
  return row === undefined ? null : String(row.text);
}

function isJson(text: string | null, value: JsonObject | null): boolean {
  if (text === null || value === null) return text === value;
  return canonicalJson(JSON.parse(text) as Json) === canonicalJson(value);
}

async function insert(db: Kysely<Database>, { boardId, destination, value }: CursorReplacement): Promise<boolean> {
  await db
    .insertInto('cursors')
    .values({ board_id: boardId, destination, value: JSON.stringify(value), saved_at: Date.now() * 1000 })
    .execute();
  return true;
}

async function update(
  db: Kysely<Database>,
  { boardId, destination, value }: CursorReplacement,
  before: string,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('cursors')
    .set({ value: JSON.stringify(value), saved_at: Date.now() * 1000 })
    .where('board_id', '=', boardId)
    .where('destination', '=', destination)
    .where(STORED_TEXT, '=', before)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}
