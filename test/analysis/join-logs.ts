import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TABLE_NAMES } from '../../board/core/tables.ts';

/** Makes one log of several boards out of folders exported as NDJSON. */
export async function joinLogs(folders: readonly string[], to: string): Promise<void> {
  await mkdir(to);
  for (const table of TABLE_NAMES) {
    for (const folder of folders) {
      await appendFile(join(to, `${table}.ndjson`), await readFile(join(folder, `${table}.ndjson`), 'utf8'));
    }
  }
}
