import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quadro, quadroJson } from '../support/run-quadro.ts';
import { writeSample } from '../support/sample-board.ts';
import { tempDir } from '../support/temp.ts';

const COUNTS = 'SELECT count(*) AS tasks, count(DISTINCT board_uid) AS boards FROM tasks';

/** A database of two boards, of two tasks and of one, and the export of each. */
async function writeBoards(): Promise<string> {
  const dir = tempDir();
  const file = join(dir, 'b.db');
  await writeSample(file, { boardId: 'news' });
  await writeSample(file, { boardId: 'kitchen', labels: ['soup'] });
  for (const board of ['news', 'kitchen']) {
    await quadroJson(['export', file, '--board', board, '--to', join(dir, `log-${board}`)]);
  }
  return dir;
}

describe('several sources on the command line', () => {
  it('boards of a database, folders, and a pattern for them, as one log', async () => {
    const dir = await writeBoards();
    const both = [{ tasks: 3, boards: 2 }];
    const counts = (...sources: readonly string[]) => quadroJson(['sql', ...sources, COUNTS]);
    const [file, news, kitchen] = ['b.db', 'log-news', 'log-kitchen'].map(name => join(dir, name)) as [
      string,
      string,
      string,
    ];
    expect(await counts(file, '--all-boards')).toEqual(both);
    expect(await counts(news, kitchen)).toEqual(both);
    expect(await counts(join(dir, 'log-*'))).toEqual(both);
    const mixed = await quadro(['report', file, kitchen, '--board', 'news']);
    expect(mixed.stderr).toMatch(/--board chooses a board of a database/);
    const report = await quadroJson<{ log_summary: { rows: unknown[] } }>(['report', news, kitchen]);
    expect(report.log_summary.rows).toMatchObject([{ boards: 2, tasks: 3 }]);
    expect(await quadroJson(['sleep', news, kitchen])).toMatchObject({ sleep_study: { available: false } });
  });

  it('flight finds the task in whichever has it', async () => {
    const dir = tempDir();
    const files = ['one', 'two'].map(name => join(dir, `${name}.db`));
    await writeSample(files[0] ?? '', { labels: ['first'] });
    await writeSample(files[1] ?? '', { labels: ['second', 'third'] });
    const { status, stdout } = await quadro(['flight', ...files, 't2']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^t2 {2}third /);
    const ambiguous = await quadro(['flight', ...files, 't1']);
    expect(ambiguous.stderr).toMatch(/2 boards of this log have a task t1: name the board_uid/);
  });

  it('--cache keeps what was loaded, with the bounds that are given', async () => {
    const dir = await writeBoards();
    const cache = join(dir, 'c.duckdb');
    const bounds = ['--memory-limit', '500MB', '--spill', dir, '--threads', '1'];
    for (let n = 0; n < 2; n++) {
      const rows = await quadroJson(['sql', join(dir, 'b.db'), '--all-boards', COUNTS, '--cache', cache, ...bounds]);
      expect(rows).toEqual([{ tasks: 3, boards: 2 }]);
      expect(existsSync(cache)).toBe(true);
    }
    expect(await quadroJson(['sql', join(dir, 'log-news'), COUNTS, '--cache', cache])).toEqual([
      { tasks: 2, boards: 1 },
    ]);
  });
});
