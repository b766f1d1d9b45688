import { existsSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../board/backends/backend.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { importReference } from '../../board/import/reference.ts';
import { type CopyProgress, copyBoard, openBoard } from '../../board/index.ts';
import { ODD_IDS } from '../backend-suite/odd-ids.ts';
import { post, refusalOf } from '../support/board-steps.ts';
import { changesOf, keysFor } from '../support/records.ts';
import { requireShared } from '../support/shared.ts';
import { tempDir } from '../support/temp.ts';
import { checkOf, openFull, writeFullBoard } from './full-board.ts';
import { closing, FILE, MEMORY, MYSQL, opened, type Place, POSTGRES } from './places.ts';

const BETWEEN: readonly { readonly source: Place; readonly target: Place }[] = [
  { source: FILE, target: FILE },
  { source: FILE, target: MEMORY },
  { source: MEMORY, target: FILE },
  { source: FILE, target: POSTGRES },
  { source: POSTGRES, target: MYSQL },
  { source: MYSQL, target: POSTGRES },
  { source: MYSQL, target: FILE },
];

describe.each(BETWEEN)('a copy from $source.name to $target.name', ({ source, target }) => {
  const skip = source.skip ?? target.skip;
  if (skip !== undefined) {
    it.skip(skip);
    return;
  }

  it('holds everything the source holds, and the source is as it was', async () => {
    const [from, into] = [await opened(source), await opened(target)];
    await writeFullBoard(from);
    const before = await checkOf(from);
    const summary = await copyBoard({ from, into });
    expect(summary).toMatchObject({ board_id: 'default', resumed: false, was_complete: false });
    expect(summary.rows).toMatchObject({
      events: before.events,
      chief_cycles: 3,
      ombudsman_ticks: 3,
      flight_log: ODD_IDS.length,
      profiles: 2,
      task_types: 3,
      tasks: ODD_IDS.length * 2,
      agents: 2,
      data_entries: ODD_IDS.length + 2,
      idempotency_keys: ODD_IDS.length + 1,
    });
    const after = await checkOf(into);
    expect(after).toEqual(before);
    expect(after.ok).toBe(true);
    expect(await checkOf(from)).toEqual(before);
    expect(await into.readBoard('default')).toEqual(await from.readBoard('default'));
  });

  it('goes on as the source would have: numbers, idempotency keys, lifecycles', async () => {
    const [from, into] = [await opened(source), await opened(target)];
    await writeFullBoard(from);
    await copyBoard({ from, into });
    const [there, here] = [await openFull(into), await openFull(from)];
    const { next_sequence_id, profiles_version } = await here.board();
    expect((await there.board()).profiles_version, 'the same lifecycles are registered already').toBe(profiles_version);
    const again = { task_type: 'memo', label: `${ODD_IDS[2]}!`, notes: [ODD_IDS[2] ?? ''], task_id: 'posted 2' };
    const { event } = await there.postTask(again, { idempotencyKey: ODD_IDS[2] ?? '', actor: ODD_IDS[2] ?? '' });
    expect(event.sequence_id).toBeLessThan(next_sequence_id);
    expect((await post(there, 'new', 'article')).entered_sequence_id).toBe(next_sequence_id);
    expect((await checkOf(into)).faults).toEqual([]);
  });

  it('takes another name where it is asked to, beside other boards', async () => {
    const [from, into] = [await opened(source), await opened(target)];
    await writeFullBoard(from, 'news ');
    await writeFullBoard(into, 'news');
    const other = await checkOf(into, 'news');
    await copyBoard({ from, into, boardId: 'news ', intoBoardId: 'NEWS' });
    expect((await checkOf(into, 'NEWS')).table_digests).toEqual((await checkOf(from, 'news ')).table_digests);
    expect(await checkOf(into, 'news')).toEqual(other);
  });

  it('leaves leases and the places of readers behind', async () => {
    const [from, into] = [await opened(source), await opened(target)];
    await writeFullBoard(from);
    await copyBoard({ from, into });
    expect((await into.readLeases('default')).map(({ role, holder }) => [role, holder])).toEqual([['copy', null]]);
    expect(await into.loadCursor('default', 'spans')).toBeNull();
  });

  it('is found to be there already the second time, and nothing is written', async () => {
    const [from, into] = [await opened(source), await opened(target)];
    await writeFullBoard(from);
    await copyBoard({ from, into });
    const before = await into.readLeases('default');
    const again = await copyBoard({ from, into });
    expect(again).toMatchObject({ was_complete: true, resumed: false });
    expect(Object.values(again.rows).every(count => count === 0)).toBe(true);
    expect(await into.readLeases('default')).toEqual(before);
  });

  it('of an imported board keeps what the import brought along', async context => {
    const file = requireShared('data/newsroom.db', context);
    const [from, into] = [await opened(source), await opened(target)];
    await importReference(file, { into: from });
    await copyBoard({ from, into });
    const report = await checkOf(into);
    expect(report).toMatchObject({ ok: true, events: 2175, tasks: 150, inherited: 6 });
    expect(report).toEqual(await checkOf(from));
  });
});

describe('the round trip from a file over PostgreSQL and MariaDB back to a file', () => {
  const skip = POSTGRES.skip ?? MYSQL.skip;

  async function expectRoundTrip(first: Backend): Promise<void> {
    const whole = await checkOf(first);
    let from = first;
    for (const place of [POSTGRES, MYSQL, FILE]) {
      const into = await opened(place);
      await copyBoard({ from, into });
      expect(await checkOf(into), place.name).toEqual(whole);
      expect(await into.readBoard('default')).toEqual(await first.readBoard('default'));
      from = into;
    }
  }

  it('gives the same digest all along for a board with some of everything', async context => {
    if (skip !== undefined) context.skip(skip);
    const from = await opened(FILE);
    await writeFullBoard(from);
    await expectRoundTrip(from);
  });

  it('gives the same digest all along for the imported newsroom', async context => {
    const file = requireShared('data/newsroom.db', context);
    if (skip !== undefined) context.skip(skip);
    const from = await opened(FILE);
    await importReference(file, { into: from });
    await expectRoundTrip(from);
    expect((await checkOf(from)).digest).toBe('cc51625e0b339e9c9fa861434a180a581510259a0d8c15bfd493d85204303682');
  });
});

it('tells how far it is: of so many rows while it copies the logs, then how many, since nobody knows of how many', async () => {
  const [from, into] = [await opened(MEMORY), await opened(FILE)];
  await writeFullBoard(from);
  const told: CopyProgress[] = [];
  const { rows } = await copyBoard({ from, into, onProgress: progress => told.push(progress) });
  const logRows = rows.events + rows.chief_cycles + rows.ombudsman_ticks + rows.flight_log;
  const logs = told.findIndex(({ total }) => total === null);
  expect(told.slice(0, logs).map(({ total }) => total)).toEqual(told.slice(0, logs).map(() => logRows));
  expect(told[logs - 1]?.done).toBe(logRows);
  expect(told.slice(logs).every(({ total }) => total === null)).toBe(true);
  expect(told.at(-1)?.done).toBe(Object.values(rows).reduce((sum, count) => sum + count));
  expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b));
});

