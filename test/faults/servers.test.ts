import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { retryReasonOf } from '../../board/backends/mysql/errors.ts';
import { mysql } from '../../board/backends/mysql/index.ts';
import { postgres } from '../../board/backends/postgres/index.ts';
import { openBoard } from '../../board/open-board.ts';
import { post, refusalOf } from '../support/board-steps.ts';
import { startEmbeddedPostgres } from '../support/embedded-postgres.ts';
import { mysqlKind, postgresKind, type ServerKind, serverKinds, withUser } from '../support/server-kinds.ts';
import { newDatabase } from '../support/servers.ts';
import { connect, withClient } from '../support/sql-client.ts';
import { tempDir } from '../support/temp.ts';
import { refusalToOpen } from './refusal-to-open.ts';
import { tapWire } from './wire-tap.ts';

function passwordOf(url: string): string {
  return decodeURIComponent(new URL(url).password);
}

function changed(url: string, change: Partial<Pick<URL, 'hostname' | 'password' | 'pathname' | 'port'>>): string {
  return Object.assign(new URL(url), change).href;
}

/** A database with a board in it, made by a user who may do anything. */
async function boardDatabase(kind: ServerKind): Promise<string> {
  const url = await newDatabase(kind.server);
  const board = await openBoard({ backend: kind.backend(url) });
  await post(board, 't');
  await board.close();
  return url;
}

describe.each(serverKinds())('a server that lets nobody in: $name', kind => {
  const { server } = kind;
  if (server.skip !== undefined) return it.skip(`skipped: ${server.skip}`);
  const serverUrl = server.url ?? '';
  const refused = (url: string, password = 'secret'): Promise<string> =>
    refusalToOpen(kind.backend(withUser(url, new URL(url).username, password)), password);

  it('a port where nobody listens, and a host that is not known', async () => {
    const boards = changed(serverUrl, { pathname: '/boards' });
    // A name with two addresses is refused at both.
    for (const hostname of ['127.0.0.1', 'localhost']) {
      expect(await refused(changed(boards, { hostname, port: '1' }))).toMatch(
        /^StorageError storage_unavailable: .*no server answers there; check that it runs, and the host and port/,
      );
    }
    expect(await refused(changed(boards, { hostname: 'nowhere.invalid' }))).toMatch(
      /^StorageError storage_unavailable: .*host (is not known|cannot be looked up)/,
    );
  });

  it('a database that is not there: it says to create it', async () => {
    const url = changed(serverUrl, { pathname: '/quadro_test_none' });
    expect(await refusalToOpen(kind.backend(url), passwordOf(url) || 'no password')).toMatch(
      /^StorageError storage_unavailable: .*no such database; create it first/,
    );
  });

  it('a user without the right to make tables, without any, and one who needs none', async () => {
    const empty = await newDatabase(server);
    const reader = await kind.newUser(empty, ['select']);
    const maker = await refusalToOpen(kind.backend(reader), passwordOf(reader));
    expect(maker).toMatch(/^StorageError storage_access_denied: .*grant/);

    const url = await boardDatabase(kind);
    const writer = await kind.newUser(url, ['select', 'insert', 'update', 'delete']);
    const board = await openBoard({ backend: kind.backend(writer) });
    expect((await post(board, 'u')).entered_sequence_id, 'on a schema that is up to date').toBe(2);
    await board.close();

    const onlyReads = await kind.newUser(url, ['select']);
    const reading = await openBoard({ backend: kind.backend(onlyReads, { readOnly: true }), readOnly: true });
    expect((await reading.streamEvents()).events).toHaveLength(2);
    await reading.close();
    const writing = await refusalOf(openBoard({ backend: kind.backend(onlyReads) }).then(each => post(each, 'v')));
    expect(writing).toMatch(/^StorageError storage_access_denied: Cannot write to .*grant/);

    const stranger = await kind.newUser(url, []);
    const nothing = await refusalToOpen(kind.backend(stranger), passwordOf(stranger));
    expect(nothing).toMatch(/^StorageError storage_access_denied: .*grant/);
  });

  it('a database without a board, to somebody who only reads: it says what to look at', async () => {
    const backend = kind.backend(await newDatabase(server), { readOnly: true });
    expect(await refusalOf(backend.open())).toMatch(
      /^StorageError storage_failed: .* holds no Quadro board: check the path or the database's name/,
    );
  });

  it('a URL that cannot be: a ConfigurationError without its password', async () => {
    const [scheme] = serverUrl.split(':');
    for (const [url, wants] of [
      [`${scheme}://u:topsecret@h:99999/x`, /cannot be read: give/],
      [`${scheme}://u:topsecret@h`, /database has no name/],
      [`${scheme}://u:topsecret@h/`, /database has no name/],
      ['redis://u:topsecret@h/x', /begins with redis/],
      [`${scheme}://u:topsecret@h/x?pool=3`, /not pool$/],
      [`${scheme}://u:topsecret@h/x?sslmode=require`, /not sslmode: tls=true is TLS with a certificate/],
      [`${scheme}://u:topsecret@h/x?ssl-mode=REQUIRED`, /not ssl-mode: tls=true is TLS/],
      [`${scheme}://u:topsecret@h/x?tls=perhaps`, /true or false/],
      ['topsecret', /cannot be read/],
      [`${scheme}://u:topsecret%zz@h/x`, /password .* percent sign .* write it as %25/],
      [`${scheme}://u%:topsecret@h/x`, /user .* percent sign/],
      [`${scheme}://u:topsecret@h/%`, /name .* percent sign/],
      // Not escaped, a password ends early, and what is left of it passes for a database, a parameter or nothing.
      [`${scheme}://u:12/topsecret@h/x`, /percent-encode .* in the password/],
      [`${scheme}://u:p@h/topsecret@h/x`, /percent-encode .* in the password/],
      [`${scheme}://u:12?topsecret@h/x`, /percent-encode .* in the password/],
      [`${scheme}://u:12#topsecret@h/x`, /percent-encode .* in the password/],
    ] as const) {
      const refusal = await refusalOf(Promise.resolve().then(() => kind.backend(url)));
      expect(refusal).toMatch(/^ConfigurationError invalid_configuration/);
      expect(refusal).toMatch(wants);
      expect(refusal).not.toContain('topsecret');
    }
  });
});

