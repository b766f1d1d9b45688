import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Lease } from '../../board/core/records.ts';
import { openBoard } from '../../board/index.ts';
import {
  boardCursorStore,
  type CursorStore,
  cursorPath,
  fileCursorStore,
  type LeaseRegister,
} from '../../exporters/feed/index.ts';
import { leasePort } from '../../exporters/feed/lease-port.ts';
import { backendOfUrl } from '../support/backend-of-url.ts';
import { mysqlServer, newDatabase, postgresServer, type TestServer } from '../support/servers.ts';
import { withClient } from '../support/sql-client.ts';
import { tempDir } from '../support/temp.ts';
import { claimed, placed, type RacerOptions } from './lease-steps.ts';

/** Where a cursor and its lease are kept: a file's path, or the URL of a database with a board in it. */
interface Kind {
  readonly name: string;
  readonly skip?: string;
  create(): Promise<string>;
}

function serverKind(name: string, server: TestServer): Kind {
  return {
    name,
    ...(server.skip !== undefined && { skip: server.skip }),
    async create() {
      const url = await newDatabase(server);
      const board = await openBoard({ backend: backendOfUrl(url) });
      await board.close();
      return url;
    },
  };
}

const KINDS: readonly Kind[] = [
  { name: 'files', create: () => Promise.resolve(join(tempDir(), 'board.db.cursor-otlp.json')) },
  serverKind('PostgreSQL', postgresServer()),
  serverKind('MariaDB or MySQL', mysqlServer()),
];

/** The store as a process of its own would have it. */
async function storeAt(place: string): Promise<Required<CursorStore>> {
  if (place.endsWith('.json')) return withLease(fileCursorStore(place));
  const backend = backendOfUrl(place, { readOnly: true });
  await backend.open();
  onTestFinished(() => backend.close());
  return withLease(boardCursorStore(backend, 'default', 'otlp'));
}

function withLease({ lease, ...store }: CursorStore): Required<CursorStore> {
  if (lease === undefined) throw new Error('the store has no lease');
  return { ...store, lease };
}

/** A process, and what it prints. */
interface Racer {
  readonly child: ChildProcess & { readonly stdin: Writable };
  readonly lines: AsyncIterator<string>;
}

