import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { progressOf } from '../../cli/progress.ts';
import { quadro, quadroJson, withoutProgress } from '../support/run-quadro.ts';
import { openSample, runMemo, writeSample } from '../support/sample-board.ts';

const BIN = resolve(import.meta.dirname, '../../bin/quadro.js');

/** Clears the screen, renames the window, hides what follows, turns the writing round, begins a new row. */
const HOSTILE = '\u001b[2J\u001b]0;pwned\u0007 \u009b8m \u202etxt.exe\u2028 \r\n\ttwo';
/** What a terminal acts on, line breaks apart. */
const STEERING = /[\p{Cc}\u202a-\u202e\u2028\u2029\u2066-\u2069]/u;

/** Every character that would do more than be seen. */
function steering(text: string): string[] {
  return [...text.replaceAll('\n', '')].filter(each => STEERING.test(each));
}

describe('progress on a terminal', () => {
  it('is a bar while the total is known, and a number without one where it is not', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
    const progress = progressOf('rows', terminal as unknown as NodeJS.WriteStream);
    const shown = (): string => {
      vi.advanceTimersByTime(1_000);
      return String(terminal.read() ?? '');
    };
    progress.update(1, 8);
    expect(shown(), 'work that is done sooner says nothing').toBe('');
    progress.update(2, 8);
    expect(shown()).toMatch(/█+░+ 2 of 8 rows/);
    progress.update(9, null);
    const counting = shown();
    expect(counting).toContain('9 rows');
    expect(counting).not.toMatch(/[█░]| of /);
    progress.stop();
  });
});

describe('what commands print', () => {
  const dir = mkdtempSync(join(tmpdir(), 'quadro-cli-'));
  const file = join(dir, 'board.db');
  const hostile = join(dir, 'hostile.db');

  beforeAll(async () => {
    await writeSample(file);
    const board = await openSample(hostile);
    await board.postTask({ task_id: HOSTILE, task_type: HOSTILE, label: HOSTILE });
    await runMemo(board, 'memo', HOSTILE);
    await board.updateTask({ task_id: HOSTILE, to_status: 'HUMAN_REVIEW', notes_append: HOSTILE });
    await board.close();
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it.each([
    ['report', hostile],
    ['flight', hostile, HOSTILE],
    ['flight', hostile, `${HOSTILE}, unknown`],
    ['sql', hostile, 'SELECT * FROM tasks'],
    ['sql', hostile, 'SELECT payload FROM events'],
    ['sql', hostile, `SELECT 1 AS "${HOSTILE}"`],
    ['sql', hostile, `SELECT * FROM "${HOSTILE}"`],
    ['check', hostile],
    ['boards', hostile, '--board', HOSTILE],
    ['report', hostile, '--board', HOSTILE],
    ['sql', hostile, 'SELECT label FROM tasks', '--json'],
    ['flight', hostile, HOSTILE, '--json'],
    ['report', `${HOSTILE}.db`],
  ])('hostile text is harmless: %s', async (...args) => {
    const { stdout, stderr } = await quadro(args);
    expect(stdout + stderr).not.toBe('');
    expect(steering(stdout)).toEqual([]);
    expect(steering(stderr)).toEqual([]);
  });

  it('--json keeps every character', async () => {
    const rows = await quadroJson(['sql', hostile, "SELECT label FROM tasks WHERE task_id = 'memo'"]);
    expect(rows).toEqual([{ label: HOSTILE }]);
    expect(await quadroJson(['flight', hostile, HOSTILE])).toMatchObject({ task_id: HOSTILE, notes: [HOSTILE] });
  });

  it('--csv has a header, and quotes where it must', async () => {
    const query = `SELECT task_id, 'a "b", c' AS text, NULL AS nothing, 1.5 AS number, [1, 2] AS list FROM tasks ORDER BY 1`;
    const { status, stdout } = await quadro(['sql', file, query, '--csv']);
    expect(status).toBe(0);
    expect(stdout).toBe(
      ['task_id,text,nothing,number,list', 't1,"a ""b"", c",,1.5,"[1,2]"', 't2,"a ""b"", c",,1.5,"[1,2]"', ''].join(
        '\r\n',
      ),
    );
    const none = await quadro(['sql', file, 'SELECT task_id FROM tasks WHERE false', '--csv']);
    expect(none.stdout).toBe('task_id\r\n');
  });

  it('a table stands in columns, numbers right, nothing behind the last one', async () => {
    const query = `SELECT * FROM (VALUES ('a', 1, NULL), ('bcd', -20, 'x')) AS rows(text, number, rest)`;
    const { stdout } = await quadro(['sql', file, query]);
    expect(stdout).toBe('text  number  rest\na          1  –\nbcd      -20  x\n');
    const none = await quadro(['sql', file, 'SELECT 1 WHERE false']);
    expect(none.stdout).toBe('no rows\n');
  });

  it('a table for people ends somewhere and says so; data does not', async () => {
    const query = 'SELECT * FROM range(200000)';
    const { stdout } = await quadro(['sql', file, query]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1 + 1000 + 1);
    expect(stdout).toMatch(/\n… and 199000 more rows: --csv and --json print all\n$/);
    expect((await quadro(['sql', file, query, '--csv'])).stdout.trimEnd().split('\r\n')).toHaveLength(200_001);
    expect(await quadroJson<unknown[]>(['sql', file, query])).toHaveLength(200_000);
  });

  it.each([
    ['sql', file, 'SELECT * FROM range(300000)'],
    ['sql', file, 'SELECT * FROM range(300000)', '--json'],
    ['report', file, '--json'],
    ['metrics', file],
  ])('a reader that goes away ends it silently: %s', async (...args) => {
    const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', text => {
      stderr += text;
    });
    // Closed before anything is written: `head -0`, as it were.
    child.stdout.destroy();
    const status = await new Promise(ended => child.on('close', ended));
    expect({ status, stderr: withoutProgress(stderr) }).toEqual({ status: 0, stderr: '' });
  });

  if (existsSync('/dev/full')) {
    it('a disk that is full where stdout goes is an error', async () => {
      const child = spawn(process.execPath, [BIN, 'report', file, '--json'], {
        stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      });
      let stderr = '';
      child.stderr?.on('data', text => {
        stderr += text;
      });
      const status = await new Promise(ended => child.on('close', ended));
      expect({ status, stderr: withoutProgress(stderr) }).toEqual({
        status: 2,
        stderr: 'quadro: Cannot write the output: the disk is full\n',
      });
    });
  }
});
