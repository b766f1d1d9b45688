import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ImportLogSummary } from '../../board/index.ts';
import { databaseKinds } from '../support/database-kinds.ts';
import { quadro, quadroJson, startQuadro, withoutProgress } from '../support/run-quadro.ts';
import { writeSample } from '../support/sample-board.ts';
import { tempDir } from '../support/temp.ts';

const ROWS = [
  'task_id,status,timestamp',
  'c1,open,2024-01-01T10:00:00Z',
  'c1,done,2024-01-01T11:00:00Z',
  'c2,open,soon',
  '',
];

function folderWith(name: string, rows: readonly string[]): string {
  const dir = tempDir();
  writeFileSync(join(dir, name), rows.join('\n'));
  return dir;
}

describe('quadro import of an event log', () => {
  it('tells of faulty rows, keeps them aside, and ends with 1', async () => {
    const dir = folderWith('log.csv', ROWS);
    const { status, stdout, stderr } = await quadro(['import', 'log.csv', '--into', 'log.db'], { cwd: dir });
    expect({ status, stderr: withoutProgress(stderr) }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toMatch(
      /^line 4 {2}timestamp: "soon" is no ISO 8601 time\n1 of 3 rows left out, kept in log\.csv\.rejects\.ndjson\nImported 2 events of 1 case /,
    );
    expect(JSON.parse(readFileSync(join(dir, 'log.csv.rejects.ndjson'), 'utf8'))).toMatchObject({
      line: 4,
      row: 'c2,open,soon',
    });
    const twice = await quadro(['import', 'log.csv', '--into', 'two.db', '--rejects', 'aside', '--json'], { cwd: dir });
    expect(twice.status).toBe(1);
    expect(JSON.parse(twice.stdout)).toMatchObject({
      events: 2,
      rejected: 1,
      rejects_file: 'aside',
      rejects: [{ line: 4 }],
    });
    expect(existsSync(join(dir, 'aside'))).toBe(true);
  });

  it('shows the first faults and counts the rest; what they hold does not reach the terminal', async () => {
    const dir = folderWith('log.csv', [...ROWS.slice(0, 2), ...Array<string>(12).fill('c2,open,\u001b[31mred')]);
    const { stdout } = await quadro(['import', 'log.csv', '--into', 'log.db'], { cwd: dir });
    expect(stdout.match(/^line \d+ /gm)).toHaveLength(10);
    expect(stdout).toContain('timestamp: "\\u001b[31mred" is no ISO 8601 time');
    expect(stdout).toContain('\n… and 2 more\n12 of 13 rows left out');
  });

  it('--strict stops at the first, and leaves nothing', async () => {
    const dir = folderWith('log.csv', ROWS);
    const { status, stdout, stderr } = await quadro(['import', 'log.csv', '--into', 'log.db', '--strict'], {
      cwd: dir,
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe('quadro: log.csv, line 4: timestamp: "soon" is no ISO 8601 time (invalid_source)\n');
    expect(readdirSync(dir)).toEqual(['log.csv']);
  });

  it('takes every option', async () => {
    const dir = folderWith('log.txt', [
      'Fall|Schritt, genau|Von|Bis',
      '1|a=b|05.11.2024 10:00|05.11.2024 11:00',
      '1|c|05.11.2024 11:00|05.11.2024 12:30',
    ]);
    const words = [
      'import',
      'log.txt',
      '--into',
      'log.db',
      '--format',
      'csv',
      '--board',
      'a log',
      '--open',
      '--delimiter',
      '|',
    ];
    const map = ['--map', 'task_id=Fall,status=Schritt, genau,timestamp=Bis', '--map', 'started_at=Von'];
    const times = ['--time-format', 'dd.MM.yyyy HH:mm', '--time-zone', 'Europe/Berlin', '--encoding', 'utf-8'];
    const kinds = ['--kind', 'a=b=active', '--kind', 'c=review'];
    const summary = await quadroJson<ImportLogSummary>([...words, ...map, ...times, ...kinds], { cwd: dir });
    expect(summary).toMatchObject({
      board_id: 'a log',
      events: 2,
      rejected: 0,
      map: { status: ['Schritt, genau'], started_at: 'Von' },
    });
    const events = await quadroJson<unknown[]>(
      ['sql', 'log.db', 'SELECT to_status, stage_kind, finished_sequence_id AS f, "timestamp" AS at FROM events'],
      { cwd: dir },
    );
    expect(events).toEqual([
      { to_status: 'a=b', stage_kind: 'active', f: null, at: '2024-11-05T10:00:00.000000+00:00' },
      { to_status: 'c', stage_kind: 'review', f: null, at: '2024-11-05T11:30:00.000000+00:00' },
    ]);
  });

  it.each<[readonly string[], RegExp]>([
    [['log.txt', '--into', 'x.db'], /The ending of log\.txt does not say what it is: add --format quadro, csv or xes/],
    [['nowhere.csv', '--into', 'x.db'], /There is no file nowhere\.csv: check the path/],
    [
      ['log.csv', '--into', 'x.db', '--map', 'status'],
      /It is written FIELD=COLUMN,FIELD=COLUMN; the fields are task_id, status/,
    ],
    [['log.csv', '--into', 'x.db', '--map', 'id=a'], /It is written FIELD=COLUMN/],
    [
      ['log.csv', '--into', 'x.db', '--map', 'status=state'],
      /log\.csv has no column state \(status\); did you mean "status"\?; it has task_id, status/,
    ],
    [['log.csv', '--into', 'x.db', '--kind', 'open'], /It is written STATUS=KIND/],
    [['log.csv', '--into', 'x.db', '--kind', 'open=busy'], /kinds: open must be one of wait, active, .*, not busy/],
    [['log.csv', '--into', 'x.db', '--classifier', 'c'], /classifier is of xes, not of csv/],
    [['log.csv', '--into', 'x.db', '--format', 'xes'], /log\.csv, line 1: it is no XES document/],
    [['log.csv', '--into', 'x.db', '--time-zone', 'Nowhere'], /there is no zone Nowhere/],
    [['log.csv', '--into', 'x.db', '--rejects', 'no/where'], /The faulty rows cannot be kept in no\/where/],
    [['log.csv', '--into', 'x.txt'], /x\.txt names no board/],
    [['log.csv', '--into', 'postgres://u:s3cret@127.0.0.1:1/db'], /no server answers there.*\(storage_unavailable\)/],
    [['log.csv', '--into', 'board.db'], /The board default in board\.db is in use already/],
    [['board.db', '--into', 'x.db', '--time-zone', 'UTC'], /--time-zone is of event logs \(--format csv or xes\)/],
    [['board.db', '--into', 'x.db', '--strict'], /--strict is of event logs/],
  ])('%j ends with 2 and one line that says what to do', async (args, line) => {
    const dir = folderWith('log.csv', ROWS);
    writeFileSync(join(dir, 'log.txt'), '');
    if (args.includes('board.db')) await writeSample(join(dir, 'board.db'));
    const before = readdirSync(dir).filter(name => !/-(wal|shm)$/.test(name));
    const { status, stdout, stderr } = await quadro(['import', ...args], { cwd: dir });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(line);
    expect(withoutProgress(stderr).trimEnd()).not.toContain('\n');
    expect(readdirSync(dir).filter(name => !/-(wal|shm)$/.test(name))).toEqual(before);
  });

  it.for(databaseKinds())('into $name, all of it, and Ctrl-C leaves nothing', async (kind, context) => {
    if (kind.skip !== undefined) context.skip(kind.skip);
    const database = await kind.create();
    const rows = Array.from(
      { length: 400_000 },
      (_, index) => `c${index % 9_000},s${index % 7},2024-01-01T10:00:00.${String(index).padStart(6, '0')}Z`,
    );
    const dir = folderWith('long.csv', ['task_id,status,timestamp', 'c,s,soon', ...rows]);
    writeFileSync(join(dir, 'short.csv'), ROWS.slice(0, 3).join('\n'));
    const running = startQuadro(['import', 'long.csv', '--into', database.url], { cwd: dir });
    await running.saw(/^\d+ rows$/m);
    const { status, stdout, stderr } = await running.stop('SIGINT');
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
    expect(stderr).toMatch(/^quadro: interrupted$/m);
    expect(readdirSync(dir).sort()).toEqual(['long.csv', 'short.csv']);
    const summary = await quadroJson<ImportLogSummary>(['import', 'short.csv', '--into', database.url], { cwd: dir });
    expect(summary).toMatchObject({ events: 2, tasks: 1 });
    expect(await quadroJson(['check', database.url])).toMatchObject({ ok: true, events: 2 });
    expect(await quadroJson(['boards', database.url])).toMatchObject([{ board_id: 'default', ungoverned: true }]);
    expect((await quadro(['boards', database.url])).stdout).toMatch(/^default .* event log, read-only$/m);
  });
});
