import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ServerOptions } from '../../board/backends/server-options.ts';
import type { Board } from '../../board/board.ts';
import { openBoard } from '../../board/open-board.ts';
import { post, refusalOf } from '../support/board-steps.ts';
import { quadro } from '../support/run-quadro.ts';
import { mysqlKind, postgresKind, type ServerKind, serverKinds, withUser } from '../support/server-kinds.ts';
import { newDatabase } from '../support/servers.ts';
import { withClient } from '../support/sql-client.ts';
import { type Authority, EXPIRED, newAuthority } from './certificates.ts';
import { refusalToOpen } from './refusal-to-open.ts';
import { type TlsProxy, tlsProxy } from './tls-proxy.ts';
import { tapWire } from './wire-tap.ts';

const SECRET = 'do not tell';
const LABEL = 'Do t1';

function at(url: string, host: string, port: number): string {
  return Object.assign(new URL(url), { hostname: host, port: String(port) }).href;
}

/** A new database behind TLS. */
interface Secured {
  readonly database: string;
  readonly proxy: TlsProxy;
  readonly authority: Authority;
  /** The database's URL by that name or address of the proxy. */
  url(host?: string): string;
}

async function secured(kind: ServerKind, hosts = 'DNS:localhost,IP:127.0.0.1', days?: number): Promise<Secured> {
  const database = await newDatabase(kind.server);
  const authority = newAuthority();
  const proxy = await tlsProxy(database, authority.sign(hosts, days));
  return { database, proxy, authority, url: (host = 'localhost') => at(database, host, proxy.port) };
}

describe.each(serverKinds())('TLS: $name', kind => {
  const { server } = kind;
  if (server.skip !== undefined) return it.skip(`skipped: ${server.skip}`);

  async function opened(url: string, options?: ServerOptions): Promise<Board> {
    const board = await openBoard({ backend: kind.backend(url, options) });
    onTestFinished(() => board.close());
    return board;
  }

  /** Posts, and reads on several connections at once. */
  async function use(board: Board): Promise<void> {
    await post(board, 't1');
    const labels = await Promise.all([1, 2, 3, 4].map(async () => (await board.getTask('t1')).task.label));
    expect(new Set(labels)).toEqual(new Set([LABEL]));
  }

  /** The refusal of a URL with a password; it must come at the first attempt. */
  async function refused({ proxy }: Secured, url: string, options: ServerOptions): Promise<string> {
    const before = proxy.handshakes;
    const withPassword = withUser(url, new URL(url).username, SECRET);
    const refusal = await refusalToOpen(kind.backend(withPassword, options), SECRET);
    expect(proxy.handshakes - before, 'attempts').toBe(1);
    return refusal;
  }

  it('without it the wire shows what is posted, with it nothing, by name and by address', async () => {
    const plain = new URL(await newDatabase(server));
    const plainTap = await tapWire({ port: Number(plain.port), host: plain.hostname });
    await use(await opened(at(plain.href, '127.0.0.1', plainTap.port)));
    expect(plainTap.holds(LABEL)).toBe(true);

    for (const host of ['localhost', '127.0.0.1']) {
      const { database, proxy, authority } = await secured(kind);
      const tap = await tapWire(proxy);
      const url = at(database, host, tap.port);
      await use(await opened(url, { tls: { ca: authority.ca } }));
      expect(proxy.heard(LABEL), 'under TLS').toBe(true);
      expect(tap.holds(LABEL), 'on the wire').toBe(false);
      expect(tap.holds(new URL(url).pathname.slice(1)), 'the database on the wire').toBe(false);
      expect(proxy.handshakes, 'connections').toBeGreaterThan(2);
    }
  });

  it('an authority that nobody has named is refused, whoever signed, and NODE_EXTRA_CA_CERTS names it', async () => {
    const behind = await secured(kind);
    const url = behind.url();
    const advice =
      /^StorageError storage_unavailable: Cannot open .*nobody that Node trusts .* give its authority's as tls: { ca }/;
    expect(await refused(behind, url, { tls: true })).toMatch(advice);
    expect(await refused(behind, url, { tls: {} })).toMatch(advice);
    expect(await refused(behind, `${url}?tls=true`, {})).toMatch(advice);
    expect(await refused(behind, url, { tls: { ca: newAuthority().ca } })).toMatch(advice);

    await post(await opened(url, { tls: { ca: behind.authority.ca } }), 't1');
    const report = (env: Record<string, string>) =>
      quadro(['report', withUser(`${url}?tls=true`, new URL(url).username, SECRET)], { env });
    const stranger = await report({});
    expect(stranger.status).not.toBe(0);
    expect(stranger.stderr).toContain('NODE_EXTRA_CA_CERTS');
    expect(stranger.stderr).not.toContain(SECRET);
    const { status, stderr } = await quadro(['report', `${url}?tls=true`], {
      env: { NODE_EXTRA_CA_CERTS: behind.authority.caFile },
    });
    expect(status, stderr).toBe(0);
  });

  it('a certificate for another name or address is refused, by name and by address', async () => {
    const advice = /^StorageError storage_unavailable: .*certificate is for another host; connect by a name or address/;
    for (const [hosts, host] of [
      ['DNS:db.example.net', 'localhost'],
      ['DNS:db.example.net', '127.0.0.1'],
      ['IP:127.0.0.1', 'localhost'],
      ['DNS:localhost', '127.0.0.1'],
      ['IP:127.0.0.2', '127.0.0.1'],
    ] as const) {
      const behind = await secured(kind, hosts);
      expect(await refused(behind, behind.url(host), { tls: { ca: behind.authority.ca } }), hosts).toMatch(advice);
    }
    for (const [hosts, host] of [
      ['DNS:localhost', 'localhost'],
      ['IP:127.0.0.1', '127.0.0.1'],
    ] as const) {
      const { url, authority } = await secured(kind, hosts);
      await use(await opened(url(host), { tls: { ca: authority.ca } }));
    }
  });

  it('a certificate that has expired is refused', async () => {
    const behind = await secured(kind, 'DNS:localhost', EXPIRED);
    expect(await refused(behind, behind.url(), { tls: { ca: behind.authority.ca } })).toMatch(
      /^StorageError storage_unavailable: .*certificate is out of date; renew it/,
    );
  });

  it('rejectUnauthorized: false takes any certificate', async () => {
    const { url, proxy } = await secured(kind, 'DNS:db.example.net', EXPIRED);
    for (const host of ['localhost', '127.0.0.1']) {
      const board = await opened(url(host), { tls: { rejectUnauthorized: false } });
      await post(board, host);
    }
    expect(proxy.heard('Do localhost')).toBe(true);
    expect(proxy.heard('Do 127.0.0.1')).toBe(true);
  });

  it('a server that has no TLS is refused in words, and not asked again', async () => {
    const url = new URL(await newDatabase(server));
    const tap = await tapWire({ port: Number(url.port), host: url.hostname });
    const plain = withUser(at(url.href, '127.0.0.1', tap.port), url.username, SECRET);
    for (const backend of [kind.backend(plain, { tls: true }), kind.backend(`${plain}?tls=true`)]) {
      expect(await refusalToOpen(backend, SECRET)).toMatch(
        /^StorageError storage_unavailable: Cannot open .*the server has no TLS; turn it on there, or leave tls out/,
      );
    }
    expect(tap.connections).toBe(2);
  });

  it("the client's certificate is shown to a server that wants one", async () => {
    const database = await newDatabase(server);
    const authority = newAuthority();
    const proxy = await tlsProxy(database, authority.sign('DNS:localhost'), authority.ca);
    const url = at(database, 'localhost', proxy.port);
    const tls = Object.freeze({ ca: authority.ca, ...authority.sign('DNS:quadro') });
    await use(await opened(url, { tls }));
    expect(Object.keys(tls)).toEqual(['ca', 'cert', 'key']);
    const nameless = kind.backend(withUser(url, new URL(url).username, SECRET), { tls: { ca: authority.ca } });
    expect(await refusalToOpen(nameless, SECRET)).toMatch(
      /^StorageError storage_unavailable: .*no TLS connection could be made; check the certificates, and tls/,
    );
  });

  it('a handshake that is cut is tried again, and one that is answered with something else is not', async () => {
    const behind = await secured(kind);
    const { proxy, authority, url } = behind;
    const tls = { ca: authority.ca };
    proxy.cutNextHandshakes(3);
    await use(await opened(url(), { tls }));
    proxy.cutNextHandshakes(1, 'HTTP/1.1 400 Bad Request\r\n\r\n');
    expect(await refused(behind, url(), { tls })).toMatch(
      /^StorageError storage_unavailable: .*no TLS connection could be made; check the certificates, and tls/,
    );
  });

  it('connections that end are made anew, under TLS', async () => {
    const { url, database, proxy, authority } = await secured(kind);
    const board = await opened(url(), { tls: { ca: authority.ca } });
    await use(board);
    const before = proxy.handshakes;
    await kind.endConnections(database);
    expect((await post(board, 't2')).entered_sequence_id).toBe(2);
    expect(proxy.handshakes).toBeGreaterThan(before);
  });
});

