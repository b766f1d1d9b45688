import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { JsonObject } from '../../board/core/json.ts';
import { openBoard } from '../../board/index.ts';
import { serveBoard } from '../../board/service/index.ts';
import { readableLog } from '../service/served.ts';
import { freePort } from '../support/free-port.ts';
import { quadro, quadroJson } from '../support/run-quadro.ts';
import { tempDir } from '../support/temp.ts';

interface Moved {
  readonly task: JsonObject;
  readonly event: JsonObject;
}

interface Place {
  readonly source: string;
  readonly env: Readonly<Record<string, string>>;
}

async function boardFile(): Promise<string> {
  const file = join(tempDir(), 'tasks.db');
  const board = await openBoard({ backend: sqlite({ file }), taskTypes: { memo: 'fast' } });
  await board.close();
  return file;
}

/** A service of the board in that file, for the test that runs. */
async function serviceOf(file: string): Promise<string> {
  const board = await openBoard({ backend: sqlite({ file }) });
  const service = await serveBoard(board, { port: 0, logger: readableLog().logger });
  onTestFinished(async () => {
    await service.close();
    await board.close();
  });
  return service.url;
}

async function tokenOf(file: string, allow: string): Promise<string> {
  const { stdout, stderr } = await quadro(['token', 'create', file, '--name', allow, '--allow', allow]);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^qdr_[0-9a-f]{12}_[\w-]{43}\n$/);
  return stdout.trim();
}

/** The same board in the two places that a command may be sent to. */
async function placeOf(kind: 'file' | 'service'): Promise<Place> {
  const file = await boardFile();
  if (kind === 'file') return { source: file, env: {} };
  const token = await tokenOf(file, 'read,post,work');
  return { source: await serviceOf(file), env: { QUADRO_TOKEN: token } };
}

describe.each(['file', 'service'] as const)('tasks from the command line: a %s', kind => {
  it('post, list, show, update and archive say what they did', async () => {
    const { source, env } = await placeOf(kind);
    const said = async (...args: string[]): Promise<string> => {
      const { status, stdout, stderr } = await quadro(args, { env });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      return stdout;
    };
    expect(await said('post', source, 'memo', 'Bees\u001b[2J', '--id', 'b', '--priority', '2', '--note', 'one')).toBe(
      'b  UNASSIGNED  Bees\\u001b[2J\n',
    );
    const { task, event } = await quadroJson<Moved>(
      ['post', source, 'letter', 'Wasps', '--id', 'w', '--actor', 'ann'],
      {
        env,
      },
    );
    expect(task).toMatchObject({ task_id: 'w', task_type: 'letter', priority: 5, status: 'UNASSIGNED' });
    expect(event).toMatchObject({ event_type: 'task_posted', actor: 'ann' });
    expect(event.timestamp).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}\+00:00$/);
    expect((await said('list', source)).split('\n').map(line => line.split(' ')[0])).toEqual(['task_id', 'b', 'w', '']);
    expect(await said('update', source, 'b', 'IN_PROGRESS', '--assigned-to', 'ann')).toContain('IN_PROGRESS, with ann');
    const idsOf = async (...args: string[]): Promise<unknown> =>
      (await quadroJson<JsonObject[]>(['list', source, ...args], { env })).map(each => each.task_id);
    expect(await idsOf('--status', 'IN_PROGRESS', '--status', 'COMPLETE')).toEqual(['b']);
    expect(await idsOf('--type', 'letter')).toEqual(['w']);
    await said('update', source, 'b', 'COMPLETE', '--output', 'done', '--note', 'two');
    const shown = await said('show', source, 'b');
    expect(shown).toMatch(/^status +COMPLETE$/m);
    expect(shown).toMatch(/^note +two$/m);
    expect(shown).toMatch(/^ +\d+ .* task_completed +IN_PROGRESS +COMPLETE/m);
    expect(await said('archive', source, 'b')).toBe('b  archived\n');
    expect(await said('archive', source, 'b')).toBe('b  was archived already\n');
    expect(await idsOf()).toEqual(['w']);
  });

  it('says so where there are more than it lists', async () => {
    const { source, env } = await placeOf(kind);
    for (const id of ['a', 'b', 'c']) await quadro(['post', source, 'memo', id, '--id', id], { env });
    const { status, stdout, stderr } = await quadro(['list', source, '--limit', '2', '--json'], { env });
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as JsonObject[]).map(each => each.task_id)).toEqual(['a', 'b']);
    expect(stderr).toBe('there are more than 2: see --limit, --status and --type\n');
    expect((await quadro(['list', source, '--limit', '3'], { env })).stderr).toBe('');
  });

  it('posts once under one key, and refuses the key for another task', async () => {
    const { source, env } = await placeOf(kind);
    const post = (label: string) => quadro(['post', source, 'memo', label, '--key', 'k'], { env });
    const first = await post('Bees');
    expect(await post('Bees')).toEqual(first);
    const other = await post('Wasps');
    expect(other.status).toBe(2);
    expect(other.stderr).toMatch(/\(idempotency_conflict\)\n$/);
    expect(await quadroJson<unknown[]>(['list', source], { env })).toHaveLength(1);
  });

  it('a refusal is one line with its code, and changes nothing', async () => {
    const { source, env } = await placeOf(kind);
    await quadro(['post', source, 'memo', 'Bees', '--id', 'b'], { env });
    const before = await quadroJson(['show', source, 'b'], { env });
    const { status, stdout, stderr } = await quadro(['update', source, 'b', 'COMPLETE'], { env });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe('quadro: Illegal transition for fast: UNASSIGNED -> COMPLETE (illegal_transition)\n');
    expect((await quadro(['update', source, 'b', 'IN_PROGRESS', '--fence', '99'], { env })).stderr).toContain(
      '(fence_conflict)',
    );
    expect(await quadroJson(['show', source, 'b'], { env })).toEqual(before);
  });
});

