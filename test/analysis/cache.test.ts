import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAnalysis } from '../../analysis/index.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { openDuckDb, quoteLiteral } from '../../board/duckdb.ts';
import { openBoard } from '../../board/index.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { bulkOf } from '../support/bulk-of.ts';
import { tempDir } from '../support/temp.ts';
import { answersOf, tablesOf } from './answers.ts';
import { countingSource } from './counting-source.ts';
import { openSmallLog } from './small-log.ts';

const WORKER = resolve(import.meta.dirname, 'cache-worker.ts');

function startWorker(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [WORKER, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
}

function boardIn(file: string): Promise<Board> {
  return openBoard({ backend: sqlite({ file }), taskTypes: { brief: 'fast' } });
}

/** Runs statements in a DuckDB file, as somebody else would. */
async function inDuckDb(file: string, ...statements: readonly string[]): Promise<void> {
  const db = await openDuckDb();
  await db.connection.run(`ATTACH ${quoteLiteral(file)} AS other; USE other`);
  for (const statement of statements) await db.connection.run(statement);
  await db.close();
}

describe('a cache', () => {
  it('goes on from where it stood, and says what the board says', async () => {
    const databaseFile = join(tempDir(), "it's a cache.duckdb");
    const board = await openSmallLog();
    const first = await openAnalysis(board, { databaseFile });
    const expected = await answersOf(first);
    await first.close();

    const { source, reads } = countingSource(board);
    const again = await openAnalysis(source, { databaseFile });
    expect(reads, 'one event, to see that it is the same log').toEqual(['events after 24: 1']);
    expect(await answersOf(again)).toEqual(expected);
    await again.close();

    await board.postTask({ task_id: 't5', task_type: 'brief', label: '' });
    reads.length = 0;
    const later = await openAnalysis(source, { databaseFile });
    expect(reads).toEqual([
      'events after 24: 1',
      'events after 25: 1',
      'tasks t5: 1',
      'archived tasks: 0',
      'agents: 4',
    ]);
    const fresh = await openAnalysis(board);
    expect(await answersOf(later)).toEqual(await answersOf(fresh));
    for (const each of [later, fresh]) await each.close();
    await board.close();
  });

  it('of files of text parses only those that have changed, and keeps boards and files apart', async () => {
    const folder = tempDir();
    const databaseFile = join(folder, 'cache.duckdb');
    const [board, other] = [await openSmallLog(), await openSmallLog()];
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    await exportLog(board, { to: one, format: 'ndjson' });
    await exportLog(other, { to: two, format: 'csv' });
    const parsed = async (sources: readonly string[]) => {
      const tables: string[] = [];
      const analysis = await openAnalysis(sources, { databaseFile, onProgress: ({ table }) => tables.push(table) });
      const [{ n } = {}] = await analysis.sql('SELECT count(*) AS n FROM events');
      await analysis.close();
      return { n, tables: tables.length };
    };
    expect(await parsed([one])).toEqual({ n: 25, tables: 8 });
    expect(await parsed([one])).toEqual({ n: 25, tables: 0 });
    expect(await parsed([one, two])).toEqual({ n: 50, tables: 8 });
    expect(await parsed([two])).toEqual({ n: 25, tables: 0 });
    await board.postTask({ task_id: 't5', task_type: 'brief', label: '' });
    await exportLog(board, { to: one, format: 'ndjson', tables: ['events'] });
    expect(await parsed([one])).toEqual({ n: 26, tables: 1 });
    for (const each of [board, other]) await each.close();
  });

  it('that was killed while it was loaded goes on after the last commit', async () => {
    const folder = tempDir();
    const file = join(folder, 'board.db');
    const board = await boardIn(file);
    for (let n = 0; n < 70; n++) await board.postTasks(bulkOf(`${n}`, 1_000));
    await board.updateTask({ task_id: '0 0', to_status: 'HUMAN_REVIEW' });
    const fresh = await openAnalysis(board);
    const sums = ['events', 'tasks'].map(table => `SELECT count(*) AS rows, bit_xor(hash(t)) AS hash FROM ${table} t`);
    const expected = [await fresh.sql(sums[0] ?? ''), await fresh.sql(sums[1] ?? '')];
    await fresh.close();
    const kills = [
      ['events', '68000', ['events after 65535: 1', 'events after 65536: 4096']],
      ['tasks', '40000', ['events after 70000: 1', 'all tasks: 70000']],
    ] as const;
    for (const [table, rows, firstReads] of kills) {
      const databaseFile = join(folder, `${table}.duckdb`);
      const [, signal] = await once(startWorker(file, databaseFile, table, rows), 'close');
      expect(signal).toBe('SIGKILL');
      const { source, reads } = countingSource(board);
      const analysis = await openAnalysis(source, { databaseFile });
      expect(reads.slice(0, 2), table).toEqual(firstReads);
      expect([await analysis.sql(sums[0] ?? ''), await analysis.sql(sums[1] ?? '')]).toEqual(expected);
      await analysis.close();
    }
    // Its tasks were read, and one of them is archived before anybody looks again.
    const databaseFile = join(folder, 'profiles.duckdb');
    await once(startWorker(file, databaseFile, 'profiles', '1'), 'close');
    await board.archiveTask('0 0');
    const { source, reads } = countingSource(board);
    const analysis = await openAnalysis(source, { databaseFile });
    expect(reads.slice(0, 2)).toEqual(['events after 70000: 1', 'archived tasks: 1']);
    const archived = "SELECT task_id FROM tasks WHERE standing = 'archived'";
    expect(await analysis.sql(archived)).toEqual([{ task_id: '0 0' }]);
    await analysis.close();
    await board.close();
  });

  it('that another process has open is refused, and taken when that is done', async () => {
    const folder = tempDir();
    const [file, databaseFile] = [join(folder, 'board.db'), join(folder, 'cache.duckdb')];
    const board = await boardIn(file);
    await board.postTasks(bulkOf('some', 10));
    const worker = startWorker(file, databaseFile);
    await once(worker.stdout as NodeJS.ReadableStream, 'data');
    const refused = openAnalysis(board, { databaseFile });
    await expect(refused).rejects.toMatchObject({
      code: 'storage_busy',
      message: expect.stringContaining(databaseFile),
    });
    worker.stdin?.end();
    await once(worker, 'close');
    const analysis = await openAnalysis(board, { databaseFile });
    expect(await analysis.sql('SELECT count(*) AS n FROM tasks')).toEqual([{ n: 10 }]);
    await analysis.close();
    await board.close();
  });

  it('of another version, of something else, and what is no database, is refused and left as it is', async () => {
    const folder = tempDir();
    const board = await openSmallLog();
    const [older, foreign, text] = ['older.duckdb', 'foreign.duckdb', 'text.duckdb'].map(name => join(folder, name));
    await (await openAnalysis(board, { databaseFile: older ?? '' })).close();
    await inDuckDb(older ?? '', "UPDATE about SET schema = 'x', quadro_version = '0.0.9'");
    await inDuckDb(foreign ?? '', 'CREATE TABLE sales (n INTEGER)');
    await writeFile(text ?? '', 'not a database at all, but long enough to be looked at'.repeat(100));
    const refused = (databaseFile = '') => openAnalysis(board, { databaseFile });
    const configuration = { code: 'invalid_configuration' };
    await expect(refused(older)).rejects.toMatchObject(configuration);
    await expect(refused(older)).rejects.toThrow(
      /older\.duckdb is a cache of another version \(0\.0\.9\): name another/,
    );
    await expect(refused(foreign)).rejects.toMatchObject(configuration);
    await expect(refused(foreign)).rejects.toThrow(/foreign\.duckdb is no cache of Quadro/);
    await expect(refused(text)).rejects.toMatchObject({ code: 'storage_not_a_database' });
    await inDuckDb(foreign ?? '', 'INSERT INTO sales VALUES (1)');
    await board.close();
  });

  it('of a board that was restored from a backup is refused: its events are others now', async () => {
    const folder = tempDir();
    const [file, backup, databaseFile] = ['board.db', 'backup.db', 'cache.duckdb'].map(name => join(folder, name));
    const before = await boardIn(file ?? '');
    await before.postTask({ task_id: 't1', task_type: 'brief', label: '' });
    await before.close();
    await copyFile(file ?? '', backup ?? '');
    const lost = await boardIn(file ?? '');
    await lost.postTask({ task_id: 'lost', task_type: 'brief', label: '' });
    await (await openAnalysis(lost, { databaseFile: databaseFile ?? '' })).close();
    await lost.close();

    const restored = await boardIn(backup ?? '');
    const opened = () => openAnalysis(restored, { databaseFile: databaseFile ?? '' });
    await expect(opened(), 'shorter').rejects.toMatchObject({ code: 'invalid_source' });
    for (const task_id of ['t2', 't3']) await restored.postTask({ task_id, task_type: 'brief', label: '' });
    await expect(opened(), 'longer').rejects.toThrow(/holds another history of board default/);
    await restored.close();
  });

  it('leaves a query of one’s own its place: what that makes is gone when the analysis is closed', async () => {
    const databaseFile = join(tempDir(), 'cache.duckdb');
    const board = await openSmallLog();
    const first = await openAnalysis(board, { databaseFile });
    await first.sql('CREATE TABLE mine AS SELECT * FROM events');
    const tables = await tablesOf(first);
    await first.close();
    const second = await openAnalysis(board, { databaseFile });
    await expect(second.sql('FROM mine')).rejects.toMatchObject({ code: 'invalid_payload' });
    expect(await tablesOf(second)).toEqual(tables);
    await second.close();
    await board.close();
  });
});
