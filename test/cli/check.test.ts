import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { CheckReport } from '../../board/check/check.ts';
import { quadro, quadroJson } from '../support/run-quadro.ts';
import { writeSample } from '../support/sample-board.ts';
import { tempDir } from '../support/temp.ts';

async function tampered(sql: string): Promise<string> {
  const file = join(tempDir(), 'board.db');
  await writeSample(file);
  const database = new BetterSqlite3(file);
  database.exec(sql);
  database.close();
  return file;
}

describe('check', () => {
  it('proves a log, and its copies have the same digest', async () => {
    const file = await tampered('');
    const { status, stdout } = await quadro(['check', file]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^The log is whole: 8 events, 2 tasks, 0 inherited faults\ndigest [0-9a-f]{64}\nboard digest [0-9a-f]{64}\n$/,
    );
    await quadroJson(['export', file, '--to', `${file}-log`]);
    const { digest } = await quadroJson<CheckReport>(['check', `${file}-log`]);
    expect(stdout).toContain(digest);
  });

  it.each([
    ['DELETE FROM events WHERE sequence_id = 3', 'sequence_gap'],
    ["UPDATE tasks SET status = 'UNASSIGNED' WHERE task_id = 't1'", 'row_differs'],
    ["UPDATE events SET to_status = 'COMPLETE' WHERE sequence_id = 2", 'broken_link'],
  ])('exits 1 where somebody tampered: %s', async (sql, code) => {
    const file = await tampered(sql);
    const { status, stdout, stderr } = await quadro(['check', file]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^FAULT {2}${code} `, 'm'));
    expect(stdout).toMatch(/^The log has \d+ faults: /m);
    const json = await quadro(['check', file, '--json']);
    expect(json.status).toBe(1);
    const { ok, own, faults } = JSON.parse(json.stdout) as CheckReport;
    expect({ ok, own }).toEqual({ ok: false, own: faults.length });
    expect(faults.map(fault => fault.code)).toContain(code);
  });

  it('says what it could not check', async () => {
    const file = await tampered('');
    await quadroJson(['export', file, '--to', `${file}.parquet`]);
    const { status, stdout } = await quadro(['check', `${file}.parquet`]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^not checked {2}The source has no profiles table: /m);
    expect(stdout).toMatch(/^not checked {2}The source has no tasks table: /m);
  });
});