describe('what the service must allow', () => {
  it.each([
    ['read', ['list', 'show']],
    ['post', ['post', 'archive']],
    ['work', ['update']],
  ] as const)('a token that may %s can %j, and nothing else', async (permission, commands) => {
    const file = await boardFile();
    await quadro(['post', file, 'memo', 'Bees', '--id', 'b']);
    await quadro(['post', file, 'memo', 'Wasps', '--id', 'w']);
    await quadro(['update', file, 'w', 'HUMAN_REVIEW']);
    const env = { QUADRO_TOKEN: await tokenOf(file, permission) };
    const url = await serviceOf(file);
    const lines: Readonly<Record<string, readonly string[]>> = {
      list: [],
      show: ['b'],
      post: ['memo', 'Hornets'],
      archive: ['w'],
      update: ['b', 'IN_PROGRESS'],
    };
    const allowed: string[] = [];
    for (const [command, args] of Object.entries(lines)) {
      const { status, stderr } = await quadro([command, url, ...args], { env });
      if (status === 0) allowed.push(command);
      else expect(stderr).toMatch(/\(forbidden\)\n$/);
    }
    expect(allowed).toEqual(commands);
  });

  it('a service that is not there is named, with what to do', async () => {
    const gone = `http://127.0.0.1:${await freePort()}`;
    const { status, stdout, stderr } = await quadro(['post', gone, 'memo', 'x']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^quadro: .*127\.0\.0\.1.*\(delivery_failed\)\n$/);
  });
});

describe('tokens from the command line', () => {
  it('a token is made, shown once, used from a file, listed without its secret and revoked', async () => {
    const file = await boardFile();
    const token = await tokenOf(file, 'read');
    const [, id = '', secret = ''] = /^qdr_([^_]+)_(.*)$/.exec(token) ?? [];
    const url = await serviceOf(file);
    const tokenFile = join(tempDir(), 'token');
    writeFileSync(tokenFile, `${token}\n`);
    expect((await quadro(['list', url, '--token-file', tokenFile])).status).toBe(0);
    const refused = await quadro(['post', url, 'memo', 'x', '--token-file', tokenFile]);
    expect(refused.stderr).toMatch(/permission post.*\(forbidden\)\n$/);
    expect((await quadro(['list', url])).stderr).toMatch(/\(unauthorized\)\n$/);
    const listed = await quadro(['token', 'list', file]);
    expect(listed.stdout).toMatch(new RegExp(`^ *${id} +read +read `, 'm'));
    expect(JSON.stringify(await quadroJson(['token', 'list', file]))).not.toContain(secret);
    expect((await quadro(['token', 'revoke', file, id])).stdout).toBe(`${id}: read may nothing any more\n`);
    await expect
      .poll(async () => (await quadro(['list', url, '--token-file', tokenFile])).status, { timeout: 30_000 })
      .toBe(2);
    const [left] = await quadroJson<JsonObject[]>(['token', 'list', file]);
    expect(left).toMatchObject({ token_id: id, permissions: ['read'], expires_at: null });
    expect(left?.revoked_at).toMatch(/^\d{4}-/);
    expect((await quadro(['token', 'revoke', file, '000000000000'])).stderr).toMatch(/\(token_not_found\)\n$/);
  });

  it('makes the board that a service is to guard, and a token that expires', async () => {
    const file = join(tempDir(), 'new.db');
    const args = ['token', 'create', file, '--board', 'news', '--name', 'ci', '--allow', 'post', '--allow', 'read'];
    const token = await quadroJson<JsonObject>([...args, '--expires', '90d']);
    expect(token.permissions).toEqual(['read', 'post']);
    expect(Date.parse(String(token.expires_at)) - Date.parse(String(token.created_at))).toBeCloseTo(
      90 * 86_400_000,
      -4,
    );
    const boards = await quadroJson<JsonObject[]>(['boards', file]);
    expect(boards.map(each => each.board_id)).toEqual(['news']);
  });
});