/** Starts a process at the same place; killed when the test is over. */
function racer(place: string, options: Partial<RacerOptions> = {}): Racer {
  const json = JSON.stringify({ place, name: 'a', takes: 0, ...options });
  const child = spawn(process.execPath, [join(import.meta.dirname, 'lease-racer.ts'), json], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

describe.each(KINDS)('a lease kept in $name', ({ skip, create }) => {
  describe.skipIf(skip !== undefined)(skip ?? 'beside a cursor', () => {
    it('is replaced only as it was seen, and kept whole', async () => {
      const place = await create();
      const [{ lease: one }, { lease: two }] = [await storeAt(place), await storeAt(place)];
      expect(await one.read()).toBeNull();
      const first = claimed('Ä "one":1:ab', 1);
      expect(await one.replace(claimed('x', 1), first)).toBe(false);
      expect(await one.replace(null, first)).toBe(true);
      expect(await two.read()).toEqual(first);
      expect(await two.replace(null, claimed('two', 1))).toBe(false);
      const renewed = { ...first, renewals: 1 };
      expect(await one.replace(first, renewed)).toBe(true);
      expect(await two.replace(first, claimed('two', 2))).toBe(false);
      expect(await two.replace(renewed, claimed('two', 2))).toBe(true);
      expect(await one.replace(renewed, { ...renewed, renewals: 2 })).toBe(false);
      expect(await one.read()).toEqual(claimed('two', 2));
      expect(await two.replace(claimed('two', 2), claimed(null, 2))).toBe(true);
      expect(await one.read()).toEqual(claimed(null, 2));
    });

    it('goes by the rules of a board: a free role under the next term, a held one to nobody, a dead one to who saw it', async () => {
      const place = await create();
      const { lease: register } = await storeAt(place);
      const port = leasePort(register, 'spans:otlp');
      const claim = { role: 'spans:otlp', kind: 'exporter', claims: null, duration_ms: 50 };
      const acquire = (holder: string, dead: Lease[] = []) =>
        port.call('board.acquire_lease', {
          ...claim,
          holder,
          dead: dead.map(({ role, term, renewals, holder: seen }) => ({ role, term, renewals, holder: seen ?? '' })),
        });
      const outcome = async (asked: ReturnType<typeof acquire>) => {
        const { lease, held } = await asked;
        return [lease.holder, lease.term, lease.renewals, held];
      };
      expect(await port.call('board.list_leases', {})).toEqual({ leases: [] });
      expect(await outcome(acquire('one'))).toEqual(['one', 1, 0, true]);
      const [seen] = (await port.call('board.list_leases', {})).leases;
      expect(await outcome(acquire('one'))).toEqual(['one', 1, 1, true]);
      // It has renewed since it was seen.
      expect(await outcome(acquire('two', seen ? [seen] : []))).toEqual(['one', 1, 1, false]);
      const [still] = (await port.call('board.list_leases', {})).leases;
      expect(await outcome(acquire('two', still ? [still] : []))).toEqual(['two', 2, 0, true]);
      const release = (holder: string, term: number) =>
        port.call('board.release_lease', { role: 'spans:otlp', holder, term });
      expect(await release('one', 1)).toEqual({ released: false });
      expect(await release('two', 2)).toEqual({ released: true });
      expect(await outcome(acquire('one'))).toEqual(['one', 3, 0, true]);
      const all = await Promise.all(Array.from({ length: 5 }, () => acquire('one')));
      expect(all.map(({ lease }) => lease.renewals).toSorted()).toEqual([1, 2, 3, 4, 5]);
    });

    it('has one holder a term, whichever of four processes takes it, frozen and woken on the way', async () => {
      const place = await create();
      const takes = 40;
      const racers = ['a', 'b', 'c', 'd'].map(name => racer(place, { name, takes }));
      let isOver = false;
      const freezing = (async () => {
        for (let turn = 0; !isOver; turn++) {
          const { child } = racers[turn % racers.length] ?? {};
          child?.kill('SIGSTOP');
          await new Promise(resolve => setTimeout(resolve, 5 + Math.random() * 20));
          child?.kill('SIGCONT');
        }
      })();
      const taken = await Promise.all(
        racers.map(async ({ lines }) => JSON.parse((await lines.next()).value) as number[]),
      );
      isOver = true;
      await freezing;
      const terms = taken.flat();
      expect(new Set(terms).size).toBe(4 * takes);
      // Who was overtaken before it knew that it had a term never says so.
      const { lease } = await storeAt(place);
      expect((await lease.read())?.term).toBeGreaterThanOrEqual(Math.max(...terms));
      if (place.endsWith('.json')) expect(readdirSync(dirname(place)).length).toBeLessThanOrEqual(3);
    });

    it('a cursor is not saved under a term that is over, and the place that is there stays', async () => {
      const place = await create();
      const store = await storeAt(place);
      await store.lease.replace(null, claimed('one', 1));
      await store.save(placed(10), 1);
      await store.lease.replace(claimed('one', 1), claimed('two', 2));
      await store.save(placed(20), 2);
      const late = store.save(placed(11), 1);
      await expect(late).rejects.toMatchObject({ code: 'lease_lost', details: { term: 1, holder: 'two' } });
      expect(await store.load()).toEqual(placed(20));
      await store.lease.replace(claimed('two', 2), claimed(null, 2));
      await expect(store.save(placed(12), 2)).rejects.toThrow(/nobody has it now/);
      expect(await store.load()).toEqual(placed(20));
      // Who has no lease to speak of saves as ever.
      await store.save(placed(5));
      expect(await store.load()).toEqual(placed(5));
    });

    it('a holder that froze while it saved, and comes back, saves nothing over the place of who took over', async () => {
      const place = await create();
      const store = await storeAt(place);
      const { child, lines } = racer(place);
      for (let term = 1; term <= 12; term++) {
        await store.lease.replace(await store.lease.read(), claimed(`frozen ${term}`, term * 2 - 1));
        child.stdin.write(`${term * 2 - 1}\n`);
        expect(JSON.parse((await lines.next()).value)).toBe('saving');
        await new Promise(resolve => setTimeout(resolve, Math.random() * 10));
        child.kill('SIGSTOP');
        await store.lease.replace(await store.lease.read(), claimed('mine', term * 2));
        const found = await store.load();
        const mine = placed(1_000_000 + term);
        await store.save(mine, term * 2);
        child.kill('SIGCONT');
        expect(JSON.parse((await lines.next()).value)).toBe('lease_lost');
        expect(await store.load()).toEqual(mine);
        expect(found?.cursor.events).toBeLessThan(1_000_000);
      }
      child.stdin.end();
      await once(child, 'exit');
      expect(await store.load()).toEqual(placed(1_000_012));
      if (place.endsWith('.json')) {
        const rest = readdirSync(dirname(place)).filter(name => name.endsWith('.tmp'));
        expect(rest).toEqual([]);
      }
    });
  });
});

describe('a lease in files', () => {
  const files = () => {
    const path = join(tempDir(), 'c.json');
    return { path, ...withLease(fileCursorStore(path)), names: () => readdirSync(dirname(path)).toSorted() };
  };
  const take = async (register: LeaseRegister, holder: string) => {
    const seen = await register.read();
    return register.replace(seen, claimed(holder, (seen?.term ?? 0) + 1));
  };

  it('leaves three files however often it changes, and takes away what a killed process left', async () => {
    const { path, lease, names } = files();
    for (let n = 0; n < 30; n++) expect(await take(lease, `holder ${n}`)).toBe(true);
    expect(names()).toEqual(['c.lease-1.json', 'c.lease-29.json', 'c.lease-30.json']);
    for (const name of [
      'lease-3.json',
      'lease-9.json.0a1b2c3d.tmp',
      'json.term-4.0a1b2c3d.tmp',
      'json.77-0a1b2c3d.tmp',
    ])
      writeFileSync(join(dirname(path), `c.${name}`), '{}');
    expect(await take(lease, 'next')).toBe(true);
    // The last one is a save of somebody who has no lease.
    expect(names()).toEqual(['c.json.77-0a1b2c3d.tmp', 'c.lease-1.json', 'c.lease-30.json', 'c.lease-31.json']);
    expect(await lease.read()).toEqual(claimed('next', 31));
  });

  it('a file of the past that comes too late counts for nothing', async () => {
    const { path, lease } = files();
    for (let n = 0; n < 5; n++) await take(lease, `holder ${n}`);
    writeFileSync(join(dirname(path), 'c.lease-2.json'), JSON.stringify(claimed('late', 2)));
    expect(await lease.read()).toEqual(claimed('holder 4', 5));
  });

  it.each(['', '{"role":"spans:otlp","ho', 'null', '{"term":1}'])(
    'that holds %j is taken for somebody’s, until it has stood still; its term is not used again',
    async text => {
      const { path, lease } = files();
      for (let n = 0; n < 3; n++) await take(lease, `holder ${n}`);
      writeFileSync(join(dirname(path), 'c.lease-4.json'), text);
      const seen = await lease.read();
      expect(seen).toMatchObject({ holder: 'unknown', term: 4, duration_ms: 10_000 });
      expect(await take(lease, 'next')).toBe(true);
      expect((await lease.read())?.term).toBe(5);
    },
  );

  it('says which folder, where none can be made there', async () => {
    const missing = withLease(fileCursorStore(join(tempDir(), 'no', 'c.json'))).lease;
    await expect(missing.read()).rejects.toThrow(/folder .*no could not be searched/);
    const { path, lease } = files();
    chmodSync(dirname(path), 0o555);
    const isRoot = process.geteuid?.() === 0;
    // Permissions do not hold for root.
    if (isRoot) process.seteuid?.(65_534);
    try {
      const refused = lease.replace(null, claimed('one', 1));
      await expect(refused).rejects.toMatchObject({ name: 'StorageError', code: 'storage_access_denied' });
      await expect(refused).rejects.toThrow(/c\.lease-1\.json could not be written .*keeps its place and its lease/);
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(dirname(path), 0o755);
    }
  });

  it('has a name that no cursor can have', () => {
    for (const name of ['otlp.lease', 'otlp.lease-7']) {
      expect(() => cursorPath('/var/board.db', name)).toThrow(/does not end in "\.lease"/);
    }
    expect(cursorPath('/var/board.db', 'otlp.lease-7b')).toBe('/var/board.db.cursor-otlp.lease-7b.json');
  });
});

describe.each([
  { name: 'PostgreSQL', server: postgresServer() },
  { name: 'MariaDB or MySQL', server: mysqlServer() },
])('a lease in a row on $name', ({ name, server }) => {
  describe.skipIf(server.url === null)(server.skip ?? 'of the table cursors', () => {
    it('beside the cursor’s own; repaired by hand it goes on, and of nonsense it says what to do', async () => {
      const url = await serverKind(name, server).create();
      const { lease } = await storeAt(url);
      await lease.replace(null, claimed('one', 1));
      const rows = () => withClient(url, client => client.query('select destination, value from cursors'));
      expect((await rows()).map(row => String(row.destination))).toEqual(['otlp.lease']);
      const edit = (json: string) => withClient(url, client => client.query(`update cursors set value = '${json}'`));
      await edit(JSON.stringify(claimed('one', 7), null, 2));
      expect(await lease.replace(claimed('one', 7), claimed('two', 8))).toBe(true);
      expect(await lease.read()).toEqual(claimed('two', 8));
      await edit('{"holder": 1}');
      await expect(lease.read()).rejects.toMatchObject({ code: 'invalid_configuration' });
      await expect(lease.read()).rejects.toThrow(/remove its row from the table cursors/);
    });
  });
});

it('the files of a lease hold it as JSON', async () => {
  const path = join(tempDir(), 'c.json');
  await withLease(fileCursorStore(path)).lease.replace(null, claimed('one', 1));
  expect(JSON.parse(readFileSync(path.replace('.json', '.lease-1.json'), 'utf8'))).toEqual(claimed('one', 1));
});