describe('a user who may have one connection', () => {
  const kind = mysqlKind();
  const { skip } = kind.server;
  it.skipIf(skip !== undefined)(
    `${kind.name}: waits until it is free, and says so where it stays in use${skip === undefined ? '' : ` (skipped: ${skip})`}`,
    async () => {
      const root = await newDatabase(kind.server);
      const url = await kind.newUser(root, ['all']);
      await withClient(root, client => client.query(`alter user ${new URL(url).username} with max_user_connections 1`));
      const first = await connect(url);
      const second = mysql({ url, poolSize: 1 });
      onTestFinished(() => second.close());
      expect(await refusalOf(second.open())).toMatch(
        /^StorageError storage_unavailable: .*this user has reached a limit of its own; .*max_user_connections/,
      );
      const opening = second.open();
      await sleep(300);
      await first.close();
      await opening;
      expect(await second.readBoards()).toEqual([]);
    },
  );

  it.each(['ER_CON_COUNT_ERROR', 'ER_TOO_MANY_USER_CONNECTIONS'])('%s, which all users share, is tried again', code => {
    expect(retryReasonOf(Object.assign(new Error('no more'), { code }))).toBe('too_many_connections');
  });
});

describe('a port on which another kind of server answers', () => {
  const [first, second] = [postgresKind(), mysqlKind()];
  const skip = first.server.skip ?? second.server.skip;
  const atPortOf = (kind: ServerKind, other: ServerKind): string => {
    const { hostname, port } = new URL(other.server.url ?? '');
    return changed(kind.server.url ?? '', { hostname, port, pathname: '/x' });
  };

  it.skipIf(skip !== undefined)(
    `says that it is another${skip === undefined ? '' : ` (skipped: ${skip})`}`,
    async () => {
      expect(await refusalOf(first.backend(atPortOf(first, second)).open())).toMatch(
        /^StorageError storage_unavailable: .*what answers there is no PostgreSQL server; check the port/,
      );
      const silent = mysql({ url: atPortOf(second, first), connectTimeoutMs: 500 });
      expect(await refusalOf(silent.open())).toMatch(
        /^StorageError storage_unavailable: .*nobody answered within connectTimeoutMs, or what is there is no MySQL or MariaDB/,
      );
    },
  );
});

