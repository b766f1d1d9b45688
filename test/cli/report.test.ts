import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openAnalysis } from '../../analysis/index.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { openBoard } from '../../board/index.ts';
import { htmlReport } from '../../dashboards/report/index.ts';
import { quadro, withoutProgress } from '../support/run-quadro.ts';
import { writeSample } from '../support/sample-board.ts';
import { tempDir } from '../support/temp.ts';

const HOOK = pathToFileURL(resolve(import.meta.dirname, '../support/hide-packages.ts')).href;

describe('quadro report --to', () => {
  it('writes the page that the library makes of the same board, and says how large it is', async () => {
    const dir = tempDir();
    await writeSample(join(dir, 'board.db'));
    const { status, stdout, stderr } = await quadro(['report', 'board.db', '--to', 'report.html'], { cwd: dir });
    expect({ status, stderr: withoutProgress(stderr) }).toEqual({ status: 0, stderr: '' });
    const page = readFileSync(join(dir, 'report.html'), 'utf8');
    expect(stdout).toBe(
      `report.html: one page of ${Math.ceil(Buffer.byteLength(page) / 1024)} KiB, which needs nothing besides itself\n`,
    );
    const board = await openBoard({ backend: sqlite({ file: join(dir, 'board.db') }), readOnly: true });
    const analysis = await openAnalysis(board);
    expect(page).toBe(await htmlReport(analysis, { title: 'board.db' }));
    await analysis.close();
    await board.close();
  });

  it('is headed as it is told, and by a URL only without its password', async () => {
    const dir = tempDir();
    await writeSample(join(dir, 'board.db'));
    const heading = async (...args: readonly string[]): Promise<string | undefined> => {
      await quadro(['report', ...args, '--to', 'report.html'], { cwd: dir });
      return /<h1>(.*?)<\/h1>/.exec(readFileSync(join(dir, 'report.html'), 'utf8'))?.[1];
    };
    expect(await heading('board.db', '--title', 'A <day>')).toBe('A &lt;day&gt;');
    expect(await heading(`sqlite:${join(dir, 'board.db')}`, '--board', 'default')).toBe('board.db, board default');
  });

  it.each([
    [['--to', 'report.html', '--json'], /option '--json' cannot be used with option '--to <file>'/],
    [['--to', 'no/such/report.html'], /no\/such\/report\.html/],
  ])('%j is refused with what is wrong', async (args, message) => {
    const dir = tempDir();
    await writeSample(join(dir, 'board.db'));
    const { status, stdout, stderr } = await quadro(['report', 'board.db', ...args], { cwd: dir });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(withoutProgress(stderr).trimEnd()).not.toContain('\n');
  });

  it.each(['@observablehq/plot', 'linkedom', '@viz-js/viz'])(
    'without %s names the line that installs it',
    async name => {
      const dir = tempDir();
      await writeSample(join(dir, 'board.db'));
      const env = { NODE_OPTIONS: `--import=${HOOK}`, QUADRO_TEST_HIDDEN: name };
      const { status, stderr } = await quadro(['report', 'board.db', '--to', 'report.html'], { cwd: dir, env });
      expect(status).toBe(2);
      expect(stderr).toBe(
        'quadro: This needs packages that are not installed; run: npm install @observablehq/plot linkedom @viz-js/viz (missing_package)\n',
      );
      expect(existsSync(join(dir, 'report.html'))).toBe(false);
      const text = await quadro(['report', 'board.db'], { cwd: dir, env });
      expect(
        { status: text.status, stderr: withoutProgress(text.stderr) },
        'the rest of the report wants none',
      ).toEqual({
        status: 0,
        stderr: '',
      });
    },
  );
});
