import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Backend } from '../../board/backends/backend.ts';
import { openBoard } from '../../board/open-board.ts';
import { everything, post, refusalOf, register, walk } from '../support/board-steps.ts';
import { databaseKinds, type TestDatabase } from '../support/database-kinds.ts';
import { OpeningProcess } from '../support/opening-process.ts';

const MIGRATIONS = ['0001-board', '0002-shared'];
/** What the second migration made. */
const SHARED_TABLES = ['leases', 'cursors', 'writers'];
const KILLS = 4;
/** Longer than all migrations take. */
const MAX_DELAY_MS = 250;

async function opened(database: TestDatabase, options?: { readonly readOnly?: boolean }): Promise<Backend> {
  const backend = database.backend(options);
  onTestFinished(() => backend.close());
  await backend.open();
  return backend;
}

async function applied(database: TestDatabase): Promise<string[]> {
  const rows = await database.query('select name from quadro_migrations order by name');
  return rows.map(row => String(row.name));
}

/** A board with something of everything that the first schema holds. */
async function writeBoard(database: TestDatabase): Promise<object> {
  const board = await openBoard({ backend: database.backend(), taskTypes: { memo: 'fast' } });
  await register(board, 'w');
  await post(board, 't', 'memo');
  await walk(board, 't', ['IN_PROGRESS@w', 'COMPLETE']);
  await board.putData('k', { a: 1 });
  const written = await everything(board);
  await board.close();
  return written;
}

/** Takes a database back to the schema before the last. */
async function makeOlder(database: TestDatabase): Promise<void> {
  for (const table of SHARED_TABLES) await database.query(`drop table ${table}`);
  await database.query(`delete from quadro_migrations where name = '0002-shared'`);
}

/** Whether every table can be written and read. */
async function expectUsable(database: TestDatabase): Promise<void> {
  const backend = await opened(database);
  expect(await applied(database)).toEqual(MIGRATIONS);
  await backend.saveCursor('b', 'otel', { events: 1 });
  expect(await backend.loadCursor('b', 'otel')).toEqual({ events: 1 });
  const written = (await writeBoard(database)) as { events: readonly unknown[] };
  expect(written.events).toHaveLength(3);
}

/** Lets several processes open it at the same moment, two backends each. */
async function openByMany(database: TestDatabase, processes: number): Promise<void> {
  const openers = Array.from({ length: processes }, () => new OpeningProcess(database.url, 2));
  await Promise.all(openers.map(each => each.ready()));
  for (const each of openers) each.go();
  const ended = await Promise.all(openers.map(each => each.ended()));
  expect(ended).toEqual(openers.map(() => ({ opened: ['open', 'open'], stderr: '' })));
}

describe.each(databaseKinds())('migrations: $name', ({ skip, create, isMadeEmpty }) => {
  if (skip !== undefined) return it.skip(`skipped: ${skip}`);

  it('eight open an empty database at the same moment, from four processes: all succeed, and there is one schema', async () => {
    const database = await create();
    await openByMany(database, 4);
    await expectUsable(database);
  });

  it('an older schema is brought up to date, by any number at once, and what it holds stays as it is', async () => {
    const database = await create();
    const written = await writeBoard(database);
    await makeOlder(database);
    expect(await applied(database)).toEqual(['0001-board']);
    await openByMany(database, 3);
    expect(await applied(database)).toEqual(MIGRATIONS);
    const board = await openBoard({ backend: database.backend(), taskTypes: { memo: 'fast' } });
    expect(await everything(board)).toEqual(written);
    await board.close();
    const backend = await opened(database);
    expect(await backend.readLeases('default')).toEqual([]);
  });

  it('a reader changes no schema: it says that it is older, or that there is none', async () => {
    const database = await create();
    if (isMadeEmpty) {
      expect(await refusalOf(opened(database, { readOnly: true }))).toMatch(
        /^StorageError storage_failed: .* holds no Quadro board/,
      );
    }
    await writeBoard(database);
    await makeOlder(database);
    expect(await refusalOf(opened(database, { readOnly: true }))).toMatch(
      /^StorageError storage_failed: .*older version of Quadro: open it once for writing, or run quadro boards URL --migrate, to/,
    );
    expect(await applied(database)).toEqual(['0001-board']);
    await opened(database);
    await opened(database, { readOnly: true });
  });

  it('a newer schema is refused with a sentence, for reading and writing, and nothing is changed', async () => {
    const database = await create();
    await writeBoard(database);
    await database.query(`insert into quadro_migrations (name, timestamp) values ('0999-later', '2030')`);
    for (const readOnly of [false, true]) {
      expect(await refusalOf(opened(database, { readOnly }))).toMatch(
        /^StorageError storage_newer_schema: .*newer version of Quadro \(it has 0999-later\): install that version/,
      );
    }
    expect(await applied(database)).toEqual([...MIGRATIONS, '0999-later']);
  });

  it('a process killed in the middle of them leaves nothing that the next open does not finish', async () => {
    const databases = await Promise.all(Array.from({ length: KILLS }, create));
    const openers = databases.map(({ url }) => new OpeningProcess(url, 1));
    for (const [index, opener] of openers.entries()) {
      await opener.ready();
      opener.go();
      await sleep(randomInt(MAX_DELAY_MS));
      await opener.kill();
      await expectUsable(databases[index] as TestDatabase);
    }
  });

  it('tables that are there without their migration’s mark are taken as they are, and the rest is made', async () => {
    const database = await create();
    await opened(database);
    for (const table of ['events', 'idempotency_keys', 'leases']) await database.query(`drop table ${table}`);
    await database.query('delete from quadro_migrations');
    await expectUsable(database);
  });
});
