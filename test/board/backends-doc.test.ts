import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { resolveServerOptions } from '../../board/backends/server-options.ts';
import { openBoard } from '../../board/index.ts';
import { backendOf } from '../../cli/source.ts';
import { boardCursorStore } from '../../exporters/feed/index.ts';
import { mysqlServer, newDatabase, postgresServer, type TestServer } from '../support/servers.ts';
import { withClient } from '../support/sql-client.ts';
import { tempDir } from '../support/temp.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/backends.md'), 'utf8');
const MODULES = {
  quadro: 'board/index.ts',
  'quadro/postgres': 'board/backends/postgres/index.ts',
  'quadro/mysql': 'board/backends/mysql/index.ts',
};

const blocksOf = (language: string): string[] =>
  [...PAGE.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, block = '']) => block);

/** Runs an example of the page as a program of its own, where `ca.pem` is a file. */
async function run(example: string): Promise<void> {
  let program = example;
  for (const [name, file] of Object.entries(MODULES)) {
    program = program.replaceAll(`from '${name}'`, `from '${pathToFileURL(join(ROOT, file))}'`);
  }
  const folder = tempDir();
  writeFileSync(join(folder, 'page.ts'), program);
  writeFileSync(join(folder, 'ca.pem'), '');
  await promisify(execFile)(process.execPath, ['--no-warnings', 'page.ts'], { cwd: folder });
}

/** The page's statements about rights, by how each block begins, who runs it, and what undoes it. */
interface Rights {
  readonly asAdmin: string;
  readonly asOwner: string | null;
  readonly afterwards: { readonly by: 'owner' | 'admin'; readonly beginning: string };
  readonly drop: string;
}

const POSTGRES_RIGHTS: Rights = {
  asAdmin: 'CREATE ROLE',
  asOwner: 'GRANT USAGE',
  afterwards: { by: 'owner', beginning: 'GRANT INSERT, UPDATE ON cursors' },
  drop: 'drop database if exists quadro with (force); drop role if exists quadro_owner, quadro_worker, quadro_reader',
};

const MYSQL_RIGHTS: Rights = {
  asAdmin: 'CREATE DATABASE',
  asOwner: null,
  afterwards: { by: 'admin', beginning: 'GRANT INSERT, UPDATE ON quadro.cursors' },
  drop: 'drop database if exists quadro; drop user if exists quadro_owner, quadro_worker, quadro_reader',
};

const block = (beginning: string): string => blocksOf('sql').find(text => text.startsWith(beginning)) ?? '';

const SERVERS = [
  {
    name: 'PostgreSQL',
    server: postgresServer(),
    url: /postgres:\/\/quadro:quadro@127\.0\.0\.1:5432\/quadro/,
    rights: POSTGRES_RIGHTS,
  },
  {
    name: 'MariaDB or MySQL',
    server: mysqlServer(),
    url: /mysql:\/\/quadro:quadro@127\.0\.0\.1:3306\/quadro/,
    rights: MYSQL_RIGHTS,
  },
];

