import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { copyBoard } from '../../board/index.ts';
import { quadro, quadroJson } from '../support/run-quadro.ts';
import { writeSample } from '../support/sample-board.ts';
import { requireShared } from '../support/shared.ts';
import { tempDir } from '../support/temp.ts';

interface Summary {
  log_summary: { rows: readonly { tasks: number }[] };
}

const tasksOf = async (args: readonly string[]): Promise<unknown> =>
  (await quadroJson<Summary>(['report', ...args])).log_summary.rows[0]?.tasks;

describe('boards', () => {
  it('lists the boards of a database, with how far each is', async () => {
    const file = join(tempDir(), 'b.db');
    await writeSample(file, { boardId: 'news' });
    await writeSample(file, { boardId: 'kitchen', labels: ['soup'] });
    const boards = await quadroJson<{ board_id: string; next_sequence_id: number; last_timestamp: string }[]>([
      'boards',
      file,
    ]);
    expect(boards.map(each => [each.board_id, each.next_sequence_id]).toSorted()).toEqual([
      ['kitchen', 5],
      ['news', 9],
    ]);
    expect(boards[0]?.last_timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
    const { stdout } = await quadro(['boards', file]);
    expect(stdout).toMatch(/^kitchen +[0-9a-f-]{36} +4 /m);
  });

  it('marks an unfinished copy, which nobody can open', async () => {
    const file = join(tempDir(), 'b.db');
    await writeSample(file, { boardId: 'news' });
    const [from, into] = [sqlite({ file, readOnly: true }), sqlite({ file })];
    const stop = new AbortController();
    const reason = new Error('stop');
    const copying = copyBoard({
      from,
      into,
      boardId: 'news',
      intoBoardId: 'half',
      signal: stop.signal,
      onProgress: () => stop.abort(reason),
    });
    await expect(copying).rejects.toBe(reason);
    const marksOf = async (): Promise<unknown> =>
      (await quadroJson<{ board_id: string; unfinished_copy: boolean }[]>(['boards', file])).map(each => [
        each.board_id,
        each.unfinished_copy,
      ]);
    expect(await marksOf()).toEqual([
      ['half', true],
      ['news', false],
    ]);
    const { stdout } = await quadro(['boards', file]);
    expect(stdout).toMatch(/^half .*\+00:00 {2}unfinished copy$/m);
    expect(stdout).toMatch(/^news .*\+00:00$/m);
    await copyBoard({ from, into, boardId: 'news', intoBoardId: 'half' });
    expect(await marksOf()).toEqual([
      ['half', false],
      ['news', false],
    ]);
    await Promise.all([from.close(), into.close()]);
  });

  it('--migrate brings the tables of an older version up to date, and makes no file', async () => {
    const dir = tempDir();
    const file = join(dir, 'b.db');
    await writeSample(file);
    const database = new BetterSqlite3(file);
    database.exec(
      `drop table leases; drop table cursors; drop table writers; delete from quadro_migrations where name = '0002-shared'`,
    );
    database.close();
    for (const command of ['boards', 'check', 'report']) {
      const { status, stderr } = await quadro([command, file]);
      expect(status).toBe(2);
      expect(stderr).toMatch(
        /older version of Quadro: open it once for writing, or run quadro boards URL --migrate, to/,
      );
    }
    const { status, stdout, stderr } = await quadro(['boards', file, '--migrate']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^default +[0-9a-f-]{36} +8 /m);
    expect((await quadroJson<{ ok: boolean }>(['check', file])).ok).toBe(true);
    const nowhere = await quadro(['boards', join(dir, 'nowhere.db'), '--migrate']);
    expect(nowhere).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/There is no board at .*check the path/),
    });
    expect(existsSync(join(dir, 'nowhere.db'))).toBe(false);
  });

  it('one board needs no --board, whatever its name; of several one is chosen; `default` wins by itself', async () => {
    const file = join(tempDir(), 'b.db');
    await writeSample(file, { boardId: 'news' });
    expect(await tasksOf([file])).toBe(2);
    await writeSample(file, { boardId: 'kitchen', labels: ['soup'] });
    for (const command of [['report'], ['check'], ['flight', 't1'], ['metrics'], ['export', '--to', `${file}-log`]]) {
      const [name = '', ...rest] = command;
      const { status, stderr, stdout } = await quadro([name, file, ...rest]);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(/holds several boards \((kitchen, news|news, kitchen)\): choose one with --board NAME/);
    }
    expect(existsSync(`${file}-log`)).toBe(false);
    expect(await tasksOf([file, '--board', 'news'])).toBe(2);
    expect(await tasksOf([file, '--board', 'kitchen'])).toBe(1);
    await writeSample(file, { labels: ['a', 'b', 'c'] });
    expect(await tasksOf([file])).toBe(3);
  });

  it('each board of a database has its own cursor and totals', async () => {
    const dir = tempDir();
    const file = join(dir, 'b.db');
    await writeSample(file, { boardId: 'news' });
    await writeSample(file, { boardId: 'kitchen', labels: ['soup'] });
    for (const board of ['news', 'kitchen']) {
      const { status, stderr } = await quadro(['metrics', file, '--board', board]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect((await quadroJson<{ ok: boolean }>(['check', file, '--board', board])).ok).toBe(true);
    }
  });

  it('an exported log has no boards to choose from', async () => {
    const dir = tempDir();
    await writeSample(join(dir, 'b.db'));
    await quadroJson(['export', join(dir, 'b.db'), '--to', join(dir, 'log')]);
    const { status, stderr } = await quadro(['report', join(dir, 'log'), '--board', 'default']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/--board chooses a board of a database, and .*log is an exported log/);
  });

  it('import makes a board beside others', async context => {
    const source = requireShared('data/newsroom.db', context);
    const file = join(tempDir(), 'b.db');
    await writeSample(file);
    const { status, stdout } = await quadro(['import', source, '--into', file, '--board', 'imported']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Imported 2175 events of 150 tasks into .*b\.db \(board imported, [0-9a-f-]{36}\)/);
    expect(await tasksOf([file, '--board', 'imported'])).toBe(150);
    expect(await tasksOf([file])).toBe(2);
  });
});