describe('TLS that one kind of server has to itself', () => {
  const reason = ({ skip }: ServerKind['server']): string => (skip === undefined ? '' : ` (skipped: ${skip})`);
  const postgresOnly = postgresKind();
  const signals = `PostgreSQL: the signals' connection uses it too${reason(postgresOnly.server)}`;
  it.skipIf(postgresOnly.server.skip !== undefined)(signals, async () => {
    const { url, database, proxy, authority } = await secured(postgresOnly);
    const here = postgresOnly.backend(url(), { tls: { ca: authority.ca } });
    onTestFinished(() => here.close());
    await here.open();
    const called = vi.fn();
    here.onSignal('default', called);
    // Once for what was missed before; the proxy lets nobody in who does not ask for TLS.
    await vi.waitFor(() => expect(called).toHaveBeenCalledTimes(1));
    expect(proxy.heard('listen quadro_')).toBe(true);
    const there = await openBoard({ backend: postgresOnly.backend(database) });
    onTestFinished(() => there.close());
    await post(there, 't1');
    await vi.waitFor(() => expect(called.mock.calls.length).toBeGreaterThan(1));
  });

  const mysqlOnly = mysqlKind();
  const requiring = `MySQL: a user who requires TLS is refused without it, and told so${reason(mysqlOnly.server)}`;
  it.skipIf(mysqlOnly.server.skip !== undefined)(requiring, async () => {
    const database = await newDatabase(mysqlOnly.server);
    const url = await mysqlOnly.newUser(database, ['all']);
    const { username, password } = new URL(url);
    await withClient(database, client => client.query(`alter user ${username} require ssl`));
    expect(await refusalToOpen(mysqlOnly.backend(url), decodeURIComponent(password))).toMatch(
      /^StorageError storage_access_denied: .*tls where the user requires it/,
    );
  });

  it('MySQL: an option that the driver would drop is refused', async () => {
    const backend = mysqlOnly.backend('mysql://root@127.0.0.1/boards', {
      tls: { ca: 'x', checkServerIdentity: () => undefined, servername: 'db' },
    });
    expect(await refusalOf(backend.open())).toMatch(
      /^ConfigurationError invalid_configuration: tls takes ca, cert, .* here, not checkServerIdentity, servername/,
    );
  });
});
