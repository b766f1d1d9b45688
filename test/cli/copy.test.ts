import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { type CheckReport, checkLog } from '../../board/check/check.ts';
import { type CopySummary, copyBoard, openBoard } from '../../board/index.ts';
import { quadro, quadroJson, startQuadro } from '../support/run-quadro.ts';
import { openSample, writeSample } from '../support/sample-board.ts';
import { mysqlServer, newDatabase, postgresServer } from '../support/servers.ts';
import { tempDir } from '../support/temp.ts';

interface Copied extends CopySummary {
  readonly check: {
    readonly source: { readonly ok: boolean; readonly digest: string; readonly board_digest: string };
    readonly target: { readonly ok: boolean; readonly digest: string; readonly board_digest: string };
    readonly equal: boolean;
    readonly different: readonly string[];
    readonly written_since: boolean;
  } | null;
}

const INCOMPLETE =
  /^quadro: The board default in .* is an unfinished copy: run the same quadro copy again to finish it \(board_incomplete\)\n$/;

/** A number of a table in a database that another process may be making, null while it is not there. */
function numberIn(file: string, sql: string): number | null {
  if (!existsSync(file)) return null;
  try {
    const database = new BetterSqlite3(file, { readonly: true });
    try {
      const value: unknown = database.prepare(sql).pluck().get();
      return typeof value === 'number' ? value : null;
    } finally {
      database.close();
    }
  } catch {
    // Not a board yet, or locked in the moment in which its tables are made.
    return null;
  }
}

describe('copy', () => {
  it('copies a board, and says so: rows, digests, what to do next', async () => {
    const dir = tempDir();
    await writeSample(join(dir, 'a.db'));
    const { digest, board_digest } = await quadroJson<CheckReport>(['check', 'a.db'], { cwd: dir });
    const first = await quadro(['copy', 'a.db', '--into', 'b.db'], { cwd: dir });
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toMatch(/^events +8$/m);
    expect(first.stdout).toMatch(/^Copied a\.db to b\.db \(board default, [0-9a-f-]{36}\)\.$/m);
    const same = `Both sides are the same:\ndigest ${digest}\nboard digest ${board_digest}\nNext: quadro check b.db\n`;
    expect(first.stdout).toContain(same);
    expect(await quadroJson<CheckReport>(['check', 'b.db'], { cwd: dir })).toMatchObject({
      ok: true,
      digest,
      board_digest,
    });
    const second = await quadro(['copy', 'a.db', '--into', 'b.db'], { cwd: dir });
    expect(second).toMatchObject({ status: 0, stderr: '' });
    expect(second.stdout).toMatch(
      /^b\.db holds the whole copy already \(board default, .*\): nothing was written\.\nBoth sides/,
    );
  });

  it('chooses a board, and gives the copy another name', async () => {
    const dir = tempDir();
    await writeSample(join(dir, 'a.db'), { boardId: 'news' });
    await writeSample(join(dir, 'a.db'), { boardId: 'kitchen', labels: ['soup'] });
    const none = await quadro(['copy', 'a.db', '--into', 'b.db'], { cwd: dir });
    expect(none).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/several boards .*choose one with --board NAME/),
    });
    expect(readdirSync(dir)).not.toContain('b.db');
    const args = ['copy', 'a.db', '--into', 'a.db', '--board', 'kitchen', '--as', 'old kitchen'];
    const { stdout } = await quadro(args, { cwd: dir });
    expect(stdout).toMatch(/Copied a\.db to a\.db \(board old kitchen, .*\)\.\nBoth sides/);
    expect(stdout).toMatch(/Next: quadro check a\.db --board 'old kitchen'\n$/);
    const copied = await quadroJson<CheckReport>(['check', 'a.db', '--board', 'old kitchen'], { cwd: dir });
    expect(copied.board_digest).toBe(
      (await quadroJson<CheckReport>(['check', 'a.db', '--board', 'kitchen'], { cwd: dir })).board_digest,
    );
  });

  it('--json prints what was copied and found, --no-check leaves the check out', async () => {
    const dir = tempDir();
    await writeSample(join(dir, 'a.db'));
    const { check, ...summary } = await quadroJson<Copied>(['copy', 'a.db', '--into', 'b.db'], { cwd: dir });
    expect(summary).toMatchObject({
      board_id: 'default',
      resumed: false,
      was_complete: false,
      rows: { events: 8, tasks: 2 },
    });
    expect(check).toMatchObject({ equal: true, different: [], written_since: false });
    expect(check?.source).toEqual(check?.target);
    const unchecked = await quadroJson<Copied>(['copy', 'a.db', '--into', 'c.db', '--no-check'], { cwd: dir });
    expect(unchecked.check).toBeNull();
    const { stdout } = await quadro(['copy', 'a.db', '--into', 'd.db', '--no-check'], { cwd: dir });
    expect(stdout).toMatch(/^Whether both sides are the same was not checked\.$/m);
  });

  it('exits 1 where the sides differ: somebody tampered with the copy', async () => {
    const dir = tempDir();
    const file = join(dir, 'a.db');
    await writeSample(file);
    await quadro(['copy', 'a.db', '--into', 'b.db'], { cwd: dir });
    const database = new BetterSqlite3(join(dir, 'b.db'));
    database.exec(`update agents set name = 'Eve'; delete from task_types`);
    database.close();
    const { status, stdout, stderr } = await quadro(['copy', 'a.db', '--into', 'b.db'], { cwd: dir });
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toMatch(/^FAULT {2}the sides differ in agents, task_types$/m);
    expect(stdout).toMatch(
      /^source board digest [0-9a-f]{64}\ntarget digest [0-9a-f]{64}\ntarget board digest [0-9a-f]{64}$/m,
    );
  });

  it('exits 1 where the source has faults, which the copy has too', async () => {
    const dir = tempDir();
    await writeSample(join(dir, 'a.db'));
    const database = new BetterSqlite3(join(dir, 'a.db'));
    database.exec('delete from events where sequence_id = 3');
    database.close();
    const { status, stdout } = await quadro(['copy', 'a.db', '--into', 'b.db'], { cwd: dir });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^Both sides are the same, with \d+ faults that quadro check a\.db lists:$/m);
  });
});

