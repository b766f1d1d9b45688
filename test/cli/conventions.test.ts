import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quadro, withoutProgress } from '../support/run-quadro.ts';
import { writeSample } from '../support/sample-board.ts';
import { tempDir } from '../support/temp.ts';

const LIFECYCLE = 'name = "memo"\nphases = [["UNASSIGNED", "writing"], ["writing", "sent"]]\n';

describe('the conventions of every command', () => {
  const dir = mkdtempSync(join(tmpdir(), 'quadro-cli-'));

  beforeAll(async () => {
    await writeSample(join(dir, 'board.db'));
    writeFileSync(join(dir, 'memo.toml'), LIFECYCLE);
    writeFileSync(
      join(dir, 'text.db'),
      'no database at all, but long enough to have a header of a hundred bytes or more '.repeat(3),
    );
    writeFileSync(join(dir, 'empty.db'), '');
    writeFileSync(join(dir, 'file'), '');
    writeFileSync(join(dir, 'other.ndjson'), '{"a":1}\n');
    writeFileSync(join(dir, 'broken.parquet'), 'PAR1');
    mkdirSync(join(dir, 'folder'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it.each([
    [],
    ['demo'],
    ['import'],
    ['copy'],
    ['dashboards'],
    ['export'],
    ['spans'],
    ['metrics'],
    ['serve'],
    ['report'],
    ['flight'],
    ['sleep'],
    ['sql'],
    ['check'],
    ['lifecycle'],
    ['lifecycle', 'check'],
    ['lifecycle', 'show'],
    ['boards'],
    ['token'],
    ['token', 'create'],
    ['token', 'list'],
    ['token', 'revoke'],
    ['post'],
    ['list'],
    ['show'],
    ['update'],
    ['archive'],
  ])('%s %s --help has an example of itself', async (...words) => {
    const { status, stdout, stderr } = await quadro([...words, '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`Usage: ${['quadro', ...words].join(' ')}`);
    expect(stdout.split(/^Examples?:$/m)[1]).toContain(['quadro', ...words].join(' '));
  });

  it('without arguments prints the help, as bad use', async () => {
    const { status, stdout, stderr } = await quadro([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('Usage: quadro');
  });

  it('--version prints the version alone', async () => {
    const { status, stdout } = await quadro(['--version']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [['export', 'board.db', '--to', 'log'], 'array'],
    [['export', 'board.db', '--to', 'events.ndjson'], 'array'],
    [['spans', 'board.db', '--to', 'spans.ndjson'], 'object'],
    [['report', 'board.db'], 'object'],
    [['flight', 'board.db', 't1'], 'object'],
    [['sleep', 'board.db'], 'object'],
    [['sql', 'board.db', 'SELECT * FROM events'], 'array'],
    [['sql', 'board.db', 'SELECT * FROM events WHERE false'], 'array'],
    [['check', 'board.db'], 'object'],
    [['lifecycle', 'check', 'memo.toml'], 'object'],
    [['lifecycle', 'show', 'memo.toml'], 'object'],
    [['boards', 'board.db'], 'array'],
    [['token', 'list', 'board.db'], 'array'],
    [['list', 'board.db'], 'array'],
    [['show', 'board.db', 't1'], 'object'],
    [['dashboards', '--out', 'd'], 'array'],
    [['serve', 'board.db', '--print-config'], 'object'],
  ] as const)('%j --json prints one JSON value and nothing else', async (args, kind) => {
    const { status, stdout, stderr } = await quadro([...args, '--json'], { cwd: dir });
    expect({ status, stderr: withoutProgress(stderr) }).toEqual({ status: 0, stderr: '' });
    const value: unknown = JSON.parse(stdout);
    expect(Array.isArray(value) ? 'array' : typeof value).toBe(kind);
    const fields = (Array.isArray(value) ? value : [value]).flatMap(each => Object.keys(each as object));
    expect(fields.filter(name => !/^[a-z_]+$/.test(name))).toEqual([]);
  });

  const NOTHING_THERE = /^quadro: There is no .*nowhere.*\n$/;
  it.each<[readonly string[], RegExp]>([
    [['report', 'nowhere.db'], /There is no board at nowhere.db: check the path \(storage_failed\)/],
    [['check', 'sqlite:nowhere'], /There is no board at nowhere: check the path/],
    [['report', 'nowhere'], NOTHING_THERE],
    [['boards', 'nowhere.db'], NOTHING_THERE],
    [['import', 'nowhere.db', '--into', 'new.db'], NOTHING_THERE],
    [['report', 'text.db'], /the file is not a SQLite database.*\(storage_not_a_database\)/],
    [['import', 'text.db', '--into', 'new.db'], /is no SQLite database; an import needs the board.db/],
    [['import', 'board.db', '--into', 'new.db'], /is a board of this implementation already/],
    [['report', 'empty.db'], /empty.db holds no Quadro board: check the path/],
    [['report', 'file'], /file is neither a board nor a log: give a board/],
    [['report', 'folder'], /folder is no exported log: it has no events file/],
    [['report', 'other.ndjson'], /other.ndjson holds rows that are no events of Quadro/],
    [['check', 'broken.parquet'], /broken.parquet does not hold the table events: .*\(invalid_source\)/],
    [['report', 'sqlite:'], /names no board: give sqlite:FILE, a .db path, postgres:\/\/… or mysql:\/\/…/],
    [
      ['report', 'postgres://u:s3cret@127.0.0.1:1/db'],
      /no server answers there; check that it runs.*\(storage_unavailable\)/,
    ],
    [['import', 'board.db', '--into', 'mysql://host/'], /The database has no name: give mysql:\/\/…\/database/],
    [['boards', 'mariadb://u:s3cret@127.0.0.1:1/db'], /no server answers there/],
    [['boards', 'mongodb://u:s3cret@h/db'], /mongodb:\/\/u:\*\*\*@h\/db names no board: give sqlite:FILE/],
    [['report', 'board.db', '--board', 'other'], /no board other in board.db: it holds default \(board_not_found\)/],
    [['flight', 'board.db', 'none'], /Task not found: none \(task_not_found\)/],
    [['show', 'board.db', 'none'], /Task not found: none \(task_not_found\)/],
    [['post', 'nowhere.db', 'memo', 'x'], /There is no board at nowhere.db: check the path \(storage_failed\)/],
    [['post', 'folder', 'memo', 'x'], /folder names no board: give sqlite:FILE/],
    [['update', 'board.db', 't1', 'NOWHERE'], /NOWHERE.*\(illegal_transition\)/],
    [['token', 'create', 'board.db', '--name', 'x', '--allow', 'fly'], /It must be among read, post, work, admin/],
    [['list', 'http://127.0.0.1:7', '--board', 'x'], /a service serves one board \(invalid_source\)/],
    [['list', 'http://u:s3cret@127.0.0.1:7'], /url must hold no credentials/],
    [['list', 'http://127.0.0.1:7', '--token-file', 'nowhere'], /Cannot read the token file nowhere/],
    [['list', 'http://127.0.0.1:7', '--token-file', 'file'], /The token file file is empty/],
    [['flight', 'board.db'], /missing required argument 'task_id' \(see quadro flight --help\)/],
    [['sql', 'board.db', 'SELEC 1'], /syntax error at or near "SELEC"/],
    [['sql', 'board.db', 'SELECT * FROM nosuch'], /Table with name nosuch does not exist/],
    [['sql', 'board.db', ' -- nothing'], /The query holds no statement/],
    [['sql', 'board.db', 'SELECT 1', '--json', '--csv'], /'--csv' cannot be used with option '--json'/],
    [['export', 'board.db'], /required option '--to <path>' not specified/],
    [['export', 'board.db', '--to', 'a', '--format', 'xml'], /Allowed choices are parquet, ndjson, csv/],
    [['export', 'board.db', '--to', 'log.xml'], /Name a folder, or a file that ends in/],
    [['export', 'board.db', '--to', 'log.xes', '--format', 'csv'], /XES is one log in one file/],
    [['export', 'board.db', '--to', 'a.csv', '--format', 'parquet'], /a.csv is a single csv file of events/],
    [['export', 'board.db', '--to', 'file'], /Cannot use file: a file stands where a folder is needed/],
    [['export', 'board.db', '--to', 'file/log'], /Cannot use file\/log: a file stands where a folder is needed/],
    [['spans', 'board.db', '--to', 'file/s.ndjson'], /The spans could not be written to file\/s.ndjson/],
    [['spans', 'board.db', '--to', 'folder/none/s.ndjson'], /The spans could not be written to folder\/none/],
    [['spans', 'board.db', '--to', 's', '--otlp', 'http://h'], /'--to <file>' cannot be used with option '--otlp/],
    [['spans', 'board.db', '--to', 's', '--follow'], /'--to <file>' cannot be used with option '--follow'/],
    [['spans', 'board.db', '--otlp', 'ftp://h'], /The OTLP URL "ftp:\/\/h" is no http or https URL/],
    [['spans', 'board.db', '--to', 's', '--from', 'now'], /must be a sequence_id: a whole number from 1/],
    [['spans', 'board.db', '--to', 's', '--from', '999'], /lies beyond the log.*\(cursor_beyond_log\)/],
    [['metrics', 'board.db', '--port', '70000'], /It must be a port: 0 to 65535/],
    [['metrics', 'board.db', '--once', '--port', '0'], /cannot be used with option '--port/],
    [['metrics', 'board.db', '--port', '0', '--host', 'no.such.host.invalid'], /cannot listen on no.such.host.invalid/],
    [['serve'], /database_url is missing: give --database-url/],
    [['serve', 'board.db', '--prot', '1'], /unknown option '--prot' \(Did you mean --port\?\)/],
    [
      ['serve', 'board.db', '--port', 'x', '--chief-id', 'c'],
      /--port must be a whole number .*; --chief-id means nothing/,
    ],
    [['serve', 'board.db', '--config', 'nowhere.toml'], /nowhere.toml cannot be read: ENOENT/],
    [['serve', 'postgres://u:s3cret@h/db', '--port', '-1'], /--port must be a whole number/],
    [['token', 'create', 'http://127.0.0.1:9', '--name', 'x', '--allow', 'read'], /Tokens are kept with their board/],
    [['token', 'revoke', 'board.db', 'abc'], /has no token abc \(token_not_found\)/],
    [['post', 'board.db', 'memo'], /missing required argument 'label'/],
    [['import', 'x', '--into', 'file/x.db'], /There is no file x/],
    [['demo', '--tasks', '0'], /It must be a whole number from 1/],
    [['demo', '--seconds', 'soon'], /It must be a number above 0/],
    [['demo', '--out', 'file'], /Cannot use file: a file stands where a folder is needed/],
    [['demo', '--out', 'folder', '--db', 'board.db'], /board.db holds a board already: the demo wants a new one/],
    [['lifecycle', 'check', 'nowhere.toml'], /Cannot read the lifecycle file nowhere.toml: there is no such file/],
    [['lifecycle', 'check', 'board.db'], /A lifecycle file ends in one of .toml/],
    [['report', 'board.db', '--jsn'], /unknown option '--jsn' \(Did you mean --json\?\) \(see quadro report --help\)/],
    [['report', 'board.db', 'more'], /There is no more: give a board/],
    [['check', 'board.db', 'more'], /too many arguments for 'check'/],
    [['sql', 'board.db'], /missing required argument 'query'/],
    [['sql', 'board.db', 'SELECT', '1'], /There is no SELECT: give a board/],
    [['report', 'board.db', '--memory-limit', 'much'], /memoryLimit is no size such as 512MB or 2GB: much/],
    [['report', 'board.db', '--threads', '0'], /It must be a whole number from 1/],
    [['report', 'board.db', '--cache', 'text.db'], /text.db is no DuckDB file: name another cache/],
    [['report', 'none*.parquet'], /Nothing matches none\*\.parquet/],
    [['repor', 'board.db'], /unknown command 'repor' \(Did you mean report\?\) \(see quadro --help\)/],
    [['lifecycle', 'sho'], /unknown command 'sho' .*\(see quadro lifecycle --help\)/],
  ])('%j ends with 2 and one line that says what to do', async (args, line) => {
    const before = readdirSync(dir, { recursive: true }).filter(name => !/-(wal|shm)$/.test(String(name)));
    const { status, stdout, stderr } = await quadro(args, { cwd: dir });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(line);
    expect(withoutProgress(stderr)).toMatch(/^quadro: [^\n]+\n$/);
    expect(stderr).not.toContain('s3cret');
    const after = readdirSync(dir, { recursive: true }).filter(name => !/-(wal|shm)$/.test(String(name)));
    expect(after.toSorted(), 'what it wrote').toEqual(before.toSorted());
  });

  it('runs from any folder, with paths as they are from there', async () => {
    const elsewhere = tempDir();
    const path = relative(elsewhere, join(dir, 'board.db'));
    const { status, stdout } = await quadro(['check', path], { cwd: elsewhere });
    expect(status).toBe(0);
    expect(stdout).toContain('The log is whole: 8 events, 2 tasks');
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it('QUADRO_DEBUG adds where an error comes from', async () => {
    const { status, stderr } = await quadro(['report', 'nowhere.db'], { cwd: dir, env: { QUADRO_DEBUG: '1' } });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^quadro: There is no board[^\n]+\n[\s\S]* at /);
  });

  // Where the machine itself has an older one; test/house/bin.test.ts shows the same with a pretended version everywhere.
  const system = '/usr/bin/node';
  const version = existsSync(system) ? spawnSync(system, ['--version'], { encoding: 'utf8' }).stdout.trim() : '';
  const [major = 99, minor = 0] = version.slice(1).split('.').map(Number);
  if (version !== '' && (major < 22 || (major === 22 && minor < 15))) {
    it(`says in one line what to do on the machine's own Node (${version})`, async () => {
      const { status, stdout, stderr } = await quadro(['report', 'board.db'], { cwd: dir, node: system });
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(/^quadro: needs Node 22\.15 or newer, and this is [^\n]+\n$/);
    });
  }
});