describe('a wrong password', () => {
  it('PostgreSQL: storage_access_denied, and neither password is told', async () => {
    const { url, stop } = await startEmbeddedPostgres();
    onTestFinished(stop);
    const right = passwordOf(url);
    expect(postgres({ url }).location).not.toContain(right);
    const wrong = await refusalToOpen(postgres({ url, password: 'not the secret' }), 'not the secret');
    expect(wrong).toMatch(/^StorageError storage_access_denied: .*refused the user or the password; check both/);
    expect(wrong).not.toContain(right);
    const stranger = await refusalToOpen(postgres({ url: withUser(url, 'stranger', right) }), right);
    expect(stranger).toMatch(/^StorageError storage_access_denied/);
    const missing = await refusalToOpen(postgres({ url: changed(url, { password: '' }) }), right);
    expect(missing).toMatch(/^StorageError storage_access_denied: .*wants a password/);
  });

  const kind = mysqlKind();
  const { skip } = kind.server;
  it.skipIf(skip !== undefined)(
    `${kind.name}: the same${skip === undefined ? '' : ` (skipped: ${skip})`}`,
    async () => {
      const url = await kind.newUser(await newDatabase(kind.server), ['all']);
      const right = passwordOf(url);
      const board = await openBoard({ backend: mysql({ url }) });
      await board.close();
      const wrong = await refusalToOpen(mysql({ url, password: 'not the secret' }), 'not the secret');
      expect(wrong).toMatch(/^StorageError storage_access_denied: .*refused the user or the password; check both/);
      expect(wrong).not.toContain(right);
      const missing = await refusalToOpen(mysql({ url: changed(url, { password: '' }) }), right);
      expect(missing).toMatch(/^StorageError storage_access_denied/);
      // MariaDB has another error for it, which speaks of a missing password.
      const stranger = await refusalToOpen(
        mysql({ url: withUser(url, 'quadro_test_stranger', 'my secret') }),
        'my secret',
      );
      expect(stranger).toMatch(/^StorageError storage_access_denied: .*refused the user or the password; check both/);
    },
  );
});

describe('a database that cannot hold a board', () => {
  const kind = postgresKind();
  const { skip } = kind.server;
  const title = `PostgreSQL without UTF-8: storage_unsupported, with how to make one`;
  it.skipIf(skip !== undefined)(`${title}${skip === undefined ? '' : ` (skipped: ${skip})`}`, async () => {
    const near = await newDatabase(kind.server);
    const name = `${new URL(near).pathname.slice(1)}_ascii`;
    const run = (statement: string) => withClient(near, client => client.query(statement));
    await run(`create database ${name} encoding 'SQL_ASCII' locale 'C' template template0`);
    onTestFinished(async () => void (await run(`drop database ${name} with (force)`)));
    expect(await refusalOf(kind.backend(changed(near, { pathname: `/${name}` })).open())).toMatch(
      /^StorageError storage_unsupported: .* stores text as SQL_ASCII: .*createdb --encoding=UTF8/,
    );
  });
});

describe.each([
  { kind: postgresKind(), file: '.s.PGSQL.5432', hostOf: dirname },
  { kind: mysqlKind(), file: 'mysqld.sock', hostOf: (path: string) => path },
])('a Unix socket: $kind.name', ({ kind, file, hostOf }) => {
  const { skip } = kind.server;
  if (skip !== undefined) return it.skip(`skipped: ${skip}`);

  it('is a path as the host, in the URL or beside it, and the location leads there again', async () => {
    const url = new URL(await newDatabase(kind.server));
    const path = join(tempDir(), file);
    const tap = await tapWire({ port: Number(url.port), host: url.hostname }, path);
    const host = hostOf(path);
    const byUrl = kind.backend(url.href.replace(/@[^/]*/, `@${encodeURIComponent(host)}`));
    const beside = kind.backend(url.href, { host, port: 5432 });
    expect(byUrl.location).toContain(`${url.username}@${encodeURIComponent(host)}:`);
    const again = kind.backend(byUrl.location, { password: passwordOf(url.href) });
    for (const [index, backend] of [byUrl, beside, again].entries()) {
      const board = await openBoard({ backend });
      onTestFinished(() => board.close());
      await post(board, `t${index}`);
      expect(tap.holds(`Do t${index}`)).toBe(true);
    }
    const refusal = await refusalOf(kind.backend(`${byUrl.location}none`, { host: `${host}-none` }).open());
    expect(refusal).toMatch(/^StorageError storage_unavailable: .*no server answers there; check that it runs/);
  });
});