describe('what copy refuses', () => {
  const dir = mkdtempSync(join(tmpdir(), 'quadro-copy-'));
  const files = (): string[] => readdirSync(dir).filter(name => !/-(wal|shm)$/.test(name));

  beforeAll(async () => {
    await writeSample(join(dir, 'a.db'));
    await writeSample(join(dir, 'other.db'));
    await quadroJson(['export', 'a.db', '--to', 'log'], { cwd: dir });
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it.each<[string, readonly string[], RegExp]>([
    ['a source that is not there', ['nowhere.db', '--into', 'new.db'], /There is no board at nowhere\.db/],
    [
      'an exported log',
      ['log', '--into', 'new.db'],
      /log is an exported log, which is not all of a board: give sqlite:FILE/,
    ],
    ['no board', ['a.db', '--into', 'file.txt'], /file\.txt names no board: give sqlite:FILE/],
    [
      'a folder that is not there',
      ['a.db', '--into', 'none/new.db'],
      /Cannot open none\/new\.db: .*\(storage_failed\)/,
    ],
    ['itself', ['a.db', '--into', 'a.db'], /The board default cannot be copied onto itself/],
    ['itself by another path', ['a.db', '--into', './a.db'], /The board default cannot be copied onto itself/],
    ['another board of the name', ['a.db', '--into', 'other.db'], /other\.db holds another board: copy into a new one/],
    ['a name that cannot be', ['a.db', '--into', 'new.db', '--as', ''], /intoBoardId must be a text/],
    ['nothing to copy into', ['a.db'], /required option '--into <url>' not specified/],
  ])('%s: one line, and nothing is made', async (_, args, line) => {
    const before = files();
    const { status, stdout, stderr } = await quadro(['copy', ...args], { cwd: dir });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(line);
    expect(stderr).toMatch(/^quadro: [^\n]+\n$/);
    expect(files().toSorted()).toEqual(before.toSorted());
  });
});

describe('copy between servers', () => {
  it.for([
    { name: 'PostgreSQL', server: postgresServer() },
    { name: 'MariaDB', server: mysqlServer() },
  ])('to $name and back: the same digests, and no password is printed', async ({ server }, context) => {
    if (server.skip !== undefined) context.skip(server.skip);
    const dir = tempDir();
    await writeSample(join(dir, 'a.db'), { boardId: 'news' });
    const url = await newDatabase(server);
    const there = await quadro(['copy', 'a.db', '--into', url], { cwd: dir });
    expect(there).toMatchObject({ status: 0, stderr: '' });
    const itself = await quadro(['copy', url, '--into', url], { cwd: dir });
    expect(itself).toMatchObject({ status: 2, stderr: expect.stringMatching(/news cannot be copied onto itself/) });
    const back = await quadro(['copy', url, '--into', 'b.db'], { cwd: dir });
    expect(back).toMatchObject({ status: 0, stderr: '' });
    const { digest, board_digest } = await quadroJson<CheckReport>(['check', 'a.db'], { cwd: dir });
    for (const { stdout } of [there, back]) {
      expect(stdout).toContain(`Both sides are the same:\ndigest ${digest}\nboard digest ${board_digest}\nNext: `);
    }
    const secret = url.replace(/:\/\/([^:@/]*)(:[^@]*)?@/, '://$1:s3cret@');
    // Whether the server takes it or not.
    const { stdout, stderr } = await quadro(['copy', 'a.db', '--into', secret, '--as', 'second'], { cwd: dir });
    expect(stdout + stderr).toMatch(/second|storage_access_denied/);
    expect(stdout + stderr).not.toContain('s3cret');
  });
});

describe('copy of a large board', () => {
  const TASKS = 4_000;
  const dir = mkdtempSync(join(tmpdir(), 'quadro-copy-'));
  const large = join(dir, 'large.db');
  let whole: CheckReport;

  beforeAll(async () => {
    const board = await openSample(large);
    const tasks = Array.from({ length: TASKS }, (_, index) => `t${index}`);
    await Promise.all(
      tasks.map(task_id => board.postTask({ task_id, task_type: 'memo', label: task_id }, { idempotencyKey: task_id })),
    );
    await Promise.all(
      tasks.map(task_id => board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: 'ada' })),
    );
    await Promise.all(tasks.map(task_id => board.postResult({ task_id, output: 'done '.repeat(100) })));
    await Promise.all(tasks.map(task_id => board.putData(task_id, { task_id })));
    await board.close();
    whole = await quadroJson<CheckReport>(['check', large]);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const next = 'select next_sequence_id from boards';
  const PLACES: readonly (readonly [string, sql: string, least: number])[] = [
    ['as its board was made', next, 1],
    ['in the first events', next, 500],
    ['in the middle of the events', next, TASKS],
    ['in the last events', next, TASKS * 3 - 500],
    ['in the tasks', 'select count(*) from tasks', 1_000],
    ['in the data', 'select count(*) from data_entries', 1_000],
    ['near the end', 'select count(*) from idempotency_keys', 1_000],
  ];

  /** Starts a copy and ends it once the target is as far as that. */
  async function stopAt(target: string, sql: string, least: number, signal: 'SIGKILL' | 'SIGINT') {
    const running = startQuadro(['copy', large, '--into', target, '--no-check']);
    let hasEnded = false;
    void running.ended.then(() => {
      hasEnded = true;
    });
    while (!hasEnded && (numberIn(target, sql) ?? 0) < least) await sleep(1);
    running.child.kill(signal);
    return running.ended;
  }

  /** What a killed copy has left there. */
  async function leftAt(target: string): Promise<'nothing' | 'an unfinished copy' | 'a whole one'> {
    if (numberIn(target, 'select count(*) from boards') !== 1) return 'nothing';
    try {
      const board = await openBoard({ backend: sqlite({ file: target }) });
      expect((await checkLog(board)).table_digests).toEqual(whole.table_digests);
      await board.close();
      return 'a whole one';
    } catch (error) {
      expect(error).toMatchObject({ code: 'board_incomplete' });
      return 'an unfinished copy';
    }
  }

  async function expectFinished(target: string): Promise<Copied> {
    const copied = await quadroJson<Copied>(['copy', large, '--into', target]);
    const { digest, board_digest } = whole;
    expect(copied.check).toMatchObject({ equal: true, different: [], target: { digest, board_digest } });
    return copied;
  }

  it('killed (kill -9) again and again, farther each time, it goes on to the same digest', async () => {
    const target = join(tempDir(), 'target.db');
    let cut = 0;
    for (const [where, sql, least] of PLACES) {
      await stopAt(target, sql, least, 'SIGKILL');
      // One that was too quick for the kill has finished, and the next would find it whole.
      if ((await leftAt(target)) === 'a whole one') break;
      cut += 1;
      expect(await leftAt(target), where).toBe('an unfinished copy');
      expect(numberIn(target, sql), where).toBeGreaterThanOrEqual(least);
    }
    expect(cut).toBeGreaterThanOrEqual(PLACES.length - 2);
    const { resumed, was_complete, rows } = await expectFinished(target);
    expect(rows.events).toBe(0);
    expect(resumed || was_complete).toBe(true);
  });

  it('killed at any moment it leaves nothing, an unfinished copy or a whole one', async () => {
    const target = join(tempDir(), 'target.db');
    let left = 'nothing';
    // From before the program is loaded until it was quicker than the kill.
    for (let delay = 200; left !== 'a whole one'; delay += 150) {
      const running = startQuadro(['copy', large, '--into', target, '--no-check']);
      await Promise.race([sleep(delay), running.ended]);
      running.child.kill('SIGKILL');
      await running.ended;
      left = await leftAt(target);
    }
    expect((await expectFinished(target)).was_complete).toBe(true);
  });

  it('stopped by Ctrl-C it ends with 130 and says how to go on; nobody opens it until it did', async () => {
    const target = join(tempDir(), 'target.db');
    const { status, stdout, stderr } = await stopAt(target, next, 2_000, 'SIGINT');
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
    expect(stderr).toMatch(/quadro: interrupted; the same quadro copy again goes on where this one stopped\n$/);
    const checked = await quadro(['check', target]);
    expect(checked).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(INCOMPLETE) });
    const again = await quadro(['copy', large, '--into', target]);
    expect(again.status).toBe(0);
    expect(again.stdout).toMatch(/^Finished the copy of .*large\.db to .*target\.db/m);
    expect(await leftAt(target)).toBe('a whole one');
  });

  it('finds itself taken over where a second one is started', async () => {
    const target = join(tempDir(), 'target.db');
    const first = startQuadro(['copy', large, '--into', target, '--no-check']);
    while ((numberIn(target, next) ?? 0) < 500) await sleep(1);
    const into = sqlite({ file: target });
    const from = sqlite({ file: large, readOnly: true });
    const { resumed } = await copyBoard({ from, into });
    await Promise.all([from.close(), into.close()]);
    const { status, stderr } = await first.ended;
    expect({ status, resumed }).toEqual({ status: 2, resumed: true });
    expect(stderr).toMatch(/another quadro copy has taken over, let that one finish \(lease_lost\)\n$/);
    expect(await leftAt(target)).toBe('a whole one');
  });

  it('on a database that refuses rows it says why and leaves an unfinished copy, which goes on afterwards', async () => {
    const target = join(tempDir(), 'target.db');
    await stopAt(target, next, 500, 'SIGKILL');
    const database = new BetterSqlite3(target);
    database.exec(`create trigger refusing before insert on tasks begin select raise(abort, 'no more'); end`);
    const { status, stdout, stderr } = await quadro(['copy', large, '--into', target]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/quadro: Cannot write to .*target\.db: .*no more.*\(storage_failed\)\n$/);
    expect(await leftAt(target)).toBe('an unfinished copy');
    database.exec('drop trigger refusing');
    database.close();
    await expectFinished(target);
  });

  it('of a file that is worked on meanwhile is a whole board of one moment', async () => {
    const copyDir = tempDir();
    const source = join(copyDir, 'source.db');
    copyFileSync(large, source);
    const target = join(copyDir, 'target.db');
    const board = await openBoard({ backend: sqlite({ file: source }) });
    const running = startQuadro(['copy', source, '--into', target, '--no-check']);
    while ((numberIn(target, next) ?? 0) < 500) await sleep(1);
    for (let n = 0; n < 20; n++) await board.postTask({ task_type: 'memo', label: `late ${n}`, task_id: `late ${n}` });
    expect((await running.ended).status).toBe(0);
    const copied = await openBoard({ backend: sqlite({ file: target }), readOnly: true });
    const report = await checkLog(copied);
    // Its tasks are what its events say, to the last of them: whichever moment it was.
    expect(report).toMatchObject({ ok: true, faults: [] });
    expect(report.tasks).toBeGreaterThan(TASKS);
    expect(await copied.events(0, 99_999)).toEqual((await board.events(0, 99_999)).slice(0, report.events));
    await Promise.all([board.close(), copied.close()]);
  });
});
