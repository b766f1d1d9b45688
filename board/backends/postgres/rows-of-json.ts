import { type RawBuilder, sql } from 'kysely';
import type { JsonColumn } from '../kysely/dialect-traits.ts';

/** A list of JSON objects as rows: what an object lacks is null, what it has besides is left out. */
export function rowsOfJson(json: string, columns: readonly JsonColumn[]): RawBuilder<unknown> {
  const definitions = columns.map(([name, type]) => sql`${sql.ref(name)} ${sql.raw(type)}`);
  return sql`json_to_recordset(${json}) as record (${sql.join(definitions)})`;
}
