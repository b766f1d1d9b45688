import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it, vi } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { checkLog } from '../../board/check/check.ts';
import { openBoard } from '../../board/open-board.ts';
import { everything, post, refusalOf, walk } from '../support/board-steps.ts';
import { tempDir } from '../support/temp.ts';

const open = (file: string, readOnly = false) => openBoard({ backend: sqlite({ file, readOnly }), readOnly });

async function boardFile(): Promise<string> {
  const file = join(tempDir(), 'board.db');
  const board = await open(file);
  await post(board, 't', 'memo');
  await board.close();
  return file;
}

describe('a database that cannot be used', () => {
  it('that is no database: storage_not_a_database, and the file stays as it was', async () => {
    const file = join(tempDir(), 'letter.db');
    writeFileSync(file, 'Dear Sir or Madam, this is a letter. '.repeat(50));
    expect(await refusalOf(open(file))).toMatch(/^StorageError storage_not_a_database: Cannot open .*letter\.db/);
    expect(await refusalOf(open(file, true))).toMatch(/storage_not_a_database/);
  });

  it('that is no file, or in a folder that is not there: storage_failed, in words', async () => {
    const dir = tempDir();
    expect(await refusalOf(open(dir))).toMatch(/^StorageError storage_failed: Cannot open/);
    expect(await refusalOf(open(join(dir, 'none', 'x.db')))).toMatch(/^StorageError storage_failed: Cannot open/);
    expect(await refusalOf(open(join(dir, 'none.db'), true))).toMatch(/storage_failed: There is no board at/);
    expect(existsSync(join(dir, 'none.db'))).toBe(false);
  });

  it('that holds something else, opened for reading: it says there is no board, and adds nothing', async () => {
    const file = join(tempDir(), 'other.db');
    const database = new BetterSqlite3(file);
    database.exec('create table letters (id integer)');
    expect(await refusalOf(open(file, true))).toMatch(/storage_failed: .*holds no Quadro board/);
    expect(database.prepare('select name from sqlite_master').pluck().all()).toEqual(['letters']);
    database.close();
  });

  it('of a newer version: storage_newer_schema, and nothing is changed', async () => {
    const file = await boardFile();
    const database = new BetterSqlite3(file);
    database.prepare(`insert into quadro_migrations (name, timestamp) values ('0999-later', '2030')`).run();
    const dump = () => database.prepare('select * from events, boards, quadro_migrations').all();
    const before = dump();
    for (const readOnly of [false, true]) {
      expect(await refusalOf(open(file, readOnly))).toMatch(
        /^StorageError storage_newer_schema: .*newer version of Quadro .*0999-later/,
      );
    }
    expect(dump()).toEqual(before);
    database.close();
  });

  it('opened for reading: every writing intent is storage_read_only, by the board and by its backend', async () => {
    const file = await boardFile();
    const reader = await open(file, true);
    const before = await everything(reader);
    expect(await refusalOf(post(reader, 'u'))).toMatch(/^StorageError storage_read_only/);
    expect(await refusalOf(reader.putData('k', 1))).toMatch(/storage_read_only/);
    expect((await reader.getTask('t')).task.label).toBe('Do t');
    await reader.close();
    // The board would write; its backend must not.
    const writer = await openBoard({ backend: sqlite({ file, readOnly: true }) });
    expect(await refusalOf(post(writer, 'u'))).toMatch(
      /^StorageError storage_read_only: .* was opened for reading only/,
    );
    expect(await everything(writer)).toEqual(before);
    await writer.close();
  });

  it('whose file and folder may not be written: storage_read_only or storage_failed, in words', async ({ skip }) => {
    const file = await boardFile();
    const dir = join(tempDir(), 'locked');
    mkdirSync(dir);
    new BetterSqlite3(file).exec(`vacuum into '${join(dir, 'board.db')}'`).close();
    chmodSync(join(dir, 'board.db'), 0o444);
    chmodSync(dir, 0o555);
    // Permissions do not hold for root, so root sends somebody else.
    const uid = process.geteuid?.();
    if (uid === undefined) skip('this system has no file permissions to take away');
    chmodSync(join(dir, '..'), 0o755);
    const script = join(import.meta.dirname, '../support/open-board.ts');
    const openAs = (path: string) => spawnSync(process.execPath, ['--no-warnings', script, path], { encoding: 'utf8' });
    expect(openAs(join(dir, 'board.db'))).toMatchObject({
      stdout: expect.stringMatching(/^storage_read_only: .*check the permissions/),
    });
    expect(openAs(join(dir, 'new.db'))).toMatchObject({
      stdout: expect.stringMatching(/^storage_failed: .*may be written/),
    });
    chmodSync(dir, 0o755);
  });

  it('that is full: storage_full, nothing of the batch is written, and it goes on once there is room', async () => {
    const file = join(tempDir(), 'board.db');
    const pragma = BetterSqlite3.prototype.pragma;
    const limited = vi.spyOn(BetterSqlite3.prototype, 'pragma').mockImplementation(function (
      this: BetterSqlite3.Database,
      ...args
    ) {
      const result = pragma.apply(this, args);
      connection = this;
      return result;
    });
    let connection: BetterSqlite3.Database | null = null;
    const board = await open(file);
    limited.mockRestore();
    if (connection === null) throw new Error('the board opened no connection');
    const limit = (most: number): unknown =>
      pragma.call(connection as unknown as BetterSqlite3.Database, `max_page_count = ${most}`);
    await post(board, 't', 'memo');
    const pages = Number(pragma.call(connection, 'page_count', { simple: true }));
    limit(pages + 2);
    const before = await everything(board);
    const large = 'x'.repeat(100_000);
    const batch = await Promise.all([
      refusalOf(post(board, 'u', 'memo')),
      refusalOf(board.putData('large', large)),
      refusalOf(walk(board, 't', ['IN_PROGRESS'])),
    ]);
    for (const refusal of batch)
      expect(refusal).toMatch(/^StorageError storage_full: Cannot write to .* is full; free space/);
    expect(await everything(board)).toEqual(before);
    limit(1_000_000);
    await board.putData('large', large);
    expect((await post(board, 'u', 'memo')).entered_sequence_id).toBe(2);
    expect((await checkLog(board)).faults).toEqual([]);
    await board.close();
  });

  it('that another process holds for longer than the time-out: storage_busy, and later all is well', async () => {
    const file = await boardFile();
    const board = await openBoard({ backend: sqlite({ file, busyTimeoutMs: 50 }) });
    const holder = new BetterSqlite3(file);
    holder.exec('begin immediate');
    expect(await refusalOf(post(board, 'u'))).toMatch(/^StorageError storage_busy: Cannot write to .*busyTimeoutMs/);
    expect((await board.getTask('t')).task.task_id, 'reading goes on').toBe('t');
    const waiting = openBoard({ backend: sqlite({ file }) }).then(async other => {
      const task = await post(other, 'v');
      await other.close();
      return task;
    });
    setTimeout(() => holder.exec('commit'), 30);
    expect((await waiting).entered_sequence_id, 'it waits without blocking the process').toBe(2);
    expect((await post(board, 'u')).entered_sequence_id).toBe(3);
    holder.close();
    await board.close();
  });
});
