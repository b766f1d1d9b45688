import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TABLE_NAMES, type TableName } from '../../board/core/tables.ts';
import { openDuckDb, quoteLiteral, selectFile } from '../../board/duckdb.ts';

/** Into which of the parts the nth row of a table goes; several: the row is in each. */
export type PartsOfRow = (table: TableName, index: number) => readonly number[];

/**
 * Cuts an export of NDJSON into folders, each with a file of every table. Every other one is Parquet, so that the formats are
 * mixed. Answers the folders.
 */
export async function splitExport(
  from: string,
  into: string,
  count: number,
  partsOf: PartsOfRow,
): Promise<readonly string[]> {
  const folders = Array.from({ length: count }, (_, part) => join(into, `part ${part}`));
  const db = await openDuckDb();
  for (const [part, folder] of folders.entries()) {
    await mkdir(folder, { recursive: true });
    for (const table of TABLE_NAMES) {
      const lines = (await readFile(join(from, `${table}.ndjson`), 'utf8')).split('\n').filter(line => line !== '');
      const kept = lines.filter((_, index) => partsOf(table, index).includes(part));
      const isParquet = part % 2 === 1;
      const text = join(isParquet ? into : folder, `${table}.ndjson`);
      await writeFile(text, kept.map(line => `${line}\n`).join(''));
      if (!isParquet) continue;
      const file = quoteLiteral(join(folder, `${table}.parquet`));
      await db.connection.run(`COPY (${selectFile(table, text, 'ndjson')}) TO ${file} (FORMAT parquet)`);
    }
  }
  await db.close();
  return folders;
}