it('copies within one database, from one name to another', async () => {
  const backend = await opened(FILE);
  await writeFullBoard(backend);
  await copyBoard({ from: backend, into: backend, intoBoardId: 'second' });
  expect((await checkOf(backend, 'second')).board_digest).toBe((await checkOf(backend)).board_digest);
});

it('keeps gaps of the numbers, and a log that is shorter than its number says', async () => {
  const [from, into] = [await opened(FILE), await opened(MEMORY)];
  await writeFullBoard(from);
  const database = new BetterSqlite3(from.location);
  database.exec('delete from events where sequence_id in (3, 4); update boards set next_sequence_id = 500');
  database.close();
  await copyBoard({ from, into });
  expect((await into.readBoard('default'))?.next_sequence_id).toBe(500);
  expect(await checkOf(into)).toEqual(await checkOf(from));
});

describe('what a copy refuses', () => {
  async function refused(
    words: RegExp,
    into: Backend,
    options: { from?: Backend; boardId?: string; intoBoardId?: string } = {},
  ): Promise<void> {
    const { from = await opened(MEMORY), ...rest } = options;
    await from.open();
    if ((await from.readBoard(rest.boardId ?? 'default')) === null) await writeFullBoard(from);
    await into.open();
    const rows = await into.readBoards();
    expect(await refusalOf(copyBoard({ from, into, ...rest }))).toMatch(words);
    expect(await into.readBoards(), 'nothing was written').toEqual(rows);
  }

  it('another board of the name, even an empty one', async () => {
    const used = await opened(MEMORY);
    await writeFullBoard(used);
    await refused(
      /^ValidationError invalid_source: The board default in :memory: holds another board: copy into a new one/,
      used,
    );
    const empty = await opened(MEMORY);
    await openBoard({ backend: empty });
    await refused(/invalid_source: .* holds another board/, empty);
  });

  it('a copy that has been worked on since, or whose source has', async () => {
    const [from, into] = [await opened(MEMORY), await opened(MEMORY)];
    await writeFullBoard(from);
    await copyBoard({ from, into });
    await post(await openFull(into), 'new', 'memo');
    await refused(/invalid_source: .* has been worked on since, or the source has/, into, { from });
    const [other, stale] = [await opened(MEMORY), await opened(MEMORY)];
    await writeFullBoard(other);
    await copyBoard({ from: other, into: stale });
    // Data moves no log.
    await (await openFull(other)).putData('later', 1);
    await refused(/has been worked on since, or the source has/, stale, { from: other });
  });

  it('the board itself, by whatever path', async () => {
    const dir = tempDir();
    const [from, same] = [join(dir, 'a.db'), join(dir, '..', dir.split('/').at(-1) ?? '', 'a.db')].map(file =>
      closing(sqlite({ file })),
    ) as [Backend, Backend];
    await writeFullBoard(from);
    await refused(/invalid_source: The board default cannot be copied onto itself/, from, { from });
    await refused(/cannot be copied onto itself/, same, { from });
  });

  it('a name that no board can have', async () => {
    const into = await opened(MEMORY);
    for (const intoBoardId of ['', 'a\0b', 'x'.repeat(201)]) {
      await refused(/^ConfigurationError invalid_configuration: intoBoardId/, into, { intoBoardId });
    }
  });

  it('a source that is not there, and makes no target for it', async () => {
    const dir = tempDir();
    const from = await opened(FILE);
    await writeFullBoard(from);
    const into = closing(sqlite({ file: join(dir, 'new.db') }));
    expect(await refusalOf(copyBoard({ from, into, boardId: 'none' }))).toMatch(/^NotFoundError board_not_found/);
    const absent = closing(sqlite({ file: join(dir, 'none.db'), readOnly: true }));
    expect(await refusalOf(copyBoard({ from: absent, into }))).toMatch(
      /^StorageError storage_failed: There is no board/,
    );
    expect(existsSync(join(dir, 'new.db'))).toBe(false);
  });

  it('a target that can only be read', async () => {
    const [from, target] = [await opened(MEMORY), await opened(FILE)];
    await writeFullBoard(from);
    await openBoard({ backend: target, boardId: 'other' });
    const into = closing(sqlite({ file: target.location, readOnly: true }));
    await refused(/^StorageError storage_read_only/, into, { from });
  });
});

