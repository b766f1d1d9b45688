import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { type CheckReport, checkLog, type DigestedTable } from '../../board/check/check.ts';
import { openBoard } from '../../board/index.ts';
import { writeFullBoard } from '../copy/full-board.ts';
import { tempDir } from '../support/temp.ts';

/** What belongs to a database and not to the board in it. */
const LEFT_OUT: readonly string[] = ['cursors', 'leases', 'writers'];

const FLAGS: ReadonlySet<string> = new Set(['resumable', 'draining']);

interface TableColumn {
  readonly name: string;
  readonly type: string;
  /** Its place in the key, from 1; 0 outside. */
  readonly pk: number;
}

/** Another value for a column, of its kind. */
function otherValue({ name, type }: TableColumn): string {
  if (FLAGS.has(name)) return `1 - ${name}`;
  if (type.toLowerCase() === 'integer') return `coalesce(${name}, 0) + 1000`;
  const isJson = `substr(${name}, 1, 1) in ('[', '{', '"') or ${name} = 'null'`;
  return `case when ${isJson} then '["other"]' else coalesce(${name}, '') || ' other' end`;
}

/** Changes one column of the last row of a table. */
function changeOf(table: string, columns: readonly TableColumn[], column: TableColumn): string {
  const key = columns.filter(({ pk }) => pk > 0).map(({ name }) => name);
  const last = `select ${key} from ${table} order by ${key.map(name => `${name} desc`)} limit 1`;
  return `update ${table} set ${column.name} = ${otherValue(column)} where (${key}) = (${last})`;
}

it('the board digest sees every column of every table, and tells which table it was', async () => {
  const dir = tempDir();
  const pristine = join(dir, 'pristine.db');
  const backend = sqlite({ file: pristine });
  await writeFullBoard(backend);
  await backend.close();
  const checked = async (change: string): Promise<CheckReport> => {
    const file = join(dir, 'changed.db');
    copyFileSync(pristine, file);
    // Opened first: some changes make a board that cannot be.
    const board = await openBoard({ backend: sqlite({ file }), readOnly: true });
    const database = new BetterSqlite3(file);
    expect(database.prepare(change).run().changes, change).toBe(1);
    database.close();
    const report = await checkLog(board);
    await board.close();
    return report;
  };
  const database = new BetterSqlite3(pristine, { readonly: true });
  const tables = database.prepare(`select name from sqlite_master where type = 'table'`).pluck().all() as string[];
  const stored = tables.filter(name => !/^(sqlite_|quadro_)/.test(name) && !LEFT_OUT.includes(name));
  const whole = await checked(`update cursors set value = '{}'`);
  expect(Object.keys(whole.table_digests ?? {}).toSorted()).toEqual(stored.toSorted());
  for (const table of stored as DigestedTable[]) {
    const columns = database.pragma(`table_info(${table})`) as TableColumn[];
    for (const column of columns.filter(({ name }) => name !== 'board_id')) {
      const { board_digest, table_digests } = await checked(changeOf(table, columns, column));
      const changed = stored.filter(
        name => table_digests?.[name as DigestedTable] !== whole.table_digests?.[name as DigestedTable],
      );
      expect(changed, `${table}.${column.name}`).toEqual([table]);
      expect(board_digest).not.toBe(whole.board_digest);
    }
  }
  database.close();
});
