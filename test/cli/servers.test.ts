import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CheckReport } from '../../board/check/check.ts';
import { type Board, openBoard } from '../../board/index.ts';
import { maskedUrl } from '../../cli/masked-url.ts';
import { backendOf } from '../../cli/source.ts';
import type { ExportSummary } from '../../exporters/otel/index.ts';
import { decodeLines, type OtlpReceiver, otlpReceiver } from '../otel/otlp-receiver.ts';
import { quadro, quadroJson, startQuadro } from '../support/run-quadro.ts';
import { runMemo } from '../support/sample-board.ts';
import { mysqlServer, newDatabase, postgresServer } from '../support/servers.ts';
import { requireShared } from '../support/shared.ts';
import { withClient } from '../support/sql-client.ts';
import { tempDir } from '../support/temp.ts';

const SPANS_A_MEMO = 3;
const PASSWORD = 'pässw0rd@/:';

interface Report {
  readonly log_summary: { readonly rows: readonly { readonly tasks: number; readonly events: number }[] };
}

const SERVERS = [
  {
    name: 'PostgreSQL',
    server: postgresServer(),
    createUser: "create role USER login superuser password 'PASSWORD'",
    dropUser: 'drop role if exists USER',
    missing: /there is no such database; create it first: createdb NAME .*\(storage_unavailable\)$/m,
    denied: /Cannot open .*: .*\(storage_access_denied\)$/m,
  },
  {
    name: 'MariaDB or MySQL',
    server: mysqlServer(),
    createUser: "create user USER identified by 'PASSWORD'; grant all on *.* to USER",
    dropUser: 'drop user if exists USER',
    missing: /there is no such database; create it first: CREATE DATABASE name .*\(storage_unavailable\)$/m,
    denied: /Cannot open .*: .*\(storage_access_denied\)$/m,
  },
];

type Each = (typeof SERVERS)[number];

/** A new user of the server who may do anything; dropped with the test. */
async function newUser({ server, createUser, dropUser }: Each): Promise<string> {
  const user = `quadro_test_${randomBytes(6).toString('hex')}`;
  const runAll = (statements: string): Promise<void> =>
    withClient(server.url ?? '', async client => {
      const named = statements.replaceAll('USER', user).replaceAll('PASSWORD', PASSWORD);
      for (const each of named.split('; ')) await client.query(each);
    });
  onTestFinished(() => runAll(dropUser));
  await runAll(createUser);
  return user;
}

function urlAs(url: string, user: string, password: string): string {
  const its = new URL(url);
  its.username = user;
  its.password = encodeURIComponent(password);
  return its.href;
}

/** A board of memos on a server, written by this process; closed with the test. */
async function memoBoard(url: string, boardId = 'default'): Promise<Board> {
  const board = await openBoard({ backend: await backendOf(url), boardId, taskTypes: { memo: 'fast' } });
  onTestFinished(() => board.close());
  const card = { name: 'Ada', url: 'a2a://ada', version: '1', capabilities: ['memo'], description: '' };
  await board.registerAgent({ agent_id: 'ada', ...card });
  return board;
}

async function receiver(): Promise<OtlpReceiver> {
  const made = await otlpReceiver();
  onTestFinished(() => made.close());
  return made;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setTimeout(resolve, 20));
}