describe('export', () => {
  it('writes a folder with one file a table, or one file of events, and both can be asked', async () => {
    const dir = tempDir();
    const file = join(dir, 'b.db');
    await writeSample(file);
    for (const format of ['parquet', 'ndjson', 'csv']) {
      const to = join(dir, `log-${format}`);
      const files = await quadroJson<{ table: string; path: string; rows: number }[]>([
        'export',
        file,
        '--to',
        to,
        '--format',
        format,
      ]);
      expect(files.find(each => each.table === 'events')).toEqual({
        table: 'events',
        path: join(to, `events.${format}`),
        rows: 8,
      });
      expect(readdirSync(to).toSorted()).toEqual(files.map(each => `${each.table}.${format}`).toSorted());
      expect(await tasksOf([to])).toBe(2);
      const single = join(dir, `events.${format}`);
      expect((await quadro(['export', file, '--to', single])).status).toBe(0);
      expect(await quadroJson(['sql', single, 'SELECT count(*) AS n FROM stages'])).toEqual([{ n: 6 }]);
    }
  });

  it('writes a log for other programs, and SQL beside tables', async () => {
    const dir = tempDir();
    const file = join(dir, 'b.db');
    await writeSample(file);
    for (const [name, rows] of [
      ['log.xes', 6],
      ['log.xes.gz', 6],
      ['log.ocel.json', 8],
    ] as const) {
      const to = join(dir, name);
      expect(await quadroJson(['export', file, '--to', to, '--memory-limit', '300MB', '--spill', dir])).toEqual([
        { table: 'events', path: to, rows },
      ]);
      expect(existsSync(to)).toBe(true);
    }
    await quadroJson(['export', file, '--to', join(dir, 'log'), '--with-sql', join(dir, 'sql')]);
    expect(readdirSync(join(dir, 'sql'))).toEqual(expect.arrayContaining(['open.sql', 'dwell-by-status.sql']));
    const { status, stdout } = await quadro(['import', join(dir, 'log.xes.gz'), '--into', join(dir, 'back.db')]);
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('6 events') });
  });
});