function messageOf(call: () => unknown): string {
  try {
    call();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('docs/backends.md', () => {
  it.for(SERVERS)('its example on $name works', async ({ server, url }, { skip }) => {
    skip(server.url === null, server.skip);
    const database = await newDatabase(server);
    const example = blocksOf('ts').find(block => url.test(block)) ?? '';
    await run(example.replace(url, database));
    const board = await openBoard({ backend: await backendOf(database, { readOnly: true }), readOnly: true });
    onTestFinished(() => board.close());
    expect((await board.listTasks()).map(task => task.label)).toEqual(['Say hello']);
  });

  it('its other examples work without a server', async () => {
    const others = blocksOf('ts').filter(block => !SERVERS.some(({ url }) => url.test(block)));
    expect(others).toHaveLength(1);
    for (const example of others) await run(example);
  });

  it('names every option with its default, and every parameter of a URL', () => {
    const defaults = { schemes: ['postgres'], port: 5432, user: 'postgres', parameters: ['schema'] };
    const { location: _, parameters: __, retry: ___, ...options } = resolveServerOptions({ database: 'x' }, defaults);
    for (const [name, value] of Object.entries({ url: 'none', ...options })) {
      const row = PAGE.split('\n').find(line => line.startsWith('| `') && line.split('|')[1]?.includes(`\`${name}\``));
      expect(row, name).toBeDefined();
      if (value !== undefined && name !== 'database') expect(row?.replaceAll(',', ''), name).toContain(String(value));
    }
    const refusal = messageOf(() => resolveServerOptions({ url: 'postgres://h/d?x=1' }, defaults));
    const [, taken = ''] = /takes the parameters (.*), not x$/.exec(refusal) ?? [];
    expect(taken).toBe('tls, schema');
    for (const name of taken.split(', ')) expect(PAGE).toContain(`| \`${name}\` | `);
  });

  it.for(SERVERS)(
    'its rights on $name are enough for an owner, workers and readers, and no more',
    async (each, { skip }) => {
      const { server, rights } = each;
      skip(server.url === null, server.skip);
      const made = await grant(server, rights);
      const owner = await openBoard({ backend: await backendOf(made.url('owner')), taskTypes: { memo: 'fast' } });
      await made.afterOpening();
      await owner.close();

      const worker = await openBoard({ backend: await backendOf(made.url('worker')) });
      onTestFinished(() => worker.close());
      const { task } = await worker.postTask({ task_type: 'memo', label: 'Bees' }, { idempotencyKey: 'once' });
      await worker.putData('a', 1);
      await worker.deleteData('a');

      const reader = await openBoard({
        backend: await backendOf(made.url('reader'), { readOnly: true }),
        readOnly: true,
      });
      onTestFinished(() => reader.close());
      expect((await reader.getTask(task.task_id)).task.label).toBe('Bees');
      const place = {
        board_uid: reader.boardUid,
        destination: 'otlp-1f2e3d4c',
        cursor: { events: 1, chief_cycles: 0, ombudsman_ticks: 0 },
      };
      const store = boardCursorStore(reader.backend, 'default', 'otlp-1f2e3d4c');
      await store.save(place);
      await store.save({ ...place, cursor: { ...place.cursor, events: 2 } });
      expect((await store.load())?.cursor.events).toBe(2);

      const readerThatWrites = openBoard({ backend: await backendOf(made.url('reader')), boardId: 'other' });
      await expect(readerThatWrites).rejects.toMatchObject({ code: 'storage_access_denied' });
      for (const user of ['worker', 'reader']) {
        await expect(withClient(made.url(user), client => client.query('create table mine (a int)'))).rejects.toThrow();
      }
    },
  );

  it.for(SERVERS)('its statement removes a place on $name, and no other', async ({ server }, { skip }) => {
    skip(server.url === null, server.skip);
    const database = await newDatabase(server);
    const board = await openBoard({ backend: await backendOf(database) });
    onTestFinished(() => board.close());
    for (const name of ['otlp-1f2e3d4c', 'prometheus'])
      await board.backend.saveCursor('default', name, { any: 'thing' });
    const statement = blocksOf('sql').find(block => block.startsWith('DELETE')) ?? '';
    await withClient(database, client => client.query(statement));
    expect(await board.backend.loadCursor('default', 'otlp-1f2e3d4c')).toBeNull();
    expect(await board.backend.loadCursor('default', 'prometheus')).toEqual({ any: 'thing' });
  });
});

/** What the page's statements have made. */
interface Granted {
  /** The database as `owner`, `worker` or `reader` opens it. */
  url(user: string): string;
  /** Runs what has to wait for the tables. */
  afterOpening(): Promise<void>;
}

/** Runs the page's statements under names of their own, dropped with the test. */
async function grant(server: TestServer, { asAdmin, asOwner, afterwards, drop }: Rights): Promise<Granted> {
  const serverUrl = server.url ?? '';
  const name = `quadro_test_${Date.now().toString(36)}_${randomBytes(4).toString('hex')}`;
  const url = (user: string): string => {
    const its = new URL(serverUrl);
    its.username = `${name}_${user}`;
    its.password = 'secret';
    its.pathname = `/${name}`;
    return its.href;
  };
  const runAll = async (at: string, block: string): Promise<void> => {
    const statements = block.replaceAll(/\bquadro(?=_owner|_worker|_reader|\b)/g, name).split(/;\s*/);
    await withClient(at, async client => {
      for (const each of statements.filter(text => text !== '')) await client.query(each);
    });
  };
  onTestFinished(() => runAll(serverUrl, drop));
  await runAll(serverUrl, block(asAdmin));
  if (asOwner !== null) await runAll(url('owner'), block(asOwner));
  return {
    url,
    afterOpening: () => runAll(afterwards.by === 'owner' ? url('owner') : serverUrl, block(afterwards.beginning)),
  };
}