describe.each(SERVERS)('on $name', each => {
  const { server, missing, denied } = each;
  describe.skipIf(server.url === null)(server.skip ?? 'the command', () => {
    it('runs the demo, and every command on its board; what is exported says the same', async () => {
      const url = await newDatabase(server);
      const cwd = tempDir();
      const demo = await quadro(['demo', '--db', url, '--tasks', '10', '--seconds', '2', '--out', 'out'], { cwd });
      expect(demo.status).toBe(0);
      expect(demo.stdout).toContain(`npx quadro metrics ${maskedUrl(url)} --port 9464`);
      expect(readdirSync(join(cwd, 'out')).toSorted()).toEqual([
        'log',
        'metrics.txt',
        'report.html',
        'report.json',
        'spans.ndjson',
        'worker-spans.ndjson',
      ]);
      const [, taskId = ''] = /npx quadro flight \S+ (\S+)/.exec(demo.stdout) ?? [];

      const json = <Value>(...args: string[]): Promise<Value> => quadroJson<Value>(args, { cwd });
      const boards = await json<{ board_id: string; next_sequence_id: number }[]>('boards', url);
      expect(boards.map(board => board.board_id)).toEqual(['default']);
      const check = await json<CheckReport>('check', url);
      expect(check).toMatchObject({ ok: true, tasks: 10, events: (boards[0]?.next_sequence_id ?? 0) - 1 });
      const report = await json<Report>('report', url);
      expect(report.log_summary.rows[0]).toMatchObject({ tasks: 10, events: check.events });
      expect(await json('flight', url, taskId)).toMatchObject({ task_id: taskId });
      expect(Object.keys(await json('sleep', url))).toContain('sleep_study');
      expect(await json('sql', url, 'select count(*) as n from tasks')).toEqual([{ n: 10 }]);
      const metrics = await quadro(['metrics', url, '--once'], { cwd });
      expect(metrics.stdout).toMatch(/^quadro_task_transitions_total\{.*edge="post"\} 10$/m);

      await json('export', url, '--to', 'again');
      expect((await json<CheckReport>('check', 'again')).digest).toBe(check.digest);
      await json('spans', url, '--to', 'board.ndjson');
      await json('spans', 'again', '--to', 'log.ndjson');
      const [ofBoard, ofLog] = ['board.ndjson', 'log.ndjson'].map(file => readFileSync(join(cwd, file), 'utf8'));
      expect(decodeLines(ofBoard ?? '').length).toBeGreaterThan(20);
      expect(ofLog).toBe(ofBoard);
      // Reading has left no place behind that somebody else would go on from.
      expect(await withClient(url, client => client.query('select * from cursors'))).toEqual([]);
    });

    it('refuses a demo where a board is in use, and leaves it as it was; --board makes one beside it', async () => {
      const url = await newDatabase(server);
      await runMemo(await memoBoard(url), 't1', 'lunch');
      const before = await quadroJson<CheckReport>(['check', url]);
      const cwd = tempDir();
      const refused = await quadro(['demo', '--db', url], { cwd });
      expect({ status: refused.status, stdout: refused.stdout }).toEqual({ status: 2, stdout: '' });
      expect(refused.stderr).toMatch(/holds a board already: the demo wants a new one; --board NAME/);
      expect(readdirSync(cwd)).toEqual([]);
      expect(await quadroJson<CheckReport>(['check', url])).toEqual(before);
      const args = ['demo', '--db', url, '--board', 'news room', '--tasks', '5', '--seconds', '1', '--out', 'out'];
      const beside = await quadro(args, { cwd });
      expect(beside.status).toBe(0);
      expect(beside.stdout).toContain("--board 'news room' --port 9464");
      expect((await quadroJson<CheckReport>(['check', url, '--board', 'news room'])).tasks).toBe(5);
      expect((await quadroJson<CheckReport>(['check', url])).tasks).toBe(1);
    });

    it('imports a board of the reference implementation beside others, and chooses by --board', async context => {
      const source = requireShared('data/newsroom.db', context);
      const url = await newDatabase(server);
      await runMemo(await memoBoard(url, 'kitchen'), 't1', 'soup');
      const imported = await quadro(['import', source, '--into', url, '--board', 'news']);
      expect(imported.status).toBe(0);
      expect(imported.stdout).toMatch(/^Imported 2175 events of 150 tasks into \S+ \(board news, [0-9a-f-]{36}\)/);
      expect(imported.stdout).toContain(`Next: quadro check ${maskedUrl(url)} --board news\n`);
      const unchosen = await quadro(['check', url]);
      expect(unchosen.status).toBe(2);
      expect(unchosen.stderr).toMatch(/holds several boards \(kitchen, news\): choose one with --board NAME/);
      const unknown = await quadro(['check', url, '--board', 'attic']);
      expect(unknown.stderr).toMatch(/no board attic in .*: it holds kitchen, news \(board_not_found\)/);
      const file = join(tempDir(), 'news.db');
      await quadro(['import', source, '--into', file]);
      const [onServer, inFile] = [
        await quadroJson<CheckReport>(['check', url, '--board', 'news']),
        await quadroJson<CheckReport>(['check', file]),
      ];
      expect(onServer).toMatchObject({ ok: true, tasks: 150 });
      expect(onServer.digest).toBe(inFile.digest);
    });

    it('spans goes on from where the last run stopped, wherever it ran, for each receiver and board', async () => {
      const url = await newDatabase(server);
      const board = await memoBoard(url);
      await runMemo(board, 't1', 'lunch');
      await runMemo(await memoBoard(url, 'other'), 't1', 'soup');
      const [a, b] = [await receiver(), await receiver()];
      const spans = async (...args: string[]): Promise<number> =>
        (await quadroJson<ExportSummary>(['spans', url, ...args], { cwd: tempDir() })).spans;
      for (const { url: to } of [a, b]) {
        expect(await spans('--board', 'default', '--otlp', to)).toBe(SPANS_A_MEMO);
        expect(await spans('--board', 'default', '--otlp', to)).toBe(0);
        expect(await spans('--board', 'other', '--otlp', to)).toBe(SPANS_A_MEMO);
      }
      await runMemo(board, 't2', 'fire drill');
      expect(await spans('--board', 'default', '--otlp', a.url)).toBe(SPANS_A_MEMO);
      expect(await spans('--board', 'default', '--otlp', a.url, '--from', '1')).toBe(2 * SPANS_A_MEMO);
    });

    it('spans --follow sends what another process commits; killed, the next one begins where it was', async () => {
      const url = await newDatabase(server);
      const board = await memoBoard(url);
      await runMemo(board, 't1', 'lunch');
      const { url: to, spans } = await receiver();
      const victim = startQuadro(['spans', url, '--otlp', to, '--follow']);
      await until(() => spans.length === SPANS_A_MEMO);
      await runMemo(board, 't2', 'while you watch');
      await until(() => spans.length === 2 * SPANS_A_MEMO);
      // A place is saved within 200 ms of the answer; then the end comes without warning.
      await new Promise(resolve => setTimeout(resolve, 1_000));
      victim.child.kill('SIGKILL');
      await victim.ended;
      await runMemo(board, 't3', 'unseen');
      const follower = startQuadro(['spans', url, '--otlp', to, '--follow', '--json']);
      await until(() => spans.length >= 3 * SPANS_A_MEMO);
      const { status, stdout } = await follower.stop('SIGTERM');
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ spans: SPANS_A_MEMO });
      expect(new Set(spans.map(span => span.spanId)).size).toBe(spans.length);
    });

    it('metrics --port goes on counting after a restart', async () => {
      const url = await newDatabase(server);
      const board = await memoBoard(url);
      const scrape = async (): Promise<string> => {
        const served = startQuadro(['metrics', url, '--port', '0']);
        const [, at = ''] = await served.saw(/serving (\S+)/);
        const text = await (await fetch(at)).text();
        expect((await served.stop('SIGTERM')).status).toBe(0);
        return text;
      };
      await runMemo(board, 't1', 'lunch');
      expect(await scrape()).toMatch(/edge="post"\} 1$/m);
      await runMemo(board, 't2', 'fire drill');
      const text = await scrape();
      expect(text).toMatch(/edge="post"\} 2$/m);
      const log = /^quadro_task_(transitions|duration|stage).*$/gm;
      expect(text.match(log)).toEqual((await quadro(['metrics', url, '--once'])).stdout.match(log));
      expect(await board.backend.loadCursor('default', 'prometheus')).toMatchObject({ board_uid: board.boardUid });
    });

    it('prints no password, however the command ends', async () => {
      const user = await newUser(each);
      const typed = urlAs(await newDatabase(server), user, PASSWORD);
      const cwd = tempDir();
      const { url: to } = await receiver();
      const first = ['demo', '--db', typed, '--tasks', '5', '--seconds', '1', '--out', 'out'];
      const alike = [
        ['demo', '--db', typed],
        ['check', typed],
        ['check', typed, '--board', 'none'],
        ['spans', typed, '--otlp', to],
        ['spans', typed.replace(/:\/\//, ':/'), '--otlp', to],
        ['export', typed, '--to', 'log'],
        ['boards', typed],
        ['boards', typed.replace(/^\w+/, 'db')],
        ['boards', typed.replace(user, `${user}_2`)],
        ['boards', `${typed}_2`],
        ['boards', `${typed}?password=${encodeURIComponent(PASSWORD)}`],
        ['boards', typed.replace(/:\d+\//, ':port/')],
        ['import', join(cwd, 'none.db'), '--into', typed],
      ];
      const last = [
        ['copy', typed, '--into', 'copy.db'],
        ['copy', 'copy.db', '--into', typed, '--as', 'copy'],
        ['copy', 'copy.db', '--into', typed],
      ];
      const statusOf = async (args: readonly string[]): Promise<number | null> => {
        const { status, stdout, stderr } = await quadro(args, { cwd, env: { QUADRO_DEBUG: '1' } });
        for (const secret of [PASSWORD, encodeURIComponent(PASSWORD)]) expect(stdout + stderr).not.toContain(secret);
        if (args[0] === 'demo' && status === 0) expect(stdout).toContain(`${user}:***@`);
        return status;
      };
      expect(await statusOf(first)).toBe(0);
      // Side by side: none needs what another does.
      expect(await Promise.all(alike.map(statusOf))).toEqual([2, 0, 2, 0, 2, 0, 0, 2, 2, 2, 2, 2, 2]);
      for (const args of last) expect(await statusOf(args), args.join(' ')).toBe(0);
    });

    it('says in one line what to do where it cannot be opened, and leaves nothing behind', async () => {
      const url = await newDatabase(server);
      const nobody = urlAs(url, 'quadro_nobody', 'secret');
      const cwd = tempDir();
      const cases: [readonly string[], RegExp][] = [
        [['report', nobody], denied],
        [['demo', '--db', nobody], denied],
        [['boards', `${url}_none`], missing],
        [['check', `${url}_none`], missing],
        [['report', url], /holds no Quadro board: .*\(storage_failed\)$/m],
        [['spans', url, '--follow'], /holds no Quadro board/],
        [
          ['report', url.replace(/:\d+\//, ':1/')],
          /no server answers there; check that it runs.*\(storage_unavailable\)$/m,
        ],
        [['report', `${url}?colour=red`], /parameters .*, not colour \(invalid_configuration\)$/m],
        [['report', url.replace(/[^/]+$/, '')], /The database has no name.*\(invalid_configuration\)$/m],
      ];
      const all = cases.map(async ([args, line]) => {
        const { status, stdout, stderr } = await quadro(args, { cwd });
        expect({ status, stdout }, args.join(' ')).toEqual({ status: 2, stdout: '' });
        expect(stderr).toMatch(line);
        expect(stderr).toMatch(/^quadro: [^\n]+\n$/);
        expect(stderr).not.toContain('secret');
      });
      await Promise.all(all);
      expect(readdirSync(cwd)).toEqual([]);
      const tables = "select table_name from information_schema.tables where table_schema in ('public', 'TABLES')";
      const made = await withClient(url, client =>
        client.query(tables.replace('TABLES', new URL(url).pathname.slice(1))),
      );
      expect(made).toEqual([]);
    });
  });
});

describe('maskedUrl', () => {
  it.each([
    ['postgres://quadro:s3cret@db:5432/boards?schema=x', 'postgres://quadro:***@db:5432/boards?schema=x'],
    ['mysql://quadro:s3@cr/et:@db/boards', 'mysql://quadro:***@db/boards'],
    ['postgres:/quadro:s3cret@db/boards', 'postgres:/quadro:***@db/boards'],
    ['postgres:quadro:s3cret@db', 'postgres:quadro:***@db'],
    ['postgres://:s3cret@db/boards', 'postgres://:***@db/boards'],
    ['postgres://db/boards?user=q&password=s3cret&x=1', 'postgres://db/boards?user=q&password=***&x=1'],
    ['postgres://quadro@db:5432/boards', 'postgres://quadro@db:5432/boards'],
    ['sqlite:/var/lib/a@b.db', 'sqlite:/var/lib/a@b.db'],
    ['boards/a.db', 'boards/a.db'],
  ])('%s is printed as %s', (typed, printed) => {
    expect(maskedUrl(typed)).toBe(printed);
  });
});