it('every change of a board that no log tells of moves its row, by which a copy knows that it has to look again', async () => {
  const backend = await opened(MEMORY);
  await writeFullBoard(backend);
  const rowNow = async (): Promise<string> => JSON.stringify(await backend.readBoard('default'));
  const board = await openFull(backend);
  const changes: Readonly<Record<string, () => Promise<unknown>>> = {
    'data put': () => board.putData('k', 1),
    'data deleted': () => board.deleteData('k'),
    'a task archived': () => board.archiveTask('a'),
    'an agent seen': () => board.postAgentHeartbeat({ agent_id: 'Ann' }),
    'the order of columns deleted': () => board.deleteData('_col_order'),
    'the order of columns put by opening': () => openFull(backend),
    'a type registered': () => openBoard({ backend, taskTypes: { note: 'fast' } }),
    'the ways back switched off': () => openBoard({ backend, resumable: false }),
  };
  for (const [what, change] of Object.entries(changes)) {
    const before = await rowNow();
    await change();
    expect(await rowNow(), what).not.toBe(before);
  }
  const before = await rowNow();
  await openBoard({ backend });
  expect(await rowNow(), 'opening alone').toBe(before);
});

it('an import into an unfinished copy is refused', async context => {
  const file = requireShared('data/newsroom.db', context);
  const into = await opened(MEMORY);
  await into.open();
  await into.transact(keysFor('default'), () => {
    const lease = { role: 'copy', kind: 'copy', holder: 'somebody', term: 1, renewals: 0, claims: null };
    const board = { board_uid: 'u', board_id: 'default', created_at: 1, last_timestamp: 1, resumable: false };
    const next = { next_sequence_id: 1, next_cycle_sequence_id: 1, next_tick_sequence_id: 1, next_entry_id: 1 };
    const row = { ...board, ...next, profiles_version: 0, imported_until: null };
    return {
      changes: changesOf(row, { leases: [{ ...lease, duration_ms: 1, taken_at: 1, renewed_at: 1 }] }),
      result: null,
    };
  });
  expect(await refusalOf(importReference(file, { into }))).toMatch(/^StorageError board_incomplete/);
});
